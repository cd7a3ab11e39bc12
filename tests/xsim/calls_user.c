#include "tests/xsim/call.h"
#include "tests/xsim/calls.h"
#include "tests/xsim/render.h"

void get_me(struct call *c)
{
	answer_data(c, 200,
		render_user(&c->x->world, c->user,
			c->query.count ? params_get(&c->query, "user.fields")
				       : (struct str){NULL, 0}));
}
