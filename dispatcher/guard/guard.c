#include "dispatcher/guard/guard.h"

#include <stdio.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/wire/value.h"
#include "dispatcher/guard/inside.h"

/* Ids for drafts of a message, which have none yet: no job ever gets so far. */
#define DRAFT_ID(index) (UINT64_MAX - (index))

static uint64_t hash_of(const void *ctx, uint32_t slot)
{
	const struct guard *g = ctx;
	const struct guard_rules *r = slab_at(&g->rules, slot);

	return r->hash;
}

enum err guard_new(const struct conf *conf, struct guard **ret, struct errmsg *m)
{
	struct guard *g = mem_alloc(sizeof(*g));

	if (!g)
		return ERR_NOMEM;
	slab_init(&g->rules, sizeof(struct guard_rules));
	map_init(&g->rules_by_hash, hash_of, g);
	g->zones = zones_new();
	enum err e =
		g->zones ? guard_read_defaults(g, str_of(conf->policy_defaults), m) : ERR_NOMEM;
	if (e) {
		guard_free(g);
		return e;
	}
	*ret = g;
	return ERR_OK;
}

void guard_free(struct guard *g)
{
	if (!g)
		return;
	memory_free(g->texts);
	people_free(g->people);
	mem_free(g->rules_of);
	map_done(&g->rules_by_hash);
	slab_done(&g->rules);
	zones_free(g->zones);
	mem_free(g->defaults);
	mem_free(g);
}

/* --- from the store --- */

static void load_mark(void *ctx, const struct mark_row *row)
{
	struct dispatcher *d = ctx;
	struct mark mark;

	if (!mark_read(row->mark, &mark))
		return;
	if (!memory_put(
		    d->guard->texts, &(struct brought){row->id, row->account, row->at, &mark}))
		turn_fail(d, ERR_NOMEM, NULL);
	if (row->done)
		memory_done(d->guard->texts, row->id, row->at);
}

enum err guard_load(struct dispatcher *d, struct errmsg *m)
{
	struct guard *g = d->guard;

	memory_free(g->texts);
	people_free(g->people);
	g->texts = memory_new();
	g->people = people_new();
	if (!g->texts || !g->people)
		return ERR_NOMEM;
	g->message_count = 0;
	guard_changed(d);
	enum err e = guard_people_load(d, m);
	if (!e)
		e = guard_load_paces(d, m);
	if (e)
		return e;
	e = store_each_mark(d->store, d->now.wall - MEMORY_SPAN, load_mark, d);
	if (e)
		return err_say(m, e, "%s", store_words(d->store));
	return ERR_OK;
}

/* --- what a job says, and to whom --- */

/* The arguments that matter here, found by where they go in the request. */
struct content {
	struct str text;
	struct str user;                  /* a DM's: an id or "@name" */
	struct str conversation;          /* a DM's */
	const struct wire_value *members; /* a new conversation's: a list of ids; or NULL */
	uint64_t reply_to, quoted;
};

static uint64_t id_number(struct str s)
{
	int64_t n = 0;

	return text_to_int(s, 0, INT64_MAX, &n) ? 0 : (uint64_t)n;
}

static void take_arg(const char *target, struct str value, struct content *ret)
{
	if (strcmp(target, "text") == 0 || strcmp(target, "message.text") == 0)
		ret->text = value;
	else if (strcmp(target, "reply.in_reply_to_tweet_id") == 0)
		ret->reply_to = id_number(value);
	else if (strcmp(target, "quote_tweet_id") == 0)
		ret->quoted = id_number(value);
	else if (strcmp(target, "participant_id") == 0)
		ret->user = value;
	else if (strcmp(target, "dm_conversation_id") == 0)
		ret->conversation = value;
}

/* What an argument that is a map has in it, such as X's own `reply` and `message`. */
static void take_inner(const struct arg *a, const struct wire_value *v, struct content *ret)
{
	char target[80];

	for (uint32_t i = 0; wire_type(v) == WIRE_MAP && i < wire_count(v); i++) {
		if (wire_type(wire_at(v, i)) != WIRE_STR)
			continue;
		(void)snprintf(
			target, sizeof(target), "%s.%.*s", a->target, STR_ARG(wire_key(v, i)));
		take_arg(target, wire_str(wire_at(v, i)), ret);
	}
}

static struct content content_of(const struct action *a, const struct wire_value *args)
{
	struct content ret = {0};

	if (!call_has_effect(a->call))
		return ret; /* to read what somebody wrote tells them nothing */
	for (size_t i = 0; i < a->arg_count; i++) {
		const struct wire_value *v = wire_get(args, a->args[i].name);

		take_inner(&a->args[i], v, &ret);
		if (wire_type(v) == WIRE_STR)
			take_arg(a->args[i].target, wire_str(v), &ret);
		else if (wire_type(v) == WIRE_ARRAY &&
			 strcmp(a->args[i].target, "participant_ids") == 0)
			ret.members = v;
	}
	return ret;
}

