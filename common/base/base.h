/*
 * base.h - the few words every file of roost may use
 *
 * This header includes nothing of roost's. If a macro here needs a paragraph
 * to explain, it belongs in a module instead.
 */
#ifndef ROOST_COMMON_BASE_BASE_H
#define ROOST_COMMON_BASE_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MUST_USE          __attribute__((warn_unused_result))
#define PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define COUNT_OF(a)       (sizeof(a) / sizeof((a)[0]))

/*
 * A broken invariant is a bug, never a condition to handle: say where and
 * stop. Kept in every build; NDEBUG has no say.
 */
#define ASSERT(cond) ((cond) ? (void)0 : assert_failed(__FILE__, __LINE__, __func__, #cond))
_Noreturn void assert_failed(const char *file, int line, const char *func, const char *cond);

/*
 * AUTO(thing) t = thing_new();    t is freed when it leaves scope
 * return STEAL(t);                ... unless it is handed on
 *
 * AUTO_DEFINE(thing) once, beside thing_free() in thing.h, allows it.
 */
#define AUTO(type) __attribute__((cleanup(type##_auto))) struct type *
#define AUTO_DEFINE(type)                               \
	static inline void type##_auto(struct type **p) \
	{                                               \
		type##_free(*p);                        \
	}
#define STEAL(p)                                     \
	__extension__({                              \
		__typeof__(p) *steal_from_ = &(p);   \
		__typeof__(p) steal_ = *steal_from_; \
		*steal_from_ = NULL;                 \
		steal_;                              \
	})

/*
 * To be called first in main() of a program that holds secrets. Afterwards there
 * is no core file of it, and another process of the same user can neither
 * attach to it nor read its memory or environment (PR_SET_DUMPABLE). In
 * sanitizer builds the second part is left out, since the leak checker
 * attaches to its own process. What is executed afterwards has no core files either, but
 * can be attached to unless it says so itself.
 */
void harden_process(void);

#endif
