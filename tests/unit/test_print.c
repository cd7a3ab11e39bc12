#include "common/xapi/alike/print.h"

#include <stdio.h>
#include <string.h>

#include "tests/lib/test.h"

#define KEPT_STRICT 0xddc10cf49de590a1u
#define KEPT_LOOSE  0xb5347bed925974du
#define KEPT_NEAR0  0xe932c54203e86e1au
#define KEPT_NEAR1  0xe104421ae008d67bu

#define ALIKE 80 /* near-text's likeness, as it comes */

static struct print of(const char *text)
{
	struct print p;

	assert_int_equal(print_text(str_of(text), true, &p), ERR_OK);
	return p;
}

enum same { STRICT, LOOSE, OTHER };

TEST(tells_equal_texts_from_others)
{
	static const struct {
		enum same same;
		const char *a, *b;
	} rows[] = {
		{STRICT, "Hello, world", "hello world!"},
		{STRICT, "Hello,   world\n", "  HELLO world"},
		{STRICT, "Don't panic", "dont panic"},
		{STRICT, "Don\xe2\x80\x99t panic", "don't panic"},
		{STRICT, "caf\xc3\xa9", "cafe\xcc\x81"},
		{STRICT,
			"\xc3\x9c"
			"ber uns",
			"\xc3\xbc"
			"ber uns."},
		{STRICT, "\xd0\x93\xd0\x9e\xd0\xa2\xd0\x9e\xd0\x92\xd0\x9e",
			"\xd0\xb3\xd0\xbe\xd1\x82\xd0\xbe\xd0\xb2\xd0\xbe!"},
		{STRICT, "zero\xe2\x80\x8bwidth", "zerowidth"},
		{STRICT, "#queues are fun", "queues are fun"},
		{STRICT, "see https://Example.com/a", "see: https://example.com/a"},
		{STRICT, "Thanks @Bob", "thanks, @bob!"},
		{STRICT, "\"quoted\" (text) \xe2\x80\x94 here", "quoted text here"},
		{STRICT, "", " \n"},
		{LOOSE, "New post: https://a.example.com/1",
			"New post: https://a.example.com/2"},
		{LOOSE, "New post: example.com/1", "new post"},
		{LOOSE, "@bob thanks for the report", "@alice thanks for the report"},
		{LOOSE, "@bob @carol thanks", "thanks"},
		{OTHER, "1-0", "10"},
		{OTHER, "it is -5 degrees", "it is 5 degrees"},
		{OTHER, "2.5 percent", "25 percent"},
		{OTHER, "12:30", "1230"},
		{OTHER, "build 12 is red", "build 13 is red"},
		{OTHER, "C++ is here", "C is here"},
		{OTHER, "$5 off",
			"\xe2\x82\xac"
			"5 off"},
		{OTHER, "\xf0\x9f\x8e\x89", "\xf0\x9f\x94\xa5"},
		{OTHER, "well done \xf0\x9f\x8e\x89", "well done"},
		{OTHER, "ab c", "a bc"},
		{OTHER, "yes", "no"},
		{OTHER, "hello", ""},
		{OTHER, "mail bob@example.org", "mail"},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct print a = of(rows[i].a), b = of(rows[i].b);
		enum same same = a.strict == b.strict ? STRICT
				 : a.loose == b.loose ? LOOSE
						      : OTHER;

		if (same != rows[i].same)
			fail_msg("'%s' and '%s': %d, not %d", rows[i].a, rows[i].b, same,
				rows[i].same);
	}
}

TEST(nothing_is_left_of_a_text_of_signs)
{
	assert_int_equal(of("?!... -- \"\"").strict, 0);
	assert_int_equal(of("https://example.com @bob").loose, 0);
	assert_true(of("https://example.com @bob").strict != 0);
}

