/*
 * money.h - between settings, store and core: budgets, what was spent, overrides
 */
#ifndef ROOST_DISPATCHER_MONEY_H
#define ROOST_DISPATCHER_MONEY_H

#include "dispatcher/state.h"

/*
 * Reads the prices: x.prices_file, or those built in. ERR_INVALID with words; the old ones are
 * then in force.
 */
MUST_USE enum err money_read_prices(struct dispatcher *d, struct errmsg *m);

/* At start, when apps, accounts and agents are known: budgets, and what was spent, to the core.
 */
MUST_USE enum err money_load(struct dispatcher *d, struct errmsg *m);

/* After settings changed: the core is told the budget of an owner, by the store's number. */
void money_tell(struct dispatcher *d, enum ledger_kind kind, uint32_t owner);

/* After an app's settings changed: its accounts, of which another may be the owner's now. */
void money_tell_owners(struct dispatcher *d, const struct vault_app *app);

/* Whether an account's user owns the app, so that own reads are cheap. */
bool money_owns_app(const struct dispatcher *d, const struct vault_account *a);

/* The name of an agent, account or app; NULL for one that is no more. */
const char *money_owner_name(const struct dispatcher *d, enum ledger_kind kind, uint32_t owner);

/* Carry out orders. */
void money_spent(struct dispatcher *d, const struct order *o);
void money_note(struct dispatcher *d, const struct order *o);

/* Forgets what days and months long ago did cost; cheap but once a day. */
void money_tend(struct dispatcher *d);

/* Requests. */
void money_query(struct dispatcher *d, const struct request *r, uint32_t agent);
void money_raise(struct dispatcher *d, const struct request *r, uint32_t agent);

#endif
