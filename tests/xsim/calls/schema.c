#include "tests/xsim/calls/schema.h"

#include <regex.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/base/text.h"
#include "tests/xsim/embed.h"
#include "tests/xsim/need.h"

#define HAS_LINK                                                                    \
	"^(?=[\\s\\S]*https?://" /* how the pattern begins that POSIX does not know \
				  */
#define DEPTH_MAX 12
#define PATH_LEN  256

static json_t *schemas;

/* Where in the body we are, and where to say what is wrong. */
struct place {
	char path[PATH_LEN]; /* "$.reply" */
	char *words;
	size_t cap;
	int depth;
};

void schema_load(void)
{
	for (size_t i = 0; i < embedded_count; i++)
		if (strcmp(embedded[i].name, "bodies.json") == 0)
			schemas = json_loadb(
				(const char *)embedded[i].data, embedded[i].len, 0, NULL);
	ASSERT(schemas);
}

void schema_unload(void)
{
	json_decref(schemas);
	schemas = NULL;
}

static bool PRINTF(2, 3) wrong(struct place *at, const char *fmt, ...)
{
	va_list args;
	int n = snprintf(at->words, at->cap, "%s", at->path);

	va_start(args, fmt);
	if (n > 0 && (size_t)n < at->cap)
		vsnprintf(at->words + n, at->cap - (size_t)n, fmt, args);
	va_end(args);
	return false;
}

static const char *type_of(const json_t *v)
{
	static const char *const names[] = {
		[JSON_OBJECT] = "object",
		[JSON_ARRAY] = "array",
		[JSON_STRING] = "string",
		[JSON_INTEGER] = "integer",
		[JSON_REAL] = "number",
		[JSON_TRUE] = "boolean",
		[JSON_FALSE] = "boolean",
		[JSON_NULL] = "null",
	};

	return names[json_typeof(v)];
}

/* A number of the schema, or `otherwise`. */
static json_int_t number(const json_t *schema, const char *key, json_int_t otherwise)
{
	const json_t *j = json_object_get(schema, key);

	return j ? json_integer_value(j) : otherwise;
}

/* Code points of a text that jansson has found well-formed. */
static json_int_t length_of(const json_t *text)
{
	const char *s = json_string_value(text);
	json_int_t n = 0;

	for (size_t i = 0; i < json_string_length(text); i++)
		n += ((unsigned char)s[i] & 0xc0) != 0x80;
	return n;
}

static bool in_enum(const json_t *allowed, const json_t *v)
{
	for (size_t i = 0; i < json_array_size(allowed); i++)
		if (json_equal(json_array_get(allowed, i), v))
			return true;
	return !allowed;
}

static bool matches(const char *pattern, const char *s)
{
	regex_t machine;

	if (strncmp(pattern, HAS_LINK, strlen(HAS_LINK)) == 0)
		return strstr(s, "http://") || strstr(s, "https://");
	ASSERT(regcomp(&machine, pattern, REG_EXTENDED | REG_NOSUB) == 0);
	bool ret = regexec(&machine, s, 0, NULL, 0) == 0;
	regfree(&machine);
	return ret;
}

static bool check_text(const json_t *schema, const json_t *v, struct place *at)
{
	struct str s = {json_string_value(v), json_string_length(v)};
	const char *pattern = json_string_value(json_object_get(schema, "pattern"));
	json_int_t least = number(schema, "minLength", 0),
		   most = number(schema, "maxLength", INT64_MAX);

	if (pattern && !matches(pattern, s.at))
		return wrong(at, ": does not match the regex pattern %s", pattern);
	if (length_of(v) < least)
		return wrong(at, ": must be at least %lld characters long", (long long)least);
	if (length_of(v) > most)
		return wrong(at, ": may only be %lld characters long", (long long)most);
	return true;
}

static bool check_number(const json_t *schema, const json_t *v, struct place *at)
{
	json_int_t least = number(schema, "minimum", INT64_MIN),
		   most = number(schema, "maximum", INT64_MAX);

	if (json_integer_value(v) < least)
		return wrong(at, ": must have a minimum value of %lld", (long long)least);
	if (json_integer_value(v) > most)
		return wrong(at, ": must have a maximum value of %lld", (long long)most);
	return true;
}

static bool check(const json_t *schema, const json_t *v, struct place *at);

