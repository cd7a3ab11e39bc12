#include "dispatcher/requests/query.h"

#include <string.h>

#include "common/wire/write.h"
#include "common/xapi/capability.h"
#include "dispatcher/access/access.h"
#include "dispatcher/adopt.h"
#include "dispatcher/core/walk.h"
#include "dispatcher/media/spool.h"
#include "dispatcher/media/upload.h"
#include "dispatcher/pages/pages.h"
#include "dispatcher/requests/after.h"
#include "dispatcher/requests/present.h"
#include "dispatcher/requests/settings.h"
#include "dispatcher/tables.h"

#define LIST_DEFAULT 100
#define WALK_MAX     20000 /* steps of a walk in the middle of a turn: about 10 ms */
#define SCAN_MAX     20000 /* rows one list looks at before it answers with a cursor */

void query_ping(struct dispatcher *d, const struct request *r, uint32_t agent)
{
	struct answer a;

	(void)agent;
	answer_open(&a, d->outbox, r, true);
	answer_text(&a, "server", "roost");
	answer_text(&a, "version", ROOST_VERSION);
	answer_int(&a, "time", d->now.wall / USEC_MSEC);
	answer_close(&a);
}

static bool may_see(const struct dispatcher *d, uint32_t agent, const struct job_record *r)
{
	return agent == NAMES_NONE || d->agent_table[agent].id == r->job.agent;
}

enum err query_job(struct dispatcher *d, struct str id, uint32_t agent, struct job_record *ret,
	struct errmsg *m)
{
	char shown[40];
	uint64_t number;

	if (!job_id_read(id, &number))
		return err_say(m, ERR_INVALID, "'%s' is no job id; ids look like j123",
			text_show(id, shown, sizeof(shown)));
	enum err e = store_get_job(d->store, number, ret);
	if (!e && !may_see(d, agent, ret))
		e = ERR_NOT_FOUND;
	if (e == ERR_NOT_FOUND)
		return err_say(
			m, e, "there is no job '%s'", text_show(id, shown, sizeof(shown)));
	if (e)
		return err_say(m, e, "%s", store_words(d->store));
	return ERR_OK;
}

/* The ids of what it comes after are read first: the store lends one thing at a time. */
static enum err put_with_after(
	struct dispatcher *d, struct buf *out, struct str id, struct errmsg *m)
{
	struct job_record record;
	struct buf after;
	uint64_t number = 0;

	buf_init(&after, ZSOCK_MESSAGE_MAX);
	if (job_id_read(id, &number))
		after_put(d, number, &after);
	enum err e = query_job(d, id, NAMES_NONE, &record, m);
	struct str all = buf_view(&after);
	if (!e)
		present_job(d, out, &record, &all);
	buf_done(&after);
	return e;
}

/* Writes the job under `id`, or why not. */
static void put_by_id(struct dispatcher *d, struct buf *out, uint32_t agent, struct str id)
{
	const struct str none = {"\x90", 1}; /* an empty array */
	struct job_record record = {0};
	struct errmsg m;

	enum err e = query_job(d, id, agent, &record, &m);
	if (!e && record.job.flags & JOB_AFTER)
		e = put_with_after(d, out, id, &m);
	else if (!e)
		present_job(d, out, &record, &none);
	if (!e)
		return;
	wire_put_map(out, 2);
	wire_pair_str(out, "id", id);
	wire_put_text(out, "error");
	answer_put_error(out, e, &m);
}

static void put_by_key(struct dispatcher *d, struct buf *out, uint32_t agent, struct str key)
{
	uint64_t id, fingerprint;
	char text[JOB_ID_TEXT_MAX];
	struct errmsg m;

	if (agent != NAMES_NONE &&
		!store_find_key(d->store, d->agent_table[agent].id, key, &id, &fingerprint)) {
		put_by_id(d, out, agent, str_of(job_id_write(id, text)));
		return;
	}
	err_say(&m, ERR_NOT_FOUND, "this agent has no job with that key");
	wire_put_map(out, 2);
	wire_pair_str(out, "key", key);
	wire_put_text(out, "error");
	answer_put_error(out, ERR_NOT_FOUND, &m);
}

