#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/contract/contract.h"

static char dir[64];

/* In memory where there is such a file system: here nothing but the answers counts. */
struct store *maker_open(void)
{
	struct store *s = NULL;
	struct errmsg m;
	char path[80];

	(void)snprintf(dir, sizeof(dir), "/dev/shm/roost-contract-XXXXXX");
	if (!mkdtemp(dir)) {
		(void)snprintf(dir, sizeof(dir), "/tmp/roost-contract-XXXXXX");
		assert_non_null(mkdtemp(dir));
	}
	(void)snprintf(path, sizeof(path), "%s/store/roost.db", dir);
	ok(store_sqlite_open(path, &s, &m));
	return s;
}

struct store *maker_reopen(struct store *s)
{
	struct errmsg m;
	char path[80];

	store_free(s);
	s = NULL;
	(void)snprintf(path, sizeof(path), "%s/store/roost.db", dir);
	ok(store_sqlite_open(path, &s, &m));
	return s;
}

static int drop(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st;
	(void)kind;
	(void)at;
	return remove(path);
}

void maker_close(struct store *s)
{
	store_free(s);
	assert_int_equal(nftw(dir, drop, 8, FTW_DEPTH | FTW_PHYS), 0);
}
