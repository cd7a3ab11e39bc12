#include "client/cli/weigh.h"

#include <string.h>

#include "client/cli/rows.h"
#include "common/base/near.h"
#include "common/json/args.h"
#include "common/json/json.h"
#include "common/xapi/check.h"
#include "common/xapi/price.h"

static const struct near_alias no_habits[] = {{NULL, NULL}};

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
	e = action_check(a, &args_of_json, args, &facts, m);
	if (e)
		return err_at(m, e, "args");
	*ret = price_of(facts.call, facts.has_url);
	if (facts.parts)
		*ret = facts.dear_parts * price_of(facts.call, true) +
		       (facts.parts - facts.dear_parts) * price_of(facts.call, false);
	return ERR_OK;
}