void query_get(struct dispatcher *d, const struct request *r, uint32_t agent)
{
	struct msg_ids in = {0};
	struct answer a;
	struct errmsg m;

	enum err e = message_read(r->root, MSG_GET, &in, &m);
	if (!e && !in.ids && !in.keys)
		e = err_say(&m, ERR_INVALID, "give `ids`, `keys`, or both");
	if (e) {
		answer_error(d->outbox, r, e, &m);
		return;
	}
	answer_open(&a, d->outbox, r, true);
	wire_put_array(answer_key(&a, "jobs"), wire_count(in.ids) + wire_count(in.keys));
	for (uint32_t i = 0; i < wire_count(in.ids); i++)
		put_by_id(d, a.b, agent, wire_str(wire_item(in.ids, i)));
	for (uint32_t i = 0; i < wire_count(in.keys); i++)
		put_by_key(d, a.b, agent, wire_str(wire_item(in.keys, i)));
	answer_close(&a);
}

/* --- list --- */

/* What the core alone knows: that a job was assigned, or that its time has come. */
static enum job_state state_now(const void *ctx, const struct job *j)
{
	const struct dispatcher *d = ctx;
	const struct job *live = core_job(d->core, j->id);

	return (enum job_state)(live ? live->state : j->state);
}

/* Whether a text is part of a value: of a text in it, not of the names of keys. */
static bool is_in(const struct wire_value *v, struct str text)
{
	struct str s = wire_str(v);
	bool map = wire_type(v) == WIRE_MAP;

	if (wire_type(v) == WIRE_STR)
		return memmem(s.at, s.len, text.at, text.len) != NULL;
	for (uint32_t i = 0; (map || wire_type(v) == WIRE_ARRAY) && i < wire_count(v); i++)
		if (is_in(map ? wire_at(v, i) : wire_item(v, i), text))
			return true;
	return false;
}

static bool has_text(struct str args, struct str text)
{
	struct wire_message w = {0};
	bool has = !wire_open(&w, args, NULL) && is_in(w.root, text);

	wire_close(&w);
	return has;
}

enum err query_filter(struct dispatcher *d, const struct msg_filter *in, uint32_t agent,
	struct job_filter *ret, struct errmsg *m)
{
	*ret = (struct job_filter){
		.agent = agent == NAMES_NONE ? 0 : d->agent_table[agent].id,
		.action = in->action,
		.batch = in->batch,
		.tag = in->tag,
		.text = in->text,
		.has_text = has_text,
		.limit = (uint32_t)in->limit,
		.scan_max = SCAN_MAX,
		.state_now = state_now,
		.state_ctx = d,
	};
	char shown[80];

	if (in->state.len) {
		ret->by_state = true;
		if (!job_state_parse(in->state, &ret->state)) {
			err_say(m, ERR_INVALID,
				"there is no state '%s'; states are held, waiting, scheduled, "
				"ready, running, unsure, done, failed, cancelled, expired",
				text_show(in->state, shown, sizeof(shown)));
			return err_at(m, ERR_INVALID, "state");
		}
	}
	if (in->account.len) {
		const struct vault_account *account =
			vault_account_named(d->vault, in->account);

		if (!account) {
			err_say(m, ERR_NOT_FOUND, "there is no account '%s'",
				text_show(in->account, shown, sizeof(shown)));
			return err_at(m, ERR_NOT_FOUND, "account");
		}
		ret->account = account->id;
	}
	if (in->cursor.len && !job_id_read(in->cursor, &ret->before)) {
		err_say(m, ERR_INVALID, "must be the `cursor` of an earlier answer");
		return err_at(m, ERR_INVALID, "cursor");
	}
	return ERR_OK;
}

