#include "dispatcher/edge/answer.h"

void answer_open(struct answer *a, struct outbox *o, const struct request *r, bool ok)
{
	*a = (struct answer){.o = o, .b = outbox_open(o, r->z, &r->peer)};
	outbox_is_answer(o, r->seq);
	a->mark = wire_map_later(a->b);
	if (r->seq.len)
		wire_put_raw(answer_key(a, "seq"), r->seq);
	wire_put_bool(answer_key(a, "ok"), ok);
}

struct buf *answer_key(struct answer *a, const char *key)
{
	wire_put_text(a->b, key);
	a->pairs++;
	return a->b;
}

void answer_int(struct answer *a, const char *key, int64_t v)
{
	wire_put_int(answer_key(a, key), v);
}

void answer_text(struct answer *a, const char *key, const char *v)
{
	wire_put_text(answer_key(a, key), v);
}

void answer_close(struct answer *a)
{
	wire_map_end(a->b, a->mark, a->pairs);
	outbox_close(a->o);
}

void answer_put_error(struct buf *b, enum err e, const struct errmsg *m)
{
	wire_put_map(b, m->field[0] ? 3 : 2);
	wire_pair_text(b, "code", err_wire(e));
	wire_pair_text(b, "message", m->text[0] ? m->text : err_text(e));
	if (m->field[0])
		wire_pair_text(b, "field", m->field);
}

void answer_error(struct outbox *o, const struct request *r, enum err e, const struct errmsg *m)
{
	struct answer a;

	outbox_refused(o, e);
	answer_open(&a, o, r, false);
	answer_put_error(answer_key(&a, "error"), e, m);
	answer_close(&a);
}
