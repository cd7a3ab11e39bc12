#include "tests/contract/contract.h"

#include <stdio.h>
#include <string.h>

void begin(struct store *s)
{
	struct errmsg m;

	ok(store_begin(s, &m));
}

void commit(struct store *s)
{
	struct errmsg m;

	ok(store_commit(s, &m));
}

uint32_t agent(struct store *s, const char *name)
{
	uint32_t id = 0;

	begin(s);
	ok(store_put_agent(s, str_of(name), &id));
	commit(s);
	return id;
}

struct job a_job(uint64_t id, uint32_t by)
{
	return (struct job){
		.id = id,
		.agent = by,
		.account = (uint32_t)(1 + id % 3),
		.call = (uint16_t)(id % CALL_COUNT),
		.state = JOB_READY,
		.priority = (uint8_t)(id % 10),
		.max_attempts = 5,
		.flags = (uint16_t)(id % 1024),
		.looks = (uint8_t)(id % 5),
		.attempts = (uint8_t)(id % 4),
		.lease = (id % 7) << 40 | id,
		.not_before = (usec_t)(id * 1000),
		.expires_at = id % 2 ? USEC_NEVER : (usec_t)(id * USEC_DAY),
		.begun_at = (usec_t)(id % 11),
		.price = (uint32_t)(id % 13),
		.unit = (uint32_t)(id % 17),
		.cost = (uint32_t)(id % 19),
	};
}

/* Text that is lent for as long as it takes to ask for 255 more. */
static struct str text(const char *prefix, uint64_t id)
{
	static char ring[256][64];
	static size_t next;
	char *out = ring[next++ % COUNT_OF(ring)];

	(void)snprintf(out, sizeof(ring[0]), "%s%llu", prefix, (unsigned long long)id);
	return str_of(out);
}

struct body a_body(uint64_t id)
{
	return (struct body){
		.enqueued_at = (usec_t)(id * 17),
		.price = (int64_t)(id % 9) * 15000,
		.max_price = (int64_t)(id % 4) - 1,
		.fingerprint = id * 0x9e3779b97f4a7c15u,
		.action = str_of(id % 2 ? "post" : "follow"),
		.key = text("key-", id),
		.batch = id % 5 ? str_of("") : str_of("spring"),
		.tags = id % 3 ? str_of("") : str_of("\nred\nblue\n"),
		.args = text("\x81\xa4text\xa9hello ", id),
		.meta = id % 4 ? str_of("") : text("\xce", id),
	};
}

struct ending an_ending(uint64_t id)
{
	return (struct ending){
		.finished_at = (usec_t)(1000000 + id * 10),
		.started_at = (usec_t)(id * 9),
		.http_status = id % 2 ? 201 : 403,
		.price = (int64_t)id,
		.settled = id % 6 == 0,
		.cause = str_of(id % 2 ? "none" : "forbidden"),
		.message = id % 2 ? str_of("") : text("X refused job ", id),
		.x_id = id % 2 ? text("19000000000000", id) : str_of(""),
		.response = id % 3 ? text("\x81\xa4"
					  "data",
					     id)
				   : str_of(""),
	};
}

void put_jobs(struct store *s, uint32_t by, uint64_t first, uint64_t last)
{
	begin(s);
	for (uint64_t id = first; id <= last; id++) {
		struct job j = a_job(id, by);
		struct body b = a_body(id);

		ok(store_put_job(s, &j, &b));
	}
	commit(s);
}

uint64_t end_job(struct store *s, uint64_t id, uint32_t by)
{
	struct job j = a_job(id, by);
	struct ending e = an_ending(id);
	uint64_t seq = 0;

	j.state = JOB_DONE;
	ok(store_end_job(s, &j, &e, &seq));
	return seq;
}

void assert_job(const struct job *have, const struct job *want)
{
	assert_int_equal(have->id, want->id);
	assert_int_equal(have->lease, want->lease);
	assert_int_equal(have->not_before, want->not_before);
	assert_int_equal(have->expires_at, want->expires_at);
	assert_int_equal(have->begun_at, want->begun_at);
	assert_int_equal(have->price, want->price);
	assert_int_equal(have->unit, want->unit);
	assert_int_equal(have->cost, want->cost);
	assert_int_equal(have->agent, want->agent);
	assert_int_equal(have->account, want->account);
	assert_int_equal(have->call, want->call);
	assert_int_equal(have->state, want->state);
	assert_int_equal(have->priority, want->priority);
	assert_int_equal(have->attempts, want->attempts);
	assert_int_equal(have->max_attempts, want->max_attempts);
	assert_int_equal(have->flags, want->flags);
	assert_int_equal(have->looks, want->looks);
	assert_int_equal(have->pages, want->pages);
	assert_int_equal(have->page, want->page);
}

static void assert_same(struct str have, struct str want)
{
	assert_int_equal(have.len, want.len);
	if (want.len)
		assert_memory_equal(have.at, want.at, want.len);
}

void assert_body(const struct body *have, const struct body *want)
{
	assert_int_equal(have->enqueued_at, want->enqueued_at);
	assert_int_equal(have->price, want->price);
	assert_true(have->fingerprint == want->fingerprint);
	assert_int_equal(have->max_price, want->max_price);
	assert_same(have->action, want->action);
	assert_same(have->key, want->key);
	assert_same(have->batch, want->batch);
	assert_same(have->tags, want->tags);
	assert_same(have->args, want->args);
	assert_same(have->meta, want->meta);
}

void assert_ending(const struct ending *have, const struct ending *want)
{
	assert_int_equal(have->finished_at, want->finished_at);
	assert_int_equal(have->started_at, want->started_at);
	assert_int_equal(have->http_status, want->http_status);
	assert_int_equal(have->price, want->price);
	assert_int_equal(have->settled, want->settled);
	assert_same(have->cause, want->cause);
	assert_same(have->message, want->message);
	assert_same(have->x_id, want->x_id);
	assert_same(have->response, want->response);
}

void assert_str(struct str have, const char *want)
{
	assert_same(have, str_of(want));
}

static void see(struct seen *seen, uint64_t id, enum job_state state, bool ended)
{
	assert_true(seen->count < SEEN_MAX);
	seen->ids[seen->count] = id;
	seen->states[seen->count] = state;
	seen->ended[seen->count++] = ended;
}

void see_job(void *ctx, const struct job *j)
{
	see(ctx, j->id, j->state, false);
}

void see_record(void *ctx, const struct job_record *r)
{
	see(ctx, r->job.id, r->job.state, r->ended);
}

void see_reply(void *ctx, const struct reply *r)
{
	see(ctx, r->seq, r->record.job.state, r->record.ended);
}

void list_all(struct store *s, struct job_filter f, struct seen *seen)
{
	seen->count = 0;
	f.before = 0;
	do {
		size_t was = seen->count;

		ok(store_list(s, &f, see_record, seen, &f.before));
		assert_true(seen->count - was <= f.limit);
	} while (f.before);
}
