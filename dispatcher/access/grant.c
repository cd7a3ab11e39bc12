#include "dispatcher/access/grant.h"

#include <stdio.h>
#include <string.h>

#include "common/xapi/capability.h"

enum err grant_read(struct str text, bool hold, struct grant *ret, struct errmsg *m)
{
	const char *at = text.len ? memchr(text.at, '@', text.len) : NULL;
	struct str capability = {text.at, at ? (size_t)(at - text.at) : text.len};
	struct str account = {at ? at + 1 : "", at ? text.len - capability.len - 1 : 0};
	char shown[80];

	if (!str_is(capability, "*") && !capability_find(capability))
		return err_say(m, ERR_INVALID,
			"there is no capability '%s'; write one such as x.tweet.write or "
			"x.dm.read@acme, or * for all; `roost actions` names those there are",
			text_show(capability, shown, sizeof(shown)));
	if (at && !text_is_name(account, GRANT_ACCOUNT_MAX))
		return err_say(m, ERR_INVALID,
			"'%s' is no name of an account: 1 to %d of A-Z a-z 0-9 _ . -",
			text_show(account, shown, sizeof(shown)), GRANT_ACCOUNT_MAX);
	*ret = (struct grant){.hold = hold};
	(void)snprintf(ret->capability, sizeof(ret->capability), "%.*s", STR_ARG(capability));
	(void)snprintf(ret->account, sizeof(ret->account), "%.*s", STR_ARG(account));
	return ERR_OK;
}

char *grant_write(const struct grant *g, char out[GRANT_TEXT_MAX])
{
	(void)snprintf(out, GRANT_TEXT_MAX, "%s%s%s", g->capability, g->account[0] ? "@" : "",
		g->account);
	return out;
}

bool grant_equal(const struct grant *a, const struct grant *b)
{
	return strcmp(a->capability, b->capability) == 0 && strcmp(a->account, b->account) == 0;
}

bool grant_covers(const struct grant *g, const char *capability, struct str account)
{
	if (strcmp(g->capability, "*") != 0 && strcmp(g->capability, capability) != 0)
		return false;
	return !g->account[0] || str_is(account, g->account);
}
