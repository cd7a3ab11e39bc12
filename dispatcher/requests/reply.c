#include "dispatcher/requests/reply.h"

#include <string.h>

#include "common/base/mem.h"
#include "common/wire/write.h"
#include "dispatcher/requests/present.h"

#define MAX_DEFAULT 100
#define WAITERS_MAX 100000
#define PUSH_MAX    1000            /* results pushed to one agent in one turn */
#define ACK_WAIT    (2 * USEC_MSEC) /* an acknowledgement waits so long for company */

/* Replies of one agent being written as an array, as many as fit. */
struct page {
	struct dispatcher *d;
	struct buf *out;
	size_t start;
	uint32_t count;
	bool full;
};

static void put_one(void *ctx, const struct reply *reply)
{
	struct page *p = ctx;
	size_t before = p->out->len;

	if (p->full)
		return;
	present_result(p->d, p->out, reply);
	if (p->count > 0 && p->out->len - p->start > RESULTS_BYTES) {
		p->out->len = before; /* the next poll brings it */
		p->full = true;
		return;
	}
	p->count++;
}

/* Writes `results` (at most max from the first kept one) and `pending` into an answer. Returns
 * how many. */
static uint32_t put_results(struct dispatcher *d, struct answer *a, uint32_t agent, int64_t max)
{
	struct buf *out = answer_key(a, "results");
	struct page p = {.d = d, .out = out, .start = out->len};
	uint64_t pending = 0;

	size_t mark = wire_array_later(out);
	turn_fail(d,
		store_each_reply(
			d->store, d->agent_table[agent].id, 0, (uint32_t)max, put_one, &p),
		NULL);
	wire_array_end(out, mark, p.count);
	turn_fail(d, store_pending_replies(d->store, d->agent_table[agent].id, &pending), NULL);
	answer_int(a, "pending", (int64_t)pending);
	return p.count;
}

static void answer_results(
	struct dispatcher *d, const struct request *r, uint32_t agent, int64_t max)
{
	struct answer a;

	answer_open(&a, d->outbox, r, true);
	put_results(d, &a, agent, max);
	answer_close(&a);
}

static void answer_done(struct dispatcher *d, const struct request *r)
{
	struct answer a;

	answer_open(&a, d->outbox, r, true);
	answer_close(&a);
}

static bool has_replies(struct dispatcher *d, uint32_t agent)
{
	uint64_t pending = 0;

	turn_fail(d, store_pending_replies(d->store, d->agent_table[agent].id, &pending), NULL);
	return pending > 0;
}

static void drop_upto(struct dispatcher *d, uint32_t agent, int64_t upto)
{
	uint64_t dropped;

	if (upto >= 0 && turn_write(d))
		turn_fail(d,
			store_ack_replies(
				d->store, d->agent_table[agent].id, (uint64_t)upto, &dropped),
			NULL);
}

/* A request that is answered later; NULL when there are too many, or no memory. */
static struct waiter *waiter_new(struct dispatcher *d, const struct request *r, uint32_t agent)
{
	struct waiter *w = NULL;

	if (r->seq.len <= sizeof(w->seq) && d->agent_table[agent].waiting < WAITERS_MAX)
		w = mem_alloc(sizeof(*w));
	if (!w)
		return NULL;
	w->z = r->z;
	w->peer = r->peer;
	w->agent = agent;
	w->seq_len = r->seq.len;
	if (r->seq.len)
		memcpy(w->seq, r->seq.at, r->seq.len);
	d->agent_table[agent].waiting++;
	return w;
}

static struct request request_of(const struct waiter *w)
{
	return (struct request){
		.z = w->z, .peer = w->peer, .seq = {(const char *)w->seq, w->seq_len}};
}

static void waiter_drop(struct dispatcher *d, struct waiter *w)
{
	d->agent_table[w->agent].waiting--;
	list_remove(&w->in_dispatcher);
	mem_free(w);
}

static bool wait_for(struct dispatcher *d, const struct request *r, uint32_t agent,
	const struct msg_results *in)
{
	struct waiter *w = waiter_new(d, r, agent);

	if (!w)
		return false;
	w->upto = in->max;
	w->until = d->now.mono + in->wait_ms * USEC_MSEC;
	list_append(&d->waiters, &w->in_dispatcher);
	return true;
}

void reply_results(struct dispatcher *d, const struct request *r, uint32_t agent)
{
	struct msg_results in = {.max = MAX_DEFAULT, .ack = -1};
	struct errmsg m;

	enum err e = message_read(r->root, MSG_RESULTS, &in, &m);
	if (e) {
		answer_error(d->outbox, r, e, &m);
		return;
	}
	drop_upto(d, agent, in.ack);
	if (in.wait_ms > 0 && !has_replies(d, agent) && wait_for(d, r, agent, &in))
		return;
	answer_results(d, r, agent, in.max);
}

/* --- pushes --- */

struct push {
	struct dispatcher *d;
	struct agent *agent;
};

static void push_one(void *ctx, const struct reply *reply)
{
	struct push *p = ctx;
	struct buf *b = outbox_open(p->d->outbox, p->agent->z, &p->agent->peer);

	wire_put_map(b, 2);
	wire_pair_text(b, "push", "result");
	wire_put_text(b, "result");
	present_result(p->d, b, reply);
	outbox_close(p->d->outbox);
	p->agent->pushed = reply->seq;
	p->agent->credit--;
}

