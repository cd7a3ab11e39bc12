#include "tests/xsim/xsim.h"

#include <stdio.h>

#include "tests/xsim/routes.h"
#include "tests/xsim/world/demo.h"

enum err xsim_init(struct xsim *x, const struct xsim_options *o, struct errmsg *m)
{
	*x = (struct xsim){.o = *o, .faults.rng = {(uint64_t)o->seed ^ 0x6661756c74}};
	world_init(&x->world, (uint64_t)o->seed);
	mail_init(&x->mail, &x->world);
	shelves_init(&x->shelves);
	films_init(&x->films, &x->world, o->media_life, o->media_takes);
	oauth_init(&x->oauth, (uint64_t)o->seed, o->strict, o->token_life, o->code_life);
	enum err e = ledger_open(&x->ledger, o->ledger, m);
	if (!e)
		e = windows_init(&x->windows, o->scale, m);
	if (!e)
		demo_build(x, clock_system.read(clock_system.ctx).wall);
	return e;
}

void xsim_done(struct xsim *x)
{
	windows_done(&x->windows);
	ledger_done(&x->ledger);
	oauth_done(&x->oauth);
	shelves_done(&x->shelves);
	films_done(&x->films);
	mail_done(&x->mail);
	world_done(&x->world);
}

void xsim_handle(void *xsim, const struct httpd_request *r, struct httpd_answer *a)
{
	struct xsim *x = xsim;

	if (str_has_prefix(r->path, "/_xsim/"))
		admin_handle(x, r, a);
	else if (!oauth_handle(x, r, a))
		api_handle(x, r, a);
}

enum httpd_wire xsim_peek(void *xsim, const struct httpd_request *r, struct httpd_answer *a)
{
	struct xsim *x = xsim;
	struct str params[ROUTE_PARAMS_MAX];
	bool known;

	if (!faults_wait(&x->faults, FAULT_AT_HEAD) || str_has_prefix(r->path, "/_xsim/"))
		return HTTPD_WHOLE;
	const struct route *route = route_find(r->method, r->path, params, &known);
	size_t number = route ? (size_t)(route - routes) : route_count + oauth_call(r);
	const struct fault *fault = faults_strike(&x->faults, FAULT_AT_HEAD, number, r->nth);
	if (!fault)
		return HTTPD_WHOLE;
	if (number < STATS_ROUTES_MAX)
		x->stats.seen[number]++;
	fault_apply(fault, a);
	return a->wire;
}

bool xsim_admit(void *xsim)
{
	struct xsim *x = xsim;

	return !faults_strike(&x->faults, FAULT_AT_CONNECT, ROUTE_ANY, 1);
}
