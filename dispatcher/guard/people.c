/* people.c - opt-outs and invitations: from the store, from reads, from requests */
#include <stdio.h>
#include <string.h>

#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/wire/write.h"
#include "dispatcher/audit/audit.h"
#include "dispatcher/guard/inside.h"
#include "dispatcher/report.h"

#define USERS_MAX  1000 /* of one request */
#define SWEEP_PAGE 1000
#define SCAN_MAX   20000

/* --- the store: the guard's rows among the settings --- */

static uint8_t kind_of(enum people_list list)
{
	return (uint8_t)(SETTING_GUARD + list);
}

static void load_person(void *ctx, const struct setting_row *r)
{
	struct dispatcher *d = ctx;
	char who[PERSON_MAX];

	if (r->kind < SETTING_GUARD || r->kind >= SETTING_GUARD + PEOPLE_LIST_COUNT)
		return;
	enum people_list list = (enum people_list)(r->kind - SETTING_GUARD);
	enum err e = person_read(r->name, who, NULL);
	if (!e)
		e = people_add(d->guard->people, list, r->owner, who);
	if (e == ERR_NOMEM)
		turn_fail(d, e, NULL);
}

enum err guard_people_load(struct dispatcher *d, struct errmsg *m)
{
	enum err e = store_each_setting(d->store, load_person, d);

	if (e)
		return err_say(m, e, "%s", store_words(d->store));
	return d->failed;
}

static void keep(struct dispatcher *d, enum people_list list, uint32_t account, const char *who,
	bool there)
{
	struct setting_row row = {.kind = kind_of(list),
		.owner = account,
		.name = str_of(who),
		.value = str_of(there ? "yes" : "")};

	if (turn_write(d))
		turn_fail(d, store_put_setting(d->store, &row), NULL);
}

/* Puts a person on a list, on disk as well; false when they are there, or cannot be. */
static bool add(struct dispatcher *d, enum people_list list, uint32_t account, const char *who)
{
	enum err e = people_add(d->guard->people, list, account, who);

	if (e == ERR_NOMEM)
		turn_fail(d, e, NULL);
	if (e)
		return false;
	keep(d, list, account, who, true);
	return true;
}

/* --- questions --- */

bool guard_on_list(
	struct dispatcher *d, enum people_list list, uint32_t account, struct str user)
{
	char who[PERSON_MAX];

	return user.len && !person_read(user, who, NULL) &&
	       people_has(d->guard->people, list, account, who);
}

/* --- what roost learns --- */

void guard_named(struct dispatcher *d, uint32_t account, const char *name, struct str id)
{
	char who[PERSON_MAX], with_at[PERSON_MAX], number[PERSON_MAX];

	(void)snprintf(with_at, sizeof(with_at), "@%s", name);
	if (person_read(str_of(with_at), who, NULL) || person_read(id, number, NULL))
		return;
	for (int list = 0; list < PEOPLE_LIST_COUNT; list++)
		if (people_has(d->guard->people, (enum people_list)list, account, who))
			(void)add(d, (enum people_list)list, account, number);
}

void guard_read_messages(
	struct dispatcher *d, uint32_t account, const struct wire_value *response)
{
	const struct vault_account *a = vault_account_by_id(d->vault, account);
	const struct wire_value *data = wire_get(response, "data");

	for (uint32_t i = 0; a && i < wire_count(data); i++) {
		const struct wire_value *event = wire_item(data, i);
		struct str sender = wire_str(wire_get(event, "sender_id"));
		struct str conversation = wire_str(wire_get(event, "dm_conversation_id"));
		char who[PERSON_MAX];

		if (!text_is_x_id(sender) || str_is(sender, a->user_id))
			continue;
		if (!person_read(sender, who, NULL))
			(void)add(d, PEOPLE_INVITED, account, who);
		if (!person_read(conversation, who, NULL))
			(void)add(d, PEOPLE_INVITED, account, who);
	}
}

/* --- an opt-out stops what waits --- */

struct sweep {
	struct dispatcher *d;
	struct wire_message message;
	uint64_t ids[SWEEP_PAGE];
	uint32_t count;
	enum err err;
};

static void collect(void *ctx, const struct job_record *r)
{
	struct sweep *s = ctx;
	struct errmsg m;

	if (r->ended || s->err || s->count == SWEEP_PAGE)
		return;
	s->err = wire_open(&s->message, r->body.args, &m);
	if (s->err)
		return;
	if (guard_opted_out(s->d, r->job.account, r->body.action, s->message.root, &m))
		s->ids[s->count++] = r->job.id;
}

/* Cancels the account's jobs that write to somebody who opted out; *ret_count: how many. */
static void sweep(struct dispatcher *d, uint32_t account, uint32_t *ret_count)
{
	static const char words[] = "rule opt-out: its user was put on the opt-out list";
	struct evidence why = {.message = {words, sizeof(words) - 1}};
	struct job_filter f = {.account = account, .limit = SWEEP_PAGE, .scan_max = SCAN_MAX};
	struct sweep *s = mem_alloc(sizeof(*s));
	struct errmsg m;

	if (!s) {
		turn_fail(d, ERR_NOMEM, NULL);
		return;
	}
	s->d = d;
	do {
		s->count = 0;
		if (turn_fail(d, store_list(d->store, &f, collect, s, &f.before), NULL) ||
			turn_fail(d, s->err, NULL))
			break;
		for (uint32_t i = 0; i < s->count && turn_write(d); i++)
			*ret_count += !core_feed(d->core,
				&(struct fact){
					.kind = FACT_CANCEL, .job.id = s->ids[i], .tag = &why},
				d->now, &m);
		turn_orders(d); /* while the words are at hand */
	} while (f.before && !d->failed);
	wire_close(&s->message);
	mem_free(s);
}

