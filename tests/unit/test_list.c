#include "common/base/list.h"

#include "tests/lib/test.h"

struct thing {
	int n;
	struct list node;
};

TEST(gives_back_in_order_what_was_appended)
{
	struct list l;
	struct thing things[5];

	list_init(&l);
	assert_true(list_is_empty(&l));
	assert_null(list_pop(&l));
	for (int i = 0; i < 5; i++) {
		things[i].n = i;
		list_append(&l, &things[i].node);
	}
	for (int i = 0; i < 5; i++) {
		struct list *node = list_pop(&l);

		assert_int_equal(LIST_ITEM(node, struct thing, node)->n, i);
		assert_true(list_is_empty(node));
	}
	assert_true(list_is_empty(&l));
}

TEST(lets_a_node_leave_from_anywhere_and_twice)
{
	struct list l;
	struct list nodes[3];

	list_init(&l);
	for (int i = 0; i < 3; i++)
		list_append(&l, &nodes[i]);
	list_remove(&nodes[1]);
	list_remove(&nodes[1]);
	assert_ptr_equal(list_pop(&l), &nodes[0]);
	list_append(&l, &nodes[1]);
	assert_ptr_equal(list_pop(&l), &nodes[2]);
	assert_ptr_equal(list_pop(&l), &nodes[1]);
	assert_true(list_is_empty(&l));
}