static enum err make_mark(struct draft *f, const struct content *c, const struct text_rules *r)
{
	struct mark mark = {.act = act_of((enum call)f->job.call, c->reply_to != 0),
		.target = c->reply_to ? c->reply_to : c->quoted};

	f->mark_len = 0;
	if (mark.act != ACT_POST && mark.act != ACT_REPLY)
		return ERR_OK;
	enum err e = print_text(c->text, text_rules_near(r), &mark.print);
	if (e || !memory_wants(&mark))
		return e;
	mark_write(&mark, f->mark);
	f->mark_len = MARK_BYTES;
	return ERR_OK;
}

/* --- words --- */

/* "90s", "12h", "36h", "7d". */
static const char *window_words(usec_t length, char out[24])
{
	static const struct {
		usec_t unit;
		char letter;
	} units[] = {{USEC_DAY, 'd'}, {USEC_HOUR, 'h'}, {USEC_MIN, 'm'}, {USEC_SEC, 's'}};
	size_t i = 0;

	while (i < COUNT_OF(units) - 1 && length % units[i].unit)
		i++;
	(void)snprintf(out, 24, "%lld%c", (long long)(length / units[i].unit), units[i].letter);
	return out;
}

static void name_job(const struct dispatcher *d, const struct objection *o, uint32_t account,
	char *out, size_t cap)
{
	const struct vault_account *a = vault_account_by_id(d->vault, o->account);
	char id[JOB_ID_TEXT_MAX];

	if (o->job > INT64_MAX && UINT64_MAX - o->job >= GUARD_PARTS)
		(void)snprintf(out, cap, "another post of a thread of this message");
	else if (o->job > INT64_MAX) /* DRAFT_ID() */
		(void)snprintf(out, cap, "jobs[%llu] of this message",
			(unsigned long long)(UINT64_MAX - o->job));
	else if (o->account == account || !a)
		(void)snprintf(out, cap, "job %s", job_id_write(o->job, id));
	else
		(void)snprintf(
			out, cap, "job %s of account %.30s", job_id_write(o->job, id), a->name);
}

static enum err say_objection(struct dispatcher *d, const struct objection *o,
	const struct draft *f, struct errmsg *m)
{
	const struct guard_rules *r = guard_rules_of(d, f->job.account);
	char job[80], at[24 + ZONE_NAME_MAX], window[24], when[110];

	name_job(d, o, f->job.account, job, sizeof(job));
	zone_write(r->pace.zone, o->at, at, sizeof(at));
	if (o->rule == RULE_NEAR)
		(void)snprintf(when, sizeof(when), "%d%%, %s", o->likeness, at);
	else
		(void)snprintf(when, sizeof(when), "%s", at);
	const char *id = rule_info(o->rule)->id;
	window_words(o->window, window);
	if (o->rule == RULE_ONE_REPLY)
		err_say(m, ERR_POLICY,
			"rule %s: %s answers that post already (%s); one reply to a post in %s",
			id, job, when, window);
	else
		err_say(m, ERR_POLICY,
			"rule %s: %s has %s text (%s); such texts must lie %s apart", id, job,
			o->rule == RULE_NEAR ? "nearly the same" : "the same", when, window);
	return err_at(m, ERR_POLICY, o->rule == RULE_ONE_REPLY ? "args" : "args.text");
}

/* --- the check --- */

static enum err check_text(struct dispatcher *d, const struct draft *f, uint32_t index,
	const struct text_rules *r, struct errmsg *m)
{
	struct guard *g = d->guard;
	struct brought b = {.job = f->job.id, .account = f->job.account};
	struct objection o;
	struct mark mark;

	if (!mark_read((struct str){(const char *)f->mark, f->mark_len}, &mark))
		return ERR_OK;
	b.mark = &mark;
	b.at = f->job.not_before;
	if (memory_objects(g->texts, r, &b, d->now.wall, &o))
		return say_objection(d, &o, f, m);
	if (f->job.id)
		return ERR_OK;
	b.job = DRAFT_ID(index);
	if (!memory_put(g->texts, &b))
		return err_say(m, ERR_NOMEM, "out of memory");
	g->message_count = index + 1;
	return ERR_OK;
}

void guard_drop_message(struct dispatcher *d)
{
	for (uint32_t i = 0; i < d->guard->message_count; i++)
		memory_forget(d->guard->texts, DRAFT_ID(i));
	d->guard->message_count = 0;
}

static bool is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_';
}

/* The next "@name" of a text, taken off it with all before it; false when there is none. */
static bool next_mention(struct str *text, bool *after_name, struct str *ret)
{
	for (size_t i = 0; i < text->len; i++) {
		size_t end = i + 1;
		bool begins = text->at[i] == '@' &&
			      !(i > 0 ? is_name_char(text->at[i - 1]) : *after_name);

		while (begins && end < text->len && is_name_char(text->at[end]))
			end++;
		if (end == i + 1)
			continue;
		*ret = (struct str){text->at + i, end - i};
		*text = (struct str){text->at + end, text->len - end};
		*after_name = true;
		return true;
	}
	return false;
}