/* --- requests --- */

static enum err find_account(
	struct dispatcher *d, struct str name, uint32_t *ret, struct errmsg *m)
{
	const struct vault_account *a = vault_account_named(d->vault, name);
	char shown[80];

	if (a && a->id) {
		*ret = a->id;
		return ERR_OK;
	}
	err_say(m, ERR_NOT_FOUND,
		"there is no account '%s'; `roost account list` shows those there are",
		text_show(name, shown, sizeof(shown)));
	return err_at(m, ERR_NOT_FOUND, "account");
}

static enum err check_users(const struct wire_value *users, struct errmsg *m)
{
	char who[PERSON_MAX];

	for (uint32_t i = 0; i < wire_count(users); i++) {
		enum err e = person_read(wire_str(wire_item(users, i)), who, m);

		if (e)
			return err_at(m, e, "users[%u]", i);
	}
	return ERR_OK;
}

/* Adds one as given and, if it is a name whose id roost knows, by that id, too. */
static uint32_t add_user(
	struct dispatcher *d, enum people_list list, uint32_t account, struct str user)
{
	char who[PERSON_MAX], id[STORE_X_ID_MAX];

	if (person_read(user, who, NULL))
		return 0;
	uint32_t added = add(d, list, account, who);
	if (who[0] == '@' && !store_find_username(d->store, str_of(who + 1), 0, id))
		(void)add(d, list, account, id);
	return added;
}

static uint32_t remove_user(
	struct dispatcher *d, enum people_list list, uint32_t account, struct str user)
{
	char who[PERSON_MAX], id[STORE_X_ID_MAX];

	if (person_read(user, who, NULL))
		return 0;
	uint32_t removed = people_remove(d->guard->people, list, account, who);
	if (removed)
		keep(d, list, account, who, false);
	if (who[0] == '@' && !store_find_username(d->store, str_of(who + 1), 0, id) &&
		people_remove(d->guard->people, list, account, id))
		keep(d, list, account, id, false);
	return removed;
}

struct listing {
	struct buf *out;
	uint32_t count;
};

static void put_person(void *ctx, const char *who)
{
	struct listing *l = ctx;

	wire_put_text(l->out, who);
	l->count++;
}

static enum err people_list_check(const struct request *r, const struct msg_people *in,
	enum people_list list, struct errmsg *m)
{
	if (in->act != PEOPLE_LIST && !wire_count(in->users))
		return err_at(m, err_say(m, ERR_INVALID, "name at least one user"), "users");
	if (r->admin || in->act == PEOPLE_LIST ||
		(list == PEOPLE_OPT_OUT && in->act == PEOPLE_ADD))
		return ERR_OK;
	return err_say(m, ERR_DENIED,
		"agents may list and add opt-outs; the rest is for administrators");
}

static void note(struct dispatcher *d, uint32_t agent, const struct msg_people *in,
	enum people_list list, uint32_t changed)
{
	static const char *const whats[PEOPLE_LIST_COUNT][3] = {
		[PEOPLE_OPT_OUT] = {"", "opt_out.added", "opt_out.removed"},
		[PEOPLE_INVITED] = {"", "invited.added", "invited.removed"}};
	struct buf how;

	if (!changed)
		return;
	buf_init(&how, (size_t)2 * 1024 * 1024);
	for (uint32_t i = 0; i < wire_count(in->users); i++)
		buf_fmt(&how, "%s%.*s", i ? " " : "",
			STR_ARG(wire_str(wire_item(in->users, i))));
	audit_note_buf(
		d, agent, whats[list][in->act], whom_named("account", in->account), &how);
	buf_done(&how);
}

static void people_request(
	struct dispatcher *d, const struct request *r, uint32_t agent, enum people_list list)
{
	enum message msg = list == PEOPLE_OPT_OUT ? MSG_OPT_OUT : MSG_INVITED;
	struct msg_people in = {0};
	uint32_t account = 0, changed = 0, cancelled = 0;
	struct errmsg m;
	struct answer a;

	enum err e = message_read(r->root, msg, &in, &m);
	if (!e)
		e = people_list_check(r, &in, list, &m);
	if (!e)
		e = find_account(d, in.account, &account, &m);
	if (!e)
		e = check_users(in.users, &m);
	if (e) {
		answer_error(d->outbox, r, e, &m);
		return;
	}
	for (uint32_t i = 0; i < wire_count(in.users) && in.act != PEOPLE_LIST; i++) {
		struct str user = wire_str(wire_item(in.users, i));

		changed += in.act == PEOPLE_ADD ? add_user(d, list, account, user)
						: remove_user(d, list, account, user);
	}
	note(d, agent, &in, list, changed);
	if (list == PEOPLE_OPT_OUT && in.act == PEOPLE_ADD)
		sweep(d, account, &cancelled);
	answer_open(&a, d->outbox, r, true);
	struct listing l = {.out = answer_key(&a, "users")};
	size_t mark = wire_array_later(l.out);
	people_each(d->guard->people, list, account, put_person, &l);
	wire_array_end(l.out, mark, l.count);
	answer_int(&a, "changed", changed);
	answer_int(&a, "cancelled", cancelled);
	answer_close(&a);
}

void guard_opt_out(struct dispatcher *d, const struct request *r, uint32_t agent)
{
	people_request(d, r, agent, PEOPLE_OPT_OUT);
}

void guard_invited(struct dispatcher *d, const struct request *r, uint32_t agent)
{
	people_request(d, r, agent, PEOPLE_INVITED);
}
