#include "dispatcher/requests/check.h"

#include <string.h>

#include "common/crypto/digest.h"
#include "common/json/args.h"
#include "common/wire/write.h"
#include "common/xapi/check.h"
#include "common/xapi/cost.h"
#include "common/xapi/price.h"
#include "common/xapi/text/count.h"
#include "dispatcher/access/access.h"
#include "dispatcher/entitle.h"
#include "dispatcher/media/named.h"
#include "dispatcher/money.h"
#include "dispatcher/requests/settings.h"
#include "dispatcher/requests/thread.h"

#define PRIORITY_DEFAULT 5

/* --- the parts of a job --- */

uint64_t check_fingerprint(struct dispatcher *d, const struct wire_value *job)
{
	struct buf *b = &d->scratch;
	unsigned char sum[32];
	uint64_t ret;

	buf_reset(b);
	wire_put_canonical(
		b, job); /* with its key: two jobs of one key are the only ones compared */
	crypto_sha256(buf_view(b), sum);
	memcpy(&ret, sum, sizeof(ret));
	return ret & INT64_MAX; /* SQLite's integers are signed */
}

static const uint8_t kind_flags[] = {[POST_REPLY] = JOB_REPLY, [POST_QUOTE] = JOB_QUOTE};

/* What it may cost: an attempt, and with the search for an id all in all. */
static void put_price(struct dispatcher *d, const struct action *a,
	const struct wire_value *args, const struct action_facts *facts, struct draft *ret)
{
	const struct vault_account *account = vault_account_by_id(d->vault, ret->job.account);
	struct cost_who who = {.user_id = str_of(account->user_id),
		.owns_app = money_owns_app(d, account),
		.summoned = entitle_asked_for(d, a, account->id, args)};
	struct cost cost = cost_of(&d->prices, a, &args_of_wire, args, facts, &who);
	int64_t name =
		ret->job.flags & JOB_NEEDS_NAME ? d->prices.of[CALL_GET_USER_BY_NAME].plain : 0;

	ret->job.price = (uint32_t)cost.page;
	ret->job.unit = (uint32_t)cost.unit;
	ret->body.price = cost.worst + name;
}

/* A job of one page is one like any other. */
static void put_pages(const struct action *a, const struct wire_value *args, struct draft *ret)
{
	uint8_t pages = cost_pages(a, &args_of_wire, args);

	ret->job.pages = pages > 1 ? pages : 0;
	if (pages > 1 && wire_bool(wire_get(args, "each")))
		ret->job.flags |= JOB_EACH;
}

enum err check_args(struct dispatcher *d, const struct action *a, const struct wire_value *args,
	struct draft *ret, struct errmsg *m)
{
	struct action_facts facts;
	bool premium = settings_number(d, OWNER_account_premium, ret->job.account) != 0;
	enum err e = action_check_within(
		a, &args_of_wire, args, premium ? COUNT_LONG_MAX : COUNT_POST_MAX, &facts, m);
	char id[STORE_X_ID_MAX];
	int64_t media;

	if (e)
		return err_at(m, e, "args");
	e = entitle_check(d,
		&(struct entitle_ask){.action = a,
			.facts = &facts,
			.args = args,
			.account = ret->job.account},
		m);
	if (e)
		return e;
	ret->job.call = (uint16_t)facts.call;
	ret->job.flags = (uint16_t)(ret->job.flags & ~(JOB_REPLY | JOB_QUOTE));
	ret->job.flags |= kind_flags[facts.kind];
	ret->args = args;
	ret->job.flags = (uint16_t)(ret->job.flags & ~(JOB_NEEDS_NAME | JOB_REFS | JOB_EACH));
	if (facts.has_refs)
		ret->job.flags |= JOB_REFS;
	if (facts.name.len &&
		store_find_username(d->store, facts.name, d->now.wall - NAME_FRESH, id))
		ret->job.flags |= JOB_NEEDS_NAME;
	put_pages(a, args, ret);
	e = named_check(d, a, args, ret, &media, m);
	if (e)
		return err_at(m, e, "args");
	put_price(d, a, args, &facts, ret);
	ret->body.price += media;
	return ERR_OK;
}

static enum err check_tags(const struct wire_value *tags, struct draft *ret, struct errmsg *m)
{
	size_t len = 0;

