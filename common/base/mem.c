#include "common/base/mem.h"

#include <malloc.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

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

void *mem_alloc(size_t n)
{
	return mem_array(1, n);
}

void *mem_array(size_t count, size_t size)
{
	size_t all;

	if (__builtin_mul_overflow(count, size, &all))
		return NULL;
	return may_have() ? calloc(1, all) : NULL;
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
	if (old)
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
