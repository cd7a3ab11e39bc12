#include "tests/xsim/xsim.h"

#include <stdio.h>

#include "common/net/httpd.h"
#include "tests/xsim/demo.h"

enum err xsim_init(struct xsim *x, const struct xsim_options *o, struct errmsg *m)
{
	*x = (struct xsim){.o = *o};
	world_init(&x->world, (uint64_t)o->seed);
	mail_init(&x->mail, &x->world);
	oauth_init(&x->oauth, (uint64_t)o->seed, o->strict, o->token_life);
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
