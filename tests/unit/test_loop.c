#include "common/net/loop.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/net/zsock.h"
#include "tests/lib/test.h"

#define MANY 300

/* A clock that stands where the test puts it. */
static struct now fake_now;

static struct now read_fake(void *ctx)
{
	(void)ctx;
	return fake_now;
}

static const struct clock fake_clock = {.read = read_fake};

static struct loop *at(usec_t mono)
{
	fake_now = (struct now){.mono = mono, .wall = mono};
	struct loop *l = loop_new(&fake_clock);
	assert_non_null(l);
	return l;
}

static void round_at(struct loop *l, usec_t mono)
{
	fake_now.mono = mono;
	assert_int_equal(loop_once(l, 0), ERR_OK);
}

/* What was called, in order, one letter each. */
static char said[64];

static void say(char c)
{
	size_t n = strlen(said);

	assert_true(n + 1 < sizeof(said));
	said[n] = c;
	said[n + 1] = 0;
}

static struct loop *silent_loop(usec_t mono)
{
	said[0] = 0;
	return at(mono);
}

static void say_ctx(void *ctx)
{
	say(*(const char *)ctx);
}

static struct loop_timer saying(const char *letter)
{
	return (struct loop_timer){.fire = say_ctx, .ctx = (void *)(uintptr_t)letter};
}

static void set(struct loop *l, struct loop_timer *t, usec_t mono)
{
	assert_int_equal(loop_timer_set(l, t, mono), ERR_OK);
}

TEST(fires_timers_by_instant_and_then_in_the_order_they_were_set)
{
	AUTO(loop) l = silent_loop(100);
	struct loop_timer a = saying("a"), b = saying("b"), c = saying("c"), d = saying("d");

	set(l, &a, 300);
	set(l, &b, 200);
	set(l, &c, 200);
	set(l, &d, 5);
	round_at(l, 199);
	assert_string_equal(said, "d");
	round_at(l, 300);
	assert_string_equal(said, "dbca");
	round_at(l, 1000);
	assert_string_equal(said, "dbca");
}

TEST(moves_and_cancels_timers)
{
	AUTO(loop) l = silent_loop(0);
	struct loop_timer a = saying("a"), b = saying("b");

	set(l, &a, 10);
	set(l, &b, 20);
	set(l, &a, 30);
	round_at(l, 20);
	assert_string_equal(said, "b");
	loop_timer_cancel(l, &a);
	loop_timer_cancel(l, &a);
	round_at(l, 40);
	assert_string_equal(said, "b");
	set(l, &a, 41);
	round_at(l, 41);
	assert_string_equal(said, "ba");
}

struct again {
	struct loop *l;
	struct loop_timer *t;
	char letter;
};

static void set_anew(void *ctx)
{
	struct again *g = ctx;

	say(g->letter);
	set(g->l, g->t, 0);
}

TEST(lets_no_timer_that_sets_itself_anew_starve_another)
{
	AUTO(loop) l = silent_loop(0);
	struct loop_timer greedy = {.fire = set_anew};
	struct again g = {.l = l, .t = &greedy, .letter = 'g'};
	struct loop_timer other = saying("o");

	greedy.ctx = &g;
	set(l, &greedy, 1);
	set(l, &other, 5);
	round_at(l, 10);
	assert_string_equal(said, "go");
	round_at(l, 10);
	assert_string_equal(said, "gog");
	loop_timer_cancel(l, &greedy);
}

static void cancel_other(void *ctx)
{
	struct again *g = ctx;

	say(g->letter);
	loop_timer_cancel(g->l, g->t);
}

TEST(does_not_fire_what_was_cancelled_in_the_same_round)
{
	AUTO(loop) l = silent_loop(0);
	struct loop_timer b = saying("b");
	struct again g = {.l = l, .t = &b, .letter = 'a'};
	struct loop_timer a = {.fire = cancel_other, .ctx = &g};

	set(l, &a, 1);
	set(l, &b, 1);
	round_at(l, 1);
	assert_string_equal(said, "a");
	assert_int_equal(b.slot, 0);
}

static void count_one(void *ctx)
{
	++*(size_t *)ctx;
}

