/*
 * bar.h - where blocked lanes wait
 */
#ifndef ROOST_DISPATCHER_CORE_PLACE_BAR_H
#define ROOST_DISPATCHER_CORE_PLACE_BAR_H

#include "common/base/list.h"
#include "dispatcher/core/core.h"

struct lane;

/* What lanes wait for. A reference is the kind and a slot: BAR_REF(). */
enum bar_kind { BAR_WINDOW, BAR_GRANT, BAR_ORDER, BAR_APP, BAR_PACE, BAR_BUDGET };

#define BAR_SLOT            ((1u << 29) - 1)
#define BAR_REF(kind, slot) (((uint32_t)(kind) << 29) | (slot))
#define BAR_KIND(ref)       ((enum bar_kind)((ref) >> 29))

struct bar {
	struct list lanes;
	usec_t until;     /* wall: when to wake some; USEC_NEVER: an event will */
	uint32_t at;      /* in the heap of bars, or HEAP_NONE */
	uint32_t pending; /* woken, and not tried yet */
};

void bar_init(struct bar *b);
struct bar *bar_of(const struct core *c, uint32_t ref);
void bar_join(struct core *c, uint32_t ref, struct lane *l, usec_t until);
void bar_leave(struct core *c, struct lane *l);
void bar_tried(struct core *c, uint32_t ref); /* one that it woke was tried */
void bar_stir(struct core *c, uint32_t ref);  /* what it stands for changed */
MUST_USE bool bars_reserve(struct core *c);   /* room for one more thing's bars */
usec_t bars_first(const struct core *c);
void bars_wake(struct core *c, struct now now); /* the first one is due */
void bars_open(struct core *c, struct now now); /* all that were stirred: they go first */
void bars_mend(struct core *c);                 /* the wall clock stepped back */

#endif
