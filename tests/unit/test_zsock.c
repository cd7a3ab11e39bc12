#include "common/net/zsock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <zmq.h>

#include "common/base/mem.h"
#include "tests/lib/test.h"

TEST(knows_which_endpoints_only_this_machine_reaches)
{
	/* clang-format off */
	static const struct { const char *endpoint; bool local; } cases[] = {
		{"tcp://127.0.0.1:7701",          true},
		{"tcp://127.8.9.10:*",            true},
		{"tcp://localhost:7701",          true},
		{"tcp://[::1]:7701",              true},
		{"ipc:///run/roost/agents",       true},
		{"inproc://zap",                  true},
		{"tcp://0.0.0.0:7701",            false},
		{"tcp://*:7701",                  false},
		{"tcp://10.0.0.1:7701",           false},
		{"tcp://[::]:7701",               false},
		{"tcp://eth0:7701",               false},
		{"tcp://127.example.com:7701",    false},
		{"tcp://127.0.0.1.evil.com:7701", false},
		{"tcp://127.0.0.1;10.0.0.1:7701", false},
		{"tcp://localhost.evil.com:7701", false},
		{"tcp://127.0.0.1",               false},
		{"tcp://",                        false},
		{"udp://127.0.0.1:7701",          false},
		{"pgm://127.0.0.1:7701",          false},
		{"",                              false},
	};
	/* clang-format on */

	for (size_t i = 0; i < COUNT_OF(cases); i++)
		if (zsock_is_local(cases[i].endpoint) != cases[i].local)
			fail_msg("%s", cases[i].endpoint);
}

/* Waits, within reason, until a message is at z. */
static void wait_for(struct zsock *z)
{
	zmq_pollitem_t item = {.socket = zsock_raw(z), .events = ZMQ_POLLIN};

	assert_int_equal(zmq_poll(&item, 1, 10000), 1);
}

static struct zmessage received(struct zsock *z)
{
	struct zmessage msg;

	wait_for(z);
	assert_true(zsock_receive(z, &msg));
	return msg;
}

static struct zsock *opened(enum zsock_kind kind)
{
	struct zsock *z = NULL;
	struct errmsg m = {0};

	if (zsock_open(kind, &z, &m))
		fail_msg("%s", m.text);
	return z;
}

static struct zsock *bound(enum zsock_kind kind, const char *endpoint)
{
	struct zsock *z = opened(kind);
	struct errmsg m = {0};

	if (zsock_bind(z, endpoint, &m))
		fail_msg("%s", m.text);
	return z;
}

static struct zsock *connected(enum zsock_kind kind, const struct zsock *to)
{
	struct zsock *z = opened(kind);
	struct errmsg m = {0};

	if (zsock_connect(z, zsock_endpoint(to), &m))
		fail_msg("%s", m.text);
	return z;
}

/* A folder of this test's own; its sockets are gone when it is removed. */
static char folder[64];

static const char *in_folder(const char *scheme, const char *name)
{
	static char path[128];

	if (!folder[0]) {
		(void)snprintf(folder, sizeof(folder), "/tmp/roost-zsock-XXXXXX");
		assert_non_null(mkdtemp(folder));
	}
	(void)snprintf(path, sizeof(path), "%s%s/%s", scheme, folder, name);
	return path;
}

static void remove_folder(void)
{
	assert_int_equal(rmdir(folder), 0);
	folder[0] = 0;
}

static void assert_is(struct str s, const char *text)
{
	if (!str_is(s, text))
		fail_msg("'%.*s' is not '%s'", STR_ARG(s), text);
}

static void assert_sent(enum err e)
{
	assert_int_equal(e, ERR_OK);
}

