#include "dispatcher/dispatcher.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "common/base/failpoint.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "dispatcher/access/access.h"
#include "dispatcher/access/keys.h"
#include "dispatcher/access/own_key.h"
#include "dispatcher/accounts.h"
#include "dispatcher/adopt.h"
#include "dispatcher/audit/audit.h"
#include "dispatcher/audit/refused.h"
#include "dispatcher/connect/connect.h"
#include "dispatcher/connect/import.h"
#include "dispatcher/connect/renew.h"
#include "dispatcher/connect/token.h"
#include "dispatcher/entitle.h"
#include "dispatcher/guard/guard.h"
#include "dispatcher/media/media.h"
#include "dispatcher/media/sweep.h"
#include "dispatcher/money.h"
#include "dispatcher/reload.h"
#include "dispatcher/report.h"
#include "dispatcher/requests/after.h"
#include "dispatcher/requests/agent.h"
#include "dispatcher/requests/app.h"
#include "dispatcher/requests/change.h"
#include "dispatcher/requests/enqueue.h"
#include "dispatcher/requests/pause.h"
#include "dispatcher/requests/plan.h"
#include "dispatcher/requests/query.h"
#include "dispatcher/requests/reply.h"
#include "dispatcher/requests/settings.h"
#include "dispatcher/rotate.h"
#include "dispatcher/tables.h"

#define FETCHES_MAX  64 /* requests to X under way at once */
#define SCRATCH_MAX  ((size_t)4 * 1024 * 1024)
#define STOP_FOR     (10 * USEC_SEC)   /* for renewals that X was asked for */
#define FULL_RECHECK (200 * USEC_MSEC) /* while the disk is full */
#define QUIET        (20 * USEC_MSEC)  /* so long without a message: time for housekeeping */
#define PRUNE_EVERY  (30 * USEC_SEC)
#define PRUNE_MAX    1000 /* ended jobs looked at in one turn */
#define JOB_BYTES \
	((size_t)128) /* about what a job takes of memory, with a share of its account */

/* --- the turn --- */

bool turn_write(struct dispatcher *d)
{
	struct errmsg m;

	if (d->failed)
		return false;
	if (d->writing)
		return true;
	if (turn_fail(d, store_begin(d->store, &m), &m))
		return false;
	d->writing = true;
	return true;
}

enum err turn_fail(struct dispatcher *d, enum err e, const struct errmsg *m)
{
	if (!e || d->failed)
		return e;
	d->failed = e;
	if (m)
		d->words = *m;
	else
		err_say(&d->words, e, "%s", store_words(d->store));
	return e;
}

void turn_fact(struct dispatcher *d, const struct fact *f)
{
	struct errmsg m;

	turn_fail(d, core_feed(d->core, f, d->now, &m), &m);
}

/* --- requests --- */

typedef void handler(struct dispatcher *d, const struct request *r, uint32_t agent);

/* A request of an administrator who names no agent sees the jobs of all. */
enum scope_of { OWN, ALL_FOR_ADMIN };

