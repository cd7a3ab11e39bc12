/*
 * rows.h - what a store keeps, row by row
 */
#ifndef ROOST_DISPATCHER_STORE_ROWS_H
#define ROOST_DISPATCHER_STORE_ROWS_H

#include "dispatcher/core/job.h"
#include "dispatcher/core/money/ledger.h"
#include "dispatcher/core/rate/window.h"

#define STORE_X_ID_MAX 24 /* bytes of an id of X, with its zero */

#define BODY_ANY_PRICE (-1)

/* What an agent said of a job, kept with it until retention takes it. */
struct body {
	usec_t enqueued_at;   /* wall */
	int64_t price;        /* micro-dollars, worst case, as told at enqueue */
	int64_t max_price;    /* what it may cost at most, as its agent said; BODY_ANY_PRICE */
	uint64_t fingerprint; /* of the content, to tell "same key, same job" from "other
				 content" */
	struct str action;    /* its name */
	struct str key;       /* idempotency key; empty: none */
	struct str batch;     /* empty: none */
	struct str tags;      /* each between newlines: "\na\nb\n"; empty: none */
	struct str args;      /* MessagePack map */
	struct str meta;      /* MessagePack value; empty: none */
	struct str mark; /* of the policy guard (policy/mark.h), written and not read back here;
			    empty: none */
};

/* How a job ended. */
struct ending {
	usec_t finished_at; /* wall */
	usec_t started_at;  /* wall, of the last attempt; 0: none began */
	int http_status;    /* 0: none */
	int64_t price;      /* micro-dollars that it did cost */
	bool settled;
	struct str cause;    /* outcome_cause_name(); "none" when done */
	struct str message;  /* for a person; empty when done */
	struct str x_id;     /* of what was made; empty */
	struct str response; /* X's answer as MessagePack; empty: none */
};

/*
 * A job, whole. `ended` says whether `ending` holds; job.state is then final, but in the reply
 * that tells of one page of several.
 */
struct job_record {
	struct job job;
	struct body body;
	bool ended;
	struct ending ending;
};

/* A page that a job has read, and after which it reads on. */
struct page_row {
	uint64_t job;
	uint8_t page;     /* from 1 */
	int64_t size;     /* bytes of the responses of the job up to this one, given or kept */
	struct str token; /* of the page after it, as X gave it */
	struct str response; /* X's answer as MessagePack; empty: it was told already */
};

/* Which jobs; fields that are zero or empty do not matter. */
struct job_filter {
	uint32_t agent, account;
	bool by_state;
	enum job_state state;
	struct str action, batch, tag;
	/* The state of a job that has not ended, where somebody knows better than its row;
	 * NULL: nobody does. */
	enum job_state (*state_now)(const void *ctx, const struct job *j);
	const void *state_ctx;
	struct str text; /* occurs in the arguments: ... */
	/* ... as this says, of those that have its bytes; NULL: the bytes are enough. */
	bool (*has_text)(struct str args, struct str text);
	uint64_t before;   /* ids below this only: the cursor; 0: from the newest */
	uint32_t limit;    /* at most so many, >= 1 */
	uint32_t scan_max; /* rows looked at, at most, >= 1: the rest is for the next call */
};

/* A message for an agent, kept until it acknowledges it. */
struct reply {
	uint64_t seq;
	struct job_record record; /* as it was when the reply was made */
};

struct app_row {
	uint32_t id; /* 0 when new */
	struct str name, client_id, plan;
	struct str data_key; /* wrapped; empty */
	struct str secret;   /* sealed client secret; empty: a public client */
	bool paused;
	usec_t parked_until; /* wall; 0: not parked */
	struct str park_cause;
};

struct account_row {
	uint32_t id; /* 0 when new */
	uint32_t app;
	struct str name, user_id, username, scopes;
	uint8_t kind;        /* of its tokens: enum vault_kind */
	uint8_t grant;       /* enum grant_state */
	bool refreshing;     /* a refresh of `generation` was begun, its end is not known */
	uint64_t generation; /* of the tokens; goes up with each pair */
	usec_t token_until;  /* wall */
	struct str data_key; /* wrapped */
	struct str access, refresh; /* sealed */
	bool paused;
	usec_t parked_until; /* wall; 0: not parked */
	struct str park_cause;
};

struct agent_row {
	uint32_t id; /* 0 when new */
	struct str name;
	uint64_t last_seq;  /* of the last reply made for it; 0: none */
	uint64_t acked_seq; /* acknowledged up to here: last_seq - acked_seq are pending */
};

#define STORE_HASH_BYTES 32

/* One record of the audit log (dispatcher/audit): who did what to whom, and how. */
struct audit_row {
	uint64_t seq; /* from 1, without gaps */
	usec_t at;    /* wall, in whole milliseconds */
	struct str who, what, whom, how;
	unsigned char hash[STORE_HASH_BYTES]; /* of this record and all before it */
};

/* Bytes that an agent sent (dispatcher/media): it may name them by their hash. */
struct media_row {
	uint32_t agent;
	unsigned char hash[STORE_HASH_BYTES]; /* SHA-256 of the bytes */
	struct str name, type;                /* as the agent said */
	int64_t size;
	usec_t used_at; /* wall: when they came, or a job last named them */
};

/* What X has of a medium, for one account. */
struct upload_row {
	uint32_t account;
	unsigned char key[STORE_HASH_BYTES]; /* of the bytes, and as what they were uploaded */
	struct str x_id;
	uint8_t state;     /* enum upload_state of dispatcher/media */
	uint32_t parts;    /* that X has, from the first on */
	usec_t started_at; /* wall: when X gave the id */
	usec_t check_at;   /* wall: when to ask X whether it is processed */
	usec_t expires_at; /* wall: when X forgets it */
};

#define SETTING_GUARD 16

/* What an operator set of an app, an account or an agent (common/conf/owner.h). */
struct setting_row {
	uint8_t kind;   /* enum owner_kind, or SETTING_GUARD and above: the policy guard's */
	uint32_t owner; /* the number of the app, account or agent */
	struct str name, value;
};

/* What X refused an app as not part of its plan. */
struct refusal_row {
	uint32_t app;
	struct str operation; /* of the call: call_info() */
	uint8_t kind;         /* enum post_kind */
	usec_t since;         /* wall */
	struct str words;     /* X's own */
};

/* A post that mentions an account or quotes one of its posts, or that is its own. */
struct summons_row {
	uint32_t account;
	struct str x_id;
	usec_t seen_at; /* wall: when it was read last */
	bool own;       /* the account wrote it */
};

/* What the policy guard keeps of a job. */
struct mark_row {
	uint64_t id;
	uint32_t account;
	bool done; /* else it has not ended */
	usec_t at; /* wall: when it ended, or its not_before */
	struct str mark;
};

/* That a job comes after another one. */
struct need_row {
	uint64_t job;
	struct need need;
	enum job_state state; /* of the other one; JOB_DONE when it is not kept any more */
};

struct store_counts {
	uint64_t jobs, history, replies, bytes; /* bytes: of the files */
};

/* A window's row, its family by name: row.family is not kept, for such numbers change. */
struct window_kept {
	struct window_row row;
	struct str family;
};

/* An override of a budget: in `row`, `spent` is by how much it was raised. */
struct raise_row {
	struct ledger_row row;
	usec_t at;         /* wall */
	struct str reason; /* for people */
};

/* Days or months by the day they begin on, from `from` to `to`, both included. */
struct periods {
	enum ledger_length length;
	int32_t from, to; /* days since 1970 */
};

#endif
