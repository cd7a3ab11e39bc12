/* test_gate.c - every blocker of the gate: its name, its words, its end */
#include <string.h>

#include "tests/lib/test.h"
#include "tests/unit/stage.h"

static void feed(struct stage *s, const struct fact *f)
{
	assert_int_equal(stage_feed(s, f), ERR_OK);
}

static void tell_account(struct stage *s, const struct fact_account *a)
{
	struct fact f = {.kind = FACT_ACCOUNT, .account = *a};

	f.account.id = f.account.app = 1;
	f.account.token_until = s->now.wall + (a->refreshing ? 0 : 30 * USEC_DAY);
	f.account.scopes = a->weight == 7 ? 0 : UINT32_MAX;
	feed(s, &f);
}

static struct job wanted(struct stage *s)
{
	return stage_job(s, CALL_CREATE_POST);
}

static uint64_t bring(struct stage *s, const struct job *j)
{
	feed(s, &(struct fact){.kind = FACT_ENQUEUE, .job = *j});
	stage_orders(s);
	return j->id;
}

static uint64_t plain(struct stage *s)
{
	struct job j = wanted(s);

	return bring(s, &j);
}

static uint64_t held(struct stage *s)
{
	struct job j = wanted(s);

	j.state = JOB_HELD;
	return bring(s, &j);
}

static uint64_t running(struct stage *s)
{
	return stage_begun(s, CALL_CREATE_POST).job.id;
}

static uint64_t asked(struct stage *s)
{
	struct job j = wanted(s);

	j.flags = JOB_ASK;
	feed(s, &(struct fact){.kind = FACT_ENQUEUE, .job = j});
	struct order a = stage_assigned(s, j.id);
	assert_true(stage_begin(s, &a));
	stage_outcome(s, &a, &(struct outcome){.class = OUTCOME_UNKNOWN});
	return j.id;
}

static uint64_t after(struct stage *s)
{
	struct need need = {held(s), false};
	struct job j = wanted(s);

	feed(s, &(struct fact){
			.kind = FACT_ENQUEUE, .job = j, .needs = &need, .need_count = 1});
	stage_orders(s);
	return j.id;
}

static uint64_t later(struct stage *s)
{
	struct job j = wanted(s);

	j.not_before = s->now.wall + USEC_HOUR;
	return bring(s, &j);
}

static uint64_t paused(struct stage *s)
{
	feed(s, &(struct fact){.kind = FACT_PAUSE, .pause = {CALL_COUNT, 0, true}});
	return plain(s);
}

static uint64_t paused_action(struct stage *s)
{
	feed(s, &(struct fact){.kind = FACT_PAUSE, .pause = {CALL_CREATE_POST, 1, true}});
	return plain(s);
}

static uint64_t paused_app(struct stage *s)
{
	feed(s, &(struct fact){
			.kind = FACT_APP, .app = {.id = 1, .plan = "payg", .paused = true}});
	return plain(s);
}

static uint64_t paused_account(struct stage *s)
{
	tell_account(s, &(struct fact_account){.paused = true});
	return plain(s);
}

static uint64_t parked_app(struct stage *s)
{
	feed(s, &(struct fact){.kind = FACT_APP,
			.app = {.id = 1,
				.plan = "payg",
				.parked_until = s->now.wall + USEC_HOUR}});
	return plain(s);
}

static uint64_t parked_account(struct stage *s)
{
	tell_account(s, &(struct fact_account){.parked_until = s->now.wall + USEC_HOUR});
	return plain(s);
}

static uint64_t off(struct stage *s)
{
	feed(s, &(struct fact){.kind = FACT_CAPS,
			.caps = {.owner = 1,
				.kind = LEDGER_AGENT,
				.off = true,
				.caps = {.cap = {-1, -1},
					.warn_percent = 80,
					.billing_day = 1}}});
	return plain(s);
}

static uint64_t dead(struct stage *s)
{
	tell_account(s, &(struct fact_account){.grant = GRANT_DEAD});
	return plain(s);
}

/* A token from outside that X refused; one that ended; keys of OAuth 1.0a that X refused. */
static uint64_t given(struct stage *s)
{
	tell_account(s, &(struct fact_account){.grant = GRANT_DEAD, .given = true});
	return plain(s);
}

static uint64_t ended(struct stage *s)
{
	struct fact_account a = {.grant = GRANT_DEAD, .given = true, .refreshing = true};

	tell_account(s, &a);
	return plain(s);
}

static uint64_t keys(struct stage *s)
{
	struct fact_account a = {.grant = GRANT_DEAD, .given = true, .signs = true};

	tell_account(s, &a);
	return plain(s);
}

static uint64_t scopeless(struct stage *s)
{
	tell_account(s, &(struct fact_account){.weight = 7});
	return plain(s);
}

static uint64_t renewing(struct stage *s)
{
	tell_account(s, &(struct fact_account){.refreshing = true});
	return plain(s);
}

static uint64_t refused(struct stage *s)
{
	feed(s, &(struct fact){.kind = FACT_REFUSAL,
			.refusal = {1, CALL_CREATE_POST, POST_PLAIN, s->now.wall}});
	return plain(s);
}

static uint64_t used_up(struct stage *s)
{
	feed(s, &(struct fact){.kind = FACT_ACCOUNT,
			.account = {.id = 1,
				.app = 1,
				.concurrency = 9,
				.scopes = UINT32_MAX,
				.token_until = s->now.wall + 30 * USEC_DAY}});
	for (int i = 0; i < 5; i++) {
		struct order a = stage_begun(s, CALL_CREATE_POST);

		stage_done(s, &a);
	}
	return plain(s);
}

