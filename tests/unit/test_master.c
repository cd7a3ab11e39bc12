#include "common/crypto/master.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "tests/lib/test.h"

static char dir[64];

/* The path of `name` in this program's own directory; made on first use. */
static const char *path_of(const char *name)
{
	static char path[128];

	if (!dir[0]) {
		(void)snprintf(dir, sizeof(dir), "/tmp/roost-master-XXXXXX");
		assert_non_null(mkdtemp(dir));
	}
	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

__attribute__((destructor)) static void clean_up(void)
{
	if (dir[0])
		(void)rmdir(dir);
}

static void write_file(const char *path, const char *bytes, size_t n, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, n), n);
	assert_int_equal(fchmod(fd, mode), 0);
	(void)close(fd);
}

/* Loads the file at path; words, if any, stay in m. */
static enum err load(const char *path, struct master **ret, struct errmsg *m)
{
	char spec[160];

	(void)snprintf(spec, sizeof(spec), "file:%s", path);
	m->text[0] = 0;
	return master_load(spec, ret, m);
}

/* What loading a file of these bytes and this mode says. The file is gone afterwards. */
static enum err try_bytes(const char *bytes, size_t n, mode_t mode, struct errmsg *m)
{
	const char *path = path_of("key");
	struct master *k = NULL;

	write_file(path, bytes, n, mode);
	enum err e = load(path, &k, m);
	master_free(k);
	assert_int_equal(unlink(path), 0);
	return e;
}

#define RAW    "0123456789abcdef0123456789abcdef"
#define BASE64 "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="

TEST(a_new_key_is_made_and_read)
{
	const char *path = path_of("new");
	struct master *k = NULL;
	struct errmsg m;
	struct stat st;

	assert_int_equal(master_create_file(path, &m), ERR_OK);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0400);
	assert_int_equal(st.st_nlink, 1);
	assert_int_equal(load(path, &k, &m), ERR_OK);
	assert_int_equal(strspn(master_id(k), "0123456789abcdef"), MASTER_ID_CHARS);
	master_free(k);
	assert_int_equal(unlink(path), 0);
}

TEST(a_key_is_never_overwritten)
{
	const char *path = path_of("kept");
	struct errmsg m;
	char after[64];

	write_file(path, "precious", 8, 0400);
	assert_int_equal(master_create_file(path, &m), ERR_CONFLICT);
	assert_non_null(strstr(m.text, "never overwritten"));
	FILE *f = fopen(path, "re");
	assert_int_equal(fread(after, 1, sizeof(after), f), 8);
	(void)fclose(f);
	assert_memory_equal(after, "precious", 8);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(dir), 0); /* and no half-made file beside it */
	dir[0] = 0;
}

TEST(a_key_that_cannot_be_made_leaves_nothing)
{
	struct errmsg m;

	assert_int_equal(master_create_file(path_of("none/key"), &m), ERR_IO);
	assert_non_null(strstr(m.text, "none/key"));
	mem_fail_after(0);
	assert_int_equal(master_create_file(path_of("key"), &m), ERR_IO);
	mem_fail_after(-1);
	assert_int_equal(rmdir(dir), 0);
	dir[0] = 0;
}

TEST(raw_bytes_and_base64_are_the_same_key)
{
	const char *path = path_of("same");
	struct master *a = NULL, *b = NULL;
	struct errmsg m;

	write_file(path, RAW, 32, 0600);
	assert_int_equal(load(path, &a, &m), ERR_OK);
	write_file(path, BASE64 "\n", 45, 0400);
	assert_int_equal(load(path, &b, &m), ERR_OK);
	assert_string_equal(master_id(a), master_id(b));
	master_free(a);
	master_free(b);
	assert_int_equal(unlink(path), 0);
}

TEST(other_content_is_refused_and_not_repeated)
{
	static const char zeroes[32] = {0};
	struct errmsg m;

	assert_int_equal(try_bytes("", 0, 0400, &m), ERR_FORMAT);
	assert_int_equal(try_bytes(RAW, 31, 0400, &m), ERR_FORMAT);
	assert_int_equal(try_bytes(RAW "\n", 33, 0400, &m), ERR_FORMAT);
	assert_int_equal(try_bytes(BASE64, 44, 0400, &m), ERR_OK);
	assert_int_equal(try_bytes(BASE64 "\n\n", 46, 0400, &m), ERR_FORMAT);
	assert_int_equal(try_bytes(BASE64 BASE64, 88, 0400, &m), ERR_FORMAT);
	assert_int_equal(try_bytes("*" BASE64, 44, 0400, &m), ERR_FORMAT);
	assert_int_equal(try_bytes(RAW RAW, 64, 0400, &m), ERR_FORMAT);
	assert_null(strstr(m.text, "0123"));
	assert_int_equal(try_bytes(zeroes, 32, 0400, &m), ERR_FORMAT);
}

