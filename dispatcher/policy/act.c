#include "dispatcher/policy/act.h"

enum act act_of(enum call call, bool reply)
{
	static const struct {
		enum call call;
		enum act act;
	} table[] = {
		{CALL_CREATE_POST, ACT_POST},
		{CALL_REPOST, ACT_REPOST},
		{CALL_LIKE, ACT_LIKE},
		{CALL_FOLLOW, ACT_FOLLOW},
		{CALL_DM_USER, ACT_DM},
		{CALL_DM_CONVERSATION, ACT_DM},
		{CALL_DM_GROUP, ACT_DM},
	};

	for (size_t i = 0; i < COUNT_OF(table); i++)
		if (table[i].call == call)
			return table[i].act == ACT_POST && reply ? ACT_REPLY : table[i].act;
	return ACT_FREE;
}

const char *act_many(enum act a)
{
	static const char *const names[] = {
#define X(act, name, one, many) many,
		ACTS(X)
#undef X
	};

	ASSERT(a < ACT_COUNT);
	return names[a];
}
