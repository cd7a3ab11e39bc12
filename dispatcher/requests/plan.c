#include "dispatcher/requests/plan.h"

#include <stdio.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/wire/write.h"
#include "dispatcher/core/walk.h"
#include "dispatcher/guard/guard.h"
#include "dispatcher/requests/after.h"
#include "dispatcher/requests/check.h"
#include "dispatcher/requests/present.h"
#include "dispatcher/requests/thread.h"

#define AT_ONCE   20000 /* steps of a walk within the request itself: about 10 ms */
#define PORTION   8000  /* ... and between two turns */
#define STEPS_MAX INT64_C(400000000)
#define KEPT      USEC_MIN /* a plan that nobody asks for is forgotten */
#define FAR       (366 * USEC_DAY)
#define TEXTS_MAX ((size_t)64 * 1024 * 1024)
#define NAMES_MAX 200000
#define DAYS_MAX  400
#define BINDS_MAX 64

/* One planned job. */
struct row {
	uint64_t id; /* in the walk */
	usec_t start, end;
	int64_t price;
	uint32_t key_at, key_len;             /* in the plan's texts */
	uint32_t account, action, ref, words; /* in the plan's names */
	uint8_t blocker, state;
	bool open; /* neither ended nor given up */
};

/* Why a job of the plan is none: an encoded map in the plan's texts. */
struct no {
	size_t at, len;
};

/* What kept jobs waiting: "window", "POST /2/tweets account 15m". */
struct bind {
	uint8_t blocker;
	uint32_t ref;
	int64_t jobs;
};

struct day {
	int64_t price, jobs;
};

struct making {
	struct list node;
	uint32_t number, agent;
	struct walk *walk; /* owned; NULL: it has been walked */
	uint64_t base;     /* ids above are of the plan */
	usec_t until, used_at;
	int64_t steps; /* left */
	bool walking;
	struct row *rows; /* owned */
	uint32_t count, size, open;
	uint32_t offered; /* jobs of all requests: the next one's index */
	struct map by_id;
	struct no *nos; /* owned */
	uint32_t no_count, no_size;
	struct buf texts;
	struct names names;
	struct bind binds[BINDS_MAX];
	uint32_t bind_count;
	struct day *days; /* owned; from first_day */
	int64_t first_day;
	/* who waits for it */
	bool asked;
	struct zsock *z;
	struct zpeer peer;
	unsigned char seq[64];
	size_t seq_len;
};

/* --- coming and going --- */

static uint64_t id_of_row(const void *ctx, uint32_t slot)
{
	const struct making *p = ctx;

	return p->rows[slot].id;
}

static void making_free(struct dispatcher *d, struct making *p)
{
	list_remove(&p->node);
	d->plan_count--;
	walk_free(p->walk);
	map_done(&p->by_id);
	names_done(&p->names);
	buf_done(&p->texts);
	mem_free(p->rows);
	mem_free(p->nos);
	mem_free(p->days);
	mem_free(p);
}

static struct making *making_new(struct dispatcher *d, uint32_t agent, usec_t until)
{
	struct making *p = mem_alloc(sizeof(*p));

	if (!p)
		return NULL;
	list_append(&d->plans, &p->node);
	d->plan_count++;
	p->number = ++d->plan_last;
	p->agent = agent;
	p->until = until ? until : d->now.wall + FAR;
	p->steps = STEPS_MAX;
	p->base = d->last_id;
	map_init(&p->by_id, id_of_row, p);
	names_init(&p->names, NAMES_MAX);
	buf_init(&p->texts, TEXTS_MAX);
	p->walk = walk_new(d->core, d->now);
	p->days = mem_array(DAYS_MAX, sizeof(*p->days));
	if (p->walk && p->days)
		return p;
	making_free(d, p);
	return NULL;
}

static struct making *making_find(struct dispatcher *d, struct str name, uint32_t agent)
{
	int64_t number;

	if (name.len < 2 || name.at[0] != 'p' ||
		text_to_int((struct str){name.at + 1, name.len - 1}, 1, UINT32_MAX, &number))
		return NULL;
	for (struct list *at = d->plans.next; at != &d->plans; at = at->next) {
		struct making *p = LIST_ITEM(at, struct making, node);

		if (p->number == (uint32_t)number && p->agent == agent)
			return p;
	}
	return NULL;
}

/* --- jobs --- */

static uint32_t known(struct making *p, const char *name)
{
	uint32_t number;

	return names_know(&p->names, str_of(name), &number) ? NAMES_NONE : number;
}

