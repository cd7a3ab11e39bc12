#include "dispatcher/access/keys.h"

#include <stdio.h>
#include <string.h>

#include "common/base/log.h"
#include "common/wire/write.h"
#include "dispatcher/access/access.h"
#include "dispatcher/audit/audit.h"
#include "dispatcher/requests/agent.h"
#include "dispatcher/requests/reply.h"

/* What an administrator has to put into a file: which key the dispatcher has, and where it is.
 */
static void put_dispatcher(const struct dispatcher *d, struct answer *a, bool workers)
{
	bool curve = workers ? d->curve_workers : d->curve_agents;

	answer_text(a, "endpoint",
		workers ? workers_endpoint(d->workers) : agents_endpoint(d->agents));
	wire_put_bool(answer_key(a, "curve"), curve);
	if (curve)
		answer_text(a, "server_key", d->server_key);
}

static void answer_agent(struct dispatcher *d, const struct request *r, uint32_t agent)
{
	struct answer a;

	answer_open(&a, d->outbox, r, true);
	answer_text(&a, "agent", names_at(&d->agent_names, agent));
	put_dispatcher(d, &a, false);
	a.pairs += access_put_agent(d, agent, a.b);
	answer_close(&a);
	turn_orders(d);
}

static enum err check_key(const struct dispatcher *d, struct str key, struct errmsg *m)
{
	if (key.len == 0)
		return ERR_OK;
	if (!curve_is_key(key))
		err_say(m, ERR_INVALID, "is no public key: 40 letters of Z85");
	else if (access_is_taken(d, key))
		err_say(m, ERR_INVALID, "is another agent's or worker's key already");
	else
		return ERR_OK;
	return err_at(m, ERR_INVALID, "key");
}

/* Every text of a list as a grant; `use` is called for each when it is not NULL. */
typedef enum err use_grant(
	struct dispatcher *d, uint32_t agent, const struct grant *g, struct errmsg *m);

static enum err each_grant(struct dispatcher *d, uint32_t agent, const struct wire_value *list,
	const char *field, use_grant *use, struct errmsg *m)
{
	enum err e = ERR_OK;

	for (uint32_t i = 0; !e && i < wire_count(list); i++) {
		struct grant g;

		e = grant_read(wire_str(wire_item(list, i)), strcmp(field, "hold") == 0, &g, m);
		if (!e && use)
			e = use(d, agent, &g, m);
		if (e)
			err_at(m, e, "%s[%u]", field, i);
	}
	return e;
}

static enum err give(
	struct dispatcher *d, uint32_t agent, const struct grant *g, struct errmsg *m)
{
	if (access_grant(d, agent, g))
		return ERR_OK;
	return err_say(m, ERR_QUOTA, "an agent has at most %d grants", ACCESS_GRANTS_MAX);
}

static enum err take_away(
	struct dispatcher *d, uint32_t agent, const struct grant *g, struct errmsg *m)
{
	(void)m;
	(void)access_deny(d, agent, g);
	return ERR_OK;
}

static enum err is_there(
	struct dispatcher *d, uint32_t agent, const struct grant *g, struct errmsg *m)
{
	char text[GRANT_TEXT_MAX];

	if (access_has(d, agent, g))
		return ERR_OK;
	return err_say(m, ERR_NOT_FOUND, "it has no grant '%s'; grants go as they were given",
		grant_write(g, text));
}

/* First looks at all of them, then changes: a mistake changes nothing. */
static enum err change_grants(struct dispatcher *d, uint32_t agent,
	const struct msg_agent_access *in, struct errmsg *m)
{
	const struct {
		const struct wire_value *list;
		const char *field;
		use_grant *check, *use;
	} parts[] = {{in->deny, "deny", is_there, take_away}, {in->allow, "allow", NULL, give},
		{in->hold, "hold", NULL, give}};
	enum err e = ERR_OK;

	for (size_t i = 0; !e && i < COUNT_OF(parts); i++)
		e = each_grant(d, agent, parts[i].list, parts[i].field, parts[i].check, m);
	for (size_t i = 0; !e && i < COUNT_OF(parts); i++)
		e = each_grant(d, agent, parts[i].list, parts[i].field, parts[i].use, m);
	return e;
}

/* The number of an agent that was added. */
static enum err find_agent(
	const struct dispatcher *d, struct str name, uint32_t *ret, struct errmsg *m)
{
	char shown[80];

	*ret = names_find(&d->agent_names, name);
	if (*ret != NAMES_NONE && access_is_bound(d, *ret))
		return ERR_OK;
	err_say(m, ERR_NOT_FOUND,
		"no agent '%s' was added; `roost agent add` adds one, `roost agent list` shows "
		"all",
		text_show(name, shown, sizeof(shown)));
	return err_at(m, ERR_NOT_FOUND, "name");
}

