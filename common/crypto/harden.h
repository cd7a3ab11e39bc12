/*
 * harden.h - a process that does not leave its memory lying about
 */
#ifndef ROOST_COMMON_CRYPTO_HARDEN_H
#define ROOST_COMMON_CRYPTO_HARDEN_H

/*
 * To be called first in main() of a program that holds secrets. Afterwards there
 * is no core file of it, and another process of the same user can neither
 * attach to it nor read its memory or environment (PR_SET_DUMPABLE). In
 * sanitizer builds the second part is left out, since the leak checker
 * attaches to its own process.
 */
void crypto_harden_process(void);

#endif
