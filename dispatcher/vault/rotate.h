/*
 * rotate.h - another master key
 *
 * Only data keys are wrapped anew (common/crypto/seal.h), one row at a time; tokens stay as
 * they are sealed. While it goes on, each row may be wrapped by either key, and both are held;
 * whoever holds the vault keeps the rows, and says when all of them are on disk.
 */
#ifndef ROOST_DISPATCHER_VAULT_ROTATE_H
#define ROOST_DISPATCHER_VAULT_ROTATE_H

#include "dispatcher/vault/vault.h"

/* From now on `master` (taken) wraps; the key before is held besides. Not while one is. */
void vault_turn_to(struct vault *v, struct master *master);

/* Takes an earlier key besides: what it wrapped can be opened. For a start in the middle. */
void vault_hold_old(struct vault *v, struct master *old);

bool vault_is_turning(const struct vault *v); /* an earlier key is held */

/* All of it is wrapped by the present key and on disk: the earlier one is forgotten. */
void vault_turned(struct vault *v);

const char *vault_key_id(const struct vault *v);     /* of the present key */
const char *vault_old_key_id(const struct vault *v); /* NULL: none is held */

/* Whether a data key is wrapped by the present key, or is none. */
bool vault_is_wrapped(const struct vault *v, struct str data_key);

/* Wraps the data key of an app or account by the present key; it has to be kept then. */
MUST_USE enum err vault_wrap_app(struct vault *v, struct vault_app *a, struct errmsg *m);
MUST_USE enum err vault_wrap_account(
	struct vault *v, struct vault_account *a, struct errmsg *m);

#endif
