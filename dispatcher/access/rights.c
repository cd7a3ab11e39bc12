#include "dispatcher/access/rights.h"

#include <stdio.h>

#include "dispatcher/access/access.h"

/* One request of a bound agent. */
struct ask {
	const struct dispatcher *d;
	uint32_t agent;
	const struct wire_value *root;
};

typedef enum err rule(const struct ask *a, struct errmsg *m);

static struct str text_of(const struct ask *a, const char *key)
{
	const struct wire_value *v = wire_get(a->root, key);

	return wire_type(v) == WIRE_STR ? wire_str(v) : str_of("");
}

static enum err operators_only(const struct ask *a, struct errmsg *m)
{
	(void)a;
	return err_say(m, ERR_DENIED, "this is for administrators, not for agents");
}

static enum err needs_account(const struct ask *a, struct errmsg *m)
{
	if (text_of(a, "account").len)
		return ERR_OK;
	err_say(m, ERR_DENIED, "name an account: this agent sees only those it may use");
	return err_at(m, ERR_DENIED, "account");
}

static enum err own_spending(const struct ask *a, struct errmsg *m)
{
	if (str_is(text_of(a, "by"), "agent"))
		return ERR_OK;
	err_say(m, ERR_DENIED, "an agent sees its own spending only: say `by`: \"agent\"");
	return err_at(m, ERR_DENIED, "by");
}

/* Whoever must not be written to is not taken off the list by who writes. */
static enum err no_removal(const struct ask *a, struct errmsg *m)
{
	if (!str_is(text_of(a, "do"), "remove"))
		return ERR_OK;
	err_say(m, ERR_DENIED, "an administrator takes users off this list");
	return err_at(m, ERR_DENIED, "do");
}

static rule *const rules[MESSAGE_COUNT] = {
	[MSG_APPROVE] = operators_only,
	[MSG_STATS] = operators_only,
	[MSG_LIMITS] = needs_account,
	[MSG_POLICY] = needs_account,
	[MSG_SPEND] = own_spending,
	[MSG_OPT_OUT] = no_removal,
};

/* An account that is named is one the agent may use: whether others exist is not told. */
static enum err check_account(const struct ask *a, struct errmsg *m)
{
	struct str account = text_of(a, "account");
	char name[ACCOUNT_NAME_MAX + 1], shown[80];

	(void)snprintf(name, sizeof(name), "%.*s", STR_ARG(account));
	if (account.len == 0 || access_sees(a->d, a->agent, name))
		return ERR_OK;
	err_say(m, ERR_DENIED, "agent '%s' may not use account '%s'",
		names_at(&a->d->agent_names, a->agent),
		text_show(account, shown, sizeof(shown)));
	return err_at(m, ERR_DENIED, "account");
}

enum err rights_check(
	const struct dispatcher *d, const struct request *r, uint32_t agent, struct errmsg *m)
{
	struct ask a = {.d = d, .agent = agent, .root = r->root};
	enum err e = check_account(&a, m);

	return !e && rules[r->msg] ? rules[r->msg](&a, m) : e;
}