static const struct {
	handler *handle;
	enum scope_of scope;
} requests[MESSAGE_COUNT] = {
	[MSG_PING] = {query_ping, ALL_FOR_ADMIN},
	[MSG_ENQUEUE] = {enqueue, OWN},
	[MSG_GET] = {query_get, ALL_FOR_ADMIN},
	[MSG_LIST] = {query_list, ALL_FOR_ADMIN},
	[MSG_BATCH] = {query_batch, ALL_FOR_ADMIN},
	[MSG_CANCEL] = {change_cancel, ALL_FOR_ADMIN},
	[MSG_UPDATE] = {change_update, ALL_FOR_ADMIN},
	[MSG_RETRY] = {change_retry, ALL_FOR_ADMIN},
	[MSG_RESOLVE] = {decide_resolve, ALL_FOR_ADMIN},
	[MSG_APPROVE] = {decide_approve, ALL_FOR_ADMIN},
	[MSG_REJECT] = {decide_reject, ALL_FOR_ADMIN},
	[MSG_EXPLAIN] = {query_explain, ALL_FOR_ADMIN},
	[MSG_PLAN] = {plan, OWN},
	[MSG_RESULTS] = {reply_results, OWN},
	[MSG_SUBSCRIBE] = {reply_subscribe, OWN},
	[MSG_ACK] = {reply_ack, OWN},
	[MSG_LIMITS] = {query_limits, ALL_FOR_ADMIN},
	[MSG_ACCOUNTS] = {query_accounts, ALL_FOR_ADMIN},
	[MSG_POLICY] = {guard_policy, ALL_FOR_ADMIN},
	[MSG_OPT_OUT] = {guard_opt_out, ALL_FOR_ADMIN},
	[MSG_INVITED] = {guard_invited, ALL_FOR_ADMIN},
	[MSG_SPEND] = {money_query, ALL_FOR_ADMIN},
	[MSG_BUDGET_RAISE] = {money_raise, ALL_FOR_ADMIN},
	[MSG_MEDIA] = {media_take, OWN},
	[MSG_STATS] = {query_stats, ALL_FOR_ADMIN},
	[MSG_APP_ADD] = {accounts_app_add, ALL_FOR_ADMIN},
	[MSG_APP_LIST] = {accounts_app_list, ALL_FOR_ADMIN},
	[MSG_APP_REMOVE] = {app_remove, ALL_FOR_ADMIN},
	[MSG_ACCOUNT_IMPORT] = {import_account, ALL_FOR_ADMIN},
	[MSG_ACCOUNT_PAUSE] = {accounts_pause, ALL_FOR_ADMIN},
	[MSG_ACCOUNT_RESUME] = {accounts_resume, ALL_FOR_ADMIN},
	[MSG_CONNECT_BEGIN] = {connect_begin, ALL_FOR_ADMIN},
	[MSG_CONNECT_FINISH] = {connect_finish, ALL_FOR_ADMIN},
	[MSG_ACCOUNT_DISCONNECT] = {connect_disconnect, ALL_FOR_ADMIN},
	[MSG_ACCOUNT_TOKEN] = {token_give, ALL_FOR_ADMIN},
	[MSG_VAULT_ROTATE] = {rotate_begin, ALL_FOR_ADMIN},
	[MSG_VAULT_SHOW] = {rotate_show, ALL_FOR_ADMIN},
	[MSG_APP_SET] = {settings_app_set, ALL_FOR_ADMIN},
	[MSG_ACCOUNT_SET] = {settings_account_set, ALL_FOR_ADMIN},
	[MSG_AGENT_SET] = {settings_agent_set, ALL_FOR_ADMIN},
	[MSG_PAUSE] = {pause_pause, ALL_FOR_ADMIN},
	[MSG_RESUME] = {pause_resume, ALL_FOR_ADMIN},
	[MSG_PAUSES] = {pause_list, ALL_FOR_ADMIN},
	[MSG_AGENT_ADD] = {keys_agent_add, ALL_FOR_ADMIN},
	[MSG_AGENT_KEY] = {keys_agent_key, ALL_FOR_ADMIN},
	[MSG_AGENT_GRANT] = {keys_agent_grant, ALL_FOR_ADMIN},
	[MSG_AGENT_SWITCH] = {keys_agent_switch, ALL_FOR_ADMIN},
	[MSG_AGENT_REMOVE] = {keys_agent_remove, ALL_FOR_ADMIN},
	[MSG_WORKER_ADD] = {keys_worker_add, ALL_FOR_ADMIN},
	[MSG_WORKER_SWITCH] = {keys_worker_switch, ALL_FOR_ADMIN},
	[MSG_WORKER_REMOVE] = {keys_worker_remove, ALL_FOR_ADMIN},
	[MSG_WORKER_LIST] = {keys_worker_list, ALL_FOR_ADMIN},
	[MSG_AUDIT] = {audit_list, ALL_FOR_ADMIN},
	[MSG_AUDIT_VERIFY] = {audit_verify, ALL_FOR_ADMIN},
	[MSG_AGENT_LIST] = {settings_agent_list, ALL_FOR_ADMIN},
};

