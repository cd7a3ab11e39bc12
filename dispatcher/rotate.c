#include "dispatcher/rotate.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/failpoint.h"
#include "common/base/log.h"
#include "common/crypto/master.h"
#include "common/wire/write.h"
#include "dispatcher/accounts.h"
#include "dispatcher/audit/audit.h"
#include "dispatcher/vault/rotate.h"
#include "dispatcher/wait.h"

#define ROWS_A_TURN 100
#define SPEC_MAX    4200

static const char scheme[] = "file:";

/* The path in file:PATH, or NULL. */
static const char *file_of(const struct conf *c)
{
	const char *spec = c->security_master_key;

	return strncmp(spec, scheme, strlen(scheme)) == 0 ? spec + strlen(scheme) : NULL;
}

/* "file:PATH.next"; *ret_path is the path in it. */
static void next_of(const char *file, char out[SPEC_MAX], const char **ret_path)
{
	(void)snprintf(out, SPEC_MAX, "%s%s.next", scheme, file);
	*ret_path = out + strlen(scheme);
}

/* --- the keys --- */

enum err rotate_load_keys(
	const struct conf *c, struct master **ret, struct master **old, struct errmsg *m)
{
	const char *file = file_of(c), *path = "";
	char next[SPEC_MAX];
	struct master *key;
	enum err e = master_load(c->security_master_key, &key, m);

	*old = NULL;
	if (e)
		return e;
	if (file)
		next_of(file, next, &path);
	if (file && access(path, F_OK) == 0) {
		*old = key;
		e = master_load(next, &key, m);
	} else if (c->security_previous_master_key[0]) {
		e = master_load(c->security_previous_master_key, old, m);
	}
	if (!e) {
		*ret = key;
		return ERR_OK;
	}
	master_free(*old ? *old : key);
	*old = NULL;
	return err_wrap(m, e,
		file && access(path, F_OK) == 0 ? "a change of the master key was begun"
						: "security.previous_master_key");
}

static void start(struct dispatcher *d)
{
	d->rotation = (struct rotation){.running = true};
	log_event(LOG_KEY, "from=%s to=%s state=begun", vault_old_key_id(d->vault),
		vault_key_id(d->vault));
}

void rotate_open(struct dispatcher *d, struct master *old)
{
	if (!old)
		return;
	vault_hold_old(d->vault, old);
	start(d);
}

/* --- the rows --- */

/* Whether a row has to be written, and is: wrapped, or, after a turn that was lost, in any
 * case. */
static bool must_keep(const struct dispatcher *d, struct str data_key)
{
	return data_key.len > 0 && (d->rotation.all || !vault_is_wrapped(d->vault, data_key));
}

static void go_on_app(struct dispatcher *d, struct vault_app *a)
{
	struct errmsg m;

	if (!must_keep(d, a->data_key) || turn_fail(d, vault_wrap_app(d->vault, a, &m), &m))
		return;
	accounts_keep_app(d, a);
	d->rotation.rows++;
}

static void go_on_account(struct dispatcher *d, struct vault_account *a)
{
	struct errmsg m;

	if (!must_keep(d, a->data_key) || turn_fail(d, vault_wrap_account(d->vault, a, &m), &m))
		return;
	accounts_keep_only(d, a);
	d->rotation.rows++;
}

void rotate_go_on(struct dispatcher *d)
{
	struct rotation *o = &d->rotation;
	struct vault_account *account;
	struct vault_app *app;
	int left = ROWS_A_TURN;

	if (!o->running || d->stopping || d->failed)
		return;
	for (; left && (app = vault_app_at(d->vault, o->app)); left--, o->app++)
		go_on_app(d, app);
	for (; left && (account = vault_account_at(d->vault, o->account)); left--, o->account++)
		go_on_account(d, account);
	loop_again(d->loop);
	if (!left)
		return;
	o->written = true;
	if (!o->rows && list_is_empty(&d->rotates))
		return; /* all of it was done before */
	audit_note(d, AUDIT_ROOST, "vault.rotated", whom_of("key", vault_key_id(d->vault)),
		"from=%s rows=%llu", vault_old_key_id(d->vault), (unsigned long long)o->rows);
}

void rotate_dropped(struct dispatcher *d)
{
	struct rotation *o = &d->rotation;

	*o = (struct rotation){.running = o->running, .all = true, .rows = o->rows};
}

/* --- the end --- */

/* Counts rows of the store that another key wrapped. */
struct looking {
	const struct dispatcher *d;
	uint64_t others;
};

static void look_at_app(void *ctx, const struct app_row *a)
{
	struct looking *l = ctx;

	l->others += !vault_is_wrapped(l->d->vault, a->data_key);
}

static void look_at_account(void *ctx, const struct account_row *a)
{
	struct looking *l = ctx;

	l->others += !vault_is_wrapped(l->d->vault, a->data_key);
}

/* Before the old key leaves its place, the store itself is asked. */
static bool is_done(struct dispatcher *d)
{
	struct looking l = {.d = d};

	return !store_each_app(d->store, look_at_app, &l) &&
	       !store_each_account(d->store, look_at_account, &l) && l.others == 0;
}

