#include "dispatcher/policy/memory.h"

#include <stdio.h>
#include <string.h>

#include "tests/lib/test.h"

#define NOW (1790000000 * USEC_SEC)

static struct mark mark_of(enum act act, uint64_t target, const char *text)
{
	struct mark m = {.act = act, .target = target};

	assert_int_equal(print_text(str_of(text), true, &m.print), ERR_OK);
	return m;
}

static void put(struct memory *m, uint64_t job, uint32_t account, usec_t at, struct mark mark)
{
	assert_true(memory_put(m, &(struct brought){job, account, at, &mark}));
}

static const struct text_rules all_on = {
	.same = USEC_HOUR,
	.elsewhere = 2 * USEC_HOUR,
	.near = 3 * USEC_HOUR,
	.near_elsewhere = 4 * USEC_HOUR,
	.likeness = 80,
	.one_reply = true,
};

#define LONG  "We just shipped version 1.4 with faster queues and fewer surprises."
#define LONG2 "We've just shipped version 1.4, with faster queues and fewer surprises!"
#define OTHER "Rain stops play in London; the match goes on tomorrow at noon."

/* What was posted by account 1 an hour, two, ... ago; what comes now; who objects. */
/* lint: long-table */
TEST(every_rule_refuses_up_to_its_boundary)
{
	static const struct {
		const char *name;
		enum act act;
		uint64_t target;
		const char *text;
		usec_t ago;
		uint32_t account;
		enum act next_act;
		uint64_t next_target;
		const char *next;
		int rule; /* -1: none */
	} rows[] = {
		/* clang-format off */
		{"the same at once",      ACT_POST, 0, "Hello!", 0, 1, ACT_POST, 0, "hello", RULE_SAME},
		{"the same, just within", ACT_POST, 0, "Hello!", USEC_HOUR - 1, 1, ACT_POST, 0, "hello", RULE_SAME},
		{"the same, too old",     ACT_POST, 0, "Hello!", USEC_HOUR, 1, ACT_POST, 0, "hello", -1},
		{"another text",          ACT_POST, 0, "Hello!", 0, 1, ACT_POST, 0, "good bye", -1},
		{"another link",          ACT_POST, 0, "New: https://example.com/1", 0, 1, ACT_POST, 0, "New: https://example.com/2", -1},
		{"a reply with the text of a post", ACT_POST, 0, "Hello!", 0, 1, ACT_REPLY, 7, "Hello!", -1},
		{"the same reply to another", ACT_REPLY, 7, "Thanks!", 0, 1, ACT_REPLY, 8, "Thanks!", -1},
		{"the same reply",        ACT_REPLY, 7, "Thanks!", 0, 1, ACT_REPLY, 7, "thanks", RULE_SAME},
		{"the same quote",        ACT_POST, 7, "So true", 0, 1, ACT_POST, 7, "so true!", RULE_SAME},
		{"elsewhere at once",     ACT_POST, 0, "Hello!", 0, 2, ACT_POST, 0, "hello", RULE_ELSEWHERE},
		{"elsewhere, just within", ACT_POST, 0, "Hello!", 2 * USEC_HOUR - 1, 2, ACT_POST, 0, "hello", RULE_ELSEWHERE},
		{"elsewhere, too old",    ACT_POST, 0, "Hello!", 2 * USEC_HOUR, 2, ACT_POST, 0, "hello", -1},
		{"near at once",          ACT_POST, 0, LONG, 0, 1, ACT_POST, 0, LONG2, RULE_NEAR},
		{"near, just within",     ACT_POST, 0, LONG, 3 * USEC_HOUR - 1, 1, ACT_POST, 0, LONG2, RULE_NEAR},
		{"near, too old",         ACT_POST, 0, LONG, 3 * USEC_HOUR, 1, ACT_POST, 0, LONG2, -1},
		{"near elsewhere, within", ACT_POST, 0, LONG, 4 * USEC_HOUR - 1, 2, ACT_POST, 0, LONG2, RULE_NEAR},
		{"near elsewhere, too old", ACT_POST, 0, LONG, 4 * USEC_HOUR, 2, ACT_POST, 0, LONG2, -1},
		{"not near",              ACT_POST, 0, LONG, 0, 1, ACT_POST, 0, OTHER, -1},
		{"too short to be near",  ACT_POST, 0, "good morning berlin", 0, 1, ACT_POST, 0, "good morning berlino", -1},
		{"a second reply",        ACT_REPLY, 7, "Thanks!", MEMORY_SPAN - 1, 1, ACT_REPLY, 7, "You are welcome", RULE_ONE_REPLY},
		{"a second reply, late",  ACT_REPLY, 7, "Thanks!", MEMORY_SPAN, 1, ACT_REPLY, 7, "You are welcome", -1},
		{"a reply of another",    ACT_REPLY, 7, "Thanks!", 0, 2, ACT_REPLY, 7, "You are welcome", -1},
		{"a message is no post",  ACT_DM, 0, "Hello!", 0, 1, ACT_DM, 0, "Hello!", -1},
		{"only signs",            ACT_POST, 0, "!!!", 0, 1, ACT_POST, 0, "???", -1},
		/* clang-format on */
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		AUTO(memory) m = memory_new();
		struct mark next = mark_of(rows[i].next_act, rows[i].next_target, rows[i].next);
		struct brought b = {0, rows[i].account, NOW, &next};
		struct objection o = {0};

		put(m, 5, 1, NOW - rows[i].ago,
			mark_of(rows[i].act, rows[i].target, rows[i].text));
		memory_done(m, 5, NOW - rows[i].ago);
		bool objects = memory_objects(m, &all_on, &b, NOW, &o);
		if ((objects ? (int)o.rule : -1) != rows[i].rule)
			fail_msg("%s: %s", rows[i].name,
				objects ? rule_info(o.rule)->id : "nobody objects");
		if (!objects)
			continue;
		assert_int_equal(o.job, 5);
		assert_int_equal(o.account, 1);
		assert_true(o.at == NOW - rows[i].ago);
	}
}

