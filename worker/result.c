#include "worker/result.h"

#include "common/base/failpoint.h"
#include "common/json/json.h"
#include "common/wire/write.h"

/* One result at most: numbers in MessagePack may take twice what they took as text. */
#define RESULT_BYTES (3 * RESPONSE_KEEP_MAX)

static void put_rate(struct buf *b, const struct rate_seen rate[RATE_GROUPS])
{
	wire_put_text(b, "rate");
	wire_put_array(b, RATE_GROUPS);
	for (size_t i = 0; i < RATE_GROUPS; i++) {
		if (!rate[i].limit) {
			wire_put_nil(b);
			continue;
		}
		wire_put_array(b, 3);
		wire_put_int(b, rate[i].limit);
		wire_put_int(b, rate[i].remaining);
		wire_put_int(b, rate[i].resets_at / USEC_MSEC);
	}
}

static bool has_rate(const struct outcome *o)
{
	for (size_t i = 0; i < RATE_GROUPS; i++)
		if (o->rate[i].limit)
			return true;
	return false;
}

/* The pairs that most results do without; returns how many. */
static uint32_t put_extras(struct buf *b, const struct attempt *a)
{
	static const char *const looks[] = {"none", "found", "absent", "cannot"};
	const struct outcome *o = &a->response.outcome;
	uint32_t pairs = 0;

	if (o->park_until)
		wire_pair_int(b, "park_until", o->park_until / USEC_MSEC), pairs++;
	if (has_rate(o))
		put_rate(b, o->rate), pairs++;
	if (o->x_id[0])
		wire_pair_text(b, "x_id", o->x_id), pairs++;
	if (o->look != LOOK_NONE)
		wire_pair_text(b, "look", looks[o->look]), pairs++;
	if (a->found) {
		wire_put_text(b, "found");
		json_to_wire(a->found, b), pairs++;
	}
	if (a->response.message[0])
		wire_pair_text(b, "message", a->response.message), pairs++;
	return pairs;
}

static void encode(struct attempt *a, bool whole)
{
	const struct outcome *o = &a->response.outcome;
	struct buf *b = &a->encoded;

	buf_init(b, RESULT_BYTES);
	size_t mark = wire_map_later(b);
	wire_pair_int(b, "job", a->job);
	wire_pair_int(b, "lease", a->lease);
	wire_pair_text(b, "class", outcome_class_name(o->class));
	wire_pair_text(b, "cause", outcome_cause_name(o->cause));
	wire_pair_int(b, "status", o->http_status);
	wire_pair_int(b, "objects", o->objects);
	uint32_t pairs = 6 + put_extras(b, a);
	if (whole) {
		wire_put_text(b, "response");
		json_to_wire(a->response.body, b), pairs++;
	}
	wire_map_end(b, mark, pairs);
}

enum err result_of(struct attempt *a, struct str *ret)
{
	(void)FAILPOINT(FAIL_RESULT);
	bool whole = a->response.body && !a->response.too_big;
	struct buf *b = &a->encoded;

	if (!b->data) {
		encode(a, whole);
		if (b->err && whole) {
			buf_done(b);
			encode(a, false);
		}
	}
	enum err e = b->err;
	if (e) {
		buf_done(b);
		return e;
	}
	response_done(&a->response);
	*ret = buf_view(b);
	return ERR_OK;
}
