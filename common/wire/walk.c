#include "common/wire/walk.h"

#include "common/wire/keys.h"

enum kind {
	KIND_PLAIN, /* nil, bool, int */
	KIND_FLOAT,
	KIND_STR,
	KIND_BIN,
	KIND_ARRAY,
	KIND_MAP,
	KIND_EXT,
	KIND_NEVER,
};

/* clang-format off */
/* What the first bytes 0xc0 to 0xdf announce: the kind, and how many bytes come next. */
static const struct shape {
	uint8_t kind;
	uint8_t bytes; /* of the length, or of the value itself where that is fixed */
	bool sized;    /* they are a length */
} shapes[32] = {
	{KIND_PLAIN, 0, false}, {KIND_NEVER, 0, false}, {KIND_PLAIN, 0, false}, {KIND_PLAIN, 0, false},
	{KIND_BIN, 1, true},    {KIND_BIN, 2, true},    {KIND_BIN, 4, true},    {KIND_EXT, 0, false},
	{KIND_EXT, 0, false},   {KIND_EXT, 0, false},   {KIND_FLOAT, 4, false}, {KIND_FLOAT, 8, false},
	{KIND_PLAIN, 1, false}, {KIND_PLAIN, 2, false}, {KIND_PLAIN, 4, false}, {KIND_PLAIN, 8, false},
	{KIND_PLAIN, 1, false}, {KIND_PLAIN, 2, false}, {KIND_PLAIN, 4, false}, {KIND_PLAIN, 8, false},
	{KIND_EXT, 0, false},   {KIND_EXT, 0, false},   {KIND_EXT, 0, false},   {KIND_EXT, 0, false},
	{KIND_EXT, 0, false},   {KIND_STR, 1, true},    {KIND_STR, 2, true},    {KIND_STR, 4, true},
	{KIND_ARRAY, 2, true},  {KIND_ARRAY, 4, true},  {KIND_MAP, 2, true},    {KIND_MAP, 4, true},
};
/* clang-format on */

/* What stands at the front of a value. */
struct head {
	enum kind kind;
	uint32_t n; /* bytes that follow; of an array its values, of a map its pairs */
};

/* A map or an array that has begun and not ended. */
struct level {
	uint32_t left;  /* values still to come; of a map, keys and values */
	uint32_t pairs; /* of a map, 0 of an array */
	uint32_t first; /* key in the walk's keys */
};

struct walk {
	const char *start, *at, *end;
	struct level levels[WIRE_DEPTH_MAX];
	uint32_t depth;
	uint32_t values; /* there or declared */
	struct walk_counts counts;
	struct keys keys;
	struct errmsg *m; /* lent, or NULL */
};

static size_t offset_of(const struct walk *w)
{
	return (size_t)(w->at - w->start);
}

static size_t bytes_left(const struct walk *w)
{
	return (size_t)(w->end - w->at);
}

static enum err bad(const struct walk *w, const char *what)
{
	return err_say(w->m, ERR_FORMAT, "byte %zu: %s", offset_of(w), what);
}

static uint32_t big_endian(const char *p, size_t n)
{
	uint32_t v = 0;

	for (size_t i = 0; i < n; i++)
		v = v << 8 | (unsigned char)p[i];
	return v;
}

/* Reads the head whose first byte is one of 0xc0 to 0xdf. */
static enum err read_shaped(struct walk *w, unsigned char first, struct head *ret)
{
	const struct shape *s = &shapes[first - 0xc0];
	size_t size = s->sized ? 1u + s->bytes : 1;

	if (s->kind == KIND_EXT)
		return bad(w, "extension types are not allowed");
	if (s->kind == KIND_NEVER)
		return bad(w, "no value begins with 0xc1");
	if (bytes_left(w) < size)
		return bad(w, "the frame ends inside a length");
	ret->kind = s->kind;
	ret->n = s->sized ? big_endian(w->at + 1, s->bytes) : s->bytes;
	w->at += size;
	return ERR_OK;
}

/* Reads what stands at the front of the next value, and steps over it. */
static enum err read_head(struct walk *w, struct head *ret)
{
	if (w->at == w->end)
		return bad(w, "the frame ends where a value should begin");
	unsigned char c = (unsigned char)*w->at;
	if (c >= 0xc0 && c < 0xe0)
		return read_shaped(w, c, ret);

	w->at++;
	if (c < 0x80 || c >= 0xe0)
		*ret = (struct head){KIND_PLAIN, 0};
	else if (c < 0x90)
		*ret = (struct head){KIND_MAP, c & 0x0fu};
	else if (c < 0xa0)
		*ret = (struct head){KIND_ARRAY, c & 0x0fu};
	else
		*ret = (struct head){KIND_STR, c & 0x1fu};
	return ERR_OK;
}

