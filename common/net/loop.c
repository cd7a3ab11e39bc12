#include "common/net/loop.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <zmq.h>

#include "common/base/heap.h"
#include "common/base/mem.h"
#include "common/base/slab.h"
#include "common/net/zsock.h"

#define READY_MAX   128             /* descriptors served in one round; the others come next */
#define SIGNALS_MAX 8               /* see loop_on_signal() */
#define WAIT_MAX    (10 * USEC_MIN) /* longest single wait: fits any long */

/* A ZeroMQ socket; z is NULL from its removal to the end of the round. */
struct socket {
	struct zsock *z;
	loop_ready *ready;
	void *ctx;
};

/* A plain descriptor, at its own number in the table. */
struct watch {
	loop_ready *ready; /* NULL: not watched */
	void *ctx;
	uint32_t birth; /* tells an event for this watch from one for the fd's earlier owner */
};

/* A timer that is set. */
struct entry {
	struct loop_timer *timer;
	uint64_t seq; /* timers of one instant fire in the order they were set */
	uint32_t at;  /* position in the heap */
};

struct signal {
	int signo;
	void (*caught)(void *ctx, int signo);
	void *ctx;
};

/* What is called in each round. */
struct hook {
	void (*call)(void *ctx);
	void *ctx;
};

struct loop {
	const struct clock *clock;
	struct now now;

	zmq_pollitem_t items[1 + LOOP_SOCKETS_MAX]; /* the epoll set, then the sockets */
	struct socket sockets[LOOP_SOCKETS_MAX];    /* sockets[i] is items[i + 1] */
	size_t socket_count;
	bool socket_removed; /* some z is NULL */

	int epoll;
	struct watch *watches; /* owned; by fd */
	size_t watch_size;
	uint32_t births;

	struct slab entries;
	struct heap timers;
	uint64_t timer_seq;

	int signal_fd; /* -1 before the first signal */
	struct signal signals[SIGNALS_MAX];
	size_t signal_count;
	sigset_t caught;  /* those of signals[] */
	sigset_t blocked; /* those of `caught` that this loop blocked */

	struct hook after_descriptors, after_round;
	bool again;
	bool stop;
	bool running; /* inside a round */
};

struct now loop_now(const struct loop *l)
{
	return l->now;
}

struct now loop_refresh(struct loop *l)
{
	l->now = l->clock->read(l->clock->ctx);
	return l->now;
}

struct loop *loop_new(const struct clock *clock)
{
	AUTO(loop) l = mem_alloc(sizeof(*l));
	if (!l)
		return NULL;
	l->clock = clock;
	l->signal_fd = -1;
	slab_init(&l->entries, sizeof(struct entry));
	sigemptyset(&l->caught);
	sigemptyset(&l->blocked);
	l->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (l->epoll < 0)
		return NULL;
	l->items[0] = (zmq_pollitem_t){.fd = l->epoll, .events = ZMQ_POLLIN};
	loop_refresh(l);
	return STEAL(l);
}

void loop_free(struct loop *l)
{
	if (!l)
		return;
	ASSERT(!l->running);
	if (l->signal_fd >= 0) {
		(void)close(l->signal_fd);
		(void)pthread_sigmask(SIG_UNBLOCK, &l->blocked, NULL);
	}
	if (l->epoll >= 0)
		(void)close(l->epoll);
	mem_free(l->watches);
	heap_done(&l->timers);
	slab_done(&l->entries);
	mem_free(l);
}

/* Sockets */

static size_t find_socket(const struct loop *l, const struct zsock *z)
{
	size_t i = 0;

	while (i < l->socket_count && l->sockets[i].z != z)
		i++;
	return i;
}

enum err loop_add_socket(struct loop *l, struct zsock *z, loop_ready *ready, void *ctx)
{
	ASSERT(z && ready && find_socket(l, z) == l->socket_count);
	if (l->socket_count == LOOP_SOCKETS_MAX)
		return ERR_TOO_BIG;

	size_t i = l->socket_count++;
	l->sockets[i] = (struct socket){.z = z, .ready = ready, .ctx = ctx};
	l->items[i + 1] = (zmq_pollitem_t){.socket = zsock_raw(z), .events = ZMQ_POLLIN};
	return ERR_OK;
}

/* Closes the gaps that removed sockets left. Not while they are being called. */
static void close_gaps(struct loop *l)
{
	size_t kept = 0;

	for (size_t i = 0; i < l->socket_count; i++) {
		if (!l->sockets[i].z)
			continue;
		l->sockets[kept] = l->sockets[i];
		l->items[kept + 1] = l->items[i + 1];
		kept++;
	}
	l->socket_count = kept;
	l->socket_removed = false;
}

void loop_remove_socket(struct loop *l, struct zsock *z)
{
	size_t i = find_socket(l, z);

	if (i == l->socket_count)
		return;
	l->sockets[i].z = NULL;
	l->socket_removed = true;
	if (!l->running)
		close_gaps(l);
}