/* How many of `timers` are set, and due at `now`. */
static size_t due_at(const struct loop_timer *timers, size_t count, usec_t now)
{
	size_t due = 0;

	for (size_t i = 0; i < count; i++)
		due += timers[i].slot && timers[i].at <= now;
	return due;
}

TEST(fires_exactly_those_of_a_thousand_timers_that_are_due)
{
	static struct loop_timer timers[1000];
	struct rng r = test_rng();
	AUTO(loop) l = at(0);
	size_t fired = 0, due = 0;

	for (int round = 0; round < 50; round++) {
		for (size_t i = 0; i < COUNT_OF(timers); i++) {
			timers[i].fire = count_one;
			timers[i].ctx = &fired;
			if (rng_range(&r, 0, 3) == 0)
				loop_timer_cancel(l, &timers[i]);
			else
				set(l, &timers[i], fake_now.mono + rng_range(&r, 1, 1000));
		}
		due += due_at(timers, COUNT_OF(timers), fake_now.mono + 500);
		round_at(l, fake_now.mono + 500);
		assert_int_equal(fired, due);
		assert_int_equal(due_at(timers, COUNT_OF(timers), fake_now.mono), 0);
	}
	assert_true(fired > 10000);
}

/* A timer half a millisecond away must not be polled for. */
TEST(waits_for_a_timer_without_spinning)
{
	AUTO(loop) l = loop_new(&clock_system);
	size_t fired = 0, rounds = 0;
	struct loop_timer t = {.fire = count_one, .ctx = &fired};

	set(l, &t, loop_now(l).mono + 20500);
	do {
		assert_int_equal(loop_once(l, USEC_NEVER), ERR_OK);
		rounds++;
	} while (!fired);
	assert_in_range(rounds, 1, 2);
}

/* Something to watch that, when ready, says its letter and does one more thing. */
struct probe {
	struct loop *l;
	int fd;
	char letter;
	void (*then)(struct probe *p);
	struct probe *other;
};

static void probe_ready(void *ctx, int events)
{
	struct probe *p = ctx;

	assert_true(events & LOOP_READ);
	say(p->letter);
	if (p->then)
		p->then(p);
}

static int ready_fd(void)
{
	int fd = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);

	assert_true(fd >= 0);
	return fd;
}

static void watch(struct probe *p)
{
	assert_int_equal(loop_watch(p->l, p->fd, LOOP_READ, probe_ready, p), ERR_OK);
}

static void drop(struct probe *p)
{
	loop_unwatch(p->l, p->fd);
	(void)close(p->fd);
	p->fd = -1;
}

TEST(calls_again_what_was_not_read)
{
	AUTO(loop) l = silent_loop(0);
	struct probe p = {.l = l, .fd = ready_fd(), .letter = 'p'};
	eventfd_t n;

	watch(&p);
	round_at(l, 0);
	round_at(l, 0);
	assert_string_equal(said, "pp");
	assert_int_equal(eventfd_read(p.fd, &n), 0);
	round_at(l, 0);
	assert_string_equal(said, "pp");
	drop(&p);
}

static void drop_other(struct probe *p)
{
	drop(p->other);
	p->then = NULL;
}

TEST(does_not_call_a_descriptor_that_went_in_the_same_round)
{
	AUTO(loop) l = silent_loop(0);
	struct probe a = {.l = l, .fd = ready_fd(), .letter = 'x', .then = drop_other};
	struct probe b = {.l = l, .fd = ready_fd(), .letter = 'x', .then = drop_other};

	a.other = &b;
	b.other = &a;
	watch(&a);
	watch(&b);
	round_at(l, 0);
	assert_string_equal(said, "x");
	drop(a.fd >= 0 ? &a : &b);
}

/* Puts a new descriptor, not ready, under the number of the other one. */
static void replace_other(struct probe *p)
{
	int number = p->other->fd;
	int fresh = eventfd(0, EFD_CLOEXEC);

	drop(p->other);
	assert_int_equal(dup2(fresh, number), number);
	(void)close(fresh);
	*p->other = (struct probe){.l = p->l, .fd = number, .letter = '!'};
	watch(p->other);
	p->then = NULL;
}

