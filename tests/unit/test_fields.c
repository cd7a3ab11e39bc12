#include "common/wire/fields.h"

#include <string.h>

#include "common/base/mem.h"
#include "common/json/json.h"
#include "common/wire/write.h"
#include "tests/lib/test.h"

struct out {
	bool flag;
	int64_t n;
	struct str text, name, bytes;
	usec_t at;
	const struct wire_value *map, *array, *texts, *any;
	uint8_t word;
};

static const char *const words[] = {"settle", "ask", NULL};

/* clang-format off */
#define F(type_, key_, member, lo, hi) {.key = key_, .type = type_, .at = offsetof(struct out, member), .min = lo, .max = hi}
static const struct field table[] = {
	F(FIELD_BOOL, "flag", flag, 0, 0),
	F(FIELD_INT, "n", n, -3, 9),
	F(FIELD_TEXT, "text", text, 1, 5),
	F(FIELD_NAME, "name", name, 1, 4),
	F(FIELD_BYTES, "bytes", bytes, 2, 3),
	F(FIELD_TIME, "at", at, 0, INT64_C(253402300799999)),
	F(FIELD_MAP, "map", map, 0, 0),
	F(FIELD_ARRAY, "array", array, 1, 2),
	F(FIELD_TEXTS, "texts", texts, 0, 2),
	F(FIELD_ANY, "any", any, 0, 0),
	{.key = "word", .type = FIELD_ENUM, .at = offsetof(struct out, word), .words = words},
};
static const struct field required[] = {
	F(FIELD_INT, "n", n, 0, 9),
	{.key = "account", .type = FIELD_TEXT, .required = true, .at = offsetof(struct out, text), .max = 9},
};
/* clang-format on */

/* A map written as JSON, whose single quotes stand for double ones, and what was read from it.
 */
struct reading {
	struct buf b;
	struct wire_message w;
	struct out out;
	struct errmsg m;
	enum err e;
};

static void open_json(struct reading *r, const char *json)
{
	char *text = mem_dup(json, strlen(json));
	json_t *j = NULL;

	for (char *c = text; *c; c++)
		if (*c == '\'')
			*c = '"';
	assert_int_equal(json_read(str_of(text), &j, NULL), ERR_OK);
	*r = (struct reading){0};
	buf_init(&r->b, 10000);
	json_to_wire(j, &r->b);
	assert_int_equal(wire_open(&r->w, buf_view(&r->b), NULL), ERR_OK);
	json_decref(j);
	mem_free(text);
}

static void done(struct reading *r)
{
	wire_close(&r->w);
	buf_done(&r->b);
}

static struct reading read_json(const char *json)
{
	struct reading r;

	open_json(&r, json);
	r.e = fields_read(r.w.root, table, COUNT_OF(table), &r.out, &r.m);
	if (r.e)
		assert_int_equal(
			fields_read(r.w.root, table, COUNT_OF(table), &r.out, NULL), r.e);
	return r;
}

/* Asserts that a map is refused in just these words, which name just this field. */
static void refuses(const char *json, const char *said, const char *field)
{
	struct reading r = read_json(json);

	assert_int_equal(r.e, ERR_INVALID);
	assert_string_equal(r.m.text, said);
	assert_string_equal(r.m.field, field);
	done(&r);
}

TEST(puts_every_type_where_it_belongs)
{
	struct reading r = read_json(
		"{'flag':true,'n':-3,'text':'hello','name':'a-.9','map':{'x':1},'array':[1,2],"
		"'texts':['a'],'any':7,'word':'ask'}");

	assert_int_equal(r.e, ERR_OK);
	assert_true(r.out.flag);
	assert_int_equal(r.out.n, -3);
	assert_true(str_is(r.out.text, "hello"));
	assert_true(str_is(r.out.name, "a-.9"));
	assert_int_equal(wire_int(wire_get(r.out.map, "x")), 1);
	assert_int_equal(wire_count(r.out.array), 2);
	assert_int_equal(wire_count(r.out.texts), 1);
	assert_int_equal(wire_int(r.out.any), 7);
	assert_int_equal(r.out.word, 1);
	done(&r);
}

TEST(leaves_alone_what_is_not_given)
{
	struct reading r;

	open_json(&r, "{'flag':null,'n':null,'word':null,'any':null}");
	r.out = (struct out){.flag = true, .n = 5, .at = -1, .word = 9};
	assert_int_equal(fields_read(r.w.root, table, COUNT_OF(table), &r.out, NULL), ERR_OK);
	assert_true(r.out.flag);
	assert_int_equal(r.out.n, 5);
	assert_int_equal(r.out.at, -1);
	assert_int_equal(r.out.word, 9);
	assert_non_null(r.out.any);
	assert_int_equal(wire_type(r.out.any), WIRE_NIL);
	done(&r);
}