	if (!tags || wire_count(tags) == 0)
		return ERR_OK;
	ret->tags[len++] = '\n';
	for (uint32_t i = 0; i < wire_count(tags); i++) {
		struct str tag = wire_str(wire_item(tags, i));

		if (tag.len == 0 || tag.len > TAG_MAX || memchr(tag.at, '\n', tag.len)) {
			err_say(m, ERR_INVALID, "a tag is 1 to %d bytes without line ends",
				TAG_MAX);
			return err_at(m, ERR_INVALID, "tags[%u]", i);
		}
		memcpy(ret->tags + len, tag.at, tag.len);
		len += tag.len;
		ret->tags[len++] = '\n';
	}
	ret->body.tags = (struct str){ret->tags, len};
	return ERR_OK;
}

static enum err check_meta(struct dispatcher *d, struct draft *ret, struct errmsg *m)
{
	if (!ret->meta)
		return ERR_OK;
	buf_reset(&d->scratch);
	wire_put_value(&d->scratch, ret->meta);
	if (d->scratch.err || d->scratch.len > META_MAX) {
		err_say(m, ERR_INVALID, "is larger than %d bytes", META_MAX);
		return err_at(m, ERR_INVALID, "meta");
	}
	return ERR_OK;
}

static enum err check_action(struct str name, const struct action **ret, struct errmsg *m)
{
	char shown[60];

	*ret = action_find(name);
	if (*ret)
		return ERR_OK;
	const char *near = action_suggest(name), *why = action_refused(name);
	text_show(name, shown, sizeof(shown));
	if (why)
		err_say(m, ERR_INVALID, "%s is no action: it %s", shown, why);
	else if (near)
		err_say(m, ERR_INVALID,
			"there is no action '%s'; did you mean '%s'? `roost actions` lists "
			"them all",
			shown, near);
	else
		err_say(m, ERR_INVALID,
			"there is no action '%s'; `roost actions` lists them all", shown);
	return err_at(m, ERR_INVALID, "action");
}

/* One that roost does not have may be one that the plan would refuse anyway. */
static enum err check_action_of(struct dispatcher *d, const struct msg_job *in,
	const struct action **ret, struct errmsg *m)
{
	enum err e = check_action(in->action, ret, m);

	return e && entitle_check_unknown(d, in->action, in->account, m) ? ERR_ENTITLEMENT : e;
}

static enum err check_account(
	struct dispatcher *d, struct str name, uint32_t *ret, struct errmsg *m)
{
	const struct vault_account *a = vault_account_named(d->vault, name);
	char shown[80];

	if (!a || a->id == 0) {
		err_say(m, ERR_NOT_FOUND,
			"there is no account '%s'; `roost account list` shows those there are",
			text_show(name, shown, sizeof(shown)));
		return err_at(m, ERR_NOT_FOUND, "account");
	}
	*ret = a->id;
	return ERR_OK;
}

/* Before anything is said about the account: an agent learns only of those it may use. */
static enum err check_right(struct dispatcher *d, uint32_t agent, const struct action *action,
	struct msg_job *in, struct errmsg *m)
{
	bool hold;
	enum err e = access_ask(d, agent, action->capability, in->account, &hold, m);

	in->approval |= hold;
	return e ? err_at(m, e, "account") : ERR_OK;
}

static enum err check_times(
	const struct dispatcher *d, const struct msg_job *in, struct errmsg *m)
{
	if (in->expires_at == USEC_NEVER)
		return ERR_OK;
	if (in->expires_at <= d->now.wall)
		err_say(m, ERR_INVALID,
			"is in the past; leave it out, or give a later instant");
	else if (in->expires_at <= in->run_at)
		err_say(m, ERR_INVALID, "must be later than run_at");
	else
		return ERR_OK;
	return err_at(m, ERR_INVALID, "expires_at");
}

/* "The same key and content gives the same job; other content is a conflict." */
static enum err check_key(
	struct dispatcher *d, uint32_t agent, struct draft *ret, struct errmsg *m)
{
	uint64_t id, fingerprint;

	if (ret->body.key.len == 0)
		return ERR_OK;
	enum err e = store_find_key(
		d->store, d->agent_table[agent].id, ret->body.key, &id, &fingerprint);
	if (e == ERR_NOT_FOUND)
		return ERR_OK;
	if (e)
		return err_say(m, e, "the key could not be looked up");
	if (fingerprint == ret->body.fingerprint) {
		ret->duplicate = id;
		return ERR_OK;
	}
	char text[JOB_ID_TEXT_MAX];
	err_say(m, ERR_CONFLICT,
		"job %s has this key and other content; use a new key, or send the same "
		"content",
		job_id_write(id, text));
	return err_at(m, ERR_CONFLICT, "key");
}

