/*
 * mem.h - memory that can be made to run out
 *
 * All of roost allocates here, so that a test can fail the n-th allocation
 * and see that nothing breaks. Memory comes zeroed. NULL means there is none.
 */
#ifndef ROOST_COMMON_BASE_MEM_H
#define ROOST_COMMON_BASE_MEM_H

#include "common/base/base.h"

/*
 * About n bytes will be asked for, most of them in small blocks: the heap grows by so much at
 * once, in huge pages where the system has them. Only a hint; nothing is used before it is
 * asked for. A fault costs as much as taking in five jobs.
 */
void mem_expect(size_t n);

/* n zeroed bytes; n >= 1. Free with mem_free(). */
MUST_USE void *mem_alloc(size_t n);

/* count * size zeroed bytes; NULL too when the product overflows. */
MUST_USE void *mem_array(size_t count, size_t size);

/* p (or NULL) with room for n bytes, n >= 1; what is new is not zeroed. On NULL, p is as it
 * was. */
MUST_USE void *mem_grow(void *p, size_t n);

/* A copy of n bytes with a zero byte after them. */
MUST_USE char *mem_dup(const void *p, size_t n);

/* Gives p back; NULL is allowed. */
void mem_free(void *p);

/* The same two for memory that held a secret: whatever is given back is wiped first. */
MUST_USE void *mem_grow_wiped(void *p, size_t n);
void mem_free_wiped(void *p);

/*
 * Tests: let n allocations succeed and fail the one after, but none after that, so that a
 * failure nobody looked at is not made good by the next; negative: never fail.
 */
void mem_fail_after(int64_t n);

#endif
