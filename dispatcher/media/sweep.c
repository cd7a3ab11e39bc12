#include "dispatcher/media/sweep.h"

#include <string.h>

#include "common/base/mem.h"
#include "dispatcher/media/named.h"
#include "dispatcher/media/spool.h"

#define SWEEP_LEAST USEC_SEC
#define SWEEP_MOST  (10 * USEC_MIN) /* between two sweeps */
#define SWEEP_PART  4               /* of media.keep, between those */
#define BODIES      200             /* read in one turn */
#define DROPS       100             /* dropped in one turn */
#define GO_ON       (20 * USEC_MSEC)

struct hash {
	unsigned char bytes[MEDIA_HASH_BYTES];
};

/* A table of hashes. */
struct hashes {
	struct hash *at;      /* owned; zeroes: free */
	uint32_t count, size; /* size: a power of two, or 0 */
};

struct sweep {
	usec_t next; /* mono */
	bool running;
	uint64_t *jobs; /* owned: that name bytes */
	uint32_t job_count, job_size, job_at;
	struct hashes named;   /* by those */
	struct media_row *old; /* owned: rows not used for long, without their texts */
	uint32_t old_count, old_size;
	bool starved;
};

struct sweep *sweep_new(void)
{
	return mem_alloc(sizeof(struct sweep));
}

static void forget(struct sweep *s)
{
	mem_free(s->jobs);
	mem_free(s->named.at);
	mem_free(s->old);
	*s = (struct sweep){.next = s->next};
}

void sweep_free(struct sweep *s)
{
	if (s)
		forget(s);
	mem_free(s);
}

void sweep_drop(struct dispatcher *d)
{
	forget(d->sweep);
}

/* Room for one more of `size` bytes. False: there is no memory. */
static bool room(void **at, uint32_t count, uint32_t *have, size_t size)
{
	if (count < *have)
		return true;
	uint32_t want = *have ? *have * 2 : 64;
	void *grown = mem_grow(*at, want * size);

	if (!grown)
		return false;
	*at = grown;
	*have = want;
	return true;
}

/* Where a hash is, or would be: it is spread evenly already. */
static uint32_t place_of(const struct hashes *h, const unsigned char *hash)
{
	static const struct hash none;
	uint32_t at;

	memcpy(&at, hash, sizeof(at));
	for (at &= h->size - 1; memcmp(&h->at[at], &none, sizeof(none)) != 0 &&
				memcmp(h->at[at].bytes, hash, MEDIA_HASH_BYTES) != 0;)
		at = (at + 1) & (h->size - 1);
	return at;
}

static bool has(const struct hashes *h, const unsigned char *hash)
{
	return h->size && memcmp(h->at[place_of(h, hash)].bytes, hash, MEDIA_HASH_BYTES) == 0;
}

/* At most half of the table is used. */
static bool grow(struct hashes *h)
{
	struct hashes more = {.size = h->size ? h->size * 2 : 64};

	if (h->count * 2 < h->size)
		return true;
	more.at = mem_array(more.size, sizeof(*more.at));
	if (!more.at)
		return false;
	for (uint32_t i = 0; i < h->size; i++)
		more.at[place_of(&more, h->at[i].bytes)] = h->at[i];
	more.count = h->count;
	mem_free(h->at);
	*h = more;
	return true;
}

static void add(struct sweep *s, struct hashes *h, const unsigned char *hash)
{
	if (has(h, hash))
		return;
	if (!grow(h)) {
		s->starved = true;
		return;
	}
	memcpy(h->at[place_of(h, hash)].bytes, hash, MEDIA_HASH_BYTES);
	h->count++;
}

/* --- what there is --- */

static void note_old(void *ctx, const struct media_row *r)
{
	struct dispatcher *d = ctx;
	struct sweep *s = d->sweep;

	if (r->used_at >= d->now.wall - d->conf->media_keep)
		return;
	if (!room((void **)&s->old, s->old_count, &s->old_size, sizeof(*s->old))) {
		s->starved = true;
		return;
	}
	s->old[s->old_count] = *r;
	s->old[s->old_count].name = s->old[s->old_count].type = (struct str){0};
	s->old_count++;
}