/* The old key stays as PATH.ID, whose name is written to `keep`: "" when it is no file. */
static enum err replace(struct dispatcher *d, char keep[SPEC_MAX], struct errmsg *m)
{
	const char *file = file_of(d->conf), *path;
	char next[SPEC_MAX];

	keep[0] = 0;
	if (!file)
		return ERR_OK;
	next_of(file, next, &path);
	if (access(path, F_OK))
		return ERR_OK; /* security.previous_master_key */
	(void)snprintf(keep, SPEC_MAX, "%s.%s", file, vault_old_key_id(d->vault));
	return master_replace_file(file, path, keep, m);
}

static void answer_done(struct dispatcher *d, const struct request *r, const char *keep)
{
	struct answer a;

	answer_open(&a, d->outbox, r, true);
	answer_text(&a, "key", vault_key_id(d->vault));
	answer_int(&a, "rows", (int64_t)d->rotation.rows);
	answer_text(&a, "old_key_file", keep[0] ? keep : NULL);
	answer_close(&a);
}

static void tell_all(struct dispatcher *d, enum err e, const char *keep, const struct errmsg *m)
{
	while (!list_is_empty(&d->rotates)) {
		struct wait *w = LIST_ITEM(d->rotates.next, struct wait, node);
		struct request r = wait_request(w);

		if (e)
			answer_error(d->outbox, &r, e, m);
		else
			answer_done(d, &r, keep);
		wait_free(w);
	}
}

void rotate_committed(struct dispatcher *d)
{
	char keep[SPEC_MAX];
	struct errmsg m;

	if (!d->rotation.running)
		return;
	if (!d->rotation.written) {
		if (d->rotation.rows)
			(void)FAILPOINT(FAIL_KEY_ROWS);
		return;
	}
	if (!is_done(d)) {
		rotate_dropped(d); /* once more, every row */
		return;
	}
	(void)FAILPOINT(FAIL_KEY_WRAPPED);
	enum err e = replace(d, keep, &m);
	if (!e)
		(void)FAILPOINT(FAIL_KEY_REPLACED);
	log_event(LOG_KEY, "from=%s to=%s state=%s rows=%llu words=\"%s\"",
		vault_old_key_id(d->vault), vault_key_id(d->vault), e ? "failed" : "done",
		(unsigned long long)d->rotation.rows, e ? m.text : "");
	tell_all(d, e, keep, &m);
	d->rotation.running = false;
	if (!e)
		vault_turned(d->vault);
}

void rotate_close(struct dispatcher *d)
{
	wait_fail_all(d, &d->rotates,
		"the dispatcher is stopping; the change of the master key goes on when it is "
		"back");
}

/* --- requests --- */

static enum err make_next(struct dispatcher *d, struct master **ret, struct errmsg *m)
{
	const char *file = file_of(d->conf), *path;
	char next[SPEC_MAX];
	enum err e = ERR_OK;

	if (!file)
		return err_say(m, ERR_STATE,
			"security.master_key is no file, so roost cannot replace it: name a "
			"new "
			"key there and the present one as security.previous_master_key, then "
			"start the dispatcher again");
	next_of(file, next, &path);
	if (access(path, F_OK))
		e = master_create_file(path, m);
	return e ? e : master_load(next, ret, m);
}

/* Begins, unless it goes on already, or could not be finished the last time. */
static enum err begin(struct dispatcher *d, uint32_t agent, struct errmsg *m)
{
	struct master *next = NULL;

	if (d->rotation.running)
		return ERR_OK;
	if (!vault_is_turning(d->vault)) {
		enum err e = make_next(d, &next, m);

		if (e)
			return e;
		(void)FAILPOINT(FAIL_KEY_MADE);
		vault_turn_to(d->vault, next);
	}
	audit_note(d, agent, "vault.rotating", whom_of("key", vault_key_id(d->vault)),
		"from=%s", vault_old_key_id(d->vault));
	start(d);
	return ERR_OK;
}

void rotate_begin(struct dispatcher *d, const struct request *r, uint32_t agent)
{
	struct wait *w = NULL;
	struct errmsg m;

	enum err e = message_read(r->root, MSG_VAULT_ROTATE, NULL, &m);
	if (!e && !(w = wait_new(d, &d->rotates, r, agent)))
		e = err_say(&m, ERR_NOMEM, "out of memory, or a seq longer than 64 bytes");
	if (!e)
		e = begin(d, agent, &m);
	if (!e)
		return;
	wait_free(w);
	answer_error(d->outbox, r, e, &m);
}

void rotate_show(struct dispatcher *d, const struct request *r, uint32_t agent)
{
	struct answer a;

	(void)agent;
	answer_open(&a, d->outbox, r, true);
	answer_text(&a, "key", vault_key_id(d->vault));
	answer_text(&a, "old_key", vault_old_key_id(d->vault));
	wire_put_bool(answer_key(&a, "rotating"), d->rotation.running);
	answer_int(&a, "rows", (int64_t)d->rotation.rows);
	answer_close(&a);
}