static const char *name_at(const struct making *p, uint32_t number)
{
	return number == NAMES_NONE ? "" : names_at(&p->names, number);
}

static const char *account_of(const struct dispatcher *d, const struct draft *f)
{
	const struct vault_account *a = vault_account_by_id(d->vault, f->job.account);

	return a ? a->name : "";
}

/* Room for one more row and one more refusal. */
static bool room(struct making *p)
{
	if (p->count == p->size) {
		uint32_t size = p->size ? 2 * p->size : 256;
		struct row *rows = mem_grow(p->rows, size * sizeof(*rows));

		if (!rows)
			return false;
		p->rows = rows;
		p->size = size;
	}
	if (p->no_count == p->no_size) {
		uint32_t size = p->no_size ? 2 * p->no_size : 64;
		struct no *nos = mem_grow(p->nos, size * sizeof(*nos));

		if (!nos)
			return false;
		p->nos = nos;
		p->no_size = size;
	}
	return true;
}

static void put_text(struct buf *out, const char *key, struct str v)
{
	wire_put_text(out, key);
	if (v.len)
		wire_put_str(out, v);
	else
		wire_put_nil(out);
}

/* A text of the job as it was given: a job that is refused was perhaps not read to its end. */
static struct str given(const struct wire_value *job, const char *key)
{
	const struct wire_value *v = wire_type(job) == WIRE_MAP ? wire_get(job, key) : NULL;

	return v && wire_type(v) == WIRE_STR ? wire_str(v) : (struct str){0};
}

static void refuse(struct making *p, const struct draft *f, const struct wire_value *job)
{
	struct buf *b = &p->texts;
	struct no *n = &p->nos[p->no_count++];

	n->at = b->len;
	wire_put_map(b, 5);
	wire_pair_int(b, "index", p->offered);
	put_text(b, "key", given(job, "key"));
	put_text(b, "account", given(job, "account"));
	put_text(b, "action", given(job, "action"));
	wire_put_text(b, "error");
	answer_put_error(b, f->err, &f->words);
	n->len = b->len - n->at;
}

/* A job that is kept already under this key is planned as what it is. */
static void take_duplicate(struct dispatcher *d, struct draft *f)
{
	char id[JOB_ID_TEXT_MAX];

	f->job.id = f->duplicate;
	if (!core_job(d->core, f->duplicate))
		f->err = err_say(&f->words, ERR_CONFLICT,
			"job %s has this key and content and has ended; enqueued now, it would "
			"not run again",
			job_id_write(f->duplicate, id));
}

static void feed_new(struct making *p, struct draft *f)
{
	struct need open[NEEDS_MAX];
	struct fact fact = {.kind = FACT_ENQUEUE, .needs = open};

	fact.job = f->job;
	fact.need_count = after_open_needs(walk_core(p->walk), f, NULL, open);
	f->err = walk_feed(p->walk, &fact, &f->words);
}

/* Of a thread the posts first, as at enqueue. */
static void take_new(struct making *p, struct draft *f)
{
	uint64_t id = p->base + 1 + p->count;

	f->job.id = id;
	if (thread_count(f))
		thread_number(f, id);
	for (uint32_t i = 0; !f->err && i < thread_count(f); i++) {
		feed_new(p, thread_post(f, i));
		f->err = thread_post(f, i)->err;
	}
	if (!f->err)
		feed_new(p, f);
}

static bool add_row(struct dispatcher *d, struct making *p, const struct draft *f)
{
	if (!room(p))
		return false;
	struct row *row = &p->rows[p->count++];
	*row = (struct row){.id = f->job.id,
		.price = f->duplicate || thread_count(f) ? 0 : f->body.price,
		.key_at = (uint32_t)p->texts.len,
		.key_len = (uint32_t)f->body.key.len,
		.account = known(p, account_of(d, f)),
		.action = known(p, f->body.action.at ? f->body.action.at : ""),
		.ref = NAMES_NONE,
		.words = NAMES_NONE,
		.state = JOB_READY};
	buf_put(&p->texts, f->body.key.at, f->body.key.len);
	if (map_find(&p->by_id, row->id) != MAP_NONE)
		return true; /* the same job twice: its first row tells */
	row->open = true;
	p->open++;
	return map_put(&p->by_id, p->count - 1);
}

