#include "tests/lib/page.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/buf.h"
#include "tests/lib/test.h"

#define PAGE_MAX ((size_t)1 << 20)

static void read_page(const char *path, struct buf *b)
{
	FILE *f = fopen(path, "r");
	size_t n = 1;

	assert_non_null(f);
	while (n > 0) {
		unsigned char *room = buf_room(b, 4096);

		assert_non_null(room);
		n = fread(room, 1, 4096, f);
		buf_add(b, n);
	}
	(void)fclose(f);
}

static void write_page(
	const char *path, const char *page, size_t from, size_t to, struct str made)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(page, 1, from, f), from);
	assert_int_equal(fwrite(made.at, 1, made.len, f), made.len);
	assert_true(fputs(page + to, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

void page_has(const char *path, const char *table, struct str made)
{
	char begin[128];
	struct buf page;

	(void)snprintf(begin, sizeof(begin), "<!-- made from %s;", table);
	buf_init(&page, PAGE_MAX);
	read_page(path, &page);
	const char *text = buf_cstr(&page);
	const char *at = strstr(text, begin);
	assert_non_null(at);
	at = strchr(at, '\n');
	assert_non_null(at);
	at++;
	const char *end = strstr(at, "<!-- end -->");
	assert_non_null(end);
	struct str kept = {at, (size_t)(end - at)};
	if (getenv("ROOST_UPDATE_DOCS"))
		write_page(path, text, (size_t)(at - text), (size_t)(end - text), made);
	else if (!str_equal(kept, made))
		fail_msg("%s is not what %s says; write it anew with ROOST_UPDATE_DOCS=1", path,
			table);
	buf_done(&page);
}
