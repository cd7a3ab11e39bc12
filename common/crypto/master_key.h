/*
 * master_key.h - the inside of a master key, for master.c and seal.c alone
 */
#ifndef ROOST_COMMON_CRYPTO_MASTER_KEY_H
#define ROOST_COMMON_CRYPTO_MASTER_KEY_H

#include "common/crypto/gcm.h"
#include "common/crypto/master.h"
#include "common/crypto/secret.h"

struct master {
	struct secret *key; /* owned; MASTER_BYTES of it */
	unsigned char id[GCM_ID_BYTES];
	char id_text[2 * GCM_ID_BYTES + 1];
};

/* Writes an id as hexadecimal letters and a zero byte to out; returns out. */
const char *key_id_text(const unsigned char *id, char out[2 * GCM_ID_BYTES + 1]);

#endif
