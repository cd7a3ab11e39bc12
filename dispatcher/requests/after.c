#include "dispatcher/requests/after.h"

#include <stdio.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/wire/write.h"
#include "common/xapi/check.h"
#include "dispatcher/guard/guard.h"
#include "dispatcher/report.h"

/* --- which jobs --- */

/* The job of an agent (the store's number) that an id or a key names. */
static enum err find(struct dispatcher *d, uint32_t agent, struct str name, uint64_t *ret)
{
	struct job_record r;
	uint64_t fingerprint;

	if (job_id_read(name, ret)) {
		enum err e = store_get_job(d->store, *ret, &r);

		if (e != ERR_NOT_FOUND && (e || r.job.agent == agent))
			return e;
	}
	return store_find_key(d->store, agent, name, ret, &fingerprint);
}

/* The draft of the message that has the key; or count. */
static uint32_t find_draft(const struct draft *drafts, uint32_t count, struct str key)
{
	uint32_t i = 0;

	while (i < count && !(key.len && str_equal(drafts[i].body.key, key)))
		i++;
	return i;
}

static enum err say_unknown(struct str name, struct errmsg *m)
{
	char shown[80];

	return err_say(m, ERR_NOT_FOUND,
		"there is no job '%s': give the id or key of a job of this agent that was "
		"enqueued before, or comes earlier in the message",
		text_show(name, shown, sizeof(shown)));
}

static enum err check_ended(const struct job_record *r, struct errmsg *m)
{
	char id[JOB_ID_TEXT_MAX];

	if (!r->ended || r->job.state == JOB_DONE)
		return ERR_OK;
	job_id_write(r->job.id, id);
	return err_say(m, ERR_STATE, "it comes after %s, which is %s: retry that one first", id,
		job_state_name((enum job_state)r->job.state));
}

static enum err add(struct draft *f, uint64_t id, uint32_t of, struct errmsg *m)
{
	for (uint32_t i = 0; i < f->need_count; i++)
		if (f->needs[i].id == id && f->need_of[i] == of)
			return ERR_OK;
	if (f->need_count == NEEDS_MAX)
		return err_say(m, ERR_INVALID, "it comes after more than %d jobs", NEEDS_MAX);
	f->needs[f->need_count] = (struct need){.id = id};
	f->need_of[f->need_count++] = of;
	return ERR_OK;
}

/* A message being read. */
struct reading {
	struct dispatcher *d;
	struct draft *drafts;
	uint32_t at, count;
	const struct after_others *others;
};

/* A key that no job has yet: that of another one of the message. */
static enum err add_draft(struct reading *r, struct str name, struct errmsg *m)
{
	struct draft *f = &r->drafts[r->at];
	uint32_t of = find_draft(r->drafts, r->count, name);

	uint64_t other = r->others ? r->others->find(r->others->ctx, name) : 0;
	if (other)
		return add(f, other, 0, m);
	if (of == r->count)
		return say_unknown(name, m);
	if (of == r->at)
		return err_say(m, ERR_INVALID, "a job cannot come after itself");
	if (of > r->at)
		return err_say(m, ERR_INVALID,
			"jobs[%u] stands later in the message: put it before those that come "
			"after it",
			of);
	if (r->drafts[of].err)
		return err_say(m, ERR_STATE, "jobs[%u], which it comes after, was refused", of);
	return add(f, 0, of + 1, m);
}

static enum err add_named(struct reading *r, struct str name, struct errmsg *m)
{
	struct draft *f = &r->drafts[r->at];
	struct job_record record;
	uint64_t id;

	enum err e = find(r->d, f->job.agent, name, &id);
	if (e == ERR_NOT_FOUND)
		return add_draft(r, name, m);
	if (!e)
		e = store_get_job(r->d->store, id, &record);
	if (e)
		return err_say(m, e, "%s", store_words(r->d->store));
	e = check_ended(&record, m);
	return e ? e : add(f, id, 0, m);
}

static enum err read_after(struct reading *r, struct errmsg *m)
{
	const struct wire_value *after = r->drafts[r->at].after;

	for (uint32_t i = 0; i < wire_count(after); i++) {
		enum err e = add_named(r, wire_str(wire_item(after, i)), m);

		if (e) {
			(void)err_at(m, e, "[%u]", i);
			return err_at(m, e, "after");
		}
	}
	return ERR_OK;
}

/* --- references in arguments --- */

static bool is_ref(const struct wire_value *v)
{
	return wire_type(v) == WIRE_MAP && wire_get(v, REF_KEY);
}

