#include "dispatcher/requests/change.h"

#include <string.h>

#include "common/base/mem.h"
#include "common/wire/write.h"
#include "dispatcher/access/access.h"
#include "dispatcher/guard/guard.h"
#include "dispatcher/requests/after.h"
#include "dispatcher/requests/check.h"
#include "dispatcher/requests/present.h"
#include "dispatcher/requests/query.h"

#define CANCEL_PAGE  1000
#define ERRORS_SHOWN JOBS_PER_MESSAGE /* of what could not be cancelled */

enum err change_say_ended(const struct job_record *r, struct errmsg *m)
{
	return err_say(m, ERR_STATE, "the job has ended: it is %s",
		job_state_name((enum job_state)r->job.state));
}

enum err change_feed(struct dispatcher *d, const struct fact *f, struct errmsg *m)
{
	if (!turn_write(d))
		return err_say(m, ERR_UNAVAILABLE,
			"the store cannot be written at this moment; try again");
	return core_feed(d->core, f, d->now, m);
}

/* --- cancel --- */

struct cancelling {
	struct dispatcher *d;
	struct buf *errors;
	uint32_t cancelled, refused;
	uint32_t shown; /* of the refused, in errors */
};

static void put_refusal(struct cancelling *c, struct str id, enum err e, const struct errmsg *m)
{
	c->refused++;
	if (c->shown == ERRORS_SHOWN)
		return;
	c->shown++;
	wire_put_map(c->errors, 2);
	wire_pair_str(c->errors, "id", id);
	wire_put_text(c->errors, "error");
	answer_put_error(c->errors, e, m);
}

/* The posts of a thread that have not begun, the last one first: so none fails with another. */
static void cancel_posts(struct cancelling *c, uint64_t thread)
{
	uint64_t posts[NEEDS_MAX];

	for (uint32_t i = after_ids(c->d, thread, posts); i-- > 0;)
		if (core_job(c->d->core, posts[i]) &&
			!change_feed(c->d,
				&(struct fact){.kind = FACT_CANCEL, .job.id = posts[i]}, NULL))
			c->cancelled++;
}

static void cancel_one(struct cancelling *c, uint64_t id, struct str text)
{
	const struct job *live = core_job(c->d->core, id);
	bool thread = live && live->flags & JOB_WHOLE;
	struct errmsg m;

	enum err e = change_feed(c->d, &(struct fact){.kind = FACT_CANCEL, .job.id = id}, &m);
	if (e)
		put_refusal(c, text, e, &m);
	else
		c->cancelled++;
	if (!e && thread)
		cancel_posts(c, id);
}

static void cancel_ids(struct cancelling *c, uint32_t agent, const struct wire_value *ids)
{
	for (uint32_t i = 0; i < wire_count(ids); i++) {
		struct str text = wire_str(wire_item(ids, i));
		struct job_record record;
		struct errmsg m;

		enum err e = query_job(c->d, text, agent, &record, &m);
		if (!e && record.ended)
			e = change_say_ended(&record, &m);
		if (e)
			put_refusal(c, text, e, &m);
		else
			cancel_one(c, record.job.id, text);
	}
}

struct page {
	uint64_t ids[CANCEL_PAGE];
	uint32_t count;
};

static void collect(void *ctx, const struct job_record *r)
{
	struct page *p = ctx;

	if (!r->ended && p->count < CANCEL_PAGE)
		p->ids[p->count++] = r->job.id;
}

/* All that match, newest first, page by page, until so many are cancelled. */
static void cancel_matching(struct cancelling *c, struct job_filter *filter, uint32_t most)
{
	struct page *p = mem_alloc(sizeof(*p));
	uint64_t cursor = 0;

	if (!p) {
		turn_fail(c->d, ERR_NOMEM, NULL);
		return;
	}
	filter->limit = CANCEL_PAGE;
	do {
		p->count = 0;
		if (turn_fail(c->d, store_list(c->d->store, filter, collect, p, &cursor), NULL))
			break;
		for (uint32_t i = 0; i < p->count && c->cancelled < most; i++) {
			char text[JOB_ID_TEXT_MAX];

			cancel_one(c, p->ids[i], str_of(job_id_write(p->ids[i], text)));
		}
		filter->before = cursor;
	} while (cursor && c->cancelled < most);
	mem_free(p);
}