static void call_sockets(struct loop *l)
{
	for (size_t i = 0; i < l->socket_count; i++) /* those added meanwhile have no revents */
		if (l->items[i + 1].revents && l->sockets[i].z)
			l->sockets[i].ready(l->sockets[i].ctx, LOOP_READ);
}

/* Descriptors */

static enum err room_for_fd(struct loop *l, size_t fd)
{
	if (fd < l->watch_size)
		return ERR_OK;

	size_t size = l->watch_size ? l->watch_size : 64;
	while (size <= fd)
		size *= 2;
	struct watch *watches = mem_grow(l->watches, size * sizeof(*watches));
	if (!watches)
		return ERR_NOMEM;
	memset(watches + l->watch_size, 0, (size - l->watch_size) * sizeof(*watches));
	l->watches = watches;
	l->watch_size = size;
	return ERR_OK;
}

/* Tells the kernel; it may have forgotten an fd that was closed, or know one that was not. */
static enum err tell_epoll(struct loop *l, int fd, bool known, struct epoll_event *e)
{
	int r = epoll_ctl(l->epoll, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, e);

	if (r < 0 && known && errno == ENOENT)
		r = epoll_ctl(l->epoll, EPOLL_CTL_ADD, fd, e);
	if (r == 0)
		return ERR_OK;
	return errno == ENOMEM || errno == ENOSPC ? ERR_NOMEM : ERR_INVALID;
}

enum err loop_watch(struct loop *l, int fd, int events, loop_ready *ready, void *ctx)
{
	ASSERT(fd >= 0 && ready && (events & ~(LOOP_READ | LOOP_WRITE)) == 0);
	enum err e = room_for_fd(l, (size_t)fd);
	if (e)
		return e;

	struct watch *w = &l->watches[fd];
	bool known = w->ready != NULL;
	uint32_t birth = known ? w->birth : ++l->births;
	struct epoll_event ev = {
		.events = (events & LOOP_READ ? (uint32_t)EPOLLIN : 0) |
			  (events & LOOP_WRITE ? (uint32_t)EPOLLOUT : 0),
		.data.u64 = (uint64_t)birth << 32 | (uint32_t)fd,
	};
	e = tell_epoll(l, fd, known, &ev);
	if (e)
		return e;
	*w = (struct watch){.ready = ready, .ctx = ctx, .birth = birth};
	return ERR_OK;
}

void loop_unwatch(struct loop *l, int fd)
{
	if (fd < 0 || (size_t)fd >= l->watch_size || !l->watches[fd].ready)
		return;
	l->watches[fd].ready = NULL;
	(void)epoll_ctl(
		l->epoll, EPOLL_CTL_DEL, fd, NULL); /* fails when it is closed: as good */
}

static int events_of(uint32_t epoll_events)
{
	if (epoll_events & (EPOLLERR | EPOLLHUP))
		return LOOP_READ | LOOP_WRITE;
	return (epoll_events & EPOLLIN ? LOOP_READ : 0) |
	       (epoll_events & EPOLLOUT ? LOOP_WRITE : 0);
}

static void call_descriptors(struct loop *l)
{
	struct epoll_event ready[READY_MAX];
	int n = epoll_wait(l->epoll, ready, READY_MAX, 0);

	for (int i = 0; i < n; i++) {
		uint32_t fd = (uint32_t)ready[i].data.u64;
		struct watch *w = &l->watches[fd];

		if (w->ready && w->birth == ready[i].data.u64 >> 32)
			w->ready(w->ctx, events_of(ready[i].events));
	}
}

/* Timers */

static struct entry *entry_at(const struct loop *l, uint32_t slot)
{
	return slab_at(&l->entries, slot);
}

static bool fires_before(const void *ctx, uint32_t a, uint32_t b)
{
	const struct entry *x = entry_at(ctx, a);
	const struct entry *y = entry_at(ctx, b);

	if (x->timer->at != y->timer->at)
		return x->timer->at < y->timer->at;
	return x->seq < y->seq;
}

static void entry_moved(void *ctx, uint32_t slot, uint32_t at)
{
	entry_at(ctx, slot)->at = at;
}

static const struct heap_ops timer_ops = {.before = fires_before, .moved = entry_moved};

/* Gives a new timer its entry in the heap. */
static enum err enter(struct loop *l, struct loop_timer *t)
{
	uint32_t slot = slab_take(&l->entries);

	if (slot == SLAB_NONE)
		return ERR_NOMEM;
	*entry_at(l, slot) = (struct entry){.timer = t, .seq = l->timer_seq++};
	if (!heap_put(&l->timers, slot, &timer_ops, l)) {
		slab_give(&l->entries, slot);
		return ERR_NOMEM;
	}
	t->slot = slot + 1;
	return ERR_OK;
}

enum err loop_timer_set(struct loop *l, struct loop_timer *t, usec_t at)
{
	ASSERT(t->fire);
	/* None stands before those that are due already, or one set anew could starve them. */
	t->at = at > l->now.mono ? at : l->now.mono;
	if (!t->slot)
		return enter(l, t);

