#include "dispatcher/connect/token.h"

#include <string.h>

#include "common/wire/write.h"
#include "dispatcher/audit/audit.h"
#include "dispatcher/connect/renew.h"
#include "dispatcher/wait.h"

/* --- the answer --- */

static void give(struct dispatcher *d, const struct request *r, uint32_t agent,
	const struct vault_account *a)
{
	struct answer out;

	audit_note(d, agent, "account.token", whom_of("account", a->name), "until=%lld",
		a->token_until == USEC_NEVER ? -1LL : (long long)(a->token_until / USEC_MSEC));
	answer_open(&out, d->outbox, r, true);
	answer_text(&out, "account", a->name);
	wire_put_str(answer_key(&out, "access_token"), vault_token(d->vault, a));
	if (a->token_until != USEC_NEVER)
		answer_int(&out, "expires_at", a->token_until / USEC_MSEC);
	answer_close(&out);
}

static bool lives(const struct dispatcher *d, const struct vault_account *a, usec_t least)
{
	return a->grant != VAULT_DEAD && a->token_until > d->now.wall + least;
}

static enum err say_dead(
	const struct dispatcher *d, const struct vault_account *a, struct errmsg *m)
{
	const struct vault_app *app = vault_app_at(d->vault, a->app);

	return err_say(m, ERR_GRANT,
		"account %s has no token that X takes, and none to renew it with; connect it "
		"again: roost connect %s --app %s",
		a->name, a->name, app->gone ? "NAME" : app->name);
}

/* --- requests --- */

static enum err find(struct dispatcher *d, const struct request *r, struct vault_account **ret,
	struct errmsg *m)
{
	struct msg_name in = {0};
	char shown[80];
	enum err e = message_read(r->root, MSG_ACCOUNT_TOKEN, &in, m);

	if (e)
		return e;
	if (strncmp(d->conf->listen_admin, "ipc://", strlen("ipc://")) != 0)
		return err_say(m, ERR_DENIED,
			"listen.admin is %s, and tokens are given out over ipc://PATH alone, "
			"which only this user can open",
			d->conf->listen_admin);
	*ret = vault_account_named(d->vault, in.name);
	if (*ret && (*ret)->kind == VAULT_OAUTH1)
		return err_say(m, ERR_GRANT,
			"account %s has keys of OAuth 1.0a, and a program is given an access "
			"token of OAuth 2.0: connect the account first",
			(*ret)->name);
	if (*ret)
		return ERR_OK;
	err_say(m, ERR_NOT_FOUND,
		"there is no account '%s'; `roost account list` shows those there are",
		text_show(in.name, shown, sizeof(shown)));
	return err_at(m, ERR_NOT_FOUND, "name");
}

/* Waits for a renewal, begun here unless one is under way. */
static enum err wait_for_renewal(struct dispatcher *d, const struct request *r, uint32_t agent,
	struct vault_account *a, struct errmsg *m)
{
	ASSERT(a);
	if (!a->refreshing && !renew_now(d, a))
		return say_dead(d, a, m);
	struct wait *w = wait_new(d, &d->tokens, r, agent);
	if (!w)
		return err_say(m, ERR_NOMEM, "out of memory, or a seq longer than 64 bytes");
	w->account = a->id;
	return ERR_OK;
}

void token_give(struct dispatcher *d, const struct request *r, uint32_t agent)
{
	struct vault_account *a = NULL;
	struct errmsg m;

	enum err e = find(d, r, &a, &m);
	usec_t least = a && vault_renewable(a) ? TOKEN_LEAST : 0;
	if (!e && a && !a->refreshing && lives(d, a, least)) {
		give(d, r, agent, a);
		return;
	}
	if (!e)
		e = wait_for_renewal(d, r, agent, a, &m);
	if (e)
		answer_error(d->outbox, r, e, &m);
	else
		turn_orders(d);
}

void token_renewed(struct dispatcher *d, const struct vault_account *a, const char *words)
{
	for (struct list *at = d->tokens.next, *next; at != &d->tokens; at = next) {
		struct wait *w = LIST_ITEM(at, struct wait, node);
		struct request r = wait_request(w);
		struct errmsg m;

		next = at->next;
		if (w->account != a->id)
			continue;
		if (lives(d, a, 0)) {
			give(d, &r, w->agent, a);
		} else if (a->grant == VAULT_OK) {
			err_say(&m, ERR_UNAVAILABLE,
				"the tokens of account %s could not be renewed: %s; try again",
				a->name, words);
			answer_error(d->outbox, &r, ERR_UNAVAILABLE, &m);
		} else {
			(void)say_dead(d, a, &m);
			answer_error(d->outbox, &r, ERR_GRANT, &m);
		}
		wait_free(w);
	}
}

void token_close(struct dispatcher *d)
{
	wait_fail_all(d, &d->tokens, "the renewal of the tokens was not waited for; try again");
}