static void on_request(void *ctx, const struct request *r)
{
	struct dispatcher *d = ctx;
	uint32_t agent = NAMES_NONE;
	struct errmsg m;
	enum err e = ERR_OK;
	bool all =
		r->admin && r->head.agent.len == 0 && requests[r->msg].scope == ALL_FOR_ADMIN;

	ASSERT(requests[r->msg].handle);
	d->now = loop_now(d->loop);
	d->op = message_info(r->msg)->name;
	if (r->msg != MSG_ACK)
		(void)reply_acks(d, true); /* what was asked first is answered first */
	if (!r->admin)
		e = access_enter(d, r, &agent, &m);
	else if (!all)
		e = agent_know(
			d, r->head.agent.len ? r->head.agent : str_of("default"), &agent, &m);
	if (e)
		answer_error(d->outbox, r, e, &m);
	else
		requests[r->msg].handle(d, r, agent);
}

static void on_overreach(void *ctx, const struct request *r)
{
	struct dispatcher *d = ctx;

	d->now = loop_now(d->loop);
	access_overreached(d, r);
}

/* --- from the store --- */

struct loading {
	struct dispatcher *d;
	uint64_t jobs;
	bool waits; /* one of them may wait for others */
};

static void load_window(void *ctx, const struct window_kept *w)
{
	struct loading *l = ctx;
	struct fact f = {.kind = FACT_WINDOW, .window = w->row};

	if (limits_family_find(l->d->limits, w->family, &f.window.family))
		turn_fact(l->d, &f);
}

static void load_job(void *ctx, const struct job *j)
{
	struct loading *l = ctx;

	turn_fact(l->d, &(struct fact){.kind = FACT_LOADED, .job = *j});
	l->jobs++;
	l->waits |= j->state == JOB_HELD || j->state == JOB_WAITING;
}

static enum err expect_jobs(struct dispatcher *d)
{
	struct store_counts counts;
	enum err e = store_counts(d->store, &counts);

	if (e)
		return e;
	mem_expect((size_t)counts.jobs * JOB_BYTES);
	return core_expect(d->core, (uint32_t)counts.jobs);
}

static enum err new_boot(struct dispatcher *d, uint64_t *ret, struct errmsg *m)
{
	enum err e = store_begin(d->store, m);
	if (e)
		return e;
	e = store_next_boot(d->store, ret);
	if (e) {
		store_rollback(d->store);
		return err_say(m, e, "%s", store_words(d->store));
	}
	return store_commit(d->store, m);
}

/* Makes the core anew from what is stored: at start, and after a turn that could not be kept.
 */
static enum err load(struct dispatcher *d, struct errmsg *m)
{
	struct loading l = {.d = d};
	uint64_t boot;

	core_free(d->core);
	d->core = NULL;
	d->failed = ERR_OK;
	enum err e = new_boot(d, &boot, m);
	if (e)
		return e;
	struct core_conf settings = reload_core_conf(d, boot);
	d->core = core_new(&settings);
	if (!d->core)
		return ERR_NOMEM;
	d->now = loop_refresh(d->loop);
	e = expect_jobs(d);
	if (e)
		return err_say(m, e, "%s", store_words(d->store));
	e = audit_load(d, m);
	if (!e)
		e = settings_load(d, m);
	if (!e)
		e = accounts_load(d, m);
	if (!e)
		e = entitle_load(d, m);
	if (!e)
		e = pause_load(d, m);
	if (!e)
		e = guard_load(d, m);
	if (!e && (e = agent_load(d)))
		e = err_say(m, e, "%s", store_words(d->store));
	if (!e)
		e = access_load(d, m);
	if (!e)
		e = money_load(d, m);
	if (e)
		return e;
	e = store_each_window(d->store, load_window, &l);
	if (!e)
		e = store_each_job(d->store, load_job, &l);
	if (!e)
		e = adopt_load(d, m);
	if (!e && l.waits && (e = after_load(d, m)))
		return e;
	if (!e)
		e = store_last_id(d->store, &d->last_id);
	if (e)
		return err_say(m, e, "%s", store_words(d->store));
	d->now = loop_refresh(d->loop);
	turn_fact(d, &(struct fact){.kind = FACT_STARTED});
	if (d->failed)
		return err_say(m, d->failed, "%s", d->words.text);
	(void)FAILPOINT(FAIL_LOADED);
	log_event(LOG_LOADED, "boot=%llu jobs=%llu", (unsigned long long)boot,
		(unsigned long long)l.jobs);
	return ERR_OK;
}

