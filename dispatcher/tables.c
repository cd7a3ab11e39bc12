#include "dispatcher/tables.h"

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

static enum err read_limits(const struct conf *c, struct limits **ret, struct errmsg *m)
{
	struct buf b[3];
	struct str rows, groups, accounts;

	for (size_t i = 0; i < COUNT_OF(b); i++)
		buf_init(&b[i], CONF_FILE_MAX);
	enum err e = read_text(c->x_limits, data_rate_limits, &b[0], &rows, m);
	if (!e)
		e = read_text(c->x_limit_groups, data_rate_limit_groups, &b[1], &groups, m);
	if (!e)
		e = read_text(c->x_account_limits, data_account_limits, &b[2], &accounts, m);
	if (!e)
		e = limits_parse(rows, groups, ret, m);
	if (!e)
		e = limits_add_accounts(*ret, accounts, m);
	for (size_t i = 0; i < COUNT_OF(b); i++)
		buf_done(&b[i]);
	return e;
}

static enum err read_entitlements(
	const struct conf *c, struct entitlements **ret, struct errmsg *m)
{
	struct buf b;
	struct str text;

	buf_init(&b, CONF_FILE_MAX);
	enum err e = read_text(c->x_entitlements, data_entitlements, &b, &text, m);
	if (!e)
		e = entitlements_parse(text, ret, m);
	buf_done(&b);
	return e;
}

enum err tables_read(struct dispatcher *d, struct errmsg *m)
{
	tables_drop(d);
	enum err e = read_limits(d->conf, &d->next.limits, m);
	if (!e)
		e = read_entitlements(d->conf, &d->next.entitlements, m);
	if (e)
		tables_drop(d);
	return e;
}

void tables_swap(struct dispatcher *d)
{
	struct tables old = {d->limits, d->entitlements};

	d->limits = d->next.limits;
	d->entitlements = d->next.entitlements;
	d->next = old;
	d->from_files |= tables_are_files(d);
}

void tables_drop(struct dispatcher *d)
{
	limits_free(d->next.limits);
	entitlements_free(d->next.entitlements);
	d->next = (struct tables){0};
}

bool tables_are_files(const struct dispatcher *d)
{
	const struct conf *c = d->conf;

	return d->from_files || c->x_limits[0] || c->x_limit_groups[0] ||
	       c->x_account_limits[0] || c->x_entitlements[0];
}
