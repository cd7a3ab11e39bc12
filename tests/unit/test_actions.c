#include "common/xapi/actions.h"

#include <stdio.h>
#include <string.h>

#include "tests/lib/test.h"

static const struct action *action(const char *name)
{
	const struct action *a = action_find(str_of(name));

	assert_non_null(a);
	return a;
}

TEST(finds_every_action_by_its_name)
{
	const struct action *a;
	size_t n = 0;

	for (; (a = action_at(n)) != NULL; n++) {
		assert_ptr_equal(action_find(str_of(a->name)), a);
		assert_int_equal(action_number(a), n);
	}
	assert_int_equal(n, 31 + 133);
}

TEST(finds_nothing_else)
{
	static const char *const names[] = {"", "a", "pos", "posts", "Post", "zzz", "post ",
		"delete_", "unrepostx", "dm\n"};

	for (size_t i = 0; i < COUNT_OF(names); i++)
		assert_null(action_find(str_of(names[i])));
	assert_null(action_find((struct str){0}));
	assert_null(action_find((struct str){"post\0", 5}));
	assert_null(action_at(1000));
}

TEST(the_table_is_in_order)
{
	for (size_t i = 1; action_at(i); i++) {
		const struct action *before = action_at(i - 1), *a = action_at(i);
		unsigned group = a->flags & ACTION_OPERATION;

		if ((before->flags & ACTION_OPERATION) == group)
			assert_true(strcmp(before->name, a->name) < 0);
		else
			assert_true(group); /* everyday names come first */
	}
}

static bool path_has(const char *path, const char *placeholder)
{
	char braced[64];

	(void)snprintf(braced, sizeof(braced), "{%s}", placeholder);
	return strstr(path, braced) != NULL;
}

/* How many arguments a request of `a` by call `c` may take for a placeholder of its path. */
static int count_fillers(const struct action *a, enum call c, struct str placeholder)
{
	int n = 0;

	for (size_t i = 0; i < a->arg_count; i++) {
		const struct arg *arg = &a->args[i];

		n += arg->place == PLACE_PATH &&
		     (str_is(placeholder, arg->target) ||
			     (arg->name_target[0] && str_is(placeholder, arg->name_target)));
	}
	return n ? n : str_is(placeholder, call_info(c)->self);
}

static void check_path(const struct action *a, enum call c)
{
	const char *at = call_info(c)->path;

	while ((at = strchr(at, '{')) != NULL) {
		struct str placeholder = {at + 1, strcspn(at + 1, "}")};

		assert_int_equal(count_fillers(a, c, placeholder), 1);
		at++;
	}
}

TEST(every_placeholder_of_a_path_is_filled_by_exactly_one_thing)
{
	const struct action *a;

	for (size_t i = 0; (a = action_at(i)) != NULL; i++) {
		check_path(a, a->call);
		check_path(a, a->other_call);
	}
}

static void check_arg(const struct action *a, const struct arg *arg)
{
	assert_ptr_equal(action_arg(a, str_of(arg->name)), arg);
	assert_true(arg->target[0] && arg->help[0] && arg->name_target);
	assert_true(arg->type != ARG_LIST || arg->inner_count == 1);
	assert_true(arg->inner_count == 0 || arg->type == ARG_LIST || arg->type == ARG_MAP ||
		    arg->type == ARG_POLL);
	assert_true(arg->min <= arg->max);
	assert_int_equal(arg->type == ARG_WORD, arg->words && arg->type != ARG_WORDS);
	assert_true(!arg->pattern || arg->type == ARG_TEXT || arg->type == ARG_WORDS);
	assert_true(!arg->name_target[0] || arg->type == ARG_USER);
	assert_true(!(arg->flags & ARG_OR_SELF) ||
		    ((arg->type == ARG_USER || arg->type == ARG_ID) && !arg->required));
	assert_true(!arg->required || !(arg->flags & (ARG_EITHER | ARG_CONTENT)));
	if (arg->place == PLACE_PATH)
		assert_true(path_has(call_info(a->call)->path, arg->target) ||
			    path_has(call_info(a->other_call)->path, arg->target));
	if (arg->place == PLACE_BODY)
		assert_true(strcmp(call_info(a->call)->method, "GET") != 0);
}