/* Checks what is inside of v, one step deeper in the path. */
static bool PRINTF(4, 5) check_inside(
	const json_t *schema, const json_t *v, struct place *at, const char *fmt, ...)
{
	size_t len = strlen(at->path);
	va_list args;

	va_start(args, fmt);
	vsnprintf(at->path + len, sizeof(at->path) - len, fmt, args);
	va_end(args);
	at->depth++;
	bool ok = at->depth <= DEPTH_MAX && check(schema, v, at);
	at->depth--;
	at->path[len] = '\0';
	return ok;
}

static bool check_array(const json_t *schema, const json_t *v, struct place *at)
{
	json_int_t n = (json_int_t)json_array_size(v);

	if (n < number(schema, "minItems", 0))
		return wrong(at, ": there must be a minimum of %lld items in the array",
			(long long)number(schema, "minItems", 0));
	if (n > number(schema, "maxItems", INT64_MAX))
		return wrong(at, ": there must be a maximum of %lld items in the array",
			(long long)number(schema, "maxItems", 0));
	for (size_t i = 0; i < json_array_size(v); i++)
		if (!check_inside(json_object_get(schema, "items"), json_array_get(v, i), at,
			    "[%zu]", i))
			return false;
	return true;
}

static bool has_all(const json_t *required, const json_t *v, const char **ret_missing)
{
	for (size_t i = 0; i < json_array_size(required); i++) {
		*ret_missing = json_string_value(json_array_get(required, i));
		if (!json_object_get(v, *ret_missing))
			return false;
	}
	return true;
}

static bool check_any_of(const json_t *any, const json_t *v, struct place *at)
{
	const char *missing;

	for (size_t i = 0; i < json_array_size(any); i++)
		if (has_all(json_object_get(json_array_get(any, i), "required"), v, &missing))
			return true;
	return !any || wrong(at, ": should be valid to any of the schemas");
}

static bool check_object(const json_t *schema, const json_t *v, struct place *at)
{
	const json_t *properties = json_object_get(schema, "properties");
	const json_t *closed = json_object_get(schema, "additionalProperties");
	const char *key, *missing = "";
	json_t *member;

	json_object_foreach((json_t *)(uintptr_t)v, key, member)
	{
		const json_t *known = json_object_get(properties, key);
		char shown[64];

		if (!known && !properties && !json_is_false(closed))
			continue; /* a map of which the specification says no more */
		if (!known)
			return wrong(at,
				".%s: is not defined in the schema and the schema does not "
				"allow additional properties",
				text_show(str_of(key), shown, sizeof(shown)));
		if (!check_inside(known, member, at, ".%s", key))
			return false;
	}
	if (!has_all(json_object_get(schema, "required"), v, &missing))
		return wrong(at, ".%s: is missing but it is required", missing);
	return check_any_of(json_object_get(schema, "anyOf"), v, at);
}

static const struct {
	const char *type;
	bool (*check)(const json_t *schema, const json_t *v, struct place *at);
} checks[] = {
	{"string", check_text},
	{"integer", check_number},
	{"array", check_array},
	{"object", check_object},
};

static bool check(const json_t *schema, const json_t *v, struct place *at)
{
	const char *type = json_string_value(json_object_get(schema, "type"));

	if (!type)
		return true; /* bytes: text here, and a file elsewhere */
	if (strcmp(type, type_of(v)) != 0 &&
		(strcmp(type, "number") != 0 || !json_is_number(v)))
		return wrong(at, ": %s found, %s expected", type_of(v), type);
	if (!in_enum(json_object_get(schema, "enum"), v))
		return wrong(at, ": does not have a value in the enumeration");
	for (size_t i = 0; i < COUNT_OF(checks); i++)
		if (strcmp(checks[i].type, type) == 0)
			return checks[i].check(schema, v, at);
	return true;
}

/* NOLINTNEXTLINE(readability-non-const-parameter): wrong() writes there */
bool schema_check(const char *name, const json_t *body, char *words, size_t cap)
{
	struct place at = {.path = "$", .words = words, .cap = cap};

	return check(json_object_get(schemas, name), body, &at);
}

/* NOLINTNEXTLINE(readability-non-const-parameter): written to through the place */
bool schema_check_json(const json_t *schema, const json_t *v, char *words, size_t cap)
{
	struct place at = {.path = "$", .words = words, .cap = cap};

	return check(schema, v, &at);
}
