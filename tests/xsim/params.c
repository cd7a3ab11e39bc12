#include "tests/xsim/params.h"

#include "common/base/buf.h"
#include "common/net/http_head.h"
#include "tests/xsim/need.h"

#define PARAM_CAP ((size_t)64 * 1024)

/* Copies what buf holds behind what p->text has; *at moves on. */
static struct str keep(struct params *p, size_t *at, const struct buf *b)
{
	struct str kept = {p->text + *at, b->len};

	for (size_t i = 0; i < b->len; i++)
		p->text[(*at)++] = (char)b->data[i];
	return kept;
}

static enum err parse(struct params *p, struct str rest, struct buf *key, struct buf *value)
{
	size_t at = 0;

	while (http_form_next(&rest, key, value)) {
		if (key->err || value->err || p->count == PARAMS_MAX)
			return ERR_FORMAT;
		struct str name = keep(p, &at, key);
		for (size_t i = 0; i < p->count; i++)
			if (str_equal(p->items[i].name, name))
				return ERR_FORMAT;
		p->items[p->count].name = name;
		p->items[p->count].value = keep(p, &at, value);
		p->count++;
	}
	return ERR_OK;
}

enum err params_parse(struct params *p, struct str encoded)
{
	struct buf key, value;

	*p = (struct params){0};
	if (!encoded.len)
		return ERR_OK;
	p->text = need(mem_alloc(encoded.len + 1));
	buf_init(&key, PARAM_CAP);
	buf_init(&value, PARAM_CAP);
	enum err e = parse(p, encoded, &key, &value);
	buf_done(&key);
	buf_done(&value);
	return e;
}

void params_done(struct params *p)
{
	mem_free(p->text);
	*p = (struct params){0};
}

struct str params_get(const struct params *p, const char *name)
{
	for (size_t i = 0; i < p->count; i++)
		if (str_is(p->items[i].name, name))
			return p->items[i].value;
	return (struct str){NULL, 0};
}
