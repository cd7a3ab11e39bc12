#include "dispatcher/audit/audit.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/crypto/encode.h"
#include "common/wire/write.h"

#define VERIFY_MAX 5000 /* records of one request */
#define WHOM_MAX   160

/* --- writing --- */

enum err audit_load(struct dispatcher *d, struct errmsg *m)
{
	struct audit_row last;
	enum err e = store_last_audit(d->store, &last);

	d->audit = (struct chain){0};
	if (e == ERR_NOT_FOUND)
		return ERR_OK;
	if (e)
		return err_say(m, e, "%s", store_words(d->store));
	d->audit.seq = last.seq;
	memcpy(d->audit.hash, last.hash, sizeof(last.hash));
	return ERR_OK;
}

static struct str who_is(
	const struct dispatcher *d, uint32_t agent, char out[AGENT_NAME_MAX + 16])
{
	if (agent == AUDIT_ADMIN)
		return str_of("administrator");
	if (agent == AUDIT_ROOST)
		return str_of("roost");
	(void)snprintf(out, AGENT_NAME_MAX + 16, "agent %s", names_at(&d->agent_names, agent));
	return str_of(out);
}

static void put(struct dispatcher *d, struct audit_row *r)
{
	r->seq = d->audit.seq + 1;
	r->at = loop_now(d->loop).wall / USEC_MSEC * USEC_MSEC;
	if (!turn_write(d))
		return;
	chain_hash(&d->audit, r, r->hash);
	if (turn_fail(d, store_put_audit(d->store, r), NULL))
		return;
	d->audit.seq = r->seq;
	memcpy(d->audit.hash, r->hash, sizeof(r->hash));
}

void audit_note_buf(
	struct dispatcher *d, uint32_t agent, const char *what, struct whom of, struct buf *how)
{
	char who[AGENT_NAME_MAX + 16], whom[WHOM_MAX], text[AUDIT_HOW_MAX + 1];
	size_t room = sizeof(text);
	struct str all = buf_view(how);

	if (how->err) {
		turn_fail(d, how->err, NULL);
		return;
	}
	(void)snprintf(whom, sizeof(whom), "%s%s%.*s", of.kind, of.name.len ? " " : "",
		STR_ARG(of.name));
	if (all.len >= room)
		room -= 3;
	text_show(all, text, room);
	if (all.len >= sizeof(text))
		memcpy(text + strlen(text), "...", 4);
	put(d, &(struct audit_row){.who = who_is(d, agent, who),
		       .what = str_of(what),
		       .whom = str_of(whom),
		       .how = str_of(text)});
}

void audit_note(struct dispatcher *d, uint32_t agent, const char *what, struct whom of,
	const char *fmt, ...)
{
	char text[AUDIT_HOW_MAX];
	struct buf how;
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	buf_init(&how, sizeof(text));
	buf_str(&how, text);
	audit_note_buf(d, agent, what, of, &how);
	buf_done(&how);
}

/* --- list --- */

struct listing {
	struct buf *out;
	uint32_t count;
};

static void put_hash(struct buf *out, const char *key, const unsigned char *hash)
{
	struct buf hex;

	buf_init(&hex, 2 * (size_t)STORE_HASH_BYTES);
	encode_hex((struct str){(const char *)hash, STORE_HASH_BYTES}, &hex);
	wire_pair_str(out, key, buf_view(&hex));
	buf_fail(out, hex.err);
	buf_done(&hex);
}

/* What was put into the file by somebody else need not be text. */
static void put_shown(struct buf *out, const char *key, struct str s)
{
	char shown[AUDIT_HOW_MAX + 200];

	wire_pair_text(out, key, text_show(s, shown, sizeof(shown)));
}

static void put_row(void *ctx, const struct audit_row *r)
{
	struct listing *l = ctx;

	wire_put_map(l->out, 7);
	wire_pair_int(l->out, "seq", (int64_t)r->seq);
	wire_pair_int(l->out, "at", r->at / USEC_MSEC);
	put_shown(l->out, "who", r->who);
	put_shown(l->out, "what", r->what);
	put_shown(l->out, "whom", r->whom);
	put_shown(l->out, "how", r->how);
	put_hash(l->out, "hash", r->hash);
	l->count++;
}

static void put_chain(struct answer *a, const char *key, const struct chain *c)
{
	struct buf *out = answer_key(a, key);

	wire_put_map(out, 2);
	wire_pair_int(out, "seq", (int64_t)c->seq);
	put_hash(out, "hash", c->hash);
}