/* What became of an agent's or worker's key or grants; key empty: nothing to say of it. */
static void note(struct dispatcher *d, const char *kind, struct str name, const char *change,
	struct str key)
{
	char what[40];

	(void)snprintf(what, sizeof(what), "%s.%s", kind, change);
	log_event(LOG_ACCESS, "%s=%.*s change=%s", kind, STR_ARG(name), change);
	audit_note(d, AUDIT_ADMIN, what, whom_named(kind, name), key.len ? "key=%.*s" : "%.*s",
		STR_ARG(key));
}

static void put_list(struct buf *how, const char *word, const struct wire_value *list)
{
	for (uint32_t i = 0; i < wire_count(list); i++)
		buf_fmt(how, "%s%s=%.*s", how->len ? " " : "", word,
			STR_ARG(wire_str(wire_item(list, i))));
}

/* The same with grants. */
static void note_grants(
	struct dispatcher *d, const struct msg_agent_access *in, const char *what)
{
	struct buf how;

	buf_init(&how, (size_t)2 * 1024 * 1024);
	if (in->key.len)
		buf_fmt(&how, "key=%.*s", STR_ARG(in->key));
	put_list(&how, "allow", in->allow);
	put_list(&how, "hold", in->hold);
	put_list(&how, "deny", in->deny);
	log_event(
		LOG_ACCESS, "agent=%.*s change=%s", STR_ARG(in->name), what + sizeof("agent"));
	audit_note_buf(d, AUDIT_ADMIN, what, whom_named("agent", in->name), &how);
	buf_done(&how);
}

void keys_agent_add(struct dispatcher *d, const struct request *r, uint32_t agent)
{
	struct msg_agent_access in = {0};
	struct errmsg m;

	enum err e = message_read(r->root, MSG_AGENT_ADD, &in, &m);
	if (!e)
		e = check_key(d, in.key, &m);
	if (!e)
		e = agent_know(d, in.name, &agent, &m);
	if (!e && access_is_bound(d, agent) && !access_is_off(d, agent))
		e = err_say(&m, ERR_CONFLICT,
			"this agent was added before; `roost agent allow` gives it more, "
			"`roost agent key` another key");
	if (!e)
		e = change_grants(d, agent, &in, &m);
	if (e) {
		answer_error(d->outbox, r, e, &m);
		return;
	}
	access_bind(d, agent, in.key);
	note_grants(d, &in, "agent.added");
	answer_agent(d, r, agent);
}

void keys_agent_key(struct dispatcher *d, const struct request *r, uint32_t agent)
{
	struct msg_key in = {0};
	struct errmsg m;

	enum err e = message_read(r->root, MSG_AGENT_KEY, &in, &m);
	if (!e)
		e = check_key(d, in.key, &m);
	if (!e)
		e = find_agent(d, in.name, &agent, &m);
	if (e) {
		answer_error(d->outbox, r, e, &m);
		return;
	}
	access_bind(d, agent, in.key);
	reply_cut(d, agent);
	note(d, "agent", in.name, "key", in.key);
	answer_agent(d, r, agent);
}

void keys_agent_grant(struct dispatcher *d, const struct request *r, uint32_t agent)
{
	struct msg_agent_access in = {0};
	struct errmsg m;

	enum err e = message_read(r->root, MSG_AGENT_GRANT, &in, &m);
	if (!e && !in.allow && !in.hold && !in.deny)
		e = err_say(&m, ERR_INVALID, "say what to `allow`, `hold` or `deny`");
	if (!e)
		e = find_agent(d, in.name, &agent, &m);
	if (!e)
		e = change_grants(d, agent, &in, &m);
	if (e) {
		answer_error(d->outbox, r, e, &m);
		return;
	}
	note_grants(d, &in, "agent.grants");
	answer_agent(d, r, agent);
}

void keys_agent_switch(struct dispatcher *d, const struct request *r, uint32_t agent)
{
	struct msg_switch in = {0};
	struct errmsg m;

	enum err e = message_read(r->root, MSG_AGENT_SWITCH, &in, &m);
	if (!e)
		e = find_agent(d, in.name, &agent, &m);
	if (e) {
		answer_error(d->outbox, r, e, &m);
		return;
	}
	access_switch(d, agent, in.on);
	if (!in.on)
		reply_cut(d, agent);
	note(d, "agent", in.name, in.on ? "enabled" : "disabled", str_of(""));
	answer_agent(d, r, agent);
}

