/*
 * report.h - what workers say, as facts
 */
#ifndef ROOST_DISPATCHER_REPORT_H
#define ROOST_DISPATCHER_REPORT_H

#include "dispatcher/state.h"

/* What an outcome came with; travels as the fact's and the order's tag. Lent until its message
 * is done. */
struct evidence {
	struct str message;  /* of the worker, for a person; may be empty */
	struct str response; /* MessagePack; empty: none */
};

/* The handlers for workers_open(); ctx is the dispatcher. */
extern const struct workers_ops report_ops;

MUST_USE struct reports *report_new(void);
void report_free(struct reports *r);

#endif
