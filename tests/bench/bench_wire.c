/*
 * What a message costs: build with the preset release, run without arguments.
 *
 * The subject is an enqueue of 100 jobs of about 300 bytes, a begin of one job,
 * and two frames made to be expensive to check for keys that come twice.
 */
#include <stdio.h>

#include "common/base/clock.h"
#include "common/wire/messages.h"
#include "common/wire/write.h"

#define JOBS 100

static void put_job(struct buf *b, int i)
{
	char key[32];

	(void)snprintf(key, sizeof(key), "launch-%d", i);
	wire_put_map(b, 8);
	wire_pair_text(b, "action", "post");
	wire_pair_text(b, "account", "acme");
	wire_put_text(b, "args");
	wire_put_map(b, 2);
	wire_pair_text(b, "text",
		"Every job ends in exactly one final state, and that state reaches the agent "
		"that brought it, over any restart of either side.");
	wire_pair_text(b, "reply_settings", "following");
	wire_pair_text(b, "key", key);
	wire_pair_int(b, "run_at", 1790000000000);
	wire_pair_int(b, "priority", 5);
	wire_put_text(b, "tags");
	wire_put_array(b, 2);
	wire_put_text(b, "spring");
	wire_put_text(b, "launch");
	wire_put_text(b, "meta");
	wire_put_map(b, 2);
	wire_pair_text(b, "campaign", "spring-2026");
	wire_pair_int(b, "row", i);
}

static void put_enqueue(struct buf *b)
{
	buf_reset(b);
	wire_put_map(b, 3);
	wire_pair_text(b, "op", "enqueue");
	wire_pair_int(b, "seq", 1);
	wire_put_text(b, "jobs");
	wire_put_array(b, JOBS);
	for (int i = 0; i < JOBS; i++)
		put_job(b, i);
}

static void put_begin(struct buf *b)
{
	buf_reset(b);
	wire_put_map(b, 2);
	wire_pair_text(b, "op", "begin");
	wire_put_text(b, "items");
	wire_put_array(b, 1);
	wire_put_array(b, 2);
	wire_put_int(b, 123456);
	wire_put_int(b, INT64_C(1) << 40);
}

/* A map of `count` keys that have the same ends and differ in the middle. */
static void put_hostile(struct buf *b, const char *ends, uint32_t count)
{
	buf_reset(b);
	wire_put_map(b, count);
	for (uint32_t i = 0; i < count; i++) {
		char key[40];
		int n = snprintf(key, sizeof(key), "%s%05u%s", ends, i, ends);

		wire_put_str(b, (struct str){key, (size_t)n});
		wire_put_nil(b);
	}
}

/* What is measured, on one frame; false: it failed. */
typedef bool work(struct wire_message *w, struct str frame, struct buf *out);

static bool do_walk(struct wire_message *w, struct str frame, struct buf *out)
{
	(void)w;
	(void)out;
	return !wire_walk(frame, NULL);
}

static bool do_open(struct wire_message *w, struct str frame, struct buf *out)
{
	(void)out;
	return !wire_open(w, frame, NULL);
}

static bool do_read(struct wire_message *w, struct str frame, struct buf *out)
{
	struct msg_enqueue enqueue = {0};

	if (!do_open(w, frame, out) || message_read(w->root, MSG_ENQUEUE, &enqueue, NULL))
		return false;
	for (uint32_t i = 0; i < wire_count(enqueue.jobs); i++) {
		struct msg_job job = {0};

		if (fields_read(wire_item(enqueue.jobs, i), job_fields, job_field_count, &job,
			    NULL))
			return false;
	}
	return true;
}

static bool do_write(struct wire_message *w, struct str frame, struct buf *out)
{
	(void)w;
	(void)frame;
	put_enqueue(out);
	return !out->err;
}

static bool do_canonical(struct wire_message *w, struct str frame, struct buf *out)
{
	(void)frame;
	buf_reset(out);
	wire_put_canonical(out, w->root);
	return !out->err;
}

/* Does it for about half a second, and says what one took. */
static void measure(const char *name, work *f, const struct buf *b)
{
	struct wire_message w = {0};
	struct buf out;
	int64_t times = 0;
	usec_t from = clock_system.read(NULL).mono;
	usec_t took = 0;

	buf_init(&out, 1 << 20);
	ASSERT(!wire_open(&w, buf_view(b), NULL));
	while (took < USEC_SEC / 2) {
		for (int i = 0; i < 50; i++)
			ASSERT(f(&w, buf_view(b), &out));
		times += 50;
		took = clock_system.read(NULL).mono - from;
	}
	double one = (double)took / (double)times;
	printf("%-40s %9zu bytes %11.3f us %9.0f MB/s\n", name, b->len, one,
		(double)b->len / one);
	wire_close(&w);
	buf_done(&out);
}

int main(void)
{
	struct buf b;

	buf_init(&b, 1 << 20);
	put_enqueue(&b);
	measure("enqueue of 100: walk", do_walk, &b);
	measure("enqueue of 100: walk and tree", do_open, &b);
	measure("enqueue of 100: and read every job", do_read, &b);
	measure("enqueue of 100: write", do_write, &b);
	measure("enqueue of 100: write canonically", do_canonical, &b);
	put_begin(&b);
	measure("begin of one: walk and tree", do_open, &b);
	put_hostile(&b, "", 99999);
	measure("map of 99,999 keys: walk", do_walk, &b);
	put_hostile(&b, "same ends ", 30000);
	measure("map of 30,000 keys that look alike: walk", do_walk, &b);
	buf_done(&b);
	return 0;
}
