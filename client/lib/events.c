#include <stdio.h>

#include "common/base/mem.h"
#include "common/json/json.h"
#include "common/net/loop.h"
#include "common/net/zsock.h"
#include "roost/roost.h"

#define ENDPOINT_DEFAULT "tcp://127.0.0.1:7703"
#define EVENT_MAX        65536 /* bytes of one event as JSON */

struct roost_events {
	struct loop *loop;
	struct zsock *z;
	char *next; /* owned: the event that came, as JSON */
};

static enum roost_status fail(struct roost_error *e, enum roost_status s, const char *words)
{
	if (!e)
		return s;
	*e = (struct roost_error){0};
	(void)snprintf(e->message, sizeof(e->message), "%s", words);
	return s;
}

/* A body as JSON text; NULL when it is none. */
static char *as_json(struct str body)
{
	struct wire_message w = {0};
	AUTO_JSON event = NULL;
	char *ret = NULL;
	struct buf b;
	size_t len;

	buf_init(&b, EVENT_MAX);
	if (!wire_open(&w, body, NULL) && !json_from_wire(w.root, &event)) {
		json_write(event, &b);
		buf_byte(&b, 0);
	}
	wire_close(&w);
	if (event && !b.err)
		ret = (char *)buf_take(&b, &len);
	buf_done(&b);
	return ret;
}

/* Takes one event at a time: the rest waits in the socket. */
static void ready(void *ctx, int happened)
{
	struct roost_events *ev = ctx;
	struct zmessage z;

	(void)happened;
	while (!ev->next && zsock_receive(ev->z, &z))
		if (!z.malformed)
			ev->next = as_json(z.body);
}

enum roost_status roost_events_open(const char *endpoint, const char *prefix,
	struct roost_events **ret, struct roost_error *e)
{
	struct roost_events *ev = mem_alloc(sizeof(*ev));
	struct errmsg m = {0};

	if (!ev)
		return fail(e, ROOST_FAILED, "out of memory");
	ev->loop = loop_new(&clock_system);
	if (!ev->loop || zsock_open(ZSOCK_SUB, &ev->z, &m) ||
		zsock_connect(ev->z, endpoint ? endpoint : ENDPOINT_DEFAULT, &m) ||
		zsock_subscribe(ev->z, prefix ? prefix : "") ||
		loop_add_socket(ev->loop, ev->z, ready, ev)) {
		roost_events_close(ev);
		return fail(e, ROOST_FAILED, m.text[0] ? m.text : "out of memory");
	}
	*ret = ev;
	return ROOST_OK;
}

void roost_events_close(struct roost_events *ev)
{
	if (!ev)
		return;
	if (ev->z && ev->loop)
		loop_remove_socket(ev->loop, ev->z);
	zsock_free(ev->z);
	loop_free(ev->loop);
	mem_free(ev->next);
	mem_free(ev);
}

enum roost_status roost_events_next(
	struct roost_events *ev, int timeout_ms, char **ret_event, struct roost_error *e)
{
	usec_t until = loop_refresh(ev->loop).mono + timeout_ms * USEC_MSEC;

	*ret_event = NULL;
	ready(ev, 0);
	for (usec_t left = timeout_ms * USEC_MSEC; !ev->next && left > 0;
		left = until - loop_refresh(ev->loop).mono)
		if (loop_once(ev->loop, left))
			return fail(e, ROOST_FAILED, "waiting failed");
	*ret_event = STEAL(ev->next);
	return *ret_event ? ROOST_OK : fail(e, ROOST_TIMEOUT, "no event yet");
}
