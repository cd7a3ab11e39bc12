#include "common/xapi/value/shape.h"

#include <stdio.h>
#include <string.h>

#include "common/base/near.h"

#define SHOWN_MAX 48
#define NAMES_MAX 200 /* bytes of a list of names in words */
#define NAME_MAX  120 /* bytes of an item's name with its number */

static const struct near_alias no_habits[] = {{NULL, NULL}};

static const char *field_name(const void *ctx, size_t i)
{
	const struct arg *arg = ctx;

	return i < arg->inner_count ? arg->inner[i].name : NULL;
}

static const struct arg *find_field(const struct arg *arg, struct str name)
{
	for (size_t i = 0; i < arg->inner_count; i++)
		if (str_is(name, arg->inner[i].name))
			return &arg->inner[i];
	return NULL;
}

/* "a, b, c": the fields that arg has. */
static const char *names_of(const struct arg *arg, char out[NAMES_MAX])
{
	size_t at = 0;

	out[0] = 0;
	for (size_t i = 0; i < arg->inner_count; i++) {
		const char *name = arg->inner[i].name;

		if (at + strlen(name) + 6 > NAMES_MAX) {
			(void)snprintf(out + at, NAMES_MAX - at, " ...");
			break;
		}
		at += (size_t)snprintf(out + at, NAMES_MAX - at, "%s%s", at ? ", " : "", name);
	}
	return out;
}

static enum err say_unknown(struct check *c, const struct arg *arg, struct str key)
{
	const char *near = near_find(key, field_name, arg, no_habits);
	char shown[SHOWN_MAX], names[NAMES_MAX];

	text_show(key, shown, sizeof(shown));
	if (near)
		(void)err_say(c->m, ERR_INVALID, "%s has no '%s'; did you mean '%s'?",
			arg->name, shown, near);
	else if (arg->inner_count)
		(void)err_say(c->m, ERR_INVALID, "%s has no '%s'; it takes: %s", arg->name,
			shown, names_of(arg, names));
	else
		(void)err_say(c->m, ERR_INVALID, "%s is a map without keys; leave out '%s'",
			arg->name, shown);
	(void)err_at(c->m, ERR_INVALID, "%s", shown);
	return err_at(c->m, ERR_INVALID, "%s", arg->name);
}

static enum err check_fields(struct check *c, const struct arg *arg, const void *v)
{
	for (uint32_t i = 0; i < c->ops->count(v); i++) {
		struct str key = c->ops->key(v, i);
		const struct arg *field = find_field(arg, key);
		const void *value = c->ops->value(v, i);

		if (!field)
			return say_unknown(c, arg, key);
		bool none = c->ops->kind(value) == ARG_KIND_NONE;
		enum err e = none ? value_must_be(c, field, value, ARG_KIND_TEXT,
					    "given, or left out")
				  : value_check(c, field, value);
		if (e)
			return err_at(c->m, e, "%s", arg->name);
	}
	return ERR_OK;
}

static enum err check_needed(struct check *c, const struct arg *arg, const void *v)
{
	for (size_t i = 0; i < arg->inner_count; i++) {
		const struct arg *field = &arg->inner[i];

		if (!field->required ||
			c->ops->kind(c->ops->get(v, field->name)) != ARG_KIND_NONE)
			continue;
		(void)err_say(c->m, ERR_INVALID, "%s needs '%s': %s", arg->name, field->name,
			field->help);
		(void)err_at(c->m, ERR_INVALID, "%s", field->name);
		return err_at(c->m, ERR_INVALID, "%s", arg->name);
	}
	return ERR_OK;
}

enum err shape_check_map(struct check *c, const struct arg *arg, const void *v)
{
	enum err e = value_must_be(c, arg, v, ARG_KIND_MAP, "a map");

	if (e)
		return e;
	c->depth++;
	e = check_fields(c, arg, v);
	if (!e)
		e = check_needed(c, arg, v);
	c->depth--;
	return e;
}

enum err shape_check_list(struct check *c, const struct arg *arg, const void *v)
{
	enum err e = value_must_be(c, arg, v, ARG_KIND_LIST, "a list");
	char name[NAME_MAX];

	if (!e)
		e = value_check_count(c, arg, v, "items");
	if (e)
		return e;
	c->depth++;
	for (uint32_t i = 0; !e && i < c->ops->count(v); i++) {
		struct arg item = arg->inner[0];

		(void)snprintf(name, sizeof(name), "%s[%u]", arg->name, i);
		item.name = name;
		const void *value = c->ops->item(v, i);
		bool none = c->ops->kind(value) == ARG_KIND_NONE;
		e = none ? value_must_be(c, &item, value, ARG_KIND_TEXT, "given, or left out")
			 : value_check(c, &item, value);
	}
	c->depth--;
	return e;
}