typedef enum err ref_fn(void *ctx, struct str name, struct errmsg *m);

/* Every $ref of arguments that passed the check: in the place of one, or within a list. */
static enum err each_ref(
	const struct wire_value *args, ref_fn *each, void *ctx, struct errmsg *m)
{
	enum err e = ERR_OK;

	for (uint32_t i = 0; !e && i < wire_count(args); i++) {
		const struct wire_value *v = wire_at(args, i);
		uint32_t items = wire_type(v) == WIRE_ARRAY ? wire_count(v) : 0;

		if (is_ref(v))
			e = each(ctx, wire_str(wire_get(v, REF_KEY)), m);
		for (uint32_t j = 0; !e && j < items; j++)
			if (is_ref(wire_item(v, j)))
				e = each(ctx, wire_str(wire_get(wire_item(v, j), REF_KEY)), m);
		if (e) {
			(void)err_at(m, e, "%.*s", STR_ARG(wire_key(args, i)));
			return err_at(m, e, "args");
		}
	}
	return ERR_OK;
}

static enum err add_ref(void *ctx, struct str name, struct errmsg *m)
{
	return add_named(ctx, name, m);
}

enum err after_read(struct dispatcher *d, struct draft *drafts, uint32_t at, uint32_t count,
	const struct after_others *others)
{
	struct draft *f = &drafts[at];
	struct reading r = {
		.d = d, .drafts = drafts, .at = at, .count = count, .others = others};

	f->err = read_after(&r, &f->words);
	if (!f->err && f->job.flags & JOB_REFS)
		f->err = each_ref(f->args, add_ref, &r, &f->words);
	if (!f->err && f->need_count)
		f->job.flags |= JOB_AFTER;
	return f->err;
}

uint32_t after_open_needs(const struct core *c, struct draft *f, const struct draft *drafts,
	struct need open[NEEDS_MAX])
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < f->need_count; i++) {
		const struct draft *of = f->need_of[i] ? &drafts[f->need_of[i] - 1] : NULL;

		if (of)
			f->needs[i].id = of->duplicate ? of->duplicate : of->job.id;
		if (core_job(c, f->needs[i].id))
			open[n++] = f->needs[i];
	}
	return n;
}

/* --- of jobs that are kept --- */

struct collected {
	struct need_row rows[NEEDS_MAX];
	uint32_t count;
};

static void collect(void *ctx, const struct need_row *r)
{
	struct collected *c = ctx;

	if (c->count < NEEDS_MAX)
		c->rows[c->count++] = *r;
}

enum err after_needs_again(struct dispatcher *d, uint64_t job, struct need open[NEEDS_MAX],
	uint32_t *ret_count, struct errmsg *m)
{
	struct collected c = {.count = 0};
	enum err e = store_each_need(d->store, job, collect, &c);

	*ret_count = 0;
	if (e)
		return err_say(m, e, "%s", store_words(d->store));
	for (uint32_t i = 0; i < c.count; i++) {
		struct job_record r = {
			.job = {.id = c.rows[i].need.id, .state = (uint8_t)c.rows[i].state},
			.ended = job_is_final(c.rows[i].state)};

		e = check_ended(&r, m);
		if (e)
			return e;
		if (!r.ended)
			open[(*ret_count)++] = c.rows[i].need;
	}
	return ERR_OK;
}

struct allowed {
	struct dispatcher *d;
	const struct job *j;
	struct collected needs;
};

static enum err is_needed(void *ctx, struct str name, struct errmsg *m)
{
	struct allowed *a = ctx;
	uint64_t id;

	if (find(a->d, a->j->agent, name, &id))
		return say_unknown(name, m);
	for (uint32_t i = 0; i < a->needs.count; i++)
		if (a->needs.rows[i].need.id == id)
			return ERR_OK;
	return err_say(m, ERR_INVALID, "the job does not come after %.*s", STR_ARG(name));
}

enum err after_check_refs(struct dispatcher *d, const struct job *j,
	const struct wire_value *args, struct errmsg *m)
{
	struct allowed a = {.d = d, .j = j};

	if (j->state != JOB_HELD && j->state != JOB_WAITING) {
		err_say(m, ERR_STATE,
			"the jobs that it comes after are done: give the value itself");
		return err_at(m, ERR_STATE, "args");
	}
	enum err e = store_each_need(d->store, j->id, collect, &a.needs);
	return e ? e : each_ref(args, is_needed, &a, m);
}

