#include "tests/xsim/stats.h"

static size_t status_at(struct stats *s, int status)
{
	for (size_t i = 0; i < s->status_count; i++)
		if (s->statuses[i] == status)
			return i;
	if (s->status_count == STATS_STATUSES_MAX)
		return STATS_STATUSES_MAX - 1;
	s->statuses[s->status_count] = status;
	return s->status_count++;
}

void stats_answer(struct stats *s, size_t route, int status)
{
	ASSERT(route < STATS_ROUTES_MAX);
	s->answers[route][status_at(s, status)]++;
}
