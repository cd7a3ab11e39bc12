#include "dispatcher/report.h"

#include <string.h>

#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/wire/write.h"
#include "dispatcher/access/access.h"
#include "dispatcher/adopt.h"
#include "dispatcher/assign.h"
#include "dispatcher/guard/guard.h"
#include "dispatcher/media/upload.h"
#include "dispatcher/pages/pages.h"

#define OBJECTS_MAX  1000                 /* ids of one answer that are told to the core */
#define RESPONSE_MAX ((size_t)256 * 1024) /* bytes of an answer that are kept with a result */

/* The results of one message: their evidence must outlive the facts. */
struct reports {
	struct evidence items[ITEMS_PER_MESSAGE];
	uint64_t objects[OBJECTS_MAX]; /* ids of what one read returned */
	uint32_t count;
	struct buf bytes;
};

struct reports *report_new(void)
{
	struct reports *r = mem_alloc(sizeof(*r));

	if (r)
		buf_init(&r->bytes, 4 * ZSOCK_MESSAGE_MAX);
	return r;
}

void report_free(struct reports *r)
{
	if (r)
		buf_done(&r->bytes);
	mem_free(r);
}

static void hello(void *ctx, uint32_t worker, uint32_t slots)
{
	struct dispatcher *d = ctx;

	log_event(LOG_WORKER_JOINED, "worker=%s slots=%u", workers_name(d->workers, worker),
		slots);
	turn_fact(d, &(struct fact){.kind = FACT_WORKER, .worker = worker, .slots = slots});
}

static void holds(void *ctx, uint32_t worker, uint64_t job, uint64_t lease, bool begun)
{
	turn_fact(ctx, &(struct fact){.kind = FACT_HOLDS,
			       .job.id = job,
			       .worker = worker,
			       .lease = lease,
			       .begun = begun});
}

static void claimed(void *ctx, uint32_t worker, bool alive)
{
	turn_fact(ctx, &(struct fact){.kind = FACT_CLAIMED, .worker = worker, .alive = alive});
}

static void heard(void *ctx, uint32_t worker)
{
	turn_fact(ctx, &(struct fact){.kind = FACT_HEARD, .worker = worker});
}

static void credit(void *ctx, uint32_t worker, uint32_t slots)
{
	turn_fact(ctx, &(struct fact){.kind = FACT_WORKER, .worker = worker, .slots = slots});
}

static void begin(void *ctx, uint32_t worker, uint64_t job, uint64_t lease)
{
	turn_fact(ctx,
		&(struct fact){
			.kind = FACT_BEGIN, .job.id = job, .worker = worker, .lease = lease});
}

static void back(void *ctx, uint32_t worker, uint64_t job, uint64_t lease)
{
	turn_fact(ctx,
		&(struct fact){
			.kind = FACT_BACK, .job.id = job, .worker = worker, .lease = lease});
}

static const char *named(void *ctx, const char *key)
{
	return access_worker(ctx, key);
}

static void denied(void *ctx, const char *key)
{
	access_denied_worker(ctx, key);
}

static void want(void *ctx, uint32_t worker, const struct msg_want *w)
{
	upload_want(ctx, worker, w);
}

static void bye(void *ctx, uint32_t worker)
{
	turn_fact(ctx, &(struct fact){.kind = FACT_GONE, .worker = worker});
}

/* [limit, remaining, resets_at] or nil; what is not that is as if it had not come. */
static void read_rate(const struct wire_value *rate, struct rate_seen out[RATE_GROUPS])
{
	for (uint32_t i = 0; i < RATE_GROUPS && i < wire_count(rate); i++) {
		const struct wire_value *v = wire_item(rate, i);

		if (wire_type(v) != WIRE_ARRAY || wire_count(v) != 3)
			continue;
		out[i].limit = wire_int(wire_item(v, 0));
		out[i].remaining = wire_int(wire_item(v, 1));
		out[i].resets_at = wire_int(wire_item(v, 2));
		if (out[i].resets_at < 0 || out[i].resets_at > INT64_MAX / USEC_MSEC)
			out[i] = (struct rate_seen){0};
		out[i].resets_at *= USEC_MSEC;
	}
}

static void copy_id(struct str from, char out[STORE_X_ID_MAX])
{
	if (from.len == 0 || from.len >= STORE_X_ID_MAX)
		return;
	if (from.len)
		memcpy(out, from.at, from.len);
	out[from.len] = 0;
}

/* The id of a looked-up user name is kept for all jobs. */
static void remember_name(struct dispatcher *d, const struct job *j, const struct outcome *o)
{
	char name[16];

	if (!text_is_x_id(str_of(o->x_id)) || !assign_name(d, j->id, name))
		return;
	turn_fail(d, store_put_username(d->store, str_of(name), str_of(o->x_id), d->now.wall),
		NULL);
	guard_named(d, j->account, name, str_of(o->x_id));
}

/* Whether the job read direct messages. */
static bool reads_messages(const struct job *j)
{
	enum call call = (enum call)j->call;

	return !call_has_effect(call) && strstr(call_info(call)->path, "dm_events");
}

static struct evidence *keep_evidence(struct dispatcher *d, const struct msg_result *r)
{
	struct reports *all = d->reports;
	struct evidence *e = &all->items[all->count++];
	size_t at = all->bytes.len;

