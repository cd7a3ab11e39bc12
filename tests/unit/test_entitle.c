#include "common/xapi/entitle.h"

#include <string.h>

#include "tests/lib/test.h"

#define TITLES "plan,what,rule,since,reason,source\n"

static const char *rule_of(const struct entitlements *e, const char *plan, const char *action)
{
	const struct action *a = action_find(str_of(action));

	for (int rule = 0; rule < ENTITLE_RULE_COUNT; rule++)
		if (entitlements_find(
			    e, plan, a->call, action_kind(a), (enum entitle_rule)rule))
			return entitle_rule_name((enum entitle_rule)rule);
	return "none";
}

TEST(knows_what_self_serve_plans_lost)
{
	static const char *const plans[] = {"payg", "free", "basic", "pro"};
	static const char *const lost[] = {"like", "unlike", "follow", "unfollow", "quote"};
	AUTO(entitlements) e = entitlements_builtin();

	for (size_t p = 0; p < COUNT_OF(plans); p++) {
		for (size_t i = 0; i < COUNT_OF(lost); i++) {
			assert_string_equal(rule_of(e, plans[p], lost[i]), "refused");
			assert_string_equal(rule_of(e, "enterprise", lost[i]), "none");
		}
		assert_string_equal(rule_of(e, plans[p], "reply"), "summoned");
		assert_string_equal(rule_of(e, plans[p], "post"), "one_cashtag");
		assert_string_equal(rule_of(e, plans[p], "repost"), "none");
		assert_non_null(entitlements_named(e, plans[p], str_of("block")));
	}
	assert_string_equal(rule_of(e, "free", "dm"), "refused");
	assert_string_equal(rule_of(e, "payg", "dm"), "none");
}

TEST(tells_posts_replies_and_quotes_apart)
{
	AUTO(entitlements) e = entitlements_builtin();
	const struct entitlement *quote =
		entitlements_find(e, "payg", CALL_CREATE_POST, POST_QUOTE, ENTITLE_REFUSED);

	assert_non_null(quote);
	assert_string_equal(quote->since, "2026-04-20");
	assert_null(
		entitlements_find(e, "payg", CALL_CREATE_POST, POST_PLAIN, ENTITLE_REFUSED));
	assert_null(
		entitlements_find(e, "payg", CALL_CREATE_POST, POST_REPLY, ENTITLE_REFUSED));
	assert_string_equal(entitle_name(CALL_CREATE_POST, POST_PLAIN), "post");
	assert_string_equal(entitle_name(CALL_CREATE_POST, POST_REPLY), "reply");
	assert_string_equal(entitle_name(CALL_CREATE_POST, POST_QUOTE), "quote");
	assert_string_equal(entitle_name(CALL_DM_CONVERSATION, POST_PLAIN), "dm");
}

TEST(takes_plans_and_calls_of_the_operators_own)
{
	AUTO(entitlements) e = NULL;
	struct str rows =
		str_of(TITLES "# a remark\nmine,createPosts,refused,2026-01-02,we only "
			      "read,ours, with a comma\n"
			      "mine,notYetKnown,refused,2026-01-02,nobody knows,ours\n");

	assert_int_equal(entitlements_parse(rows, &e, NULL), ERR_OK);
	assert_string_equal(rule_of(e, "mine", "post"), "refused");
	assert_string_equal(rule_of(e, "mine", "reply"), "refused");
	assert_string_equal(rule_of(e, "payg", "like"), "none");
	assert_true(entitlements_has_plan(e, str_of("mine")));
	assert_false(entitlements_has_plan(e, str_of("payg")));
	assert_int_equal(
		entitlements_named(e, "mine", str_of("notYetKnown"))->call, CALL_COUNT);
}

static void refused(const char *rows, const char *words)
{
	struct entitlements *e = NULL;
	struct errmsg m;

	assert_int_equal(entitlements_parse(str_of(rows), &e, &m), ERR_FORMAT);
	assert_null(e);
	if (!strstr(m.text, words))
		fail_msg("'%s' does not say '%s'", m.text, words);
}

TEST(says_what_is_wrong_with_file_and_line)
{
	refused("plan,what\n", "entitlements.csv: line 1");
	refused(TITLES "a plan,like,refused,2026-04-20,x,y\n", "line 2: plan");
	refused(TITLES "payg,like,never,2026-04-20,x,y\n", "line 2: rule is 'never'");
	refused(TITLES "payg,like,refused,yesterday,x,y\n", "line 2: since");
	refused(TITLES "payg,like,refused,2026-13-20,x,y\n", "line 2: since");
	refused(TITLES "payg,like,refused,2026-04-20,,y\n", "line 2: reason");
	refused(TITLES "payg,like,refused,2026-04-20\n", "line 2: has 4 fields");
}
