#include "tests/xsim/calls/page.h"

#include <stdio.h>
#include <string.h>

#include "tests/xsim/world/world.h"

#define TOKEN_MASK  0x5bd1e9955bd1e995 /* so that nobody takes a token for an id */
#define TOKEN_CHARS 21                 /* the way, 16 digits, and 4 of the seal */

static void refuse(struct call *c, const char *name, struct str value)
{
	answer_invalid(c, name, value, "The `%s` query parameter value [%.*s] is not valid",
		name, STR_ARG(value));
}

/* A token is good for the list that it was given for, and for the account that got it. */
static uint16_t seal_of(const struct call *c)
{
	uint64_t n = text_hash(c->r->path.at, c->r->path.len) ^
		     c->user * UINT64_C(0x9e3779b97f4a7c15);

	return (uint16_t)(n ^ n >> 16 ^ n >> 32 ^ n >> 48);
}

static bool read_hex(struct str s, uint64_t *ret)
{
	*ret = 0;
	for (size_t i = 0; i < s.len; i++) {
		const char *digit = memchr("0123456789abcdef", s.at[i], 16);

		if (!digit)
			return false;
		*ret = *ret << 4 | (uint64_t)(digit - "0123456789abcdef");
	}
	return true;
}

static bool read_token(struct call *c, struct page *p)
{
	struct str next = params_get(&c->query, "next_token"); /* as search calls it */
	struct str s = next.at ? next : params_get(&c->query, "pagination_token");
	uint64_t key, seal;

	if (!s.at)
		return true;
	if (s.len != TOKEN_CHARS || (s.at[0] != 'n' && s.at[0] != 'p') ||
		!read_hex((struct str){s.at + 1, 16}, &key) ||
		!read_hex((struct str){s.at + 17, 4}, &seal) || seal != p->seal) {
		refuse(c, "pagination_token", s);
		return false;
	}
	p->way = s.at[0];
	p->from = key ^ TOKEN_MASK;
	return true;
}

static uint64_t key_of_text(struct str s)
{
	uint64_t id = 0;

	for (size_t i = 0; i < s.len; i++)
		id = id * 10 + (uint64_t)(s.at[i] - '0');
	return id;
}

/* since_id and start_time raise the lower bound, until_id and end_time lower the upper. */
static void read_bounds(const struct call *c, struct page *p)
{
	struct str since = params_get(&c->query, "since_id"),
		   until = params_get(&c->query, "until_id"),
		   start = params_get(&c->query, "start_time"),
		   end = params_get(&c->query, "end_time");
	usec_t at;

	if (since.len)
		p->low = key_of_text(since) + 1;
	if (until.len)
		p->high = key_of_text(until);
	if (start.len && !text_to_time(start, &at) && world_id_at(at) > p->low)
		p->low = world_id_at(at);
	if (end.len && !text_to_time(end, &at) && world_id_at(at) < p->high)
		p->high = world_id_at(at);
}

bool page_read(struct call *c, int64_t least, int64_t most, int64_t usual, struct page *p)
{
	struct str max = params_get(&c->query, "max_results");
	int64_t n = usual;

	*p = (struct page){.high = UINT64_MAX};
	if (max.at && text_to_int(max, INT32_MIN, INT32_MAX, &n)) {
		refuse(c, "max_results", max);
		return false;
	}
	if (n < least || n > most) {
		answer_invalid(c, "max_results", max,
			"The `max_results` query parameter value [%lld] is not between %lld "
			"and %lld",
			(long long)n, (long long)least, (long long)most);
		return false;
	}
	p->most = (uint32_t)n;
	p->seal = seal_of(c);
	read_bounds(c, p);
	return read_token(c, p);
}

static void cut_down(struct page *p, const struct page_source *s, uint32_t first, uint32_t end)
{
	for (uint32_t i = end; i-- > first && !p->more;) {
		uint32_t slot = s->series->slots[i];

		if (!s->wants(s->ctx, slot))
			continue;
		if (p->count < p->most)
			p->slots[p->count++] = slot;
		else
			p->more = true;
	}
}

/* The page just above `first`: found upwards, turned round in the end. */
static void cut_up(struct page *p, const struct page_source *s, uint32_t first, uint32_t end)
{
	for (uint32_t i = first; i < end && !p->more; i++) {
		uint32_t slot = s->series->slots[i];

		if (!s->wants(s->ctx, slot))
			continue;
		if (p->count < p->most)
			p->slots[p->count++] = slot;
		else
			p->more = true;
	}
	for (uint32_t i = 0; i < p->count / 2; i++) {
		uint32_t other = p->slots[p->count - 1 - i];

		p->slots[p->count - 1 - i] = p->slots[i];
		p->slots[i] = other;
	}
}

void page_cut(struct page *p, const struct page_source *s)
{
	uint64_t low = p->low, high = p->high;

	if (p->way == 'n' && p->from < high)
		high = p->from;
	if (p->way == 'p' && p->from + 1 > low)
		low = p->from + 1;
	uint32_t first = series_below(s->series, low, s->key_of, s->key_ctx);
	uint32_t end = series_below(s->series, high, s->key_of, s->key_ctx);
	if (p->newest_only && s->series->count > p->newest_only &&
		first < s->series->count - p->newest_only)
		first = s->series->count - p->newest_only;
	if (p->way == 'p')
		cut_up(p, s, first, end);
	else
		cut_down(p, s, first, end);
}

static void put_token(
	json_t *meta, const char *name, const struct page *p, char way, uint64_t key)
{
	json_object_set_new(meta, name,
		need_json(json_sprintf("%c%016llx%04x", way,
			(unsigned long long)(key ^ TOKEN_MASK), (unsigned)p->seal)));
}

json_t *page_meta(const struct page *p, const struct page_source *s, bool ids)
{
	json_t *meta = need_json(json_pack("{s:i}", "result_count", (int)p->count));

	if (!p->count)
		return meta;
	uint64_t newest = s->key_of(s->key_ctx, p->slots[0]);
	uint64_t oldest = s->key_of(s->key_ctx, p->slots[p->count - 1]);
	if (ids) {
		json_object_set_new(meta, "newest_id",
			need_json(json_sprintf("%llu", (unsigned long long)newest)));
		json_object_set_new(meta, "oldest_id",
			need_json(json_sprintf("%llu", (unsigned long long)oldest)));
	}
	if (p->way == 'p' || p->more)
		put_token(meta, "next_token", p, 'n', oldest);
	if (p->way == 'n' || (p->way == 'p' && p->more))
		put_token(meta, "previous_token", p, 'p', newest);
	return meta;
}
