/*
 * failpoint.h - named places where a test build can be made to fail
 *
 * failpoint.def lists them. FAILPOINT(FAIL_...) does nothing, and is nothing, unless the build
 * has ROOST_FAILPOINTS (tests do, releases never). There, the environment says what happens:
 *
 *     ROOST_FAILPOINTS="store.commit=kill@3,worker.send=hang%5,net.send=sleep:200"
 *
 * name=action, then @N: the N-th time only, or %P: in P of 100 cases, by ROOST_FAILPOINTS_SEED;
 * neither: every time. Actions: kill (SIGKILL), abort, hang (for ever), sleep:MS, errno:N (the
 * caller fails as with that errno, where it can). A mistake in it ends the program at once,
 * with exit code 64.
 */
#ifndef ROOST_BASE_FAILPOINT_H
#define ROOST_BASE_FAILPOINT_H

enum failpoint {
#define X(point, name, programs, meaning) point,
#include "common/base/failpoint.def"
#undef X
	FAIL_COUNT,
};

#ifdef ROOST_FAILPOINTS
/* 0, or the errno to fail with. */
int failpoint_hit(enum failpoint p);

/* Prints "name programs meaning", one a line, to standard output. */
void failpoints_list(void);
#define FAILPOINT(p) failpoint_hit(p)
#else
#define FAILPOINT(p) 0
#endif

#endif
