/* What was refused, for the audit log. */
#include <stdio.h>

#include "dispatcher/access/access.h"
#include "dispatcher/audit/refused.h"

/* Accounts that are not there are one and the same: a name that somebody made up says nothing,
 * and there are too many of them. */
static struct whom account_of(const struct dispatcher *d, struct str name)
{
	if (name.len == 0)
		return whom_of("", "");
	return whom_named("account",
		vault_account_named(d->vault, name) ? name : str_of("(there is none)"));
}

enum err access_ask(struct dispatcher *d, uint32_t agent, const char *capability,
	struct str account, bool *ret_hold, struct errmsg *m)
{
	enum err e = access_may(d, agent, capability, account, ret_hold, m);

	if (e == ERR_DENIED)
		refused_note(d, &(struct refused){.agent = agent,
					.op = d->op,
					.right = capability,
					.whom = account_of(d, account)});
	return e;
}

enum err access_may_job(struct dispatcher *d, uint32_t agent, const struct job_record *r,
	bool *ret_hold, struct errmsg *m)
{
	const struct vault_account *account = vault_account_by_id(d->vault, r->job.account);
	const struct action *action = action_find(r->body.action);

	*ret_hold = false;
	if (!access_is_bound(d, agent) || !account || !action)
		return ERR_OK;
	return access_ask(d, agent, action->capability, str_of(account->name), ret_hold, m);
}

static void note(struct dispatcher *d, uint32_t agent, const char *op, struct whom whom)
{
	refused_note(d, &(struct refused){.agent = agent, .op = op, .whom = whom});
}

void access_denied(struct dispatcher *d, const struct request *r, uint32_t agent)
{
	const struct wire_value *account = wire_get(r->root, "account");

	if (agent == NAMES_NONE)
		agent = access_sender(d, r);
	if (agent == NAMES_NONE)
		note(d, AUDIT_ROOST, d->op, whom_of("key", r->key));
	else
		note(d, agent, d->op, account_of(d, wire_str(account)));
}

void access_overreached(struct dispatcher *d, const struct request *r)
{
	uint32_t agent = access_sender(d, r);
	char op[40];

	if (agent == NAMES_NONE ? !r->key[0] : !access_is_bound(d, agent))
		return; /* where nobody is held to anything */
	(void)text_show(r->head.op, op, sizeof(op));
	note(d, agent == NAMES_NONE ? AUDIT_ROOST : agent, op,
		agent == NAMES_NONE ? whom_of("key", r->key) : whom_of("", ""));
}

void access_denied_key(struct dispatcher *d, const struct access_caller *c)
{
	char op[40];
	bool agent = c->agent != AUDIT_ROOST;

	(void)snprintf(op, sizeof(op), "connect:%.*s", STR_ARG(c->socket));
	refused_note(d, &(struct refused){.agent = c->agent,
				.stranger = c->stranger,
				.op = op,
				.whom = agent ? whom_of("", "") : whom_named("key", c->key),
				.from = c->from});
}

void access_denied_worker(struct dispatcher *d, const char *key)
{
	note(d, AUDIT_ROOST, "work", whom_of("key", key));
}
