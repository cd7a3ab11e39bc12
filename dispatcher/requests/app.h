/*
 * app.h - an app is removed
 */
#ifndef ROOST_DISPATCHER_REQUESTS_APP_H
#define ROOST_DISPATCHER_REQUESTS_APP_H

#include "dispatcher/state.h"

/* Its secret, settings and what X refused it are forgotten; no account may be connected to it.
 */
void app_remove(struct dispatcher *d, const struct request *r, uint32_t agent);

#endif