TEST(rules_that_are_off_object_to_nothing)
{
	AUTO(memory) m = memory_new();
	struct mark mark = mark_of(ACT_REPLY, 7, LONG);
	struct brought b = {0, 1, NOW, &mark};
	struct text_rules off = {.likeness = 80};
	struct objection o;

	put(m, 5, 1, NOW, mark);
	assert_false(text_rules_compare(&off));
	assert_false(memory_objects(m, &off, &b, NOW, &o));
	off.same = 1;
	assert_true(text_rules_compare(&off));
	assert_true(memory_objects(m, &off, &b, NOW, &o));
}

TEST(loose_leaves_out_links_mentions_and_what_is_answered)
{
	AUTO(memory) m = memory_new();
	struct text_rules r = {.same = USEC_HOUR, .same_loose = true};
	struct mark link = mark_of(ACT_POST, 0, "New post: https://example.com/2");
	struct mark reply = mark_of(ACT_REPLY, 8, "@bob thanks for asking");
	struct objection o;

	put(m, 5, 1, NOW, mark_of(ACT_POST, 0, "New post: https://example.com/1"));
	put(m, 6, 1, NOW, mark_of(ACT_REPLY, 7, "@ann Thanks for asking!"));
	assert_true(memory_objects(m, &r, &(struct brought){0, 1, NOW, &link}, NOW, &o));
	assert_true(memory_objects(m, &r, &(struct brought){0, 1, NOW, &reply}, NOW, &o));
	assert_int_equal(o.job, 6);
	r.same_loose = false;
	assert_false(memory_objects(m, &r, &(struct brought){0, 1, NOW, &link}, NOW, &o));
}

