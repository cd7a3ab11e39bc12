#include "dispatcher/core/job.h"

#include <inttypes.h>
#include <stdio.h>

#define BIT(state) (1u << JOB_##state)

static const struct {
	const char *name;
	bool final;
	unsigned next; /* BIT() of each state it may become */
} states[] = {
#define X(state, name, final, next) [JOB_##state] = {name, final, next},
	JOB_STATES(X)
#undef X
};

enum post_kind job_kind(const struct job *j)
{
	if (j->flags & JOB_REPLY)
		return POST_REPLY;
	return j->flags & JOB_QUOTE ? POST_QUOTE : POST_PLAIN;
}

bool job_may(enum job_state from, enum job_state to)
{
	ASSERT(from < COUNT_OF(states) && to < COUNT_OF(states));
	return (states[from].next & (1u << to)) != 0;
}

bool job_is_final(enum job_state state)
{
	ASSERT(state < COUNT_OF(states));
	return states[state].final;
}

const char *job_state_name(enum job_state state)
{
	ASSERT(state < COUNT_OF(states));
	return states[state].name;
}

bool job_state_parse(struct str name, enum job_state *ret)
{
	for (size_t i = 0; i < COUNT_OF(states); i++) {
		if (!str_is(name, states[i].name))
			continue;
		*ret = (enum job_state)i;
		return true;
	}
	return false;
}

char *job_id_write(uint64_t id, char out[JOB_ID_TEXT_MAX])
{
	(void)snprintf(out, JOB_ID_TEXT_MAX, "j%" PRIu64, id);
	return out;
}

bool job_id_read(struct str text, uint64_t *ret)
{
	if (text.len < 2 || text.at[0] != 'j' || text.at[1] == '0')
		return false;

	struct str digits = {text.at + 1, text.len - 1};
	int64_t id;
	for (size_t i = 0; i < digits.len; i++)
		if (digits.at[i] < '0' || digits.at[i] > '9')
			return false;
	if (text_to_int(digits, 1, INT64_MAX, &id))
		return false;
	*ret = (uint64_t)id;
	return true;
}
