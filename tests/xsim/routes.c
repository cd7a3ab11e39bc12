#include "tests/xsim/routes.h"

#include <string.h>

#include "tests/xsim/calls/calls.h"

const struct route routes[] = {
#define X(name, method, path, scopes, flags, body, params, handle) \
	{name, method, path, scopes, flags, body, params, handle},
#include "tests/xsim/routes.def"
#undef X
};
const size_t route_count = COUNT_OF(routes);

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
