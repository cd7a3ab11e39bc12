#include "dispatcher/policy/people.h"

#include <stdio.h>
#include <string.h>

#include "tests/lib/test.h"

static void collect(void *ctx, const char *who)
{
	char *all = ctx;
	size_t at = strlen(all);

	(void)snprintf(all + at, 200 - at, "%s ", who);
}

TEST(keeps_who_is_on_which_list_of_which_account)
{
	AUTO(people) p = people_new();
	char all[200] = "";

	assert_int_equal(people_add(p, PEOPLE_OPT_OUT, 1, "@bob"), ERR_OK);
	assert_int_equal(people_add(p, PEOPLE_OPT_OUT, 1, "12"), ERR_OK);
	assert_int_equal(people_add(p, PEOPLE_OPT_OUT, 1, "13"), ERR_OK);
	assert_int_equal(people_add(p, PEOPLE_OPT_OUT, 1, "12"), ERR_CONFLICT);
	assert_true(people_has(p, PEOPLE_OPT_OUT, 1, "@bob"));
	assert_false(people_has(p, PEOPLE_OPT_OUT, 2, "@bob"));
	assert_false(people_has(p, PEOPLE_INVITED, 1, "@bob"));
	assert_true(people_remove(p, PEOPLE_OPT_OUT, 1, "12"));
	assert_false(people_remove(p, PEOPLE_OPT_OUT, 1, "12"));
	people_each(p, PEOPLE_OPT_OUT, 1, collect, all);
	assert_string_equal(all, "13 @bob ");
	assert_true(people_any(p, PEOPLE_OPT_OUT, 1));
	assert_true(people_remove(p, PEOPLE_OPT_OUT, 1, "13"));
	assert_true(people_remove(p, PEOPLE_OPT_OUT, 1, "@bob"));
	assert_false(people_any(p, PEOPLE_OPT_OUT, 1));
	assert_int_equal(people_add(p, PEOPLE_OPT_OUT, 1, "@bob"), ERR_OK);
}

TEST(reads_who_is_meant)
{
	static const char *const wrong[] = {"", "bob", "@", "@a-b", "@averyveryverylongname",
		"12x", "-", "1-", "1-2-3", "12345678901234567890"};
	char who[PERSON_MAX];
	struct errmsg m;

	assert_int_equal(person_read(str_of("@Bob_1"), who, &m), ERR_OK);
	assert_string_equal(who, "@bob_1");
	assert_int_equal(person_read(str_of("1234567890123456789"), who, &m), ERR_OK);
	assert_int_equal(
		person_read(str_of("1234567890123456789-1234567890123456789"), who, &m),
		ERR_OK);
	assert_string_equal(who, "1234567890123456789-1234567890123456789");
	for (size_t i = 0; i < COUNT_OF(wrong); i++)
		assert_int_equal(person_read(str_of(wrong[i]), who, &m), ERR_INVALID);
}

TEST(holds_many)
{
	AUTO(people) p = people_new();
	char who[PERSON_MAX];

	for (int i = 0; i < 5000; i++) {
		(void)snprintf(who, sizeof(who), "%d", i);
		assert_int_equal(people_add(p, PEOPLE_INVITED, (uint32_t)i % 7, who), ERR_OK);
	}
	for (int i = 0; i < 5000; i += 2) {
		(void)snprintf(who, sizeof(who), "%d", i);
		assert_true(people_remove(p, PEOPLE_INVITED, (uint32_t)i % 7, who));
	}
	for (int i = 0; i < 5000; i++) {
		(void)snprintf(who, sizeof(who), "%d", i);
		assert_int_equal(
			people_has(p, PEOPLE_INVITED, (uint32_t)i % 7, who), i % 2 == 1);
	}
}
