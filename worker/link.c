#include "worker/link.h"

#include "common/base/failpoint.h"

static uint64_t lease_of(const void *ctx, uint32_t slot)
{
	const struct link *l = ctx;
	const struct attempt *a = slab_at(&l->attempts, slot);

	return (uint64_t)a->lease;
}

static void move(struct attempt *a, struct list *to)
{
	list_remove(&a->node);
	list_append(to, &a->node);
}

static struct attempt *first(const struct list *l)
{
	return list_is_empty(l) ? NULL : LIST_ITEM(l->next, struct attempt, node);
}

/* Its bytes are not in memory any more. */
static void leave_place(struct link *l, struct attempt *a)
{
	l->parts -= a->placed;
	a->placed = false;
}

static void ended(void *ctx, struct attempt *a)
{
	struct link *l = ctx;

	leave_place(l, a);
	l->active--;
	l->held++;
	move(a, &l->unsaid);
}

static struct now door_now(void *ctx)
{
	const struct link *l = ctx;

	return l->conf.now(l->conf.ctx);
}

static struct now door_fresh(void *ctx)
{
	const struct link *l = ctx;

	return l->conf.fresh(l->conf.ctx);
}

void link_init(struct link *l, const struct link_conf *conf, struct now now)
{
	ASSERT(conf->slots >= 1 && conf->slots <= LINK_SLOTS_MAX);
	*l = (struct link){
		.conf = *conf,
		.door = {conf->fetch, conf->base_url, conf->ca_file, door_now, door_fresh,
			ended, l},
		.heartbeat = LINK_HEARTBEAT,
		.silence = LINK_SILENCE,
		.request = LINK_REQUEST,
		.heard_at = now.mono,
		.hello_at = now.mono,
		.hello_wait = LINK_HELLO_MIN,
	};
	slab_init(&l->attempts, sizeof(struct attempt));
	map_init(&l->by_lease, lease_of, l);
	list_init(&l->asking);
	list_init(&l->asked);
	list_init(&l->parked);
	list_init(&l->lacking);
	list_init(&l->filling);
	list_init(&l->sent);
	list_init(&l->unsaid);
	list_init(&l->said);
}

static void drop(struct link *l, struct attempt *a)
{
	uint32_t slot = a->slot;

	map_remove(&l->by_lease, (uint64_t)a->lease);
	list_remove(&a->node);
	leave_place(l, a);
	buf_done(&a->encoded);
	attempt_done(a);
	slab_give(&l->attempts, slot);
}

void link_done(struct link *l)
{
	struct list *const all[] = {&l->asking, &l->asked, &l->parked, &l->lacking, &l->filling,
		&l->sent, &l->unsaid, &l->said};

	for (size_t i = 0; i < COUNT_OF(all); i++)
		while (!list_is_empty(all[i]))
			drop(l, first(all[i]));
	map_done(&l->by_lease);
	slab_done(&l->attempts);
}

static struct attempt *find(const struct link *l, int64_t job, int64_t lease)
{
	uint32_t slot = map_find(&l->by_lease, (uint64_t)lease);
	struct attempt *a = slot == MAP_NONE ? NULL : slab_at(&l->attempts, slot);

	return a && a->job == job ? a : NULL;
}

/* --- what was heard --- */

void link_heard(struct link *l, struct now now)
{
	l->heard_at = now.mono;
}

void link_welcome(
	struct link *l, usec_t heartbeat, usec_t silence, usec_t request, struct now now)
{
	link_heard(l, now);
	if (l->state != LINK_GREETING)
		return;
	l->state = LINK_THERE;
	l->heartbeat = heartbeat;
	l->silence = silence;
	l->request = request;
	l->beat_at = now.mono + heartbeat;
	l->hello_wait = LINK_HELLO_MIN;
	while (!list_is_empty(&l->said))
		move(first(&l->said), &l->unsaid);
	while (!list_is_empty(&l->filling))
		move(first(&l->filling), &l->lacking);
}

