/*
 * settings.h - settings of apps, accounts and agents (common/conf/owner.h), at run time
 *
 * All that are set are held in memory, by owner and key: a look costs one probe
 * of a map. The store keeps them as text. Operators change them with app_set,
 * account_set and agent_set; what the core has to know of them is told with the
 * fact about their owner.
 */
#ifndef ROOST_DISPATCHER_REQUESTS_SETTINGS_H
#define ROOST_DISPATCHER_REQUESTS_SETTINGS_H

#include "common/conf/owner.h"
#include "dispatcher/state.h"

/* Holds nothing yet. */
MUST_USE struct settings *settings_new(void);
void settings_free(struct settings *s);

/* Those that are stored, in the place of all that were held. */
MUST_USE enum err settings_load(struct dispatcher *d, struct errmsg *m);

/* Whether an operator set it; `owner`: the store's number. */
bool settings_has(const struct dispatcher *d, enum owner_key key, uint32_t owner);

/* What owner_read() made of it, or of its default. */
int64_t settings_number(const struct dispatcher *d, enum owner_key key, uint32_t owner);

/* The text, or its default; lent until the setting changes. */
struct str settings_text(const struct dispatcher *d, enum owner_key key, uint32_t owner);

/* Writes a map of those that are set: one value. */
void settings_put(
	const struct dispatcher *d, enum owner_kind kind, uint32_t owner, struct buf *out);

/* Forgets all that are set, with the turn: their owner is removed. */
void settings_forget(struct dispatcher *d, enum owner_kind kind, uint32_t owner);

/* Requests of administrators. */
void settings_app_set(struct dispatcher *d, const struct request *r, uint32_t agent);
void settings_account_set(struct dispatcher *d, const struct request *r, uint32_t agent);
void settings_agent_set(struct dispatcher *d, const struct request *r, uint32_t agent);
void settings_agent_list(struct dispatcher *d, const struct request *r, uint32_t agent);

#endif
