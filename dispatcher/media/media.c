#include "dispatcher/media/media.h"

#include <stdio.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/wire/write.h"
#include "common/xapi/media/media.h"
#include "dispatcher/media/sweep.h"
#include "dispatcher/media/upload.h"

#define MIB ((int64_t)1024 * 1024)

enum err media_open(struct dispatcher *d, struct errmsg *m)
{
	char path[4200];

	(void)snprintf(path, sizeof(path), "%s/media", d->conf->state_dir);
	d->uploads = uploads_new();
	d->sweep = sweep_new();
	if (!d->uploads || !d->sweep)
		return err_say(m, ERR_NOMEM, "%s", err_text(ERR_NOMEM));
	return spool_open(path, d->conf->media_spool_mib * MIB, &d->spool, m);
}

void media_close(struct dispatcher *d)
{
	spool_free(d->spool);
	sweep_free(d->sweep);
	uploads_free(d->uploads);
}

void media_reload(struct dispatcher *d)
{
	spool_set_most(d->spool, d->conf->media_spool_mib * MIB);
}

/* --- checks --- */

static enum err check_type(
	const struct msg_media *in, const struct media_type **ret, struct errmsg *m)
{
	char names[200], shown[80];

	*ret = media_type_find(in->type);
	if (*ret)
		return ERR_OK;
	err_say(m, ERR_INVALID, "X takes no '%s'; it takes %s",
		text_show(in->type, shown, sizeof(shown)),
		media_type_names(names, sizeof(names)));
	return err_at(m, ERR_INVALID, "type");
}

static enum err check_size(
	const struct msg_media *in, const struct media_type *type, struct errmsg *m)
{
	int64_t most = media_kind_max(type->kind);

	if (in->size <= most)
		return ERR_OK;
	err_say(m, ERR_TOO_BIG,
		"%s may have %lld bytes (%lld MiB), and this has %lld; make it smaller",
		media_kind_name(type->kind), (long long)most, (long long)(most / MIB),
		(long long)in->size);
	return err_at(m, ERR_TOO_BIG, "size");
}

/* The first bytes say what it is, whatever the agent calls it. */
static enum err check_head(
	const struct msg_media *in, const struct media_type *type, struct errmsg *m)
{
	size_t want = in->size < MEDIA_HEAD ? (size_t)in->size : MEDIA_HEAD;
	const struct media_type *seen;

	if (in->offset || !in->data.len)
		return ERR_OK;
	if (in->data.len < want) {
		err_say(m, ERR_INVALID,
			"the first piece has at least %d bytes, so that the type can be seen",
			MEDIA_HEAD);
		return err_at(m, ERR_INVALID, "data");
	}
	if (media_type_fits(type, in->data))
		return ERR_OK;
	seen = media_type_of(in->data);
	err_say(m, ERR_INVALID, "its first bytes are not those of %s%s%s; give the type it has",
		type->name, seen ? " but of " : "", seen ? seen->name : "");
	return err_at(m, ERR_INVALID, "type");
}

static enum err check(const struct msg_media *in, struct errmsg *m)
{
	const struct media_type *type;
	enum err e = check_type(in, &type, m);

	if (!e)
		e = check_size(in, type, m);
	if (!e && (in->offset > in->size || (int64_t)in->data.len > in->size - in->offset)) {
		err_say(m, ERR_INVALID, "these bytes reach beyond the size of %lld",
			(long long)in->size);
		e = err_at(m, ERR_INVALID, "data");
	}
	return e ? e : check_head(in, type, m);
}

/* --- bytes that are complete already --- */

/* The last piece of an upload whose answer was lost: it is complete since. */
struct last_piece {
	struct dispatcher *d;
	uint32_t agent;
	const struct msg_media *in;
	unsigned char hash[SPOOL_HASH_BYTES];
	usec_t used_at; /* 0: none was found */
};

