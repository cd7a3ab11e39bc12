#include "tests/xsim/render.h"

#include <stdio.h>

#include "tests/xsim/need.h"

static json_t *id_json(uint64_t id)
{
	return need_json(json_sprintf("%llu", (unsigned long long)id));
}

json_t *render_user(const struct world *w, uint32_t user, struct str fields)
{
	const struct user *u = world_user(w, user);

	(void)fields;
	return need_json(json_pack("{s:o,s:s,s:s}", "id", id_json(u->id), "name", u->name,
		"username", u->username));
}

json_t *render_created(const struct world *w, uint32_t post)
{
	const struct post *p = world_post(w, post);

	return need_json(json_pack("{s:o,s:s,s:[o]}", "id", id_json(p->id), "text", p->text,
		"edit_history_tweet_ids", id_json(p->id)));
}
