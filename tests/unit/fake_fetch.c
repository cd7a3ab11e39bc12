#include "tests/unit/fake_fetch.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static void finish(struct fetch *f, size_t i, struct fetch_answer a)
{
	struct fake_request *r = &f->requests[i];
	fetch_done *done = r->done;

	ASSERT(i < f->count && done);
	r->done = NULL;
	if (r->may_send && !r->may_send(r->ctx))
		a = (struct fetch_answer){.end = FETCH_UNSENT};
	a.words = "";
	done(r->ctx, &a);
}

void fake_answer(struct fetch *f, size_t i, int status, const char *body)
{
	finish(f, i,
		(struct fetch_answer){
			.end = FETCH_ANSWERED, .status = status, .body = str_of(body)});
}

void fake_end(struct fetch *f, size_t i, enum fetch_end end)
{
	finish(f, i, (struct fetch_answer){.end = end});
}

enum err fetch_start(
	struct fetch *f, const struct fetch_request *r, fetch_done *done, void *ctx)
{
	static const char bearer[] = "Authorization: Bearer ",
			  oauth[] = "Authorization: OAuth ";

	if (f->full)
		return ERR_UNAVAILABLE;
	ASSERT(f->count < FAKE_MAX);
	struct fake_request *to = &f->requests[f->count++];
	*to = (struct fake_request){.effect = r->effect,
		.timeout = r->timeout,
		.may_send = r->may_send,
		.done = done,
		.ctx = ctx};
	(void)snprintf(to->method, sizeof(to->method), "%s", r->method);
	(void)snprintf(to->url, sizeof(to->url), "%s", r->url);
	(void)snprintf(to->body, sizeof(to->body), "%.*s", STR_ARG(r->body));
	for (size_t i = 0; r->headers[i]; i++)
		if (strncmp(r->headers[i], bearer, sizeof(bearer) - 1) == 0)
			(void)snprintf(to->bearer, sizeof(to->bearer), "%s",
				r->headers[i] + sizeof(bearer) - 1);
		else if (strncmp(r->headers[i], oauth, sizeof(oauth) - 1) == 0)
			(void)snprintf(to->oauth, sizeof(to->oauth), "%s",
				r->headers[i] + sizeof(oauth) - 1);
	return ERR_OK;
}

struct str fetch_header(const struct fetch_answer *a, const char *name)
{
	for (size_t i = 0; i < a->header_count; i++)
		if (a->headers[i].name.len == strlen(name) &&
			strncasecmp(a->headers[i].name.at, name, strlen(name)) == 0)
			return a->headers[i].value;
	return (struct str){0};
}