static uint64_t behind(struct stage *s)
{
	(void)running(s);
	return plain(s);
}

static uint64_t no_worker(struct stage *s)
{
	feed(s, &(struct fact){.kind = FACT_GONE, .worker = 1});
	return plain(s);
}

static uint64_t busy_worker(struct stage *s)
{
	stage_worker(s, 1, 1);
	(void)stage_begun(s, CALL_LIKE);
	struct job j = stage_job(s, CALL_GET_POST);

	return bring(s, &j);
}

/* clang-format off */
static const struct {
	uint64_t (*make)(struct stage *s);
	enum blocker blocker;
	usec_t until; /* from now; -1: somebody has to act */
	const char *ref, *text; /* how the text begins */
} rows[] = {
	{held,           BLOCKER_STATE,       -1,        "held",       "it is held until somebody approves it"},
	{running,        BLOCKER_STATE,        0,        "running",    "a worker has it"},
	{asked,          BLOCKER_STATE,       -1,        "unsure",     "nobody can tell whether it happened"},
	{after,          BLOCKER_AFTER,       -1,        "j1",         "it waits for j1, which is held"},
	{later,          BLOCKER_TIME,        USEC_HOUR, "scheduled",  "it is scheduled for later"},
	{paused,         BLOCKER_PAUSE,       -1,        "everything app #1 createPosts", "everything is paused"},
	{paused_action,  BLOCKER_PAUSE,       -1,        "action app #1 createPosts", "the action is paused"},
	{paused_app,     BLOCKER_PAUSE,       -1,        "app #1",     "its app is paused"},
	{paused_account, BLOCKER_PAUSE,       -1,        "account #1", "its account is paused"},
	{parked_app,     BLOCKER_PAUSE,       USEC_HOUR, "app #1",     "X refuses the app for now"},
	{parked_account, BLOCKER_PAUSE,       USEC_HOUR, "account #1", "X refuses the account for now"},
	{off,            BLOCKER_PAUSE,       -1,        "agent app #1 createPosts", "its agent is disabled"},
	{dead,           BLOCKER_GRANT,       -1,        "account #1", "the account is not connected any more"},
	{given,          BLOCKER_GRANT,       -1,        "account #1", "X refuses the token given; connect the account"},
	{ended,          BLOCKER_GRANT,       -1,        "account #1", "the token given ended at 20"},
	{keys,           BLOCKER_GRANT,       -1,        "account #1", "X refuses the account's keys of OAuth 1.0a"},
	{scopeless,      BLOCKER_GRANT,       -1,        "account #1", "the account granted too few scopes"},
	{renewing,       BLOCKER_GRANT,       10 * USEC_SEC, "account #1", "the account's access token is being renewed"},
	{refused,        BLOCKER_ENTITLEMENT, -1,        "app #1",     "X refused it as not part of the app's plan"},
	{used_up,        BLOCKER_WINDOW,      15 * USEC_MIN + USEC_SEC, "POST /2/tweets account 15m", "a rate limit of X is used up until it resets (5 of 5 used)"},
	{behind,         BLOCKER_ORDER,       -1,        "account #1", "another action of the account is under way"},
	{no_worker,      BLOCKER_WORKER,      -1,        "ready",      "no worker is there; start one"},
	{busy_worker,    BLOCKER_WORKER,       0,        "ready",      "every worker is busy"},
};
/* clang-format on */

TEST(every_blocker_says_what_it_is_until_when_and_what_to_do)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct stage s;
		struct verdict v;

		stage_open(&s);
		uint64_t id = rows[i].make(&s);
		assert_int_equal(core_verdict(s.core, id, s.now, &v), ERR_OK);
		usec_t until = rows[i].until < 0 ? USEC_NEVER : s.now.wall + rows[i].until;
		if (v.blocker != rows[i].blocker || v.until != until ||
			strcmp(v.ref, rows[i].ref) != 0 ||
			strncmp(v.text, rows[i].text, strlen(rows[i].text)) != 0)
			fail_msg("row %zu: %s, in %lld s, '%s', '%s'", i,
				blocker_name(v.blocker),
				(long long)((v.until - s.now.wall) / USEC_SEC), v.ref, v.text);
		stage_close(&s);
	}
}

TEST(the_chain_has_all_of_them_in_order_and_begins_with_the_verdict)
{
	struct verdict chain[CORE_CHAIN_MAX], v;
	struct stage s;

	stage_open(&s);
	tell_account(&s, &(struct fact_account){.paused = true, .grant = GRANT_DEAD});
	feed(&s, &(struct fact){.kind = FACT_GONE, .worker = 1});
	uint64_t id = later(&s);
	size_t n = core_chain(s.core, id, s.now, chain);
	static const enum blocker want[] = {
		BLOCKER_TIME, BLOCKER_PAUSE, BLOCKER_GRANT, BLOCKER_WORKER};
	assert_int_equal(n, COUNT_OF(want));
	for (size_t i = 0; i < n; i++)
		assert_int_equal(chain[i].blocker, want[i]);
	assert_int_equal(core_verdict(s.core, id, s.now, &v), ERR_OK);
	assert_string_equal(chain[0].text, v.text);
	stage_close(&s);
}

TEST(nothing_is_known_of_a_job_that_is_not_there)
{
	struct verdict v, chain[CORE_CHAIN_MAX];
	struct stage s;

	stage_open(&s);
	assert_int_equal(core_verdict(s.core, 5, s.now, &v), ERR_NOT_FOUND);
	assert_int_equal(core_chain(s.core, 5, s.now, chain), 0);
	stage_close(&s);
}
