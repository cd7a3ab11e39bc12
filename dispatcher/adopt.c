#include "dispatcher/adopt.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/base/list.h"
#include "common/base/mem.h"
#include "common/wire/write.h"
#include "common/xapi/alike/print.h"
#include "dispatcher/requests/present.h"
#include "dispatcher/state.h"

#define KIND_LOOKS  (SETTING_GUARD + 100) /* of their row: kept with the settings */
#define MATCHES_MAX 6                     /* ids of one look that are told */
#define WORDS_MAX   200

struct looked {
	usec_t at; /* wall */
	enum look look;
	int64_t compared;                           /* posts or messages on the page */
	char matches[MATCHES_MAX * STORE_X_ID_MAX]; /* "1900 1901": those that match */
	char words[WORDS_MAX];
};

/* The looks for one job, the oldest first. */
struct looks {
	struct list node;
	uint64_t job;
	uint32_t account; /* its row is one of the account's */
	uint32_t count;
	struct looked of[LOOKS_KEPT];
};

struct claim {
	uint32_t account;
	char x_id[STORE_X_ID_MAX];
};

struct adopted {
	struct list jobs; /* of struct looks, the oldest first */
	uint32_t job_count;
	struct claim claims[64]; /* of the message being taken in */
	uint32_t claim_count;
};

struct adopted *adopt_new(void)
{
	struct adopted *a = mem_alloc(sizeof(*a));

	if (a)
		list_init(&a->jobs);
	return a;
}

static void drop(struct adopted *a, struct looks *l)
{
	list_remove(&l->node);
	mem_free(l);
	a->job_count--;
}

void adopt_free(struct adopted *a)
{
	while (a && !list_is_empty(&a->jobs))
		drop(a, LIST_ITEM(a->jobs.next, struct looks, node));
	mem_free(a);
}

static struct looks *find(const struct adopted *a, uint64_t job)
{
	for (struct list *n = a->jobs.prev; n != &a->jobs; n = n->prev) {
		struct looks *l = LIST_ITEM(n, struct looks, node);

		if (l->job == job)
			return l;
	}
	return NULL;
}

/* NULL: no memory. It is evidence, and nothing hangs on it. */
static struct looks *need(struct adopted *a, uint64_t job, uint32_t account)
{
	struct looks *l = find(a, job);

	if (l)
		return l;
	l = mem_alloc(sizeof(*l));
	if (!l)
		return NULL;
	l->job = job;
	l->account = account;
	list_append(&a->jobs, &l->node);
	if (++a->job_count > LOOKED_JOBS_MAX)
		drop(a, LIST_ITEM(a->jobs.next, struct looks, node));
	return l;
}

/* --- kept --- */

static void keep(struct dispatcher *d, const struct looks *l)
{
	char name[JOB_ID_TEXT_MAX];
	struct setting_row row = {.kind = KIND_LOOKS,
		.owner = l->account,
		.name = str_of(job_id_write(l->job, name))};

	buf_reset(&d->scratch);
	for (uint32_t i = 0; i < l->count; i++) {
		const struct looked *k = &l->of[i];

		buf_fmt(&d->scratch, "%" PRId64 "\t%d\t%" PRId64 "\t%s\t%s\n", k->at,
			(int)k->look, k->compared, k->matches, k->words);
	}
	row.value = buf_view(&d->scratch);
	if (turn_write(d))
		turn_fail(d,
			d->scratch.err ? d->scratch.err : store_put_setting(d->store, &row),
			NULL);
}

/* Up to a tab or the end of the line; *rest goes behind it. */
static struct str field(struct str *rest, char end)
{
	const char *at = memchr(rest->at, end, rest->len);
	size_t len = at ? (size_t)(at - rest->at) : rest->len;
	struct str ret = {rest->at, len};

	rest->at += at ? len + 1 : len;
	rest->len -= at ? len + 1 : len;
	return ret;
}

static void copy(struct str from, char *out, size_t cap)
{
	size_t len = from.len < cap ? from.len : cap - 1;

	if (len)
		memcpy(out, from.at, len);
	out[len] = 0;
}

static bool read_line(struct str line, struct looked *ret)
{
	struct str at = field(&line, '\t'), look = field(&line, '\t');
	struct str compared = field(&line, '\t');
	int64_t n;

	if (text_to_int(at, 0, INT64_MAX, &ret->at) ||
		text_to_int(look, LOOK_FOUND, LOOK_CANNOT, &n) ||
		text_to_int(compared, 0, INT64_MAX, &ret->compared))
		return false;
	ret->look = (enum look)n;
	copy(field(&line, '\t'), ret->matches, sizeof(ret->matches));
	copy(line, ret->words, sizeof(ret->words));
	return true;
}

static void load(void *ctx, const struct setting_row *r)
{
	struct dispatcher *d = ctx;
	struct str rest = r->value;
	uint64_t job;

	if (r->kind != KIND_LOOKS || !job_id_read(r->name, &job) || !core_job(d->core, job))
		return;
	struct looks *l = need(d->adopted, job, r->owner);
	if (l)
		l->count = 0;
	while (l && rest.len && l->count < LOOKS_KEPT)
		l->count += read_line(field(&rest, '\n'), &l->of[l->count]);
}

enum err adopt_load(struct dispatcher *d, struct errmsg *m)
{
	enum err e = store_each_setting(d->store, load, d);

	return e ? err_say(m, e, "%s", store_words(d->store)) : ERR_OK;
}

void adopt_ended(struct dispatcher *d, uint64_t job)
{
	struct looks *l = find(d->adopted, job);

	if (!l)
		return;
	l->count = 0; /* an empty value is forgotten */
	keep(d, l);
	drop(d->adopted, l);
}

