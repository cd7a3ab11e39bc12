/* Any text: refused with a reason, or JSON that is the same after a trip through MessagePack.
 */
#include "common/json/json.h"
#include "common/wire/write.h"
#include "tests/fuzz/fuzz.h"

static void check_text(const json_t *j, size_t size)
{
	struct buf b;

	buf_init(&b, 32 * size + 64);
	json_write(j, &b);
	ASSERT(!b.err);
	AUTO_JSON back = NULL;
	ASSERT(!json_read(buf_view(&b), &back, NULL));
	ASSERT(json_equal(j, back));
	buf_done(&b);
}

static void check_wire(const json_t *j, size_t size)
{
	struct wire_message w = {0};
	AUTO_JSON back = NULL;
	struct buf b;

	buf_init(&b, 16 * size + 64);
	json_to_wire(j, &b);
	if (!b.err) {
		enum err e = wire_open(&w, buf_view(&b), NULL);

		ASSERT(!e || e == ERR_TOO_BIG);
		ASSERT(e || !json_from_wire(w.root, &back));
		ASSERT(e || json_equal(j, back));
	}
	ASSERT(!b.err || b.err == ERR_TOO_BIG);
	wire_close(&w);
	buf_done(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct errmsg m;
	AUTO_JSON j = NULL;
	enum err e = json_read((struct str){(const char *)data, size}, &j, &m);

	ASSERT(!e || ((e == ERR_FORMAT || e == ERR_TOO_BIG) && m.text[0] && !j));
	if (!e) {
		check_text(j, size);
		check_wire(j, size);
	}
	return 0;
}
