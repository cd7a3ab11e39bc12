#include "common/conf/owner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/test.h"

#define PAGE     SOURCE_DIR "/docs/settings.md"
#define PAGE_MAX ((size_t)1 << 18)

TEST(finds_a_setting_by_kind_and_name)
{
	assert_int_equal(owner_find(OWNER_account, str_of("tz")), OWNER_account_tz);
	assert_int_equal(owner_find(OWNER_app, str_of("note")), OWNER_app_note);
	assert_int_equal(owner_find(OWNER_agent, str_of("note")), OWNER_agent_note);
	assert_int_equal(owner_find(OWNER_app, str_of("tz")), OWNER_KEY_COUNT);
	assert_int_equal(owner_find(OWNER_account, str_of("tzx")), OWNER_KEY_COUNT);
	assert_int_equal(owner_find(OWNER_account, str_of("")), OWNER_KEY_COUNT);
}

TEST(reads_values_within_their_bounds_only)
{
	struct errmsg m;
	int64_t n = -7;

	assert_int_equal(owner_read(OWNER_account_premium, str_of("true"), &n, &m), ERR_OK);
	assert_int_equal(n, 1);
	assert_int_equal(owner_read(OWNER_account_premium, str_of("yes"), &n, &m), ERR_INVALID);
	assert_string_equal(m.field, "premium");
	assert_int_equal(owner_read(OWNER_account_concurrency, str_of("64"), &n, &m), ERR_OK);
	assert_int_equal(n, 64);
	assert_int_equal(
		owner_read(OWNER_account_concurrency, str_of("65"), &n, &m), ERR_INVALID);
	assert_non_null(strstr(m.text, "1 to 64"));
	assert_int_equal(n, 64);
	assert_int_equal(owner_read(OWNER_account_tz, str_of(""), &n, &m), ERR_INVALID);
	assert_int_equal(
		owner_read(OWNER_account_tz, (struct str){"a\0b", 3}, &n, &m), ERR_INVALID);
	assert_int_equal(owner_read(OWNER_account_tz, str_of("\xff"), &n, &m), ERR_INVALID);
}

TEST(every_row_makes_sense)
{
	for (size_t i = 0; i < OWNER_KEY_COUNT; i++) {
		const struct owner_setting *s = &owner_table[i];
		size_t len = strlen(s->name);
		int64_t n;

		if (s->standard[0])
			assert_int_equal(
				owner_read((enum owner_key)i, str_of(s->standard), &n, NULL),
				ERR_OK);
		assert_true(s->help[0] && s->least <= s->most);
		assert_true(
			s->most <= (s->type == OWNER_TYPE_TEXT ? OWNER_TEXT_MAX : INT64_MAX));
		assert_true((s->choice != NULL) == (s->type == OWNER_TYPE_WORD));
		assert_true(len > 0 && len < 40);
		if (s->type == OWNER_TYPE_MONEY)
			assert_true(len > 11 && strcmp(s->name + len - 11, "_usd_micros") == 0);
	}
}

static void read_page(struct buf *b)
{
	FILE *f = fopen(PAGE, "r");
	unsigned char *room = buf_room(b, PAGE_MAX - 1);

	assert_non_null(f);
	assert_non_null(room);
	buf_add(b, fread(room, 1, PAGE_MAX - 1, f));
	(void)fclose(f);
}

/* ROOST_UPDATE_DOCS=1 writes the page instead of comparing it. */
TEST(the_page_of_settings_is_what_the_table_says)
{
	struct buf made, kept;

	buf_init(&made, PAGE_MAX);
	buf_init(&kept, PAGE_MAX);
	owner_print_markdown(&made);
	assert_int_equal(made.err, ERR_OK);
	if (getenv("ROOST_UPDATE_DOCS")) {
		FILE *f = fopen(PAGE, "w");

		assert_non_null(f);
		assert_int_equal(fwrite(made.data, 1, made.len, f), made.len);
		assert_int_equal(fclose(f), 0);
	}
	read_page(&kept);
	if (!str_equal(buf_view(&made), buf_view(&kept)))
		fail_msg("docs/settings.md is not what the table says; to write it anew: "
			 "ROOST_UPDATE_DOCS=1 build/dev/bin/test_unit.owner");
	buf_done(&made);
	buf_done(&kept);
}
