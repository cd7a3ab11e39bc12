/*
 * routes.h - which calls there are: routes.def, then the rest of the specification
 */
#ifndef ROOST_TESTS_XSIM_ROUTES_H
#define ROOST_TESTS_XSIM_ROUTES_H

#include <jansson.h>

#include "common/base/text.h"

#define ROUTE_PARAMS_MAX 2 /* {…} in a path */

struct call;

enum route_flag {
	ROUTE_APP_OK = 1,     /* an app-only token will do */
	ROUTE_SELF = 2,       /* the first {…} must be the token's user */
	ROUTE_ENTERPRISE = 4, /* not part of the plan payg */
	ROUTE_TEXT_ID = 8,    /* the first {…} need not be a number */
};

struct route {
	const char *name;
	const char *method;
	const char *path;
	const char *scopes; /* separated by blanks */
	unsigned flags;
	const char *body;   /* schema in bodies.json, or "" */
	const char *params; /* of the query; separated by blanks */
	void (*handle)(struct call *c);
	const json_t *operation; /* its row of operations.json */
	const json_t *spec;      /* the same, when it is not in routes.def; else NULL */
};

extern struct route *routes;
extern size_t route_count;

/* Makes the table. Stops the program when operations.json is broken. */
void routes_load(void);
void routes_unload(void);

/*
 * Finds the route of a request; NULL when there is none. *ret_known says whether the path is
 * known with another method. Fills in what the path has for {…}.
 */
const struct route *route_find(
	struct str method, struct str path, struct str *params, bool *ret_known);

/* The route of this name, or route_count. */
size_t route_by_name(struct str name);

#endif
