/*
 * entitle.h - what an app's plan includes: at enqueue, learned from X, and seen in what was
 * read
 *
 * A job that the plan's table (common/xapi/entitle.h) or X itself has refused is
 * refused at enqueue, with the day and the reason. A reply that needs a summons
 * is taken when roost has seen one: a post, read by the same account, that
 * mentions it or quotes one of its posts; its own posts count too (threads).
 */
#ifndef ROOST_DISPATCHER_ENTITLE_H
#define ROOST_DISPATCHER_ENTITLE_H

#include "common/xapi/check.h"
#include "dispatcher/state.h"

/* What is to be asked of one job. */
struct entitle_ask {
	const struct action *action;
	const struct action_facts *facts;
	const struct wire_value *args;
	uint32_t account; /* the store's number */
};

/* ERR_ENTITLEMENT with a sentence and the field within the job. */
MUST_USE enum err entitle_check(
	struct dispatcher *d, const struct entitle_ask *ask, struct errmsg *m);

/*
 * For an action that roost does not have: ERR_ENTITLEMENT when the plan of the named account's
 * app has a row that refuses it, else ERR_OK.
 */
MUST_USE enum err entitle_check_unknown(
	struct dispatcher *d, struct str action, struct str account, struct errmsg *m);

/* At start: what X refused before is told to the core. */
MUST_USE enum err entitle_load(struct dispatcher *d, struct errmsg *m);

/* Carries out ORDER_REFUSAL. */
void entitle_refused(struct dispatcher *d, const struct order *o);

/* An operator says that the app's plan includes more now. */
void entitle_forget(struct dispatcher *d, uint32_t app);

/* Writes the list of what X refused an app: one value. */
void entitle_put(struct dispatcher *d, uint32_t app, struct buf *out);

/* A read of the account ended well: looks for summons in X's answer (MessagePack). */
void entitle_seen(struct dispatcher *d, const struct job *j, struct str response);

/* Whether it is a reply to a post in which roost saw its author call the account: cheaper. */
bool entitle_asked_for(struct dispatcher *d, const struct action *a, uint32_t account,
	const struct wire_value *args);

/* Now and then: summons that were not seen for as long as history is kept are forgotten. */
void entitle_tend(struct dispatcher *d, bool *ret_more);

#endif
