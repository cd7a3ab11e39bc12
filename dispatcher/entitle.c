#include "dispatcher/entitle.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/base/log.h"
#include "common/wire/write.h"
#include "dispatcher/report.h"
#include "dispatcher/requests/present.h"
#include "dispatcher/requests/settings.h"

#define POSTS_MAX      200  /* looked at in one answer */
#define SUMMONS_A_TURN 1000 /* forgotten in one turn */

static const struct vault_app *app_of(const struct dispatcher *d, const struct vault_account *a)
{
	return vault_app_at(d->vault, a->app);
}

/* The day of an instant, "2026-04-20". */
static const char *day_of(usec_t wall, char out[32])
{
	(void)text_from_time(wall, out, 32);
	out[10] = 0;
	return out;
}

/* --- at enqueue --- */

static enum err refuse(
	const struct vault_app *app, const struct entitlement *row, struct errmsg *m)
{
	err_say(m, ERR_ENTITLEMENT,
		"the app's plan '%s' does not include %s: %s, since %s; use an account of an "
		"Enterprise app, or change the plan with `roost app set %s --plan PLAN`",
		app->plan, row->what, row->reason, row->since, app->name);
	return err_at(m, ERR_ENTITLEMENT, "action");
}

static enum err check_learned(struct dispatcher *d, const struct entitle_ask *ask,
	const struct vault_app *app, struct errmsg *m)
{
	usec_t since = core_refused(d->core, ask->account, ask->facts->call, ask->facts->kind);
	char day[32];

	if (!since)
		return ERR_OK;
	err_say(m, ERR_ENTITLEMENT,
		"X refused %s to the app '%s' as not part of its plan, on %s; when the plan "
		"includes it, say `roost app set %s --forget-refusals`",
		ask->action->name, app->name, day_of(since, day), app->name);
	return err_at(m, ERR_ENTITLEMENT, "action");
}

/* Whether a job of the account made the post of that id; a read of it is no evidence. */
static bool has_made(struct dispatcher *d, uint32_t account, struct str id)
{
	struct job_record r;
	uint64_t job;

	return !store_find_x_id(d->store, account, id, &job) &&
	       !store_get_job(d->store, job, &r) && call_has_effect((enum call)r.job.call);
}

/* What is replied to: by the everyday argument, or by X's own. */
static const struct wire_value *reply_to(const struct wire_value *args)
{
	const struct wire_value *to = wire_get(args, "to");

	return to ? to : wire_get(wire_get(args, "reply"), "in_reply_to_tweet_id");
}

/* Whether roost has seen that the post's author summoned the account, or that it is its own. */
static bool is_summoned(struct dispatcher *d, uint32_t account, const struct wire_value *to)
{
	struct str id = wire_str(to);
	bool own;

	if (wire_type(to) != WIRE_STR)
		return true; /* the result of a job of roost's that it comes after */
	return !store_find_summons(d->store, account, id, &own) || has_made(d, account, id);
}

bool entitle_asked_for(struct dispatcher *d, const struct action *a, uint32_t account,
	const struct wire_value *args)
{
	const struct wire_value *to = reply_to(args);
	bool own = true;

	return a->call == CALL_CREATE_POST && wire_type(to) == WIRE_STR &&
	       !store_find_summons(d->store, account, wire_str(to), &own) && !own;
}

void entitle_tend(struct dispatcher *d, bool *ret_more)
{
	*ret_more = false;
	if (turn_write(d))
		turn_fail(d,
			store_forget_summons(d->store, d->now.wall - d->conf->history_retention,
				SUMMONS_A_TURN, ret_more),
			NULL);
}

static enum err check_summons(struct dispatcher *d, const struct entitle_ask *ask,
	const struct vault_account *a, struct errmsg *m)
{
	const struct entitlement *row = entitlements_find(d->entitlements, app_of(d, a)->plan,
		ask->facts->call, ask->facts->kind, ENTITLE_SUMMONED);
	const struct wire_value *to = reply_to(ask->args);

	if (!row || settings_number(d, OWNER_account_allow_replies, a->id) ||
		is_summoned(d, a->id, to))
		return ERR_OK;
	err_say(m, ERR_ENTITLEMENT,
		"%s (plan '%s', since %s), and roost has seen neither in post %.*s; read it "
		"with `mentions` or `get_post` first, or say `roost account set %s "
		"--allow-replies`",
		row->reason, row->plan, row->since, STR_ARG(wire_str(to)), a->name);
	return err_at(m, ERR_ENTITLEMENT, "args.to");
}

