#include "common/net/fetch.h"

#include <pthread.h>
#include <string.h>
#include <strings.h>

#include <curl/curl.h>

#include "common/base/list.h"
#include "common/base/mem.h"
#include "common/base/slab.h"
#include "common/net/fetch_call.h"
#include "common/net/loop.h"

/* A descriptor libcurl waits for. */
struct wait {
	struct fetch *f;
	int fd;
	uint32_t slot;
};

struct fetch {
	struct loop *l;
	CURLM *multi;
	struct loop_timer timer; /* always set, so that setting it cannot fail */
	struct slab waits;
	struct list active, idle;
	size_t concurrent, active_count;
	struct fetch_counts counts;
	bool calling; /* inside a done() */
};

/* libcurl keeps copies of headers and bodies: all of its memory is wiped. */
static void *curl_alloc(size_t n)
{
	return mem_grow(NULL, n ? n : 1);
}

static char *curl_dup(const char *s)
{
	return mem_dup(s, strlen(s));
}

static bool curl_is_ready;

static void start_curl(void)
{
	curl_is_ready = curl_global_init_mem(CURL_GLOBAL_DEFAULT, curl_alloc, mem_free_wiped,
				mem_grow_wiped, curl_dup, mem_array) == CURLE_OK;
}

static void count_end(struct fetch *f, enum fetch_end end)
{
	f->counts.answered += end == FETCH_ANSWERED;
	f->counts.unsent += end == FETCH_UNSENT;
	f->counts.unknown += end == FETCH_UNKNOWN;
}

/* Tells how c ended. */
static void finish(struct fetch *f, struct call *c, CURLcode code)
{
	struct fetch_answer a = call_answer(c, code);

	count_end(f, a.end);
	f->calling = true;
	c->done(c->ctx, &a);
	f->calling = false;
}

/* Ends every request that libcurl has finished with. */
static void drain(struct fetch *f)
{
	int left;

	for (CURLMsg *msg; (msg = curl_multi_info_read(f->multi, &left));) {
		CURLcode code = msg->data.result;
		CURL *easy = msg->easy_handle;
		struct call *c = NULL;

		ASSERT(msg->msg == CURLMSG_DONE);
		ASSERT(curl_easy_getinfo(easy, CURLINFO_PRIVATE, &c) == CURLE_OK && c);
		ASSERT(curl_multi_remove_handle(f->multi, easy) == CURLM_OK);
		list_remove(&c->node);
		f->active_count--;
		finish(f, c, code);
		call_reset(c);
		list_append(&f->idle, &c->node);
	}
}

/* Between libcurl and the loop */

static void on_ready(void *ctx, int events)
{
	struct wait *w = ctx;
	struct fetch *f = w->f;
	int still;

	/* LOOP_READ and LOOP_WRITE are libcurl's CURL_CSELECT_IN and CURL_CSELECT_OUT. */
	(void)curl_multi_socket_action(f->multi, w->fd, events, &still);
	drain(f);
}

static void on_timer(void *ctx)
{
	struct fetch *f = ctx;
	int still;

	ASSERT(loop_timer_set(f->l, &f->timer, USEC_NEVER) == ERR_OK);
	(void)curl_multi_socket_action(f->multi, CURL_SOCKET_TIMEOUT, 0, &still);
	drain(f);
}

/* libcurl wants to be called in so many ms; -1: not at all. */
static int want_timer(CURLM *multi, long ms, void *ctx)
{
	struct fetch *f = ctx;
	usec_t at = ms < 0 ? USEC_NEVER : loop_now(f->l).mono + ms * USEC_MSEC;

	(void)multi;
	ASSERT(loop_timer_set(f->l, &f->timer, at) == ERR_OK);
	return 0;
}

static struct wait *wait_new(struct fetch *f, int fd)
{
	uint32_t slot = slab_take(&f->waits);
	if (slot == SLAB_NONE)
		return NULL;

	struct wait *w = slab_at(&f->waits, slot);
	*w = (struct wait){.f = f, .fd = fd, .slot = slot};
	(void)curl_multi_assign(f->multi, fd, w);
	return w;
}

