#include <stdio.h>

#include "tests/xsim/call.h"
#include "tests/xsim/calls.h"
#include "tests/xsim/render.h"

void create_post(struct call *c)
{
	struct world *w = &c->x->world;
	const char *text = json_string_value(json_object_get(c->body, "text"));

	if (!text || !text[0]) {
		answer_invalid(c, NULL, c->r->body, "$.text: is missing but it is required");
		return;
	}
	struct post_facts f = {.author = c->user,
		.reply_to = NOBODY,
		.quotes = NOBODY,
		.reposts = NOBODY,
		.text = str_of(text)};
	uint32_t slot = world_add_post(w, &f, c->r->now.wall);
	if (slot == NOBODY) {
		answer_fixture(c, "503-service-unavailable");
		return;
	}
	call_effect(c, "post", world_post(w, slot)->id, text, NULL);
	answer_data(c, 201, render_created(w, slot));
}
