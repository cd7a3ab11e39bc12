#include "tests/xsim/calls/call.h"
#include "tests/xsim/calls/calls.h"

void get_me(struct call *c)
{
	struct shape s = call_shape(c);

	answer_data(c, 200, render_user(&c->x->world, c->user, &s));
}

/* Answers with one user, or that there is none such. */
static void show_user(struct call *c, uint32_t user, const char *parameter)
{
	struct shape s = call_shape(c);

	if (user != NOBODY)
		answer_data(c, 200, render_user(&c->x->world, user, &s));
	else
		answer_json(c, 200,
			json_pack("{s:[o]}", "errors",
				not_found_error("user", parameter, c->path[0])));
}

void get_user(struct call *c)
{
	show_user(c, world_find_user(&c->x->world, call_id(c, 0)), "id");
}

void get_user_by(struct call *c)
{
	if (text_is_username(c->path[0]))
		show_user(c, world_find_name(&c->x->world, c->path[0]), "username");
	else
		answer_invalid(c, "username", c->path[0],
			"The `username` query parameter value [%.*s] does not match "
			"^[A-Za-z0-9_]{1,15}$",
			STR_ARG(c->path[0]));
}

/* Answers with the users of a list in the query. */
static void show_users(struct call *c, const char *parameter,
	uint32_t (*find)(const struct world *, struct str))
{
	const struct world *w = &c->x->world;
	struct str rest = params_get(&c->query, parameter), item;
	struct shape s = call_shape(c);

	if (!rest.at) {
		answer_invalid(c, parameter, rest, "The `%s` query parameter can not be empty",
			parameter);
		return;
	}
	struct found f = found_new();
	while (list_next(&rest, &item)) {
		uint32_t user = find(w, item);
		if (user != NOBODY)
			json_array_append_new(f.data, render_user(w, user, &s));
		else
			json_array_append_new(
				f.errors, not_found_error("user", parameter, item));
	}
	answer_found(c, &f, NULL);
}

static uint32_t find_by_id(const struct world *w, struct str id)
{
	return world_find_user(w, id_of(id));
}

void get_users(struct call *c)
{
	show_users(c, "ids", find_by_id);
}

void get_users_by(struct call *c)
{
	show_users(c, "usernames", world_find_name);
}