enum err check_price(const struct draft *ret, struct errmsg *m)
{
	int64_t most = ret->body.max_price;

	if (most == BODY_ANY_PRICE || ret->body.price <= most)
		return ERR_OK;
	err_say(m, ERR_BUDGET,
		"it may cost %lld micro-dollars, and max_price_usd_micros allows %lld; allow "
		"more, or ask for less",
		(long long)ret->body.price, (long long)most);
	return err_at(m, ERR_BUDGET, "max_price_usd_micros");
}

/* What no budget could ever pay for is refused at once. */
enum err check_budget(struct dispatcher *d, const struct job *j, struct errmsg *m)
{
	enum err e = core_may_cost(d->core, j->agent, j->account, j->price, d->now, m);

	return e ? e : core_may_read(d->core, j->account, j, m);
}

static enum err check_all(
	struct dispatcher *d, uint32_t agent, const struct wire_value *v, struct draft *ret)
{
	struct errmsg *m = &ret->words;
	struct msg_job in = {
		.expires_at = USEC_NEVER,
		.priority = PRIORITY_DEFAULT,
		.max_attempts = d->conf->dispatch_max_attempts,
		.max_price = BODY_ANY_PRICE,
	};
	const struct action *action = NULL;

	if (wire_type(v) != WIRE_MAP)
		return err_say(
			m, ERR_INVALID, "a job is a map, not %s", wire_type_name(wire_type(v)));
	enum err e = fields_read(v, job_fields, job_field_count, &in, m);
	if (!e)
		e = check_action_of(d, &in, &action, m);
	if (!e)
		e = check_right(d, agent, action, &in, m);
	if (!e)
		e = check_account(d, in.account, &ret->job.account, m);
	ret->job.agent = d->agent_table[agent].id;
	if (!e)
		e = check_args(d, action, in.args, ret, m);
	if (!e)
		e = check_tags(in.tags, ret, m);
	if (e)
		return e;

	ret->meta = in.meta;
	ret->after = in.after;
	ret->job.not_before = in.run_at;
	ret->job.expires_at = in.expires_at;
	ret->job.priority = (uint8_t)in.priority;
	ret->job.max_attempts = (uint8_t)in.max_attempts;
	ret->job.state = in.approval ? JOB_HELD : JOB_READY;
	ret->job.flags |= in.on_unsure == 1 ? JOB_ASK : 0;
	ret->body.enqueued_at = d->now.wall;
	ret->body.action = str_of(action->name);
	ret->body.key = in.key;
	ret->body.max_price = in.max_price;
	ret->body.batch = in.batch;
	e = check_times(d, &in, m);
	if (!e)
		e = check_price(ret, m);
	if (!e && action->flags & ACTION_PARTS)
		e = thread_read(d, in.args, ret, m);
	if (!e)
		e = check_budget(d, &ret->job, m);
	if (!e)
		e = check_meta(d, ret, m);
	if (e || in.key.len == 0)
		return e;
	ret->body.fingerprint = check_fingerprint(d, v);
	return check_key(d, agent, ret, m);
}

void check_job(
	struct dispatcher *d, uint32_t agent, const struct wire_value *v, struct draft *ret)
{
	*ret = (struct draft){0};
	ret->err = check_all(d, agent, v, ret);
}

void draft_done(struct draft *f)
{
	thread_free(f->thread);
	f->thread = NULL;
}

bool draft_encode(struct dispatcher *d, struct draft *f)
{
	struct buf *b = &d->bodies;

	f->at = b->len;
	if (f->previous)
		draft_put_answer(b, f->args, f->previous);
	else if (f->args)
		wire_put_value(b, f->args);
	else
		wire_put_map(b, 0);
	f->args_len = b->len - f->at;
	if (f->meta)
		wire_put_value(b, f->meta);
	f->meta_len = b->len - f->at - f->args_len;
	return !b->err;
}

const struct body *draft_body(const struct dispatcher *d, struct draft *f)
{
	const char *base = (const char *)d->bodies.data + f->at;

	f->body.args = (struct str){base, f->args_len};
	f->body.meta = (struct str){base + f->args_len, f->meta_len};
	f->body.mark = (struct str){(const char *)f->mark, f->mark_len};
	return &f->body;
}
