#include "dispatcher/edge/outbox.h"

#include <string.h>

#include "common/base/mem.h"
#include "common/wire/write.h"

#define ENTRIES_FIRST 64
#define KEEP_BYTES    ((size_t)4 * 1024 * 1024) /* memory kept between turns */

struct entry {
	struct zsock *z;
	struct zpeer peer;
	size_t at, len;
	size_t seq_at, seq_len; /* of an answer: its encoded seq, in `seqs` */
	bool answer;
};

struct outbox {
	struct buf bytes;
	struct buf seqs;
	struct buf error; /* scratch for error answers */
	struct entry *entries;
	size_t count, size;
	bool open;
	struct outbox_counts counts;
	uint64_t refusals[ERR_COUNT];
};

struct outbox *outbox_new(void)
{
	struct outbox *o = mem_alloc(sizeof(*o));

	if (!o)
		return NULL;
	buf_init(&o->bytes, OUTBOX_BYTES_MAX);
	buf_init(&o->seqs, OUTBOX_BYTES_MAX);
	buf_init(&o->error, ZSOCK_MESSAGE_MAX);
	return o;
}

void outbox_free(struct outbox *o)
{
	if (!o)
		return;
	buf_done(&o->bytes);
	buf_done(&o->seqs);
	buf_done(&o->error);
	mem_free(o->entries);
	mem_free(o);
}

static bool has_entry(struct outbox *o)
{
	if (o->count < o->size)
		return true;
	size_t size = o->size ? o->size * 2 : ENTRIES_FIRST;
	struct entry *entries = mem_grow(o->entries, size * sizeof(*entries));
	if (!entries)
		return false;
	o->entries = entries;
	o->size = size;
	return true;
}

struct buf *outbox_open(struct outbox *o, struct zsock *z, const struct zpeer *peer)
{
	ASSERT(!o->open);
	ASSERT(has_entry(o)); /* a dispatcher that cannot answer must not go on */
	o->entries[o->count] = (struct entry){.z = z, .peer = *peer, .at = o->bytes.len};
	o->open = true;
	return &o->bytes;
}

size_t outbox_open_len(const struct outbox *o)
{
	return o->bytes.len - o->entries[o->count].at;
}

void outbox_is_answer(struct outbox *o, struct str seq)
{
	struct entry *e = &o->entries[o->count];

	e->answer = true;
	e->seq_at = o->seqs.len;
	e->seq_len = seq.len;
	buf_put(&o->seqs, seq.at, seq.len);
}

void outbox_cancel(struct outbox *o)
{
	o->bytes.len = o->entries[o->count].at;
	o->open = false;
}

/* Writes the error answer of e into o->error. */
static void write_error(
	struct outbox *o, const struct entry *e, enum err err, const char *words)
{
	struct buf *b = &o->error;

	buf_reset(b);
	wire_put_map(b, e->seq_len ? 3 : 2);
	if (e->seq_len) {
		wire_put_text(b, "seq");
		wire_put_raw(
			b, (struct str){(const char *)o->seqs.data + e->seq_at, e->seq_len});
	}
	wire_pair_bool(b, "ok", false);
	wire_put_text(b, "error");
	wire_put_map(b, 2);
	wire_pair_text(b, "code", err_wire(err));
	wire_pair_text(b, "message", words);
}

void outbox_close(struct outbox *o)
{
	struct entry *e = &o->entries[o->count];

	ASSERT(o->open);
	o->open = false;
	e->len = o->bytes.len - e->at;
	bool fits = !o->bytes.err && e->len <= ZSOCK_MESSAGE_MAX;
	if (!fits) {
		o->counts.too_big++;
		o->bytes.err = ERR_OK;
		o->bytes.len = e->at;
		if (!e->answer)
			return;
		write_error(o, e, ERR_TOO_BIG,
			"the answer would be larger than 1 MiB; ask for fewer things at once");
		buf_put(&o->bytes, o->error.data, o->error.len);
		e->len = o->error.len;
	}
	o->count++;
}

static void send_one(struct outbox *o, const struct entry *e, struct str body)
{
	if (zsock_send(e->z, e->peer.len ? &e->peer : NULL, body))
		o->counts.dropped++;
	else
		o->counts.sent++;
}

static void empty(struct outbox *o)
{
	if (o->bytes.len)
		explicit_bzero(o->bytes.data, o->bytes.len); /* assignments carry tokens */
	o->count = 0;
	if (o->bytes.size > KEEP_BYTES)
		buf_done(&o->bytes);
	buf_reset(&o->bytes);
	buf_reset(&o->seqs);
}

void outbox_send(struct outbox *o)
{
	ASSERT(!o->open);
	for (size_t i = 0; i < o->count; i++) {
		const struct entry *e = &o->entries[i];

		send_one(o, e, (struct str){(const char *)o->bytes.data + e->at, e->len});
	}
	empty(o);
}

void outbox_fail(struct outbox *o, enum err e, const char *words)
{
	if (o->open)
		outbox_cancel(o);
	for (size_t i = 0; i < o->count; i++) {
		if (!o->entries[i].answer)
			continue;
		write_error(o, &o->entries[i], e, words);
		send_one(o, &o->entries[i], buf_view(&o->error));
	}
	empty(o);
}

bool outbox_is_empty(const struct outbox *o)
{
	return o->count == 0;
}

struct outbox_counts outbox_counts(const struct outbox *o)
{
	return o->counts;
}

void outbox_refused(struct outbox *o, enum err e)
{
	ASSERT((size_t)e < COUNT_OF(o->refusals));
	o->refusals[e]++;
}

uint64_t outbox_refusals(const struct outbox *o, enum err e)
{
	ASSERT((size_t)e < COUNT_OF(o->refusals));
	return o->refusals[e];
}
