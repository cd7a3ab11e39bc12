/*
 * crash_vfs.h - a disk whose power can be cut
 *
 * Lies under SQLite in this process, as the default layer for files. What is written goes to
 * the file at once, as the system would show it, and is remembered until it is flushed. At a
 * cut each sector of what was not flushed is kept, lost, or torn in its middle, in any order,
 * by a seed; a file that was never flushed may be gone. From the cut on every write, flush and
 * truncation fails, until crash_settle() has put the files as the medium has them.
 */
#ifndef ROOST_TESTS_CRASH_VFS_H
#define ROOST_TESTS_CRASH_VFS_H

#include <stdbool.h>
#include <stdint.h>

/* Once, before a store is opened. */
void crash_register(void);

/* The power goes at the `after`-th write, flush or truncation from now, before it is done. */
void crash_arm(uint64_t seed, uint64_t after);

bool crash_is_dark(void);

/* How many there were since crash_arm(). */
uint64_t crash_count(void);

/* With all files closed: they are as the medium has them, and the power is back. */
void crash_settle(void);

#endif
