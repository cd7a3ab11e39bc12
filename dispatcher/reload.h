/*
 * reload.h - what the settings file says, for the core, and again on SIGHUP
 */
#ifndef ROOST_DISPATCHER_RELOAD_H
#define ROOST_DISPATCHER_RELOAD_H

#include "dispatcher/state.h"

/* The core's share of the settings, with a fresh seed. */
struct core_conf reload_core_conf(struct dispatcher *d, uint64_t boot);

/*
 * Reads the file again. What may change while the dispatcher runs is in force afterwards; a
 * broken file changes nothing. The log says which.
 */
void reload(struct dispatcher *d);

#endif
