#include "dispatcher/requests/thread.h"

#include <stdio.h>
#include <string.h>

#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/wire/write.h"
#include "common/xapi/check.h"
#include "dispatcher/requests/after.h"
#include "dispatcher/requests/present.h"

#define ARGS_BYTES ((size_t)1536 * 1024) /* of the posts of one thread */

struct part {
	struct draft draft;
	struct wire_message
		message; /* its arguments, with a `to`; the first has none of its own */
	size_t from, to; /* in the thread's texts */
};

struct thread {
	struct part *parts; /* owned */
	uint32_t count;
	bool patient;
	char batch[JOB_ID_TEXT_MAX];
	struct buf texts;
};

void thread_free(struct thread *t)
{
	if (!t)
		return;
	for (uint32_t i = 0; t->parts && i < t->count; i++)
		wire_close(&t->parts[i].message);
	mem_free(t->parts);
	buf_done(&t->texts);
	mem_free(t);
}

uint32_t thread_count(const struct draft *whole)
{
	return whole->thread ? whole->thread->count : 0;
}

struct draft *thread_post(const struct draft *whole, uint32_t i)
{
	ASSERT(i < thread_count(whole));
	return &whole->thread->parts[i].draft;
}

/* --- reading --- */

void draft_put_answer(struct buf *out, const struct wire_value *args, uint64_t previous)
{
	uint32_t count = wire_count(args);
	bool has_to = wire_get(args, "to") != NULL;
	char id[JOB_ID_TEXT_MAX];

	wire_put_map(out, count + !has_to);
	wire_put_text(out, "to");
	wire_put_map(out, 2);
	wire_pair_text(out, REF_KEY, job_id_write(previous, id));
	wire_pair_text(out, REF_PATH, "data.id");
	for (uint32_t i = 0; i < count; i++) {
		if (str_is(wire_key(args, i), "to"))
			continue;
		wire_put_str(out, wire_key(args, i));
		wire_put_value(out, wire_at(args, i));
	}
}

/* The arguments of all but the first, each with a `to` whose job is not known yet. */
static enum err write_posts(struct thread *t, const struct wire_value *posts, struct errmsg *m)
{
	for (uint32_t i = 1; i < t->count; i++) {
		t->parts[i].from = t->texts.len;
		draft_put_answer(&t->texts, wire_item(posts, i), 0);
		t->parts[i].to = t->texts.len;
	}
	return t->texts.err ? err_say(m, ERR_TOO_BIG, "the thread is too big") : ERR_OK;
}

/* What a post has of the whole. */
static struct draft like_whole(const struct draft *whole, bool first)
{
	struct draft f = {.job = whole->job, .body = whole->body, .meta = whole->meta};

	f.job.flags &= JOB_ASK;
	f.job.state = first ? whole->job.state : JOB_READY;
	f.body.key = (struct str){0};
	f.body.fingerprint = 0;
	f.body.max_price = BODY_ANY_PRICE; /* the whole was held to it */
	f.body.action = str_of(first ? "post" : "reply");
	return f;
}

static enum err read_post(struct dispatcher *d, struct draft *whole, uint32_t i,
	const struct wire_value *posts, struct errmsg *m)
{
	struct thread *t = whole->thread;
	struct part *p = &t->parts[i];
	const struct wire_value *args = wire_item(posts, i);
	struct str text = {(const char *)t->texts.data + p->from, p->to - p->from};

	if (i > 0) {
		enum err e = wire_open(&p->message, text, m);

		if (e)
			return e;
		args = p->message.root;
	}
	p->draft = like_whole(whole, i == 0);
	enum err e = check_args(d, action_find(p->draft.body.action), args, &p->draft, m);
	if (!e)
		e = core_may_cost(d->core, p->draft.job.agent, p->draft.job.account,
			p->draft.job.price, d->now, m);
	return e ? err_at(m, e, "args.posts[%u]", i) : ERR_OK;
}

enum err thread_read(struct dispatcher *d, const struct wire_value *args, struct draft *whole,
	struct errmsg *m)
{
	const struct wire_value *posts = wire_get(args, "posts");
	struct thread *t = mem_alloc(sizeof(*t));

	if (!t)
		return ERR_NOMEM;
	whole->thread = t;
	buf_init(&t->texts, ARGS_BYTES);
	t->patient = str_is(wire_str(wire_get(args, "on_failure")), "wait");
	t->parts = mem_array(wire_count(posts), sizeof(*t->parts));
	if (!t->parts)
		return ERR_NOMEM;
	t->count = wire_count(posts);
	enum err e = write_posts(t, posts, m);
	for (uint32_t i = 0; !e && i < t->count; i++)
		e = read_post(d, whole, i, posts, m);
	whole->job.flags |= JOB_WHOLE;
	whole->job.state = JOB_READY;
	whole->job.price = 0;               /* the posts cost */
	whole->job.expires_at = USEC_NEVER; /* they expire, and it fails with them */
	return e;
}

static void comes_after(struct draft *f, uint64_t id, bool patient)
{
	f->needs[f->need_count] = (struct need){.id = id, .patient = patient};
	f->need_of[f->need_count++] = 0;
	f->job.flags |= JOB_AFTER;
}

