/*
 * Any bytes: refused as no text, or counted; and a text of two lines counts what its lines do.
 * Nothing of X's rules reaches over the end of a line.
 */
#include <string.h>

#include "common/base/mem.h"
#include "common/xapi/text/count.h"
#include "tests/fuzz/fuzz.h"

/* Counts "\n" and the bytes: the first character of a text has a rule of its own. */
static struct count count_line(const char *at, size_t len)
{
	char *line = mem_alloc(len + 1);
	struct count c;

	ASSERT(line);
	line[0] = '\n';
	if (len)
		memcpy(line + 1, at, len);
	ASSERT(!count_text((struct str){line, len + 1}, &c));
	mem_free(line);
	return c;
}

static void check_lines(const char *at, size_t len)
{
	char *both = mem_alloc(len + 1);
	size_t half = len / 2;

	ASSERT(both);
	while (half < len && ((unsigned char)at[half] & 0xc0) == 0x80)
		half++;
	memcpy(both, at, half);
	both[half] = '\n';
	memcpy(both + half + 1, at + half, len - half);
	struct count a = count_line(at, half), b = count_line(at + half, len - half);
	struct count c = count_line(both, len + 1);
	ASSERT(a.weighted + b.weighted == c.weighted);
	ASSERT(a.urls + b.urls == c.urls);
	ASSERT(a.cashtags + b.cashtags == c.cashtags);
	ASSERT((a.refused || b.refused) == c.refused);
	mem_free(both);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = {(const char *)data, size};
	struct count c;
	enum err e = count_text(text, &c);

	ASSERT(!e || e == ERR_FORMAT || e == ERR_TOO_BIG);
	ASSERT((e != ERR_FORMAT) == (size > COUNT_TEXT_MAX || text_is_utf8(text)));
	if (e)
		return 0;
	ASSERT(c.weighted >= 0 && c.weighted <= 23 * (int64_t)size);
	ASSERT(c.fits <= size && (c.fits == size) == (c.weighted <= COUNT_POST_MAX));
	ASSERT(c.fits == size || (data[c.fits] & 0xc0) != 0x80);
	if (size < COUNT_TEXT_MAX - 2)
		check_lines(text.at, size);
	return 0;
}
