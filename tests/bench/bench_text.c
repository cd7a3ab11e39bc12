/*
 * bench_text.c - how fast texts are counted
 *
 * Posts of 280 characters, counted again and again for about a second each:
 * plain ASCII, and ASCII with an address, a cashtag and an emoji. Prints one
 * JSON object: megabytes (10^6 bytes) a second.
 */
#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/xapi/text/count.h"

#define ROUNDS 1000 /* between two looks at the clock */

static const char plain[] = "the quick brown fox jumps over the lazy dog and then it rests. ";
static const char mixed[] = "see https://example.com/a, $AAPL \U0001f600 and more words here; ";

/* A text of 280 bytes or a little less. */
static struct str text_of(const char *piece, char out[281])
{
	size_t n = strlen(piece), at = 0;

	while (at + n <= 280) {
		memcpy(out + at, piece, n);
		at += n;
	}
	return (struct str){out, at};
}

static double rate(const char *piece)
{
	char room[281];
	struct str text = text_of(piece, room);
	usec_t began = clock_system.read(NULL).mono, now = began;
	double bytes = 0;
	struct count c;

	while (now - began < USEC_SEC) {
		for (int i = 0; i < ROUNDS; i++)
			if (count_text(text, &c))
				return 0;
		bytes += (double)text.len * ROUNDS;
		now = clock_system.read(NULL).mono;
	}
	return bytes / (double)(now - began);
}

int main(void)
{
	double ascii = rate(plain);

	printf("{\"ascii_mb_s\": %.1f, \"mixed_mb_s\": %.1f}\n", ascii, rate(mixed));
	return 0;
}
