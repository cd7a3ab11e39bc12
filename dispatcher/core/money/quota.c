#include "dispatcher/core/money/quota.h"

#include <stdio.h>

#include "dispatcher/core/inside.h"

bool is_quota(const struct core *c, uint32_t purse)
{
	return purse_at(c, purse)->l.kind >= LEDGER_KINDS;
}

bool quotas_new(struct core *c, struct app *a, uint32_t id, usec_t wall)
{
	for (int o = 0; o < OBJECT_COUNT; o++) {
		a->quota[o] = purse_of(c, (enum ledger_kind)(LEDGER_POSTS + o), id, wall);
		if (a->quota[o] == NONE)
			return false;
	}
	return true;
}

void quotas_fit(struct core *c, const struct app *a, usec_t wall)
{
	for (int o = 0; o < OBJECT_COUNT; o++) {
		struct ledger_caps caps = purse_at(c, a->quota[o])->l.caps;

		caps.cap[LEDGER_MONTH] = a->plan->reads[o];
		caps.billing_day = purse_at(c, a->purse)->l.caps.billing_day;
		ledger_set_caps(&purse_at(c, a->quota[o])->l, &caps, wall);
		purse_changed(c, a->quota[o]);
	}
}

uint32_t quota_for(const struct core *c, const struct account *a, enum call call)
{
	enum object o;

	return object_of(call, &o) ? account_app(c, a)->quota[o] : NONE;
}

/* As many as the read may return. */
static int64_t objects_of(const struct item *it)
{
	const struct job *j = &it->job;

	return item_step(it) == STEP_ACT && j->unit && j->price >= j->unit ? j->price / j->unit
									   : 1;
}

uint32_t quota_of(
	const struct core *c, const struct item *it, const struct account *a, int64_t *ret)
{
	uint32_t slot = quota_for(c, a, item_call(it));

	*ret = 0;
	if (slot == NONE || purse_at(c, slot)->l.caps.cap[LEDGER_MONTH] < 0)
		return NONE;
	*ret = objects_of(it);
	return slot;
}

bool quota_blocks(const struct core *c, const struct item *it, const struct account *a,
	usec_t wall, struct short_of *ret)
{
	uint32_t slot = quota_of(c, it, a, &ret->need);

	if (slot == NONE)
		return false;
	ret->purse = slot;
	ret->until = ledger_ready_at(&purse_at(c, slot)->l, ret->need, wall, &ret->length);
	return ret->until > wall;
}

void quota_verdict(
	const struct core *c, const struct short_of *s, usec_t wall, struct verdict *ret)
{
	const struct ledger *l = &purse_at(c, s->purse)->l;
	const char *objects = object_name((enum object)(l->kind - LEDGER_POSTS));
	int64_t read = ledger_spent(l, LEDGER_MONTH, wall) - l->under_way;
	char name[OWNER_NAME_MAX];

	owner_name(c, LEDGER_APP, l->owner, name);
	int64_t taken = l->reserved + l->under_way;

	(void)snprintf(ret->ref, sizeof(ret->ref), "%s read app %s month", objects, name);
	(void)snprintf(ret->text, sizeof(ret->text),
		"it may return %lld %s; of the %lld that X lets the app read a month %lld are "
		"read "
		"and %lld reserved%s",
		(long long)s->need, objects, (long long)ledger_most(l, LEDGER_MONTH, wall),
		(long long)(read > 0 ? read : 0), (long long)taken,
		s->until == USEC_NEVER ? "; ask for fewer, or change the plan" : "");
}

enum err core_may_read(
	const struct core *c, uint32_t account, const struct job *j, struct errmsg *m)
{
	uint32_t slot = account_find(c, account);
	const struct item it = {.job = *j};
	int64_t need;

	if (slot == NONE)
		return ERR_OK;
	uint32_t quota = quota_of(c, &it, account_at(c, slot), &need);
	if (quota == NONE)
		return ERR_OK;
	const struct ledger *l = &purse_at(c, quota)->l;
	if (need <= l->caps.cap[LEDGER_MONTH])
		return ERR_OK;
	return err_say(m, ERR_QUOTA,
		"it may return %lld %s, and X lets an app on the plan '%s' read %lld a month; "
		"ask "
		"for fewer with max_results or pages",
		(long long)need, object_name((enum object)(l->kind - LEDGER_POSTS)),
		account_app(c, account_at(c, slot))->plan->name,
		(long long)l->caps.cap[LEDGER_MONTH]);
}
