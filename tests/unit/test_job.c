#include "dispatcher/core/job.h"

#include <string.h>

#include "tests/lib/test.h"

/* Design 3.1 once more, by hand: a row is from, a column is to, in the order of enum job_state.
 */
static const char *const arrows[JOB_STATE_COUNT] = {
	/* held      */ ".xxx...xxx",
	/* waiting   */ "..xx..xxxx", /* done: a thread whose posts are */
	/* scheduled */ "...x..xxxx",
	/* ready     */ "..x.x.xxxx",
	/* running   */ "...x.xxxx.",
	/* unsure    */ "...x..xx..",
	/* done      */ "..........",
	/* failed    */ "..........",
	/* cancelled */ "..........",
	/* expired   */ "..........",
};

TEST(may_become_what_the_design_says_and_nothing_else)
{
	for (int from = 0; from < JOB_STATE_COUNT; from++)
		for (int to = 0; to < JOB_STATE_COUNT; to++)
			assert_int_equal(job_may((enum job_state)from, (enum job_state)to),
				arrows[from][to] == 'x');
}

TEST(is_final_where_no_arrow_leaves)
{
	for (int s = 0; s < JOB_STATE_COUNT; s++)
		assert_int_equal(
			job_is_final((enum job_state)s), strchr(arrows[s], 'x') == NULL);
}

TEST(reads_the_names_and_ids_that_it_writes)
{
	char id[JOB_ID_TEXT_MAX];
	enum job_state read;
	uint64_t n;

	for (int s = 0; s < JOB_STATE_COUNT; s++) {
		const char *name = job_state_name((enum job_state)s);

		assert_true(job_state_parse(str_of(name), &read));
		assert_int_equal(read, s);
	}
	assert_false(job_state_parse(str_of("asleep"), &read));
	assert_true(job_id_read(str_of(job_id_write(81, id)), &n));
	assert_int_equal(n, 81);
	assert_false(job_id_read(str_of("j081"), &n));
	assert_false(job_id_read(str_of("81"), &n));
	assert_false(job_id_read(str_of("j99999999999999999999"), &n));
}
