#include "common/xapi/limits.h"

#include <stdio.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/xapi/data.h"
#include "tests/lib/test.h"

#define ROWS   "method,path,scope,limit,window_seconds,tier,source\n"
#define GROUPS "group,method,path,scope,limit,window_seconds,source\n"
#define DM     "POST,/2/dm_conversations/with/{participant_id}/messages,"
#define DM_TOO "POST,/2/dm_conversations/{dm_conversation_id}/messages,"

static struct limits *parse(const char *rows, const char *groups)
{
	struct limits *l = NULL;
	struct errmsg m;

	assert_int_equal(limits_parse(str_of(rows), str_of(groups), &l, &m), ERR_OK);
	return l;
}

static void refused(const char *rows, const char *groups, const char *words)
{
	struct limits *l = NULL;
	struct errmsg m;

	assert_int_equal(limits_parse(str_of(rows), str_of(groups), &l, &m), ERR_FORMAT);
	assert_null(l);
	assert_string_equal(m.text, words);
}

/* "scope limit/seconds family[ own]" of each window, with commas between them. */
static const char *shown(const struct limits *l, const char *plan, enum call c)
{
	static char out[1024];
	struct limit limit[LIMITS_PER_CALL_MAX];
	size_t n = limits_of(l, plan, c, limit), at = 0;

	out[0] = 0;
	for (size_t i = 0; i < n; i++)
		at += (size_t)snprintf(out + at, sizeof(out) - at, "%s%s %u/%lld %s%s",
			i ? ", " : "", limit[i].scope == LIMIT_APP ? "app" : "account",
			limit[i].limit, (long long)(limit[i].length / USEC_SEC),
			limits_family(l, limit[i].family),
			limit[i].own          ? " own"
			: limit[i].unverified ? " unverified"
					      : "");
	return out;
}

/* X's table of 2026-08-22 and the sentences about sharing that are still published. */
TEST(the_builtin_tables_say_what_x_says)
{
	AUTO(limits) l = limits_builtin();

	assert_string_equal(shown(l, "payg", CALL_CREATE_POST),
		"app 10000/86400 POST /2/tweets own, account 100/900 POST /2/tweets own, "
		"account 300/10800 posts_and_reposts, account 2400/86400 account_posts, "
		"account 50/1800 account_posts, account 50/86400 account_originals unverified, "
		"account 200/86400 account_replies unverified");
	assert_string_equal(shown(l, "payg", CALL_REPOST),
		"account 50/900 POST /2/users/{id}/retweets "
		"own, account 300/10800 posts_and_reposts, account 2400/86400 "
		"account_posts, account 50/1800 account_posts");
	assert_string_equal(shown(l, "payg", CALL_LIKE),
		"account 50/900 POST /2/users/{id}/likes own, "
		"account 1000/86400 likes_write own");
	assert_string_equal(shown(l, "payg", CALL_UNLIKE),
		"account 50/900 DELETE /2/users/{id}/likes/{tweet_id} own, "
		"account 1000/86400 likes_write own");
	assert_string_equal(
		shown(l, "payg", CALL_DELETE_POST), "account 50/900 DELETE /2/tweets/{id} own");
	assert_string_equal(
		shown(l, "payg", CALL_GET_ME), "account 75/900 GET /2/users/me own");
	assert_string_equal(
		shown(l, "payg", CALL_DM_EVENTS_WITH), "account 15/900 dm_read own");
}

TEST(the_ways_to_send_a_message_share_their_windows)
{
	AUTO(limits) l = limits_builtin();
	struct limit a[LIMITS_PER_CALL_MAX], b[LIMITS_PER_CALL_MAX];
	size_t shared = 0;

	size_t n = limits_of(l, "payg", CALL_DM_USER, a);
	assert_int_equal(limits_of(l, "payg", CALL_DM_CONVERSATION, b), n);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(a[i].limit, b[i].limit);
		assert_int_equal(a[i].length, b[i].length);
		shared += a[i].family == b[i].family;
		assert_int_equal(a[i].family == b[i].family, a[i].scope == LIMIT_ACCOUNT);
	}
	assert_int_equal(shared, 3);
}

