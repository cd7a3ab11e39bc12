/*
 * roost.h - libroost: a program's way to a roost dispatcher
 *
 * One connection, used by one thread. Requests and answers are the ones of
 * docs/protocol.md, as JSON text; libroost speaks MessagePack over ZeroMQ for
 * you, checks sizes before it sends, gives every request a `seq`, and matches
 * answers to it.
 *
 *     struct roost *r;
 *     struct roost_error e;
 *     char *answer;
 *
 *     if (roost_open(NULL, &r, &e) == ROOST_OK &&
 *         roost_call(r, "enqueue",
 *             "{\"jobs\":[{\"action\":\"post\",\"account\":\"acme\",\"key\":\"hello-1\","
 *             "\"args\":{\"text\":\"hello\"}}]}", &answer, &e) == ROOST_OK)
 *             puts(answer);
 *
 * An answer that says `"ok": true` is flushed to the dispatcher's disk. When
 * none came (ROOST_TIMEOUT) nobody knows: send the same jobs with the same
 * `key` again, and you get the same jobs.
 */
#ifndef ROOST_ROOST_H
#define ROOST_ROOST_H

#ifdef __cplusplus
extern "C" {
#endif

#define ROOST_API __attribute__((visibility("default")))

struct roost;

enum roost_status {
	ROOST_OK,      /* answered with ok: true */
	ROOST_REFUSED, /* answered with ok: false; code and message are in the error */
	ROOST_TIMEOUT, /* no answer within the time */
	ROOST_INVALID, /* what was given is no JSON object, or too big to be sent (1 MiB) */
	ROOST_FAILED,  /* this machine: no memory, no descriptors, bad endpoint */
	ROOST_DENIED,  /* the dispatcher does not admit the key, or has another than server_key
			*/
};

struct roost_error {
	char code[32];     /* of the dispatcher: "invalid_argument"; "" otherwise */
	char message[512]; /* one sentence for a person */
	char field[128];   /* "jobs[2].args.text", or "" */
};

/* Zeroes and NULLs mean defaults. */
struct roost_options {
	const char *endpoint; /* default "tcp://127.0.0.1:7701" */
	const char *agent; /* name without CURVE; default: the dispatcher calls it "default" */
	int timeout_ms;    /* for one answer; default 10,000 */
	/* Keys, as `roost agent add` prints them; NULL: the dispatcher wants none. */
	const char *server_key, *secret_key;
};

/* Connects (in the background: the first call finds out). o may be NULL. */
ROOST_API enum roost_status roost_open(
	const struct roost_options *o, struct roost **ret, struct roost_error *e);
ROOST_API void roost_close(struct roost *r);

/*
 * One request and its answer. `request` is a JSON object with the keys of `op`, or NULL.
 * *ret_answer is the whole answer as JSON (also when it is a refusal; NULL when there was
 * none), yours to free with roost_free().
 */
ROOST_API enum roost_status roost_call(struct roost *r, const char *op, const char *request,
	char **ret_answer, struct roost_error *e);

/*
 * The next result, pushed. Subscribes at the first call; `ack_upto` drops all results up to
 * that seq for ever (0: none). *ret_result is the result map as JSON, or NULL with
 * ROOST_TIMEOUT.
 */
ROOST_API enum roost_status roost_next_result(struct roost *r, long long ack_upto,
	int timeout_ms, char **ret_result, struct roost_error *e);

/*
 * Sends a picture or video, for jobs to name in their argument `media`: its handle comes back,
 * yours to free with roost_free(). An upload that was interrupted goes on where it was, also in
 * another process. `type` NULL: as the first bytes show ("image/png", "video/mp4"). `told` (may
 * be NULL) hears how many bytes have been sent. ROOST_INVALID: the file cannot be read, or is
 * none that X takes.
 */
struct roost_media {
	const char *path;
	const char *type;
	void (*told)(void *ctx, long long sent, long long size);
	void *ctx;
};
ROOST_API enum roost_status roost_send_media(
	struct roost *r, const struct roost_media *m, char **ret_handle, struct roost_error *e);

/*
 * What becomes of jobs, as the dispatcher publishes it to whoever listens: nothing is kept for
 * one who is late or slow. `endpoint` NULL: "tcp://127.0.0.1:7703". Topics are
 * "job.STATE.ACCOUNT"; only those that begin with `prefix` come (NULL: all).
 */
struct roost_events;
ROOST_API enum roost_status roost_events_open(const char *endpoint, const char *prefix,
	struct roost_events **ret, struct roost_error *e);
ROOST_API void roost_events_close(struct roost_events *ev);

/* The next event as JSON, yours to free with roost_free(); NULL with ROOST_TIMEOUT. */
ROOST_API enum roost_status roost_events_next(
	struct roost_events *ev, int timeout_ms, char **ret_event, struct roost_error *e);

ROOST_API void roost_free(char *text);
ROOST_API const char *roost_version(void);

#ifdef __cplusplus
}
#endif

#endif
