#include "common/conf/manifest.h"

#include <string.h>

#include "tests/lib/test.h"

static bool is_known(struct str key)
{
	return str_is(key, "x.tweet.write") || str_is(key, "x.dm.read");
}

static enum err read_text(const char *text, struct manifest *ret, struct errmsg *m)
{
	return manifest_read(str_of(text), "bot.yaml", is_known, ret, m);
}

TEST(reads_what_a_program_needs)
{
	struct manifest f;
	struct errmsg m;

	assert_int_equal(read_text("requirements:\n"
				   "  integrations:\n"
				   "    - key: x.tweet.write\n"
				   "      description: Post automated tweets\n"
				   "    - key: x.dm.read\n"
				   "      optional: true\n",
				 &f, &m),
		ERR_OK);
	assert_int_equal(f.count, 2);
	assert_string_equal(f.items[0].key, "x.tweet.write");
	assert_string_equal(f.items[0].description, "Post automated tweets");
	assert_false(f.items[0].optional);
	assert_string_equal(f.items[1].key, "x.dm.read");
	assert_string_equal(f.items[1].description, "");
	assert_true(f.items[1].optional);
}

TEST(leaves_other_tools_their_keys)
{
	struct manifest f;
	struct errmsg m;

	assert_int_equal(read_text("name: bot\nbuild: {image: x}\nrequirements:\n"
				   "  integrations:\n    - key: x.dm.read\n",
				 &f, &m),
		ERR_OK);
	assert_int_equal(f.count, 1);
	assert_string_equal(f.others, "name, build");
	assert_int_equal(read_text("requirements: {}\n", &f, &m), ERR_OK);
	assert_string_equal(f.others, "");
}

TEST(needs_nothing_when_the_list_is_empty)
{
	struct manifest f;
	struct errmsg m;

	assert_int_equal(read_text("requirements: {integrations: []}\n", &f, &m), ERR_OK);
	assert_int_equal(f.count, 0);
	assert_int_equal(read_text("requirements: {}\n", &f, &m), ERR_OK);
}

TEST(says_where_a_mistake_is)
{
#define ITEMS "requirements:\n  integrations:\n    - key: x.dm.read\n"
	static const struct {
		const char *text, *words;
	} cases[] = {
		{"", "bot.yaml is empty"},
		{"- 1\n", "bot.yaml:1:1: a manifest must be a map"},
		{"requirements:\n  integration: []\n",
			"bot.yaml:2:3: there is no key 'integration'"},
		{"requirements:\n  integrations: x.dm.read\n",
			"bot.yaml:2:17: integrations must be a list"},
		{"requirements:\n  integrations:\n    - x.dm.read\n",
			"bot.yaml:3:7: an integration must be a map"},
		{"requirements:\n  integrations:\n    - key: x.mail.read\n",
			"bot.yaml:3:12: there is no capability 'x.mail.read'"},
		{"requirements:\n  integrations:\n    - key: [x.dm.read]\n",
			"bot.yaml:3:12: there is no capability ''"},
		{"requirements:\n  integrations:\n    - optional: true\n",
			"bot.yaml:3:7: an integration needs a key"},
		{ITEMS "      optional: perhaps\n", "bot.yaml:4:17: optional is true or false"},
		{ITEMS "      describe: x\n",
			"bot.yaml:4:7: there is no key 'describe' here; there may be key, "
			"description, optional"},
		{ITEMS "      description: [a]\n", "bot.yaml:4:20: a description is a text"},
		{ITEMS "    - key: x.dm.read\n", "bot.yaml:4:12: x.dm.read stands here twice"},
		{"requirements: [\n", "bot.yaml:2:1: "},
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct manifest f;
		struct errmsg m = {0};

		assert_int_not_equal(read_text(cases[i].text, &f, &m), ERR_OK);
		if (strncmp(m.text, cases[i].words, strlen(cases[i].words)) != 0)
			fail_msg("%s is not %s", m.text, cases[i].words);
	}
}
