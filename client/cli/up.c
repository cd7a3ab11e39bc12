#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/cli/cli.h"
#include "client/cli/demo.h"
#include "common/conf/conf.h"

#define WORKERS_MAX  64
#define CHILDREN_MAX (WORKERS_MAX + 2)
#define RESTART_WAIT 300   /* ms before a program that died is started again */
#define READY_WAIT   20000 /* ms until the dispatcher must answer */
#define STOP_WAIT    15000 /* ms until a program that was asked to end must have */

/* One program that `up` keeps running. */
struct child {
	char *argv[8];
	pid_t pid; /* 0: not running */
};

struct up {
	struct cli *c;
	struct child children[CHILDREN_MAX];
	size_t count;
};

static volatile sig_atomic_t asked_to_stop;

static void on_signal(int signo)
{
	(void)signo;
	asked_to_stop = 1;
}

/* The program of that name beside this one; found by PATH when it is not there. The caller's.
 */
static char *beside(const char *name)
{
	char self[4096];
	char *path = NULL;
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (n > 0) {
		self[n] = 0;
		char *slash = strrchr(self, '/');
		if (slash && asprintf(&path, "%.*s/%s", (int)(slash - self), self, name) > 0 &&
			access(path, X_OK) == 0)
			return path;
		free(path);
	}
	return strdup(name);
}

static int start(struct child *child)
{
	pid_t pid = fork();

	if (pid < 0)
		return cli_fail(
			EXIT_FAILED, "a process could not be started: %s", strerror(errno));
	if (pid == 0) {
		(void)setpgid(0, 0); /* Ctrl-C is for `up`, which ends them in order */
		execvp(child->argv[0], child->argv);
		cli_fail(0, "%s: %s", child->argv[0], strerror(errno));
		_exit(EXIT_UNAVAILABLE);
	}
	child->pid = pid;
	return EXIT_DONE;
}

/* Adds a program; `first` and `second` are an option with its value, or NULL. */
static struct child *add(
	struct up *up, const char *program, const char *first, const char *second)
{
	struct child *child = &up->children[up->count++];
	size_t n = 0;

	child->argv[n++] = beside(program);
	if (up->c->config) {
		child->argv[n++] = strdup("--config");
		child->argv[n++] = strdup(up->c->config);
	}
	if (first)
		child->argv[n++] = strdup(first);
	if (second)
		child->argv[n++] = strdup(second);
	return child;
}

static void forget(struct up *up)
{
	for (size_t i = 0; i < up->count; i++)
		for (size_t k = 0; up->children[i].argv[k]; k++)
			free(up->children[i].argv[k]);
}

/* Starts again what has died by itself. */
static void watch(struct up *up)
{
	while (!asked_to_stop) {
		int status;
		pid_t pid = waitpid(-1, &status, WNOHANG);

		for (size_t i = 0; pid > 0 && i < up->count; i++) {
			if (up->children[i].pid != pid)
				continue;
			cli_fail(0, "%s (pid %d) died; it is started again",
				up->children[i].argv[0], (int)pid);
			(void)poll(NULL, 0, RESTART_WAIT);
			if (!asked_to_stop)
				(void)start(&up->children[i]);
			else
				up->children[i].pid = 0;
		}
		if (pid <= 0)
			(void)poll(NULL, 0, 100);
	}
}

/* Ends a program: SIGTERM, and SIGKILL when it does not listen. */
static void stop_one(struct child *child)
{
	if (child->pid <= 0)
		return;
	(void)kill(child->pid, SIGTERM);
	for (int waited = 0; waited < STOP_WAIT; waited += 20) {
		if (waitpid(child->pid, NULL, WNOHANG) != 0) {
			child->pid = 0;
			return;
		}
		(void)poll(NULL, 0, 20);
	}
	(void)kill(child->pid, SIGKILL);
	(void)waitpid(child->pid, NULL, 0);
	child->pid = 0;
}

/* Workers first, so that their results are kept; then the dispatcher; the simulator last. */
static void stop_all(struct up *up)
{
	for (size_t i = up->count; i > 0; i--)
		if (up->children[i - 1].pid > 0)
			(void)kill(
				up->children[i - 1].pid, i > 2 || up->count < 3 ? SIGTERM : 0);
	for (size_t i = up->count; i > 0; i--)
		stop_one(&up->children[i - 1]);
}

