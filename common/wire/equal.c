#include "common/wire/tree.h"

static bool equal_arrays(const struct wire_value *a, const struct wire_value *b)
{
	uint32_t count = wire_count(a);

	if (wire_count(b) != count)
		return false;
	for (uint32_t i = 0; i < count; i++)
		if (!wire_equal(wire_item(a, i), wire_item(b, i)))
			return false;
	return true;
}

/* Compares two maps of as many pairs, each in the order of its keys. */
static bool equal_in_order(const struct order *a, const struct order *b, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		if (!str_equal(tree_text(&a->pairs[i]->key), tree_text(&b->pairs[i]->key)))
			return false;
		if (!wire_equal(tree_value(&a->pairs[i]->val), tree_value(&b->pairs[i]->val)))
			return false;
	}
	return true;
}

/* The same without memory: each key is searched for. */
static bool equal_by_search(const struct wire_value *a, const struct wire_value *b)
{
	for (uint32_t i = 0; i < wire_count(a); i++) {
		const struct wire_value *other = tree_get(b, wire_key(a, i));

		if (!other || !wire_equal(wire_at(a, i), other))
			return false;
	}
	return true;
}

static bool equal_maps(const struct wire_value *a, const struct wire_value *b)
{
	struct order in_a;
	struct order in_b;
	uint32_t count = wire_count(a);

	if (wire_count(b) != count)
		return false;
	if (order_init(&in_a, tree_object(a)))
		return equal_by_search(a, b);
	if (order_init(&in_b, tree_object(b))) {
		order_done(&in_a);
		return equal_by_search(a, b);
	}
	bool equal = equal_in_order(&in_a, &in_b, count);
	order_done(&in_a);
	order_done(&in_b);
	return equal;
}

static bool equal_ints(const struct wire_value *a, const struct wire_value *b)
{
	const msgpack_object *x = tree_object(a);
	const msgpack_object *y = tree_object(b);

	return x->type == y->type && x->via.u64 == y->via.u64;
}

/* Bit by bit, so that values are equal exactly when their canonical bytes are. */
static bool equal_floats(const struct wire_value *a, const struct wire_value *b)
{
	return tree_object(a)->via.u64 == tree_object(b)->via.u64;
}

static bool equal_bools(const struct wire_value *a, const struct wire_value *b)
{
	return wire_bool(a) == wire_bool(b);
}

static bool equal_bytes(const struct wire_value *a, const struct wire_value *b)
{
	return str_equal(wire_str(a), wire_str(b));
}

static bool (*const equal_of[])(const struct wire_value *, const struct wire_value *) = {
	[WIRE_BOOL] = equal_bools,
	[WIRE_INT] = equal_ints,
	[WIRE_FLOAT] = equal_floats,
	[WIRE_STR] = equal_bytes,
	[WIRE_BIN] = equal_bytes,
	[WIRE_ARRAY] = equal_arrays,
	[WIRE_MAP] = equal_maps,
};

bool wire_equal(const struct wire_value *a, const struct wire_value *b)
{
	enum wire_type t = wire_type(a);

	if (wire_type(b) != t)
		return false;
	return t == WIRE_NIL || equal_of[t](a, b);
}