static bool names_something(const struct msg_filter *in)
{
	return in->state.len || in->account.len || in->action.len || in->batch.len ||
	       in->tag.len || in->text.len;
}

void change_cancel(struct dispatcher *d, const struct request *r, uint32_t agent)
{
	struct msg_filter in = {.limit = UINT32_MAX};
	struct job_filter filter = {0};
	struct answer a;
	struct errmsg m;

	enum err e = message_read(r->root, MSG_CANCEL, &in, &m);
	if (!e && (in.ids != NULL) == names_something(&in))
		e = err_say(&m, ERR_INVALID,
			"name either `ids`, or a filter: state, account, action, batch, tag, "
			"text");
	if (!e && !in.ids)
		e = query_filter(d, &in, agent, &filter, &m);
	if (e) {
		answer_error(d->outbox, r, e, &m);
		return;
	}
	buf_reset(&d->scratch);
	struct cancelling c = {.d = d, .errors = &d->scratch};
	if (in.ids)
		cancel_ids(&c, agent, in.ids);
	else
		cancel_matching(&c, &filter, (uint32_t)in.limit);
	answer_open(&a, d->outbox, r, true);
	answer_int(&a, "cancelled", c.cancelled);
	wire_put_array(answer_key(&a, "errors"), c.shown);
	buf_put(a.b, d->scratch.data, d->scratch.len);
	answer_close(&a);
	turn_orders(d);
}

/* --- update --- */

/* X's token of the next page is good for the arguments it was given for. */
static enum err refuse_pages(const struct job *j, struct errmsg *m)
{
	err_say(m, ERR_STATE,
		"%u of its %u pages are read already; cancel the job and enqueue a new one",
		j->page, j->pages);
	return err_at(m, ERR_STATE, "args");
}

/* Checks and keeps new arguments; what they change of the job goes into j. */
static enum err update_args(struct dispatcher *d, const struct wire_value *args,
	const struct job_record *record, struct job *j, struct errmsg *m)
{
	const struct action *action = action_find(record->body.action);
	struct draft f = {.body = record->body, .job = *j};

	ASSERT(action);
	f.body.action =
		str_of(action->name); /* the record's texts are lent for one call only */
	enum err e = j->page ? refuse_pages(j, m) : check_args(d, action, args, &f, m);
	if (e)
		return e;
	if (f.job.call != j->call) {
		err_say(m, ERR_INVALID,
			"these arguments make it another call to X; cancel the job and enqueue "
			"a new one");
		return err_at(m, ERR_INVALID, "args");
	}
	if (f.job.flags & JOB_REFS && (e = after_check_refs(d, j, args, m)))
		return e;
	f.args = args;
	e = check_price(&f, m);
	if (!e)
		e = check_budget(d, &f.job, m);
	if (e)
		return e;
	e = guard_check(d, &f, 0, m);
	if (e)
		return e;
	buf_reset(&d->bodies);
	if (!draft_encode(d, &f) || !turn_write(d))
		return err_say(
			m, ERR_UNAVAILABLE, "the arguments could not be kept; try again");
	j->flags = f.job.flags;
	guard_kept(d, j, &f);
	j->price = f.job.price;
	j->unit = f.job.unit;
	j->pages = f.job.pages;
	return turn_fail(d, store_put_args(d->store, j->id, draft_body(d, &f)), NULL);
}

/* What was approved stays as it was when somebody looked at it. */
static enum err update_allowed(struct dispatcher *d, const struct msg_update *in,
	uint32_t agent, const struct job_record *record, struct errmsg *m)
{
	bool hold;
	enum err e = access_may_job(d, agent, record, &hold, m);

	if (e || !hold || !in->args || record->job.state == JOB_HELD)
		return e;
	err_say(m, ERR_DENIED,
		"the job was approved as it is; cancel it and enqueue another, which is looked "
		"at again");
	return err_at(m, ERR_DENIED, "args");
}