TEST(what_waits_is_compared_at_the_time_it_will_be_posted)
{
	AUTO(memory) m = memory_new();
	struct text_rules r = {.same = USEC_HOUR};
	struct mark mark = mark_of(ACT_POST, 0, "Good morning!");
	struct objection o;

	put(m, 5, 1, NOW + USEC_DAY, mark); /* tomorrow */
	assert_false(memory_objects(m, &r, &(struct brought){0, 1, NOW, &mark}, NOW, &o));
	assert_true(memory_objects(
		m, &r, &(struct brought){0, 1, NOW + USEC_DAY + 1, &mark}, NOW, &o));
	assert_true(o.at == NOW + USEC_DAY);
	memory_move(m, 5, NOW + 2 * USEC_DAY);
	assert_false(
		memory_objects(m, &r, &(struct brought){0, 1, NOW + USEC_DAY, &mark}, NOW, &o));
	/* its time has passed and it still waits: it will be posted now */
	memory_move(m, 5, NOW - USEC_DAY);
	assert_true(memory_objects(m, &r, &(struct brought){0, 1, 0, &mark}, NOW, &o));
	assert_true(o.at == NOW);
	/* once posted it counts from then */
	memory_done(m, 5, NOW - USEC_DAY);
	assert_false(memory_objects(m, &r, &(struct brought){0, 1, 0, &mark}, NOW, &o));
	/* the job itself, with new arguments, does not count */
	put(m, 6, 1, NOW, mark);
	assert_false(memory_objects(m, &r, &(struct brought){6, 1, NOW, &mark}, NOW, &o));
}

TEST(what_failed_is_forgotten)
{
	AUTO(memory) m = memory_new();
	struct mark mark = mark_of(ACT_POST, 0, LONG);
	struct brought b = {0, 1, NOW, &mark};
	struct objection o;

	put(m, 5, 1, NOW, mark);
	assert_true(memory_objects(m, &all_on, &b, NOW, &o));
	memory_forget(m, 5);
	memory_forget(m, 5);
	assert_false(memory_objects(m, &all_on, &b, NOW, &o));
	assert_int_equal(memory_count(m), 0);
	put(m, 6, 1, NOW, mark);
	put(m, 6, 1, NOW, mark_of(ACT_POST, 0, OTHER)); /* other arguments */
	assert_false(memory_objects(m, &all_on, &b, NOW, &o));
	assert_int_equal(memory_count(m), 1);
}

TEST(old_ones_go)
{
	AUTO(memory) m = memory_new();

	for (uint64_t job = 1; job <= 200; job++) {
		char text[40];

		(void)snprintf(text, sizeof(text), "text %d", (int)job);
		put(m, job, 1, NOW, mark_of(ACT_POST, 0, text));
		memory_done(m, job, NOW + (usec_t)job);
	}
	memory_tend(m, NOW + MEMORY_SPAN + 101);
	assert_int_equal(memory_count(m), 136); /* a few at a time */
	memory_tend(m, NOW + MEMORY_SPAN + 101);
	assert_int_equal(memory_count(m), 100);
	memory_tend(m, NOW + MEMORY_SPAN + 101);
	assert_int_equal(memory_count(m), 100);
}

TEST(the_ring_of_near_texts_goes_round)
{
	AUTO(memory) m = memory_new();
	struct text_rules r = {.near = MEMORY_SPAN, .likeness = 80};
	struct mark mark = mark_of(ACT_POST, 0, LONG);
	struct mark near = mark_of(ACT_POST, 0, LONG2);
	struct mark other = mark_of(ACT_POST, 0, OTHER);
	struct brought b = {0, 1, NOW, &near};
	struct objection o;

	put(m, 1, 1, NOW, mark);
	for (uint64_t job = 2; job <= MEMORY_NEAR_MAX; job++)
		put(m, job, 1, NOW, other);
	assert_true(memory_objects(m, &r, &b, NOW, &o));
	assert_true(o.job == 1 && o.likeness >= 80 && o.likeness < 100);
	put(m, MEMORY_NEAR_MAX + 1, 1, NOW, other);
	assert_false(memory_objects(m, &r, &b, NOW, &o));
	memory_forget(m, 1); /* its place is another's: that one stays */
	other.print.near[0] ^= 1;
	assert_true(memory_objects(m, &r, &(struct brought){0, 1, NOW, &other}, NOW, &o));
}

