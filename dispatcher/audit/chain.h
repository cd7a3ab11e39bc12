/*
 * chain.h - how one record of the audit log follows from the one before
 *
 * The hash of a record is SHA-256 over the 32 bytes of the hash before (of zeros, for the first
 * one) and this text, where a length is in bytes and decimal, as are seq and the milliseconds:
 *
 *     roost audit 1\n SEQ\n AT_MS\n LEN:WHO\n LEN:WHAT\n LEN:WHOM\n LEN:HOW\n
 *
 * without the blanks. Whoever changes, removes or moves a record has to change the hash of
 * every record after it; so a hash noted elsewhere holds all records up to it.
 */
#ifndef ROOST_DISPATCHER_AUDIT_CHAIN_H
#define ROOST_DISPATCHER_AUDIT_CHAIN_H

#include "dispatcher/store/rows.h"

struct chain {
	uint64_t seq; /* of the last record; 0: none */
	unsigned char hash[STORE_HASH_BYTES];
};

/* Writes the hash that r must have after `last` into ret. r->hash is not looked at. */
void chain_hash(const struct chain *last, const struct audit_row *r,
	unsigned char ret[STORE_HASH_BYTES]);

/* Goes on to r if it is what follows. False after saying what is wrong. */
MUST_USE bool chain_follow(struct chain *last, const struct audit_row *r, struct errmsg *m);

#endif
