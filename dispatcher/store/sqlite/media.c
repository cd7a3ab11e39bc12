#include <string.h>

#include "dispatcher/store/sqlite/lite.h"

static struct str hash_str(const unsigned char hash[STORE_HASH_BYTES])
{
	return (struct str){(const char *)hash, STORE_HASH_BYTES};
}

/* A hash of another length, which roost never wrote, is read as zeros: it names nothing. */
static void read_hash(sqlite3_stmt *st, int column, unsigned char out[STORE_HASH_BYTES])
{
	struct str hash = column_str(st, column);

	memset(out, 0, STORE_HASH_BYTES);
	if (hash.len == STORE_HASH_BYTES)
		memcpy(out, hash.at, STORE_HASH_BYTES);
}

/* Binds the two columns that a row is found by. */
static sqlite3_stmt *by_key(
	struct lite *l, enum stmt which, uint32_t owner, const unsigned char *key)
{
	sqlite3_stmt *st = lite_use(l, which);

	bind_int(st, 1, owner);
	bind_blob(st, 2, hash_str(key));
	return st;
}

enum err media_put(struct store *s, const struct media_row *r)
{
	struct lite *l = lite_of(s);
	sqlite3_stmt *st = by_key(l, STMT_PUT_MEDIA, r->agent, r->hash);

	bind_text(st, 3, r->name);
	bind_text(st, 4, r->type);
	bind_int(st, 5, r->size);
	bind_int(st, 6, r->used_at);
	return lite_run(l, st);
}

enum err media_drop(struct store *s, uint32_t agent, const unsigned char *hash)
{
	struct lite *l = lite_of(s);

	return lite_run(l, by_key(l, STMT_DROP_MEDIA, agent, hash));
}

static struct media_row read_media(sqlite3_stmt *st)
{
	struct media_row r = {
		.agent = (uint32_t)column_int(st, 0),
		.name = column_str(st, 2),
		.type = column_str(st, 3),
		.size = column_int(st, 4),
		.used_at = column_int(st, 5),
	};

	read_hash(st, 1, r.hash);
	return r;
}

enum err media_find(
	struct store *s, uint32_t agent, const unsigned char *hash, struct media_row *ret)
{
	struct lite *l = lite_of(s);
	sqlite3_stmt *st = by_key(l, STMT_FIND_MEDIA, agent, hash);
	enum err e = lite_row(l, st);

	if (e)
		return e;
	*ret = read_media(st);
	lite_lend(l, st);
	return ERR_OK;
}

enum err media_each(struct store *s, store_media_fn *each, void *ctx)
{
	struct lite *l = lite_of(s);
	sqlite3_stmt *st = lite_use(l, STMT_EACH_MEDIA);
	enum err e;

	while (!(e = lite_row(l, st))) {
		struct media_row r = read_media(st);

		each(ctx, &r);
	}
	return e == ERR_NOT_FOUND ? ERR_OK : e;
}

enum err media_sum(struct store *s, uint32_t agent, int64_t *ret_files, int64_t *ret_bytes)
{
	struct lite *l = lite_of(s);
	sqlite3_stmt *st = lite_use(l, STMT_SUM_MEDIA);

	bind_int(st, 1, agent);
	enum err e = lite_row(l, st);
	if (e)
		return e;
	*ret_files = column_int(st, 0);
	*ret_bytes = column_int(st, 1);
	lite_lend(l, st);
	return ERR_OK;
}

enum err media_put_upload(struct store *s, const struct upload_row *r)
{
	struct lite *l = lite_of(s);
	sqlite3_stmt *st = by_key(l, STMT_PUT_UPLOAD, r->account, r->key);

	bind_text(st, 3, r->x_id);
	bind_int(st, 4, r->state);
	bind_int(st, 5, r->parts);
	bind_int(st, 6, r->started_at);
	bind_int(st, 7, r->check_at);
	bind_int(st, 8, r->expires_at);
	return lite_run(l, st);
}

enum err media_drop_upload(struct store *s, uint32_t account, const unsigned char *key)
{
	struct lite *l = lite_of(s);

	return lite_run(l, by_key(l, STMT_DROP_UPLOAD, account, key));
}

enum err media_forget_uploads(struct store *s, usec_t before)
{
	struct lite *l = lite_of(s);
	sqlite3_stmt *st = lite_use(l, STMT_FORGET_UPLOADS);

	bind_int(st, 1, before);
	return lite_run(l, st);
}

enum err media_find_upload(
	struct store *s, uint32_t account, const unsigned char *key, struct upload_row *ret)
{
	struct lite *l = lite_of(s);
	sqlite3_stmt *st = by_key(l, STMT_FIND_UPLOAD, account, key);
	enum err e = lite_row(l, st);

	if (e)
		return e;
	*ret = (struct upload_row){
		.account = (uint32_t)column_int(st, 0),
		.x_id = column_str(st, 2),
		.state = (uint8_t)column_int(st, 3),
		.parts = (uint32_t)column_int(st, 4),
		.started_at = column_int(st, 5),
		.check_at = column_int(st, 6),
		.expires_at = column_int(st, 7),
	};
	read_hash(st, 1, ret->key);
	lite_lend(l, st);
	return ERR_OK;
}
