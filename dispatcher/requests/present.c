#include "dispatcher/requests/present.h"

#include <stdio.h>
#include <string.h>

#include "common/wire/write.h"
#include "dispatcher/adopt.h"
#include "dispatcher/pages/pages.h"

void present_time(struct buf *out, const char *key, usec_t wall)
{
	wire_put_text(out, key);
	if (wall <= 0 || wall == USEC_NEVER)
		wire_put_nil(out);
	else
		wire_put_int(out, wall / USEC_MSEC);
}

static void put_optional(struct buf *out, const char *key, struct str v)
{
	wire_put_text(out, key);
	if (v.len)
		wire_put_str(out, v);
	else
		wire_put_nil(out);
}

static void put_raw(struct buf *out, const char *key, struct str v)
{
	wire_put_text(out, key);
	if (v.len)
		wire_put_raw(out, v);
	else
		wire_put_nil(out);
}

/* What somebody could do, or what has to happen. */
static const char *unblock_words(const struct verdict *v)
{
	static const char *const words[] = {
		[BLOCKER_NONE] = "nothing: it may go",
		[BLOCKER_STATE] = "approve it, resolve it, or wait for what it waits for",
		[BLOCKER_AFTER] = "the jobs that it comes after are done, or it is cancelled",
		[BLOCKER_TIME] = "the instant comes, or `roost update` gives it an earlier one",
		[BLOCKER_PAUSE] = "resume what is paused, or wait until X takes it again",
		[BLOCKER_GRANT] = "roost renews the token; a dead grant needs `roost connect`",
		[BLOCKER_ENTITLEMENT] =
			"another plan of the app at X, or an operator's override",
		[BLOCKER_POLICY] = "the rule's own time, approval, or a change of the rule",
		[BLOCKER_WINDOW] = "X's window resets",
		[BLOCKER_BUDGET] = "the next period, or a larger budget",
		[BLOCKER_ORDER] = "the jobs before it are done",
		[BLOCKER_WORKER] = "a worker has room; start one if there is none",
	};

	if ((size_t)v->blocker < COUNT_OF(words) && words[v->blocker])
		return words[v->blocker];
	return "what the text says";
}

static void put_verdict(struct buf *out, const struct verdict *v)
{
	wire_pair_text(out, "blocker", blocker_name(v->blocker));
	wire_pair_text(out, "ref", v->ref);
	present_time(out, "until", v->until);
	wire_pair_text(out, "text", v->text);
}

void present_blocker(struct buf *out, const struct verdict *v)
{
	wire_put_map(out, 5);
	put_verdict(out, v);
	wire_pair_text(out, "unblock", unblock_words(v));
}

void present_verdict(struct buf *out, const struct verdict *v)
{
	wire_put_map(out, 4);
	put_verdict(out, v);
}

/* "\na\nb\n" as ["a", "b"]. */
static void put_tags(struct buf *out, struct str tags)
{
	uint32_t count = 0;

	wire_put_text(out, "tags");
	size_t mark = wire_array_later(out);
	for (size_t at = 1; at < tags.len;) {
		const char *end = memchr(tags.at + at, '\n', tags.len - at);

		if (!end)
			break;
		wire_put_str(out, (struct str){tags.at + at, (size_t)(end - tags.at) - at});
		at = (size_t)(end - tags.at) + 1;
		count++;
	}
	wire_array_end(out, mark, count);
}

int64_t present_spent(const struct job_record *r)
{
	return r->ending.price == PRICE_AS_TOLD ? r->body.price : r->ending.price;
}

/* The account's name; "?" for one that is no more. */
static const char *account_name(const struct dispatcher *d, uint32_t id)
{
	const struct vault_account *a = vault_account_by_id(d->vault, id);

	return a ? a->name : "?";
}

/* The agent's name; it is known since it brought the job. */
static const char *agent_name_of(const struct dispatcher *d, uint32_t id)
{
	ASSERT(id < d->agent_by_id_size);
	return names_at(&d->agent_names, d->agent_by_id[id]);
}

/* `error` of a job that ended: nil when it ended well. */
static void put_error(struct buf *out, const struct ending *e, struct str response)
{
	wire_put_text(out, "error");
	if (str_is(e->cause, "none") || str_is(e->cause, "already") || e->cause.len == 0) {
		wire_put_nil(out);
		return;
	}
	wire_put_map(out, 3);
	wire_pair_str(out, "code", e->cause);
	wire_pair_str(out, "message", e->message);
	put_raw(out, "x", response);
}

static uint32_t put_ending(struct buf *out, const struct job_record *r)
{
	const struct ending *e = &r->ending;
	const struct job *j = &r->job;
	/* else what X answered is a problem, and goes with the error */
	const struct str none = {0};
	bool good = j->state == JOB_DONE || !job_is_final((enum job_state)j->state) ||
		    (j->page && !(j->flags & JOB_EACH));

	wire_put_text(out, "http_status");
	if (e->http_status)
		wire_put_int(out, e->http_status);
	else
		wire_put_nil(out);
	put_raw(out, "response", good ? e->response : none);
	put_optional(out, "x_id", e->x_id);
	put_error(out, e, good ? none : e->response);
	wire_pair_bool(out, "settled", e->settled);
	present_time(out, "started_at", e->started_at);
	present_time(out, "finished_at", e->finished_at);
	return 7;
}

