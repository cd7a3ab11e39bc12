#include "worker/link.h"

#include <stdio.h>
#include <string.h>

#include "common/base/mem.h"
#include "tests/lib/test.h"
#include "tests/unit/fake_fetch.h"
#include "worker/tree.h"

#define START      USEC_HOUR
#define START_WALL INT64_C(1790000000000000)
#define BEAT       USEC_SEC
#define SILENCE    (5 * USEC_SEC)
#define REQUEST    (20 * USEC_SEC)

/* A link on a clock of our own, with a fetch that the test answers for. */
struct world {
	struct now now;
	struct fetch fetch;
	struct link link;
};

static struct now now_of(void *ctx)
{
	return ((struct world *)ctx)->now;
}

static void world_init(struct world *w, uint32_t slots)
{
	struct link_conf conf = {.slots = slots,
		.fetch = &w->fetch,
		.base_url = "https://x.test",
		.now = now_of,
		.fresh = now_of,
		.ctx = w};

	*w = (struct world){.now = {START, START_WALL}};
	link_init(&w->link, &conf, w->now);
}

static void pass(struct world *w, usec_t t)
{
	w->now.mono += t;
	w->now.wall += t;
}

static unsigned tick(struct world *w)
{
	return link_tick(&w->link, w->now);
}

static void welcome(struct world *w)
{
	link_welcome(&w->link, BEAT, SILENCE, REQUEST, w->now);
}

/* A world whose dispatcher has said welcome. */
static void world_there(struct world *w, uint32_t slots)
{
	world_init(w, slots);
	assert_int_equal(tick(w), LINK_HELLO);
	welcome(w);
}

static enum link_taken assign_as(
	struct world *w, int64_t lease, struct task t, const char *args)
{
	AUTO_TREE a = NULL;
	char token[32];

	(void)snprintf(token, sizeof(token), "token-%lld", (long long)lease);
	assert_int_equal(tree_read(str_of(args), &a), ERR_OK);
	t.job = lease + 1000;
	t.lease = lease;
	t.args = a;
	t.user_id = str_of("42");
	t.token = t.token.len || t.keys ? t.token : str_of(token);
	return link_assign(&w->link, &t);
}

/* An assignment of a post, which needs BEGIN; and of a read, which does not. */
static enum link_taken assign_post(struct world *w, int64_t lease)
{
	struct task t = {.begin = true, .action = action_find(str_of("post"))};

	return assign_as(w, lease, t, "{\"text\":\"hello\"}");
}

static enum link_taken assign_read(struct world *w, int64_t lease)
{
	struct task t = {.action = action_find(str_of("get_me"))};

	return assign_as(w, lease, t, "{}");
}

static void go(struct world *w, int64_t lease, bool ok)
{
	link_heard(&w->link, w->now);
	link_go(&w->link, lease + 1000, lease, ok, w->now);
}

static size_t say_begins(struct world *w)
{
	struct attempt *a;
	size_t n = 0;

	for (; (a = link_next_begin(&w->link)); n++)
		link_begin_said(&w->link, a, w->now);
	return n;
}

/* Says all results; returns the last one's attempt, whose outcome can be looked at. */
static struct attempt *say_results(struct world *w, size_t count)
{
	struct attempt *a;
	struct attempt *last = NULL;
	size_t n = 0;

	for (; (a = link_next_result(&w->link)); n++) {
		link_result_said(&w->link, a, w->now);
		last = a;
	}
	assert_int_equal(n, count);
	return last;
}

static void ended_as(
	const struct attempt *a, enum outcome_class class, enum outcome_cause cause)
{
	assert_non_null(a);
	assert_string_equal(
		outcome_class_name(a->response.outcome.class), outcome_class_name(class));
	assert_string_equal(
		outcome_cause_name(a->response.outcome.cause), outcome_cause_name(cause));
}

#define CREATED "{\"data\":{\"id\":\"1900000000000000001\",\"text\":\"hello\"}}"

/* --- one attempt --- */