void link_who(struct link *l, struct now now)
{
	if (l->state == LINK_LEFT)
		return;
	l->state = LINK_GREETING;
	l->hello_at = now.mono;
}

static struct attempt *add(struct link *l, const struct task *t)
{
	uint32_t slot = slab_take(&l->attempts);

	if (slot == SLAB_NONE)
		return NULL;
	struct attempt *a = slab_at(&l->attempts, slot);
	a->slot = slot;
	a->lease = t->lease;
	list_init(&a->node);
	if (!map_put(&l->by_lease, slot)) {
		slab_give(&l->attempts, slot);
		return NULL;
	}
	l->active++;
	list_append(t->begin                  ? &l->asking
		    : t->step == ATTEMPT_PART ? &l->parked
					      : &l->sent,
		&a->node);
	return a;
}

enum link_taken link_assign(struct link *l, const struct task *t)
{
	if (map_find(&l->by_lease, (uint64_t)t->lease) != MAP_NONE)
		return LINK_KNOWN;
	if (l->draining || l->active == l->conf.slots ||
		l->active + l->held == 2 * l->conf.slots)
		return LINK_FULL;

	struct attempt *a = add(l, t);
	if (!a)
		return LINK_FULL;
	attempt_init(a, &l->door, t);
	(void)FAILPOINT(FAIL_ASSIGNED);
	if (a->state == ATTEMPT_READY)
		attempt_send(a, l->request);
	return LINK_TAKEN;
}

void link_go(struct link *l, int64_t job, int64_t lease, bool ok, struct now now)
{
	struct attempt *a = find(l, job, lease);

	bool waits = a && (a->state == ATTEMPT_ASKING || a->state == ATTEMPT_ASKED ||
				  a->state == ATTEMPT_LACKING);

	if (waits && !ok) {
		link_forget(l, a);
	} else if (waits && a->state == ATTEMPT_ASKED) {
		move(a, &l->sent);
		(void)FAILPOINT(FAIL_GONE);
		attempt_go(a, l->silence, l->request, now);
	}
}

void link_bytes(struct link *l, int64_t job, int64_t lease, int64_t offset, struct str data)
{
	struct attempt *a = find(l, job, lease);

	if (!a || a->state != ATTEMPT_LACKING)
		return;
	if (!data.len) {
		attempt_give_up(a, CAUSE_LEASE_LOST,
			"the dispatcher did not give the bytes; nothing was sent");
	} else if (attempt_bytes(a, offset, data)) {
		move(a, &l->sent);
		attempt_send(a, l->request);
	} else {
		move(a, &l->lacking);
	}
}

void link_kept(struct link *l, int64_t job, int64_t lease)
{
	struct attempt *a = find(l, job, lease);

	if (a && a->state == ATTEMPT_ENDED)
		link_forget(l, a);
}

void link_drain(struct link *l)
{
	if (l->draining)
		return;
	l->draining = true;
	l->credit_due = true;
}

/* --- what is to be said --- */

static void give_up_asked(struct link *l, usec_t asked_before, const char *words)
{
	struct attempt *a;

	while ((a = first(&l->asked)) && a->asked_at < asked_before)
		attempt_give_up(a, CAUSE_LEASE_LOST, words); /* which moves it to `unsaid` */
}

/* Says hello now, and again if nobody answers. */
static unsigned greet(struct link *l, struct now now)
{
	if (now.mono < l->hello_at)
		return 0;
	give_up_asked(
		l, USEC_NEVER, "the dispatcher was lost sight of before GO; nothing was sent");
	l->hello_at = now.mono + l->hello_wait;
	l->hello_wait = l->hello_wait * 2 < LINK_HELLO_MAX ? l->hello_wait * 2 : LINK_HELLO_MAX;
	return LINK_HELLO;
}

void link_unsaid(struct link *l, struct now now)
{
	l->hello_at = now.mono + l->hello_wait / LINK_HELLO_TRY;
}

/* Results said some time ago go again, if the dispatcher was heard since: else it is not there.
 */
