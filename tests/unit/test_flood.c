/*
 * What a flood of one account or agent costs the others: at most a fifth more waiting.
 *
 * Everybody's work is played twice, without the flood and with it, and the others' waits are
 * held against each other. All of it wants more than the limits give, so there is a wait to
 * compare.
 */
#include "tests/lib/test.h"
#include "tests/unit/life.h"

#define OTHERS 20
#define BOUND  1.2

static const char app_limit[] = "method,path,scope,limit,window_seconds,tier,source\n"
				"GET,/2/tweets/{id},user,900,900,ppu,test\n"
				"GET,/2/tweets/{id},app,150,900,ppu,test\n";
static const char account_limit[] = "method,path,scope,limit,window_seconds,tier,source\n"
				    "POST,/2/tweets,user,40,900,ppu,test\n";
static const char no_limit[] = "method,path,scope,limit,window_seconds,tier,source\n"
			       "POST,/2/tweets,user,100000,900,ppu,test\n"
			       "POST,/2/users/{id}/likes,user,100000,900,ppu,test\n"
			       "POST,/2/users/{id}/retweets,user,100000,900,ppu,test\n"
			       "GET,/2/tweets/{id},user,100000,900,ppu,test\n";
static const enum call effects[] = {CALL_CREATE_POST, CALL_LIKE, CALL_REPOST};

enum flood { BY_NOBODY, BY_ACCOUNT, BY_AGENT };

struct scene {
	const char *limits;
	uint32_t slots;
	enum call call;
	enum flood flood;
	int of_each;  /* jobs */
	int floods;   /* jobs of the flood */
	size_t kinds; /* calls the flood uses; 0: the others' own */
};

/* The mean wait of the others' jobs, and of the one of them that waited longest in the mean. */
static double waits(const struct scene *s, enum flood flood, double *ret_worst)
{
	struct life l;
	double sum[OTHERS + 2] = {0}, all = 0;

	life_open(&l, s->limits, test_rng(), OTHERS + 1, s->slots);
	l.jitter = 100 * USEC_MSEC;
	for (int i = 0; flood != BY_NOBODY && i < s->floods; i++)
		(void)life_enqueue(&l, flood == BY_ACCOUNT ? OTHERS + 1 : 1, OTHERS + 1,
			s->kinds ? effects[(size_t)i % s->kinds] : s->call, 0);
	for (int i = 0; i < s->of_each; i++)
		for (uint32_t who = 1; who <= OTHERS; who++)
			(void)life_enqueue(
				&l, s->flood == BY_ACCOUNT ? who : 1, who, s->call, 0);
	life_go(&l, USEC_NEVER);
	for (uint64_t id = 1; id <= l.last_id; id++) {
		assert_true(l.jobs[id].ended > 0); /* nobody is starved, the flood neither */
		if (l.jobs[id].agent <= OTHERS)
			sum[l.jobs[id].agent] +=
				(double)(l.jobs[id].started - l.jobs[id].brought) / USEC_SEC;
	}
	*ret_worst = 0;
	for (uint32_t who = 1; who <= OTHERS; who++) {
		all += sum[who] / s->of_each / OTHERS;
		if (sum[who] / s->of_each > *ret_worst)
			*ret_worst = sum[who] / s->of_each;
	}
	assert_int_equal(l.limited, 0);
	life_close(&l);
	return all;
}

static void compare(const struct scene *s, const char *what)
{
	double worst, worst_flooded;
	double calm = waits(s, BY_NOBODY, &worst);
	double flooded = waits(s, s->flood, &worst_flooded);

	print_message(
		"%s: others wait %.1f s, with the flood %.1f s: %.3f times; the worst off "
		"%.3f times\n",
		what, calm, flooded, flooded / calm, worst_flooded / worst);
	assert_true(calm > 1);
	assert_true(flooded <= BOUND * calm);
	assert_true(worst_flooded <= BOUND * worst);
}

TEST(an_account_that_floods_its_apps_window)
{
	compare(&(struct scene){.limits = app_limit,
			.slots = 64,
			.call = CALL_GET_POST,
			.flood = BY_ACCOUNT,
			.of_each = 40,
			.floods = 3000},
		"account, app's window");
}

TEST(an_account_that_floods_the_workers)
{
	compare(&(struct scene){.limits = no_limit,
			.slots = 8,
			.call = CALL_GET_POST,
			.flood = BY_ACCOUNT,
			.of_each = 40,
			.floods = 10000},
		"account, workers");
}

TEST(an_agent_that_floods_an_accounts_window)
{
	compare(&(struct scene){.limits = account_limit,
			.slots = 64,
			.call = CALL_CREATE_POST,
			.flood = BY_AGENT,
			.of_each = 20,
			.floods = 2000},
		"agent, account's window");
}

TEST(an_agent_that_floods_an_account_with_every_kind_of_job)
{
	compare(&(struct scene){.limits = no_limit,
			.slots = 64,
			.call = CALL_LIKE,
			.flood = BY_AGENT,
			.of_each = 20,
			.floods = 6000,
			.kinds = COUNT_OF(effects)},
		"agent, account's order");
}
