#include "tests/xsim/calls/shaped.h"

#include <stdio.h>
#include <string.h>

#include "tests/xsim/calls/generic.h"
#include "tests/xsim/calls/schema.h"

const json_t *spec_answer(const struct call *c)
{
	return json_object_get(c->route->spec, "answer");
}

int spec_status(const struct call *c)
{
	return (int)json_integer_value(json_object_get(c->route->spec, "status"));
}

json_t *kept_value(const struct call *c, const char *id)
{
	const struct user *u = call_user(c);
	json_t *v = need_json(c->body ? json_deep_copy(c->body) : json_object());
	char time[32], ms[24];

	text_from_time(c->r->now.wall, time, sizeof(time));
	snprintf(ms, sizeof(ms), "%lld", (long long)(c->r->now.wall / USEC_MSEC));
	AUTO_JSON more = need_json(json_pack("{s:s,s:o,s:s,s:s,s:o,s:o,s:o,s:s,s:s}", "id", id,
		"number", id_json(world_next_id(&c->x->world, c->r->now.wall)), "created_at",
		time, "created_at_ms", ms, "owner_id", id_json(u->id), "author_id",
		id_json(u->id), "sender_id", id_json(u->id), "author_username", u->username,
		"author_name", u->name));
	json_object_update(v, more);
	return v;
}

const json_t *dressed(const struct call *c, const struct thing *t)
{
	const struct shelves *s = &c->x->shelves;

	if (strcmp(t->shelf, "list") == 0) {
		json_object_set_new(t->value, "member_count",
			need_json(json_integer(shelf_count(s, "member", true, t->id))));
		json_object_set_new(t->value, "follower_count",
			need_json(json_integer(shelf_count(s, "list_follower", false, t->id))));
	}
	return t->value;
}

/* What the value has for a key of the answer; lent, or NULL. */
static const json_t *find(const json_t *value, const char *names, const char *key)
{
	size_t n = strlen(key);
	char path[64], *rest = path;

	for (; *names; names += strcspn(names, " "), names += strspn(names, " "))
		if (strncmp(names, key, n) == 0 && names[n] == '=')
			break;
	if (!*names)
		return json_object_get(value, key);
	snprintf(path, sizeof(path), "%.*s", (int)strcspn(names + n + 1, " "), names + n + 1);
	if (strcmp(path, ".") == 0)
		return value;
	for (char *part; value && (part = strsep(&rest, ".")) != NULL;)
		value = json_object_get(value, part);
	return value;
}

static bool is_required(const json_t *schema, const char *key)
{
	const json_t *all = json_object_get(schema, "required");

	for (size_t i = 0; i < json_array_size(all); i++)
		if (strcmp(json_string_value(json_array_get(all, i)), key) == 0)
			return true;
	return false;
}

/* X shows id and name of a list, and what else list.fields asks for. */
static bool is_asked(const struct call *c, const char *key)
{
	struct str rest = params_get(&c->query, "list.fields"), item;

	if (!generic_has_query(c, "list.fields") || strcmp(key, "id") == 0 ||
		strcmp(key, "name") == 0)
		return true;
	while (list_next(&rest, &item))
		if (str_is(item, key))
			return true;
	return false;
}

json_t *shaped(struct call *c, const json_t *schema, const json_t *value, const char *names)
{
	json_t *o = need_json(json_object()), *property;
	const char *key;
	char words[256];

	json_object_foreach(json_object_get(schema, "properties"), key, property)
	{
		const json_t *v = find(value, names, key);

		if (v == value)
			json_object_set_new(o, key, shaped(c, property, value, names));
		else if (v && is_asked(c, key) &&
			 schema_check_json(property, v, words, sizeof(words)))
			json_object_set(o, key, (json_t *)(uintptr_t)v);
		else if (is_required(schema, key))
			json_object_set_new(o, key, generic_value(c, property));
	}
	return o;
}
