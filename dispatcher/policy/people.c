#include "dispatcher/policy/people.h"

#include <stdio.h>
#include <string.h>

#include "common/base/map.h"
#include "common/base/mem.h"
#include "common/base/slab.h"

#define NONE UINT32_MAX

struct person {
	uint64_t key;
	uint32_t before, after; /* of the same list and account */
	uint32_t account;
	uint8_t list;
	char who[PERSON_MAX];
};

/* The first person of an account's list. */
struct group {
	uint32_t account;
	uint8_t list;
	uint32_t first;
};

struct people {
	struct slab persons, groups;
	struct map by_key, by_group;
};

static struct person *person_at(const struct people *p, uint32_t slot)
{
	return slab_at(&p->persons, slot);
}

static struct group *group_at(const struct people *p, uint32_t slot)
{
	return slab_at(&p->groups, slot);
}

static uint64_t group_key(enum people_list list, uint32_t account)
{
	return (uint64_t)list << 32 | account;
}

static uint64_t person_key(enum people_list list, uint32_t account, const char *who)
{
	uint64_t parts[2] = {group_key(list, account), text_hash(who, strlen(who))};

	return text_hash(parts, sizeof(parts));
}

static uint64_t key_of_person(const void *ctx, uint32_t slot)
{
	return person_at(ctx, slot)->key;
}

static uint64_t key_of_group(const void *ctx, uint32_t slot)
{
	const struct group *g = group_at(ctx, slot);

	return group_key((enum people_list)g->list, g->account);
}

struct people *people_new(void)
{
	struct people *p = mem_alloc(sizeof(*p));

	if (!p)
		return NULL;
	slab_init(&p->persons, sizeof(struct person));
	slab_init(&p->groups, sizeof(struct group));
	map_init(&p->by_key, key_of_person, p);
	map_init(&p->by_group, key_of_group, p);
	return p;
}

void people_free(struct people *p)
{
	if (!p)
		return;
	map_done(&p->by_key);
	map_done(&p->by_group);
	slab_done(&p->persons);
	slab_done(&p->groups);
	mem_free(p);
}

/* --- who --- */

static bool is_conversation(struct str s)
{
	const char *dash = s.len ? memchr(s.at, '-', s.len) : NULL;
	size_t first = dash ? (size_t)(dash - s.at) : 0;

	return dash && text_is_x_id((struct str){s.at, first}) &&
	       text_is_x_id((struct str){dash + 1, s.len - first - 1});
}

enum err person_read(struct str text, char out[PERSON_MAX], struct errmsg *m)
{
	struct str name = text;
	char shown[40];
	bool is_name = str_has_prefix(text, "@");

	if (is_name)
		name = (struct str){text.at + 1, text.len - 1};
	if (!(is_name && text_is_username(name)) && !text_is_x_id(text) &&
		!is_conversation(text))
		return err_say(m, ERR_INVALID,
			"'%s' is neither a user's id, nor a @name, nor a DM conversation",
			text_show(text, shown, sizeof(shown)));
	(void)snprintf(out, PERSON_MAX, "%.*s", STR_ARG(text));
	for (char *c = out; *c; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c + ('a' - 'A'));
	return ERR_OK;
}

/* --- the set --- */

static uint32_t find(
	const struct people *p, enum people_list list, uint32_t account, const char *who)
{
	uint32_t slot = map_find(&p->by_key, person_key(list, account, who));
	const struct person *it = slot == MAP_NONE ? NULL : person_at(p, slot);

	/* another with the same key, by a chance of one in 10^19: it is not this one */
	if (!it || it->list != list || it->account != account || strcmp(it->who, who) != 0)
		return NONE;
	return slot;
}

bool people_has(
	const struct people *p, enum people_list list, uint32_t account, const char *who)
{
	return find(p, list, account, who) != NONE;
}

static struct group *group_find(const struct people *p, enum people_list list, uint32_t account)
{
	uint32_t slot = map_find(&p->by_group, group_key(list, account));

	return slot == MAP_NONE ? NULL : group_at(p, slot);
}

static struct group *group_need(struct people *p, enum people_list list, uint32_t account)
{
	struct group *g = group_find(p, list, account);
	uint32_t slot = g ? NONE : slab_take(&p->groups);

	if (slot == NONE)
		return g;
	g = group_at(p, slot);
	*g = (struct group){.account = account, .list = (uint8_t)list, .first = NONE};
	if (map_put(&p->by_group, slot))
		return g;
	slab_give(&p->groups, slot);
	return NULL;
}

enum err people_add(struct people *p, enum people_list list, uint32_t account, const char *who)
{
	uint64_t key = person_key(list, account, who);

	if (map_find(&p->by_key, key) != MAP_NONE)
		return ERR_CONFLICT;
	if (p->persons.count >= PEOPLE_MAX)
		return ERR_QUOTA;
	struct group *g = group_need(p, list, account);
	uint32_t slot = g ? slab_take(&p->persons) : SLAB_NONE;
	if (slot == SLAB_NONE)
		return ERR_NOMEM;
	struct person *it = person_at(p, slot);
	*it = (struct person){.key = key,
		.before = NONE,
		.after = g->first,
		.account = account,
		.list = (uint8_t)list};
	(void)snprintf(it->who, sizeof(it->who), "%s", who);
	if (!map_put(&p->by_key, slot)) {
		slab_give(&p->persons, slot);
		return ERR_NOMEM;
	}
	if (g->first != NONE)
		person_at(p, g->first)->before = slot;
	g->first = slot;
	return ERR_OK;
}

bool people_remove(struct people *p, enum people_list list, uint32_t account, const char *who)
{
	uint32_t slot = find(p, list, account, who);

	if (slot == NONE)
		return false;
	struct person *it = person_at(p, slot);
	if (it->before != NONE)
		person_at(p, it->before)->after = it->after;
	else
		group_find(p, list, account)->first = it->after;
	if (it->after != NONE)
		person_at(p, it->after)->before = it->before;
	slab_give(&p->persons, map_remove(&p->by_key, it->key));
	return true;
}

bool people_any(const struct people *p, enum people_list list, uint32_t account)
{
	const struct group *g = group_find(p, list, account);

	return g && g->first != NONE;
}

void people_each(const struct people *p, enum people_list list, uint32_t account,
	void (*each)(void *ctx, const char *who), void *ctx)
{
	const struct group *g = group_find(p, list, account);

	for (uint32_t slot = g ? g->first : NONE; slot != NONE;
		slot = person_at(p, slot)->after)
		each(ctx, person_at(p, slot)->who);
}
