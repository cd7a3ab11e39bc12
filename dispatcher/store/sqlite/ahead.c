#include "dispatcher/store/sqlite/ahead.h"

#include <pthread.h>

#include "common/base/mem.h"

#define BATCH 1024u /* jobs that change hands at once */

struct batch {
	struct job jobs[BATCH];
	uint32_t count;
	enum err end; /* ERR_OK: more follow */
	bool ready;   /* to be taken; else to be filled */
};

struct ahead {
	struct lite *l;
	sqlite3_stmt *st;
	ahead_read_fn *read;
	pthread_mutex_t lock; /* of `ready`, which says whose a batch is */
	pthread_cond_t changed;
	struct batch of[2];
};

/* Waits until the batch is this side's. */
static void await(struct ahead *a, struct batch *b, bool ready)
{
	pthread_mutex_lock(&a->lock);
	while (b->ready != ready)
		pthread_cond_wait(&a->changed, &a->lock);
	pthread_mutex_unlock(&a->lock);
}

static void hand_over(struct ahead *a, struct batch *b)
{
	pthread_mutex_lock(&a->lock);
	b->ready = !b->ready;
	pthread_cond_signal(&a->changed);
	pthread_mutex_unlock(&a->lock);
}

static void fill(struct ahead *a, struct batch *b)
{
	b->end = ERR_OK;
	for (b->count = 0; b->count < BATCH; b->count++) {
		b->end = a->read(a->l, a->st, &b->jobs[b->count]);
		if (b->end)
			return;
	}
}

static void *read_all(void *ctx)
{
	struct ahead *a = ctx;

	for (int i = 0;; i ^= 1) {
		struct batch *b = &a->of[i];

		await(a, b, false);
		fill(a, b);
		enum err end = b->end;
		hand_over(a, b);
		if (end)
			return NULL;
	}
}

static void give(const struct batch *b, store_job_fn *each, void *ctx)
{
	for (uint32_t i = 0; i < b->count; i++)
		each(ctx, &b->jobs[i]);
}

static enum err take_all(struct ahead *a, store_job_fn *each, void *ctx)
{
	for (int i = 0;; i ^= 1) {
		struct batch *b = &a->of[i];

		await(a, b, true);
		give(b, each, ctx);
		enum err end = b->end;
		hand_over(a, b);
		if (end)
			return end;
	}
}

static enum err read_and_take(struct ahead *a, store_job_fn *each, void *ctx)
{
	do {
		fill(a, &a->of[0]);
		give(&a->of[0], each, ctx);
	} while (!a->of[0].end);
	return a->of[0].end;
}

enum err ahead_each(
	struct lite *l, sqlite3_stmt *st, ahead_read_fn *read, store_job_fn *each, void *ctx)
{
	struct ahead *a = mem_alloc(sizeof(*a));
	pthread_t reader;
	enum err e;

	if (!a)
		return ERR_NOMEM;
	a->l = l;
	a->st = st;
	a->read = read;
	(void)pthread_mutex_init(&a->lock, NULL);
	(void)pthread_cond_init(&a->changed, NULL);
	if (pthread_create(&reader, NULL, read_all, a)) {
		e = read_and_take(a, each, ctx);
	} else {
		e = take_all(a, each, ctx);
		(void)pthread_join(reader, NULL);
	}
	(void)pthread_cond_destroy(&a->changed);
	(void)pthread_mutex_destroy(&a->lock);
	mem_free(a);
	return e == ERR_NOT_FOUND ? ERR_OK : e;
}
