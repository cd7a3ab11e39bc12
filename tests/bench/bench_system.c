/*
 * bench_system - load for a dispatcher: agents and a stub worker in one process
 *
 *     bench_system setup   ADMIN_ENDPOINT
 *     bench_system enqueue AGENTS_ENDPOINT JOBS PER_MESSAGE
 *     bench_system cycles  AGENTS_ENDPOINT WORKERS_ENDPOINT JOBS
 *     bench_system latency AGENTS_ENDPOINT WORKERS_ENDPOINT JOBS RATE
 *
 * Prints one JSON object. The stub worker asks BEGIN for every job, waits for GO, and answers
 * "done" at once: what is measured is roost, not X. Every answer counted was flushed by the
 * dispatcher.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/net/loop.h"
#include "common/net/zsock.h"
#include "common/wire/value.h"
#include "common/wire/write.h"

#define ACCOUNTS    5000
#define OUTSTANDING 8 /* enqueue messages without an answer yet */
#define SLOTS       4000
#define STALL       (60 * USEC_SEC)

/* Effects without app windows, 50 in 15 minutes each: enough for 2,000,000 jobs over 5,000
 * accounts. */
static const char *const actions[] = {
	"mute", "unmute", "bookmark", "unbookmark", "follow", "unfollow", "like", "unlike"};

struct bench {
	struct loop *loop;
	struct zsock *agent, *worker;
	struct wire_message message;
	struct buf out;
	int64_t jobs, per_message; /* to be brought; in one message */
	int64_t sent, acked, ended, next_seq, outstanding;
	uint64_t last_seq; /* of a result */
	int64_t credit_used;
	usec_t *sent_at, *took; /* of a latency run, by job */
	int64_t first_id;
	usec_t began, finished;
	usec_t every; /* of a latency run: between two jobs */
	struct loop_timer pace, stall;
	int64_t seen; /* progress at the last stall check */
	bool failed;
};

static _Noreturn void die(const char *what)
{
	(void)fprintf(stderr, "bench_system: %s\n", what);
	exit(1);
}

static void send_out(struct bench *b, struct zsock *z)
{
	if (b->out.err || zsock_send(z, NULL, buf_view(&b->out)))
		die("a message could not be sent");
	buf_reset(&b->out);
}

/* --- the agent --- */

static void put_job(struct bench *b, int64_t i)
{
	static const char filler[] =
		"an agent's own note about this job, of the size that such notes have in life: "
		"who asked for it, in which campaign, and why it was thought to be a good idea";
	const char *action = actions[i / ACCOUNTS % (int64_t)COUNT_OF(actions)];
	bool on_user = strstr(action, "mute") || strstr(action, "follow");
	char account[32], target[32];

	(void)snprintf(account, sizeof(account), "bench%" PRId64, i % ACCOUNTS);
	(void)snprintf(target, sizeof(target), "%" PRId64, INT64_C(1900000000000000000) + i);
	wire_put_map(&b->out, 4);
	wire_pair_text(&b->out, "action", action);
	wire_pair_text(&b->out, "account", account);
	wire_put_text(&b->out, "args");
	wire_put_map(&b->out, 1);
	wire_pair_text(&b->out, on_user ? "user" : "post", target);
	wire_put_text(&b->out, "meta");
	wire_put_map(&b->out, 1);
	wire_pair_text(&b->out, "note", filler);
}

static void send_jobs(struct bench *b, int64_t count)
{
	wire_put_map(&b->out, 3);
	wire_pair_text(&b->out, "op", "enqueue");
	wire_pair_int(&b->out, "seq", ++b->next_seq);
	wire_put_text(&b->out, "jobs");
	wire_put_array(&b->out, (uint32_t)count);
	for (int64_t i = 0; i < count; i++)
		put_job(b, b->sent + i);
	if (b->sent_at)
		b->sent_at[b->sent] = loop_refresh(b->loop).mono;
	b->sent += count;
	b->outstanding++;
	send_out(b, b->agent);
}

static void keep_sending(struct bench *b)
{
	while (!b->every && b->outstanding < OUTSTANDING && b->sent < b->jobs) {
		int64_t left = b->jobs - b->sent;

		send_jobs(b, left < b->per_message ? left : b->per_message);
	}
}

