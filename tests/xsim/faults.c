#include "tests/xsim/faults.h"

#include <stdio.h>
#include <string.h>

#include "tests/xsim/need.h"
#include "tests/xsim/routes.h"
#include "tests/xsim/stats.h"
#include "tests/xsim/xsim.h"

/* clang-format off */
static const struct fault_kind kinds[] = {
	/* name          when              fixture                      wire            reused shuts  help */
	{"429",          FAULT_BEFORE,     "429-rate-limit",            HTTPD_WHOLE,    false, true,  "the windows of the call are used up: 429, and so until they reset"},
	{"500",          FAULT_BEFORE,     "500-internal-server-error", HTTPD_WHOLE,    false, false, "not done, answered 500"},
	{"503",          FAULT_BEFORE,     "503-service-unavailable",   HTTPD_WHOLE,    false, false, "not done, answered 503"},
	{"500_after",    FAULT_AFTER,      "500-internal-server-error", HTTPD_WHOLE,    false, false, "done, but answered 500"},
	{"503_after",    FAULT_AFTER,      "503-service-unavailable",   HTTPD_WHOLE,    false, false, "done, but answered 503"},
	{"fixture",      FAULT_BEFORE,     "",                          HTTPD_WHOLE,    false, false, "not done, answered with the named fixture"},
	{"delay",        FAULT_AFTER,      NULL,                        HTTPD_WHOLE,    false, false, "done, answered delay_ms later"},
	{"hang",         FAULT_BEFORE,     NULL,                        HTTPD_HANG,     false, false, "not done, never answered"},
	{"hang_after",   FAULT_AFTER,      NULL,                        HTTPD_HANG,     false, false, "done, never answered"},
	{"refuse",       FAULT_AT_CONNECT, NULL,                        HTTPD_RESET,    false, false, "the connection is reset before anything is read; route \"*\" only"},
	{"close_before", FAULT_AT_HEAD,    NULL,                        HTTPD_DROP,     false, false, "not done, closed before the body is read"},
	{"reset_before", FAULT_AT_HEAD,    NULL,                        HTTPD_RESET,    false, false, "not done, reset before the body is read"},
	{"reuse_close",  FAULT_AT_HEAD,    NULL,                        HTTPD_DROP,     true,  false, "as close_before, on a connection that is used again"},
	{"reuse_reset",  FAULT_AT_HEAD,    NULL,                        HTTPD_RESET,    true,  false, "as reset_before, on a connection that is used again"},
	{"close_after",  FAULT_AFTER,      NULL,                        HTTPD_DROP,     false, false, "done, closed without a word"},
	{"reset_after",  FAULT_AFTER,      NULL,                        HTTPD_RESET,    false, false, "done, reset without a word"},
	{"cut_head",     FAULT_AFTER,      NULL,                        HTTPD_CUT_HEAD, false, false, "done, half of the answer's head, closed"},
	{"cut_body",     FAULT_AFTER,      NULL,                        HTTPD_CUT_BODY, false, false, "done, the head and half of the body, closed"},
	{"garbage",      FAULT_AFTER,      NULL,                        HTTPD_GARBAGE,  false, false, "done, answered with bytes that are not HTTP"},
	{"drip",         FAULT_AFTER,      NULL,                        HTTPD_DRIP,     false, false, "done, answered byte by byte, gap_ms apart"},
	{"processing",   FAULT_PROCESSING, NULL,                        HTTPD_WHOLE,    false, false, "done, but the processing of the GIF or video will fail; for media_finalize and media_upload"},
};
/* clang-format on */

static const char *const keys[] = {
	"route", "kind", "count", "probability", "after", "delay_ms", "gap_ms", "fixture"};

static bool PRINTF(3, 4) wrong(char *words, size_t cap, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(words, cap, fmt, args);
	va_end(args);
	return false;
}

bool fault_route(const char *name, size_t *ret)
{
	for (size_t i = 0; i < STATS_EXTRAS; i++) {
		*ret = route_count + i;
		if (strcmp(name, stats_extra_names[i]) == 0)
			return true;
	}
	*ret = strcmp(name, "*") == 0 ? ROUTE_ANY : route_by_name(str_of(name));
	return *ret != route_count;
}

static const struct fault_kind *find_kind(const char *name)
{
	for (size_t i = 0; i < COUNT_OF(kinds); i++)
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	return NULL;
}

static bool check_keys(const json_t *j, char *words, size_t cap)
{
	const char *key;
	json_t *value;

	if (!json_is_object(j))
		return wrong(words, cap, "a fault is an object");
	json_object_foreach((json_t *)(uintptr_t)j, key, value)
	{
		size_t i = 0;

		while (i < COUNT_OF(keys) && strcmp(keys[i], key) != 0)
			i++;
		if (i == COUNT_OF(keys))
			return wrong(words, cap, "a fault has no '%.40s'", key);
	}
	return true;
}

