#include "common/xapi/outcome.h"

static const char *const classes[] = {
#define X(class, name) [class] = (name),
	OUTCOME_CLASSES(X)
#undef X
};

static const struct {
	const char *name;
	enum outcome_then then;
	const char *text;
} causes[] = {
#define X(cause, name, then, text) [cause] = {name, then, text},
	OUTCOME_CAUSES(X)
#undef X
};

const char *outcome_class_name(enum outcome_class c)
{
	ASSERT((size_t)c < COUNT_OF(classes));
	return classes[c];
}

bool outcome_class_parse(struct str name, enum outcome_class *ret)
{
	for (size_t i = 0; i < COUNT_OF(classes); i++) {
		if (str_is(name, classes[i])) {
			*ret = (enum outcome_class)i;
			return true;
		}
	}
	return false;
}

const char *outcome_cause_name(enum outcome_cause c)
{
	ASSERT((size_t)c < COUNT_OF(causes));
	return causes[c].name;
}

bool outcome_cause_parse(struct str name, enum outcome_cause *ret)
{
	for (size_t i = 0; i < COUNT_OF(causes); i++) {
		if (str_is(name, causes[i].name)) {
			*ret = (enum outcome_cause)i;
			return true;
		}
	}
	return false;
}

enum outcome_then outcome_cause_then(enum outcome_cause c)
{
	ASSERT((size_t)c < COUNT_OF(causes));
	return causes[c].then;
}

const char *outcome_cause_text(enum outcome_cause c)
{
	ASSERT((size_t)c < COUNT_OF(causes));
	return causes[c].text;
}
