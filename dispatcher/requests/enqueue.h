/*
 * enqueue.h - jobs come in
 */
#ifndef ROOST_DISPATCHER_REQUESTS_ENQUEUE_H
#define ROOST_DISPATCHER_REQUESTS_ENQUEUE_H

#include "dispatcher/state.h"

/* The request `enqueue` of that agent (number). */
void enqueue(struct dispatcher *d, const struct request *r, uint32_t agent);

#endif
