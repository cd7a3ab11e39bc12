/* batch.c - how a batch stands: how many of its jobs are where, and what they cost */
#include "common/wire/write.h"
#include "dispatcher/requests/present.h"
#include "dispatcher/requests/query.h"

struct sum {
	struct dispatcher *d;
	int64_t by_state[JOB_STATE_COUNT];
	int64_t jobs, price, spent;
	usec_t eta; /* of the last one that is to start; 0: none is; USEC_NEVER: nobody knows */
};

static void add(void *ctx, const struct job_record *r)
{
	struct sum *s = ctx;
	const struct job *now = r->ended ? NULL : core_job(s->d->core, r->job.id);
	const struct job *j = now ? now : &r->job;

	s->jobs++;
	s->by_state[j->state]++;
	s->price += r->body.price;
	s->spent += r->ended ? present_spent(r) : j->cost;
	if (!now)
		return;
	usec_t eta = core_eta(s->d->core, j->id, s->d->now);
	if (eta > s->eta)
		s->eta = eta;
}

static void put(const struct sum *s, struct answer *a, uint64_t cursor)
{
	char text[JOB_ID_TEXT_MAX];
	struct buf *out = answer_key(a, "jobs");

	wire_put_map(out, JOB_STATE_COUNT);
	for (int state = 0; state < JOB_STATE_COUNT; state++)
		wire_pair_int(out, job_state_name((enum job_state)state), s->by_state[state]);
	answer_int(a, "total", s->jobs);
	present_time(a->b, "eta", s->eta);
	a->pairs++;
	answer_int(a, "price_usd_micros", s->price);
	answer_int(a, "spent_usd_micros", s->spent);
	if (cursor)
		answer_text(a, "cursor", job_id_write(cursor, text));
	else
		wire_put_nil(answer_key(a, "cursor"));
}

void query_batch(struct dispatcher *d, const struct request *r, uint32_t agent)
{
	struct msg_filter in = {.limit = UINT32_MAX};
	struct job_filter filter;
	struct sum s = {.d = d};
	struct answer a;
	struct errmsg m;
	uint64_t cursor = 0;
	char shown[80];

	enum err e = message_read(r->root, MSG_BATCH, &in, &m);
	if (!e)
		e = query_filter(d, &in, agent, &filter, &m);
	if (!e)
		turn_fail(d, store_list(d->store, &filter, add, &s, &cursor), NULL);
	if (!e && !s.jobs && !cursor && !in.cursor.len) {
		err_say(&m, ERR_NOT_FOUND, "there is no job of the batch '%s'",
			text_show(in.batch, shown, sizeof(shown)));
		e = err_at(&m, ERR_NOT_FOUND, "id");
	}
	if (e) {
		answer_error(d->outbox, r, e, &m);
		return;
	}
	answer_open(&a, d->outbox, r, true);
	put(&s, &a, cursor);
	answer_close(&a);
}
