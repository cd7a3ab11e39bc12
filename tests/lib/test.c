#include "tests/lib/test.h"

#include <stdlib.h>

#include "common/base/base.h"

static struct CMUnitTest tests[256];
static size_t test_count;

void test_register(const char *name, CMUnitTestFunction run)
{
	ASSERT(test_count < COUNT_OF(tests));
	tests[test_count++] = (struct CMUnitTest){.name = name, .test_func = run};
}

struct rng test_rng(void)
{
	const char *seed = getenv("ROOST_SEED");
	struct rng r = {seed ? strtoull(seed, NULL, 10) : 1};

	print_message("ROOST_SEED=%llu\n", (unsigned long long)r.s);
	return r;
}

int main(void)
{
	return _cmocka_run_group_tests("tests", tests, test_count, NULL, NULL);
}