/* Whether a float of 4 or 8 bytes is a number at all. */
static bool is_number(const char *p, size_t n)
{
	uint32_t exponent = n == 4 ? 0x7f800000 : 0x7ff00000;

	return (big_endian(p, 4) & exponent) != exponent;
}

/* Begins a map or an array, once it is sure that all it declares could be there. */
static enum err open_level(struct walk *w, const struct head *h)
{
	bool is_map = h->kind == KIND_MAP;
	uint64_t values = is_map ? (uint64_t)h->n * 2 : h->n;

	if (values > bytes_left(w))
		return err_say(w->m, ERR_FORMAT,
			"byte %zu: %s of %u cannot be in the %zu bytes that follow",
			offset_of(w), is_map ? "a map" : "an array", h->n, bytes_left(w));
	if (values > WIRE_VALUES_MAX - w->values)
		return err_say(w->m, ERR_TOO_BIG,
			"byte %zu: more than %d values in one message", offset_of(w),
			WIRE_VALUES_MAX);
	if (w->depth == WIRE_DEPTH_MAX)
		return err_say(w->m, ERR_TOO_BIG,
			"byte %zu: more than %d maps and arrays inside each other",
			offset_of(w), WIRE_DEPTH_MAX);

	w->values += (uint32_t)values;
	*(is_map ? &w->counts.pairs : &w->counts.items) += h->n;
	w->levels[w->depth++] = (struct level){
		.left = (uint32_t)values,
		.pairs = is_map ? h->n : 0,
		.first = w->keys.count,
	};
	return ERR_OK;
}

static enum err say_twice(const struct walk *w, struct str key)
{
	char shown[64];

	return err_say(w->m, ERR_FORMAT, "byte %zu: the key '%s' comes twice in one map",
		(size_t)(key.at - w->start), text_show(key, shown, sizeof(shown)));
}

/* Ends the innermost map or array. */
static enum err close_level(struct walk *w)
{
	const struct level *l = &w->levels[--w->depth];
	struct str twice = keys_end(&w->keys, l->first, l->pairs);

	return twice.at ? say_twice(w, twice) : ERR_OK;
}

/* Checks the bytes of a value that holds no others, and steps over them. */
static enum err take_body(struct walk *w, const struct head *h, struct str *ret)
{
	struct str body = {.at = w->at, .len = h->n};

	if (body.len > bytes_left(w))
		return err_say(w->m, ERR_FORMAT,
			"byte %zu: %zu bytes should follow, and %zu do", offset_of(w), body.len,
			bytes_left(w));
	if (h->kind == KIND_STR && !text_is_utf8(body))
		return bad(w, "text must be UTF-8");
	if (h->kind == KIND_FLOAT && !is_number(body.at, body.len))
		return bad(w, "NaN and infinity are not allowed");
	w->at += body.len;
	*ret = body;
	return ERR_OK;
}

/* Takes one value: a whole one, or the front of one that holds others. */
static enum err take_value(struct walk *w, struct level *in)
{
	bool is_key = in && in->pairs && in->left % 2 == 0;
	struct head h = {0};
	struct str body = {0};

	if (in)
		in->left--;
	enum err e = read_head(w, &h);
	if (e)
		return e;
	if (is_key && h.kind != KIND_STR)
		return bad(w, "the keys of a map must be text");
	if (h.kind == KIND_ARRAY || h.kind == KIND_MAP)
		return open_level(w, &h);
	e = take_body(w, &h, &body);
	if (e || !is_key)
		return e;

	bool known;
	e = keys_add(&w->keys, in->first, in->pairs, body, &known);
	if (e)
		return err_say(w->m, e, "%s", err_text(e));
	return known ? say_twice(w, body) : ERR_OK;
}

static enum err take_all(struct walk *w)
{
	enum err e = take_value(w, NULL);

	while (!e && w->depth) {
		struct level *in = &w->levels[w->depth - 1];

		e = in->left ? take_value(w, in) : close_level(w);
	}
	if (!e && w->at != w->end)
		return err_say(w->m, ERR_FORMAT, "byte %zu: %zu bytes follow after the value",
			offset_of(w), bytes_left(w));
	return e;
}

enum err walk_frame(struct str frame, struct walk_counts *ret, struct errmsg *m)
{
	struct walk w;

	if (frame.len == 0)
		return err_say(m, ERR_FORMAT, "the message is empty");
	w.start = frame.at;
	w.at = frame.at;
	w.end = frame.at + frame.len;
	w.depth = 0;
	w.values = 1;
	w.counts = (struct walk_counts){0};
	w.m = m;
	keys_init(&w.keys);
	enum err e = take_all(&w);
	keys_done(&w.keys);
	if (!e)
		*ret = w.counts;
	return e;
}

enum err wire_walk(struct str frame, struct errmsg *m)
{
	struct walk_counts counts;

	return walk_frame(frame, &counts, m);
}