static void plan_resend(struct link *l, struct now now)
{
	const struct attempt *a;

	while ((a = first(&l->said)) && now.mono - a->said_at >= LINK_RESEND &&
		l->heard_at > a->said_at)
		move(first(&l->said), &l->unsaid);
}

/* What was not answered is asked for again. */
static void plan_wants(struct link *l, struct now now)
{
	const struct attempt *a;

	while ((a = first(&l->filling)) && now.mono - a->asked_at >= LINK_RESEND)
		move(first(&l->filling), &l->lacking);
}

static unsigned leave(struct link *l)
{
	l->state = LINK_LEFT;
	return LINK_BYE;
}

unsigned link_tick(struct link *l, struct now now)
{
	unsigned say = 0;

	if (l->state == LINK_LEFT)
		return 0;
	if (l->draining && link_is_empty(l))
		return leave(l);
	if (l->state == LINK_THERE && now.mono - l->heard_at >= l->silence)
		link_who(l, now);
	if (l->state == LINK_GREETING)
		return greet(l, now);

	give_up_asked(
		l, now.mono - l->silence, "no answer to BEGIN came in time; nothing was sent");
	plan_resend(l, now);
	plan_wants(l, now);
	if (now.mono >= l->beat_at) {
		l->beat_at = now.mono + l->heartbeat;
		say |= LINK_BEAT;
	}
	if (l->credit_due) {
		l->credit_due = false;
		say |= LINK_CREDIT;
	}
	return say;
}

static usec_t sooner(usec_t a, usec_t b)
{
	return a < b ? a : b;
}

usec_t link_wake(const struct link *l)
{
	const struct attempt *asked = first(&l->asked);
	const struct attempt *said = first(&l->said);

	if (l->state == LINK_LEFT)
		return USEC_NEVER;
	if (l->state == LINK_GREETING)
		return l->hello_at;
	usec_t at = sooner(l->beat_at, l->heard_at + l->silence);
	if (asked)
		at = sooner(at, asked->asked_at + l->silence + 1);
	if (!list_is_empty(&l->filling))
		at = sooner(at, first(&l->filling)->asked_at + LINK_RESEND);
	if (said && l->heard_at > said->said_at)
		at = sooner(at, said->said_at + LINK_RESEND);
	return at;
}

struct attempt *link_next_back(const struct link *l)
{
	return l->draining && l->state == LINK_THERE ? first(&l->asking) : NULL;
}

struct attempt *link_next_begin(const struct link *l)
{
	return !l->draining && l->state == LINK_THERE ? first(&l->asking) : NULL;
}

struct attempt *link_next_want(struct link *l)
{
	if (l->state != LINK_THERE)
		return NULL;
	struct attempt *a = first(&l->lacking);
	if (a || l->parts == LINK_PARTS || !(a = first(&l->parked)))
		return a;
	a->placed = true;
	l->parts++;
	move(a, &l->lacking);
	return a;
}

void link_want_said(struct link *l, struct attempt *a, struct now now)
{
	a->asked_at = now.mono;
	move(a, &l->filling);
}

struct attempt *link_next_result(const struct link *l)
{
	return l->state == LINK_THERE ? first(&l->unsaid) : NULL;
}

void link_begin_said(struct link *l, struct attempt *a, struct now now)
{
	(void)FAILPOINT(FAIL_BEGIN);
	attempt_asked(a, now);
	move(a, &l->asked);
}

void link_result_said(struct link *l, struct attempt *a, struct now now)
{
	a->said_at = now.mono;
	move(a, &l->said);
}

void link_forget(struct link *l, struct attempt *a)
{
	if (a->state == ATTEMPT_ENDED)
		l->held--;
	else
		l->active--;
	drop(l, a);
}

struct attempt *link_next_held(const struct link *l, uint32_t *at)
{
	uint32_t slot = map_next(&l->by_lease, at);

	return slot == MAP_NONE ? NULL : slab_at(&l->attempts, slot);
}

bool link_is_empty(const struct link *l)
{
	return l->active + l->held == 0;
}
