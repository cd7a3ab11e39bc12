#include "common/xapi/describe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/test.h"

#define PAGE_MAX ((size_t)1 << 20)

static void write_page(const char *path, const struct buf *b)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(b->data, 1, b->len, f), b->len);
	assert_int_equal(fclose(f), 0);
}

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

/* ROOST_UPDATE_DOCS=1 writes the page instead of comparing it. */
static void check_page(
	const char *path, void (*describe)(const struct limits *l, struct buf *b))
{
	AUTO(limits) l = limits_builtin();
	struct buf made, kept;

	buf_init(&made, PAGE_MAX);
	buf_init(&kept, PAGE_MAX);
	describe(l, &made);
	assert_int_equal(made.err, ERR_OK);
	if (getenv("ROOST_UPDATE_DOCS"))
		write_page(path, &made);
	read_page(path, &kept);
	if (!str_equal(buf_view(&made), buf_view(&kept)))
		fail_msg("%s is not what the tables say; to write it anew: "
			 "ROOST_UPDATE_DOCS=1 build/dev/bin/test_unit.describe",
			path);
	buf_done(&made);
	buf_done(&kept);
}

TEST(the_pages_are_what_the_tables_say)
{
	check_page(SOURCE_DIR "/docs/actions.md", describe_actions);
	check_page(SOURCE_DIR "/docs/operations.md", describe_operations);
}

TEST(an_action_is_described_with_all_that_one_must_know)
{
	static const char *const parts[] = {"## post\n", "`x.tweet.write`", "`POST /2/tweets`",
		"$0.015, $0.200 with a URL in its text", "each account 100 in 15 min",
		"300 in 3 h (together with all of `posts_and_reposts`)",
		"the app 10000 in 24 h", "`tweet.read tweet.write users.read`",
		"at most 280 units", "| `reply_settings` | word",
		"not beside `poll`, `card_uri`", "Never repeated blindly",
		"Example: `{\"text\": \"hello\"}`"};
	AUTO(limits) l = limits_builtin();
	struct buf b;

	buf_init(&b, PAGE_MAX);
	describe_action(action_find(str_of("post")), l, &b);
	for (size_t i = 0; i < COUNT_OF(parts); i++)
		if (!strstr(buf_cstr(&b), parts[i]))
			fail_msg("no '%s' in:\n%s", parts[i], buf_cstr(&b));
	buf_done(&b);
}