static void check_windows(const struct limits *l, const char *plan, enum call c)
{
	struct limit out[LIMITS_PER_CALL_MAX];
	size_t n = limits_of(l, plan, c, out);

	/* Of some operations X publishes no limits; everyday ones all have one. */
	bool published = c < CALL_OP_ADD_CHAT_GROUP_MEMBERS;
	assert_in_range(n, published ? 1 : 0, LIMITS_PER_CALL_MAX);
	for (size_t i = 0; i < n; i++) {
		assert_true(out[i].limit >= 1 && out[i].length >= USEC_SEC);
		assert_true(out[i].family < limits_family_count(l));
	}
}

TEST(every_call_has_windows_under_every_plan)
{
	static const char *const names[] = {
		"payg", "enterprise", "free", "basic", "pro", "?", ""};
	AUTO(limits) l = limits_builtin();

	for (size_t p = 0; p < COUNT_OF(names); p++)
		for (int c = 0; c < CALL_COUNT; c++)
			check_windows(l, names[p], (enum call)c);
}

TEST(legacy_plans_have_their_own_numbers)
{
	AUTO(limits) l = limits_builtin();

	assert_string_equal(shown(l, "free", CALL_CREATE_POST),
		"account 50/86400 POST /2/tweets own, app 50/86400 POST /2/tweets own, "
		"account 300/10800 posts_and_reposts, account 2400/86400 account_posts, "
		"account 50/1800 account_posts, account 50/86400 account_originals unverified, "
		"account 200/86400 account_replies unverified");
	assert_string_equal(shown(l, "enterprise", CALL_GET_ME), shown(l, "payg", CALL_GET_ME));
	assert_string_equal(
		shown(l, "no such plan", CALL_GET_ME), "account 75/900 GET /2/users/me own");
}

TEST(every_family_is_found_by_its_name)
{
	AUTO(limits) l = limits_builtin();
	uint16_t back;

	assert_true(limits_family_count(l) > 10);
	for (size_t i = 0; i < limits_family_count(l); i++) {
		assert_true(
			limits_family_find(l, str_of(limits_family(l, (uint16_t)i)), &back));
		assert_int_equal(back, i);
	}
	assert_false(limits_family_find(l, str_of("POST /2/nothing"), &back));
}

TEST(a_shared_window_takes_the_smaller_number_for_all_its_calls)
{
	AUTO(limits)
	l = parse(ROWS DM "user,7,900,ppu,s\n" DM_TOO "user,90,900,ppu,s\n",
		GROUPS "g," DM "user,15,900,s\ng," DM_TOO "user,15,900,s\n");

	assert_string_equal(shown(l, "payg", CALL_DM_USER), "account 7/900 g own");
	assert_string_equal(shown(l, "payg", CALL_DM_CONVERSATION), "account 7/900 g own");
}

TEST(a_group_is_beside_rows_of_another_scope_or_length)
{
	AUTO(limits)
	l = parse(ROWS DM "user,7,60,ppu,s\n" DM "app,7,900,ppu,s\n",
		GROUPS "g," DM "user,15,900,s\n");

	assert_string_equal(shown(l, "payg", CALL_DM_USER),
		"account 7/60 POST /2/dm_conversations/with/{participant_id}/messages own, "
		"app 7/900 POST /2/dm_conversations/with/{participant_id}/messages own, "
		"account 15/900 g");
}

TEST(what_a_plan_does_not_say_is_as_for_everybody)
{
	AUTO(limits)
	l = parse(ROWS DM
		"user,7,60,ppu,s\n"
		"GET,/2/users/me,user,1,2,ppu,s\nGET,/2/users/me,user,3,4,enterprise,s\n",
		GROUPS);

	assert_string_equal(
		shown(l, "enterprise", CALL_GET_ME), "account 3/4 GET /2/users/me own");
	assert_string_equal(
		shown(l, "enterprise", CALL_DM_USER), shown(l, "payg", CALL_DM_USER));
	assert_string_equal(shown(l, "payg", CALL_LIKE), "");
}