TEST(gives_no_stale_event_to_a_descriptor_of_the_same_number)
{
	AUTO(loop) l = silent_loop(0);
	struct probe a = {.l = l, .fd = ready_fd(), .letter = 'x', .then = replace_other};
	struct probe b = {.l = l, .fd = ready_fd(), .letter = 'x', .then = replace_other};

	a.other = &b;
	b.other = &a;
	watch(&a);
	watch(&b);
	round_at(l, 0);
	assert_string_equal(said, "x");
	assert_int_equal(eventfd_write((a.letter == '!' ? a : b).fd, 1), 0);
	round_at(l, 0);
	assert_non_null(strchr(said, '!'));
	drop(&a);
	drop(&b);
}

/* A library may close a descriptor first: the kernel has then forgotten it already. */
TEST(watches_a_number_that_was_closed_without_a_word)
{
	AUTO(loop) l = silent_loop(0);
	struct probe a = {.l = l, .fd = ready_fd(), .letter = 'a'};

	watch(&a);
	(void)close(a.fd);
	int fd = ready_fd();
	assert_int_equal(fd, a.fd);
	a.letter = 'b';
	watch(&a);
	round_at(l, 0);
	assert_string_equal(said, "b");
	drop(&a);
}

static void note_events(void *ctx, int events)
{
	*(int *)ctx = events;
}

TEST(changes_what_it_waits_for_and_reports_an_error_as_both)
{
	AUTO(loop) l = at(0);
	int pair[2], events = 0;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	assert_int_equal(loop_watch(l, pair[0], LOOP_READ, note_events, &events), ERR_OK);
	round_at(l, 0);
	assert_int_equal(events, 0);
	assert_int_equal(loop_watch(l, pair[0], LOOP_WRITE, note_events, &events), ERR_OK);
	round_at(l, 0);
	assert_int_equal(events, LOOP_WRITE);
	(void)close(pair[1]);
	round_at(l, 0);
	assert_int_equal(events, LOOP_READ | LOOP_WRITE);
	loop_unwatch(l, pair[0]);
	(void)close(pair[0]);
}

TEST(refuses_a_plain_file)
{
	AUTO(loop) l = at(0);
	FILE *file = tmpfile();
	int events;

	assert_non_null(file);
	assert_int_equal(
		loop_watch(l, fileno(file), LOOP_READ, note_events, &events), ERR_INVALID);
	(void)fclose(file);
}

static void count_ready(void *ctx, int events)
{
	(void)events;
	++*(unsigned *)ctx;
}

TEST(reaches_every_descriptor_when_more_are_ready_than_one_round_serves)
{
	static int fds[MANY];
	static unsigned calls[MANY];
	AUTO(loop) l = at(0);

	for (size_t i = 0; i < MANY; i++) {
		fds[i] = ready_fd();
		assert_int_equal(
			loop_watch(l, fds[i], LOOP_READ, count_ready, &calls[i]), ERR_OK);
	}
	for (int round = 0; round < 8; round++)
		round_at(l, 0);
	for (size_t i = 0; i < MANY; i++) {
		assert_true(calls[i] > 0);
		loop_unwatch(l, fds[i]);
		(void)close(fds[i]);
	}
}

/* Sockets: a pair over inproc, the first one with a message that is never read. */

struct zprobe {
	struct loop *l;
	struct zsock *z, *peer;
	char letter;
	void (*then)(struct zprobe *p);
	struct zprobe *other;
};

static void zprobe_ready(void *ctx, int events)
{
	struct zprobe *p = ctx;

	assert_int_equal(events, LOOP_READ);
	say(p->letter);
	if (p->then)
		p->then(p);
}

