/*
 * messages.h - every message of roost, as one table
 *
 * Two conversations: agents with the dispatcher (public, docs/protocol.md) and
 * workers with the dispatcher (docs/worker-protocol.md). Each message is a map
 * with the key `op`; its row here says who sends it and which other keys it
 * may have. Keys common to all requests of agents (`op`, `seq`, `agent`) are
 * read first, by message_head().
 *
 * Unknown keys in what agents send are errors. Between worker and dispatcher
 * unknown keys are ignored, so that either may be newer (PROTOCOL_VERSION).
 */
#ifndef ROOST_COMMON_WIRE_MESSAGES_H
#define ROOST_COMMON_WIRE_MESSAGES_H

#include "common/wire/admin.h"
#include "common/wire/fields.h"

#define PROTOCOL_VERSION  1
#define JOBS_PER_MESSAGE  1000 /* jobs in one enqueue, ids in one get, cancel, retry */
#define ITEMS_PER_MESSAGE 4096 /* items in one message between worker and dispatcher */
#define AGENT_NAME_MAX    64
#define ACCOUNT_NAME_MAX  64
#define APP_NAME_MAX      64
#define WORKER_NAME_MAX   64
#define KEY_MAX           200 /* bytes of an idempotency key */
#define BATCH_MAX         200
#define TAG_MAX           64
#define TAGS_MAX          16
#define META_MAX          16384 /* bytes of `meta` as MessagePack */
#define REASON_MAX        200   /* bytes of the reason of a decision */
#define ATTEMPTS_MAX      100
#define WAIT_MS_MAX       60000
#define PIECE_MAX         (512 * 1024) /* bytes of a medium from dispatcher to worker at a time */
#define MEDIA_NAME_MAX    255
#define MEDIA_DATA_MAX    ((int64_t)1024 * 1024) /* what a frame holds is a little less */
#define OAUTH1_TEXT_MAX   512 /* bytes of one of the four keys of OAuth 1.0a */

enum message_side { SIDE_AGENT, SIDE_ADMIN, SIDE_WORKER, SIDE_DISPATCHER };

enum message {
#define X(message, name, side, fields, help) message,
#include "common/wire/messages.def"
#undef X
	MESSAGE_COUNT,
};

struct message_info {
	const char *name; /* the value of `op` */
	enum message_side side;
	const struct field *fields;
	size_t field_count;
	const char *help;
};

const struct message_info *message_info(enum message msg);

/* The message of that name sent by that side (admins may send what agents may); false: there is
 * none. */
bool message_find(enum message_side side, struct str op, enum message *ret);

/* The names of what that side may send, with commas, in out[cap]; what does not fit is cut.
 * Returns out. */
char *message_names(enum message_side side, char *out, size_t cap);

/* Whether it has no keys but those of the head. */
bool message_is_bare(enum message msg);

/* What every request has. */
struct message_head {
	struct str op;
	const struct wire_value *seq; /* NULL: none was given */
	struct str agent;             /* empty: not given */
};

/* Reads the head of a request. ERR_FORMAT when `root` is no map or has no `op`. */
MUST_USE enum err message_head(
	const struct wire_value *root, struct message_head *ret, struct errmsg *m);

/*
 * Reads the keys of `msg` from a request into its struct below (zeroed by the caller, defaults
 * set). Head keys are passed over. ERR_INVALID with the field's name.
 */
MUST_USE enum err message_read(
	const struct wire_value *root, enum message msg, void *out, struct errmsg *m);

/* --- what agents send (interface, section 2) --- */

struct msg_enqueue {
	const struct wire_value *jobs;
	bool atomic;
};

/* One job of an enqueue; read with job_fields. */
struct msg_job {
	struct str action, account, key, batch;
	const struct wire_value *args, *tags, *meta, *after;
	usec_t run_at, expires_at;
	int64_t priority, max_attempts, max_price;
	bool approval;
	uint8_t on_unsure; /* 0 settle, 1 ask */
};
extern const struct field job_fields[];
extern const size_t job_field_count;

struct msg_ids {
	const struct wire_value *ids, *keys;
};

/* list, and cancel by the same filter. */
struct msg_filter {
	const struct wire_value *ids;
	struct str state, account, action, batch, tag, text, cursor;
	int64_t limit;
};

