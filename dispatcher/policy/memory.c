#include "dispatcher/policy/memory.h"

#include <string.h>

#include "common/base/map.h"
#include "common/base/mem.h"
#include "common/base/slab.h"

#define NONE        UINT32_MAX
#define FIRST_HEADS 1024u
#define TEND_MAX    64

/* What entries are found by, besides their job. */
enum chain { CHAIN_STRICT, CHAIN_LOOSE, CHAIN_TARGET, CHAIN_COUNT };

struct link {
	uint32_t before, after; /* slots of entries, or NONE */
};

struct entry {
	uint64_t job;
	uint64_t keys[CHAIN_COUNT]; /* 0: not in that chain */
	struct link links[CHAIN_COUNT];
	struct link age; /* among the done, the oldest first */
	usec_t at;
	uint32_t account;
	uint32_t near; /* in the ring, if its job is still there */
	bool done;
};

struct near_text {
	struct print print;
	uint64_t job;
	uint32_t account;
	usec_t at;
	bool done;
};

struct memory {
	struct slab entries;
	struct map by_job;
	uint32_t *heads;  /* owned: CHAIN_COUNT times `size` chains */
	uint32_t size;    /* a power of two */
	struct link done; /* before: the oldest, after: the newest */
	uint32_t done_count;
	struct near_text *ring; /* owned; NULL until it is needed */
	uint32_t ring_next;     /* the place of the next one */
	uint32_t ring_count;
};

static struct entry *entry_at(const struct memory *m, uint32_t slot)
{
	return slab_at(&m->entries, slot);
}

static uint64_t job_of(const void *ctx, uint32_t slot)
{
	const struct memory *m = ctx;

	return entry_at(m, slot)->job;
}

/* --- coming and going --- */

struct memory *memory_new(void)
{
	struct memory *m = mem_alloc(sizeof(*m));

	if (!m)
		return NULL;
	slab_init(&m->entries, sizeof(struct entry));
	map_init(&m->by_job, job_of, m);
	m->done = (struct link){NONE, NONE};
	return m;
}

void memory_free(struct memory *m)
{
	if (!m)
		return;
	map_done(&m->by_job);
	slab_done(&m->entries);
	mem_free(m->heads);
	mem_free(m->ring);
	mem_free(m);
}

/* --- chains --- */

static uint64_t spread(uint64_t key)
{
	key ^= key >> 32;
	key *= 0xd6e8feb86659fd93u;
	return key ^ key >> 32;
}

static uint32_t *head_of(const struct memory *m, enum chain c, uint64_t key)
{
	return &m->heads[(size_t)c * m->size + (spread(key) & (m->size - 1))];
}

static void chain_join(struct memory *m, enum chain c, uint32_t slot)
{
	struct entry *e = entry_at(m, slot);

	if (!e->keys[c])
		return;
	uint32_t *head = head_of(m, c, e->keys[c]);
	e->links[c] = (struct link){NONE, *head};
	if (*head != NONE)
		entry_at(m, *head)->links[c].before = slot;
	*head = slot;
}

static void chain_leave(struct memory *m, enum chain c, uint32_t slot)
{
	struct entry *e = entry_at(m, slot);
	struct link l = e->links[c];

	if (!e->keys[c])
		return;
	if (l.before != NONE)
		entry_at(m, l.before)->links[c].after = l.after;
	else
		*head_of(m, c, e->keys[c]) = l.after;
	if (l.after != NONE)
		entry_at(m, l.after)->links[c].before = l.before;
}

/* Room for one more entry: about as many chains as there are entries. */
static bool grow(struct memory *m)
{
	uint32_t size = m->size ? m->size * 2 : FIRST_HEADS;
	uint32_t at = 0;

	if (m->entries.count < m->size)
		return true;
	if (size > UINT32_MAX / 8)
		return false;
	uint32_t *heads = mem_array((size_t)CHAIN_COUNT * size, sizeof(*heads));
	if (!heads)
		return m->size > 0; /* the chains grow longer then */
	memset(heads, 0xff, (size_t)CHAIN_COUNT * size * sizeof(*heads));
	mem_free(m->heads);
	m->heads = heads;
	m->size = size;
	for (uint32_t slot; (slot = map_next(&m->by_job, &at)) != MAP_NONE;)
		for (int c = 0; c < CHAIN_COUNT; c++)
			chain_join(m, (enum chain)c, slot);
	return true;
}

/* --- the done, by age --- */

