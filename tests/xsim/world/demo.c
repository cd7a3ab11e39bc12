#include "tests/xsim/world/demo.h"

#include <stdio.h>

#define ACCOUNT_IDS 1500000000000000000 /* where the ids of accounts begin */
#define CROWD_IDS   1200000000000000000
#define BIRTH       (1577836800 * USEC_SEC) /* 2020-01-01: when the first of them joined */
#define FIRST_POST  (1735689600 * USEC_SEC) /* 2025-01-01 */

/* clang-format off */
static const char *const first_names[] = {"Ada", "Ben", "Chloe", "Dmitri", "Eko", "Fatima", "Goro", "Hana", "Ines", "Jonas", "Kofi", "Lena", "Mei", "Noor", "Omar", "Pia"};
static const char *const things[] = {"a new release", "the harbour at dawn", "queues", "this soup", "old maps", "the night train", "sourdough", "a quiet bug", "the first snow", "radio"};
static const char *const verdicts[] = {"Still thinking about", "Nobody told me about", "Some notes on", "Today it is", "Question of the day, about"};
/* clang-format on */

static uint32_t add_person(struct world *w, uint64_t id, const char *username, int number)
{
	char name[51];

	snprintf(name, sizeof(name), "%s %d",
		first_names[(size_t)number % COUNT_OF(first_names)], number);
	return world_add_user(w, id, username, name, BIRTH + number * USEC_DAY);
}

static void add_accounts(struct xsim *x, usec_t wall)
{
	for (int64_t i = 1; i <= x->o.accounts; i++) {
		char username[16];

		snprintf(username, sizeof(username), "demo%d", (int)(i % 100000));
		uint64_t id = ACCOUNT_IDS + (uint64_t)i * 1000 +
			      (uint64_t)rng_range(&x->world.rng, 0, 999);
		uint32_t user = add_person(&x->world, id, username, (int)i);
		oauth_grant(&x->oauth, user, 0, DEMO_SCOPES, 0, wall);
	}
}

static uint32_t add_crowd(struct xsim *x)
{
	struct world *w = &x->world;
	uint32_t first = w->users.count;

	for (int i = 1; i <= CROWD; i++) {
		char username[16];

		snprintf(username, sizeof(username), "crowd%03u", (unsigned)i % 1000);
		add_person(w,
			CROWD_IDS + (uint64_t)i * 100000 +
				(uint64_t)rng_range(&w->rng, 0, 99999),
			username, i);
	}
	return first;
}

static void add_posts(struct world *w, uint32_t first)
{
	for (int i = 0; i < CROWD_POSTS; i++) {
		const char *thing = things[rng_range(&w->rng, 0, COUNT_OF(things) - 1)];
		size_t verdict = (size_t)rng_range(&w->rng, 0, COUNT_OF(verdicts) - 1);
		struct post_facts f = {
			.author = first + (uint32_t)rng_range(&w->rng, 0, CROWD - 1),
			.reply_to = NOBODY,
			.quotes = NOBODY,
			.reposts = NOBODY,
			.before = NOBODY};
		char text[200];

		snprintf(text, sizeof(text), "%s %s. (%d)", verdicts[verdict], thing, i);
		f.text = str_of(text);
		world_add_post(w, &f, FIRST_POST + i * USEC_HOUR);
	}
}

static void add_follows(struct world *w, uint32_t first)
{
	for (uint32_t i = 0; i < CROWD; i++) {
		uint32_t target = first + (uint32_t)rng_range(&w->rng, 0, CROWD - 1);

		if (target != first + i)
			world_add_tie(
				w, first + i, TIE_FOLLOW, world_user(w, target)->id, target);
	}
}

void demo_build(struct xsim *x, usec_t wall)
{
	add_accounts(x, wall);
	uint32_t crowd = add_crowd(x);
	add_posts(&x->world, crowd);
	add_follows(&x->world, crowd);
}
