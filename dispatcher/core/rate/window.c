#include "dispatcher/core/rate/window.h"

#include "dispatcher/core/mistake.h"

#define PAD_MAX     USEC_SEC
#define PAD_DIVISOR 900 /* 1 s in 15 minutes */
#define STRIKE      (15 * USEC_MIN)
#define STRIKE_OVER (2 * USEC_SEC) /* when X named a reset that has passed */
#define STRIKES_MAX 4              /* doublings: 4 hours; or fourfold: 9 minutes */
#define LIMIT_MAX   1000000000     /* no limit of X comes near; more is nonsense */

usec_t window_pad(usec_t length)
{
	usec_t pad = length / PAD_DIVISOR;

	if (MISTAKE(MISTAKE_NO_PAD))
		return 0;
	return pad < PAD_MAX ? pad : PAD_MAX;
}

/* The latest believable reset: X's clock and ours may differ a little. */
static usec_t furthest(const struct window *w, usec_t wall)
{
	return wall + w->row.length + w->row.length / 10 + 5 * USEC_SEC;
}

static usec_t own_reset(const struct window *w, usec_t wall)
{
	return wall + w->row.length + window_pad(w->row.length);
}

/* The window that was open is over. What X may count in the one after it is taken along. */
static void roll(struct window *w, usec_t wall)
{
	usec_t over_at = w->row.resets_at;

	w->row.used = w->in_flight;
	w->row.resets_at = w->in_flight ? own_reset(w, wall) : 0;
	if (w->carry && over_at + w->row.length > wall) {
		w->row.used += w->carry;
		if (!w->in_flight)
			w->row.resets_at = over_at + w->row.length;
	}
	w->carry = 0;
	w->own = 0;
	w->said = 0;
	w->answered = false;
	w->tried = false;
	w->row.told = false;
	w->dirty = true;
}

/* Brings w to `wall`. Instants that only a clock which has since stepped back can have set are
 * mended. */
static void advance(struct window *w, usec_t wall)
{
	if (w->closed_until > wall + USEC_DAY + 5 * USEC_SEC)
		w->closed_until = wall + w->row.length;
	if (w->closed_until <= wall)
		w->closed_until = 0;
	if (w->row.resets_at == 0)
		return;
	if (w->row.resets_at > furthest(w, wall)) {
		w->row.resets_at = own_reset(w, wall);
		w->dirty = true;
	}
	if (wall >= w->row.resets_at)
		roll(w, wall);
}

/* Whether X's reset is so near, before or after, that nobody knows where X would count. */
static bool is_grey(const struct window *w, usec_t wall)
{
	return w->row.resets_at && wall >= w->row.resets_at - 2 * window_pad(w->row.length);
}

void window_init(struct window *w, const struct limit *limit, uint32_t owner)
{
	ASSERT(limit->limit >= 1 && limit->length >= 1);
	*w = (struct window){
		.row = {.owner = owner,
			.family = limit->family,
			.scope = limit->scope,
			.length = limit->length,
			.limit = limit->limit},
		.table_limit = limit->limit,
	};
}

void window_load(struct window *w, const struct window_row *row, usec_t wall)
{
	w->row = *row;
	w->own = row->used;
	w->said = 0;
	w->answered = false;
	w->tried = false;
	advance(w, wall);
	w->dirty = false;
}

void window_set_limit(struct window *w, int64_t limit)
{
	ASSERT(limit >= 1);
	w->table_limit = limit;
	if (!w->row.learned)
		w->row.limit = limit;
}

/* Nothing was answered in this window yet, and an answer would say how much of it there is. */
static bool is_unknown(const struct window *w)
{
	bool speaks = w->row.learned || w->is_spoken_of;

	return speaks && !w->tried && !w->row.told && w->row.length >= USEC_MIN;
}

/* Whether its first request, which is under way, goes alone. */
static bool is_asked(const struct window *w, usec_t wall)
{
	return is_unknown(w) && (w->reserved || w->in_flight) && wall < w->alone_until &&
	       w->alone_until <= wall + WINDOW_ALONE;
}

bool window_is_asked(const struct window *w, usec_t wall)
{
	struct window then = *w;

	advance(&then, wall);
	return is_asked(&then, wall);
}

int64_t window_left(const struct window *w, usec_t wall)
{
	struct window then = *w;

	advance(&then, wall);
	if (then.closed_until || is_grey(&then, wall))
		return 0;
	int64_t reserved = MISTAKE(MISTAKE_NO_RESERVE) ? 0 : then.reserved;
	int64_t room = then.row.limit - then.row.used - reserved;
	return room > 0 ? room : 0;
}

int64_t window_room(const struct window *w, usec_t wall)
{
	int64_t left = window_left(w, wall);
	struct window then = *w;

	advance(&then, wall);
	if (is_asked(&then, wall))
		return 0;
	bool is_first = is_unknown(&then) && !then.reserved && !then.in_flight;
	return is_first && left > 1 ? 1 : left;
}

bool window_has_room(const struct window *w, usec_t wall)
{
	return window_room(w, wall) > 0;
}

bool window_may_charge(const struct window *w, usec_t wall)
{
	struct window then = *w;

	advance(&then, wall);
	return !then.closed_until && !is_grey(&then, wall) && then.row.used < then.row.limit;
}

usec_t window_ready_at(const struct window *w, usec_t wall)
{
	struct window then = *w;
	usec_t at;

	if (window_has_room(w, wall))
		return wall;
	advance(&then, wall);
	if (is_asked(&then, wall) && window_left(w, wall) > 0)
		return then.alone_until;
	if (then.closed_until > wall && window_has_room(w, then.closed_until))
		return then.closed_until; /* it was closed, not used up */
	if (then.row.resets_at)
		at = then.row.resets_at;
	else
		at = then.closed_until ? wall
				       : own_reset(&then, wall); /* all of it is reserved */
	return at > then.closed_until ? at : then.closed_until;
}