/* A question and its answer over endpoint, to and from a DEALER. */
static void converse(const char *endpoint)
{
	AUTO(zsock) router = bound(ZSOCK_ROUTER, endpoint);
	AUTO(zsock) dealer = connected(ZSOCK_DEALER, router);

	assert_sent(zsock_send(dealer, NULL, str_of("how are you?")));
	struct zmessage msg = received(router);
	assert_is(msg.body, "how are you?");
	assert_false(msg.malformed);
	assert_false(msg.peer.framed);
	assert_string_equal(msg.user_id, "");
	assert_sent(zsock_send(router, &msg.peer, str_of("well")));
	assert_is(received(dealer).body, "well");
	assert_false(zsock_receive(dealer, &msg));
}

TEST(converses_over_tcp_ipc_and_inproc)
{
	converse("tcp://127.0.0.1:*");
	converse(in_folder("ipc://", "converse"));
	converse("ipc://*");
	converse("inproc://converse");
	zsock_end();
	remove_folder();
}

/* Frames as a stranger sends them, through libzmq itself. */
static void *stranger(int type, const struct zsock *to)
{
	static void *context;

	if (!context)
		context = zmq_ctx_new();
	if (!to) {
		zmq_ctx_term(context);
		context = NULL;
		return NULL;
	}
	void *raw = zmq_socket(context, type);
	int linger = 0;
	assert_int_equal(zmq_setsockopt(raw, ZMQ_LINGER, &linger, sizeof(linger)), 0);
	assert_int_equal(zmq_connect(raw, zsock_endpoint(to)), 0);
	return raw;
}

/* Sends the words of `frames`, one frame each, "-" for an empty one. */
static void send_words(void *raw, const char *frames)
{
	for (size_t n; *frames; frames += n + (frames[n] == ' ')) {
		n = strcspn(frames, " ");
		size_t len = n == 1 && *frames == '-' ? 0 : n;
		int more = frames[n] ? ZMQ_SNDMORE : 0;
		assert_int_equal(zmq_send(raw, frames, len, more), (int)len);
	}
}

TEST(takes_a_body_with_or_without_an_empty_frame_and_nothing_else)
{
	/* clang-format off */
	static const struct { const char *frames; bool malformed, framed; const char *body; } cases[] = {
		{"body",     false, false, "body"},
		{"- body",   false, true,  "body"},
		{"-",        false, false, ""},
		{"- -",      false, true,  ""},
		{"a b",      true,  false, ""},
		{"a -",      true,  false, ""},
		{"- a b",    true,  true,  ""},
		{"a b c",    true,  false, ""},
		{"- a b c d e f g", true, true, ""},
		{"last",     false, false, "last"},
	};
	/* clang-format on */
	AUTO(zsock) router = bound(ZSOCK_ROUTER, "tcp://127.0.0.1:*");
	void *raw = stranger(ZMQ_DEALER, router);

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		char echo[8];
		send_words(raw, cases[i].frames);
		struct zmessage msg = received(router);
		assert_int_equal(msg.malformed, cases[i].malformed);
		assert_int_equal(msg.peer.framed, cases[i].framed);
		assert_is(msg.body, cases[i].body);
		/* Each can be answered, in the form in which it came. */
		assert_sent(zsock_send(router, &msg.peer, str_of("re")));
		assert_int_equal(zmq_recv(raw, echo, 8, 0), cases[i].framed ? 0 : 2);
		if (cases[i].framed)
			assert_int_equal(zmq_recv(raw, echo, 8, 0), 2);
	}
	zmq_close(raw);
	(void)stranger(0, NULL);
}

/* Bodies of all sizes arrive whole over sockets that wipe, and what came is wiped when the next
 * one is taken. */
