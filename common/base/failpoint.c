#include "common/base/failpoint.h"

#ifdef ROOST_FAILPOINTS
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/base.h"
#include "common/base/rng.h"
#include "common/base/text.h"

enum action { NOTHING, KILL, ABORT, HANG, SLEEP, ERRNO };

static const struct {
	const char *name, *programs, *meaning;
} points[] = {
#define X(point, name, programs, meaning) [point] = {name, programs, meaning},
#include "common/base/failpoint.def"
#undef X
};

static const struct {
	const char *name;
	enum action action;
} actions[] = {
	{"kill", KILL}, {"abort", ABORT}, {"hang", HANG}, {"sleep:", SLEEP}, {"errno:", ERRNO}};

/* What is to happen at each. */
static struct plan {
	enum action action;
	int64_t value;   /* of sleep and errno */
	int64_t at;      /* the how manieth time; 0: any */
	int64_t percent; /* 0: always */
	int64_t hits;
} plans[FAIL_COUNT];

static struct rng chance;
static bool is_read;

static void refuse(const char *spec)
{
	(void)fprintf(stderr, "ROOST_FAILPOINTS: '%s' is not NAME=ACTION[@N|%%P]\n", spec);
	_exit(64);
}

static struct plan *plan_named(struct str name)
{
	for (size_t i = 0; i < COUNT_OF(points); i++)
		if (str_is(name, points[i].name))
			return &plans[i];
	return NULL;
}

/* "kill", "sleep:200": what is behind the colon goes into p->value. */
static bool read_action(struct str text, struct plan *p)
{
	for (size_t i = 0; i < COUNT_OF(actions); i++) {
		size_t n = strlen(actions[i].name);

		if (!str_has_prefix(text, actions[i].name))
			continue;
		p->action = actions[i].action;
		if (actions[i].name[n - 1] != ':')
			return text.len == n;
		return !text_to_int(
			(struct str){text.at + n, text.len - n}, 1, 600000, &p->value);
	}
	return false;
}

/* One "name=action@3". */
static bool read_one(struct str spec)
{
	const char *is = memchr(spec.at, '=', spec.len);
	struct plan *p = is ? plan_named((struct str){spec.at, (size_t)(is - spec.at)}) : NULL;
	struct str rest = {is ? is + 1 : NULL, p ? (size_t)(spec.at + spec.len - is - 1) : 0};
	const char *at = p ? memchr(rest.at, '@', rest.len) : NULL;
	const char *percent = p ? memchr(rest.at, '%', rest.len) : NULL;
	const char *end = at ? at : percent;

	if (!p)
		return false;
	*p = (struct plan){0};
	if (end && text_to_int((struct str){end + 1, (size_t)(rest.at + rest.len - end - 1)}, 1,
			   at ? 1000000 : 100, at ? &p->at : &p->percent))
		return false;
	return read_action((struct str){rest.at, end ? (size_t)(end - rest.at) : rest.len}, p);
}

static void read_all(void)
{
	const char *spec = getenv("ROOST_FAILPOINTS");
	const char *seed = getenv("ROOST_FAILPOINTS_SEED");
	int64_t number = 1;

	is_read = true;
	if (seed && text_to_int(str_of(seed), 0, INT64_MAX, &number))
		refuse(seed);
	chance = (struct rng){(uint64_t)number};
	while (spec && *spec) {
		size_t n = strcspn(spec, ",");

		if (!read_one((struct str){spec, n}))
			refuse(spec);
		spec += n + (spec[n] == ',');
	}
}

static bool is_due(struct plan *p)
{
	p->hits++;
	if (p->at)
		return p->hits == p->at;
	return !p->percent || rng_range(&chance, 1, 100) <= p->percent;
}

int failpoint_hit(enum failpoint point)
{
	struct plan *p = &plans[point];

	if (!is_read)
		read_all();
	if (p->action == NOTHING || !is_due(p))
		return 0;
	(void)fprintf(
		stderr, "failpoint %s: hit %lld\n", points[point].name, (long long)p->hits);
	switch (p->action) {
	case NOTHING:
		break;
	case KILL:
		(void)raise(SIGKILL);
		break;
	case ABORT:
		abort();
	case HANG:
		for (;;)
			(void)poll(NULL, 0, -1);
	case SLEEP:
		(void)poll(NULL, 0, (int)p->value);
		break;
	case ERRNO:
		return (int)p->value;
	}
	return 0;
}

void failpoints_list(void)
{
	for (size_t i = 0; i < COUNT_OF(points); i++)
		(void)printf(
			"%s %s %s\n", points[i].name, points[i].programs, points[i].meaning);
}
#endif