/* Texts as people and agents write them: those that X would take for the same, and not. */
TEST(knows_nearly_equal_texts)
{
	static const struct {
		bool alike;
		const char *a, *b;
	} rows[] = {
		/* clang-format off */
		{true, "We are hiring a senior C engineer in Berlin. Apply: https://a.example.com/jobs/1",
			"We're hiring a Senior C Engineer in Berlin! Apply here: https://b.example.com/jobs/2"},
		{true, "We just shipped version 1.4 with faster queues and fewer surprises. Thanks to everyone who filed bugs.",
			"We've just shipped version 1.4, with faster queues and fewer surprises. Thanks to everyone who reported bugs!"},
		{true, "Check out this amazing offer, 50% off all plans until Friday! https://s.example.com/x",
			"Check out this amazing offer: 50% off all plans until Friday only https://s.example.com/y @bob"},
		{true, "Our new blog post explains how we made the queue durable.",
			"How we made the queue durable, explained in our new blog post."},
		{true, "Join our webinar on Tuesday at 5pm CET: scaling agents with durable queues. Register now.",
			"Join our webinar on Thursday at 6pm CET: scaling agents with durable queues. Register now."},
		{true, "I love this product. It saved me hours every week and support is great.",
			"Support is great and this product saved me hours every week. I love it."},
		{true, "@ann Your ticket is resolved, thank you for waiting! Let us know if anything else comes up.",
			"@ben your ticket is resolved. Thank you for waiting!! Tell us if anything else comes up :)"},
		{true, "\xe6\x98\xa8\xe6\x97\xa5\xe3\x81\xae\xe3\x82\xa2\xe3\x83\x83\xe3\x83\x97\xe3\x83\x87\xe3\x83\xbc\xe3\x83\x88\xe3\x81\xa7\xe9\x80\x9f\xe5\xba\xa6\xe3\x81\x8c\xe4\xba\x8c\xe5\x80\x8d\xe3\x81\xab\xe3\x81\xaa\xe3\x82\x8a\xe3\x81\xbe\xe3\x81\x97\xe3\x81\x9f\xe3\x80\x82\xe3\x81\x9c\xe3\x81\xb2\xe3\x81\x8a\xe8\xa9\xa6\xe3\x81\x97\xe3\x81\x8f\xe3\x81\xa0\xe3\x81\x95\xe3\x81\x84\xe3\x80\x82",
			"\xe6\x98\xa8\xe6\x97\xa5\xe3\x81\xae\xe3\x82\xa2\xe3\x83\x83\xe3\x83\x97\xe3\x83\x87\xe3\x83\xbc\xe3\x83\x88\xe3\x81\xa7\xe9\x80\x9f\xe5\xba\xa6\xe3\x81\x8c" "2\xe5\x80\x8d\xe3\x81\xab\xe3\x81\xaa\xe3\x82\x8a\xe3\x81\xbe\xe3\x81\x97\xe3\x81\x9f\xef\xbc\x81\xe3\x81\x9c\xe3\x81\xb2\xe3\x81\x8a\xe8\xa9\xa6\xe3\x81\x97\xe3\x81\x8f\xe3\x81\xa0\xe3\x81\x95\xe3\x81\x84"},
		{false, "BREAKING: earthquake of magnitude 5.1 reported near Izmir, Turkey.",
			"BREAKING: earthquake of magnitude 4.8 reported near Athens, Greece."},
		{false, "Good morning! Today's weather in Munich: 12 degrees, light rain, wind from the west.",
			"Good morning! Today's weather in Munich: 19 degrees, sunny, wind from the south."},
		{false, "Daily tip #12: use a lock file beside the store against a second writer.",
			"Daily tip #13: group commit follows by itself when the turn is one transaction."},
		{false, "Thanks for the question! You can reset your password under Settings > Account.",
			"Thanks for the question! You can change your email under Settings > Account."},
		{false, "Now playing: Miles Davis - So What", "Now playing: John Coltrane - Naima"},
		{false, "The match ends 2-1 after a late goal in Madrid, a night to remember for the visitors.",
			"Rain stops play in London; the match goes on tomorrow at noon if the weather holds."},
		{false, "======================= RELEASE NOTES =======================",
			"======================= ABOUT OUR TEAM ======================"},
		/* clang-format on */
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct print a = of(rows[i].a), b = of(rows[i].b);
		int likeness = print_likeness(&a, &b);

		if ((likeness >= ALIKE) != rows[i].alike)
			fail_msg("%d%%: '%s' and '%s'", likeness, rows[i].a, rows[i].b);
		assert_true(a.loose != b.loose);
	}
}

TEST(chance_makes_no_texts_alike)
{
	static const char *const words[] = {"queue", "agent", "coffee", "morning", "release",
		"weather", "match", "berlin", "music", "team", "today", "durable", "limits",
		"thanks", "question", "window", "garden", "market", "price", "train", "winter",
		"signal", "paper", "river", "engine", "story", "number", "colour", "listen",
		"bridge", "doctor", "school"};
	struct rng r = test_rng();
	struct print all[200];

	for (size_t i = 0; i < COUNT_OF(all); i++) {
		char text[400] = "";

		for (int n = 0; n < 20; n++) {
			size_t at = strlen(text);

			(void)snprintf(text + at, sizeof(text) - at, "%s ",
				words[rng_range(&r, 0, COUNT_OF(words) - 1)]);
		}
		all[i] = of(text);
	}
	for (size_t i = 0; i < COUNT_OF(all); i++)
		for (size_t k = 0; k < i; k++)
			assert_true(print_likeness(&all[i], &all[k]) < 90);
}

TEST(the_near_part_is_made_only_when_it_is_asked_for)
{
	struct print p, q = of("a text that is long enough");

	assert_int_equal(print_text(str_of("a text that is long enough"), false, &p), ERR_OK);
	assert_true(p.strict == q.strict && p.loose == q.loose);
	assert_true(p.len == 0 && p.near[0] == 0 && p.near[1] == 0);
	assert_int_equal(q.len, 26);
	assert_int_equal(print_likeness(&q, &q), 100);
}

/* They are on people's disks. */
TEST(prints_never_change)
{
	struct print p = of("Hello, world 1.5 https://example.com @bob");

	assert_int_equal(PRINT_VERSION, 1);
	assert_true(p.strict == KEPT_STRICT && p.loose == KEPT_LOOSE);
	assert_true(p.near[0] == KEPT_NEAR0 && p.near[1] == KEPT_NEAR1);
}

/* Whatever bytes a text has that are UTF-8, it has a print. */
TEST(any_text_has_a_print)
{
	struct rng r = test_rng();

	for (int round = 0; round < 2000; round++) {
		char text[200];
		size_t len = (size_t)rng_range(&r, 0, sizeof(text));
		struct print p, q;

		for (size_t i = 0; i < len; i++)
			text[i] = (char)rng_range(&r, 0, 127);
		assert_int_equal(print_text((struct str){text, len}, true, &p), ERR_OK);
		assert_int_equal(print_text((struct str){text, len}, true, &q), ERR_OK);
		assert_true(p.strict == q.strict && p.loose == q.loose && p.len == q.len);
		assert_int_equal(print_likeness(&p, &q), 100);
	}
}