TEST(marks_are_kept_and_read_again)
{
	struct mark a = mark_of(ACT_REPLY, 1900000000000000001u, LONG), b;
	unsigned char bytes[MARK_BYTES];

	mark_write(&a, bytes);
	assert_true(mark_read((struct str){(const char *)bytes, sizeof(bytes)}, &b));
	assert_true(a.act == b.act && a.target == b.target);
	assert_true(a.print.strict == b.print.strict && a.print.loose == b.print.loose);
	assert_int_equal(print_likeness(&a.print, &b.print), 100);
	assert_int_equal(a.print.len, b.print.len);
	assert_false(mark_read((struct str){(const char *)bytes, sizeof(bytes) - 1}, &b));
	bytes[1] = ACT_COUNT;
	assert_false(mark_read((struct str){(const char *)bytes, sizeof(bytes)}, &b));
	bytes[1] = ACT_POST;
	bytes[0]++;
	assert_false(mark_read((struct str){(const char *)bytes, sizeof(bytes)}, &b));
	assert_false(mark_read((struct str){NULL, 0}, &b));
}

/* --- against a model that keeps everything in a list --- */

#define JOBS 60

struct model {
	struct mark marks[JOBS + 1];
	uint32_t account[JOBS + 1];
	usec_t at[JOBS + 1];
	bool there[JOBS + 1], done[JOBS + 1];
};

static bool model_objects(const struct model *o, uint32_t account, usec_t at, usec_t now,
	const struct mark *mark, usec_t window)
{
	for (int j = 1; j <= JOBS; j++) {
		usec_t then = !o->done[j] && o->at[j] < now ? now : o->at[j];
		usec_t mine = at < now ? now : at;

		if (o->there[j] && o->account[j] == account &&
			o->marks[j].print.strict == mark->print.strict &&
			o->marks[j].target == mark->target &&
			(then < mine ? mine - then : then - mine) < window)
			return true;
	}
	return false;
}

TEST(agrees_with_a_list)
{
	struct rng r = test_rng();
	struct text_rules rules = {.same = USEC_HOUR};
	int objected = 0;

	for (int round = 0; round < 30; round++) {
		AUTO(memory) m = memory_new();
		static struct model o;
		usec_t now = NOW;

		o = (struct model){0};
		for (int step = 0; step < 1500; step++) {
			uint64_t job = (uint64_t)rng_range(&r, 1, JOBS);
			char text[16];

			now += rng_range(&r, 0, 10 * USEC_MIN);
			(void)snprintf(text, sizeof(text), "t%d", (int)rng_range(&r, 0, 20));
			struct mark mark = mark_of(ACT_POST, 0, text);
			struct brought b = {job, (uint32_t)rng_range(&r, 1, 3),
				now + rng_range(&r, -USEC_HOUR, USEC_HOUR), &mark};
			switch (rng_range(&r, 0, 3)) {
			case 0:
				put(m, job, b.account, b.at, mark);
				o.marks[job] = mark;
				o.account[job] = b.account;
				o.at[job] = b.at;
				o.there[job] = true;
				o.done[job] = false;
				break;
			case 1:
				memory_forget(m, job);
				o.there[job] = false;
				break;
			case 2:
				memory_done(m, job, now);
				o.done[job] = true;
				o.at[job] = now;
				break;
			default:
				memory_move(m, job, b.at);
				o.at[job] = b.at;
				break;
			}
			struct objection why;
			b.job = 0;
			bool objects = memory_objects(m, &rules, &b, now, &why);
			assert_int_equal(objects,
				model_objects(&o, b.account, b.at, now, &mark, rules.same));
			objected += objects;
		}
	}
	assert_true(objected > 1000);
}
