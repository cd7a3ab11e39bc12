#include <string.h>

#include "dispatcher/store/sqlite/lite.h"

/* Of a window: the limit is X's, and the reset is. */
#define LEARNED 1
#define TOLD    2

/*
 * Runs the statement that puts a row with a number of its own: 0, bound to ?1, becomes the next
 * number. A row that is changed has to be there.
 */
static enum err put_numbered(struct lite *l, sqlite3_stmt *st, uint32_t id, uint32_t *ret_id)
{
	if (id)
		bind_int(st, 1, id);
	else
		(void)sqlite3_bind_null(st, 1);

	enum err e = lite_run(l, st);
	if (e)
		return e;
	if (id && !lite_changes(l))
		return ERR_NOT_FOUND;
	*ret_id = id ? id : (uint32_t)sqlite3_last_insert_rowid(l->db);
	return ERR_OK;
}

enum err accounts_put_app(struct store *s, const struct app_row *a, uint32_t *ret_id)
{
	struct lite *l = lite_of(s);
	sqlite3_stmt *st = lite_use(l, a->id ? STMT_SAVE_APP : STMT_PUT_APP);

	bind_text(st, 2, a->name);
	bind_text(st, 3, a->client_id);
	bind_text(st, 4, a->plan);
	bind_blob(st, 5, a->data_key);
	bind_blob(st, 6, a->secret);
	bind_int(st, 7, a->paused);
	bind_int(st, 8, a->parked_until);
	bind_text(st, 9, a->park_cause);
	return put_numbered(l, st, a->id, ret_id);
}

enum err accounts_drop_app(struct store *s, uint32_t id)
{
	struct lite *l = lite_of(s);
	sqlite3_stmt *st = lite_use(l, STMT_DROP_APP);

	bind_int(st, 1, id);
	enum err e = lite_run(l, st);
	return e || lite_changes(l) ? e : ERR_NOT_FOUND;
}

enum err accounts_put(struct store *s, const struct account_row *a, uint32_t *ret_id)
{
	struct lite *l = lite_of(s);
	sqlite3_stmt *st = lite_use(l, a->id ? STMT_SAVE_ACCOUNT : STMT_PUT_ACCOUNT);

	bind_int(st, 2, a->app);
	bind_text(st, 3, a->name);
	bind_text(st, 4, a->user_id);
	bind_text(st, 5, a->username);
	bind_text(st, 6, a->scopes);
	bind_int(st, 7, a->grant);
	bind_int(st, 8, a->refreshing);
	bind_int(st, 9, (int64_t)a->generation);
	bind_int(st, 10, a->token_until);
	bind_blob(st, 11, a->data_key);
	bind_blob(st, 12, a->access);
	bind_blob(st, 13, a->refresh);
	bind_int(st, 14, a->paused);
	bind_int(st, 15, a->parked_until);
	bind_text(st, 16, a->park_cause);
	bind_int(st, 17, a->kind);
	return put_numbered(l, st, a->id, ret_id);
}

enum err accounts_put_username(
	struct store *s, struct str username, struct str x_id, usec_t wall)
{
	struct lite *l = lite_of(s);
	sqlite3_stmt *st = lite_use(l, STMT_PUT_USERNAME);

	bind_text(st, 1, username);
	bind_text(st, 2, x_id);
	bind_int(st, 3, wall);
	return lite_run(l, st);
}

enum err accounts_put_window(struct store *s, const struct window_kept *w)
{
	struct lite *l = lite_of(s);
	sqlite3_stmt *st = lite_use(l, STMT_PUT_WINDOW);

	bind_int(st, 1, w->row.scope);
	bind_int(st, 2, w->row.owner);
	bind_text(st, 3, w->family);
	bind_int(st, 4, w->row.length);
	bind_int(st, 5, (w->row.learned ? LEARNED : 0) | (w->row.told ? TOLD : 0));
	bind_int(st, 6, w->row.limit);
	bind_int(st, 7, w->row.used);
	bind_int(st, 8, w->row.resets_at);
	return lite_run(l, st);
}

enum err accounts_find_username(
	struct store *s, struct str username, usec_t since, char ret_x_id[STORE_X_ID_MAX])
{
	struct lite *l = lite_of(s);
	sqlite3_stmt *st = lite_use(l, STMT_FIND_USERNAME);

	bind_text(st, 1, username);
	bind_int(st, 2, since);
	enum err e = lite_row(l, st);
	if (e)
		return e;

	struct str x_id = column_str(st, 0);
	if (x_id.len && x_id.len < STORE_X_ID_MAX) {
		memcpy(ret_x_id, x_id.at, x_id.len);
		ret_x_id[x_id.len] = 0;
	} else {
		e = lite_damaged(l, "the id of a user name is too long");
	}
	(void)sqlite3_reset(st);
	return e;
}

enum err accounts_each_app(struct store *s, store_app_fn *each, void *ctx)
{
	struct lite *l = lite_of(s);
	sqlite3_stmt *st = lite_use(l, STMT_EACH_APP);
	enum err e;

	while (!(e = lite_row(l, st))) {
		struct app_row a = {
			.id = (uint32_t)column_int(st, 0),
			.name = column_str(st, 1),
			.client_id = column_str(st, 2),
			.plan = column_str(st, 3),
			.data_key = column_str(st, 4),
			.secret = column_str(st, 5),
			.paused = column_int(st, 6) != 0,
			.parked_until = column_int(st, 7),
			.park_cause = column_str(st, 8),
		};

		each(ctx, &a);
	}
	return e == ERR_NOT_FOUND ? ERR_OK : e;
}

enum err accounts_each(struct store *s, store_account_fn *each, void *ctx)
{
	struct lite *l = lite_of(s);
	sqlite3_stmt *st = lite_use(l, STMT_EACH_ACCOUNT);
	enum err e;

