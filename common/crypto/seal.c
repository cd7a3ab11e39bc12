#include "common/crypto/seal.h"

#include <string.h>

#include "common/base/mem.h"
#include "common/crypto/gcm.h"
#include "common/crypto/master_key.h"
#include "common/crypto/random.h"

#define VERSION      1
#define HEADER_BYTES (1 + GCM_ID_BYTES) /* the version, and which key */
#define SHOWN        64                 /* bytes of a row's name in words */

_Static_assert(SEAL_OVERHEAD == HEADER_BYTES + GCM_OVERHEAD, "seal.h says how long a seal is");
_Static_assert(SEAL_WRAPPED_BYTES == SEAL_OVERHEAD + GCM_KEY_BYTES, "and a wrapped key");

struct seal_key {
	struct secret *key; /* owned; GCM_KEY_BYTES of it */
	unsigned char id[GCM_ID_BYTES];
	unsigned char row_len;
	char row[SEAL_NAME_MAX];
};

/* What is bound into a box: parts whose ends are known, one after the other. */
struct bound {
	unsigned char at[32 + 2 * (1 + SEAL_NAME_MAX)];
	size_t len;
};

static void bind_bytes(struct bound *b, const void *p, size_t n)
{
	ASSERT(n <= sizeof(b->at) - b->len);
	if (n)
		memcpy(b->at + b->len, p, n);
	b->len += n;
}

static void bind_name(struct bound *b, struct str name)
{
	unsigned char len = (unsigned char)name.len;

	ASSERT(name.len <= SEAL_NAME_MAX);
	bind_bytes(b, &len, 1);
	bind_bytes(b, name.at, name.len);
}

static struct str bound_view(const struct bound *b)
{
	return (struct str){(const char *)b->at, b->len};
}

/* What kind of box it is, its version, and which key it is under. */
static struct bound bind_start(const char *kind, const unsigned char *id)
{
	struct bound b = {.len = 0};
	unsigned char version = VERSION;

	bind_name(&b, str_of(kind));
	bind_bytes(&b, &version, 1);
	bind_bytes(&b, id, GCM_ID_BYTES);
	return b;
}

static struct bound bind_wrap(const struct master *k, struct str row)
{
	struct bound b = bind_start("key", k->id);

	bind_name(&b, row);
	return b;
}

static struct bound bind_field(
	const struct seal_key *key, struct str field, uint64_t generation)
{
	struct bound b = bind_start("field", key->id);
	unsigned char number[8];

	for (size_t i = 0; i < sizeof(number); i++)
		number[i] = (unsigned char)(generation >> (56 - 8 * i));
	bind_bytes(&b, number, sizeof(number));
	bind_name(&b, (struct str){key->row, key->row_len});
	bind_name(&b, field);
	return b;
}

static void put_header(struct buf *out, const unsigned char *id)
{
	buf_byte(out, VERSION);
	buf_put(out, id, GCM_ID_BYTES);
}

static const unsigned char *id_of(struct str sealed)
{
	return (const unsigned char *)sealed.at + 1;
}

static struct str box_of(struct str sealed)
{
	return (struct str){sealed.at + HEADER_BYTES, sealed.len - HEADER_BYTES};
}

/* A data key for row, its bytes still zero; NULL when there is no memory. */
static struct seal_key *key_make(struct str row)
{
	ASSERT(row.len <= SEAL_NAME_MAX);

	AUTO(seal_key) key = mem_alloc(sizeof(*key));
	if (!key)
		return NULL;
	key->key = secret_new(NULL, GCM_KEY_BYTES);
	if (!key->key)
		return NULL;
	key->row_len = (unsigned char)row.len;
	if (row.len)
		memcpy(key->row, row.at, row.len);
	return STEAL(key);
}

enum err seal_key_new(
	const struct master *k, struct str row, struct seal_key **ret, struct buf *wrapped)
{
	AUTO(seal_key) key = key_make(row);
	if (!key)
		return ERR_NOMEM;

	unsigned char *bytes = secret_bytes(key->key);
	crypto_random(bytes, GCM_KEY_BYTES);
	gcm_key_id(bytes, "data", key->id);
	seal_key_wrap(key, k, wrapped);
	if (wrapped->err)
		return wrapped->err;
	*ret = STEAL(key);
	return ERR_OK;
}

void seal_key_wrap(const struct seal_key *key, const struct master *k, struct buf *out)
{
	struct bound b = bind_wrap(k, (struct str){key->row, key->row_len});

	put_header(out, k->id);
	gcm_close(secret_bytes(k->key), bound_view(&b), secret_view(key->key), out);
}