static void zprobe_open(struct zprobe *p, struct loop *l, char letter)
{
	char endpoint[32];
	struct errmsg m;

	(void)snprintf(endpoint, sizeof(endpoint), "inproc://loop-%c", letter);
	*p = (struct zprobe){.l = l, .letter = letter};
	assert_int_equal(zsock_open(ZSOCK_DEALER, &p->z, &m), ERR_OK);
	assert_int_equal(zsock_open(ZSOCK_DEALER, &p->peer, &m), ERR_OK);
	assert_int_equal(zsock_bind(p->z, endpoint, &m), ERR_OK);
	assert_int_equal(zsock_connect(p->peer, endpoint, &m), ERR_OK);
	assert_int_equal(zsock_send(p->peer, NULL, str_of("x")), ERR_OK);
	assert_int_equal(loop_add_socket(l, p->z, zprobe_ready, p), ERR_OK);
}

static void zprobe_drop(struct zprobe *p)
{
	if (!p->z)
		return;
	loop_remove_socket(p->l, p->z);
	zsock_free(p->z);
	zsock_free(p->peer);
	p->z = NULL;
}

static void zdrop_other(struct zprobe *p)
{
	zprobe_drop(p->other);
}

static void zdrop_self(struct zprobe *p)
{
	zprobe_drop(p);
}

/* What only we have, an answer of X, does not stand behind what others can say again. */
TEST(serves_descriptors_before_timers_and_messages)
{
	AUTO(loop) l = silent_loop(0);
	struct probe d = {.l = l, .fd = ready_fd(), .letter = 'd'};
	struct loop_timer t = saying("t");
	struct zprobe z;

	zprobe_open(&z, l, 'z');
	watch(&d);
	set(l, &t, 1);
	loop_after_descriptors(l, say_ctx, (void *)(uintptr_t) "h");
	loop_after_round(l, say_ctx, (void *)(uintptr_t) "e");
	round_at(l, 1);
	assert_string_equal(said, "dhtze");
	drop(&d);
	round_at(l, 1);
	assert_string_equal(said, "dhtzehze");
	zprobe_drop(&z);
}

TEST(lets_sockets_go_while_they_are_called)
{
	struct zprobe a = {0}, b = {0}, c = {0};
	AUTO(loop) l = silent_loop(0);

	zprobe_open(&a, l, 'a');
	zprobe_open(&b, l, 'b');
	zprobe_open(&c, l, 'c');
	a.then = zdrop_other;
	a.other = &b;
	c.then = zdrop_self;
	round_at(l, 0);
	assert_string_equal(said, "ac");
	a.then = NULL;
	round_at(l, 0);
	assert_string_equal(said, "aca");
	zprobe_drop(&a);
	round_at(l, 0);
	assert_string_equal(said, "aca");
	zsock_end();
}

static void zopen_other(struct zprobe *p)
{
	zprobe_open(p->other, p->l, 'n');
	p->then = NULL;
}

TEST(takes_sockets_in_while_they_are_called)
{
	struct zprobe a = {0}, b = {0};
	AUTO(loop) l = silent_loop(0);

	zprobe_open(&a, l, 'a');
	a.then = zopen_other;
	a.other = &b;
	round_at(l, 0);
	assert_string_equal(said, "a");
	round_at(l, 0);
	assert_string_equal(said, "aan");
	zprobe_drop(&a);
	zprobe_drop(&b);
	zsock_end();
}

/* Rounds */

static void after_say(void *ctx)
{
	say(*(const char *)ctx);
}

static void stop_loop(struct probe *p)
{
	loop_stop(p->l);
}

TEST(stops_after_the_round_has_been_closed)
{
	AUTO(loop) l = silent_loop(0);
	struct probe p = {.l = l, .fd = ready_fd(), .letter = 'p', .then = stop_loop};

	watch(&p);
	loop_after_round(l, after_say, (void *)(uintptr_t) ".");
	assert_int_equal(loop_run(l), ERR_OK);
	assert_string_equal(said, "p.");
	loop_stop(l);
	assert_int_equal(loop_run(l), ERR_OK);
	assert_string_equal(said, "p.");
	assert_int_equal(loop_run(l), ERR_OK);
	assert_string_equal(said, "p.p.");
	drop(&p);
}

/* Would wait for ever: nothing is watched and no timer is set. */
TEST(does_not_wait_when_there_is_more_to_do)
{
	AUTO(loop) l = silent_loop(0);

	loop_after_round(l, after_say, (void *)(uintptr_t) ".");
	loop_again(l);
	assert_int_equal(loop_once(l, USEC_NEVER), ERR_OK);
	assert_string_equal(said, ".");
}