static void push(struct dispatcher *d, struct agent *a)
{
	struct push p = {.d = d, .agent = a};
	int64_t max = a->credit < PUSH_MAX ? a->credit : PUSH_MAX;

	if (!a->z || max <= 0)
		return;
	turn_fail(d, store_each_reply(d->store, a->id, a->pushed, (uint32_t)max, push_one, &p),
		NULL);
}

void reply_subscribe(struct dispatcher *d, const struct request *r, uint32_t agent)
{
	struct agent *a = &d->agent_table[agent];
	struct msg_subscribe in = {0};
	struct errmsg m;

	enum err e = message_read(r->root, MSG_SUBSCRIBE, &in, &m);
	if (e) {
		answer_error(d->outbox, r, e, &m);
		return;
	}
	a->z = r->z;
	a->peer = r->peer;
	a->credit = in.credit;
	a->pushed = 0; /* all that is kept comes again */
	answer_done(d, r);
	push(d, a);
}

void reply_ack(struct dispatcher *d, const struct request *r, uint32_t agent)
{
	struct agent *a = &d->agent_table[agent];
	struct msg_ack in = {0};
	struct errmsg m;

	enum err e = message_read(r->root, MSG_ACK, &in, &m);
	if (e) {
		answer_error(d->outbox, r, e, &m);
		return;
	}
	a->credit += in.credit;
	struct waiter *w = waiter_new(d, r, agent);
	if (w) {
		w->upto = in.upto;
		w->until = d->now.mono + ACK_WAIT;
		list_append(&d->acks, &w->in_dispatcher);
	} else {
		drop_upto(d, agent, in.upto);
		answer_done(d, r);
		push(d, a);
	}
}

/*
 * An acknowledgement alone would cost a flush of its own, and whoever sent it has its result
 * and waits for nothing: it goes with the next thing that is written, or, when nothing is, a
 * little later.
 */
usec_t reply_acks(struct dispatcher *d, bool now)
{
	if (list_is_empty(&d->acks))
		return USEC_NEVER;
	const struct waiter *first = LIST_ITEM(d->acks.next, struct waiter, in_dispatcher);
	if (!now && !d->writing && !d->stopping && first->until > d->now.mono)
		return first->until;
	for (struct list *at = d->acks.next, *next; at != &d->acks; at = next) {
		struct waiter *w = LIST_ITEM(at, struct waiter, in_dispatcher);
		const struct request r = request_of(w);

		next = at->next;
		drop_upto(d, w->agent, w->upto);
		answer_done(d, &r);
		push(d, &d->agent_table[w->agent]); /* what its new credit allows, after the
						       answer */
		waiter_drop(d, w);
	}
	return USEC_NEVER;
}

/* --- fresh replies --- */

/* The number of the agent with that id of the store; it is known since it brought the job. */
static struct agent *agent_of(struct dispatcher *d, uint32_t id)
{
	ASSERT(id < d->agent_by_id_size);
	return &d->agent_table[d->agent_by_id[id]];
}

void reply_fresh(struct dispatcher *d, const struct job *j)
{
	agent_of(d, j->agent)->fresh = true;
	d->any_fresh = true;
}

static void wake(struct dispatcher *d, struct waiter *w)
{
	const struct request r = request_of(w);

	answer_results(d, &r, w->agent, w->upto);
	waiter_drop(d, w);
}

void reply_serve(struct dispatcher *d)
{
	if (!d->any_fresh)
		return;
	for (struct list *at = d->waiters.next, *next; at != &d->waiters; at = next) {
		struct waiter *w = LIST_ITEM(at, struct waiter, in_dispatcher);

		next = at->next;
		if (d->agent_table[w->agent].fresh)
			wake(d, w);
	}
	for (uint32_t i = 0; i < d->agent_names.count; i++) {
		struct agent *a = &d->agent_table[i];

		if (a->fresh)
			push(d, a);
		a->fresh = false;
	}
	d->any_fresh = false;
}

void reply_cut(struct dispatcher *d, uint32_t agent)
{
	struct agent *a = &d->agent_table[agent];
	struct errmsg m;

	a->z = NULL;
	a->credit = 0;
	err_say(&m, ERR_DENIED, "this agent was disabled, or has another key now");
	for (struct list *at = d->waiters.next, *next; at != &d->waiters; at = next) {
		struct waiter *w = LIST_ITEM(at, struct waiter, in_dispatcher);
		const struct request r = request_of(w);

		next = at->next;
		if (w->agent != agent)
			continue;
		answer_error(d->outbox, &r, ERR_DENIED, &m);
		waiter_drop(d, w);
	}
}

usec_t reply_expire(struct dispatcher *d)
{
	usec_t first = USEC_NEVER;

	for (struct list *at = d->waiters.next, *next; at != &d->waiters; at = next) {
		struct waiter *w = LIST_ITEM(at, struct waiter, in_dispatcher);

		next = at->next;
		if (w->until <= d->now.mono || d->stopping)
			wake(d, w);
		else if (w->until < first)
			first = w->until;
	}
	return first;
}

void reply_done(struct dispatcher *d)
{
	for (struct list *at; (at = list_pop(&d->waiters)) || (at = list_pop(&d->acks));)
		mem_free(LIST_ITEM(at, struct waiter, in_dispatcher));
}
