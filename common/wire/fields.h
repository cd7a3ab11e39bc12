/*
 * fields.h - maps with known keys, as tables
 *
 * A table of fields says which keys a map may have, of which type and within
 * which bounds, and where each goes in a C struct. One function reads a map by
 * its table: an unknown key, a missing one, a wrong type and a value out of
 * range each become a sentence that names the field. The same tables make the
 * documents.
 */
#ifndef ROOST_COMMON_WIRE_FIELDS_H
#define ROOST_COMMON_WIRE_FIELDS_H

#include "common/base/clock.h"
#include "common/wire/value.h"

/* Each with what it leaves in the struct; bounds are a row's min and max. */
enum field_type {
	FIELD_BOOL,  /* bool */
	FIELD_INT,   /* int64_t, within the bounds */
	FIELD_TEXT,  /* struct str, so many bytes of UTF-8 */
	FIELD_NAME,  /* struct str, text_is_name(), at most max bytes */
	FIELD_BYTES, /* struct str, so many bytes of BIN */
	FIELD_TIME,  /* usec_t wall; comes as Unix milliseconds, or RFC 3339 text; bounds in ms
		      */
	FIELD_MAP,   /* const struct wire_value *, a map of any size */
	FIELD_ARRAY, /* const struct wire_value *, an array of so many values */
	FIELD_TEXTS, /* const struct wire_value *, an array of so many texts */
	FIELD_ANY,   /* const struct wire_value *, nil too */
	FIELD_ENUM,  /* uint8_t: index of the text in the NULL-terminated `words` */
};

struct field {
	const char *key;
	enum field_type type;
	bool required;
	uint16_t at; /* offsetof in the struct; what is absent is left as it was */
	int64_t min, max;
	const char *const *words; /* of a FIELD_ENUM */
	const char *help;         /* for the documents */
};

/* What to do with keys that are not in the table. */
struct fields_rule {
	const char *const *pass; /* keys that belong to somebody else: passed over */
	size_t pass_count;
	bool ignore_unknown; /* pass over all others too */
};

/*
 * Reads `map` into `out` by a table of `count` fields. ERR_INVALID with words and the field's
 * name (err_at); `out` may be half filled then. A key whose value is nil counts as not given,
 * but for FIELD_ANY. Values are lent by the message. fields_read() allows no key that is not in
 * the table.
 */
MUST_USE enum err fields_read(const struct wire_value *map, const struct field *table,
	size_t count, void *out, struct errmsg *m);
MUST_USE enum err fields_read_by(const struct wire_value *map, const struct field *table,
	size_t count, const struct fields_rule *rule, void *out, struct errmsg *m);

#endif