TEST(reads_the_clock_once_a_round_and_when_asked)
{
	AUTO(loop) l = at(5);

	assert_int_equal(loop_now(l).mono, 5);
	fake_now.mono = 6;
	assert_int_equal(loop_now(l).mono, 5);
	assert_int_equal(loop_refresh(l).mono, 6);
	round_at(l, 7);
	assert_int_equal(loop_now(l).mono, 7);
}

/* Signals */

static void say_signal(void *ctx, int signo)
{
	(void)ctx;
	say(signo == SIGUSR1 ? '1' : '2');
}

TEST(turns_signals_into_calls)
{
	AUTO(loop) l = silent_loop(0);

	assert_int_equal(loop_on_signal(l, SIGUSR1, say_signal, NULL), ERR_OK);
	assert_int_equal(loop_on_signal(l, SIGUSR2, say_signal, NULL), ERR_OK);
	assert_int_equal(loop_on_signal(l, 100000, say_signal, NULL), ERR_INVALID);
	(void)raise(SIGUSR2);
	round_at(l, 0);
	assert_string_equal(said, "2");
	(void)raise(SIGUSR1);
	round_at(l, 0);
	assert_string_equal(said, "21");
}

static bool is_blocked(int signo)
{
	sigset_t now;

	(void)pthread_sigmask(SIG_BLOCK, NULL, &now);
	return sigismember(&now, signo) == 1;
}

TEST(gives_signals_back_as_it_found_them)
{
	sigset_t winch;

	sigemptyset(&winch);
	sigaddset(&winch, SIGWINCH);
	(void)pthread_sigmask(SIG_BLOCK, &winch, NULL);
	{
		AUTO(loop) l = silent_loop(0);
		assert_false(is_blocked(SIGURG));
		assert_int_equal(loop_on_signal(l, SIGURG, say_signal, NULL), ERR_OK);
		assert_int_equal(loop_on_signal(l, SIGWINCH, say_signal, NULL), ERR_OK);
		assert_true(is_blocked(SIGURG));
	}
	assert_false(is_blocked(SIGURG));
	assert_true(is_blocked(SIGWINCH));
}

static volatile sig_atomic_t alarms;

static void note_alarm(int signo)
{
	(void)signo;
	alarms++;
}

TEST(takes_an_interrupted_wait_for_a_round)
{
	struct sigaction act = {.sa_handler = note_alarm}, before;
	struct itimerval soon = {.it_value.tv_usec = 2000, .it_interval.tv_usec = 2000};
	struct itimerval never = {0};
	AUTO(loop) l = silent_loop(0);

	alarms = 0;
	assert_int_equal(sigaction(SIGALRM, &act, &before), 0);
	assert_int_equal(setitimer(ITIMER_REAL, &soon, NULL), 0);
	while (!alarms)
		assert_int_equal(loop_once(l, USEC_MIN), ERR_OK);
	assert_int_equal(setitimer(ITIMER_REAL, &never, NULL), 0);
	assert_int_equal(sigaction(SIGALRM, &before, NULL), 0);
}

/* Out of memory */

TEST(survives_every_failing_allocation)
{
	int fd = ready_fd(), events;
	bool done = false;

	fake_now = (struct now){0};
	for (int64_t n = 0; !done; n++) {
		struct loop_timer t = {.fire = say_ctx};

		mem_fail_after(n);
		AUTO(loop) l = loop_new(&fake_clock);
		if (!l)
			continue;
		enum err watched = loop_watch(l, fd, LOOP_READ, note_events, &events);
		assert_true(watched == ERR_OK || watched == ERR_NOMEM);
		enum err timed = loop_timer_set(l, &t, 5);
		assert_true(timed == ERR_OK || (timed == ERR_NOMEM && t.slot == 0));
		done = watched == ERR_OK && timed == ERR_OK;
		mem_fail_after(-1);
		round_at(l, 0);
		assert_true(n < 100);
	}
	(void)close(fd);
}
