#include "dispatcher/audit/refused.h"

#include <stdio.h>
#include <string.h>

#include "common/base/mem.h"

#define OP_MAX    40
#define RIGHT_MAX 48
#define NAME_MAX  80
#define FROM_MAX  64

struct cell {
	uint32_t agent;
	bool stranger;
	bool nameless; /* of all that found no cell */
	char op[OP_MAX], right[RIGHT_MAX], kind[16], name[NAME_MAX], from[FROM_MAX];
	usec_t until;  /* mono */
	uint64_t more; /* since the record */
};

/* What an agent has had today. */
struct tally {
	int64_t day;
	uint32_t records;
};

struct refusals {
	struct cell cells[REFUSED_MOST];
	size_t count;
	struct tally *tallies; /* of agents, by number */
	uint32_t size;
	struct tally roost, strangers;
};

struct refusals *refusals_new(void)
{
	return mem_alloc(sizeof(struct refusals));
}

void refusals_free(struct refusals *r)
{
	if (!r)
		return;
	mem_free(r->tallies);
	mem_free(r);
}

/* --- records --- */

static void write(struct dispatcher *d, const struct cell *c, uint64_t times)
{
	char right[RIGHT_MAX + 16] = "", from[FROM_MAX + 8] = "", count[40] = "";

	if (c->nameless) {
		audit_note(d, c->agent, "refused", whom_of(c->stranger ? "keys" : "", ""),
			"others, too many to be named times=%llu", (unsigned long long)times);
		return;
	}
	if (c->right[0])
		(void)snprintf(right, sizeof(right), " right=%s", c->right);
	if (c->from[0])
		(void)snprintf(from, sizeof(from), " from=%s", c->from);
	if (times)
		(void)snprintf(
			count, sizeof(count), " again times=%llu", (unsigned long long)times);
	audit_note(d, c->agent, "refused", whom_of(c->kind, c->name), "op=%s%s%s%s", c->op,
		right, from, count);
}

void refused_write(struct dispatcher *d, bool all)
{
	struct refusals *r = d->refusals;

	for (size_t i = 0; i < r->count;) {
		struct cell *c = &r->cells[i];

		if (!all && c->until > d->now.mono) {
			i++;
			continue;
		}
		if (c->more)
			write(d, c, c->more);
		*c = r->cells[--r->count];
	}
}

/* --- cells --- */

/* The tally of whoever c is of; NULL: no memory. */
static struct tally *tally_of(struct refusals *r, const struct cell *c)
{
	uint32_t at = c->agent;

	if (c->stranger)
		return &r->strangers;
	if (at == AUDIT_ROOST)
		return &r->roost;
	if (at >= r->size) {
		uint32_t bigger = at * 2 + 16;
		struct tally *grown = mem_grow(r->tallies, bigger * sizeof(*grown));

		if (!grown)
			return NULL;
		memset(grown + r->size, 0, (bigger - r->size) * sizeof(*grown));
		r->tallies = grown;
		r->size = bigger;
	}
	return &r->tallies[at];
}

/* Whether one more record like c may be written today; counts it. */
static bool may_write(struct dispatcher *d, const struct cell *c)
{
	struct tally *t = tally_of(d->refusals, c);
	int64_t day = d->now.wall / USEC_DAY;

	if (!t)
		return false;
	if (t->day != day)
		*t = (struct tally){.day = day};
	if (t->records >= (c->stranger ? REFUSED_STRANGERS_DAY : REFUSED_DAY))
		return false;
	t->records += 2; /* its first, and that of what follows */
	return true;
}

static bool is_of_same(const struct cell *a, const struct cell *b)
{
	return a->agent == b->agent && a->stranger == b->stranger;
}

static bool is_same(const struct cell *a, const struct cell *b)
{
	return is_of_same(a, b) && a->nameless == b->nameless && strcmp(a->op, b->op) == 0 &&
	       strcmp(a->right, b->right) == 0 && strcmp(a->kind, b->kind) == 0 &&
	       strcmp(a->name, b->name) == 0;
}

/* The cell like `c`, or NULL; how many others its agent has. */
static struct cell *find(struct refusals *r, const struct cell *c, size_t *ret_others)
{
	*ret_others = 0;
	for (size_t i = 0; i < r->count; i++) {
		if (is_same(&r->cells[i], c))
			return &r->cells[i];
		*ret_others += is_of_same(&r->cells[i], c);
	}
	return NULL;
}

/* Everything of an agent that finds no cell; whoever finds not even that is only counted. */
static void note_nameless(struct dispatcher *d, const struct cell *of)
{
	struct refusals *r = d->refusals;
	struct cell like = {.agent = of->agent,
		.stranger = of->stranger,
		.nameless = true,
		.until = d->now.mono + USEC_HOUR};
	size_t others;
	struct cell *c = find(r, &like, &others);

	if (!c && r->count < REFUSED_MOST) {
		c = &r->cells[r->count++];
		*c = like;
	}
	if (c)
		c->more++;
}

void refused_note(struct dispatcher *d, const struct refused *in)
{
	struct refusals *r = d->refusals;
	struct cell like = {.agent = in->agent, .stranger = in->stranger};
	size_t most = in->stranger ? REFUSED_STRANGERS_CELLS : REFUSED_CELLS;
	size_t others;

	like.until = d->now.mono + (in->stranger ? REFUSED_STRANGERS_FOR : REFUSED_FOR);

	(void)snprintf(like.op, sizeof(like.op), "%s", in->op);
	(void)snprintf(like.right, sizeof(like.right), "%s", in->right ? in->right : "");
	(void)snprintf(like.kind, sizeof(like.kind), "%s", in->whom.kind);
	text_show(in->whom.name, like.name, sizeof(like.name));
	(void)snprintf(like.from, sizeof(like.from), "%s", in->from ? in->from : "");
	struct cell *c = find(r, &like, &others);
	if (c) {
		c->more++;
		return;
	}
	/* Some room is left for cells without a name. */
	if (others >= most || r->count >= REFUSED_MOST * 9 / 10 || !may_write(d, &like)) {
		note_nameless(d, &like);
		return;
	}
	r->cells[r->count++] = like;
	write(d, &like, 0);
}
