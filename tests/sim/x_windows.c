/* x_windows.c - X's rate windows: fixed, opened by the first request, as tests/xsim has them */
#include "tests/sim/world.h"

/* Which group of headers speaks of a window; RATE_GROUPS: none does. */
static enum rate_group group_of(const struct limit *l)
{
	if (!l->own)
		return RATE_GROUPS;
	if (l->length == USEC_DAY)
		return l->scope == LIMIT_APP ? RATE_APP_DAY : RATE_USER_DAY;
	return l->scope == LIMIT_ACCOUNT ? RATE_ENDPOINT : RATE_GROUPS;
}

bool x_speaks_of(const struct limit *l)
{
	return group_of(l) != RATE_GROUPS;
}

static struct x_window *window_of(struct world *w, uint32_t owner, const struct limit *l)
{
	struct x *x = &w->x;

	for (size_t i = 0; i < x->count; i++) {
		struct x_window *v = &x->windows[i];

		if (v->owner == owner && v->family == l->family && v->scope == l->scope &&
			v->length == l->length)
			return v;
	}
	CHECK(w, x->count < X_WINDOWS_MAX, "X has too many windows");
	struct x_window *v = &x->windows[x->count++];
	*v = (struct x_window){.owner = owner,
		.family = l->family,
		.scope = l->scope,
		.length = l->length,
		.limit = l->limit,
		.table = l->limit,
		.sliding = w->weather.sliding,
		.eased = true};
	CHECK(w, l->limit <= X_TAKEN_MAX, "a limit of X is too high for this world");
	bool may_be_lower = w->weather.full ? x_speaks_of(l) : l->own;
	if (w->weather.lower && may_be_lower && l->limit > 2 && chance(w, 300)) {
		v->limit = draw(w, w->weather.full ? l->limit / 2 : 1, l->limit - 1);
		v->lower = true;
	}
	return v;
}

/* Another plan: what the core has learned of the one before may be too much now. */
static void fit(struct x_window *v, const struct limit *l)
{
	if (v->table == l->limit)
		return;
	v->lower = l->limit < v->limit;
	v->known_at = 0;
	v->table = l->limit;
	v->limit = l->limit;
}

/* Brings a window to the present. */
static void advance(struct world *w, struct x_window *v)
{
	usec_t wall = x_wall(w);
	int64_t over = 0;

	if (!v->sliding && wall < v->resets_at)
		return;
	while (v->sliding && over < v->used && v->taken[over] + v->length <= wall)
		over++;
	if (!v->used || (v->sliding && !over))
		return;
	full_reset(w, v);
	if (!v->sliding)
		over = v->used;
	v->used -= over;
	for (int64_t i = 0; i < v->used; i++)
		v->taken[i] = v->taken[i + over];
	v->resets_at = v->used ? v->taken[0] + v->length : 0;
	v->refused = 0;
	v->haunted = v->haunted && v->used;
}

static void take(struct world *w, struct x_window *v)
{
	if (v->used == 0)
		v->resets_at = x_wall(w) + v->length;
	v->taken[v->used++] = x_wall(w);
}

/* The windows a request draws on. */
static size_t windows_of(
	struct world *w, const struct request *r, struct x_window **out, struct limit *limits)
{
	const struct sim_account *a = account_by_id(w, r->account);
	const struct sim_app *app = &w->apps[a->app];
	size_t n = limits_of(w->limits, app->plan, r->call, limits);

	for (size_t i = 0; i < n; i++) {
		out[i] = window_of(
			w, limits[i].scope == LIMIT_ACCOUNT ? a->id : app->id, &limits[i]);
		fit(out[i], &limits[i]);
		advance(w, out[i]);
	}
	return n;
}

size_t x_windows(struct world *w, uint32_t account, enum call call,
	struct x_window *out[LIMITS_PER_CALL_MAX])
{
	struct limit limits[LIMITS_PER_CALL_MAX];

	return windows_of(w, &(struct request){.account = account, .call = call}, out, limits);
}