TEST(wipes_what_is_secret)
{
	AUTO(zsock) a = NULL;
	AUTO(zsock) b = NULL;
	struct zmessage m;
	char body[5000];

	assert_int_equal(zsock_open(ZSOCK_DEALER, &a, NULL), ERR_OK);
	assert_int_equal(zsock_open(ZSOCK_DEALER, &b, NULL), ERR_OK);
	zsock_is_secret(a);
	assert_int_equal(zsock_bind(a, "inproc://wiped", NULL), ERR_OK);
	assert_int_equal(zsock_connect(b, "inproc://wiped", NULL), ERR_OK);
	memset(body, 's', sizeof(body));

	/* So short that it lies in the socket itself, and can be looked at afterwards. */
	assert_int_equal(zsock_send(b, NULL, (struct str){body, 20}), ERR_OK);
	while (!zsock_receive(a, &m))
		;
	const char *came = m.body.at;
	assert_int_equal(came[0], 's');
	assert_false(zsock_receive(a, &m));
	for (size_t i = 0; i < 20; i++)
		assert_int_equal(came[i], 0);

	zsock_is_secret(b);
	for (size_t len = 0; len <= sizeof(body); len = len * 3 + 20) {
		struct str sent = {body, len};

		assert_int_equal(zsock_send(b, NULL, sent), ERR_OK);
		while (!zsock_receive(a, &m))
			;
		assert_true(str_equal(m.body, sent));
	}
}

TEST(answers_a_req_socket)
{
	AUTO(zsock) router = bound(ZSOCK_ROUTER, "tcp://127.0.0.1:*");
	void *raw = stranger(ZMQ_REQ, router);
	char answer[8];

	send_words(raw, "question");
	struct zmessage msg = received(router);
	assert_is(msg.body, "question");
	assert_sent(zsock_send(router, &msg.peer, str_of("yes")));
	assert_int_equal(zmq_recv(raw, answer, sizeof(answer), 0), 3);
	zmq_close(raw);
	(void)stranger(0, NULL);
}

TEST(knows_nobody_of_a_name_too_long_to_keep)
{
	AUTO(zsock) router = bound(ZSOCK_ROUTER, "tcp://127.0.0.1:*");
	struct errmsg m;
	AUTO(zsock) dealer = opened(ZSOCK_DEALER);
	char name[ZSOCK_PEER_MAX + 1];

	memset(name, 'n', sizeof(name));
	assert_int_equal(
		zmq_setsockopt(zsock_raw(dealer), ZMQ_ROUTING_ID, name, sizeof(name)), 0);
	assert_sent(zsock_connect(dealer, zsock_endpoint(router), &m));
	assert_sent(zsock_send(dealer, NULL, str_of("body")));
	struct zmessage msg = received(router);
	assert_true(msg.malformed);
	assert_int_equal(msg.peer.len, 0);
	assert_is(msg.body, "");
	assert_int_equal(zsock_send(router, &msg.peer, str_of("re")), ERR_CLOSED);
}

TEST(says_when_a_peer_is_gone)
{
	AUTO(zsock) router = bound(ZSOCK_ROUTER, "tcp://127.0.0.1:*");
	struct zmessage msg;
	struct zpeer nobody = {.id = "nobody", .len = 6};

	assert_int_equal(zsock_send(router, &nobody, str_of("re")), ERR_CLOSED);
	{
		AUTO(zsock) dealer = connected(ZSOCK_DEALER, router);
		assert_sent(zsock_send(dealer, NULL, str_of("bye")));
		msg = received(router);
	}
	enum err e = ERR_OK;
	for (int i = 0; i < 1000 && !e; i++) {
		e = zsock_send(router, &msg.peer, str_of("re"));
		(void)zmq_poll(NULL, 0, 5);
	}
	assert_int_equal(e, ERR_CLOSED);
}

TEST(is_full_at_its_bound_and_queues_nothing_more)
{
	AUTO(zsock) a = bound(ZSOCK_DEALER, "inproc://full");
	AUTO(zsock) b = connected(ZSOCK_DEALER, a);
	size_t sent = 0, arrived = 0;
	struct zmessage msg;

	while (sent <= 3 * (size_t)ZSOCK_QUEUE_MAX && !zsock_send(b, NULL, str_of("x")))
		sent++;
	assert_int_equal(zsock_send(b, NULL, str_of("x")), ERR_UNAVAILABLE);
	assert_in_range(sent, ZSOCK_QUEUE_MAX, 2 * ZSOCK_QUEUE_MAX);
	while (zsock_receive(a, &msg))
		arrived++;
	assert_int_equal(arrived, sent);
}

