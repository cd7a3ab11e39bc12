#include "dispatcher/policy/mark.h"

static unsigned char *put(unsigned char *p, uint64_t n, int bytes)
{
	for (int i = 0; i < bytes; i++)
		*p++ = (unsigned char)(n >> 8 * i);
	return p;
}

static uint64_t get(const unsigned char **p, int bytes)
{
	uint64_t n = 0;

	for (int i = 0; i < bytes; i++)
		n |= (uint64_t) * (*p)++ << 8 * i;
	return n;
}

void mark_write(const struct mark *m, unsigned char out[MARK_BYTES])
{
	unsigned char *p = put(out, PRINT_VERSION, 1);

	p = put(p, m->act, 1);
	p = put(p, m->print.len, 2);
	p = put(p, m->print.strict, 8);
	p = put(p, m->print.loose, 8);
	p = put(p, m->print.near[0], 8);
	p = put(p, m->print.near[1], 8);
	(void)put(p, m->target, 8);
}

bool mark_read(struct str bytes, struct mark *ret)
{
	const unsigned char *p = (const unsigned char *)bytes.at;

	if (bytes.len != MARK_BYTES || p[0] != PRINT_VERSION || p[1] >= ACT_COUNT)
		return false;
	p++;
	ret->act = (enum act)get(&p, 1);
	ret->print.len = (uint16_t)get(&p, 2);
	ret->print.strict = get(&p, 8);
	ret->print.loose = get(&p, 8);
	ret->print.near[0] = get(&p, 8);
	ret->print.near[1] = get(&p, 8);
	ret->target = get(&p, 8);
	return true;
}
