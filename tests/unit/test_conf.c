#include "common/conf/conf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/conf/table.h"
#include "tests/lib/page.h"
#include "tests/lib/test.h"

/* Reads settings that must be good. */
static struct conf *good(const char *text)
{
	struct conf *c = NULL;
	struct errmsg m = {0};
	enum err e = conf_read(str_of(text), "f.yaml", &c, &m);

	if (e)
		fail_msg("%s: %s", text, m.text);
	return c;
}

/* Reads settings that must be refused, with these words at their beginning. */
static void bad(const char *text, const char *words)
{
	struct conf *c = NULL;
	struct errmsg m = {0};

	assert_int_not_equal(conf_read(str_of(text), "f.yaml", &c, &m), ERR_OK);
	assert_null(c);
	if (strncmp(m.text, words, strlen(words)) != 0)
		fail_msg("'%s' where '%s' was expected", m.text, words);
}

TEST(an_empty_file_is_a_roost_on_loopback)
{
	static const char *const empty[] = {"", "\n", "# only a comment\n", "---\n", "store:\n",
		"store: {}\n", "store: ~\nworker:\n  concurrency:\n"};

	for (size_t i = 0; i < COUNT_OF(empty); i++) {
		AUTO(conf) c = good(empty[i]);

		assert_string_equal(c->listen_agents, "tcp://127.0.0.1:7701");
		assert_string_equal(c->x_api_url, "https://api.x.com");
		assert_int_equal(c->worker_concurrency, 64);
		assert_int_equal(c->settle_delays.count, 4);
		assert_int_equal(c->settle_delays.at[2], 2 * USEC_MIN);
		assert_int_equal(c->origin[CONF_worker_concurrency], CONF_BY_DEFAULT);
	}
}

TEST(every_default_is_within_its_own_bounds_and_the_sample_is_good)
{
	struct buf sample;

	buf_init(&sample, 65536);
	conf_print_sample(&sample);
	AUTO(conf) c = good(buf_cstr(&sample));
	assert_int_equal(c->origin[CONF_store_url], CONF_BY_DEFAULT);
	buf_done(&sample);
}

TEST(takes_every_kind_of_value)
{
	AUTO(conf)
	c = good("settle: {delays: [1s, 2m]}\n"
		 "worker:\n  dispatchers: ['tcp://a:1', 'ipc:///b']\n"
		 "  concurrency: 4096\n  timeout: 1500ms\n  name: w-1\n"
		 "state: {dir: /srv/roost}\nsecurity: {curve: 'off'}\n");

	assert_int_equal(c->settle_delays.count, 2);
	assert_string_equal(c->worker_dispatchers.at[1], "ipc:///b");
	assert_int_equal(c->worker_concurrency, 4096);
	assert_int_equal(c->worker_timeout, 1500 * USEC_MSEC);
	assert_string_equal(c->store_url, "sqlite:///srv/roost/roost.db");
	assert_string_equal(c->listen_admin, "ipc:///srv/roost/admin.sock");
	assert_int_equal(c->origin[CONF_worker_name], CONF_BY_FILE);
}

TEST(says_what_is_wrong_with_file_line_and_column)
{
	bad("worker:\n  concurency: 5\n", "f.yaml:2:3: there is no setting worker.concurency");
	bad("wrker:\n  concurrency: 5\n", "f.yaml:1:1: ");
	bad("worker:\n  concurrency: many\n",
		"f.yaml:2:16: worker.concurrency: must be a whole");
	bad("worker:\n  concurrency: 0\n", "f.yaml:2:16: worker.concurrency: must be a whole");
	bad("worker:\n  concurrency: 4097\n", "f.yaml:2:16: ");
	bad("worker:\n  concurrency: 1.5\n", "f.yaml:2:16: ");
	bad("worker:\n  concurrency: [5]\n", "f.yaml:2:16: worker.concurrency must be a plain");
	bad("worker:\n  concurrency: {a: 5}\n", "f.yaml:2:16: ");
	bad("worker: 5\n", "f.yaml:1:9: worker must be a map");
	bad("worker: [a]\n", "f.yaml:1:9: ");
	bad("- worker\n", "f.yaml:1:1: ");
	bad("worker:\n  timeout: 5\n", "f.yaml:2:12: worker.timeout: must be a duration");
	bad("worker:\n  timeout: 99ms\n", "f.yaml:2:12: ");
	bad("settle:\n  delays: []\n", "f.yaml:2:11: ");
	bad("settle:\n  delays: [5s, soon]\n", "f.yaml:2:");
	bad("security:\n  curve: maybe\n", "f.yaml:2:10: security.curve: must be one of");
	bad("store:\n  url: mysql://x\n", "f.yaml:2:8: store.url: must begin with");
	bad("listen:\n  agents: 127.0.0.1:7701\n", "f.yaml:2:11: listen.agents: must be tcp:");
	bad("listen:\n  http: 7700\n", "f.yaml:2:9: listen.http: must be HOST:PORT");
	bad("worker:\n  concurrency: 5\n  concurrency: 6\n", "f.yaml:3:3: worker.concurrency");
	bad("worker: {concurrency: 5\n", "f.yaml:2:1: ");
	bad("worker:\n\tconcurrency: 5\n", "f.yaml:2:1: ");
	bad("dispatch: {heartbeat: 1s, worker_silence: 1500ms}\n", "f.yaml: dispatch.worker_");
}