/* How far a read of several pages is. Returns how many pairs. */
static uint32_t put_pages(struct buf *out, const struct job *j)
{
	if (!j->pages)
		return 0;
	wire_pair_int(out, "page", pages_count(j));
	wire_pair_int(out, "pages", j->pages);
	return 2;
}

/* What a job and a result both have. Returns how many pairs. */
static uint32_t put_common(struct dispatcher *d, struct buf *out, const struct job_record *r)
{
	char id[JOB_ID_TEXT_MAX];

	wire_pair_text(out, "id", job_id_write(r->job.id, id));
	put_optional(out, "key", r->body.key);
	wire_pair_str(out, "action", r->body.action);
	wire_pair_text(out, "account", account_name(d, r->job.account));
	wire_pair_text(out, "state", job_state_name((enum job_state)r->job.state));
	wire_pair_int(out, "attempts", r->job.attempts);
	present_time(out, "enqueued_at", r->body.enqueued_at);
	put_raw(out, "meta", r->body.meta);
	return 8 + put_pages(out, &r->job);
}

void present_reason(struct dispatcher *d, const struct job_record *r, struct verdict *ret)
{
	if (!r->ended && !core_verdict(d->core, r->job.id, d->now, ret))
		return;
	*ret = (struct verdict){.blocker = BLOCKER_STATE, .until = USEC_NEVER};
	(void)snprintf(
		ret->ref, sizeof(ret->ref), "%s", job_state_name((enum job_state)r->job.state));
	(void)snprintf(ret->text, sizeof(ret->text), "the job has ended: it is %s", ret->ref);
}

void present_job(struct dispatcher *d, struct buf *out, const struct job_record *r,
	const struct str *after)
{
	const struct job *now = r->ended ? NULL : core_job(d->core, r->job.id);
	struct job_record live = *r;
	struct verdict v;
	uint32_t pairs = 0;

	if (now)
		live.job = *now; /* assignment is known to the core alone */
	size_t mark = wire_map_later(out);
	pairs += put_common(d, out, &live);
	put_raw(out, "args", r->body.args), pairs++;
	wire_pair_int(out, "priority", live.job.priority), pairs++;
	wire_pair_int(out, "max_attempts", live.job.max_attempts), pairs++;
	present_time(out, "run_at", live.job.not_before), pairs++;
	present_time(out, "expires_at", live.job.expires_at), pairs++;
	put_optional(out, "batch", r->body.batch), pairs++;
	if (after)
		put_raw(out, "after", *after), pairs++;
	put_tags(out, r->body.tags), pairs++;
	wire_pair_int(out, "price_usd_micros", r->ended ? present_spent(r) : r->body.price),
		pairs++;
	if (r->ended)
		pairs += put_ending(out, r);
	present_reason(d, r, &v);
	wire_put_text(out, "verdict");
	present_verdict(out, &v), pairs++;
	present_time(out, "eta", now ? core_eta(d->core, r->job.id, d->now) : 0), pairs++;
	if (live.job.state == JOB_UNSURE) {
		wire_put_text(out, "looks");
		adopt_put(d, r->job.id, out), pairs++;
	}
	wire_map_end(out, mark, pairs);
}

void present_result(struct dispatcher *d, struct buf *out, const struct reply *reply)
{
	uint32_t pairs = 0;
	size_t mark = wire_map_later(out);

	wire_pair_int(out, "seq", (int64_t)reply->seq), pairs++;
	pairs += put_common(d, out, &reply->record);
	pairs += put_ending(out, &reply->record);
	wire_pair_int(out, "price_usd_micros",
		reply->record.ended ? present_spent(&reply->record) : 0),
		pairs++;
	wire_map_end(out, mark, pairs);
}

void present_event(struct dispatcher *d, struct buf *out, const struct job_record *r)
{
	char id[JOB_ID_TEXT_MAX];
	bool bad = r->ended && r->job.state != JOB_DONE;

	wire_put_map(out, 10);
	present_time(out, "time", d->now.wall);
	wire_pair_text(out, "id", job_id_write(r->job.id, id));
	put_optional(out, "key", r->body.key);
	wire_pair_text(out, "agent", agent_name_of(d, r->job.agent));
	wire_pair_text(out, "account", account_name(d, r->job.account));
	wire_pair_str(out, "action", r->body.action);
	wire_pair_text(out, "state", job_state_name((enum job_state)r->job.state));
	wire_pair_int(out, "attempts", r->job.attempts);
	put_optional(out, "x_id", r->ended ? r->ending.x_id : (struct str){0});
	put_optional(out, "error", bad ? r->ending.cause : (struct str){0});
}
