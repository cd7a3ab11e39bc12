#include "common/wire/fields.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/base/near.h"

#define SHOWN 48 /* bytes of a wrong key or value that are told back */
/* From 1980 to 2100 as Unix seconds; as milliseconds that is in the first weeks of 1970. */
#define SECONDS_FROM INT64_C(315532800)
#define SECONDS_TO   INT64_C(4102444800)

/* Reads one value that is there; ERR_INVALID with words that do not name the field. */
typedef enum err field_reader(
	const struct field *f, const struct wire_value *v, void *to, struct errmsg *m);

static enum err say_type(struct errmsg *m, const char *wanted, const struct wire_value *v)
{
	return err_say(
		m, ERR_INVALID, "must be %s, not %s", wanted, wire_type_name(wire_type(v)));
}

/* Whether so many bytes or entries are within the bounds of their field. */
static enum err check_count(
	const struct field *f, size_t n, const char *has, const char *what, struct errmsg *m)
{
	if (n == 0 && f->min > 0)
		return err_say(m, ERR_INVALID, "must not be empty");
	if ((int64_t)n > f->max)
		return err_say(m, ERR_INVALID, "%s %zu %s; at most %" PRId64 " are allowed",
			has, n, what, f->max);
	if ((int64_t)n < f->min)
		return err_say(m, ERR_INVALID, "%s %zu %s; at least %" PRId64 " must be there",
			has, n, what, f->min);
	return ERR_OK;
}

static enum err read_bool(
	const struct field *f, const struct wire_value *v, void *to, struct errmsg *m)
{
	(void)f;
	if (wire_type(v) != WIRE_BOOL)
		return say_type(m, wire_type_name(WIRE_BOOL), v);
	*(bool *)to = wire_bool(v);
	return ERR_OK;
}

static enum err read_int(
	const struct field *f, const struct wire_value *v, void *to, struct errmsg *m)
{
	int64_t n = wire_int(v);

	if (wire_type(v) != WIRE_INT)
		return say_type(m, wire_type_name(WIRE_INT), v);
	if (n < f->min || n > f->max)
		return err_say(m, ERR_INVALID, "must be between %" PRId64 " and %" PRId64,
			f->min, f->max);
	*(int64_t *)to = n;
	return ERR_OK;
}

static enum err read_bytes_as(const struct field *f, const struct wire_value *v,
	enum wire_type type, struct str *to, struct errmsg *m)
{
	struct str s = wire_str(v);

	if (wire_type(v) != type)
		return say_type(m, wire_type_name(type), v);
	enum err e = check_count(f, s.len, "is", "bytes long", m);
	if (e)
		return e;
	*to = s;
	return ERR_OK;
}

static enum err read_text(
	const struct field *f, const struct wire_value *v, void *to, struct errmsg *m)
{
	return read_bytes_as(f, v, WIRE_STR, to, m);
}

static enum err read_bytes(
	const struct field *f, const struct wire_value *v, void *to, struct errmsg *m)
{
	return read_bytes_as(f, v, WIRE_BIN, to, m);
}

static enum err read_name(
	const struct field *f, const struct wire_value *v, void *to, struct errmsg *m)
{
	struct str s = wire_str(v);

	if (wire_type(v) != WIRE_STR)
		return say_type(m, wire_type_name(WIRE_STR), v);
	if (!text_is_name(s, (size_t)f->max))
		return err_say(m, ERR_INVALID,
			"must be a name: 1 to %" PRId64 " of A-Z a-z 0-9 _ . -", f->max);
	*(struct str *)to = s;
	return ERR_OK;
}

static enum err read_time(
	const struct field *f, const struct wire_value *v, void *to, struct errmsg *m)
{
	enum wire_type t = wire_type(v);
	int64_t ms = wire_int(v);

	if (t == WIRE_INT && ms >= SECONDS_FROM && ms <= SECONDS_TO)
		return err_say(m, ERR_INVALID,
			"is %" PRId64 ", which is an instant in seconds; give milliseconds: "
			"%" PRId64,
			ms, ms * 1000);
	usec_t wall = 0;
	bool good = t == WIRE_INT;

	if (t == WIRE_STR) {
		good = !text_to_time(wire_str(v), &wall);
		ms = wall / USEC_MSEC;
	}
	if (!good || ms < f->min || ms > f->max)
		return err_say(m, ERR_INVALID,
			"must be a time: Unix milliseconds such as 1790000000000, or text such "
			"as '2026-09-21T14:13:20Z', from 1970 to 9999");
	*(usec_t *)to = t == WIRE_STR ? wall : ms * USEC_MSEC;
	return ERR_OK;
}

static enum err read_any(
	const struct field *f, const struct wire_value *v, void *to, struct errmsg *m)
{
	(void)f;
	(void)m;
	*(const struct wire_value **)to = v;
	return ERR_OK;
}

static enum err read_map(
	const struct field *f, const struct wire_value *v, void *to, struct errmsg *m)
{
	if (wire_type(v) != WIRE_MAP)
		return say_type(m, wire_type_name(WIRE_MAP), v);
	return read_any(f, v, to, m);
}

static enum err read_array(
	const struct field *f, const struct wire_value *v, void *to, struct errmsg *m)
{
	if (wire_type(v) != WIRE_ARRAY)
		return say_type(m, wire_type_name(WIRE_ARRAY), v);
	enum err e = check_count(f, wire_count(v), "has", "entries", m);
	return e ? e : read_any(f, v, to, m);
}

