#include "common/json/json.h"

#include <stdio.h>
#include <string.h>

#include "common/wire/write.h"

/* How deep a text goes, without regard to whether it is JSON at all. */
static size_t depth_of(struct str text)
{
	size_t depth = 0;
	size_t deepest = 0;
	bool quoted = false;

	for (size_t i = 0; i < text.len; i++) {
		char c = text.at[i];

		if (c == '"')
			quoted = !quoted;
		else if (quoted && c == '\\')
			i++;
		else if (!quoted && (c == '{' || c == '['))
			depth++;
		else if (!quoted && depth && (c == '}' || c == ']'))
			depth--;
		deepest = depth > deepest ? depth : deepest;
	}
	return deepest;
}

/* jansson's words without what they quote: "string or '}' expected near 'secret'". */
static enum err say_json(struct errmsg *m, const json_error_t *error)
{
	const char *quote = strstr(error->text, " near ");
	int len = quote ? (int)(quote - error->text) : (int)strlen(error->text);

	if (json_error_code(error) == json_error_out_of_memory || !error->text[0])
		return err_say(m, ERR_NOMEM, "%s", err_text(ERR_NOMEM));
	return err_say(m, ERR_FORMAT, "line %d, column %d: %.*s", error->line, error->column,
		len, error->text);
}

enum err json_read(struct str text, json_t **ret, struct errmsg *m)
{
	json_error_t error;

	if (depth_of(text) > JSON_DEPTH_MAX)
		return err_say(m, ERR_TOO_BIG,
			"more than %d objects and arrays inside each other", JSON_DEPTH_MAX);
	json_t *j = json_loadb(text.len ? text.at : "", text.len,
		JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
	if (!j)
		return say_json(m, &error);
	*ret = j;
	return ERR_OK;
}

/* Bytes as text in base64 (RFC 4648, section 4). */
static json_t *from_bytes(const struct wire_value *v)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	struct str s = wire_str(v);
	const unsigned char *p = (const unsigned char *)s.at;
	struct buf b;

	buf_init(&b, s.len / 3 * 4 + 5);
	for (size_t i = 0; i < s.len; i += 3) {
		size_t n = s.len - i < 3 ? s.len - i : 3;
		uint32_t bits = (uint32_t)p[i] << 16;

		bits |= n > 1 ? (uint32_t)p[i + 1] << 8 : 0;
		bits |= n > 2 ? p[i + 2] : 0;
		buf_byte(&b, (unsigned char)digits[bits >> 18]);
		buf_byte(&b, (unsigned char)digits[bits >> 12 & 63]);
		buf_byte(&b, (unsigned char)(n > 1 ? digits[bits >> 6 & 63] : '='));
		buf_byte(&b, (unsigned char)(n > 2 ? digits[bits & 63] : '='));
	}
	json_t *j = b.err ? NULL : json_stringn(buf_cstr(&b), b.len);
	buf_done(&b);
	return j;
}

static json_t *from_wire(const struct wire_value *v);

static json_t *from_array(const struct wire_value *v)
{
	json_t *array = json_array();

	for (uint32_t i = 0; array && i < wire_count(v); i++)
		if (json_array_append_new(array, from_wire(wire_item(v, i)))) {
			json_decref(array);
			return NULL;
		}
	return array;
}

static json_t *from_map(const struct wire_value *v)
{
	json_t *object = json_object();

	for (uint32_t i = 0; object && i < wire_count(v); i++) {
		struct str key = wire_key(v, i);

		if (json_object_setn_new(object, key.at, key.len, from_wire(wire_at(v, i)))) {
			json_decref(object);
			return NULL;
		}
	}
	return object;
}

static json_t *from_nil(const struct wire_value *v)
{
	(void)v;
	return json_null();
}

static json_t *from_bool(const struct wire_value *v)
{
	return json_boolean(wire_bool(v));
}

static json_t *from_int(const struct wire_value *v)
{
	return wire_int_is_clamped(v) ? json_real(wire_float(v)) : json_integer(wire_int(v));
}

static json_t *from_float(const struct wire_value *v)
{
	return json_real(wire_float(v));
}

static json_t *from_text(const struct wire_value *v)
{
	return json_stringn(wire_str(v).at, wire_str(v).len);
}

static json_t *(*const from_type[])(const struct wire_value *) = {
	[WIRE_NIL] = from_nil,
	[WIRE_BOOL] = from_bool,
	[WIRE_INT] = from_int,
	[WIRE_FLOAT] = from_float,
	[WIRE_STR] = from_text,
	[WIRE_BIN] = from_bytes,
	[WIRE_ARRAY] = from_array,
	[WIRE_MAP] = from_map,
};

/* NULL when there is no memory; what it would have been put into gives up too. */
static json_t *from_wire(const struct wire_value *v)
{
	return from_type[wire_type(v)](v);
}

enum err json_from_wire(const struct wire_value *v, json_t **ret)
{
	json_t *j = from_wire(v);

	if (!j)
		return ERR_NOMEM;
	*ret = j;
	return ERR_OK;
}

static void put(const json_t *j, size_t depth, struct buf *b);

static void put_array(const json_t *array, size_t depth, struct buf *b)
{
	size_t count = json_array_size(array);

	wire_put_array(b, (uint32_t)count);
	for (size_t i = 0; i < count && !b->err; i++)
		put(json_array_get(array, i), depth, b);
}

static void put_object(const json_t *object, size_t depth, struct buf *b)
{
	json_t *o =
		(json_t *)(uintptr_t)object; /* iterating takes no const, and changes nothing */

	wire_put_map(b, (uint32_t)json_object_size(object));
	for (void *at = json_object_iter(o); at && !b->err; at = json_object_iter_next(o, at)) {
		wire_put_str(b,
			(struct str){json_object_iter_key(at), json_object_iter_key_len(at)});
		put(json_object_iter_value(at), depth, b);
	}
}

/* Writes one value, which stands in `depth` others. */
static void put(const json_t *j, size_t depth, struct buf *b)
{
	if (json_is_object(j) || json_is_array(j)) {
		if (depth == WIRE_DEPTH_MAX)
			buf_fail(b, ERR_TOO_BIG);
		else if (json_is_object(j))
			put_object(j, depth + 1, b);
		else
			put_array(j, depth + 1, b);
	} else if (json_is_string(j)) {
		wire_put_str(b, (struct str){json_string_value(j), json_string_length(j)});
	} else if (json_is_integer(j)) {
		wire_put_int(b, json_integer_value(j));
	} else if (json_is_real(j)) {
		wire_put_float(b, json_real_value(j));
	} else if (json_is_boolean(j)) {
		wire_put_bool(b, json_is_true(j));
	} else {
		wire_put_nil(b);
	}
}

void json_to_wire(const json_t *j, struct buf *b)
{
	put(j, 0, b);
}

static int put_text(const char *at, size_t n, void *ctx)
{
	buf_put(ctx, at, n);
	return 0;
}

void json_write(const json_t *j, struct buf *b)
{
	if (json_dump_callback(
		    j ? j : json_null(), put_text, b, JSON_COMPACT | JSON_ENCODE_ANY))
		buf_fail(b, ERR_NOMEM);
}

struct str json_text(const json_t *object, const char *key)
{
	const json_t *j = json_object_get(object, key);

	return (struct str){json_string_value(j), json_string_length(j)};
}
