/* A byte that chooses an action, and MessagePack: refused with a sentence, or full of facts. */
#include "common/json/args.h"
#include "common/wire/value.h"
#include "common/xapi/check.h"
#include "common/xapi/text/count.h"
#include "tests/fuzz/fuzz.h"

static void check(const struct action *a, const struct wire_value *args)
{
	struct action_facts f;
	struct errmsg m = {{0}, {0}};
	enum err e = action_check(a, &args_of_wire, args, &f, &m);

	ASSERT(!e || e == ERR_INVALID);
	ASSERT(!e ||
		(m.text[0] && text_is_utf8(str_of(m.text)) && text_is_utf8(str_of(m.field))));
	if (e)
		return;
	ASSERT(f.call == a->call || f.call == a->other_call);
	ASSERT(f.weighted >= 0 && f.weighted <= COUNT_POST_MAX);
	ASSERT(!f.name_arg || text_is_username(f.name));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct action *a = size ? action_at(data[0]) : NULL;
	struct wire_message w = {0};

	if (a && !wire_open(&w, (struct str){(const char *)data + 1, size - 1}, NULL))
		check(a, w.root);
	wire_close(&w);
	return 0;
}
