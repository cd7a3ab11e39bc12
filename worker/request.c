#include "worker/request.h"

#include <string.h>

#include "worker/args.h"
#include "worker/body.h"
#include "worker/tree.h"

#define VALUE_MAX 16384 /* bytes of one value in a path or a query, before it is encoded */

/* Collects the parts of a path and a query, with values written as text. */
struct parts {
	struct request_part items[ACTION_ARGS_MAX];
	struct buf values[ACTION_ARGS_MAX]; /* all zeroes when not used */
	size_t count;
};

static bool is_unreserved(unsigned char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       c == '-' || c == '.' || c == '_' || c == '~';
}

/* RFC 3986; commas stay in a query, where they part the items of a list. */
static void put_encoded(struct buf *b, struct str s, bool in_query)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.at[i];

		if (is_unreserved(c) || (in_query && c == ','))
			buf_byte(b, c);
		else
			buf_fmt(b, "%%%02X", c);
	}
}

static const struct request_part *find_part(
	const struct request_part *parts, size_t count, struct str name)
{
	for (size_t i = 0; i < count; i++)
		if (parts[i].place == PLACE_PATH && str_is(name, parts[i].target))
			return &parts[i];
	return NULL;
}

/* One placeholder of a path. A value that is empty or a step in the tree would change the path.
 */
static void put_placeholder(struct buf *b, struct str value)
{
	if (value.len == 0 || str_is(value, ".") || str_is(value, ".."))
		buf_fail(b, ERR_INVALID);
	put_encoded(b, value, false);
}

static void put_path(struct buf *b, const struct call_info *info, struct str user_id,
	const struct request_part *parts, size_t count)
{
	const char *at = info->path;

	while (*at) {
		size_t plain = strcspn(at, "{");

		buf_put(b, at, plain);
		at += plain;
		if (!*at)
			return;
		struct str name = {at + 1, strcspn(at + 1, "}")};
		const struct request_part *p = find_part(parts, count, name);

		if (!p && str_is(name, info->self))
			put_placeholder(b, user_id);
		else
			put_placeholder(b, p ? p->value : str_of(""));
		at = name.at + name.len + 1;
	}
}

static void put_query(struct buf *b, const struct request_part *parts, size_t count)
{
	char join = '?';

	for (size_t i = 0; i < count; i++) {
		if (parts[i].place != PLACE_QUERY)
			continue;
		buf_byte(b, (unsigned char)join);
		buf_str(b, parts[i].target);
		buf_byte(b, '=');
		put_encoded(b, parts[i].value, true);
		join = '&';
	}
}

enum err request_plain(const struct request_self *self, enum call c,
	const struct request_part *parts, size_t part_count, struct request *ret)
{
	const struct call_info *info = call_info(c);
	struct request r = {.call = c, .method = info->method};

	buf_init(&r.url, REQUEST_URL_MAX);
	buf_init(&r.body, REQUEST_BODY_MAX);
	buf_str(&r.url, self->base_url);
	put_path(&r.url, info, self->user_id, parts, part_count);
	put_query(&r.url, parts, part_count);
	if (r.url.err) {
		enum err e = r.url.err;

		request_done(&r);
		return e;
	}
	*ret = r;
	return ERR_OK;
}

void request_done(struct request *r)
{
	if (!r->method)
		return;
	buf_done(&r->url);
	buf_done(&r->body);
	r->method = NULL;
}

/* --- from arguments --- */

enum call request_call(const struct action *a, const json_t *args)
{
	const struct arg *arg = a->other_when[0] ? action_arg(a, str_of(a->other_when)) : NULL;

	if (!arg || !args_have(args, arg->name))
		return a->call;
	return arg->name_target[0] && !args_name_user(args, arg) ? a->call : a->other_call;
}

/* Writes a value as it stands in a path or a query. False: it cannot. */
static bool put_value(struct buf *b, const json_t *v)
{
	if (json_is_string(v))
		buf_put(b, json_string_value(v), json_string_length(v));
	else if (json_is_integer(v))
		buf_fmt(b, "%lld", (long long)json_integer_value(v));
	else if (json_is_boolean(v))
		buf_str(b, json_is_true(v) ? "true" : "false");
	else
		return false;
	return true;
}

/* A value, or the items of an array with commas between them. */
static bool put_values(struct buf *b, const json_t *v)
{
	if (!json_is_array(v))
		return put_value(b, v);
	for (size_t i = 0; i < json_array_size(v); i++) {
		if (i > 0)
			buf_byte(b, ',');
		if (!put_value(b, json_array_get(v, i)))
			return false;
	}
	return true;
}

