#include "dispatcher/media/upload.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/base/mem.h"
#include "common/wire/write.h"
#include "dispatcher/assign.h"
#include "dispatcher/media/spool.h"
#include "dispatcher/report.h"

#define OUT_MAX     256               /* calls under way at once */
#define BUSY_WAIT   (500 * USEC_MSEC) /* when another job's call is under way */
#define LIFE_MIN    (2 * USEC_MIN)    /* an id that ends sooner is not used any more ... */
#define LIFE_PART   4                 /* ... unless this part of its life is less */
#define LIFE_GUESS  USEC_DAY          /* when X does not say how long it lives */
#define CHECK_GUESS USEC_SEC          /* when X does not say when to ask again */
#define CHECK_MOST  (10 * USEC_MIN)
#define PROCESS_MAX (2 * USEC_HOUR) /* X works on a medium no longer */

/* A call under way. */
struct out {
	uint64_t job, lease; /* lease 0: free */
	uint32_t account;
	enum call call;
	uint32_t part;
	int64_t offset, size; /* bytes that go with it; size 0: none */
	bool has_alt;
	unsigned char key[STORE_HASH_BYTES], hash[MEDIA_HASH_BYTES];
};

struct uploads {
	struct out out[OUT_MAX];
	struct upload_counts counts;
	unsigned char piece[PIECE_MAX];
};

struct uploads *uploads_new(void)
{
	return mem_alloc(sizeof(struct uploads));
}

void uploads_free(struct uploads *u)
{
	mem_free(u);
}

struct upload_counts upload_counts(const struct dispatcher *d)
{
	return d->uploads->counts;
}

/* --- what comes next --- */

/* The next call of a job's media. */
struct lack {
	enum call call; /* CALL_COUNT: none */
	usec_t until;
	struct named *named;   /* of which; NULL: none */
	struct upload_row row; /* what X has of it; x_id is in named */
	bool gone;             /* its bytes are not kept any more */
};

static bool is_small(const struct named *n)
{
	return n->type->kind == MEDIA_IMAGE && n->size <= MEDIA_PART;
}

static bool is_over(const struct upload_row *row, usec_t wall)
{
	usec_t part = (row->expires_at - row->started_at) / LIFE_PART;

	return row->expires_at < wall + (part < LIFE_MIN ? part : LIFE_MIN);
}

/* The call that one medium lacks, or CALL_COUNT; its row is read. */
static enum call lacks(
	struct dispatcher *d, uint32_t account, struct named *n, struct upload_row *row)
{
	enum err e = store_find_upload(d->store, account, n->key, row);

	if (e || is_over(row, d->now.wall)) {
		*row = (struct upload_row){.account = account};
		memcpy(row->key, n->key, sizeof(row->key));
		return is_small(n) ? CALL_OP_MEDIA_UPLOAD : CALL_OP_INITIALIZE_MEDIA_UPLOAD;
	}
	(void)snprintf(n->x_id, sizeof(n->x_id), "%.*s", STR_ARG(row->x_id));
	row->x_id = str_of(n->x_id);
	if (row->state == UPLOAD_PARTS)
		return row->parts < media_parts(n->size) ? CALL_OP_APPEND_MEDIA_UPLOAD
							 : CALL_OP_FINALIZE_MEDIA_UPLOAD;
	if (row->state == UPLOAD_PROCESSING)
		return CALL_OP_GET_MEDIA_UPLOAD_STATUS;
	return row->state == UPLOAD_SILENT ? CALL_OP_CREATE_MEDIA_METADATA : CALL_COUNT;
}

static bool needs_bytes(enum call call)
{
	return call == CALL_OP_MEDIA_UPLOAD || call == CALL_OP_INITIALIZE_MEDIA_UPLOAD ||
	       call == CALL_OP_APPEND_MEDIA_UPLOAD;
}

static void find_next(
	struct dispatcher *d, uint32_t account, struct named_list *all, struct lack *ret)
{
	*ret = (struct lack){.call = CALL_COUNT, .until = d->now.wall};
	for (size_t i = 0; i < all->count && ret->call == CALL_COUNT; i++) {
		if (!all->at[i].is_handle)
			continue;
		ret->call = lacks(d, account, &all->at[i], &ret->row);
		ret->named = &all->at[i];
	}
	if (ret->call == CALL_COUNT)
		return;
	if (ret->call == CALL_OP_GET_MEDIA_UPLOAD_STATUS && ret->row.check_at > ret->until)
		ret->until = ret->row.check_at;
	ret->gone = needs_bytes(ret->call) &&
		    spool_size(d->spool, ret->named->hash) != ret->named->size;
}