bool seal_is_wrapped_by(struct str wrapped, const struct master *k)
{
	return wrapped.len == SEAL_WRAPPED_BYTES && wrapped.at[0] == VERSION &&
	       memcmp(id_of(wrapped), k->id, GCM_ID_BYTES) == 0;
}

/* The words for a wrapped key that does not open. */
static enum err say_unwrappable(
	struct errmsg *m, const struct master *k, const char *row, struct str wrapped)
{
	char other[2 * GCM_ID_BYTES + 1];

	if (wrapped.len != SEAL_WRAPPED_BYTES || wrapped.at[0] != VERSION)
		return err_say(m, ERR_CORRUPT,
			"the data key of '%s' is not one that this version of roost knows: "
			"restore "
			"the store from a backup, or connect the account again",
			row);
	if (!seal_is_wrapped_by(wrapped, k))
		return err_say(m, ERR_CORRUPT,
			"the data key of '%s' was wrapped by master key %s, and "
			"security.master_key "
			"gives %s: give roost the master key it was wrapped by",
			row, key_id_text(id_of(wrapped), other), k->id_text);
	return err_say(m, ERR_CORRUPT,
		"the data key of '%s' does not open, since its bytes were changed or it "
		"belongs to "
		"another row: restore the store from a backup, or connect the account again",
		row);
}

enum err seal_key_open(const struct master *k, struct str row, struct str wrapped,
	struct seal_key **ret, struct errmsg *m)
{
	AUTO(seal_key) key = key_make(row);
	if (!key)
		return err_say(m, ERR_NOMEM, "%s", err_text(ERR_NOMEM));

	unsigned char *bytes = secret_bytes(key->key);
	struct bound b = bind_wrap(k, row);
	enum err e = ERR_CORRUPT;
	if (seal_is_wrapped_by(wrapped, k))
		e = gcm_open(secret_bytes(k->key), bound_view(&b), box_of(wrapped), bytes);
	if (e == ERR_CORRUPT) {
		char shown[SHOWN];

		return say_unwrappable(m, k, text_show(row, shown, sizeof(shown)), wrapped);
	}
	if (e)
		return err_say(m, e, "%s", err_text(e));
	gcm_key_id(bytes, "data", key->id);
	*ret = STEAL(key);
	return ERR_OK;
}

void seal_key_free(struct seal_key *key)
{
	if (!key)
		return;
	secret_free(key->key);
	mem_free(key);
}

void seal_put(const struct seal_key *key, struct str field, uint64_t generation,
	struct str plain, struct buf *out)
{
	struct bound b = bind_field(key, field, generation);

	ASSERT(plain.len <= SECRET_MAX);
	put_header(out, key->id);
	gcm_close(secret_bytes(key->key), bound_view(&b), plain, out);
}

/* Whether it is a seal that this key could have made, by its outside. */
static bool is_sealed_by(struct str sealed, const struct seal_key *key)
{
	return sealed.len >= SEAL_OVERHEAD && sealed.len <= SEAL_OVERHEAD + SECRET_MAX &&
	       sealed.at[0] == VERSION && memcmp(id_of(sealed), key->id, GCM_ID_BYTES) == 0;
}

static enum err say_unopenable(
	struct errmsg *m, const struct seal_key *key, struct str field, uint64_t generation)
{
	char row[SHOWN], shown[SHOWN];

	return err_say(m, ERR_CORRUPT,
		"%s of '%s' does not open: its bytes were changed, or it was sealed for "
		"another row "
		"or field, or with another key, or in another generation than %llu; restore "
		"the "
		"store from a backup, or connect the account again",
		text_show(field, shown, sizeof(shown)),
		text_show((struct str){key->row, key->row_len}, row, sizeof(row)),
		(unsigned long long)generation);
}

enum err seal_get(const struct seal_key *key, struct str field, uint64_t generation,
	struct str sealed, struct secret **ret, struct errmsg *m)
{
	if (!is_sealed_by(sealed, key))
		return say_unopenable(m, key, field, generation);

	AUTO(secret) plain = secret_new(NULL, sealed.len - SEAL_OVERHEAD);
	if (!plain)
		return err_say(m, ERR_NOMEM, "%s", err_text(ERR_NOMEM));

	struct bound b = bind_field(key, field, generation);
	enum err e = gcm_open(
		secret_bytes(key->key), bound_view(&b), box_of(sealed), secret_bytes(plain));
	if (e == ERR_CORRUPT)
		return say_unopenable(m, key, field, generation);
	if (e)
		return err_say(m, e, "%s", err_text(e));
	*ret = STEAL(plain);
	return ERR_OK;
}
