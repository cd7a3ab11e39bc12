/*
 * dispatcher.h - the turn: the one place that knows everybody
 *
 *     wait: a message, a timer (the core's wake time), a token answer
 *     read all that has arrived, up to a bound             -> facts
 *     core_feed() each fact; core_orders() until there are none
 *     write every store order in one transaction; commit, flushed
 *     only now: send answers, assignments, GOs, results
 *
 * If a commit fails the turn never happened: every agent that waited for an
 * answer of it is told so, nothing else is said, and the core is rebuilt from
 * the store. After an I/O error the process stops instead.
 */
#ifndef ROOST_DISPATCHER_DISPATCHER_H
#define ROOST_DISPATCHER_DISPATCHER_H

#include "common/conf/conf.h"

struct dispatcher;

/* Opens store, vault and sockets and loads what is stored. conf is lent for its life, and read
 * again on SIGHUP. Words say what to do. */
MUST_USE enum err dispatcher_open(struct conf *conf, struct dispatcher **ret, struct errmsg *m);
void dispatcher_free(struct dispatcher *d);
AUTO_DEFINE(dispatcher)

/* Runs turns until SIGTERM or SIGINT. ERR_OK: stopped as asked. */
MUST_USE enum err dispatcher_run(struct dispatcher *d, struct errmsg *m);

/* Where agents and workers connect, with the ports the system chose. */
const char *dispatcher_agents_endpoint(const struct dispatcher *d);
const char *dispatcher_workers_endpoint(const struct dispatcher *d);

#endif