struct listing {
	struct dispatcher *d;
	struct buf *out;
	size_t start;
	uint32_t count;
	uint32_t app;       /* whose caps; 0: of all */
	uint32_t differing; /* windows of which X said another limit */
	uint64_t last;      /* id of the last one written */
	bool full;
};

static void list_one(void *ctx, const struct job_record *r)
{
	struct listing *l = ctx;

	if (l->full)
		return;
	size_t before = l->out->len;
	present_job(l->d, l->out, r, NULL);
	if (l->count > 0 && l->out->len - l->start > RESULTS_BYTES) {
		l->out->len = before;
		l->full = true;
		return;
	}
	l->count++;
	l->last = r->job.id;
}

void query_list(struct dispatcher *d, const struct request *r, uint32_t agent)
{
	struct msg_filter in = {.limit = LIST_DEFAULT};
	struct job_filter filter;
	struct answer a;
	struct errmsg m;
	uint64_t cursor = 0;
	char text[JOB_ID_TEXT_MAX];

	enum err e = message_read(r->root, MSG_LIST, &in, &m);
	if (!e && in.ids)
		e = err_at(&m,
			err_say(&m, ERR_INVALID, "`list` takes a filter; use `get` for ids"),
			"ids");
	if (!e)
		e = query_filter(d, &in, agent, &filter, &m);
	if (e) {
		answer_error(d->outbox, r, e, &m);
		return;
	}
	answer_open(&a, d->outbox, r, true);
	struct buf *out = answer_key(&a, "jobs");
	struct listing l = {.d = d, .out = out, .start = out->len};
	size_t mark = wire_array_later(out);
	turn_fail(d, store_list(d->store, &filter, list_one, &l, &cursor), NULL);
	wire_array_end(out, mark, l.count);
	if (l.full)
		cursor = l.last;
	if (cursor)
		answer_text(&a, "cursor", job_id_write(cursor, text));
	else
		wire_put_nil(answer_key(&a, "cursor"));
	answer_close(&a);
}

/* --- explain --- */

/* With what a walk says, if it is not too long to be made while everybody waits. */
static void put_eta(struct dispatcher *d, struct answer *a, const struct job_record *r)
{
	bool exact = true;
	usec_t eta = r->ended ? 0 : walk_eta(d->core, r->job.id, d->now, WALK_MAX, &exact);

	present_time(a->b, "eta", eta);
	a->pairs++;
	answer_text(a, "eta_by", exact ? "walk" : "estimate");
	answer_int(a, "ahead", (int64_t)core_ahead(d->core, r->job.id));
}

static void put_chain(struct dispatcher *d, struct buf *out, uint64_t job)
{
	struct verdict chain[CORE_CHAIN_MAX];
	size_t n = job ? core_chain(d->core, job, d->now, chain) : 0;

	wire_put_array(out, (uint32_t)n);
	for (size_t i = 0; i < n; i++)
		present_blocker(out, &chain[i]);
}

void query_explain(struct dispatcher *d, const struct request *r, uint32_t agent)
{
	struct msg_explain in = {0};
	struct job_record record = {0};
	struct verdict v;
	struct answer a;
	struct errmsg m;

	enum err e = message_read(r->root, MSG_EXPLAIN, &in, &m);
	if (!e)
		e = query_job(d, in.id, agent, &record, &m);
	if (e) {
		answer_error(d->outbox, r, e, &m);
		return;
	}
	present_reason(d, &record, &v);
	answer_open(&a, d->outbox, r, true);
	present_verdict(answer_key(&a, "verdict"), &v);
	put_eta(d, &a, &record);
	put_chain(d, answer_key(&a, "chain"), record.ended ? 0 : record.job.id);
	adopt_put(d, record.job.id, answer_key(&a, "looks"));
	if (record.job.pages) {
		const struct job *live = core_job(d->core, record.job.id);

		answer_int(&a, "page", pages_count(live ? live : &record.job));
		answer_int(&a, "pages", record.job.pages);
	}
	if (record.job.flags & JOB_MEDIA)
		upload_put(d, &record.job, answer_key(&a, "media"));
	answer_close(&a);
}