/* --- the end of a turn --- */

static void note_full(struct dispatcher *d, bool full)
{
	if (full == d->full)
		return;
	d->full = full;
	log_event(full ? LOG_STORE_FULL : LOG_STORE_ROOM, "words=\"%s\"",
		full ? "new work is refused, results are still kept"
		     : "new work is taken again");
}

static void stop(struct dispatcher *d, enum err e)
{
	d->exit_err = e;
	loop_stop(d->loop);
}

/* The turn never happened: say so to whoever waits, and begin again from what is stored. */
static void abandon(struct dispatcher *d)
{
	enum err e = d->failed;
	struct errmsg why = d->words;

	log_event(LOG_TURN_LOST, "code=%s words=\"%s\"", err_name(e), why.text);
	if (d->writing)
		store_rollback(d->store);
	d->writing = false;
	workers_drop(d->workers);
	events_drop(d->events);
	renew_dropped(d);
	rotate_dropped(d);
	sweep_drop(d);
	outbox_fail(d->outbox, ERR_UNAVAILABLE,
		e == ERR_UNAVAILABLE
			? "the disk of the store is full: nothing was kept; try again when "
			  "there is room"
			: "the store could not be written: nothing was kept; try again");
	note_full(d, e == ERR_UNAVAILABLE);
	if (e != ERR_UNAVAILABLE && e != ERR_NOMEM) {
		stop(d, e); /* a failed flush is not repeated: only a restart may look at the
			       disk again */
		return;
	}
	e = load(d, &d->words);
	if (e) {
		stop(d, e);
		return;
	}
	workers_ask_all(d->workers);
	outbox_send(d->outbox);
}

/* SIGHUP brought other tables: the core is made anew with them. */
static void take_tables(struct dispatcher *d)
{
	if (!d->next.limits)
		return;
	tables_swap(d);
	enum err e = load(d, &d->words);
	tables_drop(d);
	if (e) {
		stop(d, e);
		return;
	}
	workers_ask_all(d->workers);
	outbox_send(d->outbox);
}

void turn_keep(struct dispatcher *d)
{
	struct errmsg m;

	if (!d->writing)
		return;
	d->commits++;
	if (!turn_fail(d, store_commit(d->store, &m), &m))
		d->writing = false;
}

static void sleep_until_due(struct dispatcher *d, usec_t poll_due, usec_t renew_due)
{
	usec_t wait = core_sleep(d->core, d->now);
	usec_t at = wait == USEC_NEVER ? USEC_NEVER : d->now.mono + wait;
	bool more = store_tend(d->store, d->now.mono - d->last_message > QUIET);

	if (poll_due < at)
		at = poll_due;
	if (renew_due < at)
		at = renew_due;
	if (d->full && d->now.mono + FULL_RECHECK < at)
		at = d->now.mono + FULL_RECHECK;
	if ((more || d->last_message + QUIET > d->now.mono) && d->now.mono + QUIET < at)
		at = d->now.mono + QUIET;
	if (d->prune_at < at)
		at = d->prune_at;
	if (d->stopping && d->stop_at < at)
		at = d->stop_at;
	if (loop_timer_set(d->loop, &d->wake, at))
		stop(d, ERR_NOMEM);
}

/*
 * Who stopped while X answers a renewal would never know the new tokens, and the account had to
 * be connected again. A second signal does not wait.
 */
static void stop_when_renewed(struct dispatcher *d)
{
	if (d->stopping && (d->renewing == 0 || d->stop_at <= d->now.mono))
		loop_stop(d->loop);
}