TEST(sends_an_effect_only_after_go)
{
	struct world w;

	world_there(&w, 4);
	assert_int_equal(assign_post(&w, 1), LINK_TAKEN);
	assert_int_equal(w.fetch.count, 0);
	go(&w, 1, true); /* nobody has asked */
	assert_int_equal(w.fetch.count, 0);
	assert_int_equal(say_begins(&w), 1);
	assert_int_equal(w.fetch.count, 0);
	go(&w, 1, true);
	go(&w, 1, true);
	assert_int_equal(w.fetch.count, 1);

	const struct fake_request *r = &w.fetch.requests[0];
	assert_string_equal(r->method, "POST");
	assert_string_equal(r->url, "https://x.test/2/tweets");
	assert_string_equal(r->body, "{\"text\":\"hello\"}");
	assert_string_equal(r->bearer, "token-1");
	assert_true(r->effect);
	assert_int_equal(r->timeout, REQUEST);

	fake_answer(&w.fetch, 0, 201, CREATED);
	const struct attempt *a = say_results(&w, 1);
	ended_as(a, OUTCOME_DONE, CAUSE_NONE);
	assert_string_equal(a->response.outcome.x_id, "1900000000000000001");
	assert_null(a->proof.parts[0]);
	link_done(&w.link);
}

/* The four keys sign it; each time with another nonce, and nothing of them is left behind. */
TEST(signs_with_keys_of_oauth_1)
{
	const struct oauth1_keys keys = {str_of("api-key"), str_of("api-secret"),
		str_of("7-token"), str_of("token-secret")};
	struct task t = {.action = action_find(str_of("get_me")), .keys = &keys};
	struct world w;

	world_there(&w, 4);
	for (int64_t lease = 1; lease <= 2; lease++)
		assert_int_equal(assign_as(&w, lease, t, "{}"), LINK_TAKEN);
	(void)tick(&w);
	assert_int_equal(w.fetch.count, 2);
	const struct fake_request *r = w.fetch.requests;
	assert_string_equal(r[0].bearer, "");
	assert_non_null(strstr(r[0].oauth, "oauth_consumer_key=\"api-key\""));
	assert_non_null(strstr(r[0].oauth, "oauth_token=\"7-token\""));
	assert_null(strstr(r[0].oauth, "secret"));
	assert_string_not_equal(r[0].oauth, r[1].oauth);

	fake_answer(
		&w.fetch, 0, 200, "{\"data\":{\"id\":\"42\",\"x\":\"token-secret 7-token\"}}");
	const struct attempt *a = say_results(&w, 1);
	ended_as(a, OUTCOME_DONE, CAUSE_NONE);
	assert_string_equal(
		json_string_value(tree_at(a->response.body, "data.x")), "************ *******");
	for (size_t i = 0; i < PROOF_PARTS; i++)
		assert_null(a->proof.parts[i]);
	link_done(&w.link);
}

TEST(sends_a_read_at_once)
{
	struct world w;

	world_there(&w, 4);
	assert_int_equal(assign_read(&w, 1), LINK_TAKEN);
	assert_null(link_next_begin(&w.link));
	assert_int_equal(w.fetch.count, 1);
	assert_string_equal(w.fetch.requests[0].url, "https://x.test/2/users/me");
	assert_false(w.fetch.requests[0].effect);
	fake_end(&w.fetch, 0, FETCH_UNKNOWN);
	ended_as(say_results(&w, 1), OUTCOME_UNKNOWN, CAUSE_NO_ANSWER);
	link_done(&w.link);
}

TEST(forgets_what_is_refused_and_sends_nothing)
{
	struct world w;

	world_there(&w, 4);
	assert_int_equal(assign_post(&w, 1), LINK_TAKEN);
	assert_int_equal(assign_post(&w, 2), LINK_TAKEN);
	assert_int_equal(say_begins(&w), 2);
	go(&w, 1, false);
	go(&w, 1, true);
	assert_int_equal(assign_post(&w, 3), LINK_TAKEN);
	go(&w, 3, false); /* void before it was asked for: an answer to hello */
	assert_int_equal(say_begins(&w), 0);
	assert_int_equal(w.fetch.count, 0);
	assert_int_equal(w.link.active, 1);
	link_done(&w.link);
}

TEST(sends_nothing_when_go_comes_too_late)
{
	struct world w;

	world_there(&w, 4);
	assert_int_equal(assign_post(&w, 1), LINK_TAKEN);
	assert_int_equal(assign_post(&w, 2), LINK_TAKEN);
	assert_int_equal(say_begins(&w), 2);
	pass(&w, SILENCE);
	go(&w, 1, true);
	assert_int_equal(w.fetch.count, 1); /* just in time */
	pass(&w, 1);
	go(&w, 2, true);
	assert_int_equal(w.fetch.count, 1);
	const struct attempt *a = say_results(&w, 1);
	ended_as(a, OUTCOME_UNSENT, CAUSE_LEASE_LOST);
	assert_int_equal(a->lease, 2);
	link_done(&w.link);
}