TEST(the_environment_overrides_the_file_and_a_flag_the_environment)
{
	struct conf *none = NULL;
	struct errmsg m = {0};

	assert_int_equal(setenv("ROOST_WORKER_CONCURRENCY", "7", 1), 0);
	assert_int_equal(setenv("ROOST_SETTLE_DELAYS", "1s, 2s,3s", 1), 0);
	AUTO(conf) c = good("worker: {concurrency: 5}\n");
	assert_int_equal(c->worker_concurrency, 7);
	assert_int_equal(c->settle_delays.count, 3);
	assert_int_equal(c->origin[CONF_worker_concurrency], CONF_BY_ENVIRONMENT);
	assert_int_equal(conf_set(c, "worker.concurrency", str_of("9"), &m), ERR_OK);
	assert_int_equal(c->worker_concurrency, 9);
	assert_int_equal(conf_set(c, "worker.nothing", str_of("9"), &m), ERR_NOT_FOUND);
	assert_int_equal(conf_set(c, "worker.concurrency", str_of("x"), &m), ERR_INVALID);
	assert_int_equal(c->worker_concurrency, 9);
	assert_int_equal(setenv("ROOST_WORKER_CONCURRENCY", "many", 1), 0);
	assert_int_equal(conf_read(str_of(""), "f.yaml", &none, &m), ERR_INVALID);
	assert_int_equal(strncmp(m.text, "$ROOST_WORKER_CONCURRENCY: ", 27), 0);
	assert_int_equal(unsetenv("ROOST_WORKER_CONCURRENCY"), 0);
	assert_int_equal(unsetenv("ROOST_SETTLE_DELAYS"), 0);
}

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

TEST(reading_again_takes_what_may_change_and_names_what_needs_a_restart)
{
	char path[] = "/tmp/roost-conf-XXXXXX";
	struct errmsg m = {0};
	struct buf restart;
	AUTO(conf) c = NULL;

	int fd = mkstemp(path);
	assert_true(fd >= 0);
	(void)close(fd);
	buf_init(&restart, 900);
	write_file(path, "dispatch: {lease: 10s}\nworker: {concurrency: 5}\n");
	assert_int_equal(conf_load(path, &c, &m), ERR_OK);
	write_file(path, "dispatch: {lease: 20s, retry_cap: 1m}\nworker: {concurrency: 6}\n");
	assert_int_equal(conf_reload(c, &restart, &m), ERR_OK);
	assert_int_equal(c->dispatch_lease, 20 * USEC_SEC);
	assert_int_equal(c->dispatch_retry_cap, USEC_MIN);
	assert_int_equal(c->worker_concurrency, 5);
	assert_string_equal(buf_cstr(&restart), "worker.concurrency");
	write_file(path, "dispatch: {lease: 30s, nonsense: 1}\n");
	assert_int_equal(conf_reload(c, &restart, &m), ERR_INVALID);
	assert_int_equal(c->dispatch_lease, 20 * USEC_SEC);
	buf_done(&restart);
	(void)unlink(path);
}

TEST(the_page_of_settings_is_what_the_table_says)
{
	struct buf made;

	buf_init(&made, 65536);
	conf_print_markdown(&made);
	page_has(SOURCE_DIR "/docs/configuration.md", "common/conf/conf.def", buf_view(&made));
	buf_done(&made);
}

TEST(every_row_has_its_words)
{
	for (size_t i = 0; i < CONF_COUNT; i++) {
		const struct setting *s = &conf_table[i];

		assert_true(s->help[0] && s->programs[0]);
		assert_int_equal(strspn(s->programs, "dwc"), strlen(s->programs));
		assert_int_equal(conf_find(str_of(s->section), str_of(s->key)), i);
	}
}
