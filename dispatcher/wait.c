#include "dispatcher/wait.h"

#include <string.h>

#include "common/base/mem.h"

struct wait *wait_new(
	struct dispatcher *d, struct list *in, const struct request *r, uint32_t agent)
{
	struct wait *w = r->seq.len <= sizeof(w->seq) ? mem_alloc(sizeof(*w)) : NULL;

	if (!w)
		return NULL;
	*w = (struct wait){
		.d = d, .z = r->z, .peer = r->peer, .agent = agent, .seq_len = r->seq.len};
	if (r->seq.len)
		memcpy(w->seq, r->seq.at, r->seq.len);
	list_append(in, &w->node);
	return w;
}

void wait_free(struct wait *w)
{
	if (!w)
		return;
	list_remove(&w->node);
	mem_free(w);
}

struct request wait_request(const struct wait *w)
{
	return (struct request){.z = w->z,
		.peer = w->peer,
		.key = "",
		.admin = true,
		.seq = {(const char *)w->seq, w->seq_len}};
}

void wait_fail_all(struct dispatcher *d, struct list *in, const char *words)
{
	struct errmsg m;

	err_say(&m, ERR_UNAVAILABLE, "%s", words);
	while (!list_is_empty(in)) {
		struct wait *w = LIST_ITEM(in->next, struct wait, node);
		struct request r = wait_request(w);

		answer_error(d->outbox, &r, ERR_UNAVAILABLE, &m);
		wait_free(w);
	}
}