static enum err read_texts(
	const struct field *f, const struct wire_value *v, void *to, struct errmsg *m)
{
	if (wire_type(v) != WIRE_ARRAY)
		return say_type(m, "an array of texts", v);
	enum err e = read_array(f, v, to, m);
	for (uint32_t i = 0; !e && i < wire_count(v); i++)
		if (wire_type(wire_item(v, i)) != WIRE_STR) {
			e = say_type(m, wire_type_name(WIRE_STR), wire_item(v, i));
			e = err_at(m, e, "[%u]", i);
		}
	return e;
}

/* Puts a word at the end of a list in out[cap]; what does not fit is cut. */
static void add_word(char *out, size_t cap, const char *word)
{
	size_t len = strlen(out);

	(void)snprintf(out + len, cap - len, "%s%s", len ? ", " : "", word);
}

static enum err read_enum(
	const struct field *f, const struct wire_value *v, void *to, struct errmsg *m)
{
	char known[200] = "";
	char shown[SHOWN];

	if (wire_type(v) != WIRE_STR)
		return say_type(m, wire_type_name(WIRE_STR), v);
	for (uint8_t i = 0; f->words[i]; i++) {
		if (str_is(wire_str(v), f->words[i])) {
			*(uint8_t *)to = i;
			return ERR_OK;
		}
		add_word(known, sizeof(known), f->words[i]);
	}
	return err_say(m, ERR_INVALID, "must be one of: %s; not '%s'", known,
		text_show(wire_str(v), shown, sizeof(shown)));
}

static field_reader *const readers[] = {
	[FIELD_BOOL] = read_bool,
	[FIELD_INT] = read_int,
	[FIELD_TEXT] = read_text,
	[FIELD_NAME] = read_name,
	[FIELD_BYTES] = read_bytes,
	[FIELD_TIME] = read_time,
	[FIELD_MAP] = read_map,
	[FIELD_ARRAY] = read_array,
	[FIELD_TEXTS] = read_texts,
	[FIELD_ANY] = read_any,
	[FIELD_ENUM] = read_enum,
};

/* The row of a key, or `count`. The search begins at `hint`: keys often come in the table's
 * order. */
static size_t find_row(const struct field *table, size_t count, size_t hint, struct str key)
{
	for (size_t n = 0; n < count; n++) {
		size_t i = (hint + n) % count;

		if (key.len && table[i].key[0] == key.at[0] && str_is(key, table[i].key))
			return i;
	}
	return count;
}

static bool may_pass(const struct fields_rule *rule, struct str key)
{
	for (size_t i = 0; i < rule->pass_count; i++)
		if (str_is(key, rule->pass[i]))
			return true;
	return rule->ignore_unknown;
}

struct keys {
	const struct field *table;
	size_t count;
};

static const char *nth_key(const void *ctx, size_t i)
{
	const struct keys *k = ctx;

	return i < k->count ? k->table[i].key : NULL;
}

static enum err say_unknown(
	const struct field *table, size_t count, struct str key, struct errmsg *m)
{
	static const struct near_alias habits[] = {{NULL, NULL}};
	const struct keys keys = {table, count};
	const char *near = near_find(key, nth_key, &keys, habits);
	char known[300] = "";
	char shown[SHOWN];

	text_show(key, shown, sizeof(shown));
	if (near) {
		err_say(m, ERR_INVALID, "unknown key '%s'; did you mean '%s'?", shown, near);
		return err_at(m, ERR_INVALID, "%s", shown);
	}
	for (size_t i = 0; i < count; i++)
		add_word(known, sizeof(known), table[i].key);
	err_say(m, ERR_INVALID, "unknown key '%s'; known keys are: %s", shown,
		count ? known : "none");
	return err_at(m, ERR_INVALID, "%s", shown);
}

static enum err check_required(
	const struct field *table, size_t count, uint64_t given, struct errmsg *m)
{
	for (size_t i = 0; i < count; i++) {
		if (!table[i].required || given >> i & 1)
			continue;
		err_say(m, ERR_INVALID, "'%s' is required", table[i].key);
		return err_at(m, ERR_INVALID, "%s", table[i].key);
	}
	return ERR_OK;
}

enum err fields_read_by(const struct wire_value *map, const struct field *table, size_t count,
	const struct fields_rule *rule, void *out, struct errmsg *m)
{
	uint64_t given = 0; /* bit i: row i */
	size_t row = 0;

	ASSERT(count <= 64);
	if (wire_type(map) != WIRE_MAP)
		return say_type(m, wire_type_name(WIRE_MAP), map);
	for (uint32_t i = 0; i < wire_count(map); i++) {
		const struct wire_value *v = wire_at(map, i);
		size_t found = find_row(table, count, row, wire_key(map, i));

		if (found == count) {
			if (may_pass(rule, wire_key(map, i)))
				continue;
			return say_unknown(table, count, wire_key(map, i), m);
		}
		row = found;
		const struct field *f = &table[row];
		if (wire_type(v) == WIRE_NIL && f->type != FIELD_ANY)
			continue;
		enum err e = readers[f->type](f, v, (char *)out + f->at, m);
		if (e)
			return err_at(m, e, "%s", f->key);
		given |= (uint64_t)1 << row;
	}
	return check_required(table, count, given, m);
}

enum err fields_read(const struct wire_value *map, const struct field *table, size_t count,
	void *out, struct errmsg *m)
{
	static const struct fields_rule none;

	return fields_read_by(map, table, count, &none, out, m);
}