/* --- limits --- */

static void put_window(void *ctx, const struct window *w)
{
	struct listing *l = ctx;
	struct dispatcher *d = l->d;
	struct buf *out = l->out;
	bool app = w->row.scope == LIMIT_APP;
	const struct vault_account *account =
		app ? NULL : vault_account_by_id(d->vault, w->row.owner);
	const struct vault_app *of = app ? vault_app_by_id(d->vault, w->row.owner) : NULL;

	wire_put_map(out, 9);
	wire_pair_text(out, "family", limits_family(d->limits, w->row.family));
	wire_pair_text(out, "scope", app ? "app" : "account");
	wire_pair_text(out, "owner", account ? account->name : of ? of->name : "?");
	wire_pair_int(out, "window_s", w->row.length / USEC_SEC);
	wire_pair_int(out, "limit", w->row.limit);
	wire_pair_int(out, "used", w->row.resets_at > d->now.wall ? w->row.used : 0);
	present_time(out, "resets_at", w->row.resets_at > d->now.wall ? w->row.resets_at : 0);
	wire_pair_bool(out, "learned", w->row.learned);
	wire_pair_int(out, "drift", w->row.limit - w->table_limit);
	l->differing += w->row.limit != w->table_limit;
	l->count++;
}

/* What apps may read in a month, as windows that are counted in objects. */
static void put_quota(void *ctx, const struct purse_view *v)
{
	struct listing *l = ctx;
	const struct ledger *of = v->ledger;
	const struct vault_app *app = vault_app_by_id(l->d->vault, of->owner);
	int32_t today = ledger_day(l->d->now.wall);
	int32_t begins = ledger_begins(LEDGER_MONTH, of->caps.billing_day, today);
	int32_t ends = ledger_ends(LEDGER_MONTH, of->caps.billing_day, today);

	if (v->length != LEDGER_MONTH || v->most < 0 || (l->app && l->app != of->owner))
		return;
	wire_put_map(l->out, 9);
	wire_pair_text(
		l->out, "family", of->kind == LEDGER_POSTS ? "posts read" : "users read");
	wire_pair_text(l->out, "scope", "app");
	wire_pair_text(l->out, "owner", app ? app->name : "?");
	wire_pair_int(l->out, "window_s", (int64_t)(ends - begins) * (USEC_DAY / USEC_SEC));
	wire_pair_int(l->out, "limit", v->most);
	wire_pair_int(l->out, "used", v->spent);
	present_time(l->out, "resets_at", ends * USEC_DAY);
	wire_pair_bool(l->out, "learned", false);
	wire_pair_int(l->out, "drift", 0);
	l->count++;
}

void query_limits(struct dispatcher *d, const struct request *r, uint32_t agent)
{
	struct msg_limits in = {0};
	const struct vault_account *account = NULL;
	struct answer a;
	struct errmsg m;
	char shown[80];

	(void)agent;
	enum err e = message_read(r->root, MSG_LIMITS, &in, &m);
	if (!e && in.account.len) {
		account = vault_account_named(d->vault, in.account);
		if (!account) {
			e = err_say(&m, ERR_NOT_FOUND, "there is no account '%s'",
				text_show(in.account, shown, sizeof(shown)));
			err_at(&m, e, "account");
		}
	}
	if (e) {
		answer_error(d->outbox, r, e, &m);
		return;
	}
	answer_open(&a, d->outbox, r, true);
	struct listing l = {.d = d, .out = answer_key(&a, "windows")};
	size_t mark = wire_array_later(l.out);
	core_each_window(d->core, account ? account->id : 0, put_window, &l);
	l.app = account ? vault_app_at(d->vault, account->app)->id : 0;
	for (int kind = LEDGER_POSTS; kind <= LEDGER_USERS; kind++)
		core_each_purse(d->core, (enum ledger_kind)kind, d->now, put_quota, &l);
	wire_array_end(l.out, mark, l.count);
	tables_put(d, answer_key(&a, "tables"));
	answer_int(&a, "differing", l.differing);
	answer_int(&a, "drift_seen", (int64_t)core_counts(d->core).drift);
	answer_close(&a);
}

