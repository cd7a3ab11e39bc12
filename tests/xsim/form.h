/*
 * form.h - a body of multipart/form-data (RFC 7578)
 */
#ifndef ROOST_TESTS_XSIM_FORM_H
#define ROOST_TESTS_XSIM_FORM_H

#include "common/base/text.h"

#define FORM_FIELDS_MAX 8

struct form {
	struct {
		struct str name, value; /* lent by the body */
	} fields[FORM_FIELDS_MAX];
	size_t count;
};

/* Whether the content type is multipart/form-data. */
bool form_is(struct str content_type);

/* Reads a body by its content type. False: it is none. */
bool form_read(struct form *f, struct str content_type, struct str body);

/* A field's value; {NULL, 0} when it is absent. */
struct str form_get(const struct form *f, const char *name);

#endif
