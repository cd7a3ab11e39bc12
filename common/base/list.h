/*
 * list.h - a ring of nodes that live inside what they link
 *
 * An empty list, or a node in no list, points at itself.
 */
#ifndef ROOST_COMMON_BASE_LIST_H
#define ROOST_COMMON_BASE_LIST_H

#include "common/base/base.h"

struct list {
	struct list *prev, *next;
};

/* The thing of `type` whose `member` is at `node`. */
#define LIST_ITEM(node, type, member) ((type *)(void *)((char *)(node)-offsetof(type, member)))

static inline void list_init(struct list *l)
{
	l->prev = l;
	l->next = l;
}

static inline bool list_is_empty(const struct list *l)
{
	return l->next == l;
}

/* Puts node last in l. */
static inline void list_append(struct list *l, struct list *node)
{
	node->prev = l->prev;
	node->next = l;
	l->prev->next = node;
	l->prev = node;
}

/* Takes node out of whatever list it is in; afterwards it is in none. */
static inline void list_remove(struct list *node)
{
	node->prev->next = node->next;
	node->next->prev = node->prev;
	list_init(node);
}

/* Takes the first node out and returns it; NULL when l is empty. */
static inline struct list *list_pop(struct list *l)
{
	struct list *node = l->next;

	if (node == l)
		return NULL;
	list_remove(node);
	return node;
}

#endif
