/*
 * state.h - the dispatcher's inside, for the files beside dispatcher.c
 *
 * dispatcher.c is the one place that knows everybody; its siblings are its
 * hands: each does one kind of request or order and has no state of its own.
 */
#ifndef ROOST_DISPATCHER_STATE_H
#define ROOST_DISPATCHER_STATE_H

#include "common/base/list.h"
#include "common/base/names.h"
#include "common/conf/conf.h"
#include "common/net/fetch.h"
#include "common/net/loop.h"
#include "common/xapi/actions.h"
#include "common/xapi/csv.h"
#include "common/xapi/price.h"
#include "dispatcher/audit/chain.h"
#include "dispatcher/core/core.h"
#include "dispatcher/edge/agents.h"
#include "dispatcher/edge/answer.h"
#include "dispatcher/edge/events.h"
#include "dispatcher/edge/workers.h"
#include "dispatcher/store/store.h"
#include "dispatcher/vault/vault.h"

#define AGENTS_MAX    100000
#define NAME_FRESH    USEC_DAY             /* how long a remembered user id is taken for true */
#define PRICE_AS_TOLD (-1)                 /* in an ending: what the body says */
#define RESULTS_BYTES ((size_t)900 * 1024) /* of results in one answer */

/* One agent as long as the dispatcher runs. */
struct agent {
	uint32_t id;       /* the store's */
	struct zpeer peer; /* of its subscription */
	struct zsock *z;   /* NULL: none */
	int64_t credit;    /* results that may still be pushed */
	uint64_t pushed;   /* seq of the last one pushed to this subscription */
	bool fresh;        /* has replies that nobody was told of in this turn */
	uint32_t waiting;  /* polls that wait for it */
};

/* A `results` poll, or an `ack`, that waits. */
struct waiter {
	struct list in_dispatcher;
	struct zsock *z;
	struct zpeer peer;
	uint32_t agent; /* number */
	int64_t upto;   /* at most so many results; or the seq that is acknowledged */
	usec_t until;   /* mono */
	unsigned char seq[64];
	size_t seq_len;
};

/* The tables of X's (tables.h), and as of when each says it is: a day, a month, or "". */
enum table {
	TABLE_LIMITS,
	TABLE_GROUPS,
	TABLE_ACCOUNTS,
	TABLE_ENTITLEMENTS,
	TABLE_READ_CAPS,
	TABLE_PRICES
};
#define TABLE_COUNT (TABLE_PRICES + 1)

struct dates {
	char of[TABLE_COUNT][CSV_DATE_MAX];
};

/* What X allows (tables.h); owned. */
struct tables {
	struct limits *limits;
	struct entitlements *entitlements;
	struct read_caps *read_caps;
	struct dates dates; /* but that of the prices */
};

/* The master key is being changed (rotate.h). */
struct rotation {
	bool running, written; /* written: the turn that is being committed has the last rows */
	bool all;              /* keep every row, also one that seems to be wrapped already */
	uint32_t app, account; /* where to go on */
	uint64_t rows;         /* wrapped since the start */
};

struct dispatcher {
	struct conf *conf; /* lent; reload.c changes it */
	struct loop *loop;
	struct loop_timer wake;
	struct now now; /* of this round */
	struct outbox *outbox;
	struct agents *agents;
	struct workers *workers;
	struct events *events;
	struct fetch *fetch;
	struct limits *limits;
	struct entitlements *entitlements;
	struct read_caps *read_caps;
	struct dates dates; /* of those in force */
	struct tables next; /* read by SIGHUP, in force after the turn; or empty */
	bool from_files;    /* files were read once: SIGHUP reads again */
	struct prices prices;
	struct settings *settings;        /* of apps, accounts, agents (settings.h) */
	struct guard *guard;              /* the policy guard (guard/guard.h) */
	struct access *access;            /* keys and grants (access/access.h) */
	struct zap *zap;                  /* NULL: no socket wants keys */
	char server_key[41];              /* public; "" when no socket wants keys */
	bool curve_agents, curve_workers; /* these sockets want keys */
	struct store *store;
	struct uploads *uploads;   /* of media to X (media/upload.h) */
	struct sweep *sweep;       /* of bytes nobody needs (media/sweep.h) */
	struct spool *spool;       /* bytes of media (media/media.h) */
	struct refusals *refusals; /* attempts that were refused (audit/refused.h) */
	const char *op;            /* of the request being handled */
	struct chain audit;        /* where the audit log ends */
	struct core *core;
	struct vault *vault;

	/* the turn */
	bool writing;        /* a transaction is open */
	enum err failed;     /* why the turn cannot be kept; ERR_OK: it can */
	struct errmsg words; /* of `failed` */
	bool full;           /* the disk is: new work is refused */

	uint64_t last_id; /* of jobs */
	struct names agent_names;
	struct agent *agent_table; /* by number */
	uint32_t agent_size;
	uint32_t *agent_by_id; /* store id -> number */
	uint32_t agent_by_id_size;
	struct list waiters;
	struct list acks;
	struct list unfilled; /* of this turn (after.c) */
	struct list connects; /* that wait for X (connect.c) */
	struct list rotates;  /* that wait for its end (rotate.c) */
	struct rotation rotation;
	struct list tokens; /* that wait for a renewal (token.c) */
	struct list plans;  /* being made, or being fetched (plan.c) */
	uint32_t plan_count, plan_last;
	struct buf scratch;      /* for one value at a time */
	struct buf bodies;       /* of the jobs of the enqueue being taken in (check.h) */
	struct adopted *adopted; /* what looks at X found (adopt.h) */
	struct reports *reports; /* results of the worker message being taken in (report.c) */
	bool any_fresh;
	struct buf kept_accounts; /* ids of accounts written in this turn */
	struct buf intents;       /* ids of accounts whose renewal leaves after the commit */
	struct vault_account *renewed[8]; /* with new tokens that nothing was done with yet */
	uint32_t renewed_count;
	struct buf renew_later;  /* ids of accounts whose renewal waits for those under way */
	uint32_t renewing;       /* renewals intended or under way */
	bool renew_again;        /* some account waits for another try */
	usec_t started;          /* mono */
	usec_t last_message;     /* mono: when something was last said */
	usec_t prune_at;         /* mono */
	int32_t money_kept_from; /* day: what was spent before it is forgotten */
	char token_url[1100], revoke_url[1100], me_url[1100];
	uint64_t turns, commits;
	bool proving; /* that strangers are not admitted */
	bool stopping;
	usec_t stop_at; /* mono: at the latest */
	enum err exit_err;
};

/*
 * Makes sure that the turn has a transaction. False when the turn has failed already: whatever
 * the caller wanted to do is void.
 */
MUST_USE bool turn_write(struct dispatcher *d);

/*
 * Notes that something the turn depends on failed, if e says so; the first failure counts.
 * Without m the words are the store's. Returns e.
 */
enum err turn_fail(struct dispatcher *d, enum err e, const struct errmsg *m);

/* Feeds a fact that cannot be refused. */
void turn_fact(struct dispatcher *d, const struct fact *f);

/* Commits what the turn has written so far; the turn may go on. */
void turn_keep(struct dispatcher *d);

/* Carries out every order the core has (orders.c). */
void turn_orders(struct dispatcher *d);

#endif
