#include "common/xapi/made/operations.h"

#include "common/xapi/text/count.h"

#include "common/xapi/made/arguments.def"

const struct action operations[] = {
#define X(name, capability, call, args, count, help, example) \
	{name, capability, help, ACTION_OPERATION, call, "", call, args, count, example, ""},
#include "common/xapi/made/operations.def"
#undef X
};
const size_t operation_count = COUNT_OF(operations);

static const struct {
	const char *name, *why;
} refused[] = {
#define X(name, why) {name, why},
#include "common/xapi/made/refused.def"
#undef X
};

const char *action_refused(struct str name)
{
	for (size_t i = 0; i < COUNT_OF(refused); i++)
		if (str_is(name, refused[i].name))
			return refused[i].why;
	return NULL;
}

const char *action_refused_at(size_t i)
{
	return i < COUNT_OF(refused) ? refused[i].name : NULL;
}