TEST(a_file_that_others_may_read_is_refused)
{
	static const mode_t bad[] = {0440, 0404, 0640, 0644, 0666, 0620, 0601};
	struct errmsg m;

	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		assert_int_equal(try_bytes(RAW, 32, bad[i], &m), ERR_DENIED);
		assert_non_null(strstr(m.text, "chmod 0400"));
	}
	assert_int_equal(try_bytes(RAW, 32, 0600, &m), ERR_OK);
	assert_int_equal(try_bytes(RAW, 32, 0400, &m), ERR_OK);
}

TEST(a_file_of_another_user_is_refused)
{
	const char *path = "/proc/version"; /* root's: another's, unless we are root */
	struct master *k = NULL;
	struct errmsg m;

	if (geteuid() == 0) {
		path = path_of("foreign");
		write_file(path, RAW, 32, 0400);
		assert_int_equal(chown(path, 65534, 65534), 0);
	}
	assert_int_equal(load(path, &k, &m), ERR_DENIED);
	assert_non_null(strstr(m.text, "chown"));
	(void)unlink(path);
}

TEST(what_is_no_plain_file_is_refused_at_once)
{
	const char *path = path_of("pipe");
	struct master *k = NULL;
	struct errmsg m;

	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(load(path, &k, &m), ERR_DENIED);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(load(dir, &k, &m), ERR_DENIED);
}

TEST(a_missing_file_says_how_to_make_one)
{
	struct master *k = NULL;
	struct errmsg m;

	assert_int_equal(load(path_of("nowhere"), &k, &m), ERR_NOT_FOUND);
	assert_non_null(strstr(m.text, "roost init"));
}

TEST(a_descriptor_is_read_to_its_end_and_closed)
{
	struct master *k = NULL;
	char spec[16];
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], BASE64 "\n", 45), 45);
	(void)close(ends[1]);
	(void)snprintf(spec, sizeof(spec), "fd:%d", ends[0]);
	assert_int_equal(master_load(spec, &k, NULL), ERR_OK);
	assert_int_equal(fcntl(ends[0], F_GETFD), -1);
	assert_int_equal(master_load(spec, &k, NULL), ERR_INVALID);
	master_free(k);
}

TEST(a_credential_is_looked_for_where_systemd_puts_it)
{
	struct master *k = NULL;
	struct errmsg m;

	assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);
	assert_int_equal(master_load("credential:roost-master-key", &k, &m), ERR_NOT_FOUND);
	assert_non_null(strstr(m.text, "LoadCredential"));

	/* systemd's own files may be readable for a group: an ACL shows so. */
	write_file(path_of("roost-master-key"), RAW, 32, 0440);
	assert_int_equal(setenv("CREDENTIALS_DIRECTORY", dir, 1), 0);
	assert_int_equal(master_load("credential:roost-master-key", &k, &m), ERR_OK);
	assert_int_equal(master_load("credential:../key", &k, &m), ERR_INVALID);
	assert_int_equal(unlink(path_of("roost-master-key")), 0);
	master_free(k);
}

TEST(a_place_that_is_none_is_refused)
{
	static const char *const bad[] = {"", "file:", "fd:", "fd:x", "fd:-1", "fd:99999999999",
		"key", "credential:", "/etc/k"};
	struct master *k = NULL;
	struct errmsg m;

	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		assert_int_equal(master_load(bad[i], &k, &m), ERR_INVALID);
		assert_non_null(strstr(m.text, "security.master_key"));
	}
	assert_null(k);
}

TEST(memory_that_runs_out_anywhere_is_said)
{
	const char *path = path_of("key");
	struct errmsg m;
	int failures = 0;

	write_file(path, BASE64, 44, 0400);
	for (enum err e = ERR_NOMEM; e; failures++) {
		AUTO(master) k = NULL;

		mem_fail_after(failures);
		e = load(path, &k, &m);
		mem_fail_after(-1);
		assert_true(e == ERR_OK || e == ERR_NOMEM);
	}
	assert_true(failures > 2);
	assert_int_equal(unlink(path), 0);
}
