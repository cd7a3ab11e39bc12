#include "common/base/near.h"

#include <string.h>

static char lower(char c)
{
	return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

static bool is_same(struct str a, const char *b)
{
	if (a.len != strlen(b))
		return false;
	for (size_t i = 0; i < a.len; i++)
		if (lower(a.at[i]) != lower(b[i]))
			return false;
	return true;
}

static size_t least(size_t a, size_t b, size_t c)
{
	size_t ab = a < b ? a : b;

	return ab < c ? ab : c;
}

/* Letters changed, left out, put in or swapped with their neighbour, from a to b. */
static size_t distance(struct str a, struct str b)
{
	size_t rows[3][NEAR_NAME_MAX + 1];
	size_t *before = rows[0], *last = rows[1], *row = rows[2];

	for (size_t j = 0; j <= b.len; j++)
		last[j] = j;
	for (size_t i = 1; i <= a.len; i++) {
		row[0] = i;
		for (size_t j = 1; j <= b.len; j++) {
			char x = lower(a.at[i - 1]), y = lower(b.at[j - 1]);

			row[j] = least(last[j] + 1, row[j - 1] + 1, last[j - 1] + (x != y));
			bool swapped = i > 1 && j > 1 && x == lower(b.at[j - 2]) &&
				       y == lower(a.at[i - 2]);
			if (swapped && before[j - 2] + 1 < row[j])
				row[j] = before[j - 2] + 1;
		}
		size_t *spare = before;
		before = last;
		last = row;
		row = spare;
	}
	return last[b.len];
}

static bool is_there(const char *name, near_name *names, const void *ctx)
{
	const char *n;

	for (size_t i = 0; (n = names(ctx, i)) != NULL; i++)
		if (strcmp(n, name) == 0)
			return true;
	return false;
}

const char *near_find(
	struct str wrong, near_name *names, const void *ctx, const struct near_alias *aliases)
{
	if (wrong.len == 0 || wrong.len > NEAR_NAME_MAX)
		return NULL;
	for (const struct near_alias *a = aliases; a->wrong; a++)
		if (is_same(wrong, a->wrong) && is_there(a->right, names, ctx))
			return a->right;

	const char *nearest = NULL, *name;
	size_t best = wrong.len / 3 + 1;
	for (size_t i = 0; (name = names(ctx, i)) != NULL; i++) {
		size_t d = strlen(name) > NEAR_NAME_MAX ? best : distance(wrong, str_of(name));

		if (d < best) {
			best = d;
			nearest = name;
		}
	}
	return nearest;
}
