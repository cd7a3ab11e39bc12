/*
 * pattern.h - the forms a text may be held to
 *
 * Those of X's specification (2.167), each as a function: they are few, and
 * none needs a machine for regular expressions.
 */
#ifndef ROOST_COMMON_XAPI_VALUE_PATTERN_H
#define ROOST_COMMON_XAPI_VALUE_PATTERN_H

#include "common/base/text.h"

enum text_pattern {
	PATTERN_ANY, /* no form */
#define X(pattern, expression, matches, words) pattern,
#include "common/xapi/value/pattern.def"
#undef X
	PATTERN_COUNT,
};

/* Whether a text has that form. Everything has PATTERN_ANY. */
bool pattern_matches(enum text_pattern p, struct str s);

/* What it must be, for people: "1 to 19 digits". Static storage; "" for PATTERN_ANY. */
const char *pattern_words(enum text_pattern p);

/* The regular expression of the specification. Static storage; "" for PATTERN_ANY. */
const char *pattern_expression(enum text_pattern p);

#endif
