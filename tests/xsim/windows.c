#include "tests/xsim/windows.h"

#include <stdio.h>
#include <string.h>

#include "common/net/httpd.h"
#include "tests/xsim/embed.h"
#include "tests/xsim/need.h"
#include "tests/xsim/oauth/oauth.h"
#include "tests/xsim/routes.h"
#include "tests/xsim/world/world.h"

#define TIER       "ppu" /* pay per use: the only table X still publishes */
#define COLUMN_MAX 8

/* Splits one line of CSV; the columns used here have no quotes. Returns how many there are. */
static size_t split(struct str line, struct str *columns)
{
	size_t n = 0;

	while (n < COLUMN_MAX) {
		const char *comma = line.len ? memchr(line.at, ',', line.len) : NULL;
		size_t len = comma ? (size_t)(comma - line.at) : line.len;

		columns[n++] = (struct str){line.at, len};
		if (!comma)
			break;
		line = (struct str){comma + 1, line.len - len - 1};
	}
	return n;
}

static struct str data_file(const char *name)
{
	for (size_t i = 0; i < embedded_count; i++)
		if (strcmp(embedded[i].name, name) == 0)
			return (struct str){(const char *)embedded[i].data, embedded[i].len};
	assert_failed(__FILE__, __LINE__, __func__, "the file is built in");
}

/* Gives a call one more limit: a new one, or that of its group. */
static void add_limit(struct windows *w, size_t route, const struct limit *l)
{
	size_t at = w->limit_count;

	for (size_t i = 0; l->group[0] && i < w->limit_count; i++)
		if (strcmp(w->limits[i].group, l->group) == 0 &&
			w->limits[i].unscaled == l->unscaled && w->limits[i].scope == l->scope)
			at = i;
	if (at == w->limit_count) {
		ASSERT(w->limit_count < LIMITS_MAX);
		w->limits[w->limit_count++] = *l;
	}
	ASSERT(w->routes[route].count < WINDOWS_PER_ROUTE);
	w->routes[route].limit[w->routes[route].count++] = (uint16_t)at;
}

/* One row: group (or {NULL, 0}), method, path, scope, limit, seconds. */
static enum err read_row(struct windows *w, struct str group, const struct str *c)
{
	struct limit l = {.scope = str_is(c[2], "app") ? LIMIT_APP : LIMIT_USER};
	int64_t seconds;
	enum err e = text_to_int(c[3], 1, INT32_MAX, &l.most);

	if (!e)
		e = text_to_int(c[4], 1, INT32_MAX, &seconds);
	if (e)
		return e;
	l.unscaled = seconds * USEC_SEC;
	l.length = (usec_t)((double)l.unscaled / w->scale);
	snprintf(l.group, sizeof(l.group), "%.*s", STR_ARG(group));
	for (l.route = 0; l.route < route_count; l.route++)
		if (str_is(c[0], routes[l.route].method) && str_is(c[1], routes[l.route].path))
			add_limit(w, l.route, &l);
	return ERR_OK;
}

static enum err read_table(struct windows *w, const char *name, bool groups, struct errmsg *m)
{
	struct str rest = data_file(name);

	for (int line = 1; rest.len; line++) {
		const char *end = memchr(rest.at, '\n', rest.len);
		size_t len = end ? (size_t)(end - rest.at) : rest.len;
		struct str columns[COLUMN_MAX];
		size_t n = split((struct str){rest.at, len}, columns);
		enum err e = ERR_OK;

		rest.at += len + (end ? 1 : 0);
		rest.len -= len + (end ? 1 : 0);
		if (line == 1 || n < 6)
			continue;
		if (groups)
			e = read_row(w, columns[0], columns + 1);
		else if (str_is(columns[5], TIER))
			e = read_row(w, (struct str){NULL, 0}, columns);
		if (e)
			return err_say(m, ERR_FORMAT, "%s: line %d cannot be read", name, line);
	}
	return ERR_OK;
}

enum err windows_init(struct windows *w, double scale, struct errmsg *m)
{
	*w = (struct windows){.scale = scale};
	w->routes = need(mem_array(route_count, sizeof(*w->routes)));
	enum err e = read_table(w, "rate-limits.csv", false, m);
	if (!e)
		e = read_table(w, "rate-limit-groups.csv", true, m);
	w->apps = need(mem_array(APP_COUNT * w->limit_count, sizeof(*w->apps)));
	return e;
}

void windows_done(struct windows *w)
{
	for (size_t i = 0; i < w->user_size; i++)
		mem_free(w->users[i]);
	mem_free(w->users);
	mem_free(w->apps);
	mem_free(w->routes);
}

/* The windows of a user, made when first needed. */
static struct window *of_user(struct windows *w, uint32_t user)
{
	if (user >= w->user_size) {
		size_t size = w->user_size ? w->user_size : 64;
		while (size <= user)
			size *= 2;
		w->users = need(mem_grow(w->users, size * sizeof(struct window *)));
		memset(w->users + w->user_size, 0,
			(size - w->user_size) * sizeof(struct window *));
		w->user_size = size;
	}
	if (!w->users[user])
		w->users[user] = need(mem_array(w->limit_count, sizeof(struct window)));
	return w->users[user];
}