TEST(carries_the_largest_body_and_refuses_a_larger_one)
{
	AUTO(zsock) router = bound(ZSOCK_ROUTER, "tcp://127.0.0.1:*");
	AUTO(zsock) dealer = connected(ZSOCK_DEALER, router);
	char *big = mem_alloc(ZSOCK_MESSAGE_MAX + ZSOCK_SLACK);

	assert_non_null(big);
	struct str body = {.at = big, .len = ZSOCK_MESSAGE_MAX};
	assert_sent(zsock_send(dealer, NULL, body));
	assert_int_equal(received(router).body.len, ZSOCK_MESSAGE_MAX);
	body.len++;
	assert_int_equal(zsock_send(dealer, NULL, body), ERR_TOO_BIG);

	/* What a stranger sends within the slack arrives, so that it can be refused in words.
	 */
	void *raw = stranger(ZMQ_DEALER, router);
	assert_true(zmq_send(raw, big, ZSOCK_MESSAGE_MAX + ZSOCK_SLACK, 0) > 0);
	assert_int_equal(received(router).body.len, ZSOCK_MESSAGE_MAX + ZSOCK_SLACK);
	zmq_close(raw);
	(void)stranger(0, NULL);
	mem_free(big);
}

TEST(publishes_by_topic)
{
	AUTO(zsock) pub = bound(ZSOCK_PUB, "tcp://127.0.0.1:*");
	AUTO(zsock) sub = connected(ZSOCK_SUB, pub);
	struct zmessage msg;
	bool got = false;

	assert_sent(zsock_subscribe(sub, "job.done"));
	for (int i = 0; i < 1000 && !got; i++) { /* until the subscription has arrived */
		assert_sent(zsock_publish(pub, "job.failed.acme", str_of("no")));
		assert_sent(zsock_publish(pub, "job.done.acme", str_of("yes")));
		(void)zmq_poll(NULL, 0, 5);
		got = zsock_receive(sub, &msg);
	}
	assert_true(got);
	assert_is(msg.topic, "job.done.acme");
	assert_is(msg.body, "yes");
	assert_false(msg.malformed);
}

