#include "dispatcher/media/named.h"

#include <stdio.h>
#include <string.h>

#include "common/crypto/digest.h"
#include "dispatcher/media/media.h"
#include "dispatcher/requests/check.h"

#define TOUCH_PART 4 /* of media.keep: bytes used longer ago are noted as used again */

const struct arg *named_arg(const struct action *a, const struct wire_value *args)
{
	for (size_t i = 0; i < a->arg_count; i++)
		if (a->args[i].type == ARG_MEDIA &&
			wire_type(wire_get(args, a->args[i].name)) == WIRE_ARRAY)
			return &a->args[i];
	return NULL;
}

/* What X keeps apart: the bytes, what they are for, and what is to be read instead of them. */
static enum err make_key(struct named *n)
{
	struct sha256 *sha = sha256_new();

	if (!sha)
		return ERR_NOMEM;
	sha256_put(sha, (struct str){(const char *)n->hash, sizeof(n->hash)});
	sha256_put(sha, str_of(n->category));
	sha256_put(sha, str_of("/"));
	sha256_put(sha, n->alt);
	sha256_end(sha, n->key);
	sha256_free(sha);
	return ERR_OK;
}

static enum err read_handle(struct dispatcher *d, uint32_t agent, bool in_message,
	struct named *n, struct errmsg *m)
{
	struct media_row row;
	enum err e = store_find_media(d->store, agent, n->hash, &row);

	if (e == ERR_NOT_FOUND)
		return err_say(m, e,
			"this agent has no bytes under this handle (any more); send them with "
			"`media` first");
	if (e)
		return err_say(m, e, "%s", store_words(d->store));
	n->is_handle = true;
	n->type = media_type_find(row.type);
	n->size = row.size;
	if (!n->type)
		return err_say(m, ERR_CORRUPT, "the type of the bytes is not known");
	n->category = media_category(n->type->kind, in_message);
	return make_key(n);
}

/* One item: text, a map, or what refers to another job, which has no bytes. */
static enum err read_item(struct dispatcher *d, uint32_t agent, bool in_message,
	const struct wire_value *v, struct named *n, struct errmsg *m)
{
	bool map = wire_type(v) == WIRE_MAP;
	struct str text = wire_str(map ? wire_get(v, "media") : v);

	*n = (struct named){0};
	if (map)
		n->alt = wire_str(wire_get(v, "alt"));
	if (media_handle_read(text, n->hash))
		return read_handle(d, agent, in_message, n, m);
	if (text_is_x_id(text))
		(void)snprintf(n->x_id, sizeof(n->x_id), "%.*s", STR_ARG(text));
	return ERR_OK;
}

enum err named_read(struct dispatcher *d, uint32_t agent, const struct action *a,
	const struct wire_value *args, struct named_list *ret, struct errmsg *m)
{
	const struct arg *arg = named_arg(a, args);
	const struct wire_value *list = arg ? wire_get(args, arg->name) : NULL;
	bool in_message = strcmp(a->capability, "x.dm.write") == 0;

	ret->count = 0;
	for (uint32_t i = 0; i < wire_count(list) && i < NAMED_MAX; i++) {
		enum err e =
			read_item(d, agent, in_message, wire_item(list, i), &ret->at[i], m);

		if (e)
			return err_at(m, e, "%s[%u]", arg->name, i);
		ret->count++;
	}
	return ERR_OK;
}

/* --- at enqueue --- */

static int64_t call_price(const struct dispatcher *d, enum call call)
{
	return d->prices.of[call].plain;
}

/* At the worst: it has to be uploaded, and X has to be asked once whether it is processed. */
static int64_t upload_price(const struct dispatcher *d, const struct named *n)
{
	int64_t usd = n->alt.len ? call_price(d, CALL_OP_CREATE_MEDIA_METADATA) : 0;

	if (n->type->kind == MEDIA_IMAGE && n->size <= MEDIA_PART)
		return usd + call_price(d, CALL_OP_MEDIA_UPLOAD);
	if (n->type->kind != MEDIA_IMAGE)
		usd += call_price(d, CALL_OP_GET_MEDIA_UPLOAD_STATUS);
	return usd + call_price(d, CALL_OP_INITIALIZE_MEDIA_UPLOAD) +
	       media_parts(n->size) * call_price(d, CALL_OP_APPEND_MEDIA_UPLOAD) +
	       call_price(d, CALL_OP_FINALIZE_MEDIA_UPLOAD);
}

/* They are used: the sweep leaves them for a while. */
static void touch(struct dispatcher *d, uint32_t agent, const struct named *n)
{
	struct media_row row;

	if (store_find_media(d->store, agent, n->hash, &row) ||
		row.used_at > d->now.wall - d->conf->media_keep / TOUCH_PART || !turn_write(d))
		return;
	char name[SPOOL_NAME_MAX + 1];
	(void)snprintf(name, sizeof(name), "%.*s", STR_ARG(row.name));
	row.name = str_of(name); /* what the store lent ends with the next call */
	row.type = str_of(n->type->name);
	row.used_at = d->now.wall;
	turn_fail(d, store_put_media(d->store, &row), NULL);
}

enum err named_check(struct dispatcher *d, const struct action *a,
	const struct wire_value *args, struct draft *f, int64_t *ret_price, struct errmsg *m)
{
	struct named_list all;
	enum media_kind kinds[NAMED_MAX] = {MEDIA_IMAGE};

	*ret_price = 0;
	f->job.flags = (uint16_t)(f->job.flags & ~(JOB_MEDIA | JOB_NEEDS_MEDIA));
	enum err e = named_read(d, f->job.agent, a, args, &all, m);
	if (e)
		return e;
	for (size_t i = 0; i < all.count; i++)
		if (all.at[i].is_handle)
			kinds[i] = all.at[i].type->kind;
	e = media_may_join(kinds, all.count, strcmp(a->capability, "x.dm.write") == 0, m);
	if (e)
		return err_at(m, e, "%s", named_arg(a, args)->name);
	for (size_t i = 0; i < all.count; i++) {
		if (!all.at[i].is_handle)
			continue;
		if (spool_size(d->spool, all.at[i].hash) != all.at[i].size) {
			err_say(m, ERR_NOT_FOUND,
				"the bytes of this handle are gone from the spool; send them "
				"again with `media`");
			return err_at(m, ERR_NOT_FOUND, "%s[%zu]", named_arg(a, args)->name, i);
		}
		f->job.flags |= JOB_MEDIA | JOB_NEEDS_MEDIA;
		*ret_price += upload_price(d, &all.at[i]);
		touch(d, f->job.agent, &all.at[i]);
	}
	return ERR_OK;
}
