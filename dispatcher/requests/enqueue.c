#include "dispatcher/requests/enqueue.h"

#include "common/base/failpoint.h"
#include "common/base/mem.h"
#include "common/wire/write.h"
#include "dispatcher/access/access.h"
#include "dispatcher/guard/guard.h"
#include "dispatcher/requests/after.h"
#include "dispatcher/requests/check.h"
#include "dispatcher/requests/thread.h"

#define ERRORS_SHOWN 20 /* of a refused batch */

/* A batch being taken in. */
struct batch {
	struct dispatcher *d;
	const struct request *r;
	uint32_t agent;
	bool atomic;
	struct draft *drafts; /* owned */
	uint32_t count;
};

/* Two jobs of one message under one key: the later is the earlier, or a conflict. */
static void check_within(struct batch *b)
{
	for (uint32_t i = 1; i < b->count; i++) {
		struct draft *later = &b->drafts[i];

		for (uint32_t j = 0; j < i && !later->err && later->body.key.len; j++) {
			const struct draft *earlier = &b->drafts[j];

			if (earlier->err || !str_equal(earlier->body.key, later->body.key))
				continue;
			later->same_as = j + 1;
			if (earlier->body.fingerprint == later->body.fingerprint)
				break;
			err_say(&later->words, ERR_CONFLICT,
				"jobs[%u] has this key and other content", j);
			later->err = err_at(&later->words, ERR_CONFLICT, "key");
		}
	}
}

/* What comes after what. */
static void check_after(struct batch *b)
{
	for (uint32_t i = 0; i < b->count; i++) {
		struct draft *f = &b->drafts[i];

		if (!f->err && !f->duplicate && !f->same_as &&
			(f->after || f->job.flags & JOB_REFS))
			(void)after_read(b->d, b->drafts, i, b->count, NULL);
	}
}

/* Whether the dispatcher can take `count` more jobs at this moment. */
static enum err has_room(struct dispatcher *d, uint32_t count, struct errmsg *m)
{
	if (d->stopping)
		return err_say(m, ERR_UNAVAILABLE,
			"the dispatcher is stopping; send it again in a few seconds");
	if (d->full || !store_has_room(d->store))
		return err_say(m, ERR_UNAVAILABLE,
			"the disk of the store is full: no new work is taken until there is "
			"room again");
	if (core_counts(d->core).jobs + count > (uint64_t)d->conf->dispatch_max_pending)
		return err_say(m, ERR_QUOTA,
			"%lld jobs wait already; dispatch.max_pending allows no more",
			(long long)d->conf->dispatch_max_pending);
	return ERR_OK;
}

/* Threads count as what they become. */
static void check_posts(struct batch *b)
{
	uint32_t posts = 0;

	for (uint32_t i = 0; i < b->count; i++) {
		struct draft *f = &b->drafts[i];

		if (f->err || f->duplicate)
			continue;
		posts += thread_count(f);
		if (posts > JOBS_PER_MESSAGE)
			f->err = err_say(&f->words, ERR_TOO_BIG,
				"the threads of one message may have %d posts together",
				JOBS_PER_MESSAGE);
		else if (thread_count(f))
			f->err = has_room(b->d, b->count + posts, &f->words);
	}
}

/* The policy guard looks at what is new, in order. */
static void check_policy(struct batch *b)
{
	uint32_t posts = 0;

	for (uint32_t i = 0; i < b->count; i++) {
		struct draft *f = &b->drafts[i];

		if (!f->err && !f->duplicate && !f->same_as)
			f->err = guard_check(b->d, f, i, &f->words);
		for (uint32_t k = 0; !f->err && !f->duplicate && k < thread_count(f); k++)
			f->err = guard_check(
				b->d, thread_post(f, k), GUARD_PARTS + posts++, &f->words);
	}
	guard_drop_message(b->d);
}

/* As how many jobs it counts: a thread as its posts. */
static uint32_t jobs_of(const struct draft *f)
{
	return thread_count(f) ? thread_count(f) : 1;
}