/* --- calls under way --- */

static struct out *find_out(struct uploads *u, uint64_t job, uint64_t lease)
{
	for (size_t i = 0; i < OUT_MAX; i++)
		if (u->out[i].lease == lease && u->out[i].job == job)
			return &u->out[i];
	return NULL;
}

/* Whether a call for the same medium is under way; if not, *ret is a place for one. */
static bool is_busy(struct dispatcher *d, const struct lack *s, struct out **ret)
{
	*ret = NULL;
	for (size_t i = 0; i < OUT_MAX; i++) {
		struct out *o = &d->uploads->out[i];
		enum step step;

		if (o->lease && !core_is_out(d->core, o->job, o->lease, &step))
			o->lease = 0;
		if (!o->lease)
			*ret = o;
		else if (o->account == s->row.account &&
			 memcmp(o->key, s->row.key, sizeof(o->key)) == 0)
			return true;
	}
	return *ret == NULL;
}

/* --- sending one --- */

static void put_args(struct buf *b, const struct lack *s)
{
	const struct named *n = s->named;

	buf_reset(b);
	switch ((int)s->call) {
	case CALL_OP_MEDIA_UPLOAD:
		wire_put_map(b, 1);
		wire_pair_text(b, "media_category", n->category);
		break;
	case CALL_OP_INITIALIZE_MEDIA_UPLOAD:
		wire_put_map(b, 3);
		wire_pair_text(b, "media_type", n->type->name);
		wire_pair_text(b, "media_category", n->category);
		wire_pair_int(b, "total_bytes", n->size);
		break;
	case CALL_OP_APPEND_MEDIA_UPLOAD:
		wire_put_map(b, 2);
		wire_pair_text(b, "id", n->x_id);
		wire_pair_int(b, "segment_index", s->row.parts);
		break;
	case CALL_OP_GET_MEDIA_UPLOAD_STATUS:
		wire_put_map(b, 2);
		wire_pair_text(b, "media_id", n->x_id);
		wire_pair_text(b, "command", "STATUS");
		break;
	case CALL_OP_CREATE_MEDIA_METADATA:
		wire_put_map(b, 2);
		wire_pair_text(b, "id", n->x_id);
		wire_put_text(b, "metadata");
		wire_put_map(b, 1);
		wire_put_text(b, "alt_text");
		wire_put_map(b, 1);
		wire_pair_str(b, "text", n->alt);
		break;
	default:
		wire_put_map(b, 1);
		wire_pair_text(b, "id", n->x_id);
	}
}

static void note_out(struct out *out, const struct order *o, const struct lack *s)
{
	*out = (struct out){
		.job = o->job.id,
		.lease = o->lease,
		.account = o->job.account,
		.call = s->call,
		.has_alt = s->named->alt.len > 0,
	};
	memcpy(out->key, s->named->key, sizeof(out->key));
	memcpy(out->hash, s->named->hash, sizeof(out->hash));
	if (s->call == CALL_OP_MEDIA_UPLOAD)
		out->size = s->named->size;
	if (s->call != CALL_OP_APPEND_MEDIA_UPLOAD)
		return;
	int64_t left = s->named->size - s->row.parts * MEDIA_PART;
	out->part = s->row.parts;
	out->offset = s->row.parts * MEDIA_PART;
	out->size = left < MEDIA_PART ? left : MEDIA_PART;
}

static void send(
	struct dispatcher *d, const struct order *o, const struct lack *s, struct out *out)
{
	const struct vault_account *account = vault_account_by_id(d->vault, o->job.account);

	ASSERT(account);
	note_out(out, o, s);
	put_args(&d->scratch, s);
	struct msg_assignment a = {
		.job = (int64_t)o->job.id,
		.lease = (int64_t)o->lease,
		.step = out->size ? 3 : 0, /* part, or act */
		.begin = false,
		.action = str_of(call_info(s->call)->operation),
		.user_id = str_of(account->user_id),
		.username = str_of(account->username),
		.token = vault_token(d->vault, account),
		.offset = out->offset,
		.size = out->size,
	};
	d->uploads->counts.calls++;
	assign_to(d, o->worker, account, &a, buf_view(&d->scratch));
}

