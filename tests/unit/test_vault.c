#include "dispatcher/vault/vault.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/buf.h"
#include "dispatcher/vault/rotate.h"
#include "tests/lib/test.h"

#define ACCOUNTS 8

/* A master key whose bytes come from a pipe; the same `fill`, the same key. */
static struct master *master_of(unsigned char fill)
{
	char spec[16], bytes[MASTER_BYTES];
	struct master *k = NULL;
	int ends[2];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(fill + i);
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], bytes, sizeof(bytes)), sizeof(bytes));
	(void)close(ends[1]);
	(void)snprintf(spec, sizeof(spec), "fd:%d", ends[0]);
	assert_int_equal(master_load(spec, &k, NULL), ERR_OK);
	return k;
}

static struct vault *new_vault(unsigned char fill)
{
	static const struct vault_conf conf = {.clock = &clock_system};
	struct vault *v = NULL;

	assert_int_equal(vault_new(master_of(fill), NULL, &conf, NULL, NULL, &v), ERR_OK);
	return v;
}

/* Rows as the store keeps them: bytes of their own. */
struct kept {
	struct vault_app app;
	struct vault_account accounts[ACCOUNTS];
	char bytes[1 + 3 * ACCOUNTS + 4][256];
	size_t used;
};

static struct str copy(struct kept *k, struct str s)
{
	char *to = k->bytes[k->used++];

	assert_true(k->used <= COUNT_OF(k->bytes) && s.len <= sizeof(k->bytes[0]));
	memcpy(to, s.at, s.len);
	return (struct str){to, s.len};
}

static void add_account(struct vault *v, struct kept *k, uint32_t i)
{
	char name[32], access[64], refresh[64], user[20];
	struct vault_account *a = NULL;

	(void)snprintf(name, sizeof(name), "account%u", i);
	(void)snprintf(access, sizeof(access), "access-token-of-%u", i);
	(void)snprintf(refresh, sizeof(refresh), "refresh-token-of-%u", i);
	(void)snprintf(user, sizeof(user), "%u", 100 + i);
	struct vault_import in = {.name = str_of(name),
		.app = str_of("demo"),
		.user_id = str_of(user),
		.username = str_of("u"),
		.access = str_of(access),
		.refresh = str_of(refresh),
		.scopes = str_of("tweet.read"),
		.expires_at = USEC_DAY};
	assert_int_equal(vault_import(v, &in, &a, NULL), ERR_OK);
	vault_has_id(v, a, i + 1);
	k->accounts[i] = *a;
	k->accounts[i].unsaved = false;
	k->accounts[i].data_key = copy(k, a->data_key);
	k->accounts[i].sealed_access = copy(k, a->sealed_access);
	k->accounts[i].sealed_refresh = copy(k, a->sealed_refresh);
}

/* An app and some accounts, sealed. */
static void make(struct kept *k, unsigned char fill)
{
	struct vault *v = new_vault(fill);
	struct vault_app *app = NULL;
	struct vault_app_set in = {
		str_of("demo"), str_of("payg"), str_of("client"), str_of("client-secret")};

	memset(k, 0, sizeof(*k));
	assert_int_equal(vault_set_app(v, &in, &app, NULL), ERR_OK);
	vault_app_has_id(v, app, 1);
	k->app = *app;
	k->app.data_key = copy(k, app->data_key);
	k->app.sealed_secret = copy(k, app->sealed_secret);
	for (uint32_t i = 0; i < ACCOUNTS; i++)
		add_account(v, k, i);
	vault_free(v);
}

/* What a start makes of the rows: the app and one account. */
static enum err load(const struct kept *k, unsigned char fill, uint32_t account)
{
	struct vault *v = new_vault(fill);
	struct errmsg m;
	enum err e = vault_load_app(v, &k->app, &m);

	if (!e)
		e = vault_load_account(v, &k->accounts[account], &m);
	if (!e) {
		char want[64];

		(void)snprintf(want, sizeof(want), "access-token-of-%u", account);
		assert_true(str_is(vault_token(v, vault_account_named(v,
							  str_of(k->accounts[account].name))),
			want));
	}
	vault_free(v);
	return e;
}

TEST(rows_that_nobody_touched_open)
{
	struct kept k;

	make(&k, 1);
	for (uint32_t i = 0; i < ACCOUNTS; i++)
		assert_int_equal(load(&k, 1, i), ERR_OK);
	assert_int_equal(load(&k, 2, 0), ERR_CORRUPT); /* by no other key */
}

TEST(each_of_10000_flipped_bits_of_rows_is_refused)
{
	struct rng r = test_rng();
	struct kept k;

	make(&k, 1);
	for (int i = 0; i < 10000; i++) {
		uint32_t n = (uint32_t)rng_range(&r, 0, ACCOUNTS - 1);
		struct vault_account *a = &k.accounts[n];
		struct str parts[] = {a->data_key, a->sealed_access, a->sealed_refresh,
			k.app.data_key, k.app.sealed_secret};
		struct str part = parts[rng_range(&r, 0, COUNT_OF(parts) - 1)];
		size_t bit = (size_t)rng_range(&r, 0, (int64_t)part.len * 8 - 1);
		char *at = (char *)(uintptr_t)part.at + bit / 8;

		*at = (char)(*at ^ (1 << bit % 8));
		assert_int_equal(load(&k, 1, n), ERR_CORRUPT);
		*at = (char)(*at ^ (1 << bit % 8));
	}
	for (uint32_t i = 0; i < ACCOUNTS; i++)
		assert_int_equal(load(&k, 1, i), ERR_OK);
}

