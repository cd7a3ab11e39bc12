/*
 * admin.h - what administrators send, over the ipc endpoint: part of messages.h
 */
#ifndef ROOST_COMMON_WIRE_ADMIN_H
#define ROOST_COMMON_WIRE_ADMIN_H

#include "common/wire/fields.h"

struct msg_app_add {
	struct str name, plan, client_id, client_secret;
};

/* Nothing named: everything. */
struct msg_pause {
	struct str app, account, action;
};

enum people_do { PEOPLE_LIST, PEOPLE_ADD, PEOPLE_REMOVE };

struct msg_people {
	uint8_t act; /* enum people_do */
	struct str account;
	const struct wire_value *users;
};

struct msg_app_set {
	struct str name, plan; /* plan empty: as it is */
	bool forget_refusals;
	const struct wire_value *settings;
};

struct msg_owner_set {
	struct str name;
	const struct wire_value *settings;
};

struct msg_budget_raise {
	uint8_t of;     /* as in msg_spend */
	uint8_t period; /* 0 day, 1 month */
	struct str name, reason;
	int64_t by;
};

struct msg_connect_begin {
	struct str account, app, callback;
	const struct wire_value *capabilities;
};

struct msg_connect_finish {
	struct str state, code, error;
};

/* agent_add and agent_grant. */
struct msg_agent_access {
	struct str name, key;
	const struct wire_value *allow, *hold, *deny; /* texts: "CAPABILITY[@ACCOUNT]" */
};

struct msg_key {
	struct str name, key;
};

struct msg_switch {
	struct str name;
	bool on;
};

struct msg_audit {
	int64_t after, limit; /* after -1: the last ones */
};

struct msg_audit_verify {
	int64_t after;
	struct str hash, head; /* empty: none */
};

struct msg_name {
	struct str name;
};

struct msg_account_import {
	struct str name, app, user_id, username, access_token, refresh_token;
	struct str token_secret, api_key, api_secret; /* all or none: OAuth 1.0a */
	usec_t expires_at;
	const struct wire_value *scopes; /* array of texts, or one blank-separated text */
};

#endif
