#include "worker/worker.h"

#include <string.h>

#include "common/base/log.h"
#include "common/base/mem.h"
#include "worker/peer.h"

struct worker {
	struct loop *loop;
	struct fetch *fetch;
	char *api_url; /* owned */
	struct peer *peers[WORKER_DISPATCHERS_MAX];
	size_t peer_count;
	struct loop_timer drain_timer;
	bool draining;
};

static void after_round(void *ctx)
{
	struct worker *w = ctx;
	bool left = true;

	for (size_t i = 0; i < w->peer_count; i++) {
		peer_speak(w->peers[i]);
		left = left && peer_has_left(w->peers[i]);
	}
	if (left)
		loop_stop(w->loop);
}

static char *without_slash(const char *url)
{
	size_t len = strlen(url);

	while (len && url[len - 1] == '/')
		len--;
	return mem_dup(url, len);
}

static enum err open_peers(struct worker *w, const struct worker_conf *conf, struct errmsg *m)
{
	uint32_t slots = conf->concurrency / (uint32_t)conf->dispatcher_count;
	struct peer_conf peer = {
		.loop = w->loop,
		.name = conf->name,
		.own = conf->own,
		.timeout = conf->timeout,
		.link.slots = slots ? slots : 1,
		.link.fetch = w->fetch,
		.link.base_url = w->api_url,
		.link.ca_file = conf->ca_file[0] ? conf->ca_file : NULL,
	};

	for (size_t i = 0; i < conf->dispatcher_count; i++) {
		peer.endpoint = conf->dispatchers[i];
		enum err e = peer_open(&peer, &w->peers[i], m);
		if (e)
			return e;
		w->peer_count++;
	}
	return ERR_OK;
}

enum err worker_open(
	struct loop *l, const struct worker_conf *conf, struct worker **ret, struct errmsg *m)
{
	size_t count = conf->dispatcher_count;
	AUTO(worker) w = mem_alloc(sizeof(*w));

	ASSERT(count >= 1 && count <= WORKER_DISPATCHERS_MAX && conf->concurrency >= 1);
	if (!w)
		return err_say(m, ERR_NOMEM, "%s", err_text(ERR_NOMEM));
	w->loop = l;
	w->api_url = without_slash(conf->api_url);
	w->fetch = fetch_new(l, conf->concurrency < count ? count : conf->concurrency);
	if (!w->api_url || !w->fetch)
		return err_say(m, ERR_NOMEM, "%s", err_text(ERR_NOMEM));
	enum err e = open_peers(w, conf, m);
	if (e)
		return e;
	loop_after_round(l, after_round, w);
	loop_again(l); /* the first round says hello */
	*ret = STEAL(w);
	return ERR_OK;
}

void worker_free(struct worker *w)
{
	if (!w)
		return;
	fetch_free(w->fetch);
	for (size_t i = 0; i < w->peer_count; i++)
		peer_free(w->peers[i]);
	loop_timer_cancel(w->loop, &w->drain_timer);
	loop_after_round(w->loop, NULL, NULL);
	mem_free(w->api_url);
	mem_free(w);
}

static void drained_enough(void *ctx)
{
	struct worker *w = ctx;

	for (size_t i = 0; i < w->peer_count; i++)
		log_event(LOG_DRAIN_CUT, "endpoint=%s under_way=%u results=%u",
			peer_endpoint(w->peers[i]), peer_link(w->peers[i])->active,
			peer_link(w->peers[i])->held);
	loop_stop(w->loop);
}

void worker_drain(struct worker *w)
{
	usec_t at = loop_now(w->loop).mono + WORKER_DRAIN_MAX;

	if (w->draining) {
		loop_stop(w->loop);
		return;
	}
	w->draining = true;
	for (size_t i = 0; i < w->peer_count; i++)
		peer_drain(w->peers[i]);
	w->drain_timer = (struct loop_timer){.fire = drained_enough, .ctx = w};
	if (loop_timer_set(w->loop, &w->drain_timer, at))
		loop_stop(w->loop); /* no memory: leave now, what is under way will be looked up
				     */
}

enum err worker_end(const struct worker *w, struct errmsg *m)
{
	for (size_t i = 0; i < w->peer_count; i++)
		if (peer_spoken(w->peers[i]))
			return err_say(m, ERR_STATE,
				"the dispatcher at %s speaks version %lld of the worker "
				"protocol, this worker another; install the same release of "
				"both",
				peer_endpoint(w->peers[i]),
				(long long)peer_spoken(w->peers[i]));
	return ERR_OK;
}