static void subscribe(struct bench *b)
{
	wire_put_map(&b->out, 2);
	wire_pair_text(&b->out, "op", "subscribe");
	wire_pair_int(&b->out, "credit", 100000);
	send_out(b, b->agent);
}

/* Acknowledges all results seen, with as much new credit as they used. */
static void acknowledge(struct bench *b)
{
	if (b->credit_used == 0)
		return;
	wire_put_map(&b->out, 3);
	wire_pair_text(&b->out, "op", "ack");
	wire_pair_int(&b->out, "upto", (int64_t)b->last_seq);
	wire_pair_int(&b->out, "credit", b->credit_used);
	b->credit_used = 0;
	send_out(b, b->agent);
}

static void check_done(struct bench *b)
{
	bool enqueued = b->acked == b->jobs;

	if (!enqueued || (b->worker && b->ended < b->jobs))
		return;
	b->finished = loop_refresh(b->loop).mono;
	loop_stop(b->loop);
}

static void take_result(struct bench *b, const struct wire_value *result)
{
	struct str id = wire_str(wire_get(result, "id"));
	int64_t number = strtoll(id.len > 1 ? id.at + 1 : "0", NULL, 10) - b->first_id;

	if (!str_is(wire_str(wire_get(result, "state")), "done"))
		die("a job did not end well");
	b->last_seq = (uint64_t)wire_int(wire_get(result, "seq"));
	b->credit_used++;
	b->ended++;
	if (b->took && number >= 0 && number < b->jobs)
		b->took[number] = loop_refresh(b->loop).mono - b->sent_at[number];
}

static void take_enqueued(struct bench *b, const struct wire_value *answer)
{
	const struct wire_value *jobs = wire_get(answer, "jobs");

	if (!wire_bool(wire_get(answer, "ok"))) {
		struct str words = wire_str(wire_get(wire_get(answer, "error"), "message"));

		(void)fprintf(stderr, "%.*s\n", STR_ARG(words));
		die("an enqueue was refused");
	}
	if (!jobs)
		return; /* an answer to ack or subscribe */
	if (b->acked == 0)
		b->first_id =
			strtoll(wire_str(wire_get(wire_item(jobs, 0), "id")).at + 1, NULL, 10);
	b->acked += wire_count(jobs);
	b->outstanding--;
}

static void agent_ready(void *ctx, int events)
{
	struct bench *b = ctx;
	struct zmessage z;

	(void)events;
	while (zsock_receive(b->agent, &z)) {
		if (wire_open(&b->message, z.body, NULL))
			die("an answer was malformed");
		const struct wire_value *result = wire_get(b->message.root, "result");
		if (result)
			take_result(b, result);
		else
			take_enqueued(b, b->message.root);
	}
	acknowledge(b);
	keep_sending(b);
	check_done(b);
}

/* --- the stub worker --- */

static void hello(struct bench *b)
{
	wire_put_map(&b->out, 4);
	wire_pair_text(&b->out, "op", "hello");
	wire_pair_text(&b->out, "worker", "bench");
	wire_pair_int(&b->out, "protocol", 1);
	wire_pair_int(&b->out, "slots", SLOTS);
	send_out(b, b->worker);
}

static void put_items(struct bench *b, const char *op, uint32_t count)
{
	wire_put_map(&b->out, 2);
	wire_pair_text(&b->out, "op", op);
	wire_put_text(&b->out, "items");
	wire_put_array(&b->out, count);
}

static void begin_all(struct bench *b, const struct wire_value *items)
{
	put_items(b, "begin", wire_count(items));
	for (uint32_t i = 0; i < wire_count(items); i++) {
		wire_put_array(&b->out, 2);
		wire_put_int(&b->out, wire_int(wire_get(wire_item(items, i), "job")));
		wire_put_int(&b->out, wire_int(wire_get(wire_item(items, i), "lease")));
	}
	send_out(b, b->worker);
}

