/*
 * encode.h - bytes as letters, and back
 *
 * Encoders add to a buf, whose own error says whether it fitted. Decoders take
 * a whole text and are strict, so that one value has one spelling: no white
 * space, no stray bits in the last letter, padding exactly where it belongs.
 * They add nothing to `out` when they refuse (ERR_FORMAT), nor when it is full
 * (its own error, ERR_TOO_BIG or ERR_NOMEM, which they return too).
 */
#ifndef ROOST_COMMON_CRYPTO_ENCODE_H
#define ROOST_COMMON_CRYPTO_ENCODE_H

#include "common/base/buf.h"

/* Base64 with padding (RFC 4648, section 4). */
void encode_base64(struct str data, struct buf *out);
MUST_USE enum err decode_base64(struct str text, struct buf *out);

/* Base64url without padding (RFC 4648, section 5), as OAuth's PKCE wants it. */
void encode_base64url(struct str data, struct buf *out);
MUST_USE enum err decode_base64url(struct str text, struct buf *out);

/* Two small letters of hexadecimal a byte; the decoder takes capitals too. */
void encode_hex(struct str data, struct buf *out);
MUST_USE enum err decode_hex(struct str text, struct buf *out);

/*
 * Percent-encoding (RFC 3986, 2.1; RFC 5849, 3.6) of all but letters, digits and `-._~`: for
 * forms, queries and signatures.
 */
void encode_percent(struct str data, struct buf *out);

#endif
