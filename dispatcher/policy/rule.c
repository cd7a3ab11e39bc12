#include "dispatcher/policy/rule.h"

const struct rule_info *rule_info(enum rule r)
{
	static const struct rule_info table[] = {
#define X(rule, id, does, settings, why) {id, does, settings, why},
#include "dispatcher/policy/rules.def"
#undef X
	};

	ASSERT(r < COUNT_OF(table));
	return &table[r];
}

const char *rule_does_name(enum rule_does d)
{
	return d == RULE_HOLDS ? "holds" : "refuses";
}
