#include "common/xapi/value/media.h"

#include "common/xapi/media/media.h"

#define ITEMS_MAX 16
#define SHOWN_MAX 48

static bool is_handle(struct str s)
{
	unsigned char hash[MEDIA_HASH_BYTES];

	return media_handle_read(s, hash);
}

struct media_item media_item(const struct args_ops *ops, const void *v)
{
	struct media_item ret = {0};
	const void *alt;

	if (ops->kind(v) == ARG_KIND_TEXT)
		ret.media = ops->text(v);
	if (ops->kind(v) != ARG_KIND_MAP || arg_is_ref(ops, v))
		return ret;
	ret.media = ops->text(ops->get(v, "media"));
	alt = ops->get(v, "alt");
	ret.has_alt = alt && ops->kind(alt) != ARG_KIND_NONE;
	if (ret.has_alt)
		ret.alt = ops->text(alt);
	return ret;
}

static enum err say_at(struct check *c, const struct arg *arg, uint32_t i, const char *key)
{
	return err_at(c->m, ERR_INVALID, "%s[%u]%s", arg->name, i, key);
}

/* A map names a handle, and what is to be read instead of the medium, and nothing else. */
static enum err check_map(struct check *c, const struct arg *arg, const void *v, uint32_t i)
{
	struct media_item item = media_item(c->ops, v);
	size_t n = value_chars(item.alt);
	char shown[SHOWN_MAX];

	for (uint32_t k = 0; k < c->ops->count(v); k++) {
		struct str key = c->ops->key(v, k);

		if (str_is(key, "media") || str_is(key, "alt"))
			continue;
		(void)err_say(c->m, ERR_INVALID,
			"an item of %s has no '%s'; it takes: media, alt", arg->name,
			text_show(key, shown, sizeof(shown)));
		return say_at(c, arg, i, "");
	}
	if (!is_handle(item.media)) {
		(void)err_say(c->m, ERR_INVALID,
			"must be the handle of bytes that were sent, \"m\" and 64 hexadecimal "
			"digits; for an id of X give the id alone");
		return say_at(c, arg, i, ".media");
	}
	if (!item.has_alt || (n >= 1 && n <= MEDIA_ALT_MAX))
		return ERR_OK;
	if (n == 0)
		(void)err_say(c->m, ERR_INVALID,
			"must be text of 1 to %d characters; leave it out where there is none",
			MEDIA_ALT_MAX);
	else
		(void)err_say(c->m, ERR_INVALID,
			"has %zu characters; 1 to %d are allowed: say it shorter", n,
			MEDIA_ALT_MAX);
	return say_at(c, arg, i, ".alt");
}

static enum err check_item(struct check *c, const struct arg *arg, const void *v, uint32_t i)
{
	enum arg_kind kind = c->ops->kind(v);
	struct str text = kind == ARG_KIND_TEXT ? c->ops->text(v) : (struct str){0};
	char shown[SHOWN_MAX];

	if (arg_is_ref(c->ops, v))
		return value_check_ref(c, arg, v);
	if (kind == ARG_KIND_MAP)
		return check_map(c, arg, v, i);
	if (text_is_x_id(text) || is_handle(text))
		return ERR_OK;
	if (kind == ARG_KIND_TEXT)
		(void)err_say(c->m, ERR_INVALID,
			"'%s' is no medium: give the handle that `media` answered (\"m\" and "
			"64 hexadecimal digits), or an id of X (1 to 19 digits)",
			text_show(text, shown, sizeof(shown)));
	else
		(void)err_say(c->m, ERR_INVALID,
			"must be a handle or an id of X as text, or a map of media and alt, "
			"not %s",
			value_kind_name(kind));
	return say_at(c, arg, i, "");
}

enum err media_check(struct check *c, const struct arg *arg, const void *v)
{
	struct str seen[ITEMS_MAX];
	enum err e = value_must_be(c, arg, v, ARG_KIND_LIST, "a list of media");

	if (!e)
		e = value_check_count(c, arg, v, "items");
	ASSERT(arg->max <= ITEMS_MAX);
	for (uint32_t i = 0; !e && i < c->ops->count(v); i++) {
		e = check_item(c, arg, c->ops->item(v, i), i);
		if (e)
			return e;
		seen[i] = media_item(c->ops, c->ops->item(v, i)).media;
		for (uint32_t j = 0; j < i; j++) {
			if (!seen[i].len || !str_equal(seen[i], seen[j]))
				continue;
			(void)err_say(c->m, ERR_INVALID,
				"is the same medium as item %u; X takes each once", j);
			return say_at(c, arg, i, "");
		}
	}
	return e;
}