TEST(writes_nothing_to_a_connection_that_stands_too_late)
{
	struct world w;

	world_there(&w, 4);
	assert_int_equal(assign_post(&w, 1), LINK_TAKEN);
	assert_int_equal(say_begins(&w), 1);
	go(&w, 1, true);
	pass(&w, REQUEST); /* the last instant */
	assert_true(w.fetch.requests[0].may_send(w.fetch.requests[0].ctx));
	pass(&w, 1);
	fake_answer(&w.fetch, 0, 201, CREATED);
	ended_as(say_results(&w, 1), OUTCOME_UNSENT, CAUSE_NETWORK);
	link_done(&w.link);
}

TEST(gives_up_when_no_go_comes)
{
	struct world w;

	world_there(&w, 4);
	assert_int_equal(assign_post(&w, 1), LINK_TAKEN);
	assert_int_equal(say_begins(&w), 1);
	pass(&w, SILENCE);
	link_heard(&w.link, w.now);
	(void)tick(&w);
	assert_null(link_next_result(&w.link));
	assert_true(link_wake(&w.link) <= w.now.mono + BEAT);
	pass(&w, 1);
	(void)tick(&w);
	ended_as(say_results(&w, 1), OUTCOME_UNSENT, CAUSE_LEASE_LOST);
	go(&w, 1, true);
	assert_int_equal(w.fetch.count, 0);
	link_done(&w.link);
}

TEST(tells_the_dispatcher_what_it_cannot_make)
{
	static const struct {
		const char *action, *args, *token;
	} cases[] = {
		{"no_such_action", "{}", "t"},
		{"post", "{\"txet\":\"\xc3\xbc\"}", "t"},
		{"delete_post", "{}", "t"},
		{"post", "{\"text\":\"a\"}", "two\r\nlines"},
	};
	struct world w;

	world_there(&w, 4);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct task t = {.begin = true,
			.action = action_find(str_of(cases[i].action)),
			.token = str_of(cases[i].token)};

		assert_int_equal(assign_as(&w, (int64_t)i + 1, t, cases[i].args), LINK_TAKEN);
		assert_int_equal(say_begins(&w), 0);
		const struct attempt *a = say_results(&w, 1);
		ended_as(a, OUTCOME_UNSENT, CAUSE_WORKER);
		assert_true(strlen(a->response.message) > 10);
	}
	w.fetch.full = true;
	assert_int_equal(assign_read(&w, 9), LINK_TAKEN);
	ended_as(say_results(&w, 1), OUTCOME_UNSENT, CAUSE_WORKER);
	assert_int_equal(w.fetch.count, 0);
	link_done(&w.link);
}

TEST(blanks_out_a_token_that_comes_back)
{
	struct world w;

	world_there(&w, 4);
	assert_int_equal(assign_read(&w, 1), LINK_TAKEN);
	fake_answer(&w.fetch, 0, 403,
		"{\"detail\":\"token-1 is bad\",\"x\":\"Bearer token-1token-1\"}");
	const struct attempt *a = say_results(&w, 1);
	assert_string_equal(a->response.message, "******* is bad");
	assert_string_equal(json_string_value(json_object_get(a->response.body, "x")),
		"Bearer **************");
	link_done(&w.link);
}

/* --- names and looks --- */

TEST(looks_a_name_up)
{
	struct task t = {.step = ATTEMPT_NAME,
		.action = action_find(str_of("follow")),
		.name = str_of("ann_example")};
	struct world w;

	world_there(&w, 4);
	assert_int_equal(assign_as(&w, 1, t, "{\"user\":\"@ann_example\"}"), LINK_TAKEN);
	assert_string_equal(
		w.fetch.requests[0].url, "https://x.test/2/users/by/username/ann_example");
	fake_answer(
		&w.fetch, 0, 200, "{\"data\":{\"id\":\"99\",\"username\":\"ann_example\"}}");
	const struct attempt *a = say_results(&w, 1);
	ended_as(a, OUTCOME_DONE, CAUSE_NONE);
	assert_string_equal(a->response.outcome.x_id, "99");
	link_done(&w.link);
}

/* The look for a post that began at the start of the world, answered so. */
static const struct attempt *look(struct world *w, int status, const char *page)
{
	struct task t = {.step = ATTEMPT_LOOK,
		.action = action_find(str_of("post")),
		.begun_at = START_WALL};

	world_there(w, 4);
	assert_int_equal(assign_as(w, 1, t, "{\"text\":\"hello\"}"), LINK_TAKEN);
	assert_non_null(strstr(w->fetch.requests[0].url, "/2/users/42/tweets?"));
	assert_string_equal(w->fetch.requests[0].method, "GET");
	fake_answer(&w->fetch, 0, status, page);
	return say_results(w, 1);
}