/* A few ended jobs that nobody asks for any more are forgotten. */
static void prune(struct dispatcher *d)
{
	uint32_t count;
	bool more = false, more_summons = false;

	if (d->prune_at > d->now.mono || d->stopping || !turn_write(d))
		return;
	turn_fail(d,
		store_prune(d->store, d->now.wall - d->conf->history_retention, PRUNE_MAX,
			&count, &more),
		NULL);
	entitle_tend(d, &more_summons);
	d->prune_at = d->now.mono + (more || more_summons ? QUIET : PRUNE_EVERY);
}

static void after_round(void *ctx)
{
	struct dispatcher *d = ctx;
	bool busy = !outbox_is_empty(d->outbox);

	d->now = loop_now(d->loop);
	renew_keep(d); /* those that a timer ended */
	if (busy)
		d->last_message = d->now.mono;
	usec_t renew_due = renew_again(d);
	(void)FAILPOINT(FAIL_TURN_READ);
	turn_orders(d);
	usec_t poll_due = reply_expire(d);
	usec_t plan_due = plan_go_on(d);
	poll_due = plan_due < poll_due ? plan_due : poll_due;
	reply_serve(d);
	prune(d);
	guard_tend(d);
	money_tend(d);
	refused_write(d, d->stopping);
	rotate_go_on(d);
	usec_t sweep_due = sweep_go_on(d);
	poll_due = sweep_due < poll_due ? sweep_due : poll_due;
	usec_t ack_due = reply_acks(d, false);
	poll_due = ack_due < poll_due ? ack_due : poll_due;
	turn_keep(d);
	after_turn_over(d);
	if (d->failed) {
		abandon(d);
		stop_when_renewed(d); /* also on a disk that is full */
		return;
	}
	d->turns++;
	(void)FAILPOINT(FAIL_COMMITTED);
	rotate_committed(d);
	workers_flush(d->workers);
	(void)FAILPOINT(FAIL_SAID_WORKERS);
	outbox_send(d->outbox);
	(void)FAILPOINT(FAIL_SAID);
	events_flush(d->events);
	renew_committed(d);
	take_tables(d);
	if (d->full && store_has_room(d->store))
		note_full(d, false);
	d->now = loop_refresh(d->loop);
	sleep_until_due(d, poll_due, renew_due);
	stop_when_renewed(d);
}

/* Before anything else of a round is read: tokens that only we have are put on disk. */
static void keep_tokens(void *ctx)
{
	struct dispatcher *d = ctx;

	d->now = loop_now(d->loop);
	renew_keep(d);
}

static void woken(void *ctx)
{
	(void)ctx; /* the round that follows looks at everything */
}

static void on_signal(void *ctx, int signo)
{
	struct dispatcher *d = ctx;

	d->now = loop_now(d->loop);
	if (signo == SIGHUP) {
		reload(d);
		return;
	}
	log_event(LOG_STOP, "signal=%d renewals=%u", signo, (unsigned)d->renewing);
	d->stop_at = d->stopping ? d->now.mono : d->now.mono + STOP_FOR;
	d->stopping = true;
}

/* --- open --- */

static enum err open_vault(struct dispatcher *d, struct errmsg *m)
{
	struct master *master, *old = NULL;
	struct vault_conf conf = {.ca_file = d->conf->x_ca_file[0] ? d->conf->x_ca_file : NULL,
		.clock = &clock_system};

	enum err e = rotate_load_keys(d->conf, &master, &old, m);
	if (e)
		return e;
	const char *api = d->conf->x_api_url;
	(void)snprintf(d->token_url, sizeof(d->token_url), "%s/2/oauth2/token", api);
	(void)snprintf(d->revoke_url, sizeof(d->revoke_url), "%s/2/oauth2/revoke", api);
	(void)snprintf(d->me_url, sizeof(d->me_url), "%s/2/users/me", api);
	conf.token_url = d->token_url;
	conf.revoke_url = d->revoke_url;
	conf.me_url = d->me_url;
	d->fetch = fetch_new(d->loop, FETCHES_MAX);
	if (!d->fetch) {
		master_free(master);
		master_free(old);
		return ERR_NOMEM;
	}
	e = vault_new(master, d->fetch, &conf, renew_ended, d, &d->vault);
	if (e)
		master_free(old);
	else
		rotate_open(d, old);
	return e;
}

