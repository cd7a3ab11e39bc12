#include "worker/attempt.h"

#include <stdio.h>
#include <string.h>

#include "common/base/failpoint.h"
#include "common/crypto/secret.h"
#include "worker/body.h"
#include "worker/settle.h"
#include "worker/tree.h"

static void end(struct attempt *a)
{
	a->state = ATTEMPT_ENDED;
	proof_wipe(&a->proof);
	request_done(&a->request);
	a->door->ended(a->door->ctx, a);
}

void attempt_give_up(struct attempt *a, enum outcome_cause cause, const char *words)
{
	struct response *r = &a->response;

	ASSERT(a->state != ATTEMPT_SENT && a->state != ATTEMPT_ENDED);
	r->outcome.class = OUTCOME_UNSENT;
	r->outcome.cause = cause;
	r->outcome.look = a->step == ATTEMPT_LOOK ? LOOK_CANNOT : LOOK_NONE;
	text_show(str_of(words), r->message, sizeof(r->message));
	end(a);
}

/* --- making --- */

static struct request_self self_of(const struct attempt *a)
{
	return (struct request_self){a->door->base_url, str_of(a->user_id)};
}

static enum err make_act(struct attempt *a, const struct task *t, struct errmsg *m)
{
	struct request_self self = self_of(a);

	(void)t;
	return request_build(&self, a->action, a->args, &a->request, m);
}

static enum err make_name(struct attempt *a, const struct task *t, struct errmsg *m)
{
	struct request_self self = self_of(a);
	struct request_part name = {PLACE_PATH, "username", t->name};

	if (!text_is_username(t->name))
		return err_say(m, ERR_INVALID, "no user name to look up");
	return request_plain(&self, CALL_GET_USER_BY_NAME, &name, 1, &a->request);
}

static enum err make_look(struct attempt *a, const struct task *t, struct errmsg *m)
{
	struct request_self self = self_of(a);
	struct now now = a->door->now(a->door->ctx);
	enum err e = settle_request(&self, a->action, a->args, t->begun_at, now, &a->request);

	return e ? err_say(m, e, "no look for %s: %s", a->action->name, err_text(e)) : ERR_OK;
}

static enum err make_part(struct attempt *a, const struct task *t, struct errmsg *m)
{
	struct request_self self = self_of(a);

	a->part =
		(struct part){.offset = t->offset, .size = t->size, .name = (uint64_t)a->lease};
	return part_open(&a->part, &self, a->action, a->args, &a->request, m);
}

static enum err (*const make[])(struct attempt *, const struct task *, struct errmsg *) = {
	[ATTEMPT_ACT] = make_act,
	[ATTEMPT_NAME] = make_name,
	[ATTEMPT_LOOK] = make_look,
	[ATTEMPT_PART] = make_part,
};

static enum err take_task(struct attempt *a, const struct task *t, struct errmsg *m)
{
	if (!t->action)
		return err_say(
			m, ERR_INVALID, "this worker's version does not know the action");
	if (!text_is_x_id(t->user_id))
		return err_say(m, ERR_INVALID, "the assignment's user id is malformed");
	memcpy(a->user_id, t->user_id.at,
		t->user_id.len); /* 19 bytes at most; ends in zeroes */
	enum err e = proof_take(&a->proof, t->token, t->keys, m);
	return e ? e : make[a->step](a, t, m);
}

void attempt_init(struct attempt *a, const struct door *door, const struct task *t)
{
	struct errmsg m = {0};

	a->door = door;
	a->job = t->job;
	a->lease = t->lease;
	a->step = t->step;
	a->state = t->begin                  ? ATTEMPT_ASKING
		   : t->step == ATTEMPT_PART ? ATTEMPT_LACKING
					     : ATTEMPT_READY;
	a->begun_at = t->begun_at;
	a->action = t->action;
	a->args = json_incref(t->args);
	enum err e = take_task(a, t, &m);
	if (e)
		attempt_give_up(a, CAUSE_WORKER, m.text[0] ? m.text : err_text(e));
}

void attempt_done(struct attempt *a)
{
	proof_wipe(&a->proof);
	request_done(&a->request);
	response_done(&a->response);
	json_decref(a->args);
	json_decref(a->found);
}

/* --- the answer --- */

