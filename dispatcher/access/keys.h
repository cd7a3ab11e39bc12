/*
 * keys.h - requests of administrators about agents and workers: keys, grants, the switch
 */
#ifndef ROOST_DISPATCHER_ACCESS_KEYS_H
#define ROOST_DISPATCHER_ACCESS_KEYS_H

#include "dispatcher/state.h"

void keys_agent_add(struct dispatcher *d, const struct request *r, uint32_t agent);
void keys_agent_key(struct dispatcher *d, const struct request *r, uint32_t agent);
void keys_agent_grant(struct dispatcher *d, const struct request *r, uint32_t agent);
void keys_agent_switch(struct dispatcher *d, const struct request *r, uint32_t agent);
void keys_agent_remove(struct dispatcher *d, const struct request *r, uint32_t agent);

void keys_worker_add(struct dispatcher *d, const struct request *r, uint32_t agent);
void keys_worker_switch(struct dispatcher *d, const struct request *r, uint32_t agent);
void keys_worker_remove(struct dispatcher *d, const struct request *r, uint32_t agent);
void keys_worker_list(struct dispatcher *d, const struct request *r, uint32_t agent);

#endif
