#include "client/cli/demo.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/conf/conf.h"
#include "common/json/json.h"
#include "common/net/fetch.h"
#include "common/net/loop.h"

#define FETCH_WAIT (5 * USEC_SEC)
#define SIMULATED  "simulated" /* a file in a state directory that was used with xsim */

static const char ready_words[] = "roost-xsim ready: ";

/* --- whose directory it is --- */

static bool is_there(const char *dir, const char *name)
{
	char path[4200];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	return access(path, F_OK) == 0;
}

static int claim(const char *dir)
{
	char path[4200];

	if (mkdir(dir, 0700) && errno != EEXIST)
		return cli_fail(EXIT_NO_CREATE,
			"'%s': %s; name another directory: "
			"ROOST_STATE_DIR=DIR roost up --xsim",
			dir, strerror(errno));
	(void)snprintf(path, sizeof(path), "%s/%s", dir, SIMULATED);
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return cli_fail(EXIT_NO_CREATE, "'%s': %s", path, strerror(errno));
	(void)close(fd);
	return EXIT_DONE;
}

int demo_check_state(const struct conf *conf, bool simulated)
{
	const char *dir = conf->state_dir;
	bool was_simulated = is_there(dir, SIMULATED);

	if (simulated == was_simulated)
		return EXIT_DONE;
	if (was_simulated)
		return cli_fail(EXIT_CONFIG,
			"'%s' was used with `roost up --xsim`: its accounts are of a simulated "
			"X; "
			"give the real ones another directory (state.dir)",
			dir);
	if (is_there(dir, "roost.db"))
		return cli_fail(EXIT_CONFIG,
			"'%s' holds real accounts, which must not meet a simulated X; try it "
			"with "
			"another directory: ROOST_STATE_DIR=DIR roost up --xsim",
			dir);
	return claim(dir);
}

/* --- the simulator --- */

int demo_start(struct demo *d, const char *path)
{
	char line[256];
	int out[2];

	if (pipe(out))
		return cli_fail(EXIT_FAILED, "%s", strerror(errno));
	pid_t parent = getpid();
	(void)fflush(NULL);
	d->pid = fork();
	if (d->pid == 0) {
		up_detach(parent);
		(void)dup2(out[1], STDOUT_FILENO);
		(void)close(out[0]);
		(void)close(out[1]);
		execlp(path, path, "--port", "0", "--accounts", "5", "--plan", "enterprise",
			(char *)NULL);
		_exit(127);
	}
	(void)close(out[1]);
	FILE *from = fdopen(out[0], "r");
	bool ready = from && fgets(line, sizeof(line), from) &&
		     strncmp(line, ready_words, strlen(ready_words)) == 0;
	if (from)
		(void)fclose(from);
	if (!ready)
		return cli_fail(EXIT_UNAVAILABLE,
			"the simulator '%s' did not start; it is installed beside roost", path);
	line[strcspn(line, "\r\n")] = 0;
	(void)snprintf(d->url, sizeof(d->url), "%s", line + strlen(ready_words));
	return EXIT_DONE;
}

void demo_stop(struct demo *d)
{
	if (d->pid <= 0)
		return;
	(void)kill(d->pid, SIGTERM);
	(void)waitpid(d->pid, NULL, 0);
	d->pid = 0;
}

/* --- what the simulator tells of itself --- */

struct page {
	struct buf body;
	bool done;
};

static void on_answer(void *ctx, const struct fetch_answer *a)
{
	struct page *p = ctx;

	if (a->end == FETCH_ANSWERED && a->status == 200)
		buf_put(&p->body, a->body.at, a->body.len);
	p->done = true;
}

/* GETs a page of the simulator's into p->body. */
static enum err get(const struct demo *d, const char *path, struct page *p)
{
	AUTO(loop) l = loop_new(&clock_system);
	char url[256];

	buf_init(&p->body, FETCH_BODY_MAX);
	(void)snprintf(url, sizeof(url), "%s%s", d->url, path);
	if (!l)
		return ERR_NOMEM;
	AUTO(fetch) f = fetch_new(l, 1);
	struct fetch_request r = {.method = "GET", .url = url, .timeout = FETCH_WAIT};
	enum err e = f ? fetch_start(f, &r, on_answer, p) : ERR_NOMEM;
	while (!e && !p->done)
		e = loop_once(l, FETCH_WAIT);
	return e ? e : p->body.len ? ERR_OK : ERR_UNAVAILABLE;
}

static int add_app(struct cli *c, const struct demo *d)
{
	struct page p = {0};
	json_t *app = NULL;
	int code = EXIT_UNAVAILABLE;

	if (!get(d, "/_xsim/app", &p) && !json_read(buf_view(&p.body), &app, NULL)) {
		json_t *request = json_pack("{s:s,s:s}", "name", "demo", "plan", "enterprise");

		json_object_set(request, "client_id", json_object_get(app, "client_id"));
		json_object_set(
			request, "client_secret", json_object_get(app, "client_secret"));
		code = cli_admin(c, "app_add", request, NULL);
	}
	json_decref(app);
	buf_done(&p.body);
	return code;
}

static int import_one(struct cli *c, struct str line)
{
	json_t *account;

	if (json_read(line, &account, NULL))
		return EXIT_FAILED;
	json_object_set_new(account, "app", json_string("demo"));
	return cli_admin(c, "account_import", account, NULL);
}

void demo_take_place(const struct demo *d)
{
	char authorize[sizeof(d->url) + 32];

	(void)snprintf(authorize, sizeof(authorize), "%s/i/oauth2/authorize", d->url);
	(void)setenv("ROOST_X_API_URL", d->url, 1);
	(void)setenv("ROOST_X_AUTHORIZE_URL", authorize, 1);
}

int demo_connect(struct cli *c, const struct demo *d)
{
	struct page p = {0};
	int code = add_app(c, d);

	if (code)
		return code;
	if (get(d, "/_xsim/accounts", &p))
		code = cli_fail(EXIT_UNAVAILABLE, "the simulator does not tell its accounts");
	const char *at = (const char *)p.body.data;
	const char *end = at + p.body.len;
	while (!code && at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		size_t n = newline ? (size_t)(newline - at) : (size_t)(end - at);

		if (n)
			code = import_one(c, (struct str){at, n});
		at += n + 1;
	}
	buf_done(&p.body);
	return code;
}