/* --- an assignment --- */

/* The job ends: what it needs is not here. */
static void say_gone(struct dispatcher *d, const struct order *o)
{
	static const struct evidence why = {
		.message = {.at = "the bytes of its media are not kept any more; send them "
				  "again with `media`, "
				  "then `roost retry` the job",
			.len = sizeof("the bytes of its media are not kept any more; send them "
				      "again with "
				      "`media`, then `roost retry` the job") -
			       1}};
	static const struct outcome gone = {.class = OUTCOME_REFUSED, .cause = CAUSE_NOT_FOUND};

	turn_fact(d, &(struct fact){.kind = FACT_MEDIA,
			     .job = o->job,
			     .worker = o->worker,
			     .lease = o->lease,
			     .next = CALL_COUNT,
			     .outcome = &gone,
			     .tag = &why});
}

static void say_next(struct dispatcher *d, const struct order *o, enum call next, usec_t until)
{
	turn_fact(d, &(struct fact){.kind = FACT_MEDIA,
			     .job = o->job,
			     .worker = o->worker,
			     .lease = o->lease,
			     .next = next,
			     .until = until});
}

bool upload_assigned(struct dispatcher *d, const struct order *o, const struct action *a,
	const struct wire_value *args, struct named_list *out)
{
	struct lack s;
	struct out *place;

	if (named_read(d, o->job.agent, a, args, out, NULL)) {
		say_gone(d, o);
		return false;
	}
	find_next(d, o->job.account, out, &s);
	if (s.gone) {
		say_gone(d, o);
		return false;
	}
	if (o->step == STEP_ACT && s.call == CALL_COUNT)
		return true;
	if (o->step == STEP_ACT || s.call != o->call || s.until > d->now.wall)
		say_next(d, o, s.call, s.until);
	else if (is_busy(d, &s, &place))
		say_next(d, o, s.call, d->now.wall + BUSY_WAIT);
	else
		send(d, o, &s, place);
	return false;
}

/* --- outcomes --- */

static usec_t seconds_of(const struct wire_value *v, usec_t otherwise, usec_t most)
{
	int64_t s = wire_type(v) == WIRE_INT ? wire_int(v) : 0;

	if (s <= 0)
		return otherwise;
	return s < most / USEC_SEC ? s * USEC_SEC : most;
}

/* Reads `processing_info` into the row. False: X could not process it. */
static bool read_processing(struct dispatcher *d, const struct out *out,
	const struct wire_value *data, struct upload_row *row)
{
	const struct wire_value *info = wire_get(data, "processing_info");
	struct str state = wire_str(wire_get(info, "state"));

	row->state = out->has_alt ? UPLOAD_SILENT : UPLOAD_READY;
	if (wire_type(info) != WIRE_MAP || str_is(state, "succeeded"))
		return true;
	if (str_is(state, "failed") || d->now.wall - row->started_at > PROCESS_MAX)
		return false;
	row->state = UPLOAD_PROCESSING;
	row->check_at = d->now.wall +
			seconds_of(wire_get(info, "check_after_secs"), CHECK_GUESS, CHECK_MOST);
	return true;
}

static void keep_row(struct dispatcher *d, const struct upload_row *row)
{
	turn_fail(d, store_put_upload(d->store, row), NULL);
	d->uploads->counts.done += row->state == UPLOAD_READY;
}

static void drop_row(struct dispatcher *d, const struct out *out)
{
	turn_fail(d, store_drop_upload(d->store, out->account, out->key), NULL);
}

/* X's own words on why it could not process it, if it has some. */
static struct str failure_of(const struct wire_value *data)
{
	const struct wire_value *error = wire_get(wire_get(data, "processing_info"), "error");
	struct str words = wire_str(wire_get(error, "message"));

	return words.len ? words
			 : str_of("X could not process the medium: look at its format and "
				  "length");
}

static bool begins(enum call call)
{
	return call == CALL_OP_INITIALIZE_MEDIA_UPLOAD || call == CALL_OP_MEDIA_UPLOAD;
}

/* An answer that says what X has. False: it makes no sense. */
static bool read_done(struct dispatcher *d, const struct out *out, const struct msg_result *r,
	struct upload_row *row)
{
	const struct wire_value *data = wire_get(r->response, "data");
	struct str id = wire_str(wire_get(data, "id"));