/* Exchanges two parts. */
static void swap(struct str *a, struct str *b)
{
	struct str was = *a;

	*a = *b;
	*b = was;
}

/* Each exchange of a part of account i for one of j's, or of its own or the app's, is refused.
 */
static void swap_parts(struct kept *k, uint32_t i, uint32_t j)
{
	struct vault_account *a = &k->accounts[i], *b = &k->accounts[j];
	const struct {
		struct str *one, *other;
	} swaps[] = {{&a->sealed_access, &b->sealed_refresh},
		{&a->sealed_access, &b->sealed_access},
		{&a->sealed_refresh, &b->sealed_refresh}, {&a->data_key, &b->data_key},
		{&a->data_key, &k->app.data_key}, {&a->sealed_access, &k->app.sealed_secret}};

	for (size_t s = 0; s < COUNT_OF(swaps); s++) {
		if (swaps[s].one == swaps[s].other)
			continue;
		swap(swaps[s].one, swaps[s].other);
		assert_int_equal(load(k, 1, i), ERR_CORRUPT);
		swap(swaps[s].one, swaps[s].other);
	}
}

TEST(parts_that_changed_places_are_refused)
{
	struct kept k;

	make(&k, 1);
	for (uint32_t i = 0; i < ACCOUNTS; i++) {
		for (uint32_t j = 0; j < ACCOUNTS; j++)
			swap_parts(&k, i, j);
		k.accounts[i].generation++; /* an older pair in the place of a newer */
		assert_int_equal(load(&k, 1, i), ERR_CORRUPT);
		k.accounts[i].generation--;
		assert_int_equal(load(&k, 1, i), ERR_OK);
	}
}

TEST(while_the_master_key_changes_rows_of_either_key_open)
{
	struct vault *v = new_vault(2);
	struct kept k;

	make(&k, 1);
	vault_hold_old(v, master_of(1));
	assert_int_equal(vault_load_app(v, &k.app, NULL), ERR_OK);
	for (uint32_t i = 0; i < ACCOUNTS; i++)
		assert_int_equal(vault_load_account(v, &k.accounts[i], NULL), ERR_OK);
	for (uint32_t i = 0; i < ACCOUNTS / 2; i++) {
		struct vault_account *a = vault_account_at(v, i);

		assert_false(vault_is_wrapped(v, a->data_key));
		assert_int_equal(vault_wrap_account(v, a, NULL), ERR_OK);
		assert_true(vault_is_wrapped(v, a->data_key));
	}
	struct vault_app *app = vault_app_at(v, 0);
	assert_int_equal(vault_wrap_app(v, app, NULL), ERR_OK);
	k.app.data_key = app->data_key;
	k.accounts[0].data_key = vault_account_at(v, 0)->data_key;
	assert_int_equal(load(&k, 2, 0), ERR_OK);
	assert_int_equal(load(&k, 1, 0), ERR_CORRUPT);
	assert_int_equal(load(&k, 2, ACCOUNTS - 1), ERR_CORRUPT); /* still by the old one */
	vault_turned(v);
	assert_false(vault_is_turning(v));
	vault_free(v);
}

TEST(keys_of_oauth_1_are_sealed_as_what_they_are)
{
	struct vault *v = new_vault(1);
	struct vault_account *a = NULL, row;
	struct oauth1_keys keys;
	struct kept k;

	make(&k, 1);
	assert_int_equal(vault_load_app(v, &k.app, NULL), ERR_OK);
	struct vault_import in = {.name = str_of("signs"),
		.app = str_of("demo"),
		.user_id = str_of("7"),
		.username = str_of("u"),
		.api_key = str_of("key"),
		.api_secret = str_of("api-secret"),
		.access = str_of("7-token"),
		.token_secret = str_of("token-secret"),
		.expires_at = USEC_NEVER};
	assert_int_equal(vault_import(v, &in, &a, NULL), ERR_OK);
	assert_true(vault_is_given(a) && !vault_renewable(a));
	assert_int_equal(vault_token(v, a).len, 0);
	row = *a;
	row.id = 1;
	row.unsaved = false;
	row.data_key = copy(&k, row.data_key);
	row.sealed_access = copy(&k, row.sealed_access);
	vault_free(v);

	v = new_vault(1);
	assert_int_equal(vault_load_account(v, &row, NULL), ERR_OK);
	assert_true(vault_keys(vault_account_named(v, str_of("signs")), &keys));
	assert_true(str_is(keys.api_key, "key") && str_is(keys.api_secret, "api-secret"));
	assert_true(str_is(keys.token, "7-token") && str_is(keys.token_secret, "token-secret"));
	vault_free(v);
	row.kind = VAULT_OAUTH2; /* else the four of them would be sent as a token */
	v = new_vault(1);
	assert_int_equal(vault_load_account(v, &row, NULL), ERR_CORRUPT);
	vault_free(v);
}
