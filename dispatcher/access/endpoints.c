/* Which endpoints want keys, and which must not be met from other machines. */
#include <string.h>

#include "common/net/zsock.h"
#include "dispatcher/access/access.h"

/*
 * Whether an endpoint wants keys. Without them nobody can tell who connects: then only this
 * machine may.
 */
static enum err wants_keys(const struct dispatcher *d, const char *setting,
	const char *endpoint, bool *ret, struct errmsg *m)
{
	bool local = zsock_is_local(endpoint);

	*ret = strcmp(d->conf->security_curve, "on") == 0 || !local;
	if (local || strcmp(d->conf->security_curve, "off") != 0)
		return ERR_OK;
	return err_say(m, ERR_INVALID,
		"%s: '%s' can be reached from other machines, and security.curve is off; set "
		"it to auto, or use tcp://127.0.0.1:PORT or ipc://PATH",
		setting, endpoint);
}

/* What has no keys stays on this machine; where keys are on, with its user. */
static enum err check_local(
	const struct dispatcher *d, const char *setting, const char *endpoint, struct errmsg *m)
{
	bool on = strcmp(d->conf->security_curve, "on") == 0;

	if (!zsock_is_local(endpoint))
		return err_say(m, ERR_INVALID,
			"%s: '%s' can be reached from other machines, and nothing there is "
			"protected by keys; use tcp://127.0.0.1:PORT or ipc://PATH",
			setting, endpoint);
	if (!on || str_has_prefix(str_of(endpoint), "ipc://"))
		return ERR_OK;
	return err_say(m, ERR_INVALID,
		"%s: with security.curve: on it has to be ipc://PATH, which only this user can "
		"open, since it has no keys",
		setting);
}

enum err access_check_endpoints(struct dispatcher *d, struct errmsg *m)
{
	const struct conf *c = d->conf;
	enum err e = wants_keys(d, "listen.agents", c->listen_agents, &d->curve_agents, m);

	if (!e)
		e = wants_keys(d, "listen.workers", c->listen_workers, &d->curve_workers, m);
	if (!e)
		e = check_local(d, "listen.admin", c->listen_admin, m);
	return e ? e : check_local(d, "listen.events", c->listen_events, m);
}
