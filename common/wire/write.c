#include "common/wire/write.h"

#include <math.h>

#include "common/wire/tree.h"

static int put(void *ctx, const char *at, size_t n)
{
	buf_put(ctx, at, n);
	return 0;
}

static msgpack_packer packer_of(struct buf *b)
{
	return (msgpack_packer){.data = b, .callback = put};
}

void wire_put_nil(struct buf *b)
{
	msgpack_packer p = packer_of(b);

	msgpack_pack_nil(&p);
}

void wire_put_bool(struct buf *b, bool v)
{
	msgpack_packer p = packer_of(b);

	(void)(v ? msgpack_pack_true(&p) : msgpack_pack_false(&p));
}

void wire_put_int(struct buf *b, int64_t v)
{
	msgpack_packer p = packer_of(b);

	msgpack_pack_int64(&p, v);
}

void wire_put_float(struct buf *b, double v)
{
	msgpack_packer p = packer_of(b);

	ASSERT(isfinite(v));
	msgpack_pack_double(&p, v);
}

void wire_put_str(struct buf *b, struct str v)
{
	msgpack_packer p = packer_of(b);

	msgpack_pack_str(&p, v.len);
	buf_put(b, v.at, v.len);
}

void wire_put_text(struct buf *b, const char *v)
{
	if (v)
		wire_put_str(b, str_of(v));
	else
		wire_put_nil(b);
}

void wire_put_bin(struct buf *b, struct str v)
{
	msgpack_packer p = packer_of(b);

	msgpack_pack_bin(&p, v.len);
	buf_put(b, v.at, v.len);
}

void wire_put_array(struct buf *b, uint32_t count)
{
	msgpack_packer p = packer_of(b);

	msgpack_pack_array(&p, count);
}

void wire_put_map(struct buf *b, uint32_t count)
{
	msgpack_packer p = packer_of(b);

	msgpack_pack_map(&p, count);
}

/* The head of a map or an array of 16 bits: what msgpack-c cannot leave open. */
#define HEAD_ARRAY16 0xdc
#define HEAD_MAP16   0xde

static size_t put_later(struct buf *b, unsigned char head)
{
	size_t mark = b->len;

	buf_put(b, (const unsigned char[]){head, 0, 0}, 3);
	return mark;
}

static void end_later(struct buf *b, size_t mark, unsigned char head, uint32_t count)
{
	if (count > UINT16_MAX)
		buf_fail(b, ERR_TOO_BIG);
	if (b->err)
		return;
	ASSERT(mark + 3 <= b->len && b->data[mark] == head);
	b->data[mark + 1] = (unsigned char)(count >> 8);
	b->data[mark + 2] = (unsigned char)count;
}

size_t wire_map_later(struct buf *b)
{
	return put_later(b, HEAD_MAP16);
}

void wire_map_end(struct buf *b, size_t mark, uint32_t count)
{
	end_later(b, mark, HEAD_MAP16, count);
}

size_t wire_array_later(struct buf *b)
{
	return put_later(b, HEAD_ARRAY16);
}

void wire_array_end(struct buf *b, size_t mark, uint32_t count)
{
	end_later(b, mark, HEAD_ARRAY16, count);
}

void wire_pair_bool(struct buf *b, const char *key, bool v)
{
	wire_put_text(b, key);
	wire_put_bool(b, v);
}

void wire_pair_int(struct buf *b, const char *key, int64_t v)
{
	wire_put_text(b, key);
	wire_put_int(b, v);
}

void wire_pair_str(struct buf *b, const char *key, struct str v)
{
	wire_put_text(b, key);
	wire_put_str(b, v);
}

void wire_pair_text(struct buf *b, const char *key, const char *v)
{
	wire_put_text(b, key);
	wire_put_text(b, v);
}

void wire_put_value(struct buf *b, const struct wire_value *v)
{
	msgpack_packer p = packer_of(b);

	if (v)
		msgpack_pack_object(&p, *tree_object(v));
	else
		msgpack_pack_nil(&p);
}

static void put_array_canonical(struct buf *b, const struct wire_value *v)
{
	uint32_t count = wire_count(v);

	wire_put_array(b, count);
	for (uint32_t i = 0; i < count; i++)
		wire_put_canonical(b, wire_item(v, i));
}

static void put_map_canonical(struct buf *b, const struct wire_value *v)
{
	uint32_t count = wire_count(v);
	struct order o;
	enum err e = order_init(&o, tree_object(v));

	if (e) {
		buf_fail(b, e);
		return;
	}
	wire_put_map(b, count);
	for (uint32_t i = 0; i < count; i++) {
		wire_put_str(b, tree_text(&o.pairs[i]->key));
		wire_put_canonical(b, tree_value(&o.pairs[i]->val));
	}
	order_done(&o);
}

/* A float of 32 bits becomes one of 64: it is the same value. */
void wire_put_canonical(struct buf *b, const struct wire_value *v)
{
	enum wire_type t = wire_type(v);

	if (t == WIRE_ARRAY)
		put_array_canonical(b, v);
	else if (t == WIRE_MAP)
		put_map_canonical(b, v);
	else if (t == WIRE_FLOAT)
		wire_put_float(b, wire_float(v));
	else
		wire_put_value(b, v);
}

void wire_put_raw(struct buf *b, struct str one_value)
{
	buf_put(b, one_value.at, one_value.len);
}
