#include "tests/xsim/stats.h"

#include <stdio.h>

#include "tests/xsim/need.h"
#include "tests/xsim/oauth/oauth.h"
#include "tests/xsim/routes.h"

const char *const stats_extra_names[STATS_EXTRAS] = {
	[STATS_TOKEN] = "token",
	[STATS_REVOKE] = "revoke",
	[STATS_AUTHORIZE] = "authorize",
};

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

/* What a route answered, by status. */
static json_t *answers_json(const struct stats *s, size_t route)
{
	json_t *j = need_json(json_object());

	for (size_t i = 0; i < s->status_count; i++) {
		char status[16];

		if (!s->answers[route][i])
			continue;
		snprintf(status, sizeof(status), "%d", s->statuses[i]);
		json_object_set_new(
			j, status, need_json(json_integer((json_int_t)s->answers[route][i])));
	}
	return j;
}

static json_t *routes_json(const struct stats *s)
{
	json_t *j = need_json(json_object());

	for (size_t i = 0; i < route_count + STATS_EXTRAS; i++) {
		const char *name =
			i < route_count ? routes[i].name : stats_extra_names[i - route_count];

		if (s->seen[i])
			json_object_set_new(j, name,
				need_json(json_pack("{s:I,s:o}", "seen", (json_int_t)s->seen[i],
					"answers", answers_json(s, i))));
	}
	return j;
}

json_t *stats_json(const struct stats *s, const struct oauth *o)
{
	return need_json(json_pack("{s:o,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I}", "routes",
		routes_json(s), "effects", (json_int_t)s->effects, "post_effects",
		(json_int_t)s->post_effects, "real_429", (json_int_t)s->limited,
		"unknown_paths", (json_int_t)s->unknown_paths, "refreshes",
		(json_int_t)o->refresh_count, "refresh_presented_twice",
		(json_int_t)o->reused_count, "families_killed", (json_int_t)o->killed_count,
		"signed", (json_int_t)o->signed_count));
}
