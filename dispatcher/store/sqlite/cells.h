/*
 * cells.h - tables in memory that can take back what was done to them
 *
 * A table is an array of cells; a cell is NULL or one block of memory, a
 * struct with the bytes of its strings behind it. A change puts another block
 * in the place of the old one, which is kept until the change is settled:
 * cells_keep() or cells_undo().
 */
#ifndef ROOST_DISPATCHER_STORE_SQLITE_CELLS_H
#define ROOST_DISPATCHER_STORE_SQLITE_CELLS_H

#include "common/base/text.h"

struct cells {
	void **at;      /* owned, and what it points to */
	uint32_t count; /* cells that there are, used or not */
	uint32_t size;
};

struct change {
	struct cells *cells;
	uint32_t cell;
	void *old;
};

struct changes {
	struct change *list; /* owned */
	uint32_t count, size;
};

/* The block in a cell, or NULL. */
static inline void *cells_at(const struct cells *c, uint64_t cell)
{
	return cell < c->count ? c->at[cell] : NULL;
}

/*
 * Puts a block (taken, also on a failure; NULL: none) in a cell. `c` must stay where it is.
 * ERR_NOMEM.
 */
MUST_USE enum err cells_put(struct changes *log, struct cells *c, uint64_t cell, void *block);

void cells_keep(struct changes *log);
void cells_undo(struct changes *log);

void cells_done(struct cells *c);
void changes_done(struct changes *log); /* nothing is unsettled */

/* Where the strings are in a struct. */
struct strings {
	size_t size; /* of the struct */
	const size_t *offsets;
	size_t count;
};

/* A block with a copy of the struct at `of` and of its strings. NULL when out of memory. */
MUST_USE void *cells_block(const struct strings *shape, const void *of);

#endif
