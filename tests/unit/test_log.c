#include "common/base/log.h"

#include <string.h>
#include <unistd.h>

#include "common/base/buf.h"
#include "common/base/text.h"
#include "tests/lib/page.h"
#include "tests/lib/test.h"

/* What is logged between begin() and end(): standard error is a pipe in between. */
struct capture {
	int pipe[2];
	int saved;
};

static void begin(struct capture *c)
{
	assert_int_equal(pipe(c->pipe), 0);
	c->saved = dup(STDERR_FILENO);
	assert_true(c->saved >= 0);
	assert_true(dup2(c->pipe[1], STDERR_FILENO) >= 0);
	assert_int_equal(close(c->pipe[1]), 0);
}

static void end(struct capture *c, char *out, size_t cap)
{
	size_t len = 0;
	ssize_t n = 1;

	assert_true(dup2(c->saved, STDERR_FILENO) >= 0);
	assert_int_equal(close(c->saved), 0);
	while (n > 0) {
		n = read(c->pipe[0], out + len, cap - 1 - len);
		assert_true(n >= 0);
		len += (size_t)n;
	}
	out[len] = 0;
	assert_int_equal(close(c->pipe[0]), 0);
}

TEST(writes_one_line_for_one_event)
{
	struct capture c;
	char out[4096];
	usec_t when;

	begin(&c);
	log_event(LOG_WORKER_JOINED, "worker=%s slots=%d", "w1", 64);
	log_event(LOG_STORE_FULL, "path=%s", "x");
	end(&c, out, sizeof(out));
	assert_int_equal(text_to_time((struct str){out, 24}, &when), ERR_OK);
	char *second = strchr(out, '\n') + 1;
	assert_memory_equal(out + 24, " info worker.joined worker=w1 slots=64\n", 39);
	assert_string_equal(second + 24, " error store.full path=x\n");
}

TEST(writes_no_less_than_its_level)
{
	struct capture c;
	char out[4096];

	begin(&c);
	log_event(LOG_JOB_ENDED, "job=%d", 1); /* debug */
	log_level(LOG_ERROR);
	log_event(LOG_LIMITED, "app=%s", "a"); /* warn */
	log_level(LOG_DEBUG);
	log_event(LOG_JOB_ENDED, "job=%d", 2);
	log_level(LOG_INFO);
	end(&c, out, sizeof(out));
	assert_string_equal(out + 24, " debug job.ended job=2\n");
}

TEST(stays_one_line_whatever_the_values_hold)
{
	struct capture c;
	char out[8192];
	char big[3000];

	memset(big, 'x', sizeof(big));
	big[sizeof(big) - 1] = 0;
	begin(&c);
	log_event(LOG_CONFIG, "what=%s", "a\nb\x1b[2J\x7f\tc");
	log_event(LOG_CONFIG, "what=%s", big);
	end(&c, out, sizeof(out));
	char *second = strchr(out, '\n') + 1;
	assert_memory_equal(out + 24, " info config what=a?b?[2J??c\n", 29);
	assert_in_range(strlen(second), 1000, 1024);
	assert_int_equal(second[strlen(second) - 1], '\n');
	assert_memory_equal(second + strlen(second) - 5, "xxxx\n", 5);
}

TEST(cuts_a_line_at_a_whole_character)
{
	for (int shift = 0; shift < 4; shift++) {
		struct capture c;
		char out[4096];
		char big[2000] = "";

		memset(big, 'x', (size_t)shift);
		for (size_t i = 0; i < 400; i++)
			memcpy(big + shift + (size_t)4 * i, "\xf0\x9f\x90\xa6", 5);
		begin(&c);
		log_event(LOG_CONFIG, "what=%s", big);
		end(&c, out, sizeof(out));
		assert_true(text_is_utf8(str_of(out)));
		assert_int_equal(out[strlen(out) - 1], '\n');
	}
}

TEST(knows_its_levels_by_name)
{
	enum log_level level = LOG_INFO;

	assert_true(log_level_parse("debug", &level));
	assert_int_equal(level, LOG_DEBUG);
	assert_true(log_level_parse("error", &level));
	assert_int_equal(level, LOG_ERROR);
	assert_false(log_level_parse("verbose", &level));
	assert_false(log_level_parse("", &level));
	assert_int_equal(level, LOG_ERROR);
}

TEST(has_a_name_and_a_meaning_for_every_event)
{
	static const enum log_event all[] = {
#define X(event, name, level, meaning) event,
#include "common/base/log.def"
#undef X
	};

	for (size_t i = 0; i < COUNT_OF(all); i++) {
		assert_true(strlen(log_event_name(all[i])) > 0);
		assert_true(strlen(log_event_meaning(all[i])) > 0);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(log_event_name(all[i]), log_event_name(all[j]));
	}
}

TEST(the_page_for_operators_lists_every_event)
{
	static const struct {
		const char *name, *level, *meaning;
	} events[] = {
#define X(event, name, level, meaning) {name, #level, meaning},
#include "common/base/log.def"
#undef X
	};
	struct buf made;

	buf_init(&made, 65536);
	buf_str(&made, "| event | level | meaning |\n|---|---|---|\n");
	for (size_t i = 0; i < COUNT_OF(events); i++) {
		buf_fmt(&made, "| `%s` | ", events[i].name);
		for (const char *at = events[i].level + strlen("LOG_"); *at; at++)
			buf_byte(&made, (unsigned char)(*at + ('a' - 'A')));
		buf_fmt(&made, " | %s |\n", events[i].meaning);
	}
	page_has(SOURCE_DIR "/docs/operating.md", "common/base/log.def", buf_view(&made));
	buf_done(&made);
}