	if (begins(out->call)) {
		if (!text_is_x_id(id))
			return false;
		row->x_id = id;
		row->started_at = d->now.wall;
		row->expires_at = 0;
	}
	if (out->call != CALL_OP_APPEND_MEDIA_UPLOAD &&
		out->call != CALL_OP_CREATE_MEDIA_METADATA)
		row->expires_at = d->now.wall + seconds_of(wire_get(data, "expires_after_secs"),
							row->expires_at > d->now.wall
								? row->expires_at - d->now.wall
								: LIFE_GUESS,
							365 * USEC_DAY);
	return true;
}

/* What a call that X has done changes. False: X could not process the medium. */
static bool take_done(struct dispatcher *d, const struct out *out, const struct msg_result *r,
	struct upload_row *row)
{
	const struct wire_value *data = wire_get(r->response, "data");

	switch ((int)out->call) {
	case CALL_OP_INITIALIZE_MEDIA_UPLOAD:
		row->state = UPLOAD_PARTS;
		row->parts = 0;
		return true;
	case CALL_OP_APPEND_MEDIA_UPLOAD:
		row->parts = out->part + 1;
		d->uploads->counts.parts++;
		return true;
	case CALL_OP_CREATE_MEDIA_METADATA:
		row->state = UPLOAD_READY;
		return true;
	default:
		return read_processing(d, out, data, row);
	}
}

static void done(struct dispatcher *d, const struct out *out, const struct msg_result *r,
	struct outcome *o, struct upload_told *t)
{
	char x_id[STORE_X_ID_MAX];
	struct upload_row row = {.account = out->account};
	enum err e = store_find_upload(d->store, out->account, out->key, &row);

	memcpy(row.key, out->key, sizeof(row.key));
	row.account = out->account;
	/* It began anew before it was ready: the core counts how often. */
	t->anew = !e && row.state < UPLOAD_SILENT && begins(out->call);
	(void)snprintf(x_id, sizeof(x_id), "%.*s", e ? 0 : STR_ARG(row.x_id));
	row.x_id = str_of(x_id);
	if (!read_done(d, out, r, &row)) {
		o->class = OUTCOME_UNKNOWN;
		o->cause = CAUSE_BAD_ANSWER;
	} else if (take_done(d, out, r, &row)) {
		keep_row(d, &row);
	} else {
		drop_row(d, out);
		o->class = OUTCOME_REFUSED;
		o->cause = CAUSE_INVALID;
		t->message = failure_of(wire_get(r->response, "data"));
	}
}

/* X does not know the id (any more): from the beginning, after a while. */
static bool is_forgotten(const struct out *out, const struct outcome *o)
{
	return o->class == OUTCOME_REFUSED && o->http_status == 404 && !begins(out->call);
}

/* A body's arguments, opened. */
struct opened {
	struct buf bytes;
	struct wire_message message;
	const struct action *action;
};

static enum err open_body(struct dispatcher *d, uint64_t id, struct opened *b)
{
	struct body body;
	enum err e = store_get_body(d->store, id, &body);

	*b = (struct opened){0};
	buf_init(&b->bytes, ZSOCK_MESSAGE_MAX);
	if (e)
		return e;
	b->action = action_find(body.action);
	buf_put(&b->bytes, body.args.at, body.args.len);
	if (!b->action || b->bytes.err)
		return ERR_CORRUPT;
	return wire_open(&b->message, buf_view(&b->bytes), NULL);
}

static void close_body(struct opened *b)
{
	wire_close(&b->message);
	buf_done(&b->bytes);
}

/* What the job's media lack, from its body and the store. */
static void next_of(struct dispatcher *d, const struct job *j, struct upload_told *t)
{
	struct named_list all;
	struct opened b;
	struct lack s = {.call = CALL_OP_INITIALIZE_MEDIA_UPLOAD, .until = d->now.wall};

	if (!open_body(d, j->id, &b) &&
		!named_read(d, j->agent, b.action, b.message.root, &all, NULL))
		find_next(d, j->account, &all, &s);
	t->next = s.call;
	t->until = s.until;
	close_body(&b);
}