/* The handler that ZeroMQ asks, before any socket that wants keys. */
static enum err open_keys(struct dispatcher *d, char secret[CURVE_TEXT], struct errmsg *m)
{
	enum err e = own_key_read(d->conf->state_dir, secret, d->server_key, m);

	return e ? e : zap_open(d->loop, access_admits, d, &d->zap, m);
}

/* Nobody is served before it is shown that strangers are not. */
static enum err prove_keys(struct dispatcher *d, struct errmsg *m)
{
	enum err e = ERR_OK;

	if (d->curve_agents)
		e = zap_prove(d->zap, agents_socket(d->agents), d->server_key, m);
	if (!e && d->curve_workers)
		e = zap_prove(d->zap, workers_socket(d->workers), d->server_key, m);
	return e;
}

/* `secret`: of the sockets that want keys. */
static enum err bind_sockets(struct dispatcher *d, const char *secret, struct errmsg *m)
{
	struct agents_conf to_agents = {
		.endpoint = d->conf->listen_agents,
		.secret = d->curve_agents ? secret : NULL,
		.admin_endpoint = d->conf->listen_admin,
		.handle = on_request,
		.overreach = on_overreach,
		.ctx = d,
	};
	struct workers_conf to_workers = {
		.endpoint = d->conf->listen_workers,
		.secret = d->curve_workers ? secret : NULL,
		.ops = &report_ops,
		.ctx = d,
		.heartbeat = d->conf->dispatch_heartbeat,
		.silence = d->conf->dispatch_worker_silence,
		.request = d->conf->worker_timeout,
	};

	enum err e = events_open(d->conf->listen_events, &d->events, m);
	if (e)
		return e;
	e = agents_open(d->loop, d->outbox, &to_agents, &d->agents, m);
	if (e)
		return e;
	return workers_open(d->loop, d->outbox, &to_workers, &d->workers, m);
}

static enum err open_sockets(struct dispatcher *d, struct errmsg *m)
{
	char secret[CURVE_TEXT] = "";
	enum err e = access_check_endpoints(d, m);

	if (!e && (d->curve_agents || d->curve_workers))
		e = open_keys(d, secret, m);
	if (!e)
		e = bind_sockets(d, secret, m);
	explicit_bzero(secret, sizeof(secret));
	if (e)
		return e;
	d->proving = true;
	e = prove_keys(d, m);
	d->proving = false;
	return e;
}

static enum err watch_signals(struct dispatcher *d)
{
	static const int signals[] = {SIGTERM, SIGINT, SIGHUP};

	for (size_t i = 0; i < COUNT_OF(signals); i++) {
		enum err e = loop_on_signal(d->loop, signals[i], on_signal, d);

		if (e)
			return e;
	}
	return ERR_OK;
}

/* "sqlite:///path" as a path. */
static enum err store_path(const char *url, const char **ret, struct errmsg *m)
{
	static const char scheme[] = "sqlite://";

	if (strncmp(url, scheme, sizeof(scheme) - 1) != 0)
		return err_say(m, ERR_INVALID, "store.url: '%s' is not sqlite:///PATH", url);
	*ret = url + sizeof(scheme) - 1;
	return ERR_OK;
}

static enum err open_all(struct dispatcher *d, struct errmsg *m)
{
	const char *path = NULL;
	enum err e = tables_read(d, m);
	if (e)
		return e;
	tables_swap(d);
	e = store_path(d->conf->store_url, &path, m);
	if (!e)
		e = store_sqlite_open(path, &d->store, m);
	if (!e)
		e = media_open(d, m);
	if (!e)
		e = guard_new(d->conf, &d->guard, m);
	if (!e)
		e = open_vault(d, m);
	if (!e)
		e = load(d, m);
	if (!e)
		e = watch_signals(d); /* before anybody can see that it is there, and stop it */
	if (!e)
		e = open_sockets(d, m);
	return e;
}

