#include "tests/xsim/routes.h"

#include <string.h>

#include "tests/xsim/calls/calls.h"
#include "tests/xsim/calls/kept.h"
#include "tests/xsim/embed.h"
#include "tests/xsim/need.h"

static const struct route by_hand[] = {
#define X(name, method, path, scopes, flags, body, params, handle) \
	{name, method, path, scopes, flags, body, params, handle, NULL, NULL},
#include "tests/xsim/routes.def"
#undef X
};

struct route *routes;
size_t route_count;
static json_t *operations;

static const char *text_in(const json_t *o, const char *key)
{
	return json_string_value(json_object_get(o, key));
}

/* The route by hand of that operation; NULL when it has none. */
static struct route *by_hand_of(const json_t *o)
{
	for (size_t i = 0; i < COUNT_OF(by_hand); i++)
		if (strcmp(by_hand[i].method, text_in(o, "method")) == 0 &&
			strcmp(by_hand[i].path, text_in(o, "path")) == 0)
			return &routes[i];
	return NULL;
}

static void add_operation(const json_t *o)
{
	struct route *known = by_hand_of(o);

	if (known) {
		known->operation = o;
		return;
	}
	routes[route_count++] = (struct route){.name = text_in(o, "name"),
		.method = text_in(o, "method"),
		.path = text_in(o, "path"),
		.scopes = text_in(o, "scopes"),
		.flags = json_is_true(json_object_get(o, "app")) ? ROUTE_APP_OK : 0,
		.body = "",
		.params = "",
		.handle = kept_handler(text_in(o, "name")),
		.operation = o,
		.spec = o};
}

void routes_load(void)
{
	for (size_t i = 0; i < embedded_count; i++)
		if (strcmp(embedded[i].name, "operations.json") == 0)
			operations = json_loadb(
				(const char *)embedded[i].data, embedded[i].len, 0, NULL);
	ASSERT(operations);
	routes = need(
		mem_array(COUNT_OF(by_hand) + json_array_size(operations), sizeof(*routes)));
	for (; route_count < COUNT_OF(by_hand); route_count++)
		routes[route_count] = by_hand[route_count];
	for (size_t i = 0; i < json_array_size(operations); i++)
		add_operation(json_array_get(operations, i));
}

void routes_unload(void)
{
	mem_free(routes);
	json_decref(operations);
	routes = NULL;
	route_count = 0;
}

/* Takes what stands before the next '/' out of *rest. */
static struct str segment(struct str *rest)
{
	const char *slash = rest->len ? memchr(rest->at, '/', rest->len) : NULL;
	size_t len = slash ? (size_t)(slash - rest->at) : rest->len;
	struct str s = {rest->at, len};

	rest->at += len + (slash ? 1 : 0);
	rest->len -= len + (slash ? 1 : 0);
	return s;
}

static bool matches(const char *pattern, struct str path, struct str *params)
{
	struct str want = str_of(pattern);
	size_t param = 0;

	while (want.len && path.len) {
		struct str w = segment(&want), p = segment(&path);
		if (w.len && w.at[0] == '{' && p.len)
			params[param++] = p;
		else if (!str_equal(w, p))
			return false;
	}
	return !want.len && !path.len;
}

/* A literal path beats one with {…}: /2/users/me is not a user called me. */
static bool is_literal(const struct route *r)
{
	return !strchr(r->path, '{');
}

const struct route *route_find(
	struct str method, struct str path, struct str *params, bool *ret_known)
{
	const struct route *found = NULL;
	bool literal = false;

	*ret_known = false;
	for (size_t i = 0; i < route_count; i++) {
		const struct route *r = &routes[i];
		struct str seen[ROUTE_PARAMS_MAX] = {{NULL, 0}};

		if (literal && !is_literal(r))
			continue;
		if (!matches(r->path, path, seen))
			continue;
		*ret_known = true;
		literal = is_literal(r);
		if (!str_is(method, r->method))
			continue;
		memcpy(params, seen, sizeof(seen));
		found = r;
		if (literal)
			return r;
	}
	return found;
}

size_t route_by_name(struct str name)
{
	for (size_t i = 0; i < route_count; i++)
		if (str_is(name, routes[i].name))
			return i;
	return route_count;
}