static void parts_done(struct parts *p)
{
	for (size_t i = 0; i < p->count; i++)
		buf_done(&p->values[i]);
}

static enum err add_part(
	struct parts *p, const struct arg *arg, const json_t *args, struct errmsg *m)
{
	bool name = args_name_user(args, arg);

	if (name && !arg->name_target[0])
		return err_say(m, ERR_INVALID, "argument '%s' is a name, not an id", arg->name);
	if (p->count == COUNT_OF(p->items))
		return err_say(m, ERR_TOO_BIG, "more than %zu parameters", COUNT_OF(p->items));

	size_t i = p->count++;
	struct buf *b = &p->values[i];
	buf_init(b, VALUE_MAX);
	if (!put_values(b, json_object_get(args, arg->name)))
		return err_say(
			m, ERR_INVALID, "argument '%s' cannot be sent as it is", arg->name);
	if (b->err)
		return err_say(m, b->err, "argument '%s': %s", arg->name, err_text(b->err));

	struct str value = buf_view(b);
	p->items[i] = (struct request_part){arg->place, arg->target, value};
	if (name) {
		p->items[i].target = arg->name_target;
		p->items[i].value = (struct str){value.at + 1, value.len - 1};
	}
	return ERR_OK;
}

/* Where X takes no other than the account itself, it is not asked about anybody else. */
static enum err check_self(
	const struct arg *arg, const json_t *args, struct str user_id, struct errmsg *m)
{
	if (!(arg->flags & ARG_SELF) || str_equal(tree_text(args, arg->name), user_id))
		return ERR_OK;
	return err_say(m, ERR_INVALID,
		"argument '%s' must be the account itself, %.*s; it need not be given",
		arg->name, STR_ARG(user_id));
}

static enum err add_parts(struct parts *p, const struct action *a, const json_t *args,
	struct str user_id, struct errmsg *m)
{
	for (size_t i = 0; i < a->arg_count; i++) {
		const struct arg *arg = &a->args[i];
		enum err e = ERR_OK;

		if (arg->place == PLACE_BODY || arg->place == PLACE_OURS)
			continue;
		if (args_have(args, arg->name))
			e = check_self(arg, args, user_id, m);
		if (!e && args_have(args, arg->name))
			e = add_part(p, arg, args, m);
		else if ((arg->flags & ARG_OR_SELF) && p->count < COUNT_OF(p->items))
			p->items[p->count++] =
				(struct request_part){arg->place, arg->target, user_id};
		if (e)
			return e;
	}
	return ERR_OK;
}

/* Every argument is one of the action's: what its table does not name has no place to go. */
static enum err check_known(const struct action *a, const json_t *args, struct errmsg *m)
{
	json_t *o =
		(json_t *)(uintptr_t)args; /* iterating takes no const, and changes nothing */

	for (void *at = json_object_iter(o); at; at = json_object_iter_next(o, at)) {
		struct str key = {json_object_iter_key(at), json_object_iter_key_len(at)};

		if (!action_arg(a, key))
			return err_say(m, ERR_INVALID, "action %s has no argument '%.*s'",
				a->name, STR_ARG(key));
	}
	return ERR_OK;
}

/* --- all of it --- */

static enum err add_body(
	const struct action *a, const json_t *args, struct request *r, struct errmsg *m)
{
	AUTO_TREE body = NULL;
	enum err e = body_make(r->call, a, args, &body, m);

	if (e)
		return e;
	body_write(body, &r->body);
	return r->body.err ? err_say(m, r->body.err, "the body: %s", err_text(r->body.err))
			   : ERR_OK;
}

enum err request_build(const struct request_self *self, const struct action *a,
	const json_t *args, struct request *ret, struct errmsg *m)
{
	struct parts parts = {0};
	struct request r = {0};

	enum err e = check_known(a, args, m);
	if (!e)
		e = add_parts(&parts, a, args, self->user_id, m);
	if (!e) {
		e = request_plain(self, request_call(a, args), parts.items, parts.count, &r);
		if (e)
			err_say(m, e, "the address of %s: %s", a->name, err_text(e));
	}
	parts_done(&parts);
	if (!e)
		e = add_body(a, args, &r, m);
	if (e) {
		request_done(&r);
		return e;
	}
	*ret = r;
	return ERR_OK;
}

struct str request_path_arg(const struct action *a, const json_t *args, const char *placeholder)
{
	for (size_t i = 0; i < a->arg_count; i++) {
		const struct arg *arg = &a->args[i];

		if (arg->place == PLACE_PATH && strcmp(arg->target, placeholder) == 0)
			return tree_text(args, arg->name);
	}
	return (struct str){0};
}