TEST(every_action_and_argument_is_complete)
{
	const struct action *a;

	for (size_t i = 0; (a = action_at(i)) != NULL; i++) {
		size_t users = 0;

		assert_true(a->arg_count <= ACTION_ARGS_MAX);
		assert_memory_equal(a->capability, "x.", 2);
		assert_true(a->help[0] && a->example[0] == '{');
		assert_true(!a->other_when[0] || action_arg(a, str_of(a->other_when)));
		assert_int_equal(a->other_when[0] != 0, a->call != a->other_call);
		for (size_t j = 0; j < a->arg_count; j++) {
			check_arg(a, &a->args[j]);
			users += a->args[j].type == ARG_USER;
		}
		assert_true(users <= 1); /* struct action_facts has room for one name */
	}
}

TEST(guesses_which_action_was_meant)
{
	assert_string_equal(action_suggest(str_of("tweet")), "post");
	assert_string_equal(action_suggest(str_of("Retweet")), "repost");
	assert_string_equal(action_suggest(str_of("folow")), "follow");
	assert_string_equal(action_suggest(str_of("unfolow")), "unfollow");
	assert_string_equal(action_suggest(str_of("rpely")), "reply");
	assert_string_equal(action_suggest(str_of("delete_pots")), "delete_post");
	assert_string_equal(action_suggest(str_of("LIKE")), "like");
	assert_string_equal(action_suggest(str_of("timelime")), "timeline");
	assert_null(action_suggest(str_of("")));
	assert_null(action_suggest(str_of("xyzzy")));
	assert_null(action_suggest(
		str_of("a name that is far too long to be near to the name of any action")));
}

TEST(guesses_which_argument_was_meant)
{
	assert_string_equal(action_arg_suggest(action("post"), str_of("txt")), "text");
	assert_string_equal(action_arg_suggest(action("post"), str_of("media_ids")), "media");
	assert_string_equal(action_arg_suggest(action("like"), str_of("tweet_id")), "post");
	assert_string_equal(action_arg_suggest(action("follow"), str_of("username")), "user");
	assert_string_equal(action_arg_suggest(action("reply"), str_of("post")), "to");
	assert_string_equal(action_arg_suggest(action("dm"), str_of("recipient_id")), "to");
	assert_null(action_arg_suggest(action("like"), str_of("colour")));
}

TEST(knows_what_self_serve_apps_lost)
{
	static const char *const lost[] = {"like", "unlike", "follow", "unfollow", "quote"};

	for (size_t i = 0; i < COUNT_OF(lost); i++)
		assert_true(action(lost[i])->flags & ACTION_ENTERPRISE);
	assert_false(action("post")->flags & ACTION_ENTERPRISE);
	assert_true(action("reply")->flags & ACTION_SUMMONED);
}

TEST(says_why_an_operation_of_the_specification_is_no_action)
{
	const char *name;
	size_t n = 0;

	for (; (name = action_refused_at(n)); n++) {
		assert_null(action_find(str_of(name)));
		assert_non_null(action_refused(str_of(name)));
	}
	assert_int_equal(n, 45);
	assert_non_null(strstr(action_refused(str_of("streamPosts")), "stream"));
	assert_non_null(strstr(action_refused(str_of("getUsage")), "app's own token"));
	assert_null(action_refused(str_of("createPosts")));
	assert_null(action_refused(str_of("post")));
}

TEST(an_operation_and_an_everyday_action_lead_to_the_same_call)
{
	assert_int_equal(action("createPosts")->call, action("post")->call);
	assert_int_equal(action("likePost")->call, action("like")->call);
	assert_int_equal(action("getUsersTimeline")->call, action("home")->call);
}