static bool dispatcher_answers(struct up *up)
{
	const struct conf *conf = cli_conf(up->c);
	struct roost_options o = {.timeout_ms = 500};

	if (!conf)
		return false;
	o.endpoint = conf->listen_agents;
	for (int waited = 0; waited < READY_WAIT && !asked_to_stop; waited += 500) {
		struct roost_error e;
		struct roost *r;
		bool good = roost_open(&o, &r, &e) == ROOST_OK;

		good = good && roost_call(r, "ping", NULL, NULL, &e) == ROOST_OK;
		roost_close(r);
		if (good)
			return true;
		int status;
		for (size_t i = 0; i < up->count; i++)
			if (up->children[i].pid > 0 &&
				waitpid(up->children[i].pid, &status, WNOHANG) > 0) {
				up->children[i].pid = 0;
				return false; /* it has said why */
			}
	}
	return false;
}

static int start_all(struct up *up, int64_t workers, bool xsim, struct demo *demo)
{
	const struct conf *conf = cli_conf(up->c);
	int code = EXIT_DONE;

	if (!conf)
		return EXIT_CONFIG;
	if (xsim) {
		char *path = beside("roost-xsim");

		code = demo_start(demo, path);
		free(path);
		if (code)
			return code;
		(void)setenv("ROOST_X_API_URL", demo->url, 1);
	}
	code = start(add(up, "roost-dispatcher", NULL, NULL));
	if (!code && !dispatcher_answers(up))
		code = asked_to_stop
			       ? EXIT_FAILED
			       : cli_fail(EXIT_UNAVAILABLE, "the dispatcher did not start");
	if (!code && xsim)
		code = demo_connect(up->c, demo);
	for (int64_t i = 0; !code && i < workers; i++)
		code = start(add(up, "roost-worker", NULL, NULL));
	return code;
}

static int run_up(struct cli *c, const struct command *cmd, int argc, char **argv)
{
	static const int bounds[] = {0, 0};
	const char *workers = "2";
	struct up up = {.c = c};
	struct demo demo = {0};
	bool xsim = false;
	const struct option_spec specs[] = {
		{"workers", "how many workers (default 2)", &workers, NULL},
		{"xsim", "start the simulator of X and connect demo accounts", NULL, &xsim},
		{0},
	};
	struct sigaction action = {.sa_handler = on_signal};
	int64_t count;
	int code;

	if (cli_options(c, cmd, specs, argc, argv, bounds, &code) < 0)
		return code;
	if (text_to_int(str_of(workers), 0, WORKERS_MAX, &count))
		return cli_fail(EXIT_USAGE, "--workers is 0 to %d", WORKERS_MAX);
	(void)sigaction(SIGINT, &action, NULL);
	(void)sigaction(SIGTERM, &action, NULL);
	code = start_all(&up, count, xsim, &demo);
	if (!code) {
		printf("roost is ready: agents %s, %lld workers%s%s\n",
			cli_conf(c)->listen_agents, (long long)count,
			xsim ? ", simulated X at " : "", xsim ? demo.url : "");
		(void)fflush(stdout);
		watch(&up);
	}
	stop_all(&up);
	demo_stop(&demo);
	forget(&up);
	return code;
}

/* Runs a sibling program in the place of this one's. */
static int run_init(struct cli *c, const struct command *cmd, int argc, char **argv)
{
	static const int bounds[] = {0, 0};
	struct up up = {.c = c};
	int code;
	int status;

	if (cli_options(c, cmd, NULL, argc, argv, bounds, &code) < 0)
		return code;
	code = start(add(&up, "roost-dispatcher", "--init", NULL));
	if (!code && waitpid(up.children[0].pid, &status, 0) > 0)
		code = WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILED;
	forget(&up);
	return code;
}

/* clang-format off */
const struct command up_commands[] = {
	{"up", run_up, "dispatcher and workers here, one command",
		"[OPTIONS]\n\nWhat dies is started again. Ctrl-C stops everything in order.\n\n"
		"example:\n  roost up --xsim\n  roost up --workers 4 --config roost.yaml"},
	{"init", run_init, "make a settings file, directories and keys",
		"\n\nMakes ./roost.yaml (or --config FILE) if there is none, the state directory and the master key.\n\n"
		"example:\n  roost init --config /etc/roost/roost.yaml"},
	{0},
};
/* clang-format on */
