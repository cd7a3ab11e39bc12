#include "common/xapi/price.h"

#include <stdio.h>
#include <string.h>

#include "common/xapi/data.h"
#include "tests/lib/test.h"

#define TITLES "operation,unit,usd,source\n"

TEST(prices_are_those_x_publishes)
{
	assert_int_equal(price_of(CALL_CREATE_POST, false), 15000);
	assert_int_equal(price_of(CALL_CREATE_POST, true), 200000);
	assert_int_equal(price_of(CALL_REPOST, false), 15000);
	assert_int_equal(price_of(CALL_UNREPOST, false), 10000);
	assert_int_equal(price_of(CALL_DM_USER, false), 15000);
	assert_int_equal(price_of(CALL_DM_USER, true), 15000);
	assert_int_equal(price_of(CALL_DELETE_POST, false), 5000);
	assert_int_equal(price_of(CALL_UNMUTE, false), 5000);
	assert_int_equal(price_of(CALL_TIMELINE, false), 5000);
	assert_int_equal(price_of(CALL_GET_USER, false), 10000);
}

TEST(reads_are_priced_by_object_and_writes_by_request)
{
	for (int c = 0; c < CALL_COUNT; c++)
		/* Counts, trends and folders have a price for the request, though they are
		 * reads. */
		assert_true(
			!price_is_per_object((enum call)c) || !call_has_effect((enum call)c));
	assert_true(price_is_per_object(CALL_TIMELINE));
	assert_false(price_is_per_object(CALL_OP_GET_POSTS_COUNTS_RECENT));
}

/* What the row "METHOD path,unit,usd,..." of the file says; -1 when there is none. */
static int64_t row_price(const struct call_info *info)
{
	char row[200], usd[40];
	const char *at = NULL;

	for (int i = 0; i < 2 && !at; i++) {
		(void)snprintf(row, sizeof(row), "\n%s %s%s,%s,", info->method, info->path,
			i ? " (no URL in text)" : "",
			strcmp(info->method, "GET") == 0 ? "resource" : "request");
		at = memmem(data_pricing.at, data_pricing.len, row, strlen(row));
	}
	if (!at)
		return -1;
	at += strlen(row);
	(void)snprintf(usd, sizeof(usd), "%.*s", (int)strcspn(at, ","), at);
	assert_int_equal(strlen(usd), 5); /* "0.015" */
	return (usd[0] - '0') * 1000000 + (usd[2] - '0') * 100000 + (usd[3] - '0') * 10000 +
	       (usd[4] - '0') * 1000;
}

/* The file says the price twice: of the class, and of the call. */
TEST(the_class_of_every_call_agrees_with_the_row_of_the_call)
{
	int count = 0;

	for (int i = 0; i < CALL_COUNT; i++) {
		const struct call_info *info = call_info((enum call)i);

		int64_t row = row_price(info); /* -1: X says none, and a class was chosen */

		assert_true(row == -1 || row == price_of((enum call)i, false));
		count += row != -1;
	}
	assert_true(count >= 45);
}

static void every_class(char *out, size_t cap, const char *usd)
{
	size_t at = (size_t)snprintf(out, cap, TITLES);

	for (int i = 0; i < CALL_COUNT; i++) {
		const char *class = call_info((enum call)i)->price;
		char row[100];

		(void)snprintf(row, sizeof(row), "class %s,", class);
		if (!strstr(out, row))
			at += (size_t)snprintf(
				out + at, cap - at, "%srequest,%s,s\n", row, usd);
	}
}

static int64_t parsed(const char *usd)
{
	char rows[2000];
	struct prices p;

	every_class(rows, sizeof(rows), usd);
	return prices_parse(str_of(rows), &p, NULL) ? -1 : p.of[CALL_LIKE].plain;
}

TEST(reads_dollars_exactly)
{
	assert_int_equal(parsed("0.000001"), 1);
	assert_int_equal(parsed("0.015"), 15000);
	assert_int_equal(
		parsed("0.29"), 290000); /* 0.29 * 1e6 is not a whole number in binary */
	assert_int_equal(parsed("3"), 3000000);
	assert_int_equal(parsed("1000"), 1000000000);
	assert_int_equal(parsed("0"), 0);
}

TEST(refuses_what_is_no_amount_of_dollars)
{
	static const char *const bad[] = {"", ".", "-1", "-0.5", "0.-5", "+1", "1e3",
		"0.0000001", "1.", ".5", "1001", "1000.000001", "99999999999999999999", "$1",
		"0.1.2", " 1", "1 "};

	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_int_equal(parsed(bad[i]), -1);
}

static void refused(const char *rows, const char *words)
{
	struct prices p;
	struct errmsg m;

	assert_int_equal(prices_parse(str_of(rows), &p, &m), ERR_FORMAT);
	assert_string_equal(m.text, words);
}

TEST(says_which_line_is_wrong_and_why)
{
	refused("", "pricing.csv: line 0: is not \"operation,unit,usd,source\"");
	refused(TITLES "class A,request", "pricing.csv: line 2: has 2 fields, not 4");
	refused(TITLES "class A,word,1,s",
		"pricing.csv: line 2: unit is 'word', not 'request' or 'resource'");
	refused(TITLES "x,request,a\033b,s",
		"pricing.csv: line 2: usd is 'a?b', not dollars such as 0.015, at most 1000");
	refused(TITLES "class Bookmark,request,1,s\nclass Bookmark,request,1,s",
		"pricing.csv: line 3: names a class that an earlier line named");
	refused(TITLES, "pricing.csv: there is no class 'Post: Create'");
}

TEST(a_class_costs_the_same_with_a_url_unless_the_file_says_otherwise)
{
	char rows[2000];
	struct prices p;

	every_class(rows, sizeof(rows), "0.5");
	assert_int_equal(prices_parse(str_of(rows), &p, NULL), ERR_OK);
	assert_int_equal(p.of[CALL_CREATE_POST].with_url, 500000);
	(void)snprintf(rows + strlen(rows), sizeof(rows) - strlen(rows),
		"class Post: Create (with URL),request,0.6,s\n");
	assert_int_equal(prices_parse(str_of(rows), &p, NULL), ERR_OK);
	assert_int_equal(p.of[CALL_CREATE_POST].with_url, 600000);
	assert_int_equal(p.of[CALL_DM_USER].with_url, 500000);
}