static enum err check_new_times(const struct dispatcher *d, const struct msg_update *in,
	const struct job *j, struct errmsg *m)
{
	bool given = in->run_at >= 0 || in->expires_at >= 0;

	if (j->expires_at <= d->now.wall)
		err_say(m, ERR_INVALID, "is in the past; cancel the job instead");
	else if (given && j->expires_at <= j->not_before && j->expires_at != USEC_NEVER)
		err_say(m, ERR_INVALID, "must be later than run_at");
	else
		return ERR_OK;
	return err_at(m, ERR_INVALID, "expires_at");
}

/* A thread has nothing of its own that could change. */
static enum err refuse_thread(const struct job *j, struct errmsg *m)
{
	if (!(j->flags & JOB_WHOLE))
		return ERR_OK;
	return err_say(
		m, ERR_STATE, "a thread is changed by its posts: `get` lists them as `after`");
}

static enum err update(
	struct dispatcher *d, const struct msg_update *in, uint32_t agent, struct errmsg *m)
{
	struct job_record record;
	enum err e = query_job(d, in->id, agent, &record, m);
	if (e)
		return e;
	const struct job *live = core_job(d->core, record.job.id);
	if (!live)
		return change_say_ended(&record, m);
	e = refuse_thread(live, m);
	if (e)
		return e;

	e = update_allowed(d, in, agent, &record, m);
	if (e)
		return e;
	struct fact f = {.kind = FACT_UPDATE, .job = *live};
	if (in->run_at >= 0)
		f.job.not_before = in->run_at;
	if (in->expires_at >= 0)
		f.job.expires_at = in->expires_at;
	if (in->priority >= 0)
		f.job.priority = (uint8_t)in->priority;
	e = check_new_times(d, in, &f.job, m);
	if (e)
		return e;
	bool runs = live->state == JOB_RUNNING || live->state == JOB_UNSURE;
	if (in->args && !runs)
		e = update_args(d, in->args, &record, &f.job, m);
	if (!e)
		e = change_feed(d, &f, m);
	if (!e)
		guard_moved(d, &f.job);
	return e;
}

void change_answer_job(
	struct dispatcher *d, const struct request *r, struct str id, struct str looks)
{
	struct job_record record;
	struct answer a;
	struct errmsg m;

	enum err e = query_job(d, id, NAMES_NONE, &record, &m);
	if (e) {
		answer_error(d->outbox, r, e, &m);
		return;
	}
	answer_open(&a, d->outbox, r, true);
	present_job(d, answer_key(&a, "job"), &record, NULL);
	if (looks.len)
		wire_put_raw(answer_key(&a, "looks"), looks);
	answer_close(&a);
}

void change_update(struct dispatcher *d, const struct request *r, uint32_t agent)
{
	struct msg_update in = {.run_at = -1, .expires_at = -1, .priority = -1};
	struct errmsg m;

	enum err e = message_read(r->root, MSG_UPDATE, &in, &m);
	if (!e && in.run_at < 0 && in.expires_at < 0 && in.priority < 0 && !in.args)
		e = err_say(&m, ERR_INVALID,
			"name what to change: run_at, expires_at, priority or args");
	if (!e)
		e = update(d, &in, agent, &m);
	if (e) {
		answer_error(d->outbox, r, e, &m);
		return;
	}
	turn_orders(d);
	change_answer_job(d, r, in.id, (struct str){0});
}

/* --- retry --- */

#define REVIVED_FLAGS                                                                          \
	(JOB_ASK | JOB_NEEDS_NAME | JOB_REPLY | JOB_QUOTE | JOB_REFS | JOB_AFTER | JOB_WHOLE | \
		JOB_EACH | JOB_NEEDS_MEDIA | JOB_MEDIA)

/* The policy guard looks at a job that is to come back as at a new one. */
static enum err retry_allowed(struct dispatcher *d, const struct job_record *record,
	struct draft *f, struct errmsg *m)
{
	struct wire_message args = {0};
	enum err e = wire_open(&args, record->body.args, m);

	if (!e) {
		f->job = record->job;
		f->job.not_before = d->now.wall;
		f->body.action = record->body.action;
		f->args = args.root;
		e = guard_check(d, f, 0, m);
	}
	wire_close(&args);
	f->args = NULL;
	return e;
}