uint32_t after_ids(struct dispatcher *d, uint64_t job, uint64_t ret[NEEDS_MAX])
{
	struct collected c = {.count = 0};

	turn_fail(d, store_each_need(d->store, job, collect, &c), NULL);
	for (uint32_t i = 0; i < c.count; i++)
		ret[i] = c.rows[i].need.id;
	return c.count;
}

void after_put(struct dispatcher *d, uint64_t job, struct buf *out)
{
	struct collected c = {.count = 0};
	char id[JOB_ID_TEXT_MAX];

	turn_fail(d, store_each_need(d->store, job, collect, &c), NULL);
	wire_put_array(out, c.count);
	for (uint32_t i = 0; i < c.count; i++)
		wire_put_text(out, job_id_write(c.rows[i].need.id, id));
}

static void load_one(void *ctx, const struct need_row *r)
{
	turn_fact(ctx, &(struct fact){.kind = FACT_NEED,
			       .job.id = r->job,
			       .needs = &r->need,
			       .need_count = 1,
			       .need_state = r->state});
}

enum err after_load(struct dispatcher *d, struct errmsg *m)
{
	enum err e = store_each_open_need(d->store, load_one, d);

	return e ? err_say(m, e, "%s", store_words(d->store)) : ERR_OK;
}

/* --- filling --- */

/* Why a job could not be filled: lent to the order of its end, until the turn is over. */
struct unfilled {
	struct list node;
	struct evidence why;
	struct errmsg words;
};

/* The arguments of a job on their way. */
struct filling {
	struct dispatcher *d;
	const struct job *job;
	const struct action *action;
	uint64_t fingerprint;
	struct buf old, new;
	struct wire_message was, is;
};

/* What a path of keys and indexes, "data.0.id", leads to; NULL. */
static const struct wire_value *follow(const struct wire_value *v, struct str path)
{
	while (v && path.len) {
		const char *dot = memchr(path.at, '.', path.len);
		size_t len = dot ? (size_t)(dot - path.at) : path.len;
		char key[REF_MAX + 1];
		int64_t at;

		if (len > REF_MAX)
			return NULL;
		memcpy(key, path.at, len);
		key[len] = 0;
		if (wire_type(v) != WIRE_ARRAY)
			v = wire_get(v, key);
		else
			v = text_to_int(str_of(key), 0, UINT32_MAX, &at)
				    ? NULL
				    : wire_item(v, (uint32_t)at);
		path = dot ? (struct str){dot + 1, path.len - len - 1} : (struct str){0};
	}
	return v;
}

/* Writes one value of a result: text as it is, a whole number as text. */
static enum err put_at(struct buf *out, const struct job_record *r, struct str path)
{
	struct wire_message w = {0};
	char number[24];

	if (!r->ending.response.len || wire_open(&w, r->ending.response, NULL))
		return ERR_NOT_FOUND;
	const struct wire_value *v = follow(w.root, path);
	enum wire_type type = wire_type(v);
	if (type == WIRE_STR)
		wire_put_str(out, wire_str(v));
	if (type == WIRE_INT) {
		(void)snprintf(number, sizeof(number), "%lld", (long long)wire_int(v));
		wire_put_text(out, number);
	}
	wire_close(&w);
	return type == WIRE_STR || type == WIRE_INT ? ERR_OK : ERR_NOT_FOUND;
}

static enum err put_ref(struct filling *f, const struct wire_value *ref, struct errmsg *m)
{
	struct str name = wire_str(wire_get(ref, REF_KEY));
	struct str path = wire_str(wire_get(ref, REF_PATH));
	struct job_record r = {0};
	uint64_t id;

	enum err e = find(f->d, f->job->agent, name, &id);
	if (!e)
		e = store_get_job(f->d->store, id, &r);
	if (e || r.job.state != JOB_DONE)
		return err_say(m, ERR_NOT_FOUND, "the result of %.*s is not kept any more",
			STR_ARG(name));
	/* Settled, or a thread: its id is known though there is perhaps no answer of X. */
	if (r.ending.x_id.len &&
		(!path.len || str_is(path, "x_id") ||
			str_is(path, call_info((enum call)r.job.call)->x_id))) {
		wire_put_str(&f->new, r.ending.x_id);
		return ERR_OK;
	}
	if (!put_at(&f->new, &r, path))
		return ERR_OK;
	return err_say(m, ERR_NOT_FOUND, "the result of %.*s has no text or number at '%.*s'",
		STR_ARG(name), STR_ARG(path));
}

