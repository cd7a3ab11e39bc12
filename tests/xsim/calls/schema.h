/*
 * schema.h - request bodies held against the specification
 *
 * bodies.json has, word for word, the body schemas of X's OpenAPI file 2.167;
 * this reads the part of JSON Schema that they use: type, required,
 * properties, additionalProperties, pattern, enum, minimum,
 * maximum, minLength, maxLength, minItems, maxItems, items, anyOf required.
 */
#ifndef ROOST_TESTS_XSIM_CALLS_SCHEMA_H
#define ROOST_TESTS_XSIM_CALLS_SCHEMA_H

#include <jansson.h>

#include "common/base/base.h"

/* Whether body is what the schema of that name wants; if not, words say what is wrong as X
 * does. */
bool schema_check(const char *name, const json_t *body, char *words, size_t cap);

/* The same for any schema and any value. */
bool schema_check_json(const json_t *schema, const json_t *v, char *words, size_t cap);

void schema_load(void);
void schema_unload(void);

#endif
