#include <string.h>
#include <strings.h>

#include "dispatcher/store/memory/memory.h"

#define APP(field)     offsetof(struct app_row, field)
#define ACCOUNT(field) offsetof(struct account_row, field)

static const size_t app_offsets[] = {
	APP(name), APP(client_id), APP(plan), APP(data_key), APP(secret), APP(park_cause)};
static const struct strings app_shape = {
	sizeof(struct app_row), app_offsets, COUNT_OF(app_offsets)};

static const size_t account_offsets[] = {ACCOUNT(name), ACCOUNT(user_id), ACCOUNT(username),
	ACCOUNT(scopes), ACCOUNT(data_key), ACCOUNT(access), ACCOUNT(refresh),
	ACCOUNT(park_cause)};
static const struct strings account_shape = {
	sizeof(struct account_row), account_offsets, COUNT_OF(account_offsets)};

static const size_t username_offsets[] = {offsetof(struct kept_username, username)};
static const struct strings username_shape = {
	sizeof(struct kept_username), username_offsets, COUNT_OF(username_offsets)};

static const size_t window_offsets[] = {offsetof(struct window_kept, family)};
static const struct strings window_shape = {
	sizeof(struct window_kept), window_offsets, COUNT_OF(window_offsets)};

static const size_t setting_offsets[] = {
	offsetof(struct setting_row, name), offsetof(struct setting_row, value)};
static const struct strings setting_shape = {
	sizeof(struct setting_row), setting_offsets, COUNT_OF(setting_offsets)};

static const size_t refusal_offsets[] = {
	offsetof(struct refusal_row, operation), offsetof(struct refusal_row, words)};
static const struct strings refusal_shape = {
	sizeof(struct refusal_row), refusal_offsets, COUNT_OF(refusal_offsets)};

static const size_t summons_offsets[] = {offsetof(struct summons_row, x_id)};
static const struct strings summons_shape = {
	sizeof(struct summons_row), summons_offsets, COUNT_OF(summons_offsets)};

/* The number for a row: its own, which has to be there, or the one after `last`. */
static enum err number_for(const struct cells *c, uint32_t id, uint32_t last, uint32_t *ret)
{
	if (id && !cells_at(c, id))
		return ERR_NOT_FOUND;
	*ret = id ? id : last + 1;
	return ERR_OK;
}

/* Whether a row other than that with `id` has the name; `at` is where rows have theirs. */
static bool is_taken(const struct cells *c, uint32_t id, struct str name, size_t at)
{
	for (uint32_t i = 1; i < c->count; i++) {
		const char *other = c->at[i];

		if (other && i != id &&
			str_equal(*(const struct str *)(const void *)(other + at), name))
			return true;
	}
	return false;
}

enum err memory_put_app(struct store *s, const struct app_row *a, uint32_t *ret_id)
{
	struct memory *m = memory_of(s);
	struct app_row row = *a;
	enum err e = memory_may(m);

	if (!e)
		e = number_for(&m->apps, a->id, m->now.last_app, &row.id);
	if (e)
		return e;
	if (is_taken(&m->apps, row.id, a->name, APP(name)))
		return ERR_CONFLICT;
	e = memory_put(m, &m->apps, row.id, &app_shape, &row);
	if (e)
		return e;
	if (!a->id)
		m->now.last_app = row.id;
	*ret_id = row.id;
	return ERR_OK;
}

enum err memory_drop_app(struct store *s, uint32_t id)
{
	struct memory *m = memory_of(s);
	enum err e = memory_may(m);

	if (e)
		return e;
	if (!cells_at(&m->apps, id))
		return ERR_NOT_FOUND;
	return memory_put(m, &m->apps, id, &app_shape, NULL);
}

enum err memory_put_account(struct store *s, const struct account_row *a, uint32_t *ret_id)
{
	struct memory *m = memory_of(s);
	struct account_row row = *a;
	enum err e = memory_may(m);

	if (!e)
		e = number_for(&m->accounts, a->id, m->now.last_account, &row.id);
	if (e)
		return e;
	if (is_taken(&m->accounts, row.id, a->name, ACCOUNT(name)))
		return ERR_CONFLICT;
	e = memory_put(m, &m->accounts, row.id, &account_shape, &row);
	if (e)
		return e;
	if (!a->id)
		m->now.last_account = row.id;
	*ret_id = row.id;
	return ERR_OK;
}

/* The cell of a user name, or the first free one. */
static uint32_t username_cell(const struct memory *m, struct str name)
{
	uint32_t i = 0;

	for (; i < m->usernames.count && m->usernames.at[i]; i++) {
		const struct kept_username *k = m->usernames.at[i];

		if (k->username.len == name.len &&
			!strncasecmp(k->username.at, name.at, name.len))
			break;
	}
	return i;
}

enum err memory_put_username(struct store *s, struct str username, struct str x_id, usec_t wall)
{
	struct memory *m = memory_of(s);
	struct kept_username k = {.username = username, .at = wall};
	enum err e = memory_may(m);

	if (e)
		return e;
	memcpy(k.x_id, x_id.at, x_id.len);
	return memory_put(m, &m->usernames, username_cell(m, username), &username_shape, &k);
}

static bool is_same_window(const struct window_kept *a, const struct window_kept *b)
{
	return a->row.scope == b->row.scope && a->row.owner == b->row.owner &&
	       a->row.length == b->row.length && str_equal(a->family, b->family);
}

enum err memory_put_window(struct store *s, const struct window_kept *w)
{
	struct memory *m = memory_of(s);
	struct window_kept k = *w;
	enum err e = memory_may(m);
	uint32_t i = 0;