TEST(reads_files_of_other_systems)
{
	AUTO(limits)
	l = parse("# newer\r\n\r\nmethod,path,scope,limit,window_seconds,tier,source\r\n\r\n"
		  "#no\r\nGET,/2/users/me,user,1,2,payg,\"a, b\", c\r\n"
		  "GET,/2/nothing,user,1,2,ppu,",
		GROUPS);

	assert_string_equal(shown(l, "payg", CALL_GET_ME), "account 1/2 GET /2/users/me own");
	assert_int_equal(limits_family_count(l), 1);
}

TEST(says_which_line_is_wrong_and_why)
{
	const char *me = "GET,/2/users/me,";
	char rows[400];

#define WITH(rest) ((void)snprintf(rows, sizeof(rows), ROWS "%s" rest, me), rows)
	refused("", GROUPS,
		"rate-limits.csv: line 0: is not "
		"\"method,path,scope,limit,window_seconds,tier,source\"");
	refused("a,b\n", GROUPS,
		"rate-limits.csv: line 1: is not "
		"\"method,path,scope,limit,window_seconds,tier,source\"");
	refused(WITH("user,1,2\n"), GROUPS, "rate-limits.csv: line 2: has 5 fields, not 7");
	refused(WITH("all,1,2,ppu,s\n"), GROUPS,
		"rate-limits.csv: line 2: scope is 'all', not 'user' or 'app'");
	refused(WITH("user,0,2,ppu,s\n"), GROUPS,
		"rate-limits.csv: line 2: limit is '0', not a whole number from 1 to "
		"1000000000");
	refused(WITH("user,-5,2,ppu,s\n"), GROUPS,
		"rate-limits.csv: line 2: limit is '-5', not a whole number from 1 to "
		"1000000000");
	refused(WITH("user,1,9999999,ppu,s\n"), GROUPS,
		"rate-limits.csv: line 2: window_seconds is '9999999', not a whole number from "
		"1 to "
		"2678400");
	refused(WITH("user,1,2,a plan,s\n"), GROUPS,
		"rate-limits.csv: line 2: tier is 'a plan', not a plan's name of at most 15 "
		"bytes");
	refused(WITH("user,1,2,ppu,s\n\n#\nGET,/2/users/me,user,3,2,payg,s\n"), GROUPS,
		"rate-limits.csv: line 5: says again what an earlier line said");
	refused(ROWS, "",
		"rate-limit-groups.csv: line 0: is not "
		"\"group,method,path,scope,limit,window_seconds,source\"");
	refused(ROWS, GROUPS "a b," DM "user,1,2,s",
		"rate-limit-groups.csv: line 2: group is not a name");
#undef WITH
}

TEST(refuses_more_windows_than_there_is_room_for)
{
	char rows[2000] = ROWS;

	for (int i = 1; i <= LIMITS_PER_CALL_MAX + 1; i++)
		(void)snprintf(rows + strlen(rows), sizeof(rows) - strlen(rows),
			"GET,/2/users/me,user,1,%d,ppu,s\n", i);
	refused(rows, GROUPS,
		"rate-limits.csv: line 10: is one window of this call too many: at most 8");
}

TEST(refuses_a_line_without_end)
{
	char rows[6000] = ROWS;
	size_t at = strlen(rows);

	memset(rows + at, 'x', sizeof(rows) - at - 1);
	refused(rows, GROUPS, "rate-limits.csv: line 2: is longer than 4096 bytes");
}

TEST(survives_any_allocation_failing)
{
	struct limits *l = NULL;
	enum err e = ERR_NOMEM;
	int64_t n = 0;

	for (; e == ERR_NOMEM && n < 1000; n++) {
		mem_fail_after(n);
		e = limits_parse(data_rate_limits, data_rate_limit_groups, &l, NULL);
		mem_fail_after(-1);
		assert_true(e == ERR_NOMEM ? l == NULL : l != NULL);
	}
	assert_int_equal(e, ERR_OK);
	assert_true(n > 10);
	limits_free(l);
}