static bool take(
	struct dispatcher *d, struct making *p, struct draft *f, const struct wire_value *job)
{
	if (!room(p))
		return false;
	if (!f->err && f->duplicate)
		take_duplicate(d, f);
	else if (!f->err)
		take_new(p, f);
	if (f->err) {
		refuse(p, f, job);
		return true;
	}
	bool ok = add_row(d, p, f);
	for (uint32_t i = 0; ok && !f->duplicate && i < thread_count(f); i++)
		ok = add_row(d, p, thread_post(f, i));
	return ok;
}

/* The job of the plan with that key, the last one first: a chain looks for what came just
 * before. */
static uint64_t find_planned(void *ctx, struct str key)
{
	const struct making *p = ctx;

	for (uint32_t i = p->count; i-- > 0;) {
		const struct row *row = &p->rows[i];
		struct str its = {(const char *)p->texts.data + row->key_at, row->key_len};

		if (its.len && str_equal(its, key))
			return row->id;
	}
	return 0;
}

static bool take_all(
	struct dispatcher *d, struct making *p, uint32_t agent, const struct wire_value *jobs)
{
	struct draft *f = mem_alloc(sizeof(*f));
	bool ok = f != NULL;
	struct after_others others = {find_planned, p};

	for (uint32_t i = 0; ok && i < wire_count(jobs); i++) {
		buf_reset(&d->bodies);
		check_job(d, agent, wire_item(jobs, i), f);
		if (!f->err && !f->duplicate && (f->after || f->job.flags & JOB_REFS))
			f->err = after_read(d, f, 0, 1, &others);
		if (!f->err && !f->duplicate)
			f->err = guard_check(d, f, i, &f->words);
		ok = take(d, p, f, wire_item(jobs, i)) && !p->texts.err;
		draft_done(f);
		p->offered++;
	}
	guard_drop_message(d);
	mem_free(f);
	return ok;
}

/* --- walking --- */

static void count_bind(struct making *p, const struct row *row)
{
	for (uint32_t i = 0; i < p->bind_count; i++) {
		struct bind *b = &p->binds[i];

		if (b->blocker != row->blocker || b->ref != row->ref)
			continue;
		b->jobs++;
		return;
	}
	if (p->bind_count < BINDS_MAX)
		p->binds[p->bind_count++] =
			(struct bind){.blocker = row->blocker, .ref = row->ref, .jobs = 1};
}

static void keep_verdict(struct making *p, struct row *row, const struct verdict *v)
{
	row->blocker = (uint8_t)v->blocker;
	row->ref = known(p, v->ref);
	row->words = known(p, v->text);
	if (v->blocker != BLOCKER_NONE)
		count_bind(p, row);
}

static void started(struct making *p, struct row *row, struct walk *w, usec_t at)
{
	struct verdict v;
	int64_t day = at / USEC_DAY;

	row->start = at;
	row->state = JOB_RUNNING;
	walk_verdict(w, &v);
	keep_verdict(p, row, &v);
	if (!p->first_day)
		p->first_day = day;
	if (day - p->first_day >= 0 && day - p->first_day < DAYS_MAX) {
		p->days[day - p->first_day].price += row->price;
		p->days[day - p->first_day].jobs++;
	}
}

static void happened(void *ctx, struct walk *w, const struct walk_event *e)
{
	struct making *p = ctx;
	uint32_t slot = map_find(&p->by_id, e->job);

	if (slot == MAP_NONE)
		return;
	struct row *row = &p->rows[slot];
	if (e->start && !row->start) {
		started(p, row, w, e->at);
	} else if (!e->start && row->open) {
		if (!row->start && e->state == JOB_DONE)
			row->start = e->at; /* a thread: it is what its posts are */
		row->end = e->at;
		row->state = (uint8_t)e->state;
		row->open = false;
		p->open--;
	}
}

/* Those that never start: why, as it is where the walk has ended. */
static void give_up(struct making *p)
{
	struct verdict v;

	for (uint32_t i = 0; i < p->count; i++) {
		struct row *row = &p->rows[i];

		if (row->start)
			continue;
		if (row->end)
			v = (struct verdict){BLOCKER_TIME, row->end, "expires_at",
				"it would expire before it can run"};
		else if (core_verdict(walk_core(p->walk), row->id, walk_now(p->walk), &v))
			continue;
		keep_verdict(p, row, &v);
	}
	walk_free(p->walk);
	p->walk = NULL;
	p->walking = false;
}

/* True when it is finished. */
static bool walk_portion(struct making *p, uint32_t steps)
{
	bool more = walk_on(p->walk, p->until, steps, happened, p);

	p->steps -= steps;
	if (more && p->open && p->steps > 0)
		return false;
	give_up(p);
	return true;
}