void keys_agent_remove(struct dispatcher *d, const struct request *r, uint32_t agent)
{
	struct msg_name in = {0};
	struct errmsg m;

	enum err e = message_read(r->root, MSG_AGENT_REMOVE, &in, &m);
	if (!e)
		e = find_agent(d, in.name, &agent, &m);
	if (e) {
		answer_error(d->outbox, r, e, &m);
		return;
	}
	access_forget(d, agent);
	reply_cut(d, agent);
	note(d, "agent", in.name, "removed", str_of(""));
	answer_agent(d, r, agent);
}

/* --- workers --- */

static bool find_worker(const struct dispatcher *d, struct str name, struct access_worker *ret)
{
	for (uint32_t i = 0; access_worker_at(d, i, ret); i++)
		if (ret->key[0] && str_is(name, ret->name))
			return true;
	return false;
}

static enum err no_worker(struct str name, struct errmsg *m)
{
	char shown[80];

	err_say(m, ERR_NOT_FOUND,
		"no worker '%s' was added; `roost worker add` adds one, `roost worker list` "
		"shows "
		"all",
		text_show(name, shown, sizeof(shown)));
	return err_at(m, ERR_NOT_FOUND, "name");
}

static void answer_worker(struct dispatcher *d, const struct request *r, struct str name)
{
	struct answer a;

	answer_open(&a, d->outbox, r, true);
	wire_put_str(answer_key(&a, "worker"), name);
	put_dispatcher(d, &a, true);
	answer_text(&a, "api_url", d->conf->x_api_url);
	answer_close(&a);
	turn_orders(d);
}

void keys_worker_add(struct dispatcher *d, const struct request *r, uint32_t agent)
{
	struct msg_key in = {0};
	struct access_worker there;
	struct errmsg m;

	(void)agent;
	enum err e = message_read(r->root, MSG_WORKER_ADD, &in, &m);
	if (!e)
		e = check_key(d, in.key, &m);
	if (!e && find_worker(d, in.name, &there))
		e = err_say(&m, ERR_CONFLICT,
			"this worker was added before; `roost worker remove` it first to give "
			"it another key");
	if (!e)
		e = access_set_worker(d, in.name, in.key, true);
	if (e == ERR_TOO_BIG || e == ERR_NOMEM)
		err_say(&m, e, "at most %d workers can have keys", ACCESS_WORKERS_MAX);
	if (e) {
		answer_error(d->outbox, r, e, &m);
		return;
	}
	note(d, "worker", in.name, "added", in.key);
	answer_worker(d, r, in.name);
}

void keys_worker_switch(struct dispatcher *d, const struct request *r, uint32_t agent)
{
	struct msg_switch in = {0};
	struct access_worker w;
	char key[CURVE_TEXT];
	struct errmsg m;

	(void)agent;
	enum err e = message_read(r->root, MSG_WORKER_SWITCH, &in, &m);
	if (!e && !find_worker(d, in.name, &w))
		e = no_worker(in.name, &m);
	if (e) {
		answer_error(d->outbox, r, e, &m);
		return;
	}
	memcpy(key, w.key, sizeof(key));
	turn_fail(d, access_set_worker(d, in.name, str_of(key), in.on), NULL);
	if (!in.on)
		workers_cut(d->workers, in.name);
	note(d, "worker", in.name, in.on ? "enabled" : "disabled", str_of(""));
	answer_worker(d, r, in.name);
}

void keys_worker_remove(struct dispatcher *d, const struct request *r, uint32_t agent)
{
	struct msg_name in = {0};
	struct errmsg m;

	(void)agent;
	enum err e = message_read(r->root, MSG_WORKER_REMOVE, &in, &m);
	if (!e && !access_forget_worker(d, in.name))
		e = no_worker(in.name, &m);
	if (e) {
		answer_error(d->outbox, r, e, &m);
		return;
	}
	workers_cut(d->workers, in.name);
	note(d, "worker", in.name, "removed", str_of(""));
	answer_worker(d, r, in.name);
}

void keys_worker_list(struct dispatcher *d, const struct request *r, uint32_t agent)
{
	struct access_worker w;
	struct answer a;
	uint32_t count = 0;

	(void)agent;
	answer_open(&a, d->outbox, r, true);
	struct buf *out = answer_key(&a, "workers");
	size_t mark = wire_array_later(out);
	for (uint32_t i = 0; access_worker_at(d, i, &w); i++) {
		if (!w.key[0])
			continue;
		wire_put_map(out, 4);
		wire_pair_text(out, "name", w.name);
		wire_pair_text(out, "state", w.on ? "enabled" : "disabled");
		wire_pair_bool(out, "there", workers_has(d->workers, str_of(w.name)));
		wire_pair_text(out, "key", w.key);
		count++;
	}
	wire_array_end(out, mark, count);
	put_dispatcher(d, &a, true);
	answer_close(&a);
}
