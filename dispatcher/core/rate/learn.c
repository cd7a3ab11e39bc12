/* learn.c - what X's answers say about the windows of a call */
#include "dispatcher/core/inside.h"

/* How well a window of the call fits what a group of headers speaks of; negative: not at all.
 */
static int fit(const struct window_row *row, bool own, enum rate_group group, int64_t limit)
{
	bool of_account = row->scope == LIMIT_ACCOUNT;

	if (group != RATE_ENDPOINT &&
		(row->length != USEC_DAY || of_account != (group == RATE_USER_DAY)))
		return -1;
	if (group != RATE_ENDPOINT)
		return own                   ? 1
		       : row->limit == limit ? 0
					     : -1; /* shared: by its own limit only */
	if (!own)
		return -1;
	return (of_account ? 4 : 0) + (row->limit == limit ? 2 : 0) +
	       (row->length < USEC_DAY ? 1 : 0);
}

/*
 * The window that a group of headers speaks of, as a place in the lease's draws; -1: none. The
 * endpoint's headers speak of the call's own window for the account, of that limit if there is
 * one, else a short one.
 */
static int window_of(
	const struct core *c, const struct lease *l, enum rate_group group, int64_t limit)
{
	int best = -1;
	int best_fit = -1;

	for (uint32_t i = 0; i < l->draws.count; i++) {
		const struct window_row *row = &counter_at(c, l->draws.slot[i])->w.row;
		int fits = fit(row, (l->draws.own & 1u << i) != 0, group, limit);

		if (fits <= best_fit)
			continue;
		best_fit = fits;
		best = (int)i;
	}
	return best;
}

/* Headers on an answer that refuses for another reason are believed only if they name the known
 * limit. */
static bool credible(
	const struct window *w, const struct outcome *o, const struct rate_seen *seen)
{
	if (o->class == OUTCOME_DONE || o->class == OUTCOME_LIMITED)
		return true;
	return seen->limit == w->row.limit;
}

void lease_learn(struct core *c, const struct lease *l, const struct outcome *o, usec_t wall)
{
	for (int group = 0; group < RATE_GROUPS; group++) {
		const struct rate_seen *seen = &o->rate[group];
		int i = seen->limit > 0 ? window_of(c, l, (enum rate_group)group, seen->limit)
					: -1;

		if (i < 0)
			continue;
		uint32_t slot = l->draws.slot[i];
		struct window *w = &counter_at(c, slot)->w;
		if (!credible(w, o, seen))
			continue;
		if (window_learn(w, seen, l->charges[i], wall)) {
			struct order *n = order_put(c, ORDER_NOTE);

			n->note = NOTE_DRIFT;
			n->window = w->row;
			c->counts.drift++;
		}
		counter_changed(c, slot);
	}
	pacer_learned(c, l);
}

static void close_until(struct core *c, uint32_t slot, usec_t until, usec_t wall)
{
	window_close(&counter_at(c, slot)->w, until, wall);
	counter_changed(c, slot);
}

/* The latest reset among the groups that are used up; 0: X named none. */
static usec_t latest_reset(const struct outcome *o, usec_t wall)
{
	usec_t latest = 0;

	for (int group = 0; group < RATE_GROUPS; group++) {
		const struct rate_seen *seen = &o->rate[group];

		if (seen->limit > 0 && seen->remaining <= 0 &&
			seen->resets_at > wall - USEC_SEC &&
			seen->resets_at < wall + USEC_DAY + USEC_MIN &&
			seen->resets_at > latest)
			latest = seen->resets_at;
	}
	return latest;
}

/* Whether the window that was used up is over: its 429 was long on its way. */
static bool is_over(const struct outcome *o, usec_t wall)
{
	for (int group = 0; group < RATE_GROUPS; group++)
		if (o->rate[group].limit > 0 && o->rate[group].remaining <= 0 &&
			o->rate[group].resets_at > wall - USEC_DAY)
			return true;
	return false;
}

usec_t lease_limited(
	struct core *c, const struct lease *l, const struct outcome *o, usec_t wall)
{
	usec_t latest = latest_reset(o, wall);
	bool closed = false;

	for (int group = 0; latest && group < RATE_GROUPS; group++) {
		const struct rate_seen *seen = &o->rate[group];
		int i = seen->limit > 0 && seen->remaining <= 0
				? window_of(c, l, (enum rate_group)group, seen->limit)
				: -1;

		if (i < 0)
			continue;
		close_until(c, l->draws.slot[i], latest + USEC_SEC, wall);
		closed = true;
	}
	if (closed)
		return wall;

	int i = window_of(c, l, RATE_ENDPOINT, 0);
	if (i < 0)
		return latest ? latest + USEC_SEC : wall + 15 * USEC_MIN;
	struct window *w = &counter_at(c, l->draws.slot[i])->w;
	if (latest) {
		close_until(c, l->draws.slot[i], latest + USEC_SEC, wall);
	} else if (is_over(o, wall)) {
		window_rest(w, wall + window_strike(w, true), wall);
		counter_changed(c, l->draws.slot[i]);
	} else {
		close_until(c, l->draws.slot[i], wall + window_strike(w, false), wall);
	}
	return wall;
}