enum err dispatcher_open(struct conf *conf, struct dispatcher **ret, struct errmsg *m)
{
	AUTO(dispatcher) d = mem_alloc(sizeof(*d));

	if (!d)
		return ERR_NOMEM;
	d->conf = conf;
	list_init(&d->waiters);
	list_init(&d->acks);
	list_init(&d->plans);
	list_init(&d->connects);
	list_init(&d->tokens);
	list_init(&d->rotates);
	list_init(&d->unfilled);
	names_init(&d->agent_names, AGENTS_MAX);
	buf_init(&d->scratch, SCRATCH_MAX);
	buf_init(&d->bodies, SCRATCH_MAX);
	buf_init(&d->kept_accounts, SCRATCH_MAX);
	buf_init(&d->intents, SCRATCH_MAX);
	buf_init(&d->renew_later, SCRATCH_MAX);
	d->wake = (struct loop_timer){.fire = woken, .ctx = d};
	d->loop = loop_new(&clock_system);
	d->outbox = outbox_new();
	d->reports = report_new();
	d->adopted = adopt_new();
	d->settings = settings_new();
	d->access = access_new();
	d->refusals = refusals_new();
	if (!d->refusals || !d->access || !d->loop || !d->outbox || !d->reports ||
		!d->adopted || !d->settings)
		return ERR_NOMEM;
	d->started = loop_now(d->loop).mono;
	enum err e = money_read_prices(d, m);
	if (!e)
		e = open_all(d, m);
	if (e)
		return e;
	loop_after_descriptors(d->loop, keep_tokens, d);
	loop_after_round(d->loop, after_round, d);
	loop_again(d->loop);
	*ret = STEAL(d);
	return ERR_OK;
}

/* Whoever still waits for X is told that nobody does any more. */
static void tell_waiting(struct dispatcher *d)
{
	bool any = !list_is_empty(&d->connects) || !list_is_empty(&d->tokens) ||
		   !list_is_empty(&d->rotates);

	connect_close(d);
	token_close(d);
	rotate_close(d);
	if (any) /* what else the outbox has was not committed: it must not be told */
		outbox_fail(d->outbox, ERR_UNAVAILABLE,
			"the dispatcher is stopping, and X was not waited for; when it is "
			"back, look at `roost account list`, and say it again");
}

void dispatcher_free(struct dispatcher *d)
{
	if (!d)
		return;
	reply_done(d);
	tell_waiting(d);
	plan_done(d);
	after_turn_over(d);
	agents_free(d->agents);
	workers_free(d->workers);
	events_free(d->events);
	zap_free(d->zap);
	vault_free(d->vault);
	fetch_free(d->fetch);
	core_free(d->core);
	store_free(d->store);
	media_close(d);
	tables_drop(d);
	limits_free(d->limits);
	entitlements_free(d->entitlements);
	read_caps_free(d->read_caps);
	guard_free(d->guard);
	settings_free(d->settings);
	access_free(d->access);
	refusals_free(d->refusals);
	report_free(d->reports);
	adopt_free(d->adopted);
	outbox_free(d->outbox);
	loop_free(d->loop);
	agent_done(d);
	buf_done(&d->scratch);
	buf_done(&d->bodies);
	buf_done(&d->kept_accounts);
	buf_done(&d->intents);
	buf_done(&d->renew_later);
	mem_free(d);
}

enum err dispatcher_run(struct dispatcher *d, struct errmsg *m)
{
	enum err e = loop_run(d->loop);

	if (!e)
		e = d->exit_err;
	if (e)
		return err_say(m, e, "%s", d->words.text[0] ? d->words.text : err_text(e));
	return ERR_OK;
}

const char *dispatcher_agents_endpoint(const struct dispatcher *d)
{
	return agents_endpoint(d->agents);
}

const char *dispatcher_workers_endpoint(const struct dispatcher *d)
{
	return workers_endpoint(d->workers);
}