/* Reads the answer, but for echoes of what it was asked by: results travel on, and are kept. */
static void read_answer(struct attempt *a, const struct fetch_answer *answer)
{
	struct now now = a->door->now(a->door->ctx);
	struct fetch_answer clean = *answer;
	struct buf copy;

	buf_init(&copy, FETCH_BODY_MAX);
	if (proof_is_echoed(&a->proof, answer->body)) {
		buf_put(&copy, answer->body.at, answer->body.len);
		proof_blank(&a->proof, &copy);
		clean.body = buf_view(&copy); /* empty when there was no memory for it */
	}
	response_read(a->request.call, &clean, now, &a->response);
	buf_done(&copy);
}

/* What of a look's answer counts is which of the posts in it match. */
static void compare(struct attempt *a)
{
	struct settle_want want = {
		.call = request_call(a->action, a->args),
		.user_id = str_of(a->user_id),
		.begun_at = a->begun_at,
	};
	struct response *r = &a->response;
	AUTO_TREE body = NULL;

	r->outcome.look = LOOK_CANNOT;
	if (r->outcome.class == OUTCOME_DONE &&
		!body_make(want.call, a->action, a->args, &body, NULL)) {
		want.body = body;
		r->outcome.look = settle_look(&want, r->body, &a->found);
	}
	response_done(r);
}

static void answered(void *ctx, const struct fetch_answer *answer)
{
	struct attempt *a = ctx;

	(void)FAILPOINT(FAIL_ANSWERED);
	read_answer(a, answer);
	if (a->step == ATTEMPT_LOOK)
		compare(a);
	end(a);
}

/* --- sending --- */

void attempt_asked(struct attempt *a, struct now now)
{
	ASSERT(a->state == ATTEMPT_ASKING);
	a->state = ATTEMPT_ASKED;
	a->asked_at = now.mono;
}

void attempt_go(struct attempt *a, usec_t patience, usec_t timeout, struct now now)
{
	ASSERT(a->state == ATTEMPT_ASKED);
	a->go = true;
	if (now.mono - a->asked_at > patience) {
		attempt_give_up(
			a, CAUSE_LEASE_LOST, "GO came too late to be safe; nothing was sent");
		return;
	}
	a->state = ATTEMPT_READY;
	a->send_by = a->asked_at + timeout;
	attempt_send(a, timeout);
}

bool attempt_bytes(struct attempt *a, int64_t offset, struct str data)
{
	struct part *p = &a->part;

	ASSERT(a->state == ATTEMPT_LACKING);
	if (offset != p->offset + p->have || (int64_t)data.len > p->size - p->have)
		return false;
	if (!part_put(p, &a->request, data))
		return false;
	a->state = ATTEMPT_READY;
	return true;
}

/* Whether the lease can still be good. */
static bool may_send(void *ctx)
{
	struct attempt *a = ctx;

	return a->door->fresh(a->door->ctx).mono <= a->send_by;
}

static enum err start(struct attempt *a, usec_t timeout, const char *proof)
{
	static const char agent[] = "User-Agent: roost/" ROOST_VERSION;
	char type[PART_TYPE_SIZE] = "Content-Type: application/json";
	const char *headers[] = {
		proof,
		"Accept: application/json",
		agent,
		a->request.body.len ? type : NULL,
		NULL,
	};
	struct fetch_request r = {
		.method = a->request.method,
		.url = buf_cstr(&a->request.url),
		.headers = headers,
		.body = buf_view(&a->request.body),
		.effect = call_has_effect(a->request.call),
		.timeout = timeout,
		.ca_file = a->door->ca_file,
		.may_send = a->go ? may_send : NULL,
	};

	if (a->step == ATTEMPT_PART)
		part_type(&a->part, type);
	if (a->request.body.err)
		return a->request.body.err;
	return fetch_start(a->door->fetch, &r, answered, a);
}

void attempt_send(struct attempt *a, usec_t timeout)
{
	struct buf proof;

	ASSERT(a->state == ATTEMPT_READY);
	buf_init(&proof, PROOF_HEADER_MAX);
	buf_fail(&proof, buf_room(&proof, PROOF_HEADER_MAX) ? ERR_OK : ERR_NOMEM);
	(void)FAILPOINT(FAIL_SEND);
	enum err e = proof_header(&a->proof, &a->request, a->door->fresh(a->door->ctx), &proof);
	if (!e)
		e = start(a, timeout, buf_cstr(&proof));
	buf_wipe(&proof);
	if (e)
		attempt_give_up(a, CAUSE_WORKER, err_text(e));
	else
		a->state = ATTEMPT_SENT;
	if (a->state == ATTEMPT_SENT && a->step == ATTEMPT_PART)
		buf_done(&a->request.body); /* fetch has a copy of it, and one is enough */
	(void)FAILPOINT(FAIL_SENT);
}