/* --- accounts --- */

/* What the granted scopes allow; and of that, what the agent may use. */
static void put_capabilities(struct dispatcher *d, struct buf *out,
	const struct vault_account *account, uint32_t agent)
{
	scope_set scopes = scopes_read(str_of(account->scopes));
	const struct capability *c;
	uint32_t count = 0;
	bool hold;

	size_t mark = wire_array_later(out);
	for (size_t i = 0; (c = capability_at(i)); i++) {
		if ((scopes & c->needs) != c->needs)
			continue;
		if (access_may(d, agent, c->name, str_of(account->name), &hold, NULL))
			continue;
		wire_put_text(out, c->name);
		count++;
	}
	wire_array_end(out, mark, count);
}

static const char *account_state(const struct dispatcher *d, const struct vault_account *a)
{
	if (a->grant == VAULT_DEAD)
		return "disconnected";
	if (a->paused)
		return "paused";
	return a->parked_until > d->now.wall ? "parked" : "connected";
}

static const char *token_health(const struct dispatcher *d, const struct vault_account *a)
{
	if (a->grant == VAULT_DEAD)
		return "dead";
	if (a->grant == VAULT_SUSPECT)
		return "suspect";
	if (a->refreshing)
		return "refreshing";
	if (vault_is_given(a) && a->token_until <= d->now.wall)
		return "ended";
	if (vault_is_given(a))
		return a->kind == VAULT_OAUTH1 ? "keys" : "given";
	return a->token_until > d->now.wall ? "fresh" : "expired";
}

static void put_account(
	struct dispatcher *d, struct buf *out, const struct vault_account *a, uint32_t agent)
{
	const struct vault_app *app = vault_app_at(d->vault, a->app);

	wire_put_map(out, 12);
	wire_pair_text(out, "name", a->name);
	wire_pair_text(out, "app", app->gone ? NULL : app->name);
	wire_pair_text(out, "user_id", a->user_id);
	wire_pair_text(out, "username", a->username);
	wire_pair_text(out, "state", account_state(d, a));
	wire_pair_text(out, "token", token_health(d, a));
	present_time(out, "token_until", a->token_until);
	wire_pair_text(out, "scopes", a->scopes);
	wire_put_text(out, "capabilities");
	put_capabilities(d, out, a, agent);
	present_time(out, "parked_until", a->parked_until > d->now.wall ? a->parked_until : 0);
	wire_pair_text(out, "park_cause", a->parked_until > d->now.wall ? a->park_cause : NULL);
	wire_put_text(out, "settings");
	settings_put(d, OWNER_account, a->id, out);
}

void query_accounts(struct dispatcher *d, const struct request *r, uint32_t agent)
{
	const struct vault_account *account;
	struct answer a;
	uint32_t count = 0;

	answer_open(&a, d->outbox, r, true);
	struct buf *out = answer_key(&a, "accounts");
	size_t mark = wire_array_later(out);
	for (uint32_t i = 0; (account = vault_account_at(d->vault, i)); i++) {
		if (!access_sees(d, agent, account->name))
			continue;
		put_account(d, out, account, agent);
		count++;
	}
	wire_array_end(out, mark, count);
	answer_close(&a);
}

/* --- stats --- */

static void put_states(struct buf *out, const struct core_counts *c)
{
	wire_put_map(out, JOB_STATE_COUNT);
	for (int s = 0; s < JOB_STATE_COUNT; s++)
		wire_pair_int(out, job_state_name((enum job_state)s), (int64_t)c->by_state[s]);
}

