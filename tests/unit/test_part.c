/* test_part.c - parts of media on their way through a link: few in memory, sent as forms */
#include <string.h>

#include "tests/lib/test.h"
#include "tests/unit/fake_fetch.h"
#include "worker/link.h"
#include "worker/tree.h"

/* A link that was welcomed, on a clock of our own, with a fetch that the test answers for. */
struct world {
	struct now now;
	struct fetch fetch;
	struct link link;
};

static struct now now_of(void *ctx)
{
	return ((struct world *)ctx)->now;
}

static void world_there(struct world *w, uint32_t slots)
{
	struct link_conf conf = {.slots = slots,
		.fetch = &w->fetch,
		.base_url = "https://x.test",
		.now = now_of,
		.fresh = now_of,
		.ctx = w};

	*w = (struct world){.now = {USEC_HOUR, INT64_C(1790000000000000)}};
	link_init(&w->link, &conf, w->now);
	assert_int_equal(link_tick(&w->link, w->now), LINK_HELLO);
	link_welcome(&w->link, USEC_SEC, 5 * USEC_SEC, 20 * USEC_SEC, w->now);
}

/* Says the result that there is. */
static void ended_as(struct world *w, enum outcome_class class, enum outcome_cause cause)
{
	struct attempt *a = link_next_result(&w->link);

	assert_non_null(a);
	link_result_said(&w->link, a, w->now);
	assert_int_equal(a->response.outcome.class, class);
	assert_int_equal(a->response.outcome.cause, cause);
	assert_null(link_next_result(&w->link));
}

static enum link_taken assign_part(struct world *w, int64_t lease, int64_t offset, int64_t size)
{
	AUTO_TREE args = NULL;
	struct task t = {.job = lease + 1000,
		.lease = lease,
		.step = ATTEMPT_PART,
		.action = action_find(str_of("appendMediaUpload")),
		.user_id = str_of("42"),
		.token = str_of("token"),
		.offset = offset,
		.size = size};

	assert_int_equal(
		tree_read(str_of("{\"id\":\"77\",\"segment_index\":3}"), &args), ERR_OK);
	t.args = args;
	return link_assign(&w->link, &t);
}

/* Says all wishes for bytes; returns how many, and the last one's attempt. */
static size_t say_wants(struct world *w, struct attempt **ret)
{
	struct attempt *a;
	size_t n = 0;

	for (; (a = link_next_want(&w->link)); n++) {
		link_want_said(&w->link, a, w->now);
		*ret = a;
	}
	return n;
}

TEST(sends_a_part_as_a_form_when_its_bytes_have_come)
{
	struct attempt *a = NULL;
	struct world w;

	world_there(&w, 4);
	assert_int_equal(assign_part(&w, 1, 1000, 8), LINK_TAKEN);
	assert_int_equal(say_wants(&w, &a), 1);
	assert_int_equal(w.fetch.count, 0);
	link_bytes(&w.link, 1001, 1, 1000, str_of("first"));
	link_bytes(&w.link, 1001, 1, 1000, str_of("first")); /* twice: not waited for */
	assert_int_equal(w.fetch.count, 0);
	assert_int_equal(say_wants(&w, &a), 1);
	assert_int_equal(a->part.have, 5);
	link_bytes(&w.link, 1001, 1, 1005, str_of("too many"));
	link_bytes(&w.link, 1001, 1, 1005, str_of("end"));
	assert_int_equal(w.fetch.count, 1);
	const struct fake_request *r = &w.fetch.requests[0];
	assert_string_equal(r->method, "POST");
	assert_string_equal(r->url, "https://x.test/2/media/upload/77/append");
	assert_non_null(strstr(r->body, "name=\"segment_index\"\r\n\r\n3\r\n--"));
	assert_non_null(strstr(r->body, "name=\"media\"; filename=\"media\""));
	assert_non_null(strstr(r->body, "\r\n\r\nfirstend\r\n--"));
	assert_null(a->request.body.data); /* fetch has a copy, and one is enough */
	fake_answer(&w.fetch, 0, 200, "{\"data\":{\"expires_at\":1790000000}}");
	ended_as(&w, OUTCOME_DONE, CAUSE_NONE);
	link_done(&w.link);
}

TEST(has_few_parts_in_memory_at_once)
{
	struct attempt *a = NULL;
	struct world w;

	world_there(&w, 16);
	for (int64_t lease = 1; lease <= 10; lease++)
		assert_int_equal(assign_part(&w, lease, 0, 4), LINK_TAKEN);
	assert_int_equal(say_wants(&w, &a), LINK_PARTS);
	assert_int_equal(say_wants(&w, &a), 0);
	link_bytes(&w.link, 1002, 2, 0, str_of("data"));
	assert_int_equal(w.fetch.count, 1);
	assert_int_equal(say_wants(&w, &a), 0); /* it is sent, and still in memory */
	fake_answer(&w.fetch, 0, 200, "{\"data\":{}}");
	assert_int_equal(say_wants(&w, &a), 1);
	assert_int_equal(a->lease, 5);
	link_go(&w.link, 1005, 5, false, w.now); /* it is refused: its place is free */
	assert_int_equal(say_wants(&w, &a), 1);
	assert_int_equal(a->lease, 6);
	link_done(&w.link);
	assert_int_equal(w.link.parts, 0);
}

TEST(asks_for_bytes_again_and_takes_a_no)
{
	struct attempt *a = NULL;
	struct world w;

	world_there(&w, 4);
	assert_int_equal(assign_part(&w, 1, 0, 4), LINK_TAKEN);
	assert_int_equal(say_wants(&w, &a), 1);
	w.now.mono += LINK_RESEND;
	link_heard(&w.link, w.now);
	(void)link_tick(&w.link, w.now);
	assert_int_equal(say_wants(&w, &a), 1);
	link_bytes(&w.link, 1001, 1, 0, (struct str){0});
	ended_as(&w, OUTCOME_UNSENT, CAUSE_LEASE_LOST);
	assert_int_equal(w.fetch.count, 0);
	assert_int_equal(assign_part(&w, 2, 0, PART_MAX + 1), LINK_TAKEN);
	ended_as(&w, OUTCOME_UNSENT, CAUSE_WORKER);
	link_done(&w.link);
}
