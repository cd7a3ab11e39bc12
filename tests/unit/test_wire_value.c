#include "common/wire/value.h"

#include <math.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/wire/write.h"
#include "tests/lib/test.h"

/* Opens what b holds, which must be good. */
static struct wire_message opened(const struct buf *b)
{
	struct wire_message w = {0};
	struct errmsg m;

	assert_int_equal(b->err, ERR_OK);
	if (wire_open(&w, buf_view(b), &m))
		fail_msg("%s", m.text);
	return w;
}

TEST(reads_back_what_was_written)
{
	struct buf b;

	buf_init(&b, 1000);
	wire_put_map(&b, 9);
	wire_put_text(&b, "nil");
	wire_put_nil(&b);
	wire_pair_bool(&b, "bool", true);
	wire_pair_int(&b, "int", INT64_MIN);
	wire_put_text(&b, "float");
	wire_put_float(&b, -0.5);
	wire_pair_str(&b, "str", (struct str){"a\0b", 3});
	wire_pair_text(&b, "text", "gr\xc3\xbc\xc3\x9f");
	wire_pair_text(&b, "none", NULL);
	wire_put_text(&b, "bin");
	wire_put_bin(&b, (struct str){"\xff\xfe", 2});
	wire_put_text(&b, "array");
	wire_put_array(&b, 2);
	wire_put_int(&b, 7);
	wire_put_raw(&b, str_of("\x05"));

	struct wire_message w = opened(&b);
	assert_int_equal(wire_type(w.root), WIRE_MAP);
	assert_int_equal(wire_count(w.root), 9);
	assert_int_equal(wire_type(wire_get(w.root, "nil")), WIRE_NIL);
	assert_true(wire_bool(wire_get(w.root, "bool")));
	assert_true(wire_int(wire_get(w.root, "int")) == INT64_MIN);
	assert_true(wire_float(wire_get(w.root, "float")) == -0.5);
	assert_int_equal(wire_str(wire_get(w.root, "str")).len, 3);
	assert_true(str_is(wire_str(wire_get(w.root, "text")), "gr\xc3\xbc\xc3\x9f"));
	assert_int_equal(wire_type(wire_get(w.root, "none")), WIRE_NIL);
	assert_int_equal(wire_type(wire_get(w.root, "bin")), WIRE_BIN);
	assert_true(str_is(wire_str(wire_get(w.root, "bin")), "\xff\xfe"));
	const struct wire_value *array = wire_get(w.root, "array");
	assert_int_equal(wire_int(wire_item(array, 0)), 7);
	assert_int_equal(wire_int(wire_item(array, 1)), 5);
	assert_true(str_is(wire_key(w.root, 8), "array"));
	assert_ptr_equal(wire_at(w.root, 8), array);
	wire_close(&w);
	buf_done(&b);
}
