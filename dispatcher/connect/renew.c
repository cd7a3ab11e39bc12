#include "dispatcher/connect/renew.h"

#include <string.h>

#include "common/base/failpoint.h"
#include "common/base/log.h"
#include "dispatcher/accounts.h"
#include "dispatcher/audit/audit.h"
#include "dispatcher/connect/token.h"

#define AGAIN (15 * USEC_SEC) /* wait after a renewal that failed harmlessly */

/* --- ids in buffers --- */

static void put_id(struct buf *b, const struct vault_account *a)
{
	buf_put(b, &a->id, sizeof(a->id));
}

static size_t ids_in(const struct buf *b)
{
	return b->len / sizeof(uint32_t);
}

static struct vault_account *account_at(struct dispatcher *d, const struct buf *b, size_t i)
{
	uint32_t id;

	memcpy(&id, b->data + i * sizeof(id), sizeof(id));
	return vault_account_by_id(d->vault, id);
}

/* --- beginning --- */

static bool begin(struct dispatcher *d, struct vault_account *a)
{
	if (!vault_intend(d->vault, a))
		return false;
	accounts_keep_only(d, a);
	put_id(&d->intents, a);
	d->renewing++;
	return true;
}

void renew_order(struct dispatcher *d, const struct order *o)
{
	struct vault_account *a = vault_account_by_id(d->vault, o->account);

	ASSERT(a);
	if (a->waits || a->again_at > d->now.mono || d->stopping)
		return; /* renew_again() comes to it, or the next start */
	if (d->renewing >= RENEWALS_AT_ONCE && vault_renewable(a) && !a->refreshing) {
		a->waits = true;
		put_id(&d->renew_later, a);
	} else if (!begin(d, a)) {
		accounts_changed(d, a);
	}
}

bool renew_now(struct dispatcher *d, struct vault_account *a)
{
	if (!begin(d, a))
		return false;
	accounts_changed(d, a); /* the core would begin one, too */
	return true;
}

/* Begins what waited, as far as there is room. */
static void begin_waiting(struct dispatcher *d)
{
	size_t i = 0;

	for (; !d->stopping && i < ids_in(&d->renew_later) && d->renewing < RENEWALS_AT_ONCE;
		i++) {
		struct vault_account *a = account_at(d, &d->renew_later, i);

		a->waits = false;
		if (!begin(d, a))
			accounts_changed(d, a);
	}
	if (i) {
		d->renew_later.len -= i * sizeof(uint32_t);
		memmove(d->renew_later.data, d->renew_later.data + i * sizeof(uint32_t),
			d->renew_later.len);
	}
}

/* --- after a commit --- */

/* What it has is on disk. Between the last byte of new tokens and that, they are lost with us.
 */
static void kept(struct vault_account *a)
{
	a->unsaved = false;
	if (!a->answered_at)
		return;
	log_event(LOG_TOKEN_REFRESHED, "account=%s generation=%llu kept_us=%lld", a->name,
		(unsigned long long)a->generation,
		(long long)(clock_system.read(clock_system.ctx).mono - a->answered_at));
	a->answered_at = 0;
}

void renew_committed(struct dispatcher *d)
{
	for (size_t i = 0; i < ids_in(&d->kept_accounts); i++)
		kept(account_at(d, &d->kept_accounts, i));
	buf_reset(&d->kept_accounts);

	if (ids_in(&d->intents))
		(void)FAILPOINT(FAIL_REFRESH);
	for (size_t i = 0; i < ids_in(&d->intents); i++)
		vault_send(d->vault, account_at(d, &d->intents, i));
	buf_reset(&d->intents);
}

void renew_dropped(struct dispatcher *d)
{
	for (size_t i = 0; i < ids_in(&d->intents); i++)
		vault_forget(d->vault, account_at(d, &d->intents, i));
	for (size_t i = 0; i < ids_in(&d->renew_later); i++)
		account_at(d, &d->renew_later, i)->waits = false; /* the new core orders it */
	d->renewing -= (uint32_t)ids_in(&d->intents);
	buf_reset(&d->kept_accounts);
	buf_reset(&d->intents);
	buf_reset(&d->renew_later);
	token_close(d);
}

/* --- the end --- */

/* The core, and programs that wait for the token. */
static void tell(struct dispatcher *d, struct vault_account *a, const char *words)
{
	accounts_changed(d, a);
	token_renewed(d, a, words);
}

static void note_failure(
	struct dispatcher *d, struct vault_account *a, enum vault_end end, const char *words)
{
	log_event(LOG_TOKEN_TROUBLE, "account=%s words=\"%s\"", a->name, words);
	if (end == VAULT_LATER || end == VAULT_CLIENT) {
		a->again_at = d->now.mono + AGAIN;
		d->renew_again = true;
	}
	accounts_keep_only(d, a);
	if (end == VAULT_REFUSED || end == VAULT_LOST)
		audit_note(d, AUDIT_ROOST,
			end == VAULT_LOST ? "account.suspect" : "account.lost",
			whom_of("account", a->name), "%s", words);
	tell(d, a, words);
	turn_orders(d);
}

void renew_ended(void *ctx, struct vault_account *a, enum vault_end end, const char *words)
{
	struct dispatcher *d = ctx;

	(void)FAILPOINT(FAIL_REFRESHED);
	d->renewing--;
	if (end != VAULT_RENEWED) {
		note_failure(d, a, end, words);
		return;
	}
	if (d->renewed_count == COUNT_OF(d->renewed))
		renew_keep(d);
	d->renewed[d->renewed_count++] = a;
}

void renew_keep(struct dispatcher *d)
{
	bool alone = !d->writing;

	if (d->renewed_count == 0)
		return;
	for (uint32_t i = 0; i < d->renewed_count; i++)
		accounts_keep_only(d, d->renewed[i]);
	if (alone)
		turn_keep(d);
	if (alone && !d->failed)
		renew_committed(d);
	for (uint32_t i = 0; i < d->renewed_count; i++)
		tell(d, d->renewed[i], "");
	d->renewed_count = 0;
	turn_orders(d);
}

usec_t renew_again(struct dispatcher *d)
{
	usec_t first = USEC_NEVER;
	struct vault_account *a;

	begin_waiting(d);
	if (!d->renew_again)
		return first;
	for (uint32_t i = 0; (a = vault_account_at(d->vault, i)); i++) {
		if (a->again_at == 0)
			continue;
		if (a->again_at <= d->now.mono) {
			a->again_at = 0;
			accounts_changed(d, a);
		} else if (a->again_at < first) {
			first = a->again_at;
		}
	}
	d->renew_again = first != USEC_NEVER;
	return first;
}