static void finish_all(struct bench *b, const struct wire_value *items)
{
	put_items(b, "result", wire_count(items));
	for (uint32_t i = 0; i < wire_count(items); i++) {
		const struct wire_value *item = wire_item(items, i);

		if (!wire_bool(wire_item(item, 2)))
			die("a begin was refused");
		wire_put_map(&b->out, 6);
		wire_pair_int(&b->out, "job", wire_int(wire_item(item, 0)));
		wire_pair_int(&b->out, "lease", wire_int(wire_item(item, 1)));
		wire_pair_text(&b->out, "class", "done");
		wire_pair_text(&b->out, "cause", "none");
		wire_pair_int(&b->out, "status", 200);
		wire_put_text(&b->out, "response");
		wire_put_map(&b->out, 1);
		wire_put_text(&b->out, "data");
		wire_put_map(&b->out, 1);
		wire_pair_bool(&b->out, "muting", true);
	}
	send_out(b, b->worker);
}

static void worker_ready(void *ctx, int events)
{
	struct bench *b = ctx;
	struct zmessage z;

	(void)events;
	while (zsock_receive(b->worker, &z)) {
		if (wire_open(&b->message, z.body, NULL))
			die("a message of the dispatcher was malformed");
		struct str op = wire_str(wire_get(b->message.root, "op"));
		const struct wire_value *items = wire_get(b->message.root, "items");

		if (str_is(op, "assign"))
			begin_all(b, items);
		else if (str_is(op, "go"))
			finish_all(b, items);
		else if (str_is(op, "hello"))
			hello(b);
	}
}

/* --- runs --- */

static void paced(void *ctx)
{
	struct bench *b = ctx;
	usec_t now = loop_now(b->loop).mono;

	while (b->sent < b->jobs && b->began + b->sent * b->every <= now)
		send_jobs(b, 1);
	if (b->sent < b->jobs &&
		loop_timer_set(b->loop, &b->pace, b->began + b->sent * b->every))
		die("no timer");
}

static void beat(void *ctx)
{
	struct bench *b = ctx;
	int64_t progress = b->acked + b->ended;
	static int rounds;

	if (b->worker) {
		wire_put_map(&b->out, 1);
		wire_pair_text(&b->out, "op", "beat");
		send_out(b, b->worker);
	}
	if (progress != b->seen)
		rounds = 0;
	b->seen = progress;
	if (++rounds > STALL / (USEC_SEC / 2))
		die("no progress for a minute");
	if (loop_timer_set(b->loop, &b->stall, loop_now(b->loop).mono + USEC_SEC / 2))
		die("no timer");
}

static struct zsock *connect_to(struct bench *b, const char *endpoint, loop_ready *ready)
{
	struct zsock *z;
	struct errmsg m;

	if (zsock_open(ZSOCK_DEALER, &z, &m) || zsock_connect(z, endpoint, &m) ||
		loop_add_socket(b->loop, z, ready, b))
		die(m.text);
	return z;
}

static void run(struct bench *b)
{
	b->stall = (struct loop_timer){.fire = beat, .ctx = b};
	b->pace = (struct loop_timer){.fire = paced, .ctx = b};
	beat(b);
	b->began = loop_refresh(b->loop).mono;
	if (b->every)
		paced(b);
	else
		keep_sending(b);
	if (loop_run(b->loop))
		die("the loop failed");
}

static void import_ready(void *ctx, int events)
{
	struct bench *b = ctx;
	struct zmessage z;

	(void)events;
	while (zsock_receive(b->agent, &z)) {
		if (wire_open(&b->message, z.body, NULL) ||
			!wire_bool(wire_get(b->message.root, "ok")))
			die("the setup was refused");
		if (++b->acked == b->jobs)
			loop_stop(b->loop);
	}
}

static void put_account(struct bench *b, int64_t i)
{
	char name[32], id[32];

	(void)snprintf(name, sizeof(name), "bench%" PRId64, i);
	(void)snprintf(id, sizeof(id), "%" PRId64, 1000 + i);
	wire_put_map(&b->out, 9);
	wire_pair_text(&b->out, "op", "account_import");
	wire_pair_text(&b->out, "name", name);
	wire_pair_text(&b->out, "app", "bench");
	wire_pair_text(&b->out, "user_id", id);
	wire_pair_text(&b->out, "username", name);
	wire_pair_text(&b->out, "access_token",
		"an-access-token-of-about-ninety-characters-as-those-of-X-have-them-in-their-"
		"examples-0000");
	wire_pair_text(&b->out, "refresh_token",
		"a-refresh-token-of-about-ninety-characters-as-those-of-X-have-them-in-their-"
		"examples-0000");
	wire_pair_int(&b->out, "expires_at", loop_now(b->loop).wall / USEC_MSEC + 86400000);
	wire_pair_text(&b->out, "scopes",
		"tweet.read users.read tweet.write follows.write like.write mute.write "
		"bookmark.write offline.access");
	send_out(b, b->agent);
}

