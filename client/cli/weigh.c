#include "client/cli/weigh.h"

#include <string.h>

#include "client/cli/rows.h"
#include "common/base/near.h"
#include "common/json/json.h"
#include "common/xapi/check.h"
#include "common/xapi/price.h"

static const struct near_alias no_habits[] = {{NULL, NULL}};

/* --- JSON as the catalogue sees it --- */

static const void *args_get(const void *map, const char *key)
{
	return json_object_get(map, key);
}

static enum arg_kind args_kind(const void *v)
{
	static const enum arg_kind kinds[] = {
		[JSON_OBJECT] = ARG_KIND_MAP,
		[JSON_ARRAY] = ARG_KIND_LIST,
		[JSON_STRING] = ARG_KIND_TEXT,
		[JSON_INTEGER] = ARG_KIND_INT,
		[JSON_REAL] = ARG_KIND_OTHER,
		[JSON_TRUE] = ARG_KIND_BOOL,
		[JSON_FALSE] = ARG_KIND_BOOL,
		[JSON_NULL] = ARG_KIND_NONE,
	};

	return v ? kinds[json_typeof((const json_t *)v)] : ARG_KIND_NONE;
}

static bool args_boolean(const void *v)
{
	return json_is_true((const json_t *)v);
}

static int64_t args_integer(const void *v)
{
	return json_integer_value(v);
}

static struct str args_text(const void *v)
{
	return (struct str){json_string_value(v), json_string_length(v)};
}

static uint32_t args_count(const void *v)
{
	return (uint32_t)(json_is_array((const json_t *)v) ? json_array_size(v)
							   : json_object_size(v));
}

static const void *args_item(const void *list, uint32_t i)
{
	return json_array_get(list, i);
}

/* The i-th pair. A map of arguments is small. */
static void *pair_at(const void *map, uint32_t i)
{
	json_t *object = (json_t *)(uintptr_t)map;
	void *at = json_object_iter(object);

	while (i-- > 0)
		at = json_object_iter_next(object, at);
	return at;
}

static struct str args_key(const void *map, uint32_t i)
{
	return str_of(json_object_iter_key(pair_at(map, i)));
}

static const void *args_value(const void *map, uint32_t i)
{
	return json_object_iter_value(pair_at(map, i));
}

static const struct args_ops json_args = {
	.get = args_get,
	.kind = args_kind,
	.boolean = args_boolean,
	.integer = args_integer,
	.text = args_text,
	.count = args_count,
	.item = args_item,
	.key = args_key,
	.value = args_value,
};

/* --- the job --- */

static enum err check_keys(const json_t *job, struct errmsg *m)
{
	char shown[60];
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)job, key, value)
	{
		if (rows_is_job_key(key))
			continue;
		const char *meant = near_find(str_of(key), rows_job_key, NULL, no_habits);
		text_show(str_of(key), shown, sizeof(shown));
		return meant ? err_say(m, ERR_INVALID,
				       "a job has no key '%s'; did you mean '%s'?", shown,
				       meant)
			     : err_say(m, ERR_INVALID, "a job has no key '%s'", shown);
	}
	return ERR_OK;
}

static enum err unknown_action(struct str name, struct errmsg *m)
{
	const char *meant = action_suggest(name);
	char shown[60];

	text_show(name, shown, sizeof(shown));
	if (!name.len)
		err_say(m, ERR_INVALID, "a job needs an action; `roost actions` lists them");
	else if (meant)
		err_say(m, ERR_INVALID, "there is no action '%s'; did you mean '%s'?", shown,
			meant);
	else
		err_say(m, ERR_INVALID, "there is no action '%s'; `roost actions` lists them",
			shown);
	return err_at(m, ERR_INVALID, "action");
}

enum err weigh_job(const json_t *job, int64_t *ret, struct errmsg *m)
{
	const struct action *a = action_find(json_text(job, "action"));
	const json_t *args = json_object_get(job, "args");
	struct action_facts facts;

	*m = (struct errmsg){0};
	enum err e = check_keys(job, m);
	if (e)
		return e;
	if (!a)
		return unknown_action(json_text(job, "action"), m);
	if (!text_is_name(json_text(job, "account"), 64)) {
		err_say(m, ERR_INVALID, "a job needs the name of an account");
		return err_at(m, ERR_INVALID, "account");
	}
	if (args && !json_is_object(args)) {
		err_say(m, ERR_INVALID, "must be a map of arguments");
		return err_at(m, ERR_INVALID, "args");
	}
	e = action_check(a, &json_args, args, &facts, m);
	if (e)
		return err_at(m, e, "args");
	*ret = price_of(facts.call, facts.has_url);
	if (facts.parts)
		*ret = facts.dear_parts * price_of(facts.call, true) +
		       (facts.parts - facts.dear_parts) * price_of(facts.call, false);
	return ERR_OK;
}
