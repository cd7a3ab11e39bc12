#include "dispatcher/requests/app.h"

#include "common/base/log.h"
#include "common/wire/write.h"
#include "dispatcher/audit/audit.h"
#include "dispatcher/entitle.h"
#include "dispatcher/requests/settings.h"

static enum err find_app(
	const struct dispatcher *d, struct str name, struct vault_app **ret, struct errmsg *m)
{
	char shown[80];

	*ret = vault_app_named(d->vault, name);
	if (*ret && (*ret)->id)
		return ERR_OK;
	err_say(m, ERR_NOT_FOUND,
		"there is no app '%s'; `roost app list` shows those there are",
		text_show(name, shown, sizeof(shown)));
	return err_at(m, ERR_NOT_FOUND, "name");
}

/* What is stored of an app that the vault has forgotten. */
static void forget(struct dispatcher *d, uint32_t id)
{
	settings_forget(d, OWNER_app, id);
	entitle_forget(d, id);
	if (turn_write(d))
		turn_fail(d, store_drop_app(d->store, id), NULL);
}

void app_remove(struct dispatcher *d, const struct request *r, uint32_t agent)
{
	struct vault_app *app = NULL;
	struct msg_name in = {0};
	struct errmsg m;
	struct answer a;
	uint32_t id = 0;

	enum err e = message_read(r->root, MSG_APP_REMOVE, &in, &m);
	if (!e)
		e = find_app(d, in.name, &app, &m);
	if (!e) {
		id = app->id;
		e = vault_remove_app(d->vault, app, &m);
	}
	if (e) {
		answer_error(d->outbox, r, e, &m);
		return;
	}
	forget(d, id);
	audit_note(d, agent, "app.removed", whom_named("app", in.name), "%s", "");
	log_event(LOG_ACCOUNT, "app=%.*s removed=true", STR_ARG(in.name));
	answer_open(&a, d->outbox, r, true);
	wire_put_str(answer_key(&a, "app"), in.name);
	answer_close(&a);
	turn_orders(d);
}