/* What is above the agent's jobs a day is refused. */
static void check_quota(struct batch *b)
{
	int64_t left = access_jobs_left(b->d, b->agent);

	for (uint32_t i = 0; i < b->count; i++) {
		struct draft *f = &b->drafts[i];

		if (f->err || f->duplicate || f->same_as)
			continue;
		left -= jobs_of(f);
		if (left >= 0)
			continue;
		f->err = err_say(&f->words, ERR_QUOTA,
			"this agent has brought all the jobs it may bring today (UTC); an "
			"administrator can allow more: roost agent set NAME --jobs-day N");
	}
}

/* Refuses the whole batch: `error` is the first, `errors` lists more. */
static void refuse_all(const struct batch *b, uint32_t first)
{
	struct answer a;
	uint32_t shown = 0;

	answer_open(&a, b->d->outbox, b->r, false);
	struct errmsg m = b->drafts[first].words;
	err_at(&m, ERR_INVALID, "jobs[%u]", first);
	answer_put_error(answer_key(&a, "error"), b->drafts[first].err, &m);
	size_t mark = wire_array_later(answer_key(&a, "errors"));
	for (uint32_t i = first; i < b->count && shown < ERRORS_SHOWN; i++) {
		if (!b->drafts[i].err)
			continue;
		m = b->drafts[i].words;
		err_at(&m, ERR_INVALID, "jobs[%u]", i);
		answer_put_error(a.b, b->drafts[i].err, &m);
		shown++;
	}
	wire_array_end(a.b, mark, shown);
	answer_close(&a);
}

/* Counts what was refused, by its code. */
static void count_refusals(const struct batch *b)
{
	for (uint32_t i = 0; i < b->count; i++)
		if (b->drafts[i].err)
			outbox_refused(b->d->outbox, b->drafts[i].err);
}

/* Gives one new job with its id to the core; its ORDER_PUT brings the draft back. */
static void keep_one(const struct batch *b, struct draft *f)
{
	struct dispatcher *d = b->d;
	struct need open[NEEDS_MAX];
	struct fact fact = {.kind = FACT_ENQUEUE, .tag = f, .needs = open};

	if (!draft_encode(d, f)) {
		f->err = err_say(&f->words, ERR_TOO_BIG, "the job is too big to be kept");
		return;
	}
	fact.job = f->job;
	fact.need_count = after_open_needs(d->core, f, b->drafts, open);
	f->err = core_feed(d->core, &fact, d->now, &f->words);
	if (f->err)
		return;
	if (f->job.id > d->last_id)
		d->last_id = f->job.id;
	f->job = *core_job(d->core, f->job.id);
}

/* The posts first: the whole comes after them. */
static void keep_thread(const struct batch *b, struct draft *f)
{
	uint32_t n = thread_count(f);

	thread_number(f, b->d->last_id + 1);
	for (uint32_t i = 0; i < n && !f->err; i++) {
		keep_one(b, thread_post(f, i));
		f->err = thread_post(f, i)->err;
	}
	if (!f->err)
		keep_one(b, f);
	if (f->err) /* half of it is there */
		turn_fail(b->d, f->err, &f->words);
}

/* Returns how many jobs of its agent were kept. */
static uint32_t keep(const struct batch *b, struct draft *f)
{
	f->job.id = b->d->last_id + 1;
	if (thread_count(f))
		keep_thread(b, f);
	else
		keep_one(b, f);
	return f->err ? 0 : jobs_of(f);
}

static uint64_t id_of(const struct draft *f)
{
	return f->duplicate ? f->duplicate : f->job.id;
}

static enum job_state state_of(struct dispatcher *d, uint64_t id)
{
	const struct job *j = core_job(d->core, id);
	struct job_record record;

	if (j)
		return (enum job_state)j->state;
	return store_get_job(d->store, id, &record) ? JOB_DONE
						    : (enum job_state)record.job.state;
}

