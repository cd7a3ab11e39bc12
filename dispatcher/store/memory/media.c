#include <stddef.h>
#include <string.h>

#include "dispatcher/store/memory/memory.h"

static const size_t media_offsets[] = {
	offsetof(struct media_row, name), offsetof(struct media_row, type)};
static const struct strings media_shape = {
	sizeof(struct media_row), media_offsets, COUNT_OF(media_offsets)};
static const size_t upload_offsets[] = {offsetof(struct upload_row, x_id)};
static const struct strings upload_shape = {
	sizeof(struct upload_row), upload_offsets, COUNT_OF(upload_offsets)};

static int compare(uint32_t a, const unsigned char *x, uint32_t b, const unsigned char *y)
{
	return a != b ? (a < b ? -1 : 1) : memcmp(x, y, STORE_HASH_BYTES);
}

/* The cell of a row, or a free one. */
static uint32_t media_cell(const struct memory *m, uint32_t agent, const unsigned char *hash)
{
	const struct cells *c = &m->media;
	uint32_t room = c->count;

	for (uint32_t i = 0; i < c->count; i++) {
		const struct media_row *r = c->at[i];

		if (!r)
			room = i;
		else if (!compare(r->agent, r->hash, agent, hash))
			return i;
	}
	return room;
}

static uint32_t upload_cell(const struct memory *m, uint32_t account, const unsigned char *key)
{
	const struct cells *c = &m->uploads;
	uint32_t room = c->count;

	for (uint32_t i = 0; i < c->count; i++) {
		const struct upload_row *r = c->at[i];

		if (!r)
			room = i;
		else if (!compare(r->account, r->key, account, key))
			return i;
	}
	return room;
}

enum err memory_put_media(struct store *s, const struct media_row *r)
{
	struct memory *m = memory_of(s);
	enum err e = memory_may(m);

	return e ? e
		 : memory_put(m, &m->media, media_cell(m, r->agent, r->hash), &media_shape, r);
}

enum err memory_put_upload(struct store *s, const struct upload_row *r)
{
	struct memory *m = memory_of(s);
	enum err e = memory_may(m);

	return e ? e
		 : memory_put(m, &m->uploads, upload_cell(m, r->account, r->key), &upload_shape,
			   r);
}

enum err memory_drop_media(struct store *s, uint32_t agent, const unsigned char *hash)
{
	struct memory *m = memory_of(s);
	enum err e = memory_may(m);
	uint32_t cell = media_cell(m, agent, hash);

	if (e || !cells_at(&m->media, cell))
		return e;
	return memory_put(m, &m->media, cell, &media_shape, NULL);
}

enum err memory_drop_upload(struct store *s, uint32_t account, const unsigned char *key)
{
	struct memory *m = memory_of(s);
	enum err e = memory_may(m);
	uint32_t cell = upload_cell(m, account, key);

	if (e || !cells_at(&m->uploads, cell))
		return e;
	return memory_put(m, &m->uploads, cell, &upload_shape, NULL);
}

enum err memory_forget_uploads(struct store *s, usec_t before)
{
	struct memory *m = memory_of(s);
	struct cells *c = &m->uploads;
	enum err e = memory_may(m);

	for (uint32_t i = 0; !e && i < c->count; i++) {
		const struct upload_row *r = c->at[i];

		if (r && r->expires_at < before)
			e = memory_put(m, c, i, &upload_shape, NULL);
	}
	return e;
}

enum err memory_find_media(
	struct store *s, uint32_t agent, const unsigned char *hash, struct media_row *ret)
{
	const struct memory *m = memory_of(s);
	const struct media_row *r = cells_at(&m->media, media_cell(m, agent, hash));

	if (!r)
		return ERR_NOT_FOUND;
	*ret = *r;
	return ERR_OK;
}

enum err memory_find_upload(
	struct store *s, uint32_t account, const unsigned char *key, struct upload_row *ret)
{
	const struct memory *m = memory_of(s);
	const struct upload_row *r = cells_at(&m->uploads, upload_cell(m, account, key));

	if (!r)
		return ERR_NOT_FOUND;
	*ret = *r;
	return ERR_OK;
}

/* By agent and hash: each time the least of those that come after the last one. */
enum err memory_each_media(struct store *s, store_media_fn *each, void *ctx)
{
	const struct cells *c = &memory_of(s)->media;
	const struct media_row *last = NULL, *next;

	do {
		next = NULL;
		for (uint32_t i = 0; i < c->count; i++) {
			const struct media_row *r = c->at[i];

			if (!r || (last && compare(r->agent, r->hash, last->agent,
						   last->hash) <= 0))
				continue;
			if (!next || compare(r->agent, r->hash, next->agent, next->hash) < 0)
				next = r;
		}
		if (next)
			each(ctx, next);
		last = next;
	} while (next);
	return ERR_OK;
}

enum err memory_sum_media(
	struct store *s, uint32_t agent, int64_t *ret_files, int64_t *ret_bytes)
{
	const struct cells *c = &memory_of(s)->media;

	*ret_files = *ret_bytes = 0;
	for (uint32_t i = 0; i < c->count; i++) {
		const struct media_row *r = c->at[i];

		if (!r || r->agent != agent)
			continue;
		++*ret_files;
		*ret_bytes += r->size;
	}
	return ERR_OK;
}
