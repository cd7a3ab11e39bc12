#include "dispatcher/audit/chain.h"

#include <string.h>

#include "common/base/buf.h"
#include "common/crypto/digest.h"

#define RECORD_MAX ((size_t)64 * 1024)

_Static_assert(STORE_HASH_BYTES == SHA256_BYTES, "a record's hash is SHA-256");

static void put_text(struct buf *b, struct str s)
{
	buf_fmt(b, "%zu:", s.len);
	buf_put(b, s.at, s.len);
	buf_byte(b, '\n');
}

void chain_hash(const struct chain *last, const struct audit_row *r,
	unsigned char ret[STORE_HASH_BYTES])
{
	struct buf b;

	buf_init(&b, RECORD_MAX);
	buf_put(&b, last->hash, sizeof(last->hash));
	buf_fmt(&b, "roost audit 1\n%llu\n%lld\n", (unsigned long long)r->seq,
		(long long)(r->at / USEC_MSEC));
	put_text(&b, r->who);
	put_text(&b, r->what);
	put_text(&b, r->whom);
	put_text(&b, r->how);
	/* A record that is too long for this was never written by roost: it fits no hash. */
	crypto_sha256(b.err ? str_of("") : buf_view(&b), ret);
	buf_done(&b);
}

bool chain_follow(struct chain *last, const struct audit_row *r, struct errmsg *m)
{
	unsigned char hash[STORE_HASH_BYTES];

	if (r->seq != last->seq + 1) {
		err_say(m, ERR_CORRUPT, "record %llu is not there: after %llu comes %llu",
			(unsigned long long)last->seq + 1, (unsigned long long)last->seq,
			(unsigned long long)r->seq);
		return false;
	}
	chain_hash(last, r, hash);
	if (memcmp(hash, r->hash, sizeof(hash)) != 0) {
		err_say(m, ERR_CORRUPT,
			"record %llu does not follow from the one before: one of the two was "
			"changed, moved or put in",
			(unsigned long long)r->seq);
		return false;
	}
	last->seq = r->seq;
	memcpy(last->hash, hash, sizeof(hash));
	return true;
}