/* --- answers --- */

static void put_row(const struct making *p, struct buf *out, const struct row *row)
{
	const char *texts = (const char *)p->texts.data;
	struct str key = {row->key_len ? texts + row->key_at : "", row->key_len};

	wire_put_map(out, 8);
	put_text(out, "key", key);
	wire_pair_text(out, "account", name_at(p, row->account));
	wire_pair_text(out, "action", name_at(p, row->action));
	wire_pair_text(out, "state", job_state_name((enum job_state)row->state));
	present_time(out, "start", row->start);
	present_time(out, "end", row->end);
	wire_pair_int(out, "price_usd_micros", row->price);
	wire_put_text(out, "verdict");
	wire_put_map(out, 4);
	wire_pair_text(out, "blocker", blocker_name((enum blocker)row->blocker));
	wire_pair_text(out, "ref", name_at(p, row->ref));
	present_time(out, "until", row->start);
	wire_pair_text(out, "text", name_at(p, row->words));
}

/* From `at` on, as many as one message takes; returns where it left off. */
static uint32_t put_rows(const struct making *p, struct answer *a, uint32_t at)
{
	struct buf *out = answer_key(a, "jobs");
	size_t start = out->len;
	size_t mark = wire_array_later(out);
	uint32_t first = at;

	while (at < p->count && out->len - start < RESULTS_BYTES)
		put_row(p, out, &p->rows[at++]);
	wire_array_end(out, mark, at - (first < at ? first : at));
	out = answer_key(a, "refused");
	mark = wire_array_later(out);
	first = at;
	while (at >= p->count && at < p->count + p->no_count &&
		out->len - start < RESULTS_BYTES) {
		const struct no *n = &p->nos[at++ - p->count];

		wire_put_raw(out, (struct str){(const char *)p->texts.data + n->at, n->len});
	}
	wire_array_end(out, mark, at - first);
	return at;
}

static void put_days(const struct making *p, struct buf *out)
{
	size_t mark = wire_array_later(out);
	uint32_t count = 0;

	for (int64_t i = 0; i < DAYS_MAX; i++) {
		char day[40];

		if (!p->days[i].jobs)
			continue;
		text_from_time((p->first_day + i) * USEC_DAY, day, sizeof(day));
		day[10] = 0; /* "2026-11-26" */
		wire_put_map(out, 3);
		wire_pair_text(out, "day", day);
		wire_pair_int(out, "jobs", p->days[i].jobs);
		wire_pair_int(out, "price_usd_micros", p->days[i].price);
		count++;
	}
	wire_array_end(out, mark, count);
}

static void put_binds(const struct making *p, struct buf *out)
{
	wire_put_array(out, p->bind_count);
	for (uint32_t i = 0; i < p->bind_count; i++) {
		wire_put_map(out, 3);
		wire_pair_text(out, "blocker", blocker_name((enum blocker)p->binds[i].blocker));
		wire_pair_text(out, "ref", name_at(p, p->binds[i].ref));
		wire_pair_int(out, "jobs", p->binds[i].jobs);
	}
}

static void put_name(const struct making *p, struct answer *a)
{
	char name[24];

	(void)snprintf(name, sizeof(name), "p%u", p->number);
	answer_text(a, "plan", name);
}

/* One page; the last one ends the plan. */
static void answer_page(
	struct dispatcher *d, const struct request *r, struct making *p, uint32_t at)
{
	struct answer a;

	answer_open(&a, d->outbox, r, true);
	put_name(p, &a);
	at = put_rows(p, &a, at);
	put_days(p, answer_key(&a, "spend"));
	put_binds(p, answer_key(&a, "binds"));
	bool last = at >= p->count + p->no_count;
	if (last)
		wire_put_nil(answer_key(&a, "cursor"));
	else
		answer_int(&a, "cursor", at);
	answer_close(&a);
	p->used_at = d->now.mono;
	if (last)
		making_free(d, p);
}

static void answer_taken(struct dispatcher *d, const struct request *r, const struct making *p)
{
	struct answer a;

	answer_open(&a, d->outbox, r, true);
	put_name(p, &a);
	answer_int(&a, "taken", p->count);
	answer_int(&a, "not_taken", p->no_count);
	answer_close(&a);
}

/* --- the op --- */

