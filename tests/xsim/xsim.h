/*
 * xsim.h - the simulator of X as a whole
 *
 * An independent judge: it has its own table of calls and its own rules, made
 * from X's specification, X's tables and captured answers, and shares no logic
 * with roost. What passes here should pass at X; docs/xsim.md says where it
 * had to choose.
 */
#ifndef ROOST_TESTS_XSIM_XSIM_H
#define ROOST_TESTS_XSIM_XSIM_H

#include "tests/xsim/faults.h"
#include "tests/xsim/ledger.h"
#include "tests/xsim/oauth/oauth.h"
#include "tests/xsim/stats.h"
#include "tests/xsim/windows.h"
#include "tests/xsim/world/film.h"
#include "tests/xsim/world/mail.h"
#include "tests/xsim/world/shelf.h"
#include "tests/xsim/world/world.h"

struct xsim_options {
	int64_t port_number; /* 0: the system chooses */
	bool tls;
	const char *cert_file, *key_file, *tls_dir;
	int64_t accounts;
	bool enterprise; /* the plan */
	double scale;
	usec_t token_life, code_life;
	bool strict;
	const char *ledger; /* path, or NULL */
	int64_t seed;
	usec_t latency;
	usec_t media_life, media_takes;
};

struct xsim {
	struct xsim_options o;
	struct world world;
	struct mail mail;
	struct films films;
	struct shelves shelves;
	struct oauth oauth;
	struct windows windows;
	struct ledger ledger;
	struct stats stats;
	struct faults faults;
};

/* Builds the world of these options. It must not be moved afterwards. */
MUST_USE enum err xsim_init(struct xsim *x, const struct xsim_options *o, struct errmsg *m);
void xsim_done(struct xsim *x);

/* Answers any request: the API's, OAuth's, or an admin's. */
void xsim_handle(void *xsim, const struct httpd_request *r, struct httpd_answer *a);

/* Says how a request shall go wrong when only its head has been read, and a connection before
 * anything has: httpd_peek and httpd_admit. */
enum httpd_wire xsim_peek(void *xsim, const struct httpd_request *r, struct httpd_answer *a);
bool xsim_admit(void *xsim);

/* The three kinds of them. */
void api_handle(struct xsim *x, const struct httpd_request *r, struct httpd_answer *a);
bool oauth_handle(struct xsim *x, const struct httpd_request *r, struct httpd_answer *a);
void admin_handle(struct xsim *x, const struct httpd_request *r, struct httpd_answer *a);

/* Which of OAuth's own calls a request is, as enum stats_extra; STATS_EXTRAS: none. */
enum stats_extra oauth_call(const struct httpd_request *r);

/* Reads the fixtures and body schemas built into the program. Stops it when one is broken. */
void answers_load(void);
void answers_unload(void);

/* A fixture as compact text and its status; {NULL, 0} when there is no such name. */
struct str fixture(const char *name, int *ret_status);

#endif