static void note_named(void *ctx, const struct media_row *r)
{
	struct last_piece *l = ctx;

	if (r->agent != l->agent || r->size != l->in->size || r->used_at <= l->used_at ||
		!str_equal(r->name, l->in->name) || !str_equal(r->type, l->in->type))
		return;
	l->used_at = r->used_at;
	memcpy(l->hash, r->hash, sizeof(l->hash));
}

static bool is_last_piece(struct dispatcher *d, uint32_t agent, const struct msg_media *in,
	struct spool_taken *ret)
{
	struct last_piece l = {.d = d, .agent = agent, .in = in};

	if (!in->offset || in->offset + (int64_t)in->data.len != in->size ||
		store_each_media(d->store, note_named, &l) || !l.used_at)
		return false;
	char *have = in->data.len ? mem_alloc(in->data.len) : NULL;
	bool same = !in->data.len ||
		    (have && !spool_read(d->spool, l.hash, in->offset, in->data.len, have) &&
			    memcmp(have, in->data.at, in->data.len) == 0);
	mem_free(have);
	if (same) {
		*ret = (struct spool_taken){.received = in->size, .complete = true};
		memcpy(ret->hash, l.hash, sizeof(ret->hash));
	}
	return same;
}

/* --- the operation --- */

static enum err keep(struct dispatcher *d, uint32_t agent, const struct msg_media *in,
	const struct spool_taken *t, struct errmsg *m)
{
	struct media_row row = {
		.agent = agent,
		.name = in->name,
		.type = in->type,
		.size = in->size,
		.used_at = d->now.wall,
	};

	if (!t->complete)
		return ERR_OK;
	memcpy(row.hash, t->hash, sizeof(row.hash));
	if (!turn_write(d) || turn_fail(d, store_put_media(d->store, &row), NULL))
		return err_say(m, ERR_UNAVAILABLE,
			"the bytes could not be kept; send the last "
			"piece again");
	return ERR_OK;
}

/* What the agent has; for the first piece, where an upload may begin. */
static enum err read_share(struct dispatcher *d, uint32_t agent, const struct msg_media *in,
	struct spool_share *ret, struct errmsg *m)
{
	*ret = (struct spool_share){.files_most = d->conf->media_agent_files,
		.bytes_most = d->conf->media_agent_mib * MIB};
	if (in->offset || !in->data.len)
		return ERR_OK;
	if (store_sum_media(d->store, agent, &ret->files, &ret->bytes))
		return err_say(m, ERR_UNAVAILABLE,
			"it cannot be read at this moment what this agent has; send it again "
			"later");
	return ERR_OK;
}

static enum err take(struct dispatcher *d, uint32_t agent, const struct msg_media *in,
	struct spool_taken *ret, struct errmsg *m)
{
	struct spool_bytes bytes = {
		.agent = agent,
		.name = in->name,
		.type = in->type,
		.size = in->size,
		.offset = in->offset,
		.data = in->data,
	};
	enum err e = check(in, m);

	if (!e && (d->stopping || d->full))
		e = err_say(m, ERR_UNAVAILABLE,
			"nothing new is taken in at this moment; send it again later");
	if (!e)
		e = read_share(d, agent, in, &bytes.share, m);
	if (e || is_last_piece(d, agent, in, ret))
		return e;
	return spool_take(d->spool, &bytes, ret, m);
}

void media_take(struct dispatcher *d, const struct request *r, uint32_t agent)
{
	struct msg_media in = {0};
	struct spool_taken taken;
	struct answer a;
	struct errmsg m;
	char handle[MEDIA_HANDLE_SIZE];
	uint32_t id = d->agent_table[agent].id;

	enum err e = message_read(r->root, MSG_MEDIA, &in, &m);
	if (!e)
		e = take(d, id, &in, &taken, &m);
	if (!e)
		e = keep(d, id, &in, &taken, &m);
	if (e) {
		answer_error(d->outbox, r, e, &m);
		return;
	}
	answer_open(&a, d->outbox, r, true);
	if (taken.complete)
		answer_text(&a, "media", media_handle_write(taken.hash, handle));
	else
		wire_put_nil(answer_key(&a, "media"));
	answer_int(&a, "received", taken.received);
	answer_close(&a);
}
