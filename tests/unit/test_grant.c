#include "dispatcher/access/grant.h"

#include <string.h>

#include "common/xapi/actions.h"
#include "common/xapi/capability.h"
#include "tests/lib/test.h"

static struct grant granted(const char *text)
{
	struct grant g;
	struct errmsg m = {0};

	if (grant_read(str_of(text), false, &g, &m))
		fail_msg("%s: %s", text, m.text);
	return g;
}

TEST(covers_what_it_names_and_nothing_else)
{
	/* clang-format off */
	static const struct { const char *grant, *capability, *account; bool covers; } cases[] = {
		{"x.tweet.write@acme", "x.tweet.write", "acme",  true},
		{"x.tweet.write@acme", "x.tweet.write", "acm",   false},
		{"x.tweet.write@acme", "x.tweet.write", "acme2", false},
		{"x.tweet.write@acme", "x.tweet.write", "ACME",  false},
		{"x.tweet.write@acme", "x.tweet.write", "",      false},
		{"x.tweet.write@acme", "x.tweet.read",  "acme",  false},
		{"x.tweet.write",      "x.tweet.write", "acme",  true},
		{"x.tweet.write",      "x.dm.write",    "acme",  false},
		{"*@acme",             "x.dm.write",    "acme",  true},
		{"*@acme",             "x.dm.write",    "other", false},
		{"*",                  "x.dm.write",    "other", true},
	};
	/* clang-format on */

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct grant g = granted(cases[i].grant);

		if (grant_covers(&g, cases[i].capability, str_of(cases[i].account)) !=
			cases[i].covers)
			fail_msg("%s: %s on '%s'", cases[i].grant, cases[i].capability,
				cases[i].account);
	}
}

TEST(is_read_as_it_was_written)
{
	static const char *const texts[] = {"*", "*@a", "x.dm.read", "x.like.write@a.b-c_d"};
	char out[GRANT_TEXT_MAX];

	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		struct grant g = granted(texts[i]);

		assert_string_equal(grant_write(&g, out), texts[i]);
	}
}

TEST(says_what_is_no_grant)
{
	static const char *const texts[] = {"", "@", "@acme", "x.tweet.write@", "x.tweet",
		"x.tweet.writes", "X.TWEET.WRITE", "x.tweet.write@a b", "x.tweet.write@a@b",
		"**", "x.tweet.write @acme"};
	struct errmsg m;
	struct grant g;

	for (size_t i = 0; i < COUNT_OF(texts); i++)
		if (grant_read(str_of(texts[i]), false, &g, &m) != ERR_INVALID)
			fail_msg("'%s' was taken", texts[i]);
}

/* What the catalogue asks for must be what can be granted, with at least the scopes of its
 * call. */
TEST(every_action_has_a_capability_with_its_scopes)
{
	const struct action *a;

	for (size_t i = 0; (a = action_at(i)); i++) {
		const struct capability *c = capability_find(str_of(a->capability));
		scope_set needed = call_info(a->call)->scopes;

		if (!c)
			fail_msg("%s: there is no %s", a->name, a->capability);
		else if (strcmp(c->name, "x.user.read") != 0 && /* X wants tweet.read as well */
			 needed & ~(c->needs | c->wants))
			fail_msg("%s: %s lacks scopes", a->name, a->capability);
	}
}