static enum err find_or_make(struct dispatcher *d, const struct msg_plan *in, uint32_t agent,
	struct making **ret, struct errmsg *m)
{
	if (in->plan.len) {
		*ret = making_find(d, in->plan, agent);
		if (*ret)
			return ERR_OK;
		err_say(m, ERR_NOT_FOUND,
			"there is no such plan; one is kept for a minute after its last "
			"request, "
			"and until its last page was fetched");
		return err_at(m, ERR_NOT_FOUND, "plan");
	}
	if (!wire_count(in->jobs))
		return err_at(m, err_say(m, ERR_INVALID, "give 1 to 1,000 jobs"), "jobs");
	if (d->plan_count >= PLANS_MAX)
		return err_say(m, ERR_QUOTA,
			"%d plans are being made already; try again in a minute", PLANS_MAX);
	*ret = making_new(d, agent, in->until);
	return *ret ? ERR_OK : err_say(m, ERR_UNAVAILABLE, "out of memory; plan fewer jobs");
}

static enum err check_step(const struct making *p, const struct msg_plan *in, struct errmsg *m)
{
	ASSERT(p);
	if (p->walking)
		return err_say(m, ERR_STATE, "the plan is being made; its answer will come");
	if (in->cursor >= 0 && p->walk)
		return err_at(
			m, err_say(m, ERR_STATE, "the plan has not been made yet"), "cursor");
	if (in->cursor < 0 && !p->walk)
		return err_say(m, ERR_STATE, "the plan has been made; fetch it with `cursor`");
	if (in->cursor > (int64_t)p->count + p->no_count)
		return err_at(m,
			err_say(m, ERR_INVALID, "must be the `cursor` of an earlier answer"),
			"cursor");
	if (p->offered + wire_count(in->jobs) > PLAN_JOBS_MAX)
		return err_say(m, ERR_QUOTA, "a plan takes at most %d jobs", PLAN_JOBS_MAX);
	return ERR_OK;
}

static void answer_later(struct making *p, const struct request *r)
{
	p->walking = true;
	p->asked = true;
	p->z = r->z;
	p->peer = r->peer;
	p->seq_len = r->seq.len;
	if (r->seq.len)
		memcpy(p->seq, r->seq.at, r->seq.len);
}

static void go(struct dispatcher *d, const struct request *r, struct making *p)
{
	if (walk_portion(p, AT_ONCE))
		answer_page(d, r, p, 0);
	else
		answer_later(p, r);
}

void plan(struct dispatcher *d, const struct request *r, uint32_t agent)
{
	struct msg_plan in = {.cursor = -1};
	struct making *p = NULL;
	struct errmsg m;

	enum err e = message_read(r->root, MSG_PLAN, &in, &m);
	if (!e && r->seq.len > sizeof(p->seq))
		e = err_at(&m, err_say(&m, ERR_INVALID, "is longer than 64 bytes"), "seq");
	if (!e)
		e = find_or_make(d, &in, agent, &p, &m);
	if (!e)
		e = check_step(p, &in, &m);
	if (e) {
		answer_error(d->outbox, r, e, &m);
		return;
	}
	p->used_at = d->now.mono;
	if (in.cursor >= 0) {
		answer_page(d, r, p, (uint32_t)in.cursor);
	} else if (!take_all(d, p, agent, in.jobs)) {
		making_free(d, p);
		e = err_say(&m, ERR_UNAVAILABLE, "out of memory; plan fewer jobs");
		answer_error(d->outbox, r, e, &m);
	} else if (in.more) {
		answer_taken(d, r, p);
	} else {
		go(d, r, p);
	}
}

static void answer_asked(struct dispatcher *d, struct making *p)
{
	struct request r = {
		.z = p->z, .peer = p->peer, .seq = {(const char *)p->seq, p->seq_len}};

	p->asked = false;
	answer_page(d, &r, p, 0);
}

usec_t plan_go_on(struct dispatcher *d)
{
	usec_t due = USEC_NEVER;

	for (struct list *at = d->plans.next, *next; at != &d->plans; at = next) {
		struct making *p = LIST_ITEM(at, struct making, node);

		next = at->next;
		if (p->walking && walk_portion(p, PORTION))
			answer_asked(d, p);
		else if (p->walking)
			due = d->now.mono;
		else if (p->used_at + KEPT <= d->now.mono)
			making_free(d, p);
		else if (p->used_at + KEPT < due)
			due = p->used_at + KEPT;
	}
	return due;
}

void plan_done(struct dispatcher *d)
{
	while (!list_is_empty(&d->plans))
		making_free(d, LIST_ITEM(d->plans.next, struct making, node));
}