struct msg_update {
	struct str id;
	usec_t run_at, expires_at;
	int64_t priority;
	const struct wire_value *args;
	/* told from "not given": -1 for the numbers */
};

struct msg_resolve {
	struct str id, x_id;
	uint8_t as; /* enum resolve_as */
};

/* approve and reject. */
struct msg_decide {
	const struct wire_value *ids;
	struct str reason;
};

struct msg_results {
	int64_t max, wait_ms, ack; /* ack -1: none */
};

struct msg_subscribe {
	int64_t credit;
};

struct msg_ack {
	int64_t upto, credit;
};

struct msg_limits {
	struct str account;
};

struct msg_spend {
	uint8_t by; /* enum ledger_kind of the core: 0 agent, 1 account, 2 app */
	struct str period, name;
};

/* A piece of a picture or video. */
struct msg_media {
	struct str name, type, data;
	int64_t size, offset;
};

struct msg_explain {
	struct str id;
};

struct msg_plan {
	const struct wire_value *jobs;
	usec_t until;
	struct str plan;
	bool more;
	int64_t cursor; /* -1: none */
};

/* --- between worker and dispatcher --- */

/*
 * hello   {worker, version, protocol, slots, holds: [[job, lease, begun], ...]}
 * beat    {}                                both ways; the dispatcher's answer has `drain`
 * credit  {slots}                           the worker's slots are now so many
 * begin   {items: [[job, lease], ...]}
 * back    {items: [[job, lease], ...]}      handed back: neither begun nor sent
 * result  {items: [result, ...]}
 * media   {job, lease, offset, size}        bytes for a part; answered by media with `data`
 * bye     {}
 *
 * hello   {}                                the dispatcher does not know the sender (it was
 * restarted, or the connection is new): say hello, with holds welcome {protocol, heartbeat_ms,
 * silence_ms, request_ms} assign  {items: [assignment, ...]} go      {items: [[job, lease, ok],
 * ...]} kept    {items: [[job, lease], ...]}      their results are kept (or of no use): forget
 * them
 */
struct msg_hello {
	struct str worker, version;
	int64_t protocol, slots;
	const struct wire_value *holds;
};

struct msg_credit {
	int64_t slots;
};

struct msg_items {
	const struct wire_value *items;
};

/* A worker's wish for bytes, and what it is answered. */
struct msg_want {
	int64_t job, lease, offset, size;
};

struct msg_bytes {
	int64_t job, lease, offset;
	struct str data;
};

struct msg_welcome {
	int64_t protocol, heartbeat_ms, silence_ms, request_ms;
};

struct msg_drain {
	bool drain;
};

/* Keys of OAuth 1.0a, of an assignment; read with oauth1_fields. */
struct msg_oauth1 {
	struct str api_key, api_secret, token, token_secret;
};
extern const struct field oauth1_fields[];
extern const size_t oauth1_field_count;

/* One assignment; read with assignment_fields. Ids are integers here. */
struct msg_assignment {
	int64_t job, lease;
	uint8_t step;       /* act, name, look, part */
	bool begin;         /* ask BEGIN before sending */
	struct str action;  /* its name */
	struct str user_id; /* of the account at X */
	struct str username;
	struct str token; /* access token: keep it for this attempt only; or empty, and ... */
	const struct wire_value *oauth1; /* ... keys that sign: read with oauth1_fields */
	const struct wire_value
		*args;        /* what the agent gave; @names already ids, but for a name step */
	struct str name;      /* of a name step: the user name to look up */
	usec_t begun_at;      /* of a look: when the attempt in doubt began */
	int64_t offset, size; /* of a part: these bytes of the medium go with it */
};
extern const struct field assignment_fields[];
extern const size_t assignment_field_count;

/* One result; read with result_fields. */
struct msg_result {
	int64_t job, lease;
	struct str class, cause; /* outcome_class_name(), outcome_cause_name() */
	int64_t status, objects;
	usec_t park_until;
	const struct wire_value *rate; /* 3 of nil or [limit, remaining, resets_at ms] */
	struct str x_id;
	uint8_t look; /* enum look */
	const struct wire_value
		*found;     /* of a look: ids of posts or events that match, likeliest first */
	struct str message; /* for a person, in addition to the cause's text; may be empty */
	const struct wire_value *response; /* X's answer */
};
extern const struct field result_fields[];
extern const size_t result_field_count;

#endif