	*e = (struct evidence){.message = r->message};
	if (!r->response)
		return e;
	wire_put_value(&all->bytes, r->response);
	if (all->bytes.err || all->bytes.len - at > RESPONSE_MAX) {
		all->bytes.err = ERR_OK;
		all->bytes.len = at;
		return e;
	}
	e->response.len = all->bytes.len -
			  at; /* its address is known when all are in: settle_evidence() */
	return e;
}

static void read_outcome(const struct msg_result *r, struct outcome *o)
{
	*o = (struct outcome){
		.http_status = (int)r->status,
		.park_until = r->park_until,
		.objects = r->objects,
		.look = (enum look)r->look,
	};
	if (!outcome_class_parse(r->class, &o->class) ||
		!outcome_cause_parse(r->cause, &o->cause)) {
		log_event(LOG_PEER_REFUSED,
			"socket=workers words=\"a result with an unknown class or cause\"");
		o->class = OUTCOME_UNKNOWN; /* a newer worker: what it did is not known here */
		o->cause = CAUSE_WORKER;
	}
	copy_id(r->x_id, o->x_id);
	read_rate(r->rate, o->rate);
}

/* What only the store can tell of a step's outcome. */
static void read_step(struct dispatcher *d, enum step step, const struct msg_result *r,
	struct outcome *o, struct upload_told *t)
{
	const struct job *j = core_job(d->core, (uint64_t)r->job);

	if (step == STEP_LOOK)
		adopt_looked(d, j, r->found, o);
	if (step == STEP_NAME && o->class == OUTCOME_DONE)
		remember_name(d, j, o);
	if (step == STEP_MEDIA)
		*t = upload_told(d, j, r, o);
	if (step == STEP_ACT && j->flags & JOB_MEDIA)
		*t = upload_refused(d, j, r, o);
	if (step == STEP_ACT && o->class == OUTCOME_DONE && r->response && reads_messages(j))
		guard_read_messages(d, j->account, r->response);
}

/* The ids in `data` of an answer, so that nothing is paid twice on a day. Returns how many. */
static size_t read_objects(const struct wire_value *response, uint64_t *out)
{
	const struct wire_value *data =
		wire_type(response) == WIRE_MAP ? wire_get(response, "data") : NULL;
	bool one = wire_type(data) == WIRE_MAP;
	uint32_t count = one ? 1 : wire_type(data) == WIRE_ARRAY ? wire_count(data) : 0;
	size_t n = 0;

	for (uint32_t i = 0; i < count && n < OBJECTS_MAX; i++) {
		const struct wire_value *item = one ? data : wire_item(data, i);
		int64_t id;

		if (wire_type(item) == WIRE_MAP &&
			text_is_x_id(wire_str(wire_get(item, "id"))) &&
			!text_to_int(wire_str(wire_get(item, "id")), 0, INT64_MAX, &id))
			out[n++] = (uint64_t)id;
	}
	return n;
}

static void result(void *ctx, uint32_t worker, const struct msg_result *r)
{
	struct dispatcher *d = ctx;
	struct upload_told told = {.next = CALL_COUNT};
	struct outcome o;
	enum step step;

	if (!turn_write(d) || d->reports->count == ITEMS_PER_MESSAGE)
		return;
	read_outcome(r, &o);
	bool out = core_is_with(d->core, worker, (uint64_t)r->lease) &&
		   core_is_out(d->core, (uint64_t)r->job, (uint64_t)r->lease, &step);
	if (out)
		read_step(d, step, r, &o, &told);
	size_t known = o.objects > 0 && r->response
			       ? read_objects(r->response, d->reports->objects)
			       : 0;
	struct evidence *seen = keep_evidence(d, r);
	if (told.message.len)
		seen->message = told.message;
	turn_fact(d, &(struct fact){.kind = FACT_OUTCOME,
			     .job.id = (uint64_t)r->job,
			     .worker = worker,
			     .lease = (uint64_t)r->lease,
			     .outcome = &o,
			     .objects = d->reports->objects,
			     .object_count = known,
			     .next = told.next,
			     .until = told.until,
			     .anew = told.anew,
			     .stale = told.stale,
			     .more = out && step == STEP_ACT && o.class == OUTCOME_DONE &&
				     pages_more(d, core_job(d->core, (uint64_t)r->job),
					     r->response, seen->response),
			     .tag = seen});
}

/* Fills in where each response is, now that the buffer does not move any more. */
static void settle_evidence(struct reports *r)
{
	const char *at = (const char *)r->bytes.data;

	for (uint32_t i = 0; i < r->count; i++) {
		if (r->items[i].response.len == 0)
			continue;
		r->items[i].response.at = at;
		at += r->items[i].response.len;
	}
}

static void end(void *ctx)
{
	struct dispatcher *d = ctx;

	settle_evidence(d->reports);
	turn_orders(d);
	adopt_message_over(d);
	d->reports->count = 0;
	buf_reset(&d->reports->bytes);
}

const struct workers_ops report_ops = {
	.hello = hello,
	.claimed = claimed,
	.holds = holds,
	.heard = heard,
	.credit = credit,
	.begin = begin,
	.back = back,
	.result = result,
	.named = named,
	.denied = denied,
	.want = want,
	.bye = bye,
	.end = end,
};