void thread_number(struct draft *whole, uint64_t first)
{
	struct thread *t = whole->thread;
	struct draft *post = thread_post(whole, 0);

	memcpy(post->needs, whole->needs, sizeof(post->needs));
	memcpy(post->need_of, whole->need_of, sizeof(post->need_of));
	post->need_count = whole->need_count;
	post->job.flags |= whole->job.flags & JOB_AFTER;
	whole->need_count = 0;
	whole->job.id = first;
	job_id_write(first, t->batch);
	for (uint32_t i = 0; i < t->count; i++) {
		post = thread_post(whole, i);
		post->job.id = first + 1 + i;
		if (!post->body.batch.len)
			post->body.batch = str_of(t->batch);
		comes_after(whole, post->job.id, t->patient);
		if (i == 0)
			continue;
		post->job.not_before = 0;
		post->previous = post->job.id - 1;
		comes_after(post, post->previous, t->patient);
	}
}

/* --- the end --- */

/* A thread as it stands when its whole ends. */
struct standing {
	struct {
		uint64_t id;
		char x_id[STORE_X_ID_MAX]; /* "": it was not posted */
	} posts[THREAD_MAX];
	uint32_t count, posted;
};

static void look(struct dispatcher *d, uint64_t whole, struct standing *s)
{
	uint64_t ids[NEEDS_MAX];
	struct job_record r;
	uint32_t n = after_ids(d, whole, ids);

	*s = (struct standing){.count = n < THREAD_MAX ? n : THREAD_MAX};
	for (uint32_t i = 0; i < s->count; i++) {
		s->posts[i].id = ids[i];
		if (store_get_job(d->store, ids[i], &r) || r.job.state != JOB_DONE ||
			r.ending.x_id.len >= STORE_X_ID_MAX || !r.ending.x_id.len)
			continue;
		memcpy(s->posts[i].x_id, r.ending.x_id.at, r.ending.x_id.len);
		s->posted++;
	}
}

static void put_ids(const struct standing *s, struct buf *out)
{
	wire_put_map(out, 1);
	wire_put_text(out, "data");
	wire_put_map(out, 2);
	wire_pair_text(out, "id", s->posts[0].x_id);
	wire_put_text(out, "ids");
	wire_put_array(out, s->posted);
	for (uint32_t i = 0; i < s->count; i++)
		if (s->posts[i].x_id[0])
			wire_put_text(out, s->posts[i].x_id);
}

static bool wants_delete(struct dispatcher *d, uint64_t whole)
{
	struct wire_message args = {0};
	struct body body;
	bool wants = !store_get_body(d->store, whole, &body) &&
		     !wire_open(&args, body.args, NULL) &&
		     str_is(wire_str(wire_get(args.root, "on_failure")), "delete");

	wire_close(&args);
	return wants;
}

/* A job of the dispatcher's own making, in the name of the thread's agent. */
static void delete_post(
	struct dispatcher *d, const struct job *whole, const char *batch, const char *x_id)
{
	struct draft f = {.job = {.agent = whole->agent,
				  .account = whole->account,
				  .priority = whole->priority,
				  .max_attempts = whole->max_attempts,
				  .expires_at = USEC_NEVER,
				  .state = JOB_READY}};
	const struct action *a = action_find(str_of("delete_post"));
	struct wire_message args = {0};
	struct errmsg m = {0};
	struct buf b;

	buf_init(&b, 256);
	wire_put_map(&b, 1);
	wire_pair_text(&b, "post", x_id);
	f.body = (struct body){.enqueued_at = d->now.wall,
		.max_price = BODY_ANY_PRICE,
		.action = str_of(a->name),
		.batch = str_of(batch),
		.args = buf_view(&b)};
	enum err e = wire_open(&args, f.body.args, &m);
	if (!e)
		e = check_args(d, a, args.root, &f, &m);
	f.job.id = d->last_id + 1;
	struct fact fact = {.kind = FACT_ENQUEUE, .job = f.job};
	if (!e && !turn_fail(d, store_put_job(d->store, &f.job, &f.body), NULL))
		e = core_feed(d->core, &fact, d->now, &m);
	if (!e)
		d->last_id++;
	else
		log_event(
			LOG_THREAD_LEFT, "thread=%s post=%s words=\"%s\"", batch, x_id, m.text);
	wire_close(&args);
	buf_done(&b);
}

static void delete_all(struct dispatcher *d, const struct job *whole, const struct standing *s)
{
	char batch[JOB_ID_TEXT_MAX];

	job_id_write(whole->id, batch);
	for (uint32_t i = s->count; i-- > 0 && !d->failed;)
		if (s->posts[i].x_id[0])
			delete_post(d, whole, batch, s->posts[i].x_id);
}

static void say_failed(
	const struct order *o, const struct standing *s, bool deleted, struct thread_end *ret)
{
	char id[JOB_ID_TEXT_MAX];
	uint32_t at = 0;

	while (at < s->count && s->posts[at].id != o->about)
		at++;
	(void)snprintf(ret->words, sizeof(ret->words),
		"post %u of %u (%s) did not end well; %u %s posted%s", at + 1, s->count,
		job_id_write(o->about, id), s->posted, s->posted == 1 ? "was" : "were",
		deleted && s->posted ? ", and will be deleted" : "");
}

void thread_ended(
	struct dispatcher *d, const struct order *o, struct ending *e, struct thread_end *ret)
{
	struct standing s;

	*ret = (struct thread_end){0};
	buf_init(&ret->response, 2048);
	look(d, o->job.id, &s);
	put_ids(&s, &ret->response);
	e->response = buf_view(&ret->response);
	memcpy(ret->x_id, s.posts[0].x_id, sizeof(ret->x_id));
	e->x_id = str_of(ret->x_id);
	if (!o->about)
		return;
	bool deletes = wants_delete(d, o->job.id);
	say_failed(o, &s, deletes, ret);
	e->message = str_of(ret->words);
	if (deletes)
		delete_all(d, &o->job, &s);
}

void thread_end_done(struct thread_end *t)
{
	buf_done(&t->response);
}
