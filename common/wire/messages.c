#include "common/wire/messages.h"

#include <stdio.h>
#include <string.h>

#define MS_MAX INT64_C(253402300799999) /* end of the year 9999 */

/* clang-format off */
#define F(type_, key_, member, required_, lo, hi, help_) \
	{.key = key_, .type = type_, .required = required_, .at = offsetof(struct ROW, member), .min = lo, .max = hi, .help = help_}
#define W(key_, member, required_, words_, help_) \
	{.key = key_, .type = FIELD_ENUM, .required = required_, .at = offsetof(struct ROW, member), .words = words_, .help = help_}

static const char *const unsure_words[] = {"settle", "ask", NULL};
static const char *const people_words[] = {"list", "add", "remove", NULL};
static const char *const resolve_words[] = {"done", "retry", "failed", NULL};
static const char *const owner_words[] = {"agent", "account", "app", NULL};
static const char *const period_words[] = {"day", "month", NULL};
static const char *const step_words[] = {"act", "name", "look", "part", NULL};
static const char *const look_words[] = {"none", "found", "absent", "cannot", NULL};

#define ROW msg_enqueue
static const struct field enqueue_fields[] = {
	F(FIELD_ARRAY, "jobs",   jobs,   true,  1, JOBS_PER_MESSAGE, "1 to 1,000 job maps"),
	F(FIELD_BOOL,  "atomic", atomic, false, 0, 0, "all or none (default true)"),
};
#undef ROW
#define ROW msg_job
const struct field job_fields[] = {
	F(FIELD_TEXT,  "action",       action,       true,  1, 100, "what to do: see `roost actions`"),
	F(FIELD_NAME,  "account",      account,      true,  1, ACCOUNT_NAME_MAX, "the account that does it"),
	F(FIELD_MAP,   "args",         args,         false, 0, 0, "the action's own arguments"),
	F(FIELD_TEXT,  "key",          key,          false, 1, KEY_MAX, "idempotency key: the same key and content gives the same job"),
	F(FIELD_TIME,  "run_at",       run_at,       false, 0, MS_MAX, "not before this instant"),
	F(FIELD_TIME,  "expires_at",   expires_at,   false, 0, MS_MAX, "not after this instant"),
	F(FIELD_INT,   "priority",     priority,     false, 0, 9, "0 low to 9 high (default 5)"),
	F(FIELD_INT,   "max_attempts", max_attempts, false, 1, ATTEMPTS_MAX, "attempts that may fail before the job does (default 5)"),
	F(FIELD_TEXTS, "after",        after,        false, 1, 100, "ids or keys of jobs that must be done first"),
	F(FIELD_TEXT,  "batch",        batch,        false, 1, BATCH_MAX, "name of a batch, to find and count its jobs by"),
	F(FIELD_TEXTS, "tags",         tags,         false, 0, TAGS_MAX, "names to find the job by"),
	F(FIELD_BOOL,  "approval",     approval,     false, 0, 0, "hold it until somebody approves"),
	W(             "on_unsure",    on_unsure,    false, unsure_words, "when nobody knows whether it happened: look at X (settle), or ask"),
	F(FIELD_INT,   "max_price_usd_micros", max_price, false, 0, INT64_MAX, "refuse it if it may cost more"),
	F(FIELD_ANY,   "meta",         meta,         false, 0, 0, "anything; comes back with the result"),
};
const size_t job_field_count = COUNT_OF(job_fields);
#undef ROW
#define ROW msg_ids
static const struct field get_fields[] = {
	F(FIELD_TEXTS, "ids",  ids,  false, 1, JOBS_PER_MESSAGE, "job ids"),
	F(FIELD_TEXTS, "keys", keys, false, 1, JOBS_PER_MESSAGE, "idempotency keys"),
};
static const struct field ids_fields[] = {
	F(FIELD_TEXTS, "ids",  ids,  true,  1, JOBS_PER_MESSAGE, "job ids"),
};
#undef ROW
#define ROW msg_filter
static const struct field filter_fields[] = {
	F(FIELD_TEXTS, "ids",     ids,     false, 1, JOBS_PER_MESSAGE, "job ids, instead of the other keys (cancel only)"),
	F(FIELD_TEXT,  "state",   state,   false, 1, 20, "state of the job"),
	F(FIELD_NAME,  "account", account, false, 1, ACCOUNT_NAME_MAX, "its account"),
	F(FIELD_TEXT,  "action",  action,  false, 1, 100, "its action"),
	F(FIELD_TEXT,  "batch",   batch,   false, 1, BATCH_MAX, "its batch"),
	F(FIELD_TEXT,  "tag",     tag,     false, 1, TAG_MAX, "one of its tags"),
	F(FIELD_TEXT,  "text",    text,    false, 1, 280, "text that occurs in its arguments"),
	F(FIELD_INT,   "limit",   limit,   false, 1, JOBS_PER_MESSAGE, "at most so many (list: 100; cancel: all)"),
	F(FIELD_TEXT,  "cursor",  cursor,  false, 1, 24, "where an earlier answer left off"),
};
#undef ROW
#define ROW msg_filter
static const struct field batch_fields[] = {
	F(FIELD_TEXT, "id",     batch,  true,  1, BATCH_MAX, "name of the batch"),
	F(FIELD_TEXT, "cursor", cursor, false, 1, 24, "where an earlier answer left off"),
};
#undef ROW
#define ROW msg_update
static const struct field update_fields[] = {
	F(FIELD_TEXT, "id",         id,         true,  1, 24, "job id"),
	F(FIELD_TIME, "run_at",     run_at,     false, 0, MS_MAX, "not before this instant"),
	F(FIELD_TIME, "expires_at", expires_at, false, 0, MS_MAX, "not after this instant"),
	F(FIELD_INT,  "priority",   priority,   false, 0, 9, "0 low to 9 high"),
	F(FIELD_MAP,  "args",       args,       false, 0, 0, "all of the new arguments"),
};
#undef ROW
#define ROW msg_resolve
static const struct field resolve_fields[] = {
	F(FIELD_TEXT, "id",   id,   true,  1, 24, "id of an unsure job"),
	W(            "as",   as,   true,  resolve_words, "what became of it"),
	F(FIELD_TEXT, "x_id", x_id, false, 1, 19, "with done: the id at X"),
};
#undef ROW
#define ROW msg_decide
static const struct field decide_fields[] = {
	F(FIELD_TEXTS, "ids",    ids,    true,  1, JOBS_PER_MESSAGE, "ids of held jobs"),
	F(FIELD_TEXT,  "reason", reason, false, 1, REASON_MAX, "why; a rejected job's result says it"),
};
#undef ROW
#define ROW msg_plan
static const struct field plan_fields[] = {
	F(FIELD_ARRAY, "jobs",   jobs,   false, 0, JOBS_PER_MESSAGE, "up to 1,000 job maps, as for enqueue"),
	F(FIELD_TIME,  "until",  until,  false, 0, MS_MAX, "look no further than this instant (default: a year)"),
	F(FIELD_TEXT,  "plan",   plan,   false, 1, 24, "the plan of an earlier answer, to go on with"),
	F(FIELD_BOOL,  "more",   more,   false, 0, 0, "more jobs follow in another request: do not plan yet"),
	F(FIELD_INT,   "cursor", cursor, false, 0, INT64_MAX, "where an earlier answer left off"),
};
#undef ROW
#define ROW msg_media
static const struct field media_fields[] = {
	F(FIELD_TEXT,  "name",   name,   true,  1, MEDIA_NAME_MAX, "names this upload: the same name, type and size go on with it"),
	F(FIELD_TEXT,  "type",   type,   true,  1, 40, "what it is: image/png, image/gif, video/mp4, ..."),
	F(FIELD_INT,   "size",   size,   true,  1, INT64_MAX, "bytes of the whole"),
	F(FIELD_INT,   "offset", offset, false, 0, INT64_MAX, "where this piece begins (default 0)"),
	F(FIELD_BYTES, "data",   data,   false, 0, MEDIA_DATA_MAX, "the bytes of this piece; none: a question how many have come"),
};
#undef ROW
#define ROW msg_explain
static const struct field explain_fields[] = {
	F(FIELD_TEXT, "id", id, true, 1, 24, "job id"),
};
#undef ROW
#define ROW msg_results
static const struct field results_fields[] = {
	F(FIELD_INT, "max",     max,     false, 1, 1000, "at most so many (default 100)"),
	F(FIELD_INT, "wait_ms", wait_ms, false, 0, WAIT_MS_MAX, "wait so long for the first one (default 0)"),
	F(FIELD_INT, "ack",     ack,     false, 0, INT64_MAX, "drop all up to this seq first"),
};
#undef ROW
#define ROW msg_subscribe
static const struct field subscribe_fields[] = {
	F(FIELD_INT, "credit", credit, true, 1, 100000, "push so many results, then wait for more credit"),
};
#undef ROW
#define ROW msg_ack
static const struct field ack_fields[] = {
	F(FIELD_INT, "upto",   upto,   true,  0, INT64_MAX, "drop all up to this seq"),
	F(FIELD_INT, "credit", credit, false, 0, 100000, "push so many more"),
};
#undef ROW
#define ROW msg_limits
static const struct field limits_fields[] = {
	F(FIELD_NAME, "account", account, false, 1, ACCOUNT_NAME_MAX, "this account's and its app's only"),
};
#undef ROW
#define ROW msg_people
static const struct field people_fields[] = {
	W("do", act, true, people_words, "list, add or remove"),
	F(FIELD_NAME,  "account", account, true,  1, ACCOUNT_NAME_MAX, "whose list"),
	F(FIELD_TEXTS, "users",   users,   false, 1, 1000, "ids, @names, DM conversations"),
};
#undef ROW
#define ROW msg_spend
static const struct field spend_fields[] = {
	W(           "by",     by,     false, owner_words, "agent, account or app (default)"),
	F(FIELD_TEXT, "period", period, false, 1, 10, "day, month, a date (2026-11-26) or a month (2026-11); default: day and month"),
	F(FIELD_NAME, "name",   name,   false, 1, ACCOUNT_NAME_MAX, "this one only"),
};
#undef ROW
#define ROW msg_budget_raise
static const struct field budget_raise_fields[] = {
	W(           "of",     of,     true,  owner_words, "agent, account or app"),
	F(FIELD_NAME, "name",   name,   true,  1, ACCOUNT_NAME_MAX, "whose budget"),
	W(           "period", period, true,  period_words, "day or month: the one that is under way"),
	F(FIELD_INT,  "by_usd_micros", by, true, 1, INT64_C(1000000000000000), "how much more"),
	F(FIELD_TEXT, "reason", reason, true,  1, 200, "why; shown in spend"),
};
#undef ROW
#define ROW msg_app_add
static const struct field app_add_fields[] = {
	F(FIELD_NAME, "name",          name,          true,  1, APP_NAME_MAX, "what roost shall call the app"),
	F(FIELD_NAME, "plan",          plan,          false, 1, 15, "payg (default), enterprise, free, basic, pro"),
	F(FIELD_TEXT, "client_id",     client_id,     true,  1, 200, "OAuth 2.0 client id"),
	F(FIELD_TEXT, "client_secret", client_secret, false, 0, 500, "OAuth 2.0 client secret; none for a public client"),
};
#undef ROW
#define ROW msg_pause
static const struct field pause_fields[] = {
	F(FIELD_NAME, "app",     app,     false, 1, APP_NAME_MAX, "this app"),
	F(FIELD_NAME, "account", account, false, 1, ACCOUNT_NAME_MAX, "this account"),
	F(FIELD_TEXT, "action",  action,  false, 1, 100, "this action, of all accounts"),
};
#undef ROW
#define ROW msg_app_set
static const struct field app_set_fields[] = {
	F(FIELD_NAME, "name",     name,     true,  1, APP_NAME_MAX, "the app"),
	F(FIELD_NAME, "plan",     plan,     false, 1, 15, "its plan"),
	F(FIELD_BOOL, "forget_refusals", forget_refusals, false, 0, 0, "what X refused as not part of the plan may be tried again"),
	F(FIELD_MAP,  "settings", settings, false, 0, 0, "settings to change; null: back to the default"),
};
#undef ROW
#define ROW msg_owner_set
static const struct field owner_set_fields[] = {
	F(FIELD_NAME, "name",     name,     true,  1, ACCOUNT_NAME_MAX, "the account or agent"),
	F(FIELD_MAP,  "settings", settings, true,  0, 0, "settings to change; null: back to the default"),
};
#undef ROW
#define ROW msg_name
static const struct field name_fields[] = {
	F(FIELD_NAME, "name", name, true, 1, ACCOUNT_NAME_MAX, "its name"),
};
#undef ROW
#define ROW msg_connect_begin
static const struct field connect_begin_fields[] = {
	F(FIELD_NAME,  "account",      account,      true,  1, ACCOUNT_NAME_MAX, "what roost shall call the account"),
	F(FIELD_NAME,  "app",          app,          true,  1, APP_NAME_MAX, "the app that is to act for it"),
	F(FIELD_TEXTS, "capabilities", capabilities, false, 1, 32, "what it is to be able to do (default: read and write posts, read profiles)"),
	F(FIELD_TEXT,  "callback",     callback,     false, 1, 1000, "as registered with the app (default: x.callback_url)"),
};
#undef ROW
#define ROW msg_connect_finish
static const struct field connect_finish_fields[] = {
	F(FIELD_TEXT, "state", state, true,  1, 500, "as the browser brought it"),
	F(FIELD_TEXT, "code",  code,  false, 1, 4096, "as the browser brought it"),
	F(FIELD_TEXT, "error", error, false, 1, 200, "instead of a code"),
};
#undef ROW
#define ROW msg_agent_access
static const struct field agent_access_fields[] = {
	F(FIELD_NAME,  "name",  name,  true,  1, AGENT_NAME_MAX, "the agent"),
	F(FIELD_TEXT,  "key",   key,   false, 1, 40, "with agent_add: its public key, as Z85"),
	F(FIELD_TEXTS, "allow", allow, false, 1, 1000, "CAPABILITY[@ACCOUNT]: what it may do"),
	F(FIELD_TEXTS, "hold",  hold,  false, 1, 1000, "the same, but each job waits until somebody approves it"),
	F(FIELD_TEXTS, "deny",  deny,  false, 1, 1000, "grants to take away"),
};
#undef ROW
#define ROW msg_key
static const struct field key_fields[] = {
	F(FIELD_NAME, "name", name, true, 1, AGENT_NAME_MAX, "the agent or worker"),
	F(FIELD_TEXT, "key",  key,  true, 1, 40, "its public key, as Z85"),
};
#undef ROW
#define ROW msg_switch
static const struct field switch_fields[] = {
	F(FIELD_NAME, "name", name, true, 1, AGENT_NAME_MAX, "the agent or worker"),
	F(FIELD_BOOL, "on",   on,   true, 0, 0, "false: disabled"),
};
#undef ROW
#define ROW msg_audit
static const struct field audit_fields[] = {
	F(FIELD_INT, "after", after, false, 0, INT64_MAX, "records after this seq (default: the last ones)"),
	F(FIELD_INT, "limit", limit, false, 1, 1000, "at most so many (default 100)"),
};
#undef ROW
#define ROW msg_audit_verify
static const struct field audit_verify_fields[] = {
	F(FIELD_INT,  "after", after, false, 0, INT64_MAX, "go on after this seq, with the hash of an earlier answer"),
	F(FIELD_TEXT, "hash",  hash,  false, 64, 64, "the hash of the record `after`"),
	F(FIELD_TEXT, "head",  head,  false, 64, 64, "a hash noted earlier, to be found on the way"),
};
#undef ROW
#define ROW msg_account_import
static const struct field account_import_fields[] = {
	F(FIELD_NAME, "name",          name,          true,  1, ACCOUNT_NAME_MAX, "what roost shall call the account"),
	F(FIELD_NAME, "app",           app,           true,  1, APP_NAME_MAX, "the app the tokens belong to"),
	F(FIELD_TEXT, "user_id",       user_id,       false, 1, 19, "id of the user at X; left out with the name: X is asked"),
	F(FIELD_TEXT, "username",      username,      false, 1, 16, "user name at X"),
	F(FIELD_TEXT, "access_token",  access_token,  true,  1, 4096, "access token, of OAuth 2.0 or 1.0a"),
	F(FIELD_TEXT, "refresh_token", refresh_token, false, 0, 4096, "OAuth 2.0 refresh token"),
	F(FIELD_TIME, "expires_at",    expires_at,    false, 0, MS_MAX, "end of the access token; left out: it is used until X refuses it"),
	F(FIELD_TEXT, "access_token_secret", token_secret, false, 1, OAUTH1_TEXT_MAX, "OAuth 1.0a: the token's secret"),
	F(FIELD_TEXT, "api_key",       api_key,       false, 1, OAUTH1_TEXT_MAX, "OAuth 1.0a: the app's API key (consumer key)"),
	F(FIELD_TEXT, "api_secret",    api_secret,    false, 1, OAUTH1_TEXT_MAX, "OAuth 1.0a: the app's API key secret"),
	F(FIELD_ANY,  "scopes",        scopes,        false, 0, 0, "granted scopes: a list, or one text with blanks"),
};
#undef ROW
#define ROW msg_hello
static const struct field hello_fields[] = {
	F(FIELD_NAME,  "worker",   worker,   true,  1, WORKER_NAME_MAX, "a name no other running worker has"),
	F(FIELD_TEXT,  "version",  version,  false, 0, 40, "of the worker's program"),
	F(FIELD_INT,   "protocol", protocol, true,  1, 1000, "version of this conversation"),
	F(FIELD_INT,   "slots",    slots,    true,  0, 100000, "leases it can hold"),
	F(FIELD_ARRAY, "holds",    holds,    false, 0, 100000, "leases it still holds"),
};
#undef ROW
#define ROW msg_credit
static const struct field credit_fields[] = {
	F(FIELD_INT, "slots", slots, true, 0, 100000, "leases it can hold"),
};
#undef ROW
#define ROW msg_items
static const struct field items_fields[] = {
	F(FIELD_ARRAY, "items", items, true, 0, ITEMS_PER_MESSAGE, "one entry each"),
};
#undef ROW
#define ROW msg_welcome
static const struct field welcome_fields[] = {
	F(FIELD_INT, "protocol",     protocol,     true, 1, 1000, "version of this conversation"),
	F(FIELD_INT, "heartbeat_ms", heartbeat_ms, true, 1, 3600000, "send a beat this often"),
	F(FIELD_INT, "silence_ms",   silence_ms,   true, 1, 3600000, "after so long without a beat each side gives the other up"),
	F(FIELD_INT, "request_ms",   request_ms,   true, 1, 3600000, "how long one request to X may take"),
};
#undef ROW
#define ROW msg_want
static const struct field want_fields[] = {
	F(FIELD_INT, "job",    job,    true, 1, INT64_MAX, "job"),
	F(FIELD_INT, "lease",  lease,  true, 1, INT64_MAX, "lease"),
	F(FIELD_INT, "offset", offset, true, 0, INT64_MAX, "where they begin in the medium"),
	F(FIELD_INT, "size",   size,   true, 1, PIECE_MAX, "how many"),
};
#undef ROW
#define ROW msg_bytes
static const struct field bytes_fields[] = {
	F(FIELD_INT,   "job",    job,    true,  1, INT64_MAX, "job"),
	F(FIELD_INT,   "lease",  lease,  true,  1, INT64_MAX, "lease"),
	F(FIELD_INT,   "offset", offset, true,  0, INT64_MAX, "where they begin in the medium"),
	F(FIELD_BYTES, "data",   data,   false, 0, PIECE_MAX, "the bytes; none: they are not for you, or are gone"),
};
#undef ROW
#define ROW msg_drain
static const struct field drain_fields[] = {
	F(FIELD_BOOL, "drain", drain, false, 0, 0, "finish what you hold, then leave"),
};
#undef ROW
#define ROW msg_oauth1
const struct field oauth1_fields[] = {
	F(FIELD_TEXT, "api_key",      api_key,      true, 1, OAUTH1_TEXT_MAX, "the app's API key"),
	F(FIELD_TEXT, "api_secret",   api_secret,   true, 1, OAUTH1_TEXT_MAX, "its secret"),
	F(FIELD_TEXT, "token",        token,        true, 1, OAUTH1_TEXT_MAX, "access token"),
	F(FIELD_TEXT, "token_secret", token_secret, true, 1, OAUTH1_TEXT_MAX, "its secret"),
};
const size_t oauth1_field_count = COUNT_OF(oauth1_fields);
#undef ROW
#define ROW msg_assignment
const struct field assignment_fields[] = {
	F(FIELD_INT,  "job",      job,      true,  1, INT64_MAX, "job"),
	F(FIELD_INT,  "lease",    lease,    true,  1, INT64_MAX, "lease"),
	W(            "step",     step,     true,  step_words, "the job itself, a user name, a look, or a part of a medium"),
	F(FIELD_BOOL, "begin",    begin,    true,  0, 0, "ask before sending"),
	F(FIELD_TEXT, "action",   action,   true,  1, 100, "name of the action"),
	F(FIELD_TEXT, "user_id",  user_id,  true,  1, 19, "the account's user id"),
	F(FIELD_TEXT, "username", username, false, 0, 16, "the account's user name"),
	F(FIELD_TEXT, "token",    token,    false, 1, 4096, "access token"),
	F(FIELD_MAP,  "oauth1",   oauth1,   false, 0, 0, "keys that sign, in the place of a token"),
	F(FIELD_MAP,  "args",     args,     false, 0, 0, "arguments"),
	F(FIELD_TEXT, "name",     name,     false, 1, 16, "user name to look up"),
	F(FIELD_TIME, "begun_at", begun_at, false, 0, MS_MAX, "when the attempt in doubt began"),
	F(FIELD_INT,  "offset",   offset,   false, 0, INT64_MAX, "of a part: where it begins in the medium"),
	F(FIELD_INT,  "size",     size,     false, 1, INT64_MAX, "of a part: its bytes"),
};
const size_t assignment_field_count = COUNT_OF(assignment_fields);
#undef ROW
#define ROW msg_result
const struct field result_fields[] = {
	F(FIELD_INT,   "job",        job,        true,  1, INT64_MAX, "job"),
	F(FIELD_INT,   "lease",      lease,      true,  1, INT64_MAX, "lease"),
	F(FIELD_TEXT,  "class",      class,      true,  1, 20, "class of the outcome"),
	F(FIELD_TEXT,  "cause",      cause,      true,  1, 40, "cause of the outcome"),
	F(FIELD_INT,   "status",     status,     false, 0, 999, "HTTP status"),
	F(FIELD_INT,   "objects",    objects,    false, 0, 100000, "objects returned"),
	F(FIELD_TIME,  "park_until", park_until, false, 0, MS_MAX, "when X says that it will be over"),
	F(FIELD_ARRAY, "rate",       rate,       false, 0, 3, "rate headers"),
	F(FIELD_TEXT,  "x_id",       x_id,       false, 0, 23, "id of what was made"),
	W(             "look",       look,       false, look_words, "what a look found"),
	F(FIELD_TEXTS, "found",      found,      false, 0, 100, "ids that match"),
	F(FIELD_TEXT,  "message",    message,    false, 0, 1000, "for a person"),
	F(FIELD_ANY,   "response",   response,   false, 0, 0, "X's answer"),
};
const size_t result_field_count = COUNT_OF(result_fields);
#undef ROW

