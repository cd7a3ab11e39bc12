#include "common/xapi/calls.h"

#include <stdio.h>
#include <string.h>

#include "tests/lib/test.h"

#define S(name) (1u << SCOPE_##name)

TEST(writes_a_set_of_scopes_as_x_does)
{
	char out[64];

	assert_string_equal(scopes_write(0, out, sizeof(out)), "");
	assert_string_equal(
		scopes_write(S(TWEET_READ) | S(USERS_READ) | S(OFFLINE), out, sizeof(out)),
		"tweet.read users.read offline.access");
}

TEST(writes_only_whole_scopes_into_too_small_a_buffer)
{
	char out[16];

	assert_string_equal(
		scopes_write(S(TWEET_READ) | S(TWEET_WRITE), out, sizeof(out)), "tweet.read");
	assert_string_equal(scopes_write(S(TWEET_READ), out, 1), "");
	assert_string_equal(scopes_write(S(TWEET_READ), out, 11), "tweet.read");
	assert_string_equal(scopes_write(S(TWEET_READ), out, 10), "");
}

TEST(reads_scopes_and_passes_over_those_it_does_not_know)
{
	assert_int_equal(
		scopes_read(str_of("tweet.read users.read")), S(TWEET_READ) | S(USERS_READ));
	assert_int_equal(scopes_read(str_of("  dm.write  space.future tweet.rea dm.read ")),
		S(DM_WRITE) | S(DM_READ));
	assert_int_equal(scopes_read(str_of("")), 0);
	assert_int_equal(scopes_read((struct str){0}), 0);
}

TEST(every_set_of_scopes_survives_being_written_and_read)
{
	struct rng r = test_rng();
	char out[512];

	for (int i = 0; i < 200; i++) {
		scope_set set = (scope_set)rng_range(&r, 0, (1 << (SCOPE_OFFLINE + 1)) - 1);

		assert_int_equal(scopes_read(str_of(scopes_write(set, out, sizeof(out)))), set);
	}
}

static bool path_has(const char *path, const char *placeholder)
{
	char braced[64];

	(void)snprintf(braced, sizeof(braced), "{%s}", placeholder);
	return strstr(path, braced) != NULL;
}

TEST(every_call_is_complete)
{
	for (int c = 0; c < CALL_COUNT; c++) {
		const struct call_info *info = call_info((enum call)c);

		assert_true(info->operation[0] && info->x_id && info->price);
		assert_memory_equal(info->path, "/2/", 3);
		assert_true(!info->self[0] || path_has(info->path, info->self));
	}
}

TEST(what_changes_nothing_is_repeatable_and_what_is_not_repeatable_can_be_looked_for)
{
	for (int i = 0; i < CALL_COUNT; i++) {
		enum call c = (enum call)i;
		const struct call_info *info = call_info(c);

		assert_int_equal(call_has_effect(c), strcmp(info->method, "GET") != 0);
		assert_true(call_has_effect(c) || call_is_repeatable(c));
		assert_true(info->settle == SETTLE_NONE || !call_is_repeatable(c));
		assert_true(info->settle == SETTLE_NONE || info->x_id[0]);
		assert_int_equal(
			!!(info->flags & CALL_UNDO), strcmp(info->method, "DELETE") == 0);
	}
	assert_int_equal(call_info(CALL_CREATE_POST)->settle, SETTLE_TIMELINE);
	assert_int_equal(call_info(CALL_DM_USER)->settle, SETTLE_DM);
	/* A new conversation or list cannot be looked up: whoever asked for it is asked. */
	assert_false(call_is_repeatable(CALL_DM_GROUP));
	assert_false(call_is_repeatable(CALL_OP_CREATE_LISTS));
	assert_false(call_is_repeatable(CALL_CREATE_POST));
	assert_false(call_is_repeatable(CALL_DM_USER));
	assert_false(call_is_repeatable(CALL_DM_CONVERSATION));
	assert_true(call_is_repeatable(CALL_REPOST));
}
