/* Runs a harness once over every file of the directories given. */
#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/base/mem.h"
#include "tests/fuzz/fuzz.h"

#define FILE_MAX (16u << 20)

/* Gives the harness a copy of just the right size, so that ASan sees one byte too many. */
static void run_bytes(struct str bytes)
{
	char *copy = mem_alloc(bytes.len ? bytes.len : 1);

	ASSERT(copy);
	if (bytes.len)
		memcpy(copy, bytes.at, bytes.len);
	LLVMFuzzerTestOneInput((const uint8_t *)copy, bytes.len);
	mem_free(copy);
}

static bool run_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	struct buf b;
	size_t n = 1;

	if (!f) {
		(void)fprintf(stderr, "'%s' cannot be read\n", path);
		return false;
	}
	buf_init(&b, FILE_MAX);
	while (n > 0) {
		unsigned char *to = buf_room(&b, 4096);

		ASSERT(to);
		n = fread(to, 1, 4096, f);
		buf_add(&b, n);
	}
	(void)fclose(f);
	run_bytes(buf_view(&b));
	buf_done(&b);
	return true;
}

/* Returns how many files it ran; -1 when one could not be read. */
static int run_directory(const char *path)
{
	DIR *dir = opendir(path);
	int count = 0;

	if (!dir) {
		(void)fprintf(stderr, "'%s' is no directory\n", path);
		return -1;
	}
	for (const struct dirent *d; count >= 0 && (d = readdir(dir)) != NULL;) {
		char file[4096];

		if (d->d_name[0] == '.')
			continue;
		(void)snprintf(file, sizeof(file), "%s/%s", path, d->d_name);
		count = run_file(file) ? count + 1 : -1;
	}
	(void)closedir(dir);
	return count;
}

int main(int argc, char **argv)
{
	int all = 0;

	for (int i = 1; i < argc; i++) {
		int count = run_directory(argv[i]);

		if (count < 0)
			return 1;
		all += count;
	}
	printf("%d files\n", all);
	return all ? 0 : 1;
}