static void age_join(struct memory *m, uint32_t slot)
{
	struct entry *e = entry_at(m, slot);

	e->age = (struct link){m->done.after, NONE};
	if (m->done.after != NONE)
		entry_at(m, m->done.after)->age.after = slot;
	else
		m->done.before = slot;
	m->done.after = slot;
	m->done_count++;
}

static void age_leave(struct memory *m, uint32_t slot)
{
	struct link l = entry_at(m, slot)->age;

	if (l.before != NONE)
		entry_at(m, l.before)->age.after = l.after;
	else
		m->done.before = l.after;
	if (l.after != NONE)
		entry_at(m, l.after)->age.before = l.before;
	else
		m->done.after = l.before;
	m->done_count--;
}

/* --- the ring of near-text --- */

/* The entry's text in the ring; NULL when it has none, or others have taken its place. */
static struct near_text *near_of(const struct memory *m, const struct entry *e)
{
	if (e->near == NONE || m->ring[e->near].job != e->job)
		return NULL;
	return &m->ring[e->near];
}

static void near_put(struct memory *m, struct entry *e, const struct mark *mark)
{
	e->near = NONE;
	if (mark->print.len < MEMORY_NEAR_LEN)
		return;
	if (!m->ring)
		m->ring = mem_array(MEMORY_NEAR_MAX, sizeof(*m->ring));
	if (!m->ring)
		return; /* the rule sees less then; the others see all */
	e->near = m->ring_next;
	m->ring[m->ring_next] = (struct near_text){
		.print = mark->print, .job = e->job, .account = e->account, .at = e->at};
	m->ring_next = (m->ring_next + 1) % MEMORY_NEAR_MAX;
	if (m->ring_count < MEMORY_NEAR_MAX)
		m->ring_count++;
}

static void near_update(struct memory *m, const struct entry *e)
{
	struct near_text *t = near_of(m, e);

	if (!t)
		return;
	t->at = e->at;
	t->done = e->done;
}

/* --- what is remembered --- */

static bool is_text(const struct mark *mark)
{
	return mark->act == ACT_POST || mark->act == ACT_REPLY;
}

bool memory_wants(const struct mark *mark)
{
	return is_text(mark) && (mark->print.strict || mark->target);
}

/* Of a post: its text; of a reply or a quote: with what it answers. */
static uint64_t strict_key(const struct mark *mark)
{
	return mark->print.strict ? (mark->print.strict ^ spread(mark->target)) | 1 : 0;
}

static uint64_t target_key(uint32_t account, const struct mark *mark)
{
	if (mark->act != ACT_REPLY || !mark->target)
		return 0;
	return (mark->target ^ spread(account)) | 1;
}

static void drop(struct memory *m, uint32_t slot)
{
	struct entry *e = entry_at(m, slot);
	struct near_text *t = near_of(m, e);

	if (t)
		t->job = 0;
	for (int c = 0; c < CHAIN_COUNT; c++)
		chain_leave(m, (enum chain)c, slot);
	if (e->done)
		age_leave(m, slot);
	slab_give(&m->entries, map_remove(&m->by_job, e->job));
}

void memory_forget(struct memory *m, uint64_t job)
{
	uint32_t slot = map_find(&m->by_job, job);

	if (slot != MAP_NONE)
		drop(m, slot);
}

bool memory_put(struct memory *m, const struct brought *b)
{
	memory_forget(m, b->job);
	if (!memory_wants(b->mark))
		return true;
	if (!grow(m))
		return false;
	uint32_t slot = slab_take(&m->entries);
	if (slot == SLAB_NONE)
		return false;
	struct entry *e = entry_at(m, slot);
	*e = (struct entry){
		.job = b->job,
		.keys = {strict_key(b->mark), b->mark->print.loose,
			target_key(b->account, b->mark)},
		.at = b->at,
		.account = b->account,
	};
	if (!map_put(&m->by_job, slot)) {
		slab_give(&m->entries, slot);
		return false;
	}
	for (int c = 0; c < CHAIN_COUNT; c++)
		chain_join(m, (enum chain)c, slot);
	near_put(m, e, b->mark);
	return true;
}

void memory_move(struct memory *m, uint64_t job, usec_t at)
{
	uint32_t slot = map_find(&m->by_job, job);

	if (slot == MAP_NONE)
		return;
	entry_at(m, slot)->at = at;
	near_update(m, entry_at(m, slot));
}

