#include "dispatcher/tables.h"

#include <string.h>

#include "common/wire/write.h"
#include "common/xapi/data.h"

/* The text of a file, or of the table built in when `path` is empty; lent by b. */
static enum err read_text(
	const char *path, struct str builtin, struct buf *b, struct str *ret, struct errmsg *m)
{
	*ret = builtin;
	if (!path[0])
		return ERR_OK;
	enum err e = conf_read_file(path, b, m);
	*ret = buf_view(b);
	return e;
}

static enum err read_limits(const struct conf *c, struct tables *ret, struct errmsg *m)
{
	struct buf b[3];
	struct str rows = {0}, groups = {0}, accounts = {0};

	for (size_t i = 0; i < COUNT_OF(b); i++)
		buf_init(&b[i], CONF_FILE_MAX);
	enum err e = read_text(c->x_limits, data_rate_limits, &b[0], &rows, m);
	if (!e)
		e = read_text(c->x_limit_groups, data_rate_limit_groups, &b[1], &groups, m);
	if (!e)
		e = read_text(c->x_account_limits, data_account_limits, &b[2], &accounts, m);
	if (!e)
		e = limits_parse(rows, groups, &ret->limits, m);
	if (!e)
		e = limits_add_accounts(ret->limits, accounts, m);
	if (!e) {
		csv_as_of(rows, ret->dates.of[TABLE_LIMITS]);
		csv_as_of(groups, ret->dates.of[TABLE_GROUPS]);
		csv_as_of(accounts, ret->dates.of[TABLE_ACCOUNTS]);
	}
	for (size_t i = 0; i < COUNT_OF(b); i++)
		buf_done(&b[i]);
	return e;
}

static enum err read_entitlements(const struct conf *c, struct tables *ret, struct errmsg *m)
{
	struct buf b;
	struct str text;

	buf_init(&b, CONF_FILE_MAX);
	enum err e = read_text(c->x_entitlements, data_entitlements, &b, &text, m);
	if (!e)
		e = entitlements_parse(text, &ret->entitlements, m);
	if (!e)
		csv_as_of(text, ret->dates.of[TABLE_ENTITLEMENTS]);
	buf_done(&b);
	return e;
}

static enum err read_caps(const struct conf *c, struct tables *ret, struct errmsg *m)
{
	struct buf b;
	struct str text;

	buf_init(&b, CONF_FILE_MAX);
	enum err e = read_text(c->x_read_caps, data_read_caps, &b, &text, m);
	if (!e)
		e = read_caps_parse(text, &ret->read_caps, m);
	if (!e)
		csv_as_of(text, ret->dates.of[TABLE_READ_CAPS]);
	buf_done(&b);
	return e;
}

enum err tables_read(struct dispatcher *d, struct errmsg *m)
{
	tables_drop(d);
	enum err e = read_limits(d->conf, &d->next, m);
	if (!e)
		e = read_entitlements(d->conf, &d->next, m);
	if (!e)
		e = read_caps(d->conf, &d->next, m);
	if (e)
		tables_drop(d);
	return e;
}

void tables_swap(struct dispatcher *d)
{
	struct tables old = {.limits = d->limits,
		.entitlements = d->entitlements,
		.read_caps = d->read_caps};

	for (int i = 0; i < TABLE_PRICES; i++)
		memcpy(d->dates.of[i], d->next.dates.of[i], CSV_DATE_MAX);
	d->limits = d->next.limits;
	d->entitlements = d->next.entitlements;
	d->read_caps = d->next.read_caps;
	d->next = old;
	d->from_files |= tables_are_files(d);
}

void tables_drop(struct dispatcher *d)
{
	limits_free(d->next.limits);
	entitlements_free(d->next.entitlements);
	read_caps_free(d->next.read_caps);
	d->next = (struct tables){0};
}

bool tables_are_files(const struct dispatcher *d)
{
	const struct conf *c = d->conf;

	return d->from_files || c->x_limits[0] || c->x_limit_groups[0] ||
	       c->x_account_limits[0] || c->x_entitlements[0] || c->x_read_caps[0];
}

void tables_put(const struct dispatcher *d, struct buf *out)
{
	static const char *const names[TABLE_COUNT] = {
		[TABLE_LIMITS] = "rate_limits",
		[TABLE_GROUPS] = "rate_limit_groups",
		[TABLE_ACCOUNTS] = "account_limits",
		[TABLE_ENTITLEMENTS] = "entitlements",
		[TABLE_READ_CAPS] = "read_caps",
		[TABLE_PRICES] = "prices",
	};

	wire_put_map(out, TABLE_COUNT);
	for (int i = 0; i < TABLE_COUNT; i++)
		wire_pair_text(out, names[i], d->dates.of[i][0] ? d->dates.of[i] : NULL);
}