/* Refusals by code since the start; codes of several errors are added up. */
static void put_refusals(const struct dispatcher *d, struct buf *out)
{
	uint32_t count = 0;

	size_t mark = wire_map_later(out);
	for (int e = ERR_OK + 1; e < ERR_COUNT; e++) {
		const char *code = err_wire((enum err)e);
		uint64_t sum = 0;
		bool told = false;

		for (int other = ERR_OK + 1; other < ERR_COUNT; other++) {
			if (strcmp(err_wire((enum err)other), code) != 0)
				continue;
			told |= other < e;
			sum += outbox_refusals(d->outbox, (enum err)other);
		}
		if (told)
			continue;
		wire_pair_int(out, code, (int64_t)sum);
		count++;
	}
	wire_map_end(out, mark, count);
}

static void put_held(struct buf *out, const struct core_counts *c)
{
	wire_put_map(out, COUNT_OF(c->held) - 1);
	for (int b = BLOCKER_NONE + 1; b <= BLOCKER_WORKER; b++)
		wire_pair_int(out, blocker_name((enum blocker)b), (int64_t)c->held[b]);
}

void query_stats(struct dispatcher *d, const struct request *r, uint32_t agent)
{
	struct core_counts c = core_counts(d->core);
	struct agents_counts talk = agents_counts(d->agents);
	struct zap_counts keys = d->zap ? zap_counts(d->zap) : (struct zap_counts){0};
	struct upload_counts media = upload_counts(d);
	struct store_counts kept = {0};
	struct answer a;

	(void)agent;
	turn_fail(d, store_counts(d->store, &kept), NULL);
	/* clang-format off */
	const struct { const char *name; uint64_t value; } rows[] = {
		{"workers", c.workers}, {"slots", c.slots}, {"leases", c.leases},
		{"enqueued", c.enqueued}, {"assigned", c.assigned}, {"begun", c.begun}, {"refused_begins", c.refused},
		{"late_outcomes", c.late}, {"lost_leases", c.lost}, {"limited", c.limited}, {"drift", c.drift}, {"breakers_opened", c.breakers}, {"token_storms", c.storms}, {"poisoned", c.poisoned},
		{"looks", c.looks}, {"refreshes", c.refreshes},
		{"spent_usd_micros", c.spent}, {"given_back_usd_micros", c.given_back},
		{"free_objects", c.free_objects}, {"budget_warnings", c.budget_warnings}, {"budget_stops", c.budget_stops},
		{"keys_admitted", keys.admitted}, {"keys_refused", keys.refused}, {"rights_refused", access_refused(d)},
		{"requests", talk.requests}, {"refused_requests", talk.refused},
		{"plans", d->plan_last}, {"audit_records", d->audit.seq},
		{"turns", d->turns}, {"commits", d->commits},
		{"stored_jobs", kept.jobs}, {"stored_history", kept.history}, {"stored_replies", kept.replies},
		{"stored_bytes", kept.bytes}, {"media_bytes", (uint64_t)spool_bytes_kept(d->spool)},
		{"media_calls", media.calls}, {"media_parts", media.parts}, {"media_uploads", media.done}, {"media_begun_anew", media.anew},
	};
	/* clang-format on */
	answer_open(&a, d->outbox, r, true);
	answer_text(&a, "version", ROOST_VERSION);
	answer_int(&a, "uptime_ms", (d->now.mono - d->started) / USEC_MSEC);
	wire_put_bool(answer_key(&a, "disk_full"), d->full);
	put_states(answer_key(&a, "jobs"), &c);
	put_refusals(d, answer_key(&a, "refused"));
	put_held(answer_key(&a, "held"), &c);
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		answer_int(&a, rows[i].name, (int64_t)rows[i].value);
	answer_close(&a);
}