static enum err say_opted_out(struct str user, const char *field, struct errmsg *m)
{
	char shown[40];

	err_say(m, ERR_POLICY,
		"rule opt-out: %s is on the account's opt-out list: do not write to them",
		text_show(user, shown, sizeof(shown)));
	return err_at(m, ERR_POLICY, "%s", field);
}

static enum err check_opt_out(
	struct dispatcher *d, uint32_t account, const struct content *c, struct errmsg *m)
{
	struct str rest = c->text, user;
	bool after_name = false;

	if (!people_any(d->guard->people, PEOPLE_OPT_OUT, account))
		return ERR_OK;
	if (guard_on_list(d, PEOPLE_OPT_OUT, account, c->user))
		return say_opted_out(c->user, "args.to", m);
	if (guard_on_list(d, PEOPLE_OPT_OUT, account, c->conversation))
		return say_opted_out(c->conversation, "args.conversation", m);
	for (uint32_t i = 0; c->members && i < wire_count(c->members); i++)
		if (guard_on_list(
			    d, PEOPLE_OPT_OUT, account, wire_str(wire_item(c->members, i))))
			return say_opted_out(
				wire_str(wire_item(c->members, i)), "args.participants", m);
	while (next_mention(&rest, &after_name, &user))
		if (guard_on_list(d, PEOPLE_OPT_OUT, account, user))
			return say_opted_out(user, "args.text", m);
	return ERR_OK;
}

bool guard_opted_out(struct dispatcher *d, uint32_t account, struct str action,
	const struct wire_value *args, struct errmsg *m)
{
	const struct action *a = action_find(action);
	struct content c;

	if (!a)
		return false;
	c = content_of(a, args);
	return check_opt_out(d, account, &c, m) != ERR_OK;
}

static enum err check_one_invited(struct dispatcher *d, uint32_t account, struct str to,
	const char *field, struct errmsg *m)
{
	char shown[60];

	if (!to.len || guard_on_list(d, PEOPLE_INVITED, account, to))
		return ERR_OK;
	err_say(m, ERR_POLICY,
		"rule dm-invited: roost knows no message from %s to the account; read its "
		"messages, or say `roost account invited add`",
		text_show(to, shown, sizeof(shown)));
	return err_at(m, ERR_POLICY, "%s", field);
}

static enum err check_invited(
	struct dispatcher *d, uint32_t account, const struct content *c, struct errmsg *m)
{
	enum err e = c->user.len ? check_one_invited(d, account, c->user, "args.to", m)
				 : check_one_invited(
					   d, account, c->conversation, "args.conversation", m);

	for (uint32_t i = 0; !e && c->members && i < wire_count(c->members); i++)
		e = check_one_invited(
			d, account, wire_str(wire_item(c->members, i)), "args.participants", m);
	return e;
}

enum err guard_check(struct dispatcher *d, struct draft *f, uint32_t index, struct errmsg *m)
{
	const struct action *action = action_find(f->body.action);
	const struct guard_rules *r = guard_rules_of(d, f->job.account);
	struct content c;

	if (!r)
		return err_say(m, ERR_NOMEM, "out of memory");
	ASSERT(action);
	c = content_of(action, f->args);
	enum err e = ERR_OK;
	if (r->opt_out)
		e = check_opt_out(d, f->job.account, &c, m);
	if (!e && r->dm_invited)
		e = check_invited(d, f->job.account, &c, m);
	if (e || !text_rules_compare(&r->text))
		return e;
	if (make_mark(f, &c, &r->text))
		return err_say(m, ERR_NOMEM, "out of memory");
	return check_text(d, f, index, &r->text, m);
}

/* --- what becomes of jobs --- */

void guard_kept(struct dispatcher *d, const struct job *j, const struct draft *f)
{
	struct mark mark;

	if (!mark_read((struct str){(const char *)f->mark, f->mark_len}, &mark)) {
		memory_forget(d->guard->texts, j->id);
		return;
	}
	if (!memory_put(d->guard->texts,
		    &(struct brought){j->id, j->account, j->not_before, &mark}))
		turn_fail(d, ERR_NOMEM, NULL);
}

void guard_moved(struct dispatcher *d, const struct job *j)
{
	memory_move(d->guard->texts, j->id, j->not_before);
}

void guard_ended(struct dispatcher *d, const struct job *j)
{
	if (j->state == JOB_DONE)
		memory_done(d->guard->texts, j->id, d->now.wall);
	else
		memory_forget(d->guard->texts, j->id);
}

void guard_tend(struct dispatcher *d)
{
	memory_tend(d->guard->texts, d->now.wall);
}