/*
 * libcurl wants to wait for fd, or no more. To refuse would end every request
 * under way; if it cannot be watched, only the one that needs it times out.
 */
static int want_socket(CURL *easy, curl_socket_t fd, int what, void *ctx, void *of_fd)
{
	struct fetch *f = ctx;
	struct wait *w = of_fd;

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		loop_unwatch(f->l, fd);
		if (w)
			slab_give(&f->waits, w->slot);
		return 0;
	}
	if (!w)
		w = wait_new(f, fd);
	enum err e = w ? loop_watch(f->l, fd, what, on_ready, w) : ERR_NOMEM;
	(void)e;
	return 0;
}

/* The door itself */

static bool set_up_multi(struct fetch *f)
{
	f->multi = curl_multi_init();
	if (!f->multi || loop_timer_set(f->l, &f->timer, USEC_NEVER))
		return false;
	return curl_multi_setopt(f->multi, CURLMOPT_SOCKETFUNCTION, want_socket) == CURLM_OK &&
	       curl_multi_setopt(f->multi, CURLMOPT_SOCKETDATA, f) == CURLM_OK &&
	       curl_multi_setopt(f->multi, CURLMOPT_TIMERFUNCTION, want_timer) == CURLM_OK &&
	       curl_multi_setopt(f->multi, CURLMOPT_TIMERDATA, f) == CURLM_OK &&
	       curl_multi_setopt(f->multi, CURLMOPT_MAXCONNECTS, (long)f->concurrent) ==
		       CURLM_OK;
}

struct fetch *fetch_new(struct loop *l, size_t concurrent)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	ASSERT(concurrent >= 1 && concurrent <= FETCH_CONCURRENT_MAX);
	(void)pthread_once(&once, start_curl);
	if (!curl_is_ready)
		return NULL;
	AUTO(fetch) f = mem_alloc(sizeof(*f));
	if (!f)
		return NULL;
	f->l = l;
	f->concurrent = concurrent;
	f->timer = (struct loop_timer){.fire = on_timer, .ctx = f};
	list_init(&f->active);
	list_init(&f->idle);
	slab_init(&f->waits, sizeof(struct wait));
	return set_up_multi(f) ? STEAL(f) : NULL;
}

static void free_calls(struct fetch *f, struct list *calls)
{
	for (struct list *node; (node = list_pop(calls));) {
		struct call *c = LIST_ITEM(node, struct call, node);

		(void)curl_multi_remove_handle(
			f->multi, c->easy); /* an idle one is not in it */
		call_free(c);
	}
}

void fetch_free(struct fetch *f)
{
	if (!f)
		return;
	ASSERT(!f->calling);
	free_calls(f, &f->active);
	free_calls(f, &f->idle);
	(void)curl_multi_cleanup(f->multi);
	loop_timer_cancel(f->l, &f->timer);
	slab_done(&f->waits);
	mem_free(f);
}

static struct call *idle_call(struct fetch *f)
{
	struct list *node = list_pop(&f->idle);

	return node ? LIST_ITEM(node, struct call, node) : call_new();
}

enum err fetch_start(
	struct fetch *f, const struct fetch_request *r, fetch_done *done, void *ctx)
{
	if (f->active_count == f->concurrent)
		return ERR_UNAVAILABLE;
	struct call *c = idle_call(f);
	if (!c)
		return ERR_NOMEM;

	enum err e = call_prepare(c, r);
	if (!e && curl_multi_add_handle(f->multi, c->easy) != CURLM_OK)
		e = ERR_NOMEM;
	if (e) {
		call_reset(c);
		list_append(&f->idle, &c->node);
		return e;
	}
	c->done = done;
	c->ctx = ctx;
	list_append(&f->active, &c->node);
	f->active_count++;
	f->counts.started++;
	return ERR_OK;
}

size_t fetch_active(const struct fetch *f)
{
	return f->active_count;
}

struct str fetch_header(const struct fetch_answer *a, const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < a->header_count; i++)
		if (a->headers[i].name.len == len &&
			strncasecmp(a->headers[i].name.at, name, len) == 0)
			return a->headers[i].value;
	return (struct str){0};
}

struct fetch_counts fetch_counts(const struct fetch *f)
{
	return f->counts;
}