void memory_done(struct memory *m, uint64_t job, usec_t at)
{
	uint32_t slot = map_find(&m->by_job, job);

	if (slot == MAP_NONE)
		return;
	struct entry *e = entry_at(m, slot);
	if (!e->done)
		age_join(m, slot);
	e->done = true;
	e->at = at;
	near_update(m, e);
	if (m->done_count > MEMORY_DONE_MAX)
		drop(m, m->done.before);
}

void memory_tend(struct memory *m, usec_t now)
{
	for (int i = 0; i < TEND_MAX && m->done.before != NONE; i++) {
		if (entry_at(m, m->done.before)->at >= now - MEMORY_SPAN)
			return;
		drop(m, m->done.before);
	}
}

uint64_t memory_count(const struct memory *m)
{
	return m->entries.count;
}

/* --- the rules --- */

bool text_rules_near(const struct text_rules *r)
{
	return r->near || r->near_elsewhere;
}

bool text_rules_compare(const struct text_rules *r)
{
	return r->same || r->elsewhere || r->one_reply || text_rules_near(r);
}

/* When a text that waits, or is brought, will be posted. */
static usec_t posted_at(usec_t at, bool done, usec_t now)
{
	return !done && at < now ? now : at;
}

static bool is_within(usec_t a, usec_t b, usec_t window)
{
	return (a < b ? b - a : a - b) < window;
}

enum whose { OWN, OTHERS };

struct search {
	enum chain chain;
	uint64_t key;
	enum whose whose;
	usec_t window;
};

static bool search(const struct memory *m, const struct search *s, const struct brought *b,
	usec_t now, struct objection *ret)
{
	usec_t at = posted_at(b->at, false, now);
	uint32_t slot = s->key && m->size ? *head_of(m, s->chain, s->key) : NONE;

	for (int looked = 0; slot != NONE && looked < MEMORY_LOOK_MAX; looked++) {
		const struct entry *e = entry_at(m, slot);
		bool own = e->account == b->account;

		slot = e->links[s->chain].after;
		if (e->keys[s->chain] != s->key || e->job == b->job || own != (s->whose == OWN))
			continue;
		usec_t then = posted_at(e->at, e->done, now);
		if (!is_within(at, then, s->window))
			continue;
		*ret = (struct objection){.job = e->job,
			.account = e->account,
			.at = then,
			.likeness = 100,
			.window = s->window};
		return true;
	}
	return false;
}

static bool search_near(const struct memory *m, const struct text_rules *r,
	const struct brought *b, usec_t now, struct objection *ret)
{
	const struct print *print = &b->mark->print;
	usec_t at = posted_at(b->at, false, now);

	if (print->len < MEMORY_NEAR_LEN)
		return false;
	for (uint32_t i = 0; i < m->ring_count; i++) {
		const struct near_text *t = &m->ring[i];
		usec_t window = t->account == b->account ? r->near : r->near_elsewhere;
		usec_t then = posted_at(t->at, t->done, now);

		if (!window || !t->job || t->job == b->job || !is_within(at, then, window))
			continue;
		int likeness = print_likeness(print, &t->print);
		if (likeness < r->likeness)
			continue;
		*ret = (struct objection){.job = t->job,
			.account = t->account,
			.at = then,
			.likeness = likeness,
			.window = window};
		return true;
	}
	return false;
}

static bool objects(struct objection *ret, enum rule rule)
{
	ret->rule = rule;
	return true;
}

bool memory_objects(const struct memory *m, const struct text_rules *r, const struct brought *b,
	usec_t now, struct objection *ret)
{
	const struct mark *mark = b->mark;
	struct search same = {CHAIN_STRICT, strict_key(mark), OWN, r->same};
	struct search elsewhere = {CHAIN_STRICT, strict_key(mark), OTHERS, r->elsewhere};
	struct search reply = {CHAIN_TARGET, target_key(b->account, mark), OWN, MEMORY_SPAN};

	if (!is_text(mark))
		return false;
	if (r->same_loose) {
		same.chain = CHAIN_LOOSE;
		same.key = mark->print.loose;
	}
	if (r->same && search(m, &same, b, now, ret))
		return objects(ret, RULE_SAME);
	if (r->elsewhere && search(m, &elsewhere, b, now, ret))
		return objects(ret, RULE_ELSEWHERE);
	if (r->one_reply && search(m, &reply, b, now, ret))
		return objects(ret, RULE_ONE_REPLY);
	if (text_rules_near(r) && search_near(m, r, b, now, ret))
		return objects(ret, RULE_NEAR);
	return false;
}