	struct entry *e = entry_at(l, t->slot - 1);
	ASSERT(e->timer == t);
	e->seq = l->timer_seq++;
	heap_fix(&l->timers, e->at, &timer_ops, l);
	return ERR_OK;
}

void loop_timer_cancel(struct loop *l, struct loop_timer *t)
{
	if (!t->slot)
		return;
	struct entry *e = entry_at(l, t->slot - 1);
	ASSERT(e->timer == t);
	heap_remove(&l->timers, e->at, &timer_ops, l);
	slab_give(&l->entries, t->slot - 1);
	t->slot = 0;
}

/* Fires what is due. A timer set meanwhile waits for the next round. */
static void fire_timers(struct loop *l)
{
	uint64_t next_seq = l->timer_seq;

	for (;;) {
		uint32_t slot = heap_first(&l->timers);
		if (slot == HEAP_NONE)
			return;
		struct entry *e = entry_at(l, slot);
		struct loop_timer *t = e->timer;
		if (t->at > l->now.mono || e->seq >= next_seq)
			return;
		loop_timer_cancel(l, t);
		t->fire(t->ctx);
	}
}

/* Signals */

static void call_signal(struct loop *l, int signo)
{
	for (size_t i = 0; i < l->signal_count; i++)
		if (l->signals[i].signo == signo)
			l->signals[i].caught(l->signals[i].ctx, signo);
}

static void read_signals(void *ctx, int events)
{
	struct loop *l = ctx;
	struct signalfd_siginfo info[SIGNALS_MAX];
	ssize_t n = read(l->signal_fd, info, sizeof(info));

	(void)events;
	for (size_t i = 0; n > 0 && i < (size_t)n / sizeof(info[0]); i++)
		call_signal(l, (int)info[i].ssi_signo);
}

/* Opens the descriptor of signals, or widens it to `set`. */
static enum err listen_to(struct loop *l, const sigset_t *set)
{
	int fd = signalfd(l->signal_fd, set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		return ERR_IO;
	if (l->signal_fd >= 0)
		return ERR_OK;

	enum err e = loop_watch(l, fd, LOOP_READ, read_signals, l);
	if (e) {
		(void)close(fd);
		return e;
	}
	l->signal_fd = fd;
	return ERR_OK;
}

enum err loop_on_signal(
	struct loop *l, int signo, void (*caught)(void *ctx, int signo), void *ctx)
{
	if (l->signal_count == SIGNALS_MAX)
		return ERR_TOO_BIG;
	sigset_t set = l->caught;
	if (sigaddset(&set, signo) < 0)
		return ERR_INVALID;
	enum err e = listen_to(l, &set);
	if (e)
		return e;

	sigset_t before;
	if (pthread_sigmask(SIG_BLOCK, &set, &before) != 0)
		return ERR_IO;
	if (!sigismember(&before, signo))
		sigaddset(&l->blocked, signo);
	l->caught = set;
	l->signals[l->signal_count++] =
		(struct signal){.signo = signo, .caught = caught, .ctx = ctx};
	return ERR_OK;
}

/* Rounds */

static void call_hook(const struct hook *h)
{
	if (h->call)
		h->call(h->ctx);
}

void loop_after_descriptors(struct loop *l, void (*after)(void *ctx), void *ctx)
{
	l->after_descriptors = (struct hook){after, ctx};
}

void loop_after_round(struct loop *l, void (*after)(void *ctx), void *ctx)
{
	l->after_round = (struct hook){after, ctx};
}

void loop_again(struct loop *l)
{
	l->again = true;
}

void loop_stop(struct loop *l)
{
	l->stop = true;
}

/* How long to wait, in ms rounded up: to wake a hair early would be to spin until it is due. */
static long wait_ms(struct loop *l, usec_t wait)
{
	uint32_t first = heap_first(&l->timers);

	if (l->again)
		return 0;
	if (first != HEAP_NONE) {
		usec_t left = entry_at(l, first)->timer->at - loop_refresh(l).mono;

		wait = left < wait ? left : wait;
	}
	if (wait <= 0)
		return 0;
	wait = wait < WAIT_MAX ? wait : WAIT_MAX;
	return (long)((wait + USEC_MSEC - 1) / USEC_MSEC);
}

enum err loop_once(struct loop *l, usec_t wait)
{
	ASSERT(!l->running);
	int ready = zmq_poll(l->items, 1 + (int)l->socket_count, wait_ms(l, wait));
	if (ready < 0 && errno != EINTR)
		return ERR_IO;

	l->again = false;
	l->running = true;
	loop_refresh(l);
	if (ready > 0 && l->items[0].revents)
		call_descriptors(l);
	call_hook(&l->after_descriptors);
	fire_timers(l);
	if (ready > 0)
		call_sockets(l);
	call_hook(&l->after_round);
	l->running = false;
	if (l->socket_removed)
		close_gaps(l);
	return ERR_OK;
}

enum err loop_run(struct loop *l)
{
	enum err e = ERR_OK;

	while (!e && !l->stop)
		e = loop_once(l, USEC_NEVER);
	l->stop = false;
	return e;
}
