/*
 * change.h - requests that change jobs that are there: cancel, update, retry, resolve
 */
#ifndef ROOST_DISPATCHER_CHANGE_H
#define ROOST_DISPATCHER_CHANGE_H

#include "dispatcher/state.h"

/* `agent`: the number of who asks, NAMES_NONE for an administrator who may change all. */
void change_cancel(struct dispatcher *d, const struct request *r, uint32_t agent);
void change_update(struct dispatcher *d, const struct request *r, uint32_t agent);
void change_retry(struct dispatcher *d, const struct request *r, uint32_t agent);
void change_resolve(struct dispatcher *d, const struct request *r, uint32_t agent);

#endif