usec_t window_nth_at(const struct window *w, uint64_t n, usec_t wall, uint64_t *ret_within)
{
	uint64_t room = (uint64_t)window_left(w, wall);
	struct window then = *w;

	*ret_within = n;
	if (n < room)
		return wall;
	*ret_within = (n - room) % (uint64_t)w->row.limit;
	advance(&then, wall);
	usec_t opens = then.row.resets_at ? then.row.resets_at : own_reset(&then, wall);
	uint64_t windows = (n - room) / (uint64_t)then.row.limit;
	usec_t each = then.row.length + window_pad(then.row.length);
	if (windows > (uint64_t)((USEC_NEVER - opens) / each))
		return USEC_NEVER;
	opens += (usec_t)windows * each;
	return opens > then.closed_until ? opens : then.closed_until;
}

void window_reserve(struct window *w, usec_t wall)
{
	if (!w->reserved && !w->in_flight)
		w->alone_until = wall + WINDOW_ALONE;
	w->reserved++;
}

void window_release(struct window *w)
{
	ASSERT(w->reserved > 0);
	w->reserved--;
}

void window_charge(struct window *w, usec_t wall)
{
	window_release(w);
	advance(w, wall);
	if (!w->row.resets_at)
		w->row.resets_at = own_reset(w, wall);
	w->row.used++;
	w->own++;
	w->in_flight++;
	w->charges++;
	w->dirty = true;
}

void window_adopt(struct window *w)
{
	w->in_flight++;
}

void window_refund(struct window *w)
{
	ASSERT(w->in_flight > 0);
	w->in_flight--;
	if (w->row.used > 0)
		w->row.used--;
	if (w->own > 0)
		w->own--;
	w->dirty = true;
}

void window_settle(struct window *w, bool counted, usec_t wall)
{
	ASSERT(w->in_flight > 0);
	advance(w, wall);
	w->in_flight--;
	if (!w->spoken) {
		w->silent++;
		w->silent_at = w->charges;
	}
	w->spoken = false;
	if (is_grey(w, wall))
		w->carry++;
	if (w->row.resets_at && !w->answered && !w->row.told &&
		own_reset(w, wall) > w->row.resets_at) {
		w->row.resets_at = own_reset(w, wall); /* X's window opened at the latest now */
		w->dirty = true;
	}
	w->answered |= counted;
	w->tried |= counted && !w->stale;
	w->stale = false;
}

/* Takes over the limit that X named. True when it is another than before. */
static bool believe_limit(struct window *w, int64_t limit)
{
	bool drift = limit != w->row.limit;

	w->row.limit = limit;
	w->row.learned = true;
	w->strikes = 0;
	return drift;
}

/* How many X may have counted without saying so, when it answered the one that left then. */
static int32_t unspoken(struct window *w, uint64_t charges_then)
{
	w->spoken = true;
	if (charges_then > w->silent_at)
		w->silent = 0;
	return w->silent;
}

bool window_learn(
	struct window *w, const struct rate_seen *seen, uint64_t charges_then, usec_t wall)
{
	usec_t pad = window_pad(w->row.length);

	w->stale = seen->resets_at <= wall - pad;
	if (seen->limit < 1 || seen->limit > LIMIT_MAX || w->stale)
		return false;
	advance(w, wall);
	usec_t reset = seen->resets_at + pad;
	if (seen->resets_at > furthest(w, wall))
		reset = w->row.resets_at ? w->row.resets_at : own_reset(w, wall);
	if (w->row.told && reset < w->row.resets_at)
		return false; /* it speaks of a window that is over, or X contradicts itself */

	int64_t remaining = seen->remaining < 0 ? 0 : seen->remaining;
	int64_t used = remaining > seen->limit ? 0 : seen->limit - remaining;
	if (w->row.told && reset > w->row.resets_at) {
		w->carry = 0; /* another window: what counted in the one before is gone */
		w->own = 0;
		w->said = 0;
		w->row.used = 0;
	}
	w->said = used > w->said ? used : w->said;
	int32_t silent = unspoken(w, charges_then);
	int64_t under_way = w->in_flight ? w->in_flight - 1 : 0;
	if (under_way || silent) {
		used += under_way + silent;
		used = used > w->row.used ? used : w->row.used;
	} else {
		used = w->said > w->own ? w->said : w->own;
	}
	w->row.used = used;
	w->row.resets_at = reset;
	w->row.told = true;
	w->dirty = true;
	return believe_limit(w, seen->limit);
}

void window_rest(struct window *w, usec_t until, usec_t wall)
{
	advance(w, wall);
	if (until > w->closed_until)
		w->closed_until = until < wall + USEC_DAY ? until : wall + USEC_DAY;
}

void window_close(struct window *w, usec_t until, usec_t wall)
{
	advance(w, wall);
	if (until <= wall)
		return;
	if (until > wall + USEC_DAY)
		until = wall + USEC_DAY;
	w->closed_until = until;
	if (w->row.used < w->row.limit)
		w->row.used = w->row.limit;
	if (until > w->row.resets_at)
		w->row.resets_at = until < furthest(w, wall) ? until : furthest(w, wall);
	w->dirty = true;
}

usec_t window_strike(struct window *w, bool over)
{
	usec_t wait = over ? STRIKE_OVER << 2 * w->strikes : STRIKE << w->strikes;

	if (w->strikes < STRIKES_MAX)
		w->strikes++;
	return wait;
}