struct upload_told upload_told(struct dispatcher *d, const struct job *j,
	const struct msg_result *r, struct outcome *o)
{
	struct out *out = find_out(d->uploads, (uint64_t)r->job, (uint64_t)r->lease);
	struct upload_told t = {.next = CALL_OP_INITIALIZE_MEDIA_UPLOAD};

	if (out && o->class == OUTCOME_DONE) {
		done(d, out, r, o, &t);
	} else if (out && is_forgotten(out, o)) {
		drop_row(d, out);
		t.anew = true;
		d->uploads->counts.anew++;
		o->class = OUTCOME_UNKNOWN; /* to the core: to be tried again, after a while */
		o->cause = CAUSE_SERVER;
	} else if (out && o->class == OUTCOME_REFUSED &&
		   outcome_cause_then(o->cause) == THEN_FAIL) {
		drop_row(d, out); /* another job begins with an id of its own */
	}
	if (out)
		out->lease = 0;
	next_of(d, j, &t);
	return t;
}

/* Whether X's words are about the media of a post. */
static bool speaks_of_media(struct str words)
{
	for (size_t i = 0; i + 5 <= words.len; i++)
		if (strncasecmp(words.at + i, "media", 5) == 0)
			return true;
	return false;
}

struct upload_told upload_refused(struct dispatcher *d, const struct job *j,
	const struct msg_result *r, const struct outcome *o)
{
	struct upload_told t = {.next = CALL_COUNT};
	struct named_list all;
	struct opened b;

	if (o->class != OUTCOME_REFUSED || o->http_status != 400 ||
		!speaks_of_media(r->message))
		return t;
	t.stale = true;
	if (!open_body(d, j->id, &b) &&
		!named_read(d, j->agent, b.action, b.message.root, &all, NULL))
		for (size_t i = 0; i < all.count; i++)
			if (all.at[i].is_handle)
				turn_fail(d,
					store_drop_upload(d->store, j->account, all.at[i].key),
					NULL);
	close_body(&b);
	next_of(d, j, &t);
	return t;
}

/* --- bytes for a worker --- */

void upload_want(struct dispatcher *d, uint32_t worker, const struct msg_want *w)
{
	struct out *out = find_out(d->uploads, (uint64_t)w->job, (uint64_t)w->lease);
	struct str data = {0};
	enum step step;

	bool is_its = out && core_is_with(d->core, worker, out->lease) &&
		      core_is_out(d->core, out->job, out->lease, &step) && step == STEP_MEDIA &&
		      w->offset >= out->offset &&
		      w->size <= out->size - (w->offset - out->offset);
	if (is_its &&
		!spool_read(d->spool, out->hash, w->offset, (size_t)w->size, d->uploads->piece))
		data = (struct str){(const char *)d->uploads->piece, (size_t)w->size};
	workers_bytes(d->workers, worker, w, data);
}

/* --- for people --- */

static void put_one(struct dispatcher *d, const struct job *j, struct named *n, struct buf *out)
{
	static const char *const states[] = {
		[0] = "waiting",
		[UPLOAD_PARTS] = "uploading",
		[UPLOAD_PROCESSING] = "processing",
		[UPLOAD_SILENT] = "uploading",
		[UPLOAD_READY] = "ready",
	};
	struct upload_row row;
	char handle[MEDIA_HANDLE_SIZE];

	(void)lacks(d, j->account, n, &row);
	wire_put_map(out, 4);
	wire_pair_text(out, "media", media_handle_write(n->hash, handle));
	wire_pair_text(out, "state", states[row.state < COUNT_OF(states) ? row.state : 0]);
	wire_pair_int(
		out, "parts", row.state > UPLOAD_PARTS ? media_parts(n->size) : row.parts);
	wire_pair_int(out, "of", media_parts(n->size));
}

void upload_put(struct dispatcher *d, const struct job *j, struct buf *out)
{
	struct named_list all;
	struct opened b = {0};
	uint32_t put = 0;

	if (!(j->flags & JOB_MEDIA) || open_body(d, j->id, &b) ||
		named_read(d, j->agent, b.action, b.message.root, &all, NULL)) {
		wire_put_nil(out);
		close_body(&b);
		return;
	}
	size_t mark = wire_array_later(out);
	for (size_t i = 0; i < all.count; i++)
		if (all.at[i].is_handle) {
			put_one(d, j, &all.at[i], out);
			put++;
		}
	wire_array_end(out, mark, put);
	close_body(&b);
}
