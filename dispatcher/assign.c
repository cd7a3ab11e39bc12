#include "dispatcher/assign.h"

#include <string.h>

#include "common/wire/write.h"
#include "dispatcher/media/upload.h"
#include "dispatcher/pages/pages.h"

/* The first argument of that action that is a user given as "@name"; NULL when there is none.
 */
static const struct arg *user_arg(const struct action *a, const struct wire_value *args)
{
	for (size_t i = 0; i < a->arg_count; i++) {
		const struct arg *arg = &a->args[i];

		if (arg->type == ARG_USER && !arg->name_target[0] &&
			str_has_prefix(wire_str(wire_get(args, arg->name)), "@"))
			return arg;
	}
	return NULL;
}

static struct str name_in(const struct arg *arg, const struct wire_value *args)
{
	struct str s = wire_str(wire_get(args, arg->name));

	return (struct str){s.at + 1, s.len - 1};
}

/* An argument that the worker shall see as another text, or as the ids of its media. */
struct change {
	const char *name;
	const char *text;
	const struct named_list *media; /* NULL: as `text` */
};

static const struct change *change_of(
	const struct change *changes, size_t count, struct str name)
{
	for (size_t i = 0; i < count; i++)
		if (str_is(name, changes[i].name))
			return &changes[i];
	return NULL;
}

static void put_change(struct buf *b, const struct change *c)
{
	wire_put_text(b, c->name);
	if (!c->media) {
		wire_put_text(b, c->text);
		return;
	}
	wire_put_array(b, (uint32_t)c->media->count);
	for (size_t i = 0; i < c->media->count; i++)
		wire_put_text(b, c->media->at[i].x_id);
}

/* The arguments with what is changed of them, written into the scratch. */
static struct str with_changes(struct dispatcher *d, const struct wire_value *args,
	const struct change *changes, size_t count)
{
	struct buf *b = &d->scratch;
	uint32_t pairs = (uint32_t)count;

	buf_reset(b);
	size_t mark = wire_map_later(b);
	for (size_t i = 0; i < count; i++)
		put_change(b, &changes[i]);
	for (uint32_t i = 0; i < wire_count(args); i++) {
		if (change_of(changes, count, wire_key(args, i)))
			continue;
		wire_put_str(b, wire_key(args, i));
		wire_put_value(b, wire_at(args, i));
		pairs++;
	}
	wire_map_end(b, mark, pairs);
	return buf_view(b);
}

/* What an assignment needs of a body, copied: the store lends it only until its next call. */
struct kept {
	const struct action *action;
	struct buf args;
	struct wire_message message;
	bool open; /* `message` was opened: the arguments may have to be changed */
};

static enum err keep(struct dispatcher *d, uint64_t id, bool open, struct kept *k)
{
	struct body body;

	*k = (struct kept){0};
	buf_init(&k->args, ZSOCK_MESSAGE_MAX);
	enum err e = store_get_body(d->store, id, &body);
	if (e)
		return e;
	k->action = action_find(body.action);
	if (!k->action)
		return ERR_CORRUPT;
	buf_put(&k->args, body.args.at, body.args.len);
	if (k->args.err)
		return k->args.err;
	if (!open && !memchr(body.args.at, '@', body.args.len))
		return ERR_OK;
	k->open = true;
	return wire_open(&k->message, buf_view(&k->args), NULL);
}

static void keep_done(struct kept *k)
{
	if (k->open)
		wire_close(&k->message);
	buf_done(&k->args);
}

static bool read_name(const struct kept *k, char out[16])
{
	const struct arg *arg = k->open ? user_arg(k->action, k->message.root) : NULL;

	if (!arg)
		return false;
	struct str name = name_in(arg, k->message.root);
	if (!text_is_username(name))
		return false;
	memcpy(out, name.at, name.len);
	out[name.len] = 0;
	return true;
}

bool assign_name(struct dispatcher *d, uint64_t id, char out[16])
{
	struct kept k;
	bool found = !keep(d, id, false, &k) && read_name(&k, out);

	keep_done(&k);
	return found;
}

/* Where X's token for the next page goes. */
static const char *token_name(const struct action *a)
{
	return action_arg(a, str_of("pagination_token")) ? "pagination_token" : "next_token";
}

/*
 * The arguments as the worker shall see them: @names and bytes become the ids that X has, and a
 * read goes on after the page that it has. `media`: NULL: none.
 */
static struct str ready_args(struct dispatcher *d, const struct kept *k, const struct job *j,
	const struct named_list *media)
{
	char name[16], id[STORE_X_ID_MAX], token[PAGE_TOKEN_MAX + 1];
	struct change changes[3];
	size_t n = 0;

	if (read_name(k, name) && !store_find_username(d->store, str_of(name), 0, id))
		changes[n++] =
			(struct change){user_arg(k->action, k->message.root)->name, id, NULL};
	if (pages_token(d, j, token))
		changes[n++] = (struct change){token_name(k->action), token, NULL};
	if (media)
		changes[n++] = (struct change){
			named_arg(k->action, k->message.root)->name, NULL, media};
	return n ? with_changes(d, k->message.root, changes, n) : buf_view(&k->args);
}

/* The name is known since: no need to ask X. */
static bool named_already(struct dispatcher *d, const struct order *o, const char *name)
{
	char id[STORE_X_ID_MAX];

	if (store_find_username(d->store, str_of(name), d->now.wall - NAME_FRESH, id))
		return false;
	turn_fact(d, &(struct fact){.kind = FACT_NAMED,
			     .job = o->job,
			     .worker = o->worker,
			     .lease = o->lease});
	return true;
}

void assign_to(struct dispatcher *d, uint32_t worker, const struct vault_account *account,
	const struct msg_assignment *a, struct str args)
{
	struct oauth1_keys own = {0};
	bool signs = vault_keys(account, &own);
	struct msg_oauth1 keys = {own.api_key, own.api_secret, own.token, own.token_secret};

	workers_assign(d->workers, worker, a, signs ? &keys : NULL, args);
}

static void send(struct dispatcher *d, const struct order *o, const struct kept *k)
{
	const struct vault_account *account = vault_account_by_id(d->vault, o->job.account);
	struct named_list media = {.count = 0};
	bool has_media = false;
	char name[16] = "";

	ASSERT(account);
	if (o->step == STEP_NAME && (!read_name(k, name) || named_already(d, o, name)))
		return;
	if (o->job.flags & JOB_MEDIA && (o->step == STEP_ACT || o->step == STEP_MEDIA)) {
		has_media = upload_assigned(d, o, k->action, k->message.root, &media);
		if (!has_media)
			return;
	}
	struct msg_assignment a = {
		.job = (int64_t)o->job.id,
		.lease = (int64_t)o->lease,
		.step = (uint8_t)o->step,
		.begin = o->begin,
		.action = str_of(k->action->name),
		.user_id = str_of(account->user_id),
		.username = str_of(account->username),
		.token = vault_token(d->vault, account),
		.name = str_of(name),
		.begun_at = o->step == STEP_LOOK ? o->job.begun_at : 0,
	};
	assign_to(d, o->worker, account, &a,
		ready_args(d, k, &o->job, has_media ? &media : NULL));
}

void assign(struct dispatcher *d, const struct order *o)
{
	struct kept k;

	enum err e = keep(d, o->job.id, o->job.page > 0 || o->job.flags & JOB_MEDIA, &k);
	if (e)
		turn_fail(d, e, NULL);
	else
		send(d, o, &k);
	keep_done(&k);
}
