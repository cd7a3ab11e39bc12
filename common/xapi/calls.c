#include "common/xapi/calls.h"

#include <stdio.h>
#include <string.h>

static const char *const scopes[] = {
#define X(scope, text) [scope] = (text),
#include "common/xapi/scopes.def"
#undef X
};

static const struct call_info calls[CALL_COUNT] = {
#define X(call, operation, method, path, self, scopes, flags, settle, x_id, price) \
	[call] = {operation, method, path, self, scopes, flags, settle, x_id, price},
#include "common/xapi/calls.def"
#undef X
};

char *scopes_write(scope_set set, char *out, size_t cap)
{
	size_t len = 0;

	ASSERT(cap > 0);
	out[0] = 0;
	for (size_t i = 0; i < COUNT_OF(scopes); i++) {
		size_t n = strlen(scopes[i]) + (len > 0);

		if (!(set & (1u << i)) || n >= cap - len)
			continue;
		(void)snprintf(out + len, cap - len, "%s%s", len > 0 ? " " : "", scopes[i]);
		len += n;
	}
	return out;
}

static scope_set scope_of(struct str word)
{
	for (size_t i = 0; i < COUNT_OF(scopes); i++)
		if (str_is(word, scopes[i]))
			return 1u << i;
	return 0;
}

scope_set scopes_read(struct str text)
{
	scope_set set = 0;
	size_t from = 0;

	for (size_t i = 0; i <= text.len; i++) {
		if (i < text.len && text.at[i] != ' ')
			continue;
		if (i > from)
			set |= scope_of((struct str){text.at + from, i - from});
		from = i + 1;
	}
	return set;
}

const struct call_info *call_info(enum call c)
{
	ASSERT((size_t)c < CALL_COUNT);
	return &calls[c];
}

bool call_has_effect(enum call c)
{
	return call_info(c)->flags & CALL_EFFECT;
}

bool call_is_repeatable(enum call c)
{
	return call_info(c)->flags & CALL_REPEATABLE;
}