TEST(looks_for_an_attempt_in_doubt)
{
	struct world w;
	const struct attempt *a = look(&w, 200,
		"{\"data\":[{\"id\":\"11\",\"text\":\"hello\",\"created_at\":\"2026-09-21T14:"
		"13:21Z\"}]}");

	ended_as(a, OUTCOME_DONE, CAUSE_NONE);
	assert_int_equal(a->response.outcome.look, LOOK_FOUND);
	assert_string_equal(json_string_value(json_array_get(a->found, 0)), "11");
	assert_int_equal(a->response.outcome.objects, 1);
	assert_null(a->response.body); /* other people's posts are nobody's result */
	link_done(&w.link);

	a = look(&w, 200, "{\"meta\":{\"result_count\":0}}");
	assert_int_equal(a->response.outcome.look, LOOK_ABSENT);
	assert_null(a->found);
	link_done(&w.link);

	a = look(&w, 429, "");
	ended_as(a, OUTCOME_LIMITED, CAUSE_RATE);
	assert_int_equal(a->response.outcome.look, LOOK_CANNOT);
	link_done(&w.link);

	a = look(&w, 200, "{\"errors\":[{\"title\":\"Not Found Error\"}]}");
	ended_as(a, OUTCOME_REFUSED, CAUSE_NOT_FOUND);
	assert_int_equal(a->response.outcome.look, LOOK_CANNOT);
	link_done(&w.link);
}

TEST(cannot_look_for_what_needs_no_look)
{
	struct task t = {.step = ATTEMPT_LOOK, .action = action_find(str_of("like"))};
	struct world w;

	world_there(&w, 4);
	assert_int_equal(assign_as(&w, 1, t, "{\"post\":\"7\"}"), LINK_TAKEN);
	const struct attempt *a = say_results(&w, 1);
	ended_as(a, OUTCOME_UNSENT, CAUSE_WORKER);
	assert_int_equal(a->response.outcome.look, LOOK_CANNOT);
	link_done(&w.link);
}

/* --- room --- */

TEST(takes_no_more_than_it_has_room_for)
{
	struct world w;

	world_there(&w, 2);
	assert_int_equal(assign_post(&w, 1), LINK_TAKEN);
	assert_int_equal(assign_post(&w, 1), LINK_KNOWN);
	assert_int_equal(assign_read(&w, 2), LINK_TAKEN);
	assert_int_equal(assign_read(&w, 3), LINK_FULL);
	fake_end(&w.fetch, 0, FETCH_UNSENT); /* held, not active */
	assert_int_equal(assign_read(&w, 3), LINK_TAKEN);
	fake_end(&w.fetch, 1, FETCH_UNSENT);
	assert_int_equal(assign_read(&w, 4), LINK_TAKEN);
	assert_int_equal(assign_read(&w, 5), LINK_FULL);
	fake_end(&w.fetch, 2, FETCH_UNSENT);
	assert_int_equal(assign_read(&w, 5), LINK_FULL); /* twice its slots, nothing kept */
	link_kept(&w.link, 1002, 2);
	assert_int_equal(assign_read(&w, 5), LINK_TAKEN);
	link_done(&w.link);
}

TEST(hands_back_what_it_has_no_memory_for)
{
	struct world w;

	world_there(&w, 2);
	mem_fail_after(0);
	assert_int_equal(assign_post(&w, 1), LINK_FULL);
	mem_fail_after(-1);
	assert_int_equal(w.link.active, 0);
	assert_int_equal(assign_post(&w, 1), LINK_TAKEN);
	link_done(&w.link);
}

/* --- results until they are kept --- */

TEST(says_a_result_again_until_it_is_kept)
{
	struct world w;

	world_there(&w, 2);
	assert_int_equal(assign_read(&w, 1), LINK_TAKEN);
	fake_answer(&w.fetch, 0, 200, "{\"data\":{\"id\":\"42\"}}");
	(void)say_results(&w, 1);
	pass(&w, LINK_RESEND);
	(void)tick(&w);
	(void)say_results(&w, 0); /* not heard of since: it is not there */
	link_heard(&w.link, w.now);
	(void)tick(&w);
	(void)say_results(&w, 1);
	link_kept(&w.link, 1, 1);    /* another job's */
	link_kept(&w.link, 1001, 2); /* another lease */
	assert_int_equal(w.link.held, 1);
	link_kept(&w.link, 1001, 1);
	assert_int_equal(w.link.held, 0);
	link_done(&w.link);
}

