#include "dispatcher/requests/change.h"

#include <stdio.h>
#include <string.h>

#include "common/base/log.h"
#include "common/wire/write.h"
#include "dispatcher/adopt.h"
#include "dispatcher/audit/audit.h"
#include "dispatcher/report.h"
#include "dispatcher/requests/after.h"
#include "dispatcher/requests/query.h"

#define LOOKS_CAP 16384 /* bytes of what looks at X saw: LOOKS_KEPT of them */

/* Who decided, for the log. */
static const char *who(const struct dispatcher *d, uint32_t agent)
{
	return agent == NAMES_NONE ? "(administrator)" : names_at(&d->agent_names, agent);
}

static void note(
	struct dispatcher *d, uint64_t job, const char *as, uint32_t agent, struct str reason)
{
	char shown[REASON_MAX + 1], id[24], what[32];

	(void)snprintf(id, sizeof(id), "j%llu", (unsigned long long)job);
	(void)snprintf(what, sizeof(what), "job.%s", as);
	audit_note(d, agent, what, whom_of("job", id), "%s", "");

	log_event(LOG_JOB_DECIDED, "job=j%llu as=%s by=%s reason=\"%s\"",
		(unsigned long long)job, as, who(d, agent),
		text_show(reason, shown, sizeof(shown)));
}

/* --- approve, reject --- */

struct deciding {
	struct dispatcher *d;
	enum fact_kind kind;
	const char *as;
	uint32_t agent;
	struct str reason;
	struct evidence why; /* of a rejection: what its result says */
};

/* Of a thread only its first post can be held. */
static uint64_t first_post(struct dispatcher *d, uint64_t thread)
{
	uint64_t posts[NEEDS_MAX];

	return after_ids(d, thread, posts) ? posts[0] : thread;
}

/* *ret: the state the job has afterwards. */
static enum err decide_one(
	struct deciding *c, struct str id, enum job_state *ret, struct errmsg *m)
{
	struct dispatcher *d = c->d;
	struct job_record record;
	enum err e = query_job(d, id, c->agent, &record, m);
	if (!e && record.ended)
		e = change_say_ended(&record, m);
	if (!e && record.job.flags & JOB_WHOLE)
		record.job.id = first_post(d, record.job.id);
	if (!e)
		e = change_feed(d,
			&(struct fact){
				.kind = c->kind, .job.id = record.job.id, .tag = &c->why},
			m);
	if (e)
		return e;
	const struct job *live = core_job(d->core, record.job.id);

	note(d, record.job.id, c->as, c->agent, c->reason);
	*ret = live ? (enum job_state)live->state : JOB_FAILED;
	return ERR_OK;
}

static void decide_all(struct deciding *c, struct buf *out, const struct wire_value *ids)
{
	for (uint32_t i = 0; i < wire_count(ids); i++) {
		struct str id = wire_str(wire_item(ids, i));
		enum job_state state;
		struct errmsg m;

		enum err e = decide_one(c, id, &state, &m);
		wire_put_map(out, 2);
		wire_pair_str(out, "id", id);
		wire_put_text(out, e ? "error" : "state");
		if (e)
			answer_put_error(out, e, &m);
		else
			wire_put_text(out, job_state_name(state));
	}
}

static void decide(struct deciding *c, const struct request *r, enum message msg)
{
	struct msg_decide in = {0};
	char words[REASON_MAX + 40];
	struct answer a;
	struct errmsg m;

	enum err e = message_read(r->root, msg, &in, &m);
	if (e) {
		answer_error(c->d->outbox, r, e, &m);
		return;
	}
	c->reason = in.reason;
	if (in.reason.len) {
		(void)snprintf(words, sizeof(words), "somebody rejected it: %.*s",
			(int)in.reason.len, in.reason.at);
		c->why.message = str_of(words);
	}
	answer_open(&a, c->d->outbox, r, true);
	wire_put_array(answer_key(&a, "jobs"), wire_count(in.ids));
	decide_all(c, a.b, in.ids);
	answer_close(&a);
	turn_orders(c->d);
}

void decide_approve(struct dispatcher *d, const struct request *r, uint32_t agent)
{
	decide(
		&(struct deciding){
			.d = d, .kind = FACT_APPROVE, .as = "approved", .agent = agent},
		r, MSG_APPROVE);
}

void decide_reject(struct dispatcher *d, const struct request *r, uint32_t agent)
{
	decide(
		&(struct deciding){
			.d = d, .kind = FACT_REJECT, .as = "rejected", .agent = agent},
		r, MSG_REJECT);
}

/* --- resolve --- */

static enum err read_resolve(const struct request *r, struct msg_resolve *in, struct errmsg *m)
{
	enum err e = message_read(r->root, MSG_RESOLVE, in, m);

	if (e || !in->x_id.len)
		return e;
	if (!text_is_x_id(in->x_id))
		err_say(m, ERR_INVALID, "is no id of X");
	else if (in->as != RESOLVE_DONE)
		err_say(m, ERR_INVALID, "goes with `as`: done only");
	else
		return ERR_OK;
	return err_at(m, ERR_INVALID, "x_id");
}

/* `looks` gets what looks at X saw, which is forgotten when the job ends. */
static enum err resolve(struct dispatcher *d, const struct msg_resolve *in, uint32_t agent,
	struct buf *looks, struct errmsg *m)
{
	static const char *const words[] = {
		"resolved_done", "resolved_retry", "resolved_failed"};
	struct outcome outcome = {.class = OUTCOME_DONE};
	struct job_record record;
	enum err e = query_job(d, in->id, agent, &record, m);
	if (e)
		return e;
	if (record.ended)
		return change_say_ended(&record, m);
	adopt_put(d, record.job.id, looks);
	if (in->x_id.len)
		memcpy(outcome.x_id, in->x_id.at, in->x_id.len);
	e = change_feed(d,
		&(struct fact){.kind = FACT_RESOLVE,
			.job.id = record.job.id,
			.resolve_as = (enum resolve_as)in->as,
			.outcome = &outcome},
		m);
	if (!e)
		note(d, record.job.id, words[in->as], agent, str_of(""));
	return e;
}

void decide_resolve(struct dispatcher *d, const struct request *r, uint32_t agent)
{
	struct msg_resolve in = {0};
	struct buf looks;
	struct errmsg m;

	buf_init(&looks, LOOKS_CAP);
	enum err e = read_resolve(r, &in, &m);
	if (!e)
		e = resolve(d, &in, agent, &looks, &m);
	if (e) {
		answer_error(d->outbox, r, e, &m);
	} else {
		turn_orders(d);
		change_answer_job(d, r, in.id, buf_view(&looks));
	}
	buf_done(&looks);
}