static enum err check_cashtags(struct dispatcher *d, const struct entitle_ask *ask,
	const struct vault_app *app, struct errmsg *m)
{
	const struct entitlement *row = entitlements_find(d->entitlements, app->plan,
		ask->facts->call, ask->facts->kind, ENTITLE_ONE_CASHTAG);

	if (!row || ask->facts->cashtags <= 1)
		return ERR_OK;
	err_say(m, ERR_ENTITLEMENT, "%s (plan '%s', since %s); the text has %lld", row->reason,
		row->plan, row->since, (long long)ask->facts->cashtags);
	return err_at(m, ERR_ENTITLEMENT, "args.text");
}

enum err entitle_check(struct dispatcher *d, const struct entitle_ask *ask, struct errmsg *m)
{
	const struct vault_account *a = vault_account_by_id(d->vault, ask->account);
	const struct vault_app *app = app_of(d, a);
	const struct entitlement *row = entitlements_find(d->entitlements, app->plan,
		ask->facts->call, ask->facts->kind, ENTITLE_REFUSED);

	if (row)
		return refuse(app, row, m);
	enum err e = check_learned(d, ask, app, m);
	if (!e)
		e = check_summons(d, ask, a, m);
	if (!e)
		e = check_cashtags(d, ask, app, m);
	return e;
}

enum err entitle_check_unknown(
	struct dispatcher *d, struct str action, struct str account, struct errmsg *m)
{
	const struct vault_account *a = vault_account_named(d->vault, account);
	const struct entitlement *row = NULL;

	if (a)
		row = entitlements_named(d->entitlements, app_of(d, a)->plan, action);
	return row && row->rule == ENTITLE_REFUSED ? refuse(app_of(d, a), row, m) : ERR_OK;
}

/* --- learned from X --- */

/* The call of an operationId; CALL_COUNT: this version has none. */
static enum call call_named(struct str operation)
{
	int i = 0;

	while (i < CALL_COUNT && !str_is(operation, call_info((enum call)i)->operation))
		i++;
	return (enum call)i;
}

static void load_one(void *ctx, const struct refusal_row *r)
{
	struct dispatcher *d = ctx;
	struct fact f = {.kind = FACT_REFUSAL,
		.refusal = {.app = r->app,
			.call = call_named(r->operation),
			.kind = (enum post_kind)r->kind,
			.since = r->since}};

	if (f.refusal.call != CALL_COUNT && r->kind < POST_KIND_COUNT)
		turn_fact(d, &f);
}

enum err entitle_load(struct dispatcher *d, struct errmsg *m)
{
	enum err e = store_each_refusal(d->store, load_one, d);

	return e ? err_say(m, e, "%s", store_words(d->store)) : ERR_OK;
}

void entitle_refused(struct dispatcher *d, const struct order *o)
{
	const struct evidence *seen = o->tag;
	enum call call = (enum call)o->job.call;
	struct refusal_row row = {
		.app = o->app,
		.operation = str_of(call_info(call)->operation),
		.kind = (uint8_t)job_kind(&o->job),
		.since = o->until,
		.words = seen ? seen->message : str_of(""),
	};

	turn_fail(d, store_put_refusal(d->store, &row), NULL);
	log_event(LOG_NOT_ENTITLED, "app=%s action=%s words=\"%.*s\"",
		vault_app_by_id(d->vault, o->app)->name, entitle_name(call, job_kind(&o->job)),
		STR_ARG(row.words));
}

void entitle_forget(struct dispatcher *d, uint32_t app)
{
	if (turn_write(d) && !turn_fail(d, store_drop_refusals(d->store, app), NULL))
		turn_fact(d, &(struct fact){.kind = FACT_REFUSAL, .refusal = {.app = app}});
}

struct listing {
	struct buf *out;
	uint32_t app, count;
};

static void put_one(void *ctx, const struct refusal_row *r)
{
	struct listing *l = ctx;
	enum call call = call_named(r->operation);

	if (r->app != l->app || call == CALL_COUNT || r->kind >= POST_KIND_COUNT)
		return;
	wire_put_map(l->out, 3);
	wire_pair_text(l->out, "action", entitle_name(call, (enum post_kind)r->kind));
	present_time(l->out, "since", r->since);
	wire_pair_str(l->out, "words", r->words);
	l->count++;
}