TEST(says_all_results_again_after_a_welcome)
{
	struct world w;

	world_there(&w, 4);
	for (int64_t lease = 1; lease <= 3; lease++) {
		assert_int_equal(assign_read(&w, lease), LINK_TAKEN);
		fake_end(&w.fetch, (size_t)lease - 1, FETCH_UNSENT);
	}
	(void)say_results(&w, 3);
	link_who(&w.link, w.now); /* it was restarted */
	assert_int_equal(tick(&w), LINK_HELLO);
	assert_null(link_next_result(&w.link));
	welcome(&w);
	(void)say_results(&w, 3);
	welcome(&w); /* a second one, for a second hello, changes nothing */
	(void)say_results(&w, 0);
	link_done(&w.link);
}

TEST(keeps_a_result_that_ends_while_nobody_is_there)
{
	struct world w;

	world_there(&w, 4);
	assert_int_equal(assign_post(&w, 1), LINK_TAKEN);
	assert_int_equal(say_begins(&w), 1);
	go(&w, 1, true);
	pass(&w, SILENCE);
	assert_int_equal(tick(&w), LINK_HELLO);
	fake_answer(&w.fetch, 0, 201, CREATED);
	assert_null(link_next_result(&w.link));
	welcome(&w);
	ended_as(say_results(&w, 1), OUTCOME_DONE, CAUSE_NONE);
	link_done(&w.link);
}

/* --- hello --- */

TEST(says_hello_again_at_growing_intervals)
{
	struct world w;
	usec_t wait = LINK_HELLO_MIN;

	world_init(&w, 1);
	for (int i = 0; i < 10; i++) {
		assert_int_equal(tick(&w), LINK_HELLO);
		assert_int_equal(tick(&w), 0);
		assert_int_equal(link_wake(&w.link), w.now.mono + wait);
		pass(&w, wait - 1);
		assert_int_equal(tick(&w), 0);
		pass(&w, 1);
		wait = wait * 2 < LINK_HELLO_MAX ? wait * 2 : LINK_HELLO_MAX;
	}
	link_done(&w.link);
}

TEST(beats_and_says_hello_when_nobody_answers)
{
	struct world w;
	usec_t heard = START;

	world_there(&w, 1);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(tick(&w), 0);
		pass(&w, link_wake(&w.link) - w.now.mono);
		assert_int_equal(tick(&w), LINK_BEAT);
		link_heard(&w.link, w.now);
		heard = w.now.mono;
	}
	while (w.now.mono - heard < SILENCE) {
		assert_true((tick(&w) & LINK_HELLO) == 0);
		pass(&w, link_wake(&w.link) - w.now.mono);
	}
	assert_int_equal(w.now.mono - heard, SILENCE);
	assert_int_equal(tick(&w), LINK_HELLO);
	link_done(&w.link);
}

TEST(stands_by_what_its_hello_said)
{
	struct world w;

	world_there(&w, 4);
	assert_int_equal(assign_post(&w, 1), LINK_TAKEN);
	assert_int_equal(say_begins(&w), 1);
	link_who(&w.link, w.now);
	assert_int_equal(tick(&w), LINK_HELLO); /* which says that lease 1 has not begun */
	go(&w, 1, true);
	assert_int_equal(w.fetch.count, 0);
	welcome(&w);
	ended_as(say_results(&w, 1), OUTCOME_UNSENT, CAUSE_LEASE_LOST);
	link_done(&w.link);
}

TEST(shows_every_lease_it_holds)
{
	struct world w;
	const struct attempt *a;
	uint32_t at = 0;
	int64_t leases = 0, begun = 0;

	world_there(&w, 8);
	assert_int_equal(assign_post(&w, 1), LINK_TAKEN);
	assert_int_equal(assign_post(&w, 2), LINK_TAKEN);
	assert_int_equal(say_begins(&w), 2);
	go(&w, 2, true);
	assert_int_equal(assign_post(&w, 4), LINK_TAKEN);
	assert_int_equal(assign_read(&w, 8), LINK_TAKEN);
	fake_answer(&w.fetch, 0, 201, CREATED);
	while ((a = link_next_held(&w.link, &at))) {
		leases += a->lease;
		begun += a->go ? a->lease : 0;
	}
	assert_int_equal(leases, 15);
	assert_int_equal(begun, 2);
	link_done(&w.link);
}