static void note_job(void *ctx, const struct job *j)
{
	struct sweep *s = ctx;

	if (!room((void **)&s->jobs, s->job_count, &s->job_size, sizeof(*s->jobs)))
		s->starved = true;
	else
		s->jobs[s->job_count++] = j->id;
}

static void begin(struct dispatcher *d)
{
	struct sweep *s = d->sweep;

	forget(s);
	s->running = true;
	if (store_each_media(d->store, note_old, d))
		s->starved = true;
	if (s->old_count)
		core_each_flagged(d->core, JOB_MEDIA, note_job, s);
}

/* --- what is named --- */

static void read_named(struct dispatcher *d, const struct wire_value *args, const char *key)
{
	const struct wire_value *list = wire_get(args, key);

	for (uint32_t i = 0; wire_type(list) == WIRE_ARRAY && i < wire_count(list); i++) {
		const struct wire_value *v = wire_item(list, i);
		struct hash hash;
		struct str text = wire_str(wire_type(v) == WIRE_MAP ? wire_get(v, "media") : v);

		if (media_handle_read(text, hash.bytes))
			add(d->sweep, &d->sweep->named, hash.bytes);
	}
}

static void read_job(struct dispatcher *d, uint64_t id)
{
	struct wire_message args = {0};
	struct body body;

	if (!core_job(d->core, id))
		return; /* it has ended since */
	if (store_get_body(d->store, id, &body) || wire_open(&args, body.args, NULL)) {
		d->sweep->starved = true;
		return;
	}
	const struct action *a = action_find(body.action);
	const struct arg *arg = a ? named_arg(a, args.root) : NULL;
	if (arg)
		read_named(d, args.root, arg->name);
	wire_close(&args);
}

/* --- what goes --- */

static void drop_one(struct dispatcher *d, const struct media_row *old)
{
	struct media_row row;

	if (has(&d->sweep->named, old->hash) ||
		store_find_media(d->store, old->agent, old->hash, &row) ||
		row.used_at >= d->now.wall - d->conf->media_keep)
		return;
	turn_fail(d, store_drop_media(d->store, old->agent, old->hash), NULL);
}

static void keep_hash(void *ctx, const struct media_row *r)
{
	struct sweep *s = ctx;

	add(s, &s->named, r->hash);
}

static bool is_kept(void *ctx, const unsigned char hash[SPOOL_HASH_BYTES])
{
	return has(ctx, hash);
}

/* Files go when no row names them: also those whose row was never written. */
static void end(struct dispatcher *d)
{
	struct sweep *s = d->sweep;

	mem_free(s->named.at);
	s->named = (struct hashes){0};
	if (store_each_media(d->store, keep_hash, s))
		s->starved = true;
	if (!s->starved)
		spool_sweep(d->spool, d->now.wall - d->conf->media_keep, is_kept, &s->named);
	turn_fail(d, store_forget_uploads(d->store, d->now.wall - USEC_DAY), NULL);
	forget(s);
}

static void go_on(struct dispatcher *d)
{
	struct sweep *s = d->sweep;

	if (s->starved) {
		forget(s);
		return;
	}
	if (s->job_at < s->job_count) {
		for (int i = 0; i < BODIES && s->job_at < s->job_count; i++)
			read_job(d, s->jobs[s->job_at++]);
		return;
	}
	if (!turn_write(d))
		return;
	for (int i = 0; i < DROPS && s->old_count; i++)
		drop_one(d, &s->old[--s->old_count]);
	if (!s->old_count)
		end(d);
}

usec_t sweep_go_on(struct dispatcher *d)
{
	struct sweep *s = d->sweep;
	usec_t wait = d->conf->media_keep / SWEEP_PART;

	if (d->now.mono < s->next || d->stopping)
		return d->stopping ? USEC_NEVER : s->next;
	if (!s->running)
		begin(d);
	else
		go_on(d);
	wait = wait < SWEEP_LEAST ? SWEEP_LEAST : wait > SWEEP_MOST ? SWEEP_MOST : wait;
	s->next = d->now.mono + (s->running ? GO_ON : wait);
	return s->next;
}