struct x_window *x_take(struct world *w, const struct request *r)
{
	struct x_window *v[LIMITS_PER_CALL_MAX];
	struct limit limits[LIMITS_PER_CALL_MAX];
	size_t n = windows_of(w, r, v, limits);

	for (size_t i = 0; i < n; i++)
		if (v[i]->used >= v[i]->limit)
			return v[i];
	for (size_t i = 0; i < n; i++) {
		take(w, v[i]);
		if (v[i]->used == v[i]->limit && !v[i]->crowded)
			path(PATH_WINDOW_FULL);
	}
	return NULL;
}

/* A worker that hung, a read of before a crash, a call of the plan before: the core could not
 * count it. */
void x_haunt(struct world *w, const struct request *r)
{
	struct x_window *v[LIMITS_PER_CALL_MAX];
	struct limit limits[LIMITS_PER_CALL_MAX];
	size_t n = windows_of(w, r, v, limits);

	path(PATH_HAUNTED);
	for (size_t i = 0; i < n; i++)
		v[i]->haunted = true;
}

void x_read(struct world *w, const struct request *r)
{
	w->x.reads[w->x.read_count++ % READS_MAX] =
		(struct read){.request = *r, .at = w->time, .open = true};
}

void x_read_kept(struct world *w, uint64_t lease)
{
	for (size_t i = 0; i < READS_MAX; i++)
		if (w->x.reads[i].request.lease == lease)
			w->x.reads[i].open = false;
}

/* Nobody knows any more when X saw the reads that were under way. */
void x_forget(struct world *w)
{
	for (size_t i = 0; i < READS_MAX; i++) {
		const struct read *r = &w->x.reads[i];

		if (r->open && r->at > w->time - 2 * w->conf.lease)
			x_haunt(w, &r->request);
	}
}

/* A reset in whole seconds, as X names it. Of a window so short that a second is much of it,
 * never one that is over. */
static usec_t whole(const struct world *w, const struct x_window *v, usec_t resets_at)
{
	bool cut = w->x.cuts && v->length >= 15 * USEC_MIN;

	return (resets_at + (cut ? 0 : USEC_SEC - 1)) / USEC_SEC * USEC_SEC;
}

void x_headers(struct world *w, const struct request *r, struct rate_seen out[RATE_GROUPS])
{
	struct x_window *v[LIMITS_PER_CALL_MAX];
	struct limit limits[LIMITS_PER_CALL_MAX];
	size_t n = windows_of(w, r, v, limits);

	for (size_t i = 0; i < n; i++) {
		enum rate_group group = group_of(&limits[i]);
		usec_t resets_at = v[i]->used ? v[i]->resets_at : x_wall(w) + v[i]->length;

		if (group == RATE_GROUPS)
			continue;
		out[group] = (struct rate_seen){.limit = v[i]->limit,
			.remaining = v[i]->limit - v[i]->used,
			.resets_at = whole(w, v[i], resets_at)};
	}
}

void x_crowd(struct world *w)
{
	if (!w->x.count)
		return;
	struct x_window *v = &w->x.windows[draw(w, 0, (int64_t)w->x.count - 1)];

	advance(w, v);
	int64_t n = draw(w, 1, v->limit);
	for (; n > 0 && v->used < v->limit; n--)
		take(w, v);
	v->crowded = true;
}

static void notice(void *ctx, const struct window *of_core)
{
	struct world *w = ctx;
	const struct window_row *row = &of_core->row;

	for (size_t i = 0; i < w->x.count; i++) {
		struct x_window *v = &w->x.windows[i];

		if (!v->lower || v->known_at || v->owner != row->owner ||
			v->family != row->family || v->scope != row->scope ||
			v->length != row->length || row->limit != v->limit || !row->learned)
			continue;
		v->known_at = w->time;
		path(PATH_LIMIT_LOWER);
	}
}

void x_notice(struct world *w)
{
	if (w->weather.lower)
		core_each_window(w->core, 0, notice, w);
}
