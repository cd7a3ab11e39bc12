/* roost account give: a token or keys that somebody has already, from the environment. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/cli/cli.h"
#include "common/json/json.h"
#include "common/xapi/capability.h"

#define ANSWER_WAIT 45000 /* ms: X is asked who it is, for up to 30 s */
#define SCOPES_MAX  512

/* A variable that goes into the request under a key, if it is set. */
static void take(json_t *request, const char *variable, const char *key)
{
	const char *value = getenv(variable);

	if (value && value[0])
		json_object_set_new(request, key, json_string(value));
}

/* The scopes of capabilities with commas between them. */
static int set_scopes(json_t *request, const char *capabilities)
{
	char text[SCOPES_MAX];
	scope_set scopes = 0;

	for (const char *at = capabilities; at && *at;) {
		size_t n = strcspn(at, ",");
		const struct capability *is = capability_find((struct str){at, n});

		if (!is)
			return cli_fail(EXIT_USAGE,
				"there is no capability '%.*s'; write one such as "
				"x.tweet.write or x.dm.read",
				(int)n, at);
		scopes |= is->needs | is->wants;
		at += n + (at[n] == ',');
	}
	json_object_set_new(
		request, "scopes", json_string(scopes_write(scopes, text, sizeof(text))));
	return EXIT_DONE;
}

/* X tells nobody what keys of OAuth 1.0a may do: the dispatcher takes them for all of it. */
static int set_rights(json_t *request, const char *capabilities)
{
	bool keys = json_object_get(request, "api_key") != NULL;

	if (keys && !capabilities)
		return EXIT_DONE;
	return set_scopes(request,
		capabilities ? capabilities : "x.tweet.read,x.tweet.write,x.user.read");
}

int cli_give(struct cli *c, const char *name, const char *app, const char *capabilities)
{
	static const char *const variables[][2] = {
		{"X_ACCESS_TOKEN", "access_token"},
		{"X_ACCESS_TOKEN_EXPIRES_AT", "expires_at"},
		{"X_REFRESH_TOKEN", "refresh_token"},
		{"X_ACCESS_TOKEN_SECRET", "access_token_secret"},
		{"X_API_KEY", "api_key"},
		{"X_API_SECRET", "api_secret"},
	};

	if (!app)
		return cli_fail(EXIT_USAGE, "say which app it belongs to: --app NAME");
	json_t *request = json_pack("{s:s,s:s}", "name", name, "app", app);
	for (size_t i = 0; i < COUNT_OF(variables); i++)
		take(request, variables[i][0], variables[i][1]);
	int code = EXIT_DONE;
	if (!json_object_get(request, "access_token"))
		code = cli_fail(EXIT_USAGE,
			"set X_ACCESS_TOKEN (with X_ACCESS_TOKEN_SECRET, X_API_KEY and "
			"X_API_SECRET when it is one of OAuth 1.0a): a token has no place on a "
			"command line");
	if (!code)
		code = set_rights(request, capabilities);
	if (code) {
		json_decref(request);
		return code;
	}
	json_t *answer = NULL;
	if (c->timeout_ms < ANSWER_WAIT)
		c->timeout_ms = ANSWER_WAIT;
	code = cli_admin(c, "account_import", request, &answer);
	if (!code && c->json)
		cli_print_json(answer);
	else if (!code)
		printf("account %s is @%s\n", name,
			json_string_value(json_object_get(answer, "username")));
	json_decref(answer);
	return code;
}
