#include "dispatcher/edge/events.h"

#include <stdio.h>
#include <string.h>

#include "common/base/mem.h"

/* What stands before each body in `bytes`. */
struct head {
	char topic[EVENT_TOPIC_MAX];
	size_t len;
};

struct events {
	struct zsock *z;
	struct buf bytes; /* head, body, head, body ... */
	size_t at;        /* of the head of the one that is open */
	struct events_counts counts;
};

enum err events_open(const char *endpoint, struct events **ret, struct errmsg *m)
{
	AUTO(events) e = mem_alloc(sizeof(*e));

	if (!e)
		return ERR_NOMEM;
	buf_init(&e->bytes, EVENTS_BYTES_MAX);
	enum err failed = zsock_open(ZSOCK_PUB, &e->z, m);
	if (!failed)
		failed = zsock_bind(e->z, endpoint, m);
	if (failed)
		return failed;
	*ret = STEAL(e);
	return ERR_OK;
}

void events_free(struct events *e)
{
	if (!e)
		return;
	zsock_free(e->z);
	buf_done(&e->bytes);
	mem_free(e);
}

bool events_are_heard(struct events *e)
{
	return zsock_is_heard(e->z);
}

struct buf *events_begin(struct events *e, const char *topic)
{
	struct head h = {.len = 0};

	(void)snprintf(h.topic, sizeof(h.topic), "%s", topic);
	e->at = e->bytes.len;
	buf_put(&e->bytes, &h, sizeof(h));
	return &e->bytes;
}

void events_put(struct events *e)
{
	struct head h;

	if (e->bytes.err) {
		e->bytes.err = ERR_OK;
		e->bytes.len = e->at;
		e->counts.dropped++;
		return;
	}
	memcpy(&h, e->bytes.data + e->at, sizeof(h));
	h.len = e->bytes.len - e->at - sizeof(h);
	memcpy(e->bytes.data + e->at, &h, sizeof(h));
}

void events_flush(struct events *e)
{
	for (size_t at = 0; at < e->bytes.len;) {
		struct head h;

		memcpy(&h, e->bytes.data + at, sizeof(h));
		at += sizeof(h);
		if (zsock_publish(e->z, h.topic,
			    (struct str){(const char *)e->bytes.data + at, h.len}))
			e->counts.dropped++;
		else
			e->counts.published++;
		at += h.len;
	}
	buf_reset(&e->bytes);
}

void events_drop(struct events *e)
{
	buf_reset(&e->bytes);
}

struct events_counts events_counts(const struct events *e)
{
	return e->counts;
}
