#include "common/xapi/caps.h"

#include <string.h>

#include "common/base/mem.h"
#include "common/xapi/csv.h"
#include "common/xapi/data.h"

#define ROWS_MAX 64

struct row {
	char plan[CAPS_PLAN_MAX];
	enum object object;
	int64_t cap;
};

struct read_caps {
	struct row rows[ROWS_MAX];
	size_t count;
};

static const char *const names[] = {[OBJECT_POST] = "posts", [OBJECT_USER] = "users"};

/* Classes of prices, and what calls of a class return. */
static const struct {
	const char *class;
	enum object object;
} classes[] = {
	{"Posts: Read", OBJECT_POST},
	{"User: Read", OBJECT_USER},
	{"Following/Followers: Read", OBJECT_USER},
};

const char *object_name(enum object o)
{
	ASSERT((size_t)o < COUNT_OF(names));
	return names[o];
}

bool object_of(enum call call, enum object *ret)
{
	const struct call_info *info = call_info(call);

	for (size_t i = 0; !(info->flags & CALL_EFFECT) && i < COUNT_OF(classes); i++) {
		if (strcmp(info->price, classes[i].class) != 0)
			continue;
		*ret = classes[i].object;
		return true;
	}
	return false;
}

static enum err read_object(
	const struct csv *c, struct str text, enum object *ret, struct errmsg *m)
{
	char shown[40];

	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (str_is(text, names[i])) {
			*ret = (enum object)i;
			return ERR_OK;
		}
	return csv_say(c, m, "objects is '%s', not 'posts' or 'users'",
		text_show(text, shown, sizeof(shown)));
}

static enum err take_row(void *ctx, const struct csv *c, struct errmsg *m)
{
	struct read_caps *to = ctx;
	struct row r = {0};
	struct str plan = c->fields[0];

	if (!text_is_name(plan, CAPS_PLAN_MAX - 1))
		return csv_say(
			c, m, "plan is not a name of at most %d bytes", CAPS_PLAN_MAX - 1);
	memcpy(r.plan, plan.at, plan.len);
	enum err e = read_object(c, c->fields[1], &r.object, m);
	if (!e)
		e = csv_count(c, 2, "cap", CAPS_MOST, &r.cap, m);
	if (e)
		return e;
	if (read_cap_of(to, r.plan, r.object) != CAPS_NONE)
		return csv_say(c, m, "says again what an earlier line said");
	if (to->count == ROWS_MAX)
		return csv_say(c, m, "is more than the %d rows there may be", ROWS_MAX);
	to->rows[to->count++] = r;
	return ERR_OK;
}

enum err read_caps_parse(struct str text, struct read_caps **ret, struct errmsg *m)
{
	AUTO(read_caps) caps = mem_alloc(sizeof(*caps));

	if (!caps)
		return err_say(m, ERR_NOMEM, "%s", err_text(ERR_NOMEM));
	enum err e =
		csv_each("read-caps.csv", text, "plan,objects,cap,source", take_row, caps, m);
	if (e)
		return e;
	*ret = STEAL(caps);
	return ERR_OK;
}

struct read_caps *read_caps_builtin(void)
{
	struct read_caps *ret = NULL;
	enum err e = read_caps_parse(data_read_caps, &ret, NULL);

	ASSERT(!e || e == ERR_NOMEM);
	return ret;
}

void read_caps_free(struct read_caps *c)
{
	mem_free(c);
}

int64_t read_cap_of(const struct read_caps *c, const char *plan, enum object o)
{
	for (size_t i = 0; i < c->count; i++)
		if (c->rows[i].object == o && strcmp(c->rows[i].plan, plan) == 0)
			return c->rows[i].cap;
	return CAPS_NONE;
}