/* A whole number of the object, `usual` when it is absent. */
static bool read_number(const json_t *j, const char *key, json_int_t usual, uint64_t *ret,
	char *words, size_t cap)
{
	const json_t *v = json_object_get(j, key);

	*ret = (uint64_t)(v ? json_integer_value(v) : usual);
	if (v && (!json_is_integer(v) || json_integer_value(v) < 0))
		return wrong(words, cap, "'%s' is a whole number, not negative", key);
	return true;
}

static bool read_kind(const json_t *j, struct fault *f, char *words, size_t cap)
{
	const char *route = json_string_value(json_object_get(j, "route"));
	const char *kind = json_string_value(json_object_get(j, "kind"));
	const char *name = json_string_value(json_object_get(j, "fixture"));
	int status;

	f->kind = kind ? find_kind(kind) : NULL;
	if (!f->kind)
		return wrong(words, cap, "'kind' is one of those in docs/xsim.md");
	if (!fault_route(route ? route : "*", &f->route))
		return wrong(words, cap, "'route' is the name of a call, token, revoke or *");
	if (f->kind->time == FAULT_AT_CONNECT && f->route != ROUTE_ANY)
		return wrong(words, cap, "'%s' strikes before a route is known", kind);
	bool wants = f->kind->fixture && !f->kind->fixture[0];
	if (wants != (name != NULL) || (name && !fixture(name, &status).at))
		return wrong(words, cap,
			"'fixture' is for kind fixture: a name such as 402-credits-depleted");
	snprintf(f->fixture, sizeof(f->fixture), "%s", name ? name : "");
	return true;
}

static bool read_numbers(const json_t *j, struct fault *f, char *words, size_t cap)
{
	const json_t *p = json_object_get(j, "probability");
	uint64_t delay, gap;

	f->probability = p ? json_number_value(p) : 1;
	if ((p && !json_is_number(p)) || !(f->probability > 0 && f->probability <= 1))
		return wrong(words, cap, "'probability' is above 0 and at most 1");
	if (!read_number(j, "count", 1, &f->left, words, cap) ||
		!read_number(j, "after", 0, &f->after, words, cap) ||
		!read_number(j, "delay_ms", 0, &delay, words, cap) ||
		!read_number(j, "gap_ms", 5, &gap, words, cap))
		return false;
	if (delay > 3600000 || gap > 60000)
		return wrong(words, cap, "'delay_ms' is at most 3600000, 'gap_ms' 60000");
	f->delay = (usec_t)delay * USEC_MSEC;
	f->gap = (usec_t)gap * USEC_MSEC;
	return true;
}

bool faults_add(struct faults *f, const json_t *j, char *words, size_t cap)
{
	struct fault fault = {0};

	if (f->count == FAULTS_MAX)
		return wrong(words, cap, "there are %d faults; DELETE them first", FAULTS_MAX);
	if (!check_keys(j, words, cap) || !read_kind(j, &fault, words, cap) ||
		!read_numbers(j, &fault, words, cap))
		return false;
	f->items[f->count++] = fault;
	return true;
}

static bool by_chance(struct faults *f, double probability)
{
	return probability >= 1 || (double)(rng_next(&f->rng) >> 11) * 0x1p-53 < probability;
}

bool faults_wait(const struct faults *f, enum fault_time time)
{
	for (size_t i = 0; i < f->count; i++)
		if (f->items[i].left && f->items[i].kind->time == time)
			return true;
	return false;
}

const struct fault *faults_strike(
	struct faults *f, enum fault_time time, size_t route, uint64_t nth)
{
	for (size_t i = 0; i < f->count; i++) {
		struct fault *fault = &f->items[i];

		if (!fault->left || fault->kind->time != time ||
			(fault->route != ROUTE_ANY && fault->route != route) ||
			(fault->kind->reused_only && nth < 2))
			continue;
		if (fault->after) {
			fault->after--;
			continue;
		}
		if (!by_chance(f, fault->probability))
			continue;
		fault->left--;
		fault->struck++;
		f->struck++;
		return fault;
	}
	return NULL;
}

static void put_fixture(const char *name, struct httpd_answer *a)
{
	struct str text = fixture(name, &a->status);

	buf_reset(&a->body);
	a->type = "application/problem+json";
	buf_put(&a->body, text.at, text.len);
}

void fault_apply(const struct fault *fault, struct httpd_answer *a)
{
	const struct fault_kind *k = fault->kind;

	if (k->fixture)
		put_fixture(k->fixture[0] ? k->fixture : fault->fixture, a);
	a->wire = k->wire;
	a->gap = fault->gap;
	if (fault->delay || k->wire == HTTPD_HANG)
		a->delay = fault->delay;
}

json_t *faults_json(const struct faults *f)
{
	json_t *list = need_json(json_array());

	for (size_t i = 0; i < f->count; i++) {
		const struct fault *t = &f->items[i];
		const char *route = t->route == ROUTE_ANY ? "*"
				    : t->route < route_count
					    ? routes[t->route].name
					    : stats_extra_names[t->route - route_count];

		json_array_append_new(list,
			need_json(json_pack("{s:s,s:s,s:I,s:I,s:I}", "route", route, "kind",
				t->kind->name, "after", (json_int_t)t->after, "left",
				(json_int_t)t->left, "struck", (json_int_t)t->struck)));
	}
	return list;
}