/* One entry of the answer. */
static void put_entry(const struct batch *b, struct buf *out, const struct draft *f)
{
	uint64_t id = id_of(f);
	char text[JOB_ID_TEXT_MAX];

	if (f->err) {
		wire_put_map(out, 1);
		wire_put_text(out, "error");
		answer_put_error(out, f->err, &f->words);
		return;
	}
	usec_t eta = core_eta(b->d->core, id, b->d->now);
	uint32_t posts = f->duplicate ? 0 : thread_count(f);
	wire_put_map(out, 5 + (posts > 0));
	wire_pair_text(out, "id", job_id_write(id, text));
	wire_pair_text(out, "state", job_state_name(state_of(b->d, id)));
	wire_pair_bool(out, "duplicate", f->duplicate != 0);
	wire_put_text(out, "eta");
	if (eta == USEC_NEVER)
		wire_put_nil(out);
	else
		wire_put_int(out, eta / USEC_MSEC);
	wire_pair_int(out, "price_usd_micros", f->body.price);
	if (!posts)
		return;
	wire_put_text(out, "posts");
	wire_put_array(out, posts);
	for (uint32_t i = 0; i < posts; i++)
		wire_put_text(out, job_id_write(thread_post(f, i)->job.id, text));
}

static void answer_all(const struct batch *b)
{
	struct answer a;

	answer_open(&a, b->d->outbox, b->r, true);
	wire_put_array(answer_key(&a, "jobs"), b->count);
	for (uint32_t i = 0; i < b->count; i++)
		put_entry(b, a.b, &b->drafts[i]);
	answer_close(&a);
}

/* The first bad draft, or count. */
static uint32_t first_bad(const struct batch *b)
{
	uint32_t i = 0;

	while (i < b->count && !b->drafts[i].err)
		i++;
	return i;
}

static void take(struct batch *b, const struct msg_enqueue *in)
{
	struct dispatcher *d = b->d;
	int64_t kept = 0;

	buf_reset(&d->bodies);
	for (uint32_t i = 0; i < b->count; i++)
		check_job(d, b->agent, wire_item(in->jobs, i), &b->drafts[i]);
	check_within(b);
	check_after(b);
	check_posts(b);
	check_policy(b);
	check_quota(b);
	if (b->atomic && first_bad(b) < b->count) {
		count_refusals(b);
		refuse_all(b, first_bad(b));
		return;
	}
	for (uint32_t i = 0; i < b->count; i++) {
		struct draft *f = &b->drafts[i];

		if (f->err || f->duplicate)
			continue;
		if (f->same_as)
			f->duplicate = id_of(&b->drafts[f->same_as - 1]);
		else
			kept += keep(b, f);
	}
	(void)FAILPOINT(FAIL_ENQUEUE);
	count_refusals(b);
	access_count_jobs(d, b->agent, kept);
	answer_all(b);
	turn_orders(d);
}

void enqueue(struct dispatcher *d, const struct request *r, uint32_t agent)
{
	struct msg_enqueue in = {.atomic = true};
	struct errmsg m;

	enum err e = message_read(r->root, MSG_ENQUEUE, &in, &m);
	if (!e)
		e = has_room(d, wire_count(in.jobs), &m);
	if (e) {
		answer_error(d->outbox, r, e, &m);
		return;
	}
	struct batch b = {.d = d,
		.r = r,
		.agent = agent,
		.atomic = in.atomic,
		.count = wire_count(in.jobs)};
	b.drafts = mem_array(b.count, sizeof(*b.drafts));
	if (!b.drafts || !turn_write(d)) {
		err_say(&m, ERR_UNAVAILABLE, "the job could not be kept; send it again");
		answer_error(d->outbox, r, ERR_UNAVAILABLE, &m);
	} else {
		take(&b, &in);
	}
	for (uint32_t i = 0; b.drafts && i < b.count; i++)
		draft_done(&b.drafts[i]);
	mem_free(b.drafts);
}