TEST(rows_may_make_a_plan_of_the_operators_own)
{
	struct limits *l = NULL;
	struct errmsg m;

	assert_int_equal(
		limits_parse(str_of("method,path,scope,limit,window_seconds,tier,source\n"
				    "GET,/2/users/me,user,1,900,ppu,s\n"
				    "GET,/2/users/me,user,7,900,mine,s\n"),
			str_of("group,method,path,scope,limit,window_seconds,source\n"), &l,
			&m),
		ERR_OK);
	assert_string_equal(shown(l, "mine", CALL_GET_ME), "account 7/900 GET /2/users/me own");
	assert_string_equal(shown(l, "payg", CALL_GET_ME), "account 1/900 GET /2/users/me own");
	assert_true(limits_has_plan(l, str_of("mine")));
	assert_true(limits_has_plan(l, str_of("pro")));
	assert_false(limits_has_plan(l, str_of("ppu")));
	assert_false(limits_has_plan(l, str_of("other")));
	limits_free(l);
}

/* X counts them apart from the API's: one window more, which no header speaks of. */
TEST(limits_of_accounts_are_windows_of_their_own)
{
	AUTO(limits) l = limits_builtin();
	struct limit out[LIMITS_PER_CALL_MAX];
	size_t n = limits_of(l, "enterprise", CALL_DM_USER, out), found = 0;

	for (size_t i = 0; i < n; i++) {
		bool day = out[i].scope == LIMIT_ACCOUNT && out[i].length == USEC_DAY;

		if (day && out[i].limit == 500)
			assert_false(out[i].own);
		found += day && (out[i].limit == 500 || out[i].limit == 1440);
	}
	assert_int_equal(found, 2);
	assert_int_equal(limits_add_accounts(l, str_of("group,method\n"), NULL), ERR_FORMAT);
}

#define ACCOUNTS "group,method,path,kind,accounts,limit,window_seconds,source\n"

/* The least day's limit of an account for posts of that kind. */
static uint32_t least_day(enum post_kind kind, bool unverified)
{
	AUTO(limits) l = limits_builtin();
	struct limit out[LIMITS_PER_CALL_MAX];
	size_t n = limits_of(l, "payg", CALL_CREATE_POST, out);
	uint32_t least = UINT32_MAX;

	for (size_t i = 0; i < n; i++)
		if (out[i].scope == LIMIT_ACCOUNT && out[i].length == USEC_DAY &&
			limit_is_for(&out[i], kind, unverified) && out[i].limit < least)
			least = out[i].limit;
	return least;
}

TEST(originals_and_replies_of_unverified_accounts_have_limits_of_their_own)
{
	assert_int_equal(least_day(POST_PLAIN, false), 2400);
	assert_int_equal(least_day(POST_PLAIN, true), 50);
	assert_int_equal(least_day(POST_QUOTE, true), 50);
	assert_int_equal(least_day(POST_REPLY, false), 2400);
	assert_int_equal(least_day(POST_REPLY, true), 200);
}

TEST(a_row_of_accounts_that_makes_no_sense_is_refused_with_its_line)
{
	static const struct {
		const char *row, *words;
	} rows[] = {
		{"g,POST,/2/tweets,posts,all,5,60,x\n",
			"account-limits.csv: line 2: kind is 'posts', not 'any' or 'post'"},
		{"g,POST,/2/tweets,any,some,5,60,x\n", "account-limits.csv: line 2: accounts "
						       "is 'some', not 'all' or 'unverified'"},
		{"g,POST,/2/tweets,any,all,0,60,x\n", "account-limits.csv: line 2: limit is "
						      "'0', not a whole number from 1 to "
						      "1000000000"},
	};
	AUTO(limits) l = limits_builtin();

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char text[256];
		struct errmsg m;

		(void)snprintf(text, sizeof(text), "%s%s", ACCOUNTS, rows[i].row);
		assert_int_equal(limits_add_accounts(l, str_of(text), &m), ERR_FORMAT);
		assert_string_equal(m.text, rows[i].words);
	}
}
