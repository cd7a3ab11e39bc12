/*
 * accounts.h - between vault, store and core: apps and accounts
 */
#ifndef ROOST_DISPATCHER_ACCOUNTS_H
#define ROOST_DISPATCHER_ACCOUNTS_H

#include "dispatcher/state.h"

/* At start, and when the core is rebuilt: apps and accounts from the store into vault and core.
 */
MUST_USE enum err accounts_load(struct dispatcher *d, struct errmsg *m);

/* Carries out an order. */
void accounts_park(struct dispatcher *d, const struct order *o);

/* ERR_INVALID when there is no such plan. */
MUST_USE enum err accounts_check_plan(
	const struct dispatcher *d, struct str plan, struct errmsg *m);

/* After settings changed: the core is told. An app's plan becomes `plan` unless that is empty.
 */
void accounts_app_changed(struct dispatcher *d, struct vault_app *app, struct str plan);
void accounts_changed(struct dispatcher *d, struct vault_account *account);

/* After the vault changed an account: kept with the turn, and the core is told. */
void accounts_keep(struct dispatcher *d, struct vault_account *account);

/* After the vault sealed one anew: kept with the turn, as it is. */
void accounts_keep_app(struct dispatcher *d, struct vault_app *app);
void accounts_keep_only(struct dispatcher *d, struct vault_account *account);

/* An operator pauses or resumes one; a resumed one is not parked any more either. */
void accounts_set_app_paused(struct dispatcher *d, struct vault_app *app, bool paused);
void accounts_set_paused(struct dispatcher *d, struct vault_account *account, bool paused);

/* Administration. */
void accounts_app_add(struct dispatcher *d, const struct request *r, uint32_t agent);
void accounts_app_list(struct dispatcher *d, const struct request *r, uint32_t agent);
void accounts_pause(struct dispatcher *d, const struct request *r, uint32_t agent);
void accounts_resume(struct dispatcher *d, const struct request *r, uint32_t agent);

#endif
