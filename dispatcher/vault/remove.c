#include <stdio.h>

#include "common/base/buf.h"
#include "common/base/mem.h"
#include "dispatcher/vault/inside.h"

#define NAMED_MAX 5 /* accounts named in a refusal */

/* Names the accounts that are connected to an app; how many there are. */
static uint32_t put_connected(const struct vault *v, uint32_t app, struct buf *out)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < v->account_names.count; i++) {
		const struct vault_account *a = &v->accounts[i]->pub;

		if (a->app != app || (a->grant == VAULT_DEAD && !a->refreshing))
			continue;
		if (count < NAMED_MAX)
			buf_fmt(out, "%s%s", count ? ", " : "", a->name);
		count++;
	}
	if (count > NAMED_MAX)
		buf_fmt(out, " and %u more", count - NAMED_MAX);
	return count;
}

static enum err check_unused(
	struct vault *v, const struct vault_app *a, uint32_t number, struct errmsg *m)
{
	enum err e = ERR_OK;
	struct buf names;

	buf_init(&names, (size_t)NAMED_MAX * (VAULT_NAME_MAX + 2) + 40);
	if (put_connected(v, number, &names))
		e = err_say(m, ERR_STATE,
			"accounts are connected to app %s: %s; say `roost account disconnect "
			"NAME` for each, or connect it to another app, then remove this one",
			a->name, buf_cstr(&names));
	buf_done(&names);
	if (!e && !connect_leave_app(v, number))
		e = err_say(m, ERR_STATE,
			"X is being asked for an account of app %s at this moment; try again "
			"in a minute",
			a->name);
	return e;
}

enum err vault_know_gone(struct vault *v, uint32_t id, struct vault_app **ret)
{
	char name[VAULT_NAME_MAX + 1];
	struct app *a;

	/* No app can be called that: it is no name. */
	(void)snprintf(name, sizeof(name), "#%u", id);
	enum err e = vault_know_app(v, str_of(name), &a);
	if (e)
		return e;
	a->pub.id = id;
	a->pub.gone = true;
	(void)snprintf(a->pub.plan, sizeof(a->pub.plan), "payg");
	*ret = &a->pub;
	return ERR_OK;
}

/* Takes an app back to what it was before anything was known of it. */
static void blank(struct app *a)
{
	struct vault_app none = {.gone = true};

	(void)snprintf(none.name, sizeof(none.name), "%s", a->pub.name);
	secret_free(a->secret);
	a->secret = NULL;
	buf_reset(&a->key);
	buf_reset(&a->sealed);
	a->pub = none;
}

enum err vault_remove_app(struct vault *v, struct vault_app *pub, struct errmsg *m)
{
	uint32_t number = vault_app_number(v, pub);
	struct vault_app *gone = NULL;
	enum err e = check_unused(v, pub, number, m);

	if (!e && (e = vault_know_gone(v, pub->id, &gone)))
		e = err_say(m, e, "there were too many apps");
	if (e)
		return e;
	for (uint32_t i = 0; i < v->account_names.count; i++)
		if (v->accounts[i]->pub.app == number)
			v->accounts[i]->pub.app = vault_app_number(v, gone);
	blank(v->apps[number]);
	return ERR_OK;
}
