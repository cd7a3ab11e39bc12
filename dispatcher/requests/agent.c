#include "dispatcher/requests/agent.h"

#include <string.h>

#include "common/base/mem.h"

/* Makes room for `number` in the table and for `id` in the index by id. */
static bool has_room(struct dispatcher *d, uint32_t number, uint32_t id)
{
	if (number >= d->agent_size) {
		uint32_t size = d->agent_size ? d->agent_size * 2 : 16;
		struct agent *table = mem_grow(d->agent_table, size * sizeof(*table));

		if (!table)
			return false;
		memset(table + d->agent_size, 0, (size - d->agent_size) * sizeof(*table));
		d->agent_table = table;
		d->agent_size = size;
	}
	if (id >= d->agent_by_id_size) {
		uint32_t size = id * 2 + 16;
		uint32_t *by_id = mem_grow(d->agent_by_id, size * sizeof(*by_id));

		if (!by_id)
			return false;
		d->agent_by_id = by_id;
		d->agent_by_id_size = size;
	}
	return true;
}

static enum err know(struct dispatcher *d, struct str name, uint32_t id, uint32_t *ret)
{
	enum err e = names_know(&d->agent_names, name, ret);
	if (e)
		return e;
	if (!has_room(d, *ret, id))
		return ERR_NOMEM;
	d->agent_table[*ret].id = id;
	d->agent_by_id[id] = *ret;
	return ERR_OK;
}

struct loading {
	struct dispatcher *d;
	enum err err;
};

static void load_one(void *ctx, const struct agent_row *row)
{
	struct loading *l = ctx;
	uint32_t number;

	if (!l->err)
		l->err = know(l->d, row->name, row->id, &number);
}

enum err agent_load(struct dispatcher *d)
{
	struct loading l = {.d = d};

	enum err e = store_each_agent(d->store, load_one, &l);
	return e ? e : l.err;
}

enum err agent_know(struct dispatcher *d, struct str name, uint32_t *ret, struct errmsg *m)
{
	uint32_t number = names_find(&d->agent_names, name);
	uint32_t id;

	if (number != NAMES_NONE) {
		*ret = number;
		return ERR_OK;
	}
	if (d->agent_names.count == AGENTS_MAX)
		return err_say(m, ERR_QUOTA,
			"there are %d agents already; use one of their names", AGENTS_MAX);
	if (!turn_write(d) || turn_fail(d, store_put_agent(d->store, name, &id), NULL) ||
		know(d, name, id, ret))
		return err_say(m, ERR_UNAVAILABLE,
			"a new agent cannot be kept at this moment; try again");
	return ERR_OK;
}

void agent_done(struct dispatcher *d)
{
	names_done(&d->agent_names);
	mem_free(d->agent_table);
	mem_free(d->agent_by_id);
}