/* Head keys, which every request may have. */
static const char *const head_keys[] = {"op", "seq", "agent"};

static const struct field no_fields[1];

static const struct message_info table[] = {
#define X(message, name_, side_, fields_, help_) \
	[message] = {.name = name_, .side = side_, .fields = fields_, .field_count = COUNT_OF(fields_), .help = help_},
#include "common/wire/messages.def"
#undef X
};
/* clang-format on */

const struct message_info *message_info(enum message msg)
{
	return &table[msg];
}

bool message_is_bare(enum message msg)
{
	return table[msg].fields == no_fields;
}

static bool may_send(enum message_side side, size_t row)
{
	return table[row].side == side || (side == SIDE_ADMIN && table[row].side == SIDE_AGENT);
}

char *message_names(enum message_side side, char *out, size_t cap)
{
	size_t len = 0;

	out[0] = 0;
	for (size_t i = 0; i < COUNT_OF(table) && len < cap; i++)
		if (may_send(side, i))
			len += (size_t)snprintf(
				out + len, cap - len, "%s%s", len ? ", " : "", table[i].name);
	return out;
}

bool message_find(enum message_side side, struct str op, enum message *ret)
{
	for (size_t i = 0; i < COUNT_OF(table); i++) {
		if (may_send(side, i) && str_is(op, table[i].name)) {
			*ret = (enum message)i;
			return true;
		}
	}
	return false;
}

