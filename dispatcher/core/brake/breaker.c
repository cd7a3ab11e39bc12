#include "dispatcher/core/brake/breaker.h"

#include "dispatcher/core/mistake.h"

bool breaker_is_open(const struct breaker *b)
{
	return b->until != 0;
}

usec_t breaker_ready_at(const struct breaker *b, usec_t wall)
{
	usec_t until = b->until < wall + BREAKER_WAIT_MAX ? b->until : wall + BREAKER_WAIT_MAX;

	if (!breaker_is_open(b))
		return wall;
	if ((b->probing && !MISTAKE(MISTAKE_BREAKER_LEAKS)) || MISTAKE(MISTAKE_BREAKER_STAYS))
		return wall + BREAKER_WAIT_MIN;
	return until > wall ? until : wall;
}

bool breaker_take(struct breaker *b)
{
	if (!breaker_is_open(b))
		return false;
	b->probing = true;
	return true;
}

void breaker_give(struct breaker *b)
{
	b->probing = false;
}

static void open_for(struct breaker *b, usec_t wait, usec_t wall)
{
	b->wait = wait < BREAKER_WAIT_MAX ? wait : BREAKER_WAIT_MAX;
	b->until = wall + b->wait;
}

bool breaker_failed(struct breaker *b, bool probe, usec_t wall)
{
	if (b->run < BREAKER_RUN)
		b->run++;
	if (probe)
		b->probing = false;
	if (!breaker_is_open(b) && b->run < BREAKER_RUN)
		return false;
	if (!breaker_is_open(b))
		open_for(b, BREAKER_WAIT_MIN, wall);
	else if (probe)
		open_for(b, 2 * b->wait, wall);
	return true;
}

bool breaker_succeeded(struct breaker *b)
{
	bool was_open = breaker_is_open(b);

	*b = (struct breaker){0};
	return was_open;
}

void breaker_trip(struct breaker *b, usec_t wall)
{
	if (!breaker_is_open(b))
		open_for(b, BREAKER_WAIT_MIN, wall);
}
