#include "worker/media/part.h"

#include <stdio.h>
#include <string.h>

#include "worker/body.h"
#include "worker/tree.h"

#define FIELDS_MAX ((size_t)64 * 1024) /* bytes around those of the medium */

static void put_head(const struct part *p, struct buf *b, const char *name)
{
	buf_fmt(b, "--%s\r\nContent-Disposition: form-data; name=\"%s\"", p->boundary, name);
}

/* A number or a text as a field. */
static enum err put_field(const struct part *p, struct buf *b, const char *name,
	const json_t *v, struct errmsg *m)
{
	put_head(p, b, name);
	buf_str(b, "\r\n\r\n");
	if (json_is_integer(v))
		buf_fmt(b, "%lld", (long long)json_integer_value(v));
	else if (json_is_string(v))
		buf_put(b, json_string_value(v), json_string_length(v));
	else
		return err_say(m, ERR_INVALID, "argument '%s' is no field of a form", name);
	buf_str(b, "\r\n");
	return ERR_OK;
}

static enum err put_fields(
	const struct part *p, struct buf *b, json_t *fields, struct errmsg *m)
{
	enum err e = ERR_OK;

	for (void *at = json_object_iter(fields); at && !e;
		at = json_object_iter_next(fields, at))
		e = put_field(p, b, json_object_iter_key(at), json_object_iter_value(at), m);
	put_head(p, b, "media");
	buf_str(b, "; filename=\"media\"\r\nContent-Type: application/octet-stream\r\n\r\n");
	return e ? e : b->err;
}

enum err part_open(struct part *p, const struct request_self *self, const struct action *a,
	const json_t *args, struct request *ret, struct errmsg *m)
{
	AUTO_TREE fields = NULL;
	struct request r = {0};

	if (p->size < 1 || p->size > PART_MAX)
		return err_say(m, ERR_INVALID, "a part has 1 to %lld bytes, not %lld",
			(long long)PART_MAX, (long long)p->size);
	enum err e = request_build(self, a, args, &r, m);
	if (e)
		return e;
	e = body_make(r.call, a, args, &fields, m);
	(void)snprintf(p->boundary, sizeof(p->boundary), "roost-%016llx%08llx",
		(unsigned long long)(p->name * UINT64_C(0x9e3779b97f4a7c15)),
		(unsigned long long)(p->name ^ p->name >> 32) & 0xffffffff);
	buf_done(&r.body);
	buf_init(&r.body, (size_t)PART_MAX + FIELDS_MAX);
	if (!e)
		e = put_fields(p, &r.body, fields, m);
	if (e) {
		request_done(&r);
		return err_say(m, e, "%s", err_text(e));
	}
	*ret = r;
	return ERR_OK;
}

bool part_put(struct part *p, struct request *r, struct str data)
{
	ASSERT((int64_t)data.len <= p->size - p->have);
	buf_put(&r->body, data.at, data.len);
	p->have += (int64_t)data.len;
	if (p->have < p->size)
		return false;
	buf_fmt(&r->body, "\r\n--%s--\r\n", p->boundary);
	return true;
}

char *part_type(const struct part *p, char out[PART_TYPE_SIZE])
{
	(void)snprintf(out, PART_TYPE_SIZE, "Content-Type: multipart/form-data; boundary=%s",
		p->boundary);
	return out;
}
