#include "dispatcher/reload.h"

#include "common/base/log.h"
#include "common/crypto/random.h"
#include "dispatcher/audit/audit.h"
#include "dispatcher/media/media.h"
#include "dispatcher/money.h"
#include "dispatcher/tables.h"

#define WORDS_MAX 900 /* of the names that need a restart */

static const char *name_of(void *ctx, enum ledger_kind kind, uint32_t owner)
{
	return money_owner_name(ctx, kind, owner);
}

struct core_conf reload_core_conf(struct dispatcher *d, uint64_t boot)
{
	const struct conf *c = d->conf;
	struct core_conf ret = {
		.boot = boot,
		.limits = d->limits,
		.entitlements = d->entitlements,
		.read_caps = d->read_caps,
		.prices = &d->prices,
		.name = name_of,
		.name_ctx = d,
		.lease = c->dispatch_lease,
		.worker_silence = c->dispatch_worker_silence,
		.retry_base = c->dispatch_retry_base,
		.retry_cap = c->dispatch_retry_cap,
		.refresh_margin = c->dispatch_refresh_margin,
		.account_concurrency = (uint32_t)c->dispatch_account_concurrency,
		.poison_after = (uint8_t)c->dispatch_poison_after,
		.max_pending = (uint64_t)c->dispatch_max_pending,
	};

	crypto_random(&ret.seed, sizeof(ret.seed));
	while (ret.look_count < c->settle_delays.count && ret.look_count < CORE_LOOKS_MAX) {
		ret.looks[ret.look_count] = c->settle_delays.at[ret.look_count];
		ret.look_count++;
	}
	return ret;
}

/* Brings what was read to those who keep a copy of it. */
static void spread(struct dispatcher *d)
{
	struct core_conf core = reload_core_conf(d, 0);
	enum log_level level;
	struct errmsg m;

	if (money_read_prices(d, &m))
		log_event(LOG_CONFIG, "words=\"%s\" old_prices=kept", m.text);
	core_set_conf(d->core, &core);
	media_reload(d);
	workers_set_times(
		d->workers, d->conf->dispatch_heartbeat, d->conf->dispatch_worker_silence);
	if (log_level_parse(d->conf->log_level, &level))
		log_level(level);
}

/* Tables that cannot be read leave the old ones in force. */
static void read_tables(struct dispatcher *d)
{
	struct errmsg m;

	if (!tables_are_files(d))
		return;
	enum err e = tables_read(d, &m);
	log_event(LOG_CONFIG, "tables_read=%s words=\"%s\"", e ? "false" : "true",
		e ? m.text : "in force from now on");
}

void reload(struct dispatcher *d)
{
	struct buf restart;
	struct errmsg m = {0};

	buf_init(&restart, WORDS_MAX);
	enum err e = conf_reload(d->conf, &restart, &m);
	if (e)
		log_event(LOG_CONFIG, "read=false words=\"%s\" old_settings=kept",
			m.text[0] ? m.text : err_text(e));
	else
		spread(d);
	if (!e)
		read_tables(d);
	if (!e)
		log_event(LOG_CONFIG, "read=true file=%s needs_restart=\"%s\"",
			d->conf->file ? d->conf->file : "none", buf_cstr(&restart));
	if (!e)
		audit_note(d, AUDIT_ROOST, "settings.reloaded",
			whom_of("file", d->conf->file ? d->conf->file : "none"), "SIGHUP");
	buf_done(&restart);
}
