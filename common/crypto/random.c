#include "common/crypto/random.h"

#include <limits.h>

#include "common/crypto/openssl.h"

void crypto_random(void *out, size_t n)
{
	ASSERT(n <= INT_MAX);
	int done = RAND_bytes(out, (int)n);

	ASSERT(done == 1);
}

char *crypto_random_id(char *out, size_t n)
{
	static const char letters[32] = "abcdefghijklmnopqrstuvwxyz234567";

	crypto_random(out, n);
	for (size_t i = 0; i < n; i++)
		out[i] = letters[out[i] & 31];
	out[n] = 0;
	return out;
}
