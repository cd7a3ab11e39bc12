#include "common/base/mem.h"

#include <limits.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define HUGE       ((size_t)2 << 20)  /* a huge page of the common machines */
#define MMAP_NEVER ((size_t)64 << 10) /* blocks of this size come from the heap */

static _Atomic int64_t countdown = -1;

static bool may_have(void)
{
	int64_t left = atomic_load_explicit(&countdown, memory_order_relaxed);

	if (left < 0)
		return true;
	atomic_store_explicit(&countdown, left - 1, memory_order_relaxed);
	return left > 0;
}

void mem_fail_after(int64_t n)
{
	atomic_store(&countdown, n);
}

/*
 * Asks for huge pages where a block is large enough to gain from them: a dispatcher that loads
 * a million jobs spends a fifth of its time on faults of small ones. Only a wish; whether it is
 * granted does not matter.
 */
static void *in_large_pages(void *p, size_t n)
{
	uintptr_t from = ((uintptr_t)p + HUGE - 1) & ~(HUGE - 1);

	if (p && n >= 2 * HUGE)
		(void)madvise(
			(void *)from, ((uintptr_t)p + n - from) & ~(HUGE - 1), MADV_HUGEPAGE);
	return p;
}

void mem_expect(size_t n)
{
	void *blocks[8];
	char *from = sbrk(0);
	size_t count = 0;

	if (n < HUGE || n > INT_MAX / 2)
		return;
	(void)mallopt(M_TOP_PAD, (int)n);
	(void)mallopt(M_TRIM_THRESHOLD, (int)(2 * n)); /* more than there is: it stays */
	while (count < COUNT_OF(blocks) && sbrk(0) == from)
		blocks[count++] = malloc(MMAP_NEVER);
	(void)mallopt(M_TOP_PAD, HUGE);
	(void)in_large_pages(from, (size_t)((char *)sbrk(0) - from));
	while (count)
		free(blocks[--count]);
}

void *mem_alloc(size_t n)
{
	return mem_array(1, n);
}

void *mem_array(size_t count, size_t size)
{
	size_t all;

	if (__builtin_mul_overflow(count, size, &all))
		return NULL;
	return may_have() ? in_large_pages(calloc(1, all), all) : NULL;
}

void *mem_grow(void *p, size_t n)
{
	ASSERT(n >= 1); /* realloc() to nothing gives p back */
	return may_have() ? realloc(p, n) : NULL;
}

char *mem_dup(const void *p, size_t n)
{
	char *copy = may_have() ? malloc(n + 1) : NULL;

	if (!copy)
		return NULL;
	if (n)
		memcpy(copy, p, n);
	copy[n] = 0;
	return copy;
}

void mem_free(void *p)
{
	free(p);
}

void *mem_grow_wiped(void *p, size_t n)
{
	size_t old = malloc_usable_size(p);

	if (p && n <= old)
		return p;
	void *bigger = mem_grow(NULL, n);
	if (!bigger)
		return NULL;
	if (p && old)
		memcpy(bigger, p, old);
	mem_free_wiped(p);
	return bigger;
}

void mem_free_wiped(void *p)
{
	if (p)
		explicit_bzero(p, malloc_usable_size(p));
	free(p);
}