static void setup(struct bench *b, const char *admin)
{
	b->agent = connect_to(b, admin, import_ready);
	b->jobs = ACCOUNTS + 1;
	wire_put_map(&b->out, 4);
	wire_pair_text(&b->out, "op", "app_add");
	wire_pair_text(&b->out, "name", "bench");
	wire_pair_text(&b->out, "plan", "enterprise");
	wire_pair_text(&b->out, "client_id", "bench");
	send_out(b, b->agent);
	for (int64_t i = 0; i < ACCOUNTS; i++)
		put_account(b, i);
	if (loop_run(b->loop))
		die("the loop failed");
	printf("{\"accounts\":%d}\n", ACCOUNTS);
}

static double milliseconds(usec_t t)
{
	return (double)t / (double)USEC_MSEC;
}

static int by_value(const void *a, const void *b)
{
	usec_t x = *(const usec_t *)a, y = *(const usec_t *)b;

	return (x > y) - (x < y);
}

static void report(const struct bench *b)
{
	double seconds = (double)(b->finished - b->began) / (double)USEC_SEC;

	printf("{\"jobs\":%" PRId64 ",\"seconds\":%.3f,\"jobs_per_s\":%.0f", b->jobs, seconds,
		(double)b->jobs / seconds);
	if (b->took) {
		qsort(b->took, (size_t)b->jobs, sizeof(*b->took), by_value);
		printf(",\"p50_ms\":%.3f,\"p99_ms\":%.3f,\"max_ms\":%.3f",
			milliseconds(b->took[b->jobs / 2]),
			milliseconds(b->took[b->jobs * 99 / 100]),
			milliseconds(b->took[b->jobs - 1]));
	}
	printf("}\n");
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
	struct bench b = {.loop = loop_new(&clock_system), .per_message = 100};
	const char *what = argc > 1 ? argv[1] : "";

	if (!b.loop)
		die("no memory");
	buf_init(&b.out, ZSOCK_MESSAGE_MAX);
	if (strcmp(what, "setup") == 0 && argc == 3) {
		setup(&b, argv[2]);
	} else if (strcmp(what, "enqueue") == 0 && argc == 5) {
		b.agent = connect_to(&b, argv[2], agent_ready);
		b.jobs = number(argv[3]);
		b.per_message = number(argv[4]);
		run(&b);
		report(&b);
	} else if ((strcmp(what, "cycles") == 0 && argc == 5) ||
		   (strcmp(what, "latency") == 0 && argc == 6)) {
		b.agent = connect_to(&b, argv[2], agent_ready);
		b.worker = connect_to(&b, argv[3], worker_ready);
		b.jobs = number(argv[4]);
		if (argc == 6) {
			b.every = USEC_SEC / number(argv[5]);
			b.sent_at = mem_array((size_t)b.jobs, sizeof(*b.sent_at));
			b.took = mem_array((size_t)b.jobs, sizeof(*b.took));
		}
		subscribe(&b);
		hello(&b);
		run(&b);
		report(&b);
	} else {
		die("say: setup ADMIN | enqueue AGENTS JOBS PER_MESSAGE | cycles AGENTS "
		    "WORKERS JOBS | latency AGENTS WORKERS JOBS RATE");
	}
	wire_close(&b.message);
	if (b.agent)
		loop_remove_socket(b.loop, b.agent);
	if (b.worker)
		loop_remove_socket(b.loop, b.worker);
	zsock_free(b.agent);
	zsock_free(b.worker);
	loop_free(b.loop);
	zsock_end();
	buf_done(&b.out);
	mem_free(b.sent_at);
	mem_free(b.took);
	return 0;
}
