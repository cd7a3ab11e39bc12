#include "common/xapi/outcome.h"

#include <string.h>

#include "tests/lib/test.h"

TEST(every_class_is_read_back_from_its_name)
{
	enum outcome_class back;

	for (int c = OUTCOME_DONE; c <= OUTCOME_UNKNOWN; c++) {
		const char *name = outcome_class_name((enum outcome_class)c);

		assert_true(outcome_class_parse(str_of(name), &back));
		assert_int_equal(back, c);
	}
	assert_false(outcome_class_parse(str_of("Done"), &back));
	assert_false(outcome_class_parse(str_of(""), &back));
}

TEST(every_cause_is_read_back_from_its_name)
{
	enum outcome_cause back;

	for (int c = CAUSE_NONE; c <= CAUSE_REJECTED; c++) {
		const char *name = outcome_cause_name((enum outcome_cause)c);

		assert_true(outcome_cause_parse(str_of(name), &back));
		assert_int_equal(back, c);
		for (int d = CAUSE_NONE; d < c; d++)
			assert_string_not_equal(
				name, outcome_cause_name((enum outcome_cause)d));
	}
	assert_false(outcome_cause_parse(str_of("tokens"), &back));
}

TEST(every_cause_but_none_has_words_for_a_person)
{
	assert_string_equal(outcome_cause_text(CAUSE_NONE), "");
	for (int c = CAUSE_NONE + 1; c <= CAUSE_REJECTED; c++)
		assert_true(strlen(outcome_cause_text((enum outcome_cause)c)) > 8);
}

TEST(says_what_follows_from_a_cause)
{
	assert_int_equal(outcome_cause_then(CAUSE_TOKEN), THEN_TOKEN);
	assert_int_equal(outcome_cause_then(CAUSE_DUPLICATE), THEN_FAIL);
	assert_int_equal(outcome_cause_then(CAUSE_CREDITS), THEN_PARK_APP);
	assert_int_equal(outcome_cause_then(CAUSE_SPEND_CAP), THEN_PARK_APP);
	assert_int_equal(outcome_cause_then(CAUSE_USAGE_CAP), THEN_PARK_READS);
	assert_int_equal(outcome_cause_then(CAUSE_ACCOUNT), THEN_PARK_ACCOUNT);
	assert_int_equal(outcome_cause_then(CAUSE_SERVER), THEN_AGAIN);
}