TEST(tells_seconds_from_milliseconds)
{
	refuses("{'at':1790000000}",
		"is 1790000000, which is an instant in seconds; give milliseconds: "
		"1790000000000",
		"at");
}

TEST(names_the_key_it_does_not_know)
{
	refuses("{'txt':1}", "unknown key 'txt'; did you mean 'text'?", "txt");
	refuses("{'colour':1}",
		"unknown key 'colour'; known keys are: flag, n, text, name, bytes, at, map, "
		"array, texts, any, word",
		"colour");
	refuses("{'':1}",
		"unknown key ''; known keys are: flag, n, text, name, bytes, at, map, array, "
		"texts, any, word",
		"");
	refuses("{'a-key-that-is-much-longer-than-any-sensible-key-would-ever-be\\n':1}",
		"unknown key 'a-key-that-is-much-longer-than-any-sensible-key'; known keys "
		"are: flag, n, text, name, bytes, at, map, array, texts, any, word",
		"a-key-that-is-much-longer-than-any-sensible-key");
	refuses("{'te\\u001bxt':1}", "unknown key 'te?xt'; did you mean 'text'?", "te?xt");
}

TEST(bounds_the_list_of_keys_it_knows)
{
	struct field many[64];
	struct reading r;

	for (size_t i = 0; i < COUNT_OF(many); i++)
		many[i] = (struct field){.key = "some-longer-key", .type = FIELD_BOOL};
	open_json(&r, "{'x':1}");
	assert_int_equal(
		fields_read(r.w.root, many, COUNT_OF(many), &r.out, &r.m), ERR_INVALID);
	assert_in_range(strlen(r.m.text), 250, 360);
	assert_int_equal(fields_read(r.w.root, many, 0, &r.out, &r.m), ERR_INVALID);
	assert_string_equal(r.m.text, "unknown key 'x'; known keys are: none");
	done(&r);
}

TEST(says_which_type_it_wants)
{
	refuses("{'flag':1}", "must be true or false, not a whole number", "flag");
	refuses("{'n':1.0}", "must be a whole number, not a floating-point number", "n");
	refuses("{'n':'1'}", "must be a whole number, not text", "n");
	refuses("{'text':5}", "must be text, not a whole number", "text");
	refuses("{'name':true}", "must be text, not true or false", "name");
	refuses("{'bytes':'abc'}", "must be bytes, not text", "bytes");
	refuses("{'map':[]}", "must be a map, not an array", "map");
	refuses("{'array':{}}", "must be an array, not a map", "array");
	refuses("{'texts':'a'}", "must be an array of texts, not text", "texts");
	refuses("{'texts':['a',2]}", "must be text, not a whole number", "texts[1]");
	refuses("{'word':0}", "must be text, not a whole number", "word");
	refuses("[]", "must be a map, not an array", "");
	refuses("null", "must be a map, not nil", "");
}

TEST(says_within_which_bounds)
{
	refuses("{'n':10}", "must be between -3 and 9", "n");
	refuses("{'n':-4}", "must be between -3 and 9", "n");
	refuses("{'text':'sechse'}", "is 6 bytes long; at most 5 are allowed", "text");
	refuses("{'text':''}", "must not be empty", "text");
	refuses("{'name':''}", "must be a name: 1 to 4 of A-Z a-z 0-9 _ . -", "name");
	refuses("{'name':'abcde'}", "must be a name: 1 to 4 of A-Z a-z 0-9 _ . -", "name");
	refuses("{'name':'a b'}", "must be a name: 1 to 4 of A-Z a-z 0-9 _ . -", "name");
	refuses("{'array':[]}", "must not be empty", "array");
	refuses("{'array':[1,2,3]}", "has 3 entries; at most 2 are allowed", "array");
	refuses("{'texts':['','','']}", "has 3 entries; at most 2 are allowed", "texts");
	refuses("{'word':'guess'}", "must be one of: settle, ask; not 'guess'", "word");
}

/* Reads a map with the one key "bytes". */
static enum err read_bytes(const char *bytes, struct errmsg *m)
{
	struct wire_message w = {0};
	struct out out = {0};
	struct buf b;