TEST(makes_a_socket_file_that_is_its_owners_alone)
{
	mode_t before = umask(0);
	AUTO(zsock) z = bound(ZSOCK_ROUTER, in_folder("ipc://", "mode"));
	struct stat st;

	assert_int_equal(umask(before), 0);
	assert_int_equal(stat(in_folder("", "mode"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	zsock_free(STEAL(z));
	zsock_end();
	assert_int_equal(stat(in_folder("", "mode"), &st), -1);
	remove_folder();
}

/* A socket file of a process that died. */
static void leave_stale(const char *path)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	memcpy(a.sun_path, path, strlen(path) + 1);
	assert_int_equal(bind(fd, (const struct sockaddr *)&a, sizeof(a)), 0);
	(void)close(fd);
}

TEST(replaces_a_stale_socket_file)
{
	leave_stale(in_folder("", "stale"));
	converse(in_folder("ipc://", "stale"));
	zsock_end();
	remove_folder();
}

static void assert_bind_fails(const char *endpoint, enum err expected, const char *words)
{
	AUTO(zsock) z = opened(ZSOCK_ROUTER);
	struct errmsg m;

	assert_int_equal(zsock_bind(z, endpoint, &m), expected);
	if (!strstr(m.text, words) || !strstr(m.text, "'"))
		fail_msg("%s", m.text);
}

TEST(takes_no_endpoint_away_from_anybody)
{
	AUTO(zsock) ipc = bound(ZSOCK_ROUTER, in_folder("ipc://", "taken"));
	AUTO(zsock) tcp = bound(ZSOCK_ROUTER, "tcp://127.0.0.1:*");
	AUTO(zsock) dealer = connected(ZSOCK_DEALER, ipc);

	assert_bind_fails(in_folder("ipc://", "taken"), ERR_UNAVAILABLE, "another dispatcher");
	assert_bind_fails(zsock_endpoint(tcp), ERR_UNAVAILABLE, "another dispatcher");
	assert_sent(zsock_send(dealer, NULL, str_of("still there?")));
	assert_is(received(ipc).body, "still there?");
	zsock_free(STEAL(ipc));
	zsock_free(STEAL(tcp));
	zsock_free(STEAL(dealer));
	zsock_end();
	remove_folder();
}

TEST(removes_no_file_that_is_not_a_socket)
{
	FILE *file = fopen(in_folder("", "plain"), "w");

	assert_non_null(file);
	(void)fclose(file);
	assert_bind_fails(in_folder("ipc://", "plain"), ERR_INVALID, "not a socket");
	assert_int_equal(unlink(in_folder("", "plain")), 0);
	remove_folder();
}

TEST(says_what_is_wrong_with_an_endpoint)
{
	char path[160];

	memset(path, 'p', sizeof(path));
	memcpy(path, "ipc:///", 7);
	path[sizeof(path) - 1] = 0;
	assert_bind_fails(path, ERR_INVALID, "107 bytes");
	assert_bind_fails("ipc:///no/such/folder/x", ERR_NOT_FOUND, "create it first");
	assert_bind_fails("tcp://203.0.113.7:7701", ERR_INVALID, "no such address");
	assert_bind_fails("tcp://127.0.0.1", ERR_INVALID, "tcp://HOST:PORT");
	assert_bind_fails("udp://127.0.0.1:7701", ERR_INVALID, "tcp://HOST:PORT");
	assert_bind_fails("", ERR_INVALID, "tcp://HOST:PORT");

	AUTO(zsock) z = opened(ZSOCK_DEALER);
	struct errmsg m;
	assert_int_equal(zsock_connect(z, "http://127.0.0.1:7701", &m), ERR_INVALID);
	assert_string_equal(m.text, "'http://127.0.0.1:7701': not an endpoint; write "
				    "tcp://HOST:PORT or ipc://PATH");
}

TEST(sets_every_bound)
{
	/* clang-format off */
	static const struct { int option; int value; } bounds[] = {
		{ZMQ_LINGER, 500}, {ZMQ_HANDSHAKE_IVL, 3000}, {ZMQ_BACKLOG, 4096},
		{ZMQ_HEARTBEAT_IVL, 2000}, {ZMQ_HEARTBEAT_TIMEOUT, 6000}, {ZMQ_HEARTBEAT_TTL, 6000},
		{ZMQ_RECONNECT_IVL, 100}, {ZMQ_RECONNECT_IVL_MAX, 5000},
		{ZMQ_SNDHWM, ZSOCK_QUEUE_MAX}, {ZMQ_RCVHWM, ZSOCK_QUEUE_MAX}, {ZMQ_IPV6, 0},
	};
	/* clang-format on */
	for (int kind = ZSOCK_ROUTER; kind <= ZSOCK_SUB; kind++) {
		AUTO(zsock) z = opened((enum zsock_kind)kind);
		int64_t size;
		size_t len = sizeof(size);

		for (size_t i = 0; i < COUNT_OF(bounds); i++) {
			int value;
			size_t n = sizeof(value);
			assert_int_equal(
				zmq_getsockopt(zsock_raw(z), bounds[i].option, &value, &n), 0);
			assert_int_equal(value, bounds[i].value);
		}
		assert_int_equal(zmq_getsockopt(zsock_raw(z), ZMQ_MAXMSGSIZE, &size, &len), 0);
		assert_int_equal(size, ZSOCK_MESSAGE_MAX + ZSOCK_SLACK);
	}
}

TEST(survives_failing_allocations)
{
	struct errmsg m;
	struct zsock *z = NULL;

	mem_fail_after(0);
	assert_int_equal(zsock_open(ZSOCK_PUB, &z, &m), ERR_NOMEM);
	mem_fail_after(-1);
	assert_null(z);
	zsock_end();
}