	while (!(e = lite_row(l, st))) {
		struct account_row a = {
			.id = (uint32_t)column_int(st, 0),
			.app = (uint32_t)column_int(st, 1),
			.name = column_str(st, 2),
			.user_id = column_str(st, 3),
			.username = column_str(st, 4),
			.scopes = column_str(st, 5),
			.grant = (uint8_t)column_int(st, 6),
			.refreshing = column_int(st, 7) != 0,
			.generation = (uint64_t)column_int(st, 8),
			.token_until = column_int(st, 9),
			.data_key = column_str(st, 10),
			.access = column_str(st, 11),
			.refresh = column_str(st, 12),
			.paused = column_int(st, 13) != 0,
			.parked_until = column_int(st, 14),
			.park_cause = column_str(st, 15),
			.kind = (uint8_t)column_int(st, 16),
		};

		each(ctx, &a);
	}
	return e == ERR_NOT_FOUND ? ERR_OK : e;
}

enum err accounts_each_window(struct store *s, store_window_fn *each, void *ctx)
{
	struct lite *l = lite_of(s);
	sqlite3_stmt *st = lite_use(l, STMT_EACH_WINDOW);
	enum err e;

	while (!(e = lite_row(l, st))) {
		struct window_kept w = {
			.row.scope = (uint8_t)column_int(st, 0),
			.row.owner = (uint32_t)column_int(st, 1),
			.family = column_str(st, 2),
			.row.length = column_int(st, 3),
			.row.learned = (column_int(st, 4) & LEARNED) != 0,
			.row.told = (column_int(st, 4) & TOLD) != 0,
			.row.limit = column_int(st, 5),
			.row.used = column_int(st, 6),
			.row.resets_at = column_int(st, 7),
		};

		each(ctx, &w);
	}
	return e == ERR_NOT_FOUND ? ERR_OK : e;
}

enum err accounts_put_setting(struct store *s, const struct setting_row *r)
{
	struct lite *l = lite_of(s);
	sqlite3_stmt *st = lite_use(l, r->value.len ? STMT_PUT_SETTING : STMT_DROP_SETTING);

	bind_int(st, 1, r->kind);
	bind_int(st, 2, r->owner);
	bind_text(st, 3, r->name);
	if (r->value.len)
		bind_text(st, 4, r->value);
	return lite_run(l, st);
}

enum err accounts_each_setting(struct store *s, store_setting_fn *each, void *ctx)
{
	struct lite *l = lite_of(s);
	sqlite3_stmt *st = lite_use(l, STMT_EACH_SETTING);
	enum err e;

	while (!(e = lite_row(l, st))) {
		struct setting_row r = {
			.kind = (uint8_t)column_int(st, 0),
			.owner = (uint32_t)column_int(st, 1),
			.name = column_str(st, 2),
			.value = column_str(st, 3),
		};

		each(ctx, &r);
	}
	return e == ERR_NOT_FOUND ? ERR_OK : e;
}

enum err accounts_put_refusal(struct store *s, const struct refusal_row *r)
{
	struct lite *l = lite_of(s);
	sqlite3_stmt *st = lite_use(l, STMT_PUT_REFUSAL);

	bind_int(st, 1, r->app);
	bind_text(st, 2, r->operation);
	bind_int(st, 3, r->kind);
	bind_int(st, 4, r->since);
	bind_text(st, 5, r->words);
	return lite_run(l, st);
}

enum err accounts_drop_refusals(struct store *s, uint32_t app)
{
	struct lite *l = lite_of(s);
	sqlite3_stmt *st = lite_use(l, STMT_DROP_REFUSALS);

	bind_int(st, 1, app);
	return lite_run(l, st);
}

enum err accounts_each_refusal(struct store *s, store_refusal_fn *each, void *ctx)
{
	struct lite *l = lite_of(s);
	sqlite3_stmt *st = lite_use(l, STMT_EACH_REFUSAL);
	enum err e;

	while (!(e = lite_row(l, st))) {
		struct refusal_row r = {
			.app = (uint32_t)column_int(st, 0),
			.operation = column_str(st, 1),
			.kind = (uint8_t)column_int(st, 2),
			.since = column_int(st, 3),
			.words = column_str(st, 4),
		};

		each(ctx, &r);
	}
	return e == ERR_NOT_FOUND ? ERR_OK : e;
}

enum err accounts_put_summons(struct store *s, const struct summons_row *r)
{
	struct lite *l = lite_of(s);
	sqlite3_stmt *st = lite_use(l, STMT_PUT_SUMMONS);

	bind_int(st, 1, r->account);
	bind_text(st, 2, r->x_id);
	bind_int(st, 3, r->seen_at);
	bind_int(st, 4, r->own);
	return lite_run(l, st);
}

enum err accounts_forget_summons(struct store *s, usec_t before, uint32_t max, bool *ret_more)
{
	struct lite *l = lite_of(s);
	sqlite3_stmt *st = lite_use(l, STMT_DROP_SUMMONS);

	bind_int(st, 1, before);
	bind_int(st, 2, max);
	enum err e = lite_run(l, st);
	if (!e)
		*ret_more = (uint32_t)lite_changes(l) == max;
	return e;
}

enum err accounts_find_summons(
	struct store *s, uint32_t account, struct str x_id, bool *ret_own)
{
	struct lite *l = lite_of(s);
	sqlite3_stmt *st = lite_use(l, STMT_FIND_SUMMONS);

	bind_int(st, 1, account);
	bind_text(st, 2, x_id);
	enum err e = lite_row(l, st);
	if (e)
		return e;
	*ret_own = column_int(st, 0) != 0;
	(void)sqlite3_reset(st);
	return ERR_OK;
}