	buf_init(&b, 100);
	wire_put_map(&b, 1);
	wire_put_text(&b, "bytes");
	wire_put_bin(&b, str_of(bytes));
	assert_int_equal(wire_open(&w, buf_view(&b), NULL), ERR_OK);
	enum err e = fields_read(w.root, table, COUNT_OF(table), &out, m);
	assert_int_equal(str_is(out.bytes, bytes), !e);
	wire_close(&w);
	buf_done(&b);
	return e;
}

TEST(counts_bytes)
{
	struct errmsg m;

	assert_int_equal(read_bytes("ab", &m), ERR_OK);
	assert_int_equal(read_bytes("abc", &m), ERR_OK);
	assert_int_equal(read_bytes("a", &m), ERR_INVALID);
	assert_string_equal(m.text, "is 1 bytes long; at least 2 must be there");
	assert_int_equal(read_bytes("abcd", &m), ERR_INVALID);
	assert_string_equal(m.text, "is 4 bytes long; at most 3 are allowed");
}

static void reads_time(const char *json, usec_t expected)
{
	struct reading r = read_json(json);

	assert_int_equal(r.e, ERR_OK);
	assert_true(r.out.at == expected);
	done(&r);
}

TEST(takes_a_time_in_two_forms)
{
	const char *said = "must be a time: Unix milliseconds such as 1790000000000, or text "
			   "such as '2026-09-21T14:13:20Z', from 1970 to 9999";

	reads_time("{'at':0}", 0);
	reads_time("{'at':1790000000123}", 1790000000123 * USEC_MSEC);
	reads_time("{'at':'2026-09-21T14:13:20Z'}", 1790000000 * USEC_SEC);
	reads_time(
		"{'at':'2026-09-21T16:13:20.5+02:00'}", 1790000000 * USEC_SEC + USEC_SEC / 2);
	reads_time("{'at':253402300799999}", 253402300799999 * USEC_MSEC);
	reads_time("{'at':'9999-12-31T23:59:59.999999Z'}", 253402300799999999);
	refuses("{'at':253402300800000}", said, "at");
	refuses("{'at':-1}", said, "at");
	refuses("{'at':9223372036854775807}", said, "at");
	refuses("{'at':1.5}", said, "at");
	refuses("{'at':'2026-09-21T14:13:20'}", said, "at");
	refuses("{'at':'1790000000000'}", said, "at");
	refuses("{'at':'1970-01-01T00:00:00+00:01'}", said, "at");
	refuses("{'at':'9999-12-31T23:59:59-00:01'}", said, "at");
	refuses("{'at':true}", said, "at");
}

TEST(asks_for_what_is_required)
{
	struct reading r;
	const char *lacking[] = {"{}", "{'n':1}", "{'account':null,'n':1}"};

	for (size_t i = 0; i < COUNT_OF(lacking); i++) {
		open_json(&r, lacking[i]);
		assert_int_equal(
			fields_read(r.w.root, required, COUNT_OF(required), &r.out, &r.m),
			ERR_INVALID);
		assert_string_equal(r.m.text, "'account' is required");
		assert_string_equal(r.m.field, "account");
		done(&r);
	}
	open_json(&r, "{'account':''}");
	assert_int_equal(
		fields_read(r.w.root, required, COUNT_OF(required), &r.out, &r.m), ERR_OK);
	done(&r);
}

TEST(passes_over_the_keys_of_others)
{
	static const char *const pass[] = {"op", "seq"};
	struct fields_rule rule = {.pass = pass, .pass_count = 2};
	struct reading r;

	open_json(&r, "{'op':'x','n':4,'seq':[1],'new':1}");
	assert_int_equal(fields_read_by(r.w.root, table, COUNT_OF(table), &rule, &r.out, &r.m),
		ERR_INVALID);
	assert_string_equal(r.m.field, "new");
	rule.ignore_unknown = true;
	assert_int_equal(
		fields_read_by(r.w.root, table, COUNT_OF(table), &rule, &r.out, &r.m), ERR_OK);
	assert_int_equal(r.out.n, 4);
	rule.pass_count = 0;
	assert_int_equal(
		fields_read_by(r.w.root, table, COUNT_OF(table), &rule, &r.out, &r.m), ERR_OK);
	done(&r);
}

/* A key with a zero byte in it is not the key before the zero byte. */
TEST(compares_keys_whole)
{
	struct wire_message w = {0};
	struct out out = {0};
	struct errmsg m;

	assert_int_equal(wire_open(&w, (struct str){"\x81\xa2n\0\x01", 5}, NULL), ERR_OK);
	assert_int_equal(fields_read(w.root, table, COUNT_OF(table), &out, &m), ERR_INVALID);
	assert_string_equal(m.field, "n?");
	wire_close(&w);
}