/* The window of a limit that a request draws on; NULL: the limit is not for this kind of token.
 */
static struct window *window_of(struct windows *w, size_t limit, uint32_t user, uint32_t app)
{
	if (w->limits[limit].scope == LIMIT_APP)
		return &w->apps[app * w->limit_count + limit];
	return user == NOBODY ? NULL : &of_user(w, user)[limit];
}

static int64_t used_now(const struct window *v, usec_t wall)
{
	return wall < v->resets_at ? v->used : 0;
}

bool windows_take(struct windows *w, size_t route, uint32_t user, uint32_t app, usec_t wall,
	size_t *ret_limit)
{
	usec_t latest = 0;

	for (size_t i = 0; i < w->routes[route].count; i++) {
		size_t limit = w->routes[route].limit[i];
		const struct window *v = window_of(w, limit, user, app);
		if (!v || used_now(v, wall) < w->limits[limit].most || v->resets_at < latest)
			continue;
		latest = v->resets_at;
		*ret_limit = limit;
	}
	if (latest)
		return false;

	for (size_t i = 0; i < w->routes[route].count; i++) {
		size_t limit = w->routes[route].limit[i];
		struct window *v = window_of(w, limit, user, app);
		if (!v)
			continue;
		if (wall >= v->resets_at)
			*v = (struct window){.resets_at = wall + w->limits[limit].length};
		v->used++;
	}
	return true;
}

static void put_headers(const struct limit *l, const struct window *v, usec_t wall,
	const char *prefix, struct httpd_answer *a)
{
	usec_t resets_at = wall < v->resets_at ? v->resets_at : wall + l->length;
	char name[64];

	snprintf(name, sizeof(name), "%s-limit", prefix);
	httpd_header(a, name, "%lld", (long long)l->most);
	snprintf(name, sizeof(name), "%s-remaining", prefix);
	httpd_header(a, name, "%lld", (long long)(l->most - used_now(v, wall)));
	snprintf(name, sizeof(name), "%s-reset", prefix);
	httpd_header(a, name, "%lld", (long long)((resets_at + USEC_SEC - 1) / USEC_SEC));
}

/* The limit that a group of headers speaks of: the call's own of that scope, short or of a day.
 */
static size_t limit_for(
	const struct windows *w, size_t route, enum limit_scope scope, bool daily)
{
	for (size_t i = 0; i < w->routes[route].count; i++) {
		const struct limit *l = &w->limits[w->routes[route].limit[i]];
		if (!l->group[0] && l->scope == scope && (l->unscaled == USEC_DAY) == daily)
			return w->routes[route].limit[i];
	}
	return LIMITS_MAX;
}

void windows_headers(struct windows *w, size_t route, uint32_t user, uint32_t app, usec_t wall,
	struct httpd_answer *a)
{
	const struct {
		enum limit_scope scope;
		bool daily;
		const char *prefix;
	} groups[] = {
		{user == NOBODY ? LIMIT_APP : LIMIT_USER, false, "x-rate-limit"},
		{LIMIT_APP, true, "x-app-limit-24hour"},
		{LIMIT_USER, true, "x-user-limit-24hour"},
	};

	for (size_t i = 0; i < COUNT_OF(groups); i++) {
		size_t limit = limit_for(w, route, groups[i].scope, groups[i].daily);
		const struct window *v =
			limit < LIMITS_MAX ? window_of(w, limit, user, app) : NULL;
		if (v)
			put_headers(&w->limits[limit], v, wall, groups[i].prefix, a);
	}
}

void windows_shut(struct windows *w, size_t route, uint32_t user, uint32_t app, usec_t wall)
{
	enum limit_scope scope = user == NOBODY ? LIMIT_APP : LIMIT_USER;

	for (size_t i = 0; i < w->routes[route].count; i++) {
		size_t limit = w->routes[route].limit[i];
		const struct limit *l = &w->limits[limit];

		if (l->scope != scope || l->unscaled == USEC_DAY)
			continue;
		struct window *v = window_of(w, limit, user, app);
		if (wall >= v->resets_at)
			v->resets_at = wall + l->length;
		v->used = l->most;
	}
}

void windows_set_scale(struct windows *w, double scale)
{
	w->scale = scale;
	for (size_t i = 0; i < w->limit_count; i++)
		w->limits[i].length = (usec_t)((double)w->limits[i].unscaled / scale);
}

void windows_reset(struct windows *w)
{
	memset(w->apps, 0, APP_COUNT * w->limit_count * sizeof(*w->apps));
	for (size_t i = 0; i < w->user_size; i++)
		if (w->users[i])
			memset(w->users[i], 0, w->limit_count * sizeof(struct window));
}
