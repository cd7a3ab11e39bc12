/*
 * bench_worker - a stub dispatcher that keeps one worker busy
 *
 *     bench_worker ENDPOINT TOKEN USER_ID JOBS OUTSTANDING
 *
 * Binds ENDPOINT, says so on standard output, waits for a worker, and gives it JOBS reads of
 * its own profile, OUTSTANDING at a time. Prints one JSON object: how many requests the worker
 * made at X a second.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/net/loop.h"
#include "common/net/zsock.h"
#include "common/wire/value.h"
#include "common/wire/write.h"

#define PATIENCE (60 * USEC_SEC)

struct bench {
	struct loop *loop;
	struct zsock *z;
	struct zpeer worker;
	struct wire_message message;
	struct buf out;
	struct loop_timer stall;
	const char *token, *user_id;
	int64_t jobs, outstanding, given, ended, seen;
	usec_t began, finished;
	uint64_t failed;
};

static _Noreturn void die(const char *what)
{
	(void)fprintf(stderr, "bench_worker: %s\n", what);
	exit(1);
}

static void send_out(struct bench *b)
{
	if (b->out.err || zsock_send(b->z, &b->worker, buf_view(&b->out)))
		die("a message could not be sent");
	buf_reset(&b->out);
}

static void welcome(struct bench *b)
{
	wire_put_map(&b->out, 5);
	wire_pair_text(&b->out, "op", "welcome");
	wire_pair_int(&b->out, "protocol", 1);
	wire_pair_int(&b->out, "heartbeat_ms", 1000);
	wire_pair_int(&b->out, "silence_ms", 60000);
	wire_pair_int(&b->out, "request_ms", 30000);
	send_out(b);
}

static void put_assignment(struct bench *b, int64_t job)
{
	wire_put_map(&b->out, 8);
	wire_pair_int(&b->out, "job", job);
	wire_pair_int(&b->out, "lease", job);
	wire_pair_text(&b->out, "step", "act");
	wire_pair_bool(&b->out, "begin", false);
	wire_pair_text(&b->out, "action", "get_me");
	wire_pair_text(&b->out, "user_id", b->user_id);
	wire_pair_text(&b->out, "token", b->token);
	wire_put_text(&b->out, "args");
	wire_put_map(&b->out, 0);
}

static void give_more(struct bench *b)
{
	int64_t room = b->outstanding - (b->given - b->ended);
	int64_t left = b->jobs - b->given;
	int64_t count = room < left ? room : left;

	if (count <= 0)
		return;
	wire_put_map(&b->out, 2);
	wire_pair_text(&b->out, "op", "assign");
	wire_put_text(&b->out, "items");
	wire_put_array(&b->out, (uint32_t)count);
	for (int64_t i = 0; i < count; i++)
		put_assignment(b, ++b->given);
	send_out(b);
}

/* The worker forgets what it is told that is kept. */
static void keep(struct bench *b, const struct wire_value *items)
{
	wire_put_map(&b->out, 2);
	wire_pair_text(&b->out, "op", "kept");
	wire_put_text(&b->out, "items");
	wire_put_array(&b->out, wire_count(items));
	for (uint32_t i = 0; i < wire_count(items); i++) {
		const struct wire_value *item = wire_item(items, i);

		wire_put_array(&b->out, 2);
		wire_put_int(&b->out, wire_int(wire_get(item, "job")));
		wire_put_int(&b->out, wire_int(wire_get(item, "lease")));
		if (!str_is(wire_str(wire_get(item, "class")), "done"))
			b->failed++;
	}
	b->ended += wire_count(items);
	send_out(b);
	if (b->ended < b->jobs)
		return;
	b->finished = loop_refresh(b->loop).mono;
	loop_stop(b->loop);
}

static void beat(struct bench *b)
{
	wire_put_map(&b->out, 2);
	wire_pair_text(&b->out, "op", "beat");
	wire_pair_bool(&b->out, "drain", false);
	send_out(b);
}

static void ready(void *ctx, int events)
{
	struct bench *b = ctx;
	struct zmessage z;

	(void)events;
	while (zsock_receive(b->z, &z)) {
		if (wire_open(&b->message, z.body, NULL))
			die("a message of the worker was malformed");
		struct str op = wire_str(wire_get(b->message.root, "op"));

		b->worker = z.peer;
		if (str_is(op, "hello")) {
			welcome(b);
			b->began = loop_refresh(b->loop).mono;
		} else if (str_is(op, "result")) {
			keep(b, wire_get(b->message.root, "items"));
		} else if (str_is(op, "beat")) {
			beat(b);
		}
		if (b->began)
			give_more(b);
	}
}

static void check_progress(void *ctx)
{
	struct bench *b = ctx;

	if (b->seen == b->ended)
		die("no progress for a minute");
	b->seen = b->ended;
	if (loop_timer_set(b->loop, &b->stall, loop_now(b->loop).mono + PATIENCE))
		die("no timer");
}

static int64_t number(const char *text)
{
	int64_t n;

	if (text_to_int(str_of(text), 1, 100000000, &n))
		die("a number was expected");
	return n;
}

int main(int argc, char **argv)
{
	struct bench b = {.loop = loop_new(&clock_system), .seen = -1};
	struct errmsg m;

	if (argc != 6)
		die("say: ENDPOINT TOKEN USER_ID JOBS OUTSTANDING");
	if (!b.loop)
		die("no memory");
	b.token = argv[2];
	b.user_id = argv[3];
	b.jobs = number(argv[4]);
	b.outstanding = number(argv[5]);
	b.stall = (struct loop_timer){.fire = check_progress, .ctx = &b};
	buf_init(&b.out, ZSOCK_MESSAGE_MAX);
	if (zsock_open(ZSOCK_ROUTER, &b.z, &m) || zsock_bind(b.z, argv[1], &m) ||
		loop_add_socket(b.loop, b.z, ready, &b))
		die(m.text);
	printf("%s\n", zsock_endpoint(b.z));
	(void)fflush(stdout);
	check_progress(&b);
	if (loop_run(b.loop))
		die("the loop failed");
	double seconds = (double)(b.finished - b.began) / (double)USEC_SEC;
	printf("{\"requests\":%" PRId64 ",\"failed\":%" PRIu64
	       ",\"seconds\":%.3f,\"requests_per_s\":%.0f}\n",
		b.ended, b.failed, seconds, (double)b.ended / seconds);
	wire_close(&b.message);
	loop_remove_socket(b.loop, b.z);
	zsock_free(b.z);
	loop_free(b.loop);
	zsock_end();
	buf_done(&b.out);
	return 0;
}