/* --- leaving --- */

TEST(drains_and_says_bye_when_all_is_kept)
{
	struct world w;
	struct attempt *a;

	world_there(&w, 8);
	assert_int_equal(assign_post(&w, 1), LINK_TAKEN);
	assert_int_equal(say_begins(&w), 1);
	go(&w, 1, true);
	assert_int_equal(assign_post(&w, 2), LINK_TAKEN);
	link_drain(&w.link);
	assert_int_equal(tick(&w), LINK_CREDIT);
	assert_int_equal(tick(&w), 0);
	assert_int_equal(say_begins(&w), 0);
	a = link_next_back(&w.link);
	assert_non_null(a);
	assert_int_equal(a->lease, 2);
	link_forget(&w.link, a);
	assert_null(link_next_back(&w.link));
	assert_int_equal(assign_post(&w, 3), LINK_FULL);

	fake_answer(&w.fetch, 0, 201, CREATED);
	(void)say_results(&w, 1);
	assert_int_equal(tick(&w), 0);
	link_kept(&w.link, 1001, 1);
	assert_int_equal(tick(&w), LINK_BYE);
	assert_int_equal(w.link.state, LINK_LEFT);
	pass(&w, USEC_HOUR);
	assert_int_equal(tick(&w), 0);
	link_who(&w.link, w.now);
	assert_int_equal(tick(&w), 0);
	assert_int_equal(link_wake(&w.link), USEC_NEVER);
	link_done(&w.link);
}

TEST(leaves_at_once_when_it_holds_nothing)
{
	struct world w;

	world_init(&w, 8);
	link_drain(&w.link);
	assert_int_equal(tick(&w), LINK_BYE);
	link_done(&w.link);
}

/* --- anything --- */

/* Something happens. `lease` is the last one given out, `answered` how many requests have
 * ended. */
static void happen(struct world *w, struct rng *r, int64_t *lease, size_t *answered)
{
	int64_t some = rng_range(r, 1, *lease + 1);

	switch (rng_range(r, 0, 8)) {
	case 0:
		(void)assign_post(w, ++*lease);
		break;
	case 1:
		(void)assign_read(w, ++*lease);
		break;
	case 2:
		go(w, some, true);
		break;
	case 3:
		go(w, some, false);
		break;
	case 4:
		if (*answered < w->fetch.count)
			fake_end(&w->fetch, (*answered)++, FETCH_UNKNOWN);
		break;
	case 5:
		link_kept(&w->link, some + 1000, some);
		break;
	case 6:
		pass(w, rng_range(r, 0, SILENCE));
		break;
	case 7:
		link_who(&w->link, w->now);
		break;
	default:
		welcome(w);
	}
}

static void speak(struct world *w)
{
	(void)tick(w);
	(void)say_begins(w);
	for (struct attempt *a; (a = link_next_result(&w->link));)
		link_result_said(&w->link, a, w->now);
}

static void check_sent_once(const struct fetch *f)
{
	for (size_t i = 0; i < f->count; i++)
		for (size_t k = i + 1; k < f->count; k++)
			assert_string_not_equal(f->requests[i].bearer, f->requests[k].bearer);
}

TEST(sends_no_lease_twice_and_gets_every_slot_back_in_any_weather)
{
	struct rng r = test_rng();

	for (int round = 0; round < 300; round++) {
		struct world w;
		int64_t lease = 0;
		size_t answered = 0;

		world_there(&w, 4);
		for (int i = 0; i < 300 && w.fetch.count < FAKE_MAX - 1; i++) {
			happen(&w, &r, &lease, &answered);
			speak(&w);
			assert_true(w.link.active <= 4 && w.link.active + w.link.held <= 8);
		}
		check_sent_once(&w.fetch);
		while (answered < w.fetch.count)
			fake_end(&w.fetch, answered++, FETCH_UNSENT);
		link_drain(&w.link);
		for (struct attempt *a; (a = link_next_back(&w.link));)
			link_forget(&w.link, a);
		for (uint32_t at = 0; w.link.active + w.link.held > 0; at = 0) {
			struct attempt *a = link_next_held(&w.link, &at);

			link_go(&w.link, a->job, a->lease, false, w.now);
			speak(&w);
			pass(&w, SILENCE);
			welcome(&w);
			for (int64_t i = 1; i <= lease; i++)
				link_kept(&w.link, i + 1000, i);
		}
		link_done(&w.link);
	}
}
