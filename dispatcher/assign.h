/*
 * assign.h - a job on its way to a worker
 */
#ifndef ROOST_DISPATCHER_ASSIGN_H
#define ROOST_DISPATCHER_ASSIGN_H

#include "dispatcher/state.h"

/* Carries out ORDER_ASSIGN: gathers arguments, names and token for the worker. */
void assign(struct dispatcher *d, const struct order *o);

/* Sends an assignment with what lets the worker act for the account. */
void assign_to(struct dispatcher *d, uint32_t worker, const struct vault_account *account,
	const struct msg_assignment *a, struct str args);

/*
 * The user name that job `id` has yet to resolve, without its @, written to out; false when its
 * arguments name none.
 */
bool assign_name(struct dispatcher *d, uint64_t id, char out[16]);

#endif
