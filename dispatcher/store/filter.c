#include "dispatcher/store/filter.h"

#include <string.h>

static bool has_tag(struct str tags, struct str tag)
{
	for (size_t at = 0; at + tag.len + 1 < tags.len; at++)
		if (tags.at[at] == '\n' && tags.at[at + tag.len + 1] == '\n' &&
			!memcmp(tags.at + at + 1, tag.at, tag.len))
			return true;
	return false;
}

static bool is_or_any(struct str wanted, struct str have)
{
	return !wanted.len || str_equal(wanted, have);
}

bool filter_fits_body(const struct job_filter *f, const struct body *b)
{
	if (!is_or_any(f->action, b->action) || !is_or_any(f->batch, b->batch))
		return false;
	if (f->tag.len && !has_tag(b->tags, f->tag))
		return false;
	if (!f->text.len)
		return true;
	return memmem(b->args.at, b->args.len, f->text.at, f->text.len) &&
	       (!f->has_text || f->has_text(b->args, f->text));
}

bool filter_is_final(enum job_state state)
{
	static const bool final[] = {
#define X(name, text, is_final, next) [JOB_##name] = is_final,
		JOB_STATES(X)
#undef X
	};

	return final[state];
}

bool filter_fits_job(const struct job_filter *f, const struct job *j)
{
	enum job_state state = (enum job_state)j->state;

	if ((f->agent && f->agent != j->agent) || (f->account && f->account != j->account))
		return false;
	if (!f->by_state)
		return true;
	if (f->state_now && !filter_is_final(state))
		state = f->state_now(f->state_ctx, j);
	return f->state == state;
}