	if (e)
		return e;
	while (i < m->windows.count && m->windows.at[i] && !is_same_window(m->windows.at[i], w))
		i++;
	k.row.family = 0;
	return memory_put(m, &m->windows, i, &window_shape, &k);
}

static bool is_same_setting(const struct setting_row *a, const struct setting_row *b)
{
	return a->kind == b->kind && a->owner == b->owner && str_equal(a->name, b->name);
}

enum err memory_put_setting(struct store *s, const struct setting_row *r)
{
	struct memory *m = memory_of(s);
	const struct cells *c = &m->settings;
	enum err e = memory_may(m);
	uint32_t i = 0, room = c->count;

	for (; !e && i < c->count; i++) {
		if (c->at[i] && is_same_setting(c->at[i], r))
			break;
		if (!c->at[i])
			room = i;
	}
	if (e || (i == c->count && !r->value.len))
		return e;
	return memory_put(m, &m->settings, i < c->count ? i : room, &setting_shape,
		r->value.len ? r : NULL);
}

enum err memory_find_username(
	struct store *s, struct str username, usec_t since, char ret_x_id[STORE_X_ID_MAX])
{
	const struct memory *m = memory_of(s);
	const struct kept_username *k = cells_at(&m->usernames, username_cell(m, username));

	if (!k || k->at < since)
		return ERR_NOT_FOUND;
	memcpy(ret_x_id, k->x_id, STORE_X_ID_MAX);
	return ERR_OK;
}

enum err memory_each_app(struct store *s, store_app_fn *each, void *ctx)
{
	const struct cells *c = &memory_of(s)->apps;

	for (uint32_t i = 0; i < c->count; i++)
		if (c->at[i])
			each(ctx, c->at[i]);
	return ERR_OK;
}

enum err memory_each_account(struct store *s, store_account_fn *each, void *ctx)
{
	const struct cells *c = &memory_of(s)->accounts;

	for (uint32_t i = 0; i < c->count; i++)
		if (c->at[i])
			each(ctx, c->at[i]);
	return ERR_OK;
}

enum err memory_each_window(struct store *s, store_window_fn *each, void *ctx)
{
	const struct cells *c = &memory_of(s)->windows;

	for (uint32_t i = 0; i < c->count; i++)
		if (c->at[i])
			each(ctx, c->at[i]);
	return ERR_OK;
}

enum err memory_each_setting(struct store *s, store_setting_fn *each, void *ctx)
{
	const struct cells *c = &memory_of(s)->settings;

	for (uint32_t i = 0; i < c->count; i++)
		if (c->at[i])
			each(ctx, c->at[i]);
	return ERR_OK;
}

enum err memory_put_refusal(struct store *s, const struct refusal_row *r)
{
	struct memory *m = memory_of(s);
	const struct cells *c = &m->refusals;
	enum err e = memory_may(m);

	for (uint32_t i = 0; !e && i < c->count; i++) {
		const struct refusal_row *k = c->at[i];

		if (k && k->app == r->app && k->kind == r->kind &&
			str_equal(k->operation, r->operation))
			return ERR_OK;
	}
	return e ? e : memory_put(m, &m->refusals, c->count, &refusal_shape, r);
}

enum err memory_drop_refusals(struct store *s, uint32_t app)
{
	struct memory *m = memory_of(s);
	const struct cells *c = &m->refusals;
	enum err e = memory_may(m);

	for (uint32_t i = 0; !e && i < c->count; i++) {
		const struct refusal_row *k = c->at[i];

		if (k && k->app == app)
			e = memory_put(m, &m->refusals, i, &refusal_shape, NULL);
	}
	return e;
}

enum err memory_each_refusal(struct store *s, store_refusal_fn *each, void *ctx)
{
	const struct cells *c = &memory_of(s)->refusals;

	for (uint32_t i = 0; i < c->count; i++)
		if (c->at[i])
			each(ctx, c->at[i]);
	return ERR_OK;
}

/* The cell of a summons; as many as there are: none. */
static uint32_t summons_cell(const struct cells *c, uint32_t account, struct str x_id)
{
	uint32_t i = 0;

	for (; i < c->count; i++) {
		const struct summons_row *k = c->at[i];

		if (k && k->account == account && str_equal(k->x_id, x_id))
			break;
	}
	return i;
}

enum err memory_find_summons(struct store *s, uint32_t account, struct str x_id, bool *ret_own)
{
	const struct cells *c = &memory_of(s)->summons;
	uint32_t i = summons_cell(c, account, x_id);

	if (i == c->count)
		return ERR_NOT_FOUND;
	*ret_own = ((const struct summons_row *)c->at[i])->own;
	return ERR_OK;
}

enum err memory_put_summons(struct store *s, const struct summons_row *r)
{
	struct memory *m = memory_of(s);
	enum err e = memory_may(m);

	return e ? e
		 : memory_put(m, &m->summons, summons_cell(&m->summons, r->account, r->x_id),
			   &summons_shape, r);
}

enum err memory_forget_summons(struct store *s, usec_t before, uint32_t max, bool *ret_more)
{
	struct memory *m = memory_of(s);
	enum err e = memory_may(m);
	uint32_t n = 0;

	for (uint32_t i = 0; !e && n < max && i < m->summons.count; i++) {
		const struct summons_row *r = m->summons.at[i];

		if (!r || r->seen_at >= before)
			continue;
		e = memory_put(m, &m->summons, i, &summons_shape, NULL);
		n++;
	}
	*ret_more = n == max;
	return e;
}