void entitle_put(struct dispatcher *d, uint32_t app, struct buf *out)
{
	struct listing l = {.out = out, .app = app};
	size_t mark = wire_array_later(out);

	turn_fail(d, store_each_refusal(d->store, put_one, &l), NULL);
	wire_array_end(out, mark, l.count);
}

/* --- summons seen in what was read --- */

/* Whose read it was, and the whole answer. */
struct sight {
	struct dispatcher *d;
	const struct vault_account *account;
	const struct wire_value *root;
	int left;
};

static bool is_name_byte(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       c == '_';
}

/* Whether the text has "@name", whatever its case. */
static bool says_name(struct str text, const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; n && i + n < text.len; i++)
		if (text.at[i] == '@' && strncasecmp(text.at + i + 1, name, n) == 0 &&
			(i + 1 + n == text.len || !is_name_byte(text.at[i + 1 + n])) &&
			(i == 0 || !is_name_byte(text.at[i - 1])))
			return true;
	return false;
}

static bool mentions(const struct sight *s, const struct wire_value *post)
{
	const struct wire_value *all = wire_get(wire_get(post, "entities"), "mentions");

	for (uint32_t i = 0; i < wire_count(all); i++)
		if (str_is(wire_str(wire_get(wire_item(all, i), "id")), s->account->user_id))
			return true;
	return says_name(wire_str(wire_get(post, "text")), s->account->username);
}

/* Whether the account wrote the post of that id, by the answer itself or by what roost sent. */
static bool is_own(const struct sight *s, struct str id)
{
	const struct wire_value *posts = wire_get(wire_get(s->root, "includes"), "tweets");

	for (uint32_t i = 0; i < wire_count(posts); i++) {
		const struct wire_value *post = wire_item(posts, i);

		if (str_equal(wire_str(wire_get(post, "id")), id))
			return str_is(
				wire_str(wire_get(post, "author_id")), s->account->user_id);
	}
	return has_made(s->d, s->account->id, id);
}

static bool quotes(const struct sight *s, const struct wire_value *post)
{
	const struct wire_value *all = wire_get(post, "referenced_tweets");

	for (uint32_t i = 0; i < wire_count(all); i++) {
		const struct wire_value *one = wire_item(all, i);

		if (str_is(wire_str(wire_get(one, "type")), "quoted") &&
			is_own(s, wire_str(wire_get(one, "id"))))
			return true;
	}
	return false;
}

static void look_at(struct sight *s, const struct wire_value *post)
{
	struct str id = wire_str(wire_get(post, "id"));

	if (s->left-- <= 0 || wire_type(post) != WIRE_MAP || !text_is_x_id(id))
		return;
	bool own = str_is(wire_str(wire_get(post, "author_id")), s->account->user_id);
	struct summons_row row = {
		.account = s->account->id, .x_id = id, .seen_at = s->d->now.wall, .own = own};
	if (own || mentions(s, post) || quotes(s, post))
		turn_fail(s->d, store_put_summons(s->d->store, &row), NULL);
}

static void look_at_all(struct sight *s, const struct wire_value *posts)
{
	if (wire_type(posts) == WIRE_MAP)
		look_at(s, posts);
	for (uint32_t i = 0; wire_type(posts) == WIRE_ARRAY && i < wire_count(posts); i++)
		look_at(s, wire_item(posts, i));
}

void entitle_seen(struct dispatcher *d, const struct job *j, struct str response)
{
	struct sight s = {.d = d,
		.account = vault_account_by_id(d->vault, j->account),
		.left = POSTS_MAX};
	struct wire_message w = {0};

	if (!s.account || response.len == 0 ||
		!entitlements_find(d->entitlements, app_of(d, s.account)->plan,
			CALL_CREATE_POST, POST_REPLY, ENTITLE_SUMMONED) ||
		wire_open(&w, response, NULL))
		return;
	s.root = w.root;
	look_at_all(&s, wire_get(w.root, "data"));
	look_at_all(&s, wire_get(wire_get(w.root, "includes"), "tweets"));
	wire_close(&w);
}
