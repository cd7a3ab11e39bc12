/*
 * pause.h - what operators pause: everything, an app, an account, an action
 *
 * Kept over restarts; what runs finishes. Apps and accounts have it in their
 * own rows; everything and actions are rows of the store's settings, under a
 * kind that owner.h does not have.
 */
#ifndef ROOST_DISPATCHER_REQUESTS_PAUSE_H
#define ROOST_DISPATCHER_REQUESTS_PAUSE_H

#include "dispatcher/state.h"

#define PAUSE_KIND 100 /* of setting_row: kept, never changes */

/* At start: tells the core. */
MUST_USE enum err pause_load(struct dispatcher *d, struct errmsg *m);

/* Requests of administrators; each answers with all that is paused. */
void pause_pause(struct dispatcher *d, const struct request *r, uint32_t agent);
void pause_resume(struct dispatcher *d, const struct request *r, uint32_t agent);
void pause_list(struct dispatcher *d, const struct request *r, uint32_t agent);

#endif
