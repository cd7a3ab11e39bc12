#include "common/xapi/cost.h"

#include <string.h>

/* Objects of a page that X gives when max_results is not given, where it is not the most. */
static const struct {
	const char *path;
	int64_t objects;
} defaults[] = {
	{"/2/tweets/search/recent", 10},
	{"/2/tweets/search/all", 10},
	{"/2/tweets/{id}/quote_tweets", 10},
	{"/2/users/search", 100},
	{"/2/users/{id}/muting", 100},
	{"/2/communities/search", 10},
	{"/2/news/search", 10},
	{"/2/chat/conversations", 10},
	{"/2/chat/conversations/{id}/events", 10},
	{"/2/connections", 10},
};

static int64_t page_default(enum call c, const struct arg *arg)
{
	for (size_t i = 0; i < COUNT_OF(defaults); i++)
		if (!strcmp(call_info(c)->path, defaults[i].path))
			return defaults[i].objects;
	return arg->max;
}

static bool is_given(const struct args_ops *ops, const void *args, const char *name)
{
	return args && ops->kind(args) == ARG_KIND_MAP &&
	       ops->kind(ops->get(args, name)) != ARG_KIND_NONE;
}

/* A whole number among the arguments, or `otherwise`. */
static int64_t number(
	const struct args_ops *ops, const void *args, const char *name, int64_t otherwise)
{
	if (!is_given(ops, args, name) || ops->kind(ops->get(args, name)) != ARG_KIND_INT)
		return otherwise;
	int64_t n = ops->integer(ops->get(args, name));
	return n > 0 ? n : otherwise;
}

/* Items of a list, or of a text with commas between them. */
static int64_t items_of(const struct args_ops *ops, const void *v)
{
	int64_t n = 1;

	if (ops->kind(v) == ARG_KIND_LIST)
		return ops->count(v);
	if (ops->kind(v) != ARG_KIND_TEXT)
		return 0;
	for (size_t i = 0; i < ops->text(v).len; i++)
		n += ops->text(v).at[i] == ',';
	return n;
}

/* How many things are named by a list, or by a text with commas; 1: by neither. */
static int64_t named(const struct action *a, const struct args_ops *ops, const void *args)
{
	int64_t most = 1;

	for (size_t i = 0; i < a->arg_count; i++) {
		const struct arg *arg = &a->args[i];
		const void *v =
			is_given(ops, args, arg->name) ? ops->get(args, arg->name) : NULL;

		int64_t n = arg->type == ARG_IDS || (arg->type == ARG_WORDS && arg->pattern)
				    ? items_of(ops, v)
				    : 0;
		if (n > most)
			most = n;
	}
	return most;
}

int64_t cost_objects(const struct action *a, const struct args_ops *ops, const void *args,
	const struct action_facts *f)
{
	const struct arg *page = action_arg(a, str_of("max_results"));

	if (call_has_effect(f->call))
		return 1;
	if (!page)
		return named(a, ops, args);
	return number(ops, args, "max_results", page_default(f->call, page));
}

uint8_t cost_pages(const struct action *a, const struct args_ops *ops, const void *args)
{
	int64_t pages = action_arg(a, str_of("pages")) ? number(ops, args, "pages", 1) : 1;

	return (uint8_t)(pages < ACTION_PAGES_MAX ? pages : ACTION_PAGES_MAX);
}

/* Whether a read is of the acting user's own data. */
static bool is_own(const struct action *a, const struct args_ops *ops, const void *args,
	const struct cost_who *who)
{
	const struct arg *user = NULL;

	for (size_t i = 0; i < a->arg_count && !user; i++)
		if (a->args[i].place == PLACE_PATH && strcmp(a->args[i].target, "id") == 0)
			user = &a->args[i];
	if (!user || !is_given(ops, args, user->name))
		return true;
	const void *v = ops->get(args, user->name);
	return ops->kind(v) == ARG_KIND_TEXT && str_equal(ops->text(v), who->user_id);
}

static int64_t clamp(int64_t micros)
{
	return micros < COST_MAX ? micros : COST_MAX;
}

static struct cost flat(int64_t micros)
{
	return (struct cost){.worst = clamp(micros), .page = clamp(micros)};
}

struct cost cost_of(const struct prices *p, const struct action *a, const struct args_ops *ops,
	const void *args, const struct action_facts *f, const struct cost_who *who)
{
	const struct price *price = &p->of[f->call];

	if (f->parts)
		return flat((f->parts - f->dear_parts) * price->plain +
			    f->dear_parts * price->with_url);
	if (!price->per_object)
		return flat(who->summoned && price->summoned ? price->summoned
			    : f->has_url                     ? price->with_url
							     : price->plain);
	bool cheap = price->owned && who->owns_app && is_own(a, ops, args, who);
	int64_t unit = cheap ? price->owned : price->plain;
	int64_t objects = cost_objects(a, ops, args, f);
	bool fits = unit == 0 || objects < COST_MAX / unit;
	int64_t page = fits ? objects * unit : COST_MAX;
	return (struct cost){.worst = clamp(page * cost_pages(a, ops, args)),
		.page = page,
		.unit = clamp(unit)};
}
