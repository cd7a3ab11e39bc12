#include "dispatcher/vault/rotate.h"

#include "dispatcher/vault/inside.h"

const struct master *vault_master_of(const struct vault *v, struct str wrapped)
{
	return v->old && seal_is_wrapped_by(wrapped, v->old) ? v->old : v->master;
}

void vault_turn_to(struct vault *v, struct master *master)
{
	ASSERT(!v->old);
	v->old = v->master;
	v->master = master;
}

void vault_hold_old(struct vault *v, struct master *old)
{
	ASSERT(!v->old);
	v->old = old;
}

bool vault_is_turning(const struct vault *v)
{
	return v->old != NULL;
}

void vault_turned(struct vault *v)
{
	master_free(v->old);
	v->old = NULL;
}

const char *vault_key_id(const struct vault *v)
{
	return master_id(v->master);
}

const char *vault_old_key_id(const struct vault *v)
{
	return v->old ? master_id(v->old) : NULL;
}

bool vault_is_wrapped(const struct vault *v, struct str data_key)
{
	return data_key.len == 0 || seal_is_wrapped_by(data_key, v->master);
}

/* Puts the wrapped form of an open data key into `kept`. */
static enum err wrap(const struct vault *v, const struct seal_key *key, struct buf *kept)
{
	buf_reset(kept);
	seal_key_wrap(key, v->master, kept);
	return kept->err;
}

enum err vault_wrap_app(struct vault *v, struct vault_app *pub, struct errmsg *m)
{
	struct app *a = v->apps[vault_app_number(v, pub)];
	struct seal_key *key = NULL;
	char row[VAULT_ROW_MAX];

	if (vault_is_wrapped(v, pub->data_key))
		return ERR_OK;
	enum err e = seal_key_open(vault_master_of(v, pub->data_key),
		vault_row_name(row, "app", pub->name), pub->data_key, &key, m);
	if (!e && (e = wrap(v, key, &a->key)))
		e = err_say(m, e, "the data key of app %s could not be wrapped", pub->name);
	seal_key_free(key);
	a->pub.data_key = buf_view(&a->key);
	return e;
}

enum err vault_wrap_account(struct vault *v, struct vault_account *pub, struct errmsg *m)
{
	struct account *a = LIST_ITEM(pub, struct account, pub);

	if (vault_is_wrapped(v, pub->data_key))
		return ERR_OK;
	enum err e = wrap(v, a->data_key, &a->key);
	a->pub.data_key = buf_view(&a->key);
	return e ? err_say(m, e, "the data key of account %s could not be wrapped", pub->name)
		 : ERR_OK;
}