enum err message_head(const struct wire_value *root, struct message_head *ret, struct errmsg *m)
{
	*ret = (struct message_head){0};
	if (wire_type(root) != WIRE_MAP)
		return err_say(m, ERR_FORMAT, "a message is one MessagePack map, not %s",
			wire_type_name(wire_type(root)));
	ret->seq = wire_get(root, "seq");

	const struct wire_value *op = wire_get(root, "op");
	if (wire_type(op) != WIRE_STR)
		return err_say(m, ERR_FORMAT, "the key 'op' must name the operation, as text");
	ret->op = wire_str(op);

	const struct wire_value *agent = wire_get(root, "agent");
	if (!agent)
		return ERR_OK;
	ret->agent = wire_str(agent);
	if (wire_type(agent) != WIRE_STR || !text_is_name(ret->agent, AGENT_NAME_MAX)) {
		err_say(m, ERR_INVALID, "must be a name: 1 to %d of A-Z a-z 0-9 _ . -",
			AGENT_NAME_MAX);
		return err_at(m, ERR_INVALID, "agent");
	}
	return ERR_OK;
}

enum err message_read(
	const struct wire_value *root, enum message msg, void *out, struct errmsg *m)
{
	const struct message_info *info = &table[msg];
	size_t count = message_is_bare(msg) ? 0 : info->field_count;
	struct fields_rule rule = {.pass = head_keys, .pass_count = COUNT_OF(head_keys)};

	rule.ignore_unknown = info->side == SIDE_WORKER || info->side == SIDE_DISPATCHER;
	return fields_read_by(root, info->fields, count, &rule, out, m);
}
