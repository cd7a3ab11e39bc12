#include "common/wire/keys.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

#define SCANNED 16 /* a map of more pairs is sorted when it ends */

void keys_init(struct keys *k)
{
	k->items = k->at_hand;
	k->count = 0;
	k->size = KEYS_AT_HAND;
}

void keys_done(struct keys *k)
{
	if (k->items != k->at_hand)
		mem_free(k->items);
}

static uint64_t mix_of(struct str s)
{
	uint64_t first = 0;
	uint64_t last = 0;

	memcpy(&first, s.at, s.len < 8 ? s.len : 8);
	if (s.len > 8)
		memcpy(&last, s.at + s.len - 8, 8);
	return (first ^ s.len) * 0x9e3779b97f4a7c15u + last * 0xc2b2ae3d27d4eb4fu;
}

/* An order in which equal keys are neighbours. */
static int compare(const void *left, const void *right)
{
	const struct key *a = left;
	const struct key *b = right;

	if (a->mix != b->mix)
		return a->mix < b->mix ? -1 : 1;
	if (a->text.len != b->text.len)
		return a->text.len < b->text.len ? -1 : 1;
	return memcmp(a->text.at, b->text.at, a->text.len);
}

static bool grow(struct keys *k)
{
	bool owned = k->items != k->at_hand;
	uint32_t size = k->size * 2;
	struct key *items = mem_grow(owned ? k->items : NULL, size * sizeof(*items));

	if (!items)
		return false;
	if (!owned)
		memcpy(items, k->at_hand, sizeof(k->at_hand));
	k->items = items;
	k->size = size;
	return true;
}

enum err keys_add(
	struct keys *k, uint32_t first, uint32_t pairs, struct str text, bool *ret_known)
{
	if (k->count == k->size && !grow(k))
		return ERR_NOMEM;

	struct key *key = &k->items[k->count];
	*key = (struct key){.mix = mix_of(text), .text = text};
	*ret_known = false;
	if (pairs <= SCANNED)
		for (const struct key *other = &k->items[first]; other < key; other++)
			*ret_known |= other->mix == key->mix && str_equal(other->text, text);
	k->count++;
	return ERR_OK;
}

struct str keys_end(struct keys *k, uint32_t first, uint32_t pairs)
{
	struct key *own = &k->items[first];
	uint32_t count = k->count - first;

	k->count = first;
	if (pairs <= SCANNED)
		return (struct str){0};
	qsort(own, count, sizeof(*own), compare);
	for (uint32_t i = 1; i < count; i++)
		if (compare(&own[i - 1], &own[i]) == 0)
			return own[i].text;
	return (struct str){0};
}