/* --- whose it is --- */

static bool is_claimed(const struct adopted *a, uint32_t account, struct str id)
{
	for (uint32_t i = 0; i < a->claim_count; i++)
		if (a->claims[i].account == account && str_is(id, a->claims[i].x_id))
			return true;
	return false;
}

/* What is equal in the texts of two jobs, as people read them; 0: there is none. */
static uint64_t text_of(struct dispatcher *d, uint64_t job)
{
	struct wire_message args = {0};
	struct print p = {0};
	struct body b;

	if (store_get_body(d->store, job, &b) || wire_open(&args, b.args, NULL))
		return 0;
	struct str text = wire_str(wire_get(args.root, "text"));
	enum err e = text.len ? print_text(text, false, &p) : ERR_OK;
	wire_close(&args);
	return e ? 0 : p.strict;
}

/* Looks among the jobs of an account that have begun for one of the same text. */
struct rivals {
	struct dispatcher *d;
	const struct job *of;
	uint64_t text;
	uint64_t found; /* 0: none so far */
};

static void compare_rival(void *ctx, const struct job *j)
{
	struct rivals *r = ctx;
	bool same = call_info((enum call)j->call)->settle ==
		    call_info((enum call)r->of->call)->settle;

	if (!r->found && j->id != r->of->id && same && text_of(r->d, j->id) == r->text)
		r->found = j->id;
}

/* A job that has begun and may be the one that made it; 0: none. */
static uint64_t rival_of(struct dispatcher *d, const struct job *j)
{
	struct rivals r = {.d = d, .of = j, .text = text_of(d, j->id)};

	core_each_begun(d->core, j->account, compare_rival, &r);
	return r.found;
}

/* The first that is nobody else's, copied to o->x_id; says so, or why none is. */
static void choose(struct dispatcher *d, const struct job *j, const struct wire_value *found,
	struct outcome *o, struct looked *k)
{
	struct adopted *a = d->adopted;
	uint64_t other = 0, of_ended = 0;

	for (uint32_t i = 0; i < wire_count(found); i++) {
		struct str id = wire_str(wire_item(found, i));

		if (!text_is_x_id(id) || id.len >= STORE_X_ID_MAX ||
			is_claimed(a, j->account, id))
			continue;
		if (store_find_x_id(d->store, j->account, id, &other) != ERR_NOT_FOUND) {
			of_ended = other;
			continue;
		}
		uint64_t rival = rival_of(d, j);
		if (rival || a->claim_count == COUNT_OF(a->claims)) {
			o->look = LOOK_CANNOT;
			(void)snprintf(k->words, sizeof(k->words),
				"j%" PRIu64 " of the same text is under way: what matches may "
				"be its own",
				rival);
			return;
		}
		copy(id, o->x_id, sizeof(o->x_id));
		a->claims[a->claim_count].account = j->account;
		copy(id, a->claims[a->claim_count++].x_id, STORE_X_ID_MAX);
		(void)snprintf(k->words, sizeof(k->words), "%s is its own", o->x_id);
		return;
	}
	o->look = LOOK_ABSENT;
	(void)snprintf(k->words, sizeof(k->words),
		"what matches is that of j%" PRIu64 " and others", of_ended);
}

/* --- looks --- */

static void note_matches(const struct wire_value *found, struct looked *k)
{
	size_t len = 0;

	for (uint32_t i = 0; i < wire_count(found) && i < MATCHES_MAX; i++) {
		struct str id = wire_str(wire_item(found, i));

		if (text_is_x_id(id) && id.len < STORE_X_ID_MAX)
			len += (size_t)snprintf(k->matches + len, sizeof(k->matches) - len,
				"%s%.*s", len ? " " : "", STR_ARG(id));
	}
}

void adopt_looked(struct dispatcher *d, const struct job *j, const struct wire_value *found,
	struct outcome *o)
{
	static const char *const plain[] = {[LOOK_ABSENT] = "nothing since it began matches",
		[LOOK_CANNOT] = "the answer does not reach back to its begin, or is none"};
	struct looked k = {.at = d->now.wall, .compared = o->objects};

	note_matches(found, &k);
	if (o->look == LOOK_FOUND)
		choose(d, j, found, o, &k);
	else if (o->look != LOOK_NONE)
		(void)snprintf(k.words, sizeof(k.words), "%s", plain[o->look]);
	k.look = o->look == LOOK_NONE ? LOOK_CANNOT : o->look;
	struct looks *l = need(d->adopted, j->id, j->account);
	if (!l)
		return;
	if (l->count == LOOKS_KEPT)
		memmove(l->of, l->of + 1, --l->count * sizeof(l->of[0]));
	l->of[l->count++] = k;
	keep(d, l);
}

void adopt_message_over(struct dispatcher *d)
{
	d->adopted->claim_count = 0;
}

void adopt_put(const struct dispatcher *d, uint64_t job, struct buf *out)
{
	static const char *const looks[] = {"none", "found", "absent", "cannot"};
	const struct looks *l = find(d->adopted, job);

	wire_put_array(out, l ? l->count : 0);
	for (uint32_t i = 0; l && i < l->count; i++) {
		const struct looked *k = &l->of[i];

		wire_put_map(out, 5);
		present_time(out, "at", k->at);
		wire_pair_text(out, "look", looks[k->look]);
		wire_pair_int(out, "compared", k->compared);
		wire_pair_text(out, "matches", k->matches);
		wire_pair_text(out, "text", k->words);
	}
}
