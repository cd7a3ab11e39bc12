/*
 * truth.h - what the world knows and the core does not: what its promises are held against
 */
#ifndef ROOST_TESTS_SIM_TRUTH_H
#define ROOST_TESTS_SIM_TRUTH_H

#include "dispatcher/core/core.h"

#define WALL0        (1790000000 * USEC_SEC)
#define JOBS_MAX     160
#define IDS_MAX      (JOBS_MAX + 8)
#define AGENTS_MAX   3
#define WORKERS_MAX  4
#define ATTEMPTS_MAX 64
#define APPS_MAX     2
#define ACCOUNTS_MAX 5
#define EVENTS_MAX   2048
#define TIES_MAX     2 /* jobs that one comes after */
#define OBJECTS_MAX  3 /* that one read returns */
#define SAID_MAX     1024

#define PATIENCE   (15 * USEC_SEC) /* a GO that took longer is not used: worker/link.h */
#define TIMEOUT    (30 * USEC_SEC) /* of a request to X */
#define LINGER     (8 * USEC_SEC)  /* a request may arrive so long after that */
#define LAG_MAX    (10 * USEC_SEC) /* of X's timelines */
#define OUTAGE_MAX (5 * USEC_MIN)  /* ... where X refuses duplicates */

/* What a read returned. */
struct found {
	uint64_t ids[OBJECTS_MAX];
	size_t count;
};

/* A request on its way to X, and what came of it. */
struct request {
	uint32_t place;  /* of the worker that sent it ... */
	uint32_t worker; /* ... and its number: a new process has another */
	uint64_t job, lease;
	uint32_t account;
	enum call call;
	enum step step;
	uint64_t generation;    /* of the token it carries */
	enum grant_state grant; /* of its account when it was assigned */
	usec_t allowed_at;      /* mono: when the dispatcher said ASSIGN, or GO */
	usec_t sent_at;         /* mono */
	usec_t begun_at;        /* what a look searches from; wall */
};

enum fate { FATE_FINE, FATE_REFUSED };

/* A job as the world knows it: the truth that promises are held against. */
struct sim_job {
	struct job asked; /* as its agent wants it; id 0 until the dispatcher named it */
	uint32_t key;     /* place in world.jobs */
	bool acked;       /* its agent knows that it is kept */
	bool reviving;    /* the PUT under way brings it back */
	enum fate fate;
	enum outcome_cause cause; /* of a refusal */
	int lives;                /* 1, and one more each time it was brought back */
	int told;                 /* how often its agent was told an end */
	int unsure_told, unsure_allowed;
	enum job_state end;
	int effects;  /* at X, ever */
	bool refused; /* X said a definite no, or a human did */
	bool denied;  /* X's timeline did not show what X had done: nobody can know better since
		       */
	usec_t visible_at; /* mono: a look finds it from then on */
	uint64_t go_lease; /* last granted */
	usec_t go_until;   /* mono: then the core may take it for lost */
	bool go_over;
	uint64_t asked_lease;   /* its worker last asked to begin, at ... */
	usec_t asked_wall;      /* ... by the dispatcher's clock */
	uint64_t given_lease;   /* last assigned, */
	enum call given_call;   /* ... for this call */
	usec_t given_at;        /* mono: at that instant ... */
	uint64_t barred_lease;  /* its worker asked to begin while it was paused */
	uint64_t late_lease;    /* ... and its worker asked to begin when it was over */
	uint64_t counted_lease; /* last begun: it counts as an attempt ... */
	uint64_t excused_lease; /* ... unless X is known not to have done it: in this turn */
	int begun, excused;     /* attempts of this life */
	uint32_t wanted[TIES_MAX], wanted_count; /* jobs it is to come after, by key ... */
	bool patient[TIES_MAX];
	struct need needs[TIES_MAX]; /* ... and does */
	uint32_t need_count;
	bool unfilled;       /* what they came to does not fit */
	bool poison;         /* whoever is about to send it dies ... */
	int kills;           /* ... so often so far, since the dispatcher started last ... */
	uint64_t kills_boot; /* ... with this number */
	bool human;          /* somebody will look at it */
};

enum attempt_state { ATTEMPT_FREE, ATTEMPT_HAVE, ATTEMPT_ASKED, ATTEMPT_SENT, ATTEMPT_ENDED };

struct attempt {
	enum attempt_state state;
	struct request request;
	bool begin, go;
	usec_t asked_at;
	int said; /* how often its result went */
	struct outcome outcome;
	struct found found;
};

struct sim_worker {
	uint32_t number; /* of the process; 0: none */
	uint32_t slots;
	bool draining, given_up;
	usec_t hung_until;
	struct attempt attempts[ATTEMPTS_MAX];
};

struct sim_app {
	uint32_t id;
	const char *plan;
	usec_t plan_at; /* mono: when it was changed last */
	bool paused;
	usec_t parked_until;
	usec_t no_credits_until, capped_until; /* X's truth; mono */
};

struct sim_account {
	uint32_t id;
	uint32_t app; /* place in world.apps */
	enum grant_state grant;
	bool paused, refreshing, sending;
	uint64_t generation;
	usec_t token_until, parked_until; /* wall */
	usec_t again_at;                  /* mono: a renewal is offered again */
	scope_set scopes;
	/* X's truth */
	uint64_t x_generation;
	usec_t x_until;      /* mono: end of its access token there */
	usec_t locked_until; /* mono */
	bool revoked;
};

#define X_WINDOWS_MAX 128
#define X_TAKEN_MAX   32 /* no limit of the world is higher */

struct x_window {
	uint32_t owner;
	uint16_t family;
	uint8_t scope;
	usec_t length;
	int64_t limit, table;
	int64_t used;
	usec_t resets_at; /* wall of X */
	bool sliding;     /* counts the last `length` at any instant: `taken`, oldest first */
	usec_t taken[X_TAKEN_MAX];
	uint32_t refused; /* 429s for what roost sent, since its last reset */
	bool eased;       /* since its last reset, not this window alone held roost back */
	bool crowded;     /* another client ever drew on it */
	bool haunted; /* a request came whose lease is over: until the reset nobody can count */
	bool lower;   /* its limit is lower than the table says ... */
	usec_t known_at; /* ... which the core knows since then; mono; 0: not */
};

/* A read that was assigned: a start of the dispatcher forgets that it is under way. */
struct read {
	struct request request;
	usec_t at;
	bool open;
};

#define READS_MAX 64

struct x {
	struct read reads[READS_MAX];
	size_t read_count;
	struct x_window windows[X_WINDOWS_MAX];
	size_t count;
	bool filters; /* refuses duplicates */
	bool cuts;    /* names its resets in whole seconds that are over, not begun */
};

#define LANES_MAX 128

/* What goes wrong: per mille of the chances there are, unless it is a bool. */
struct weather {
	bool narrow; /* few lanes with many jobs, and one worker */
	bool full;   /* more of one call than its windows let through, and no storms: full.c */
	bool sliding;
	bool clock, others, lower, bare, no_headers, plans;
	int die, hang, drain;
	int unsent, lose_request, lose_answer, linger, server, limited;
	int revoke, renewal, lock;
	bool slow_renewal;
	int commit, crash, doze, twice;
	bool money, rules, trouble, poison;
	int ties;
	int pause, doomed;
	usec_t latency; /* of X, at most */
};

#endif
