#include "common/xapi/price.h"

#include <stdio.h>
#include <string.h>
#include <threads.h>

#include "common/xapi/csv.h"
#include "common/xapi/data.h"

#define CLASS_PREFIX    "class "
#define SUMMONED_SUFFIX " (summoned)"
#define URL_SUFFIX                                                                 \
	" (with URL)" /* the class of a call whose text has a URL, if there is one \
		       */

/* "0.015" as 15000: at most six digits after the point, no sign, no exponent. */
static bool read_usd(struct str s, int64_t *ret)
{
	const char *point = s.len ? memchr(s.at, '.', s.len) : NULL;
	size_t whole_len = point ? (size_t)(point - s.at) : s.len;
	size_t part_len = point ? s.len - whole_len - 1 : 0;
	int64_t whole, part = 0;

	if (s.len == 0 || s.at[0] == '-' || part_len > 6 || (point && part_len == 0))
		return false;
	if (text_to_int((struct str){s.at, whole_len}, 0, PRICE_MAX / 1000000, &whole))
		return false;
	if (point && (point[1] == '-' ||
			     text_to_int((struct str){point + 1, part_len}, 0, 999999, &part)))
		return false;
	for (size_t i = part_len; i < 6; i++)
		part *= 10;
	*ret = whole * 1000000 + part;
	return true;
}

/* Whether the row's operation is "class NAMESUFFIX". */
static bool is_class(struct str operation, const char *name, const char *suffix)
{
	size_t prefix = strlen(CLASS_PREFIX), len = strlen(name);

	if (!str_has_prefix(operation, CLASS_PREFIX) || operation.len < prefix + len)
		return false;
	if (memcmp(operation.at + prefix, name, len) != 0)
		return false;
	return str_is((struct str){operation.at + prefix + len, operation.len - prefix - len},
		suffix);
}

static enum err read_row(
	const struct csv *c, bool *ret_per_object, int64_t *ret, struct errmsg *m)
{
	struct str unit = c->fields[1], usd = c->fields[2];
	char shown[40];

	if (!str_is(unit, "request") && !str_is(unit, "resource"))
		return csv_say(c, m, "unit is '%s', not 'request' or 'resource'",
			text_show(unit, shown, sizeof(shown)));
	if (!read_usd(usd, ret) || *ret > PRICE_MAX)
		return csv_say(c, m, "usd is '%s', not dollars such as 0.015, at most 1000",
			text_show(usd, shown, sizeof(shown)));
	*ret_per_object = str_is(unit, "resource");
	return ERR_OK;
}

/* Whether the row is "METHOD path (owned...", of that call. */
static bool is_owned(struct str operation, const struct call_info *info)
{
	char begin[160];

	(void)snprintf(begin, sizeof(begin), "%s %s (owned", info->method, info->path);
	return str_has_prefix(operation, begin);
}

/* Gives the row's price to every call of its class; `found` counts the calls that have one. */
static enum err put_row(
	const struct csv *c, struct prices *p, bool found[CALL_COUNT], struct errmsg *m)
{
	struct str operation = c->fields[0];
	bool per_object = false;
	int64_t usd = 0;

	enum err e = read_row(c, &per_object, &usd, m);
	for (int i = 0; i < CALL_COUNT && !e; i++) {
		const char *class = call_info((enum call)i)->price;

		if (is_class(operation, class, URL_SUFFIX))
			p->of[i].with_url = usd;
		if (is_class(operation, class, SUMMONED_SUFFIX))
			p->of[i].summoned = usd;
		if (is_owned(operation, call_info((enum call)i)))
			p->of[i].owned = usd;
		if (!is_class(operation, class, ""))
			continue;
		if (found[i])
			return csv_say(c, m, "names a class that an earlier line named");
		found[i] = true;
		p->of[i].plain = usd;
		p->of[i].per_object = per_object;
	}
	return e;
}

/* A class without a row of its own for URLs costs the same with one. */
static enum err finish(struct prices *p, const bool found[CALL_COUNT], struct errmsg *m)
{
	for (int i = 0; i < CALL_COUNT; i++) {
		const char *class = call_info((enum call)i)->price;

		if (class[0] && !found[i])
			return err_say(
				m, ERR_FORMAT, "pricing.csv: there is no class '%s'", class);
		if (p->of[i].with_url == 0)
			p->of[i].with_url = p->of[i].plain;
	}
	return ERR_OK;
}

enum err prices_parse(struct str rows, struct prices *ret, struct errmsg *m)
{
	struct prices p = {0};
	bool found[CALL_COUNT] = {false};
	struct csv c;
	bool more = false;

	enum err e = csv_open(&c, "pricing.csv", rows, "operation,unit,usd,source", m);
	if (!e)
		e = csv_next(&c, &more, m);
	while (!e && more) {
		e = put_row(&c, &p, found, m);
		if (!e)
			e = csv_next(&c, &more, m);
	}
	if (!e)
		e = finish(&p, found, m);
	if (!e)
		*ret = p;
	return e;
}

static struct prices builtin;

static void read_builtin(void)
{
	enum err e = prices_parse(data_pricing, &builtin, NULL);

	ASSERT(!e);
}

const struct prices *prices_builtin(void)
{
	static once_flag once = ONCE_FLAG_INIT;

	call_once(&once, read_builtin);
	return &builtin;
}

int64_t price_of(enum call c, bool text_has_url)
{
	ASSERT((size_t)c < CALL_COUNT);
	const struct price *p = &prices_builtin()->of[c];

	return text_has_url ? p->with_url : p->plain;
}

bool price_is_per_object(enum call c)
{
	ASSERT((size_t)c < CALL_COUNT);
	return prices_builtin()->of[c].per_object;
}
