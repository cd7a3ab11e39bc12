/* Any bytes: refused with a reason, or a tree that can be read, written and read again. */
#include "common/wire/fields.h"
#include "common/wire/write.h"
#include "tests/fuzz/fuzz.h"

static uint32_t count_values(const struct wire_value *v)
{
	uint32_t count = 1;

	if (wire_type(v) == WIRE_ARRAY)
		for (uint32_t i = 0; i < wire_count(v); i++)
			count += count_values(wire_item(v, i));
	if (wire_type(v) == WIRE_MAP)
		for (uint32_t i = 0; i < wire_count(v); i++) {
			ASSERT(text_is_utf8(wire_key(v, i)));
			count += 1 + count_values(wire_at(v, i));
		}
	if (wire_type(v) == WIRE_STR)
		ASSERT(text_is_utf8(wire_str(v)));
	return count;
}

/* Writes v by `put` and opens what was written. */
static struct wire_message rewritten(const struct wire_value *v,
	void (*put)(struct buf *, const struct wire_value *), struct buf *b)
{
	struct wire_message w = {0};

	put(b, v);
	ASSERT(!b->err);
	ASSERT(!wire_open(&w, buf_view(b), NULL));
	ASSERT(wire_equal(v, w.root));
	ASSERT(wire_equal(w.root, v));
	return w;
}

static void check_tree(const struct wire_value *v, size_t size)
{
	struct buf plain, canonical, again;

	buf_init(&plain, 2 * size + 16);
	buf_init(&canonical, 2 * size + 16);
	buf_init(&again, 2 * size + 16);
	ASSERT(count_values(v) <= WIRE_VALUES_MAX);
	struct wire_message a = rewritten(v, wire_put_value, &plain);
	struct wire_message b = rewritten(a.root, wire_put_canonical, &canonical);
	wire_put_canonical(&again, b.root);
	ASSERT(str_equal(buf_view(&canonical), buf_view(&again)));
	wire_close(&a);
	wire_close(&b);
	buf_done(&plain);
	buf_done(&canonical);
	buf_done(&again);
}

/* A table with every type of field, whose keys are short enough to be met by chance. */
static void check_fields(const struct wire_value *v)
{
	static const char *const words[] = {"x", "y", NULL};
	union {
		int64_t n;
		struct str s;
		const struct wire_value *v;
	} out[FIELD_ENUM + 1] = {{0}};
	struct field table[FIELD_ENUM + 1];
	static const char *const keys[] = {
		"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k"};
	struct fields_rule lenient = {.ignore_unknown = true};

	for (size_t i = 0; i < COUNT_OF(table); i++)
		table[i] = (struct field){.key = keys[i],
			.type = (enum field_type)i,
			.at = (uint16_t)(i * sizeof(out[0])),
			.max = 9,
			.words = words};
	struct errmsg m;
	enum err strict = fields_read(v, table, COUNT_OF(table), out, &m);
	ASSERT(!strict || (strict == ERR_INVALID && m.text[0]));
	enum err e = fields_read_by(v, table, COUNT_OF(table), &lenient, out, NULL);
	ASSERT(!e || strict);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str frame = {.at = (const char *)data, .len = size};
	struct wire_message w = {0};
	struct errmsg m;

	enum err e = wire_open(&w, frame, &m);
	ASSERT(wire_walk(frame, NULL) == e);
	if (e) {
		ASSERT((e == ERR_FORMAT || e == ERR_TOO_BIG) && m.text[0] && !w.root);
	} else {
		check_tree(w.root, size);
		check_fields(w.root);
	}
	wire_close(&w);
	return 0;
}
