/* pace_keep.c - what an account did, as a line of numbers on disk */
#include "common/base/buf.h"
#include "dispatcher/policy/pace.h"

#define FORM 1 /* of the line: its first number */

void pace_write(const struct pace *p, struct buf *out)
{
	buf_fmt(out, "%d %lld %lld %lld", FORM, (long long)p->day, (long long)p->next_at,
		(long long)p->slot_at);
	for (int i = 0; i < ACT_COUNT; i++)
		buf_fmt(out, " %d %lld", p->done[i], (long long)p->last_at[i]);
}

/* The next number of the line, taken off it. */
static bool take(struct str *rest, int64_t most, int64_t *ret)
{
	size_t n = 0;

	while (n < rest->len && rest->at[n] != ' ')
		n++;
	if (text_to_int((struct str){rest->at, n}, 0, most, ret))
		return false;
	size_t taken = n + (n < rest->len);
	*rest = (struct str){rest->at + taken, rest->len - taken};
	return true;
}

bool pace_read(struct str line, struct pace *ret)
{
	struct pace p = {0};
	int64_t form = 0, done;
	bool ok = take(&line, FORM, &form) && form == FORM && take(&line, INT32_MAX, &p.day) &&
		  take(&line, INT64_MAX / 2, &p.next_at) &&
		  take(&line, INT64_MAX / 2, &p.slot_at);

	for (int i = 0; ok && i < ACT_COUNT; i++) {
		ok = take(&line, INT32_MAX, &done) && take(&line, INT64_MAX / 2, &p.last_at[i]);
		p.done[i] = ok ? (int32_t)done : 0;
	}
	if (!ok || line.len)
		return false;
	*ret = p;
	return true;
}
