#include "tests/xsim/calls/ends.h"

#include <stdio.h>
#include <string.h>

#define CODE_LETTERS "abcdefghijklmnopqrstuvwxyz0123456789"

/* --- places --- */

static void write_number(uint64_t n, struct end *ret)
{
	ret->id = n;
	snprintf(ret->text, sizeof(ret->text), "%llu", (unsigned long long)n);
}

/* A number as letters and digits, at most 13 of them. */
static void write_code(uint64_t n, struct end *ret)
{
	size_t at = 0;

	for (; n; n /= strlen(CODE_LETTERS))
		ret->text[at++] = CODE_LETTERS[n % strlen(CODE_LETTERS)];
	ret->text[at] = '\0';
	ret->id = shelf_id(str_of(ret->text));
}

static struct str text_at(const struct call *c, const char *place)
{
	const char *name = strchr(place, '.') + 1;
	const char *text;

	if (str_has_prefix(str_of(place), "path."))
		return c->path[name[0] - '0'];
	if (str_has_prefix(str_of(place), "query."))
		return params_get(&c->query, name);
	text = json_string_value(json_object_get(c->body, name));
	return text ? str_of(text) : (struct str){"", 0};
}

static void read_place(const struct call *c, const char *place, struct end *ret)
{
	uint64_t next = 0;

	if (strcmp(place, "new") == 0 || strcmp(place, "code") == 0)
		next = world_next_id(&c->x->world, c->r->now.wall);
	if (strcmp(place, "self") == 0)
		write_number(call_user(c)->id, ret);
	else if (next && place[0] == 'n')
		write_number(next, ret);
	else if (next)
		write_code(next, ret);
	else {
		struct str s = text_at(c, place);

		snprintf(ret->text, sizeof(ret->text), "%.*s", STR_ARG(s));
		ret->id = shelf_id(s);
	}
}

/* --- kinds --- */

static bool is_there(struct call *c, struct end *e, bool *ret_own)
{
	const struct world *w = &c->x->world;
	static const char *const free_kinds[] = {"any", "mine", "member", "me"};

	*ret_own = strcmp(e->kind, "me") != 0 || e->id == call_user(c)->id;
	for (size_t i = 0; i < COUNT_OF(free_kinds); i++)
		if (strcmp(e->kind, free_kinds[i]) == 0)
			return true;
	if (strcmp(e->kind, "user") == 0)
		return world_find_user(w, e->id) != NOBODY;
	if (strcmp(e->kind, "post") == 0)
		return world_find_post(w, e->id) != NOBODY;
	e->thing = shelf_find(&c->x->shelves, e->kind, e->id);
	*ret_own = e->thing && e->thing->owner == c->user;
	return e->thing;
}

bool end_find(struct call *c, const char *words, struct end *ret)
{
	bool must_own = words[0] == '!' || strncmp(words, "me:", 3) == 0, own;
	const char *colon = strchr(words, ':');

	*ret = (struct end){0};
	if (!colon) {
		if (strchr(words, '.') || strcmp(words, "new") == 0 ||
			strcmp(words, "code") == 0)
			read_place(c, words, ret);
		return true;
	}
	words += words[0] == '!';
	snprintf(ret->kind, sizeof(ret->kind), "%.*s", (int)(colon - words), words);
	read_place(c, colon + 1, ret);
	if (!is_there(c, ret, &own)) {
		answer_not_found(c, strcmp(ret->kind, "post") == 0 ? "tweet" : ret->kind, "id",
			str_of(ret->text));
		return false;
	}
	if (own || !must_own)
		return true;
	answer_forbidden(c, "You are not permitted to perform this action.");
	return false;
}

static bool names_user(const json_t *list, uint64_t id)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		if (shelf_id(str_of(json_string_value(json_array_get(list, i)))) == id)
			return true;
	return false;
}

bool end_has(const struct call *c, const struct end *e, const struct thing *t)
{
	bool mine = t->owner == c->user;

	if (strcmp(e->kind, "mine") == 0)
		return mine;
	if (strcmp(e->kind, "member") == 0)
		return mine ||
		       names_user(json_object_get(t->value, "group_members"), call_user(c)->id);
	return t->from == e->id;
}