void audit_list(struct dispatcher *d, const struct request *r, uint32_t agent)
{
	struct msg_audit in = {.after = -1, .limit = 100};
	struct errmsg m;
	struct answer a;

	(void)agent;
	enum err e = message_read(r->root, MSG_AUDIT, &in, &m);
	if (e) {
		answer_error(d->outbox, r, e, &m);
		return;
	}
	if (in.after < 0)
		in.after =
			(int64_t)d->audit.seq > in.limit ? (int64_t)d->audit.seq - in.limit : 0;
	answer_open(&a, d->outbox, r, true);
	struct listing l = {.out = answer_key(&a, "records")};
	size_t mark = wire_array_later(l.out);
	turn_fail(d,
		store_each_audit(d->store, (uint64_t)in.after, (uint32_t)in.limit, put_row, &l),
		NULL);
	wire_array_end(l.out, mark, l.count);
	put_chain(&a, "head", &d->audit);
	answer_close(&a);
}

/* --- verify --- */

struct walk {
	struct chain chain;
	unsigned char wanted[STORE_HASH_BYTES]; /* a hash noted earlier */
	bool wants, found, broken;
	uint32_t count;
	struct errmsg words;
};

static void see(void *ctx, const struct audit_row *r)
{
	struct walk *w = ctx;

	if (w->broken)
		return;
	w->broken = !chain_follow(&w->chain, r, &w->words);
	if (w->broken)
		return;
	w->count++;
	w->found |= w->wants && memcmp(w->wanted, w->chain.hash, STORE_HASH_BYTES) == 0;
}

/* 64 letters of hexadecimal; empty leaves `out` as it is. */
static enum err read_hash(struct str text, const char *field,
	unsigned char out[STORE_HASH_BYTES], struct errmsg *m)
{
	enum err e = ERR_OK;
	struct buf b;

	buf_init(&b, STORE_HASH_BYTES);
	if (text.len && (decode_hex(text, &b) || b.len != STORE_HASH_BYTES)) {
		err_say(m, ERR_INVALID, "is no hash: 64 letters of 0-9 and a-f");
		e = err_at(m, ERR_INVALID, "%s", field);
	} else if (text.len) {
		memcpy(out, b.data, STORE_HASH_BYTES);
	}
	buf_done(&b);
	return e;
}

/* At its end the chain has to be where this dispatcher left it. */
static void check_end(const struct dispatcher *d, struct walk *w)
{
	if (w->chain.seq == d->audit.seq &&
		memcmp(w->chain.hash, d->audit.hash, STORE_HASH_BYTES) == 0)
		return;
	w->broken = true;
	err_say(&w->words, ERR_CORRUPT,
		"the store ends with record %llu, and this dispatcher wrote up to record %llu",
		(unsigned long long)w->chain.seq, (unsigned long long)d->audit.seq);
}

static void answer_verify(struct dispatcher *d, const struct request *r, const struct walk *w)
{
	struct answer a;

	answer_open(&a, d->outbox, r, true);
	answer_int(&a, "checked", w->count);
	put_chain(&a, "head", &w->chain);
	wire_put_bool(answer_key(&a, "more"), !w->broken && w->count == VERIFY_MAX);
	wire_put_bool(answer_key(&a, "found"), w->found);
	answer_text(&a, "broken", w->broken ? w->words.text : NULL);
	answer_close(&a);
}

void audit_verify(struct dispatcher *d, const struct request *r, uint32_t agent)
{
	struct msg_audit_verify in = {0};
	struct walk w = {0};
	struct errmsg m;

	(void)agent;
	enum err e = message_read(r->root, MSG_AUDIT_VERIFY, &in, &m);
	if (!e)
		e = read_hash(in.hash, "hash", w.chain.hash, &m);
	if (!e)
		e = read_hash(in.head, "head", w.wanted, &m);
	if (e) {
		answer_error(d->outbox, r, e, &m);
		return;
	}
	w.chain.seq = (uint64_t)in.after;
	w.wants = in.head.len > 0;
	turn_fail(d, store_each_audit(d->store, w.chain.seq, VERIFY_MAX, see, &w), NULL);
	if (!w.broken && w.count < VERIFY_MAX)
		check_end(d, &w);
	answer_verify(d, r, &w);
}