static enum err retry(struct dispatcher *d, struct str id, uint32_t agent, enum job_state *ret,
	struct errmsg *m);

/* The posts of a thread that ended and were not made, in their order. */
static enum err retry_posts(
	struct dispatcher *d, uint64_t thread, uint32_t agent, struct errmsg *m)
{
	uint64_t posts[NEEDS_MAX];
	uint32_t n = after_ids(d, thread, posts);
	enum err e = ERR_OK;

	for (uint32_t i = 0; !e && i < n; i++) {
		char id[JOB_ID_TEXT_MAX];
		struct job_record r;
		enum job_state state;

		e = query_job(d, str_of(job_id_write(posts[i], id)), agent, &r, m);
		if (!e && r.ended && r.job.state != JOB_DONE)
			e = retry(d, str_of(id), agent, &state, m);
	}
	return e;
}

/* Brings one ended job back; its earlier life stays told in the replies that are kept. */
static enum err retry(struct dispatcher *d, struct str id, uint32_t agent, enum job_state *ret,
	struct errmsg *m)
{
	struct job_record record;
	enum err e = query_job(d, id, agent, &record, m);
	if (!e && record.ended && record.job.state != JOB_DONE &&
		record.job.flags & JOB_WHOLE && !(e = retry_posts(d, record.job.id, agent, m)))
		e = query_job(d, id, agent, &record, m);
	if (e)
		return e;
	if (!record.ended || record.job.state == JOB_DONE)
		return err_say(m, ERR_STATE,
			"only failed, expired and cancelled jobs can be tried again; this one "
			"is %s",
			job_state_name((enum job_state)record.job.state));

	struct draft f = {.revive = true};
	struct need open[NEEDS_MAX];
	struct fact fact = {.kind = FACT_ENQUEUE, .job = record.job, .tag = &f, .needs = open};
	bool hold;

	e = access_may_job(d, agent, &record, &hold, m);
	if (e)
		return e;
	fact.job.state = hold && !(record.job.flags & JOB_WHOLE) ? JOB_HELD : JOB_READY;
	fact.job.attempts = 0;
	fact.job.looks = 0;
	fact.job.lease = 0;
	fact.job.begun_at = 0;
	fact.job.not_before = 0;
	fact.job.flags = record.job.flags & REVIVED_FLAGS;
	if (fact.job.expires_at <= d->now.wall)
		fact.job.expires_at = USEC_NEVER;
	e = retry_allowed(d, &record, &f, m);
	if (!e && record.job.flags & JOB_AFTER)
		e = after_needs_again(d, record.job.id, open, &fact.need_count, m);
	if (!e)
		e = change_feed(d, &fact, m);
	if (e)
		return e;
	const struct job *live = core_job(d->core, record.job.id);
	*ret = live ? (enum job_state)live->state : JOB_READY;
	turn_orders(d); /* while the draft is at hand */
	return ERR_OK;
}

void change_retry(struct dispatcher *d, const struct request *r, uint32_t agent)
{
	struct msg_ids in = {0};
	struct answer a;
	struct errmsg m;

	enum err e = message_read(r->root, MSG_RETRY, &in, &m);
	if (e) {
		answer_error(d->outbox, r, e, &m);
		return;
	}
	struct buf results;
	buf_init(&results, ZSOCK_MESSAGE_MAX);
	for (uint32_t i = 0; i < wire_count(in.ids); i++) {
		struct str id = wire_str(wire_item(in.ids, i));

		enum job_state state = JOB_READY;

		e = retry(d, id, agent, &state, &m);
		wire_put_map(&results, 2);
		wire_pair_str(&results, "id", id);
		wire_put_text(&results, e ? "error" : "state");
		if (e)
			answer_put_error(&results, e, &m);
		else
			wire_put_text(&results, job_state_name(state));
	}
	answer_open(&a, d->outbox, r, true);
	wire_put_array(answer_key(&a, "jobs"), wire_count(in.ids));
	buf_put(a.b, results.data, results.len);
	answer_close(&a);
	buf_done(&results);
}
