#include "worker/body.h"

#include <string.h>

#include "worker/args.h"
#include "worker/tree.h"

/* Adds `made` under a key, taking it; NULL when there was no memory for either. */
static json_t *add(json_t *in, const char *key, size_t len, json_t *made)
{
	return made && json_object_setn_new(in, key, len, made) == 0 ? made : NULL;
}

static json_t *object_at(json_t *in, const char *key, size_t len)
{
	json_t *there = json_object_getn(in, key, len);

	return there ? there : add(in, key, len, json_object());
}

/* Steps down to the object in which the last key before `end` stands; *path becomes that key.
 */
static json_t *descend_to(json_t *in, const char **path, const char *end)
{
	const char *dot;

	while (in && (dot = memchr(*path, '.', (size_t)(end - *path))) && dot + 1 < end) {
		in = object_at(in, *path, (size_t)(dot - *path));
		*path = dot + 1;
	}
	return in;
}

static enum err put(json_t *in, const char *path, json_t *v)
{
	in = descend_to(in, &path, path + strlen(path));
	return in && json_object_set(in, path, v) == 0 ? ERR_OK : ERR_NOMEM;
}

/* "before.*.after": an array at `before` with an object for each item of v, in it `after`. */
static enum err put_each(json_t *in, const char *path, const char *star, const json_t *v)
{
	in = descend_to(in, &path, star);
	json_t *array = in ? add(in, path, (size_t)(star - 1 - path), json_array()) : NULL;

	for (size_t i = 0; i < json_array_size(v); i++) {
		json_t *o = json_object();

		if (!array || !o || json_array_append_new(array, o) ||
			put(o, star + 2, json_array_get(v, i)))
			return ERR_NOMEM;
	}
	return array ? ERR_OK : ERR_NOMEM;
}

static enum err put_arg(
	json_t *body, const struct arg *arg, const json_t *args, struct errmsg *m)
{
	json_t *v = json_object_get(args, arg->name);
	const char *star = strchr(arg->target, '*');

	if (args_name_user(args, arg))
		return err_say(m, ERR_INVALID, "argument '%s' is a name, not an id", arg->name);
	if (star && !json_is_array(v))
		return err_say(m, ERR_INVALID, "argument '%s' is no list", arg->name);
	enum err e = star ? put_each(body, arg->target, star, v) : put(body, arg->target, v);
	return e ? err_say(m, e, "%s", err_text(e)) : ERR_OK;
}

/* A DELETE has one only where some of its arguments go there. */
static bool has_body(enum call c, const struct action *a)
{
	const char *method = call_info(c)->method;

	for (size_t i = 0; i < a->arg_count; i++)
		if (a->args[i].place == PLACE_BODY)
			return true;
	return strcmp(method, "POST") == 0 || strcmp(method, "PUT") == 0;
}

enum err body_make(
	enum call c, const struct action *a, const json_t *args, json_t **ret, struct errmsg *m)
{
	if (!has_body(c, a)) {
		*ret = NULL;
		return ERR_OK;
	}
	AUTO_TREE body = a->always[0] ? json_loads(a->always, 0, NULL) : json_object();
	if (!body)
		return err_say(m, ERR_NOMEM, "%s", err_text(ERR_NOMEM));
	for (size_t i = 0; i < a->arg_count; i++) {
		const struct arg *arg = &a->args[i];

		if (arg->place != PLACE_BODY || !args_have(args, arg->name))
			continue;
		enum err e = put_arg(body, arg, args, m);
		if (e)
			return e;
	}
	*ret = STEAL(body);
	return ERR_OK;
}

static int put_text(const char *at, size_t n, void *ctx)
{
	buf_put(ctx, at, n);
	return 0;
}

void body_write(const json_t *body, struct buf *b)
{
	if (body && json_dump_callback(body, put_text, b, JSON_COMPACT))
		buf_fail(b, ERR_NOMEM);
}
