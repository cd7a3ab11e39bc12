/* pace.c - the rules that hold: the core is told of them, and what accounts did is kept */
#include "dispatcher/guard/inside.h"

void guard_tell(struct dispatcher *d, uint32_t account)
{
	const struct guard_rules *r = guard_rules_of(d, account);
	struct fact f = {.kind = FACT_PACING, .account = {.id = account}};

	if (!r) {
		turn_fail(d, ERR_NOMEM, NULL);
		return;
	}
	f.pace_rules = &r->pace;
	turn_fact(d, &f);
}

void guard_keep_pace(struct dispatcher *d, const struct order *o)
{
	struct setting_row row = {
		.kind = GUARD_PACE, .owner = o->account, .name = {"pace", sizeof("pace") - 1}};

	buf_reset(&d->scratch);
	pace_write(&o->pace, &d->scratch);
	row.value = buf_view(&d->scratch);
	turn_fail(d, d->scratch.err ? d->scratch.err : store_put_setting(d->store, &row), NULL);
}

static void load_pace(void *ctx, const struct setting_row *r)
{
	struct dispatcher *d = ctx;
	struct pace pace;

	if (r->kind == GUARD_PACE && pace_read(r->value, &pace))
		turn_fact(d,
			&(struct fact){
				.kind = FACT_PACE, .account = {.id = r->owner}, .pace = &pace});
}

enum err guard_load_paces(struct dispatcher *d, struct errmsg *m)
{
	enum err e = store_each_setting(d->store, load_pace, d);

	if (e)
		return err_say(m, e, "%s", store_words(d->store));
	return d->failed ? err_say(m, d->failed, "%s", d->words.text) : ERR_OK;
}