static enum err put_filled(struct filling *f, const struct wire_value *v, struct errmsg *m)
{
	enum err e = ERR_OK;

	if (is_ref(v))
		return put_ref(f, v, m);
	if (wire_type(v) != WIRE_ARRAY) {
		wire_put_value(&f->new, v);
		return ERR_OK;
	}
	wire_put_array(&f->new, wire_count(v));
	for (uint32_t i = 0; !e && i < wire_count(v); i++) {
		if (is_ref(wire_item(v, i)))
			e = put_ref(f, wire_item(v, i), m);
		else
			wire_put_value(&f->new, wire_item(v, i));
	}
	return e;
}

static enum err open_old(struct filling *f, struct errmsg *m)
{
	struct body body;
	enum err e = store_get_body(f->d->store, f->job->id, &body);

	if (e)
		return e;
	f->action = action_find(body.action);
	f->fingerprint = body.fingerprint;
	buf_put(&f->old, body.args.at, body.args.len);
	if (!f->action || f->old.err)
		return ERR_CORRUPT;
	return wire_open(&f->was, buf_view(&f->old), m);
}

static enum err put_all(struct filling *f, struct errmsg *m)
{
	const struct wire_value *args = f->was.root;
	enum err e = ERR_OK;

	wire_put_map(&f->new, wire_count(args));
	for (uint32_t i = 0; !e && i < wire_count(args); i++) {
		wire_put_str(&f->new, wire_key(args, i));
		e = put_filled(f, wire_at(args, i), m);
	}
	if (!e && f->new.err)
		return err_say(m, f->new.err, "the arguments became too big");
	return e ? e : wire_open(&f->is, buf_view(&f->new), m);
}

/* Checks and keeps what came out; what it changes of the job goes into *ret. */
static enum err keep(struct filling *f, struct job *ret, struct errmsg *m)
{
	struct dispatcher *d = f->d;
	struct draft draft = {.job = *f->job};

	draft.job.flags &= (uint16_t)~JOB_REFS;
	draft.body.action = str_of(f->action->name);
	enum err e = check_args(d, f->action, f->is.root, &draft, m);
	if (!e)
		e = guard_check(d, &draft, 0, m);
	if (e)
		return e;
	draft.body.fingerprint = f->fingerprint; /* of what came: the same key, the same job */
	draft.body.args = buf_view(&f->new);
	draft.body.mark = (struct str){(const char *)draft.mark, draft.mark_len};
	guard_kept(d, f->job, &draft);
	*ret = draft.job;
	turn_fail(d, store_put_args(d->store, f->job->id, &draft.body), NULL);
	return ERR_OK;
}

static enum err fill(
	struct dispatcher *d, const struct job *j, struct job *ret, struct errmsg *m)
{
	struct filling f = {.d = d, .job = j};

	buf_init(&f.old, ZSOCK_MESSAGE_MAX);
	buf_init(&f.new, ZSOCK_MESSAGE_MAX);
	enum err e = open_old(&f, m);
	if (e)
		turn_fail(d, e, NULL);
	if (!e)
		e = put_all(&f, m);
	if (!e)
		e = keep(&f, ret, m);
	wire_close(&f.was);
	wire_close(&f.is);
	buf_done(&f.old);
	buf_done(&f.new);
	return e;
}

static void refuse(struct dispatcher *d, const struct job *j, const struct errmsg *m)
{
	struct unfilled *u = mem_alloc(sizeof(*u));
	struct outcome no = {.class = OUTCOME_REFUSED, .cause = CAUSE_DEPENDENCY};

	if (!u) {
		turn_fail(d, ERR_NOMEM, NULL);
		return;
	}
	u->words = *m;
	u->why.message = str_of(u->words.text);
	list_append(&d->unfilled, &u->node);
	turn_fact(d,
		&(struct fact){.kind = FACT_FILLED, .job = *j, .outcome = &no, .tag = &u->why});
}

void after_fill(struct dispatcher *d, const struct order *o)
{
	struct job filled;
	struct errmsg m = {0};

	enum err e = fill(d, &o->job, &filled, &m);
	if (d->failed)
		return;
	if (e)
		refuse(d, &o->job, &m);
	else
		turn_fact(d, &(struct fact){.kind = FACT_FILLED, .job = filled});
}

void after_turn_over(struct dispatcher *d)
{
	for (struct list *at; (at = list_pop(&d->unfilled));)
		mem_free(LIST_ITEM(at, struct unfilled, node));
}
