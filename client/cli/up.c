#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/cli/cli.h"
#include "client/cli/demo.h"
#include "common/conf/conf.h"
#include "common/net/zsock.h"

#define WORKERS_MAX  64
#define CHILDREN_MAX (WORKERS_MAX + 1)
#define RESTART_WAIT (300 * USEC_MSEC) /* before a program that died is started again */
#define RESTART_MOST (5 * USEC_SEC)    /* and again, and again: doubled up to this */
#define STEADY       (10 * USEC_SEC)   /* one that lived so long begins anew with it */
#define READY_WAIT   (20 * USEC_SEC)   /* until dispatcher and workers must be there */
#define STOP_WAIT    (15 * USEC_SEC)   /* until one that was asked to end must have */
#define PAUSE        20                /* ms between two looks */

/* One program that `up` keeps running. */
struct child {
	char program[4096];
	const char *option, *value; /* lent; or NULL */
	char file[4200];            /* settings of its own */
	pid_t pid;                  /* 0: not running */
	usec_t started;             /* mono */
	usec_t wait;                /* before it is started again, should it die */
	usec_t again_at;            /* mono; 0: it runs */
};

/* The dispatcher is the first child, the others are workers. */
struct up {
	struct cli *c;
	struct child children[CHILDREN_MAX];
	size_t count;
	struct demo demo; /* its pid is 0 without a simulator */
};

static volatile sig_atomic_t asked_to_stop; /* how often */

static void on_signal(int signo)
{
	(void)signo;
	asked_to_stop++;
}

static usec_t mono(void)
{
	return clock_system.read(NULL).mono;
}

/* The program of that name beside this one; else to be found by PATH. */
static void beside(const char *name, char out[4096])
{
	char self[3800];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	self[n > 0 ? n : 0] = 0;
	char *slash = strrchr(self, '/');
	(void)snprintf(out, 4096, "%.*s/%s", slash ? (int)(slash - self) : 0, self, name);
	if (access(out, X_OK))
		(void)snprintf(out, 4096, "%s", name);
}

void up_detach(pid_t parent)
{
	(void)setpgid(0, 0); /* Ctrl-C is for `up`, which ends them in order */
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM); /* nobody stays when `up` is killed */
	if (getppid() != parent)
		_exit(EXIT_FAILED);
}

/* In the child: never returns. */
static void become(const struct cli *c, struct child *child, pid_t parent)
{
	char config[] = "--config";
	char *argv[6] = {child->program};
	size_t n = 1;

	if (c->config && child->value != child->file) {
		argv[n++] = config;
		argv[n++] = (char *)(uintptr_t)c->config;
	}
	if (child->option)
		argv[n++] = (char *)(uintptr_t)child->option;
	if (child->value)
		argv[n++] = (char *)(uintptr_t)child->value;
	up_detach(parent);
	execvp(child->program, argv);
	cli_fail(0, "%s: %s", child->program, strerror(errno));
	_exit(EXIT_UNAVAILABLE);
}

static int start(const struct cli *c, struct child *child)
{
	pid_t parent = getpid();

	(void)fflush(NULL);
	pid_t pid = fork();
	if (pid < 0)
		return cli_fail(
			EXIT_FAILED, "a process could not be started: %s", strerror(errno));
	if (pid == 0)
		become(c, child, parent);
	child->pid = pid;
	child->started = mono();
	child->again_at = 0;
	return EXIT_DONE;
}

/* Adds a program and starts it; `option` and `value` are lent, or NULL. */
static int add(struct up *up, const char *program, const char *option, const char *value)
{
	struct child *child = &up->children[up->count++];

	child->option = option;
	child->value = value;
	child->wait = RESTART_WAIT;
	beside(program, child->program);
	return start(up->c, child);
}

/* --- while it runs --- */

/* A program died by itself: it is started again, later each time it does not live long. */
static void note_death(struct child *child, int status)
{
	bool signalled = WIFSIGNALED(status);

	if (mono() - child->started > STEADY)
		child->wait = RESTART_WAIT;
	cli_fail(0, "%s (pid %d) ended with %s %d; it is started again", child->program,
		(int)child->pid, signalled ? "signal" : "exit code",
		signalled ? WTERMSIG(status) : WEXITSTATUS(status));
	child->pid = 0;
	child->again_at = mono() + child->wait;
	child->wait = child->wait * 2 > RESTART_MOST ? RESTART_MOST : child->wait * 2;
}

static void reap(struct up *up)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		for (size_t i = 0; i < up->count; i++)
			if (up->children[i].pid == pid)
				note_death(&up->children[i], status);
		if (pid == up->demo.pid)
			up->demo.pid = 0;
	}
}

static int watch(struct up *up, bool xsim)
{
	while (!asked_to_stop) {
		reap(up);
		if (xsim && up->demo.pid == 0)
			return cli_fail(EXIT_FAILED,
				"the simulator ended; what it knew is gone, so everything is "
				"stopped");
		for (size_t i = 0; i < up->count && !asked_to_stop; i++)
			if (up->children[i].again_at && up->children[i].again_at <= mono() &&
				start(up->c, &up->children[i]))
				up->children[i].again_at = mono() + RESTART_MOST;
		(void)poll(NULL, 0, PAUSE);
	}
	return EXIT_DONE;
}

/* --- the end --- */

static void ask_to_end(const struct child *child)
{
	if (child->pid > 0)
		(void)kill(child->pid, SIGTERM);
}

/* Waits for a program that was asked to end; SIGKILL when it does not listen, or when somebody
 * asked `up` twice. */
static void await_end(struct child *child)
{
	usec_t until = mono() + STOP_WAIT;

	if (child->pid <= 0)
		return;
	while (waitpid(child->pid, NULL, WNOHANG) == 0) {
		if (mono() > until || asked_to_stop > 1)
			(void)kill(child->pid, SIGKILL);
		(void)poll(NULL, 0, PAUSE);
	}
	child->pid = 0;
}

/* Workers first, so that their results are kept; then the dispatcher; the simulator last. */
static void stop_all(struct up *up)
{
	for (size_t i = 1; i < up->count; i++)
		ask_to_end(&up->children[i]);
	for (size_t i = 1; i < up->count; i++)
		await_end(&up->children[i]);
	if (up->count) {
		ask_to_end(&up->children[0]);
		await_end(&up->children[0]);
	}
	demo_stop(&up->demo);
}

/* --- the beginning --- */

/* How many workers the dispatcher knows; -1 while it does not answer. */
static int64_t workers_there(const struct up *up)
{
	struct roost_options o = {.endpoint = up->c->conf->listen_admin, .timeout_ms = 500};
	struct roost_error e;
	struct roost *r;
	char *answer = NULL;
	int64_t n = -1;

	if (!cli_listens(o.endpoint) || roost_open(&o, &r, &e))
		return n;
	if (roost_call(r, "stats", NULL, &answer, &e) == ROOST_OK) {
		json_t *stats = json_loads(answer, 0, NULL);

		n = json_integer_value(json_object_get(stats, "workers"));
		json_decref(stats);
	}
	roost_free(answer);
	roost_close(r);
	return n;
}

/* Waits until the dispatcher answers and has `workers`. A program that ends meanwhile has said
 * why. */
static int await_ready(struct up *up, int64_t workers)
{
	usec_t until = mono() + READY_WAIT;
	int status;

	while (workers_there(up) < workers) {
		for (size_t i = 0; i < up->count; i++)
			if (waitpid(up->children[i].pid, &status, WNOHANG) > 0) {
				up->children[i].pid = 0;
				return cli_fail(WIFEXITED(status) && WEXITSTATUS(status)
							? WEXITSTATUS(status)
							: EXIT_FAILED,
					"%s did not start", up->children[i].program);
			}
		if (asked_to_stop)
			return EXIT_FAILED;
		if (mono() > until)
			return cli_fail(EXIT_UNAVAILABLE, "%s did not get ready in time",
				workers ? "the workers" : "the dispatcher");
		(void)poll(NULL, 0, PAUSE);
	}
	return EXIT_DONE;
}

/* Whether workers need keys. */
static bool are_keyed(const struct conf *conf)
{
	return strcmp(conf->security_curve, "on") == 0 ||
	       (strcmp(conf->security_curve, "off") != 0 &&
		       !zsock_is_local(conf->listen_workers));
}

/* What a worker is to know of this settings file besides its key. */
static void pass_settings(const struct conf *conf)
{
	char text[40];

	(void)snprintf(text, sizeof(text), "%lld", (long long)conf->worker_concurrency);
	(void)setenv("ROOST_WORKER_CONCURRENCY", text, 1);
	(void)snprintf(
		text, sizeof(text), "%lldms", (long long)(conf->worker_timeout / USEC_MSEC));
	(void)setenv("ROOST_WORKER_TIMEOUT", text, 1);
	(void)setenv("ROOST_X_CA_FILE", conf->x_ca_file, 1);
}

/*
 * A worker where keys are used: its key is made when it is started for the first time, and kept
 * beside the store in a file of its own.
 */
static int add_keyed(struct up *up, int64_t number)
{
	struct child *child = &up->children[up->count];
	char name[32];

	(void)snprintf(name, sizeof(name), "up-%lld", (long long)number + 1);
	(void)snprintf(child->file, sizeof(child->file), "%s/worker-%s.yaml",
		up->c->conf->state_dir, name);
	if (access(child->file, F_OK)) {
		int code = cli_worker_key(up->c, name, child->file);

		if (code)
			return code;
	}
	pass_settings(up->c->conf);
	return add(up, "roost-worker", "--config", child->file);
}

static int start_all(struct up *up, int64_t workers, bool xsim)
{
	char simulator[4096];
	bool keyed = are_keyed(up->c->conf);
	int code = EXIT_DONE;

	if (cli_listens(up->c->conf->listen_agents))
		return cli_fail(EXIT_UNAVAILABLE,
			"something is at %s already; if it is a roost, `roost stats` shows it; "
			"else "
			"set listen.agents to another port",
			up->c->conf->listen_agents);
	code = demo_check_state(up->c->conf, xsim);
	if (!code && xsim) {
		beside("roost-xsim", simulator);
		code = demo_start(&up->demo, simulator);
		if (!code)
			demo_take_place(&up->demo);
	}
	if (!code)
		code = add(up, "roost-dispatcher", NULL, NULL);
	if (!code)
		code = await_ready(up, 0);
	if (!code && xsim)
		code = demo_connect(up->c, &up->demo);
	for (int64_t i = 0; !code && i < workers; i++)
		code = keyed ? add_keyed(up, i) : add(up, "roost-worker", NULL, NULL);
	return code ? code : await_ready(up, workers);
}

/*
 * ZeroMQ's threads are not needed any more. The kernel tells children of their parent's death
 * once for each of its threads, and a worker that is told twice does not finish what it has
 * begun.
 */
static void end_threads(struct cli *c)
{
	roost_close(c->agents);
	roost_close(c->admin);
	c->agents = NULL;
	c->admin = NULL;
	zsock_end();
}

static int run_up(struct cli *c, const struct command *cmd, int argc, char **argv)
{
	static const int bounds[] = {0, 0};
	const char *workers = "2";
	bool xsim = false;
	const struct option_spec specs[] = {
		{"workers", "how many workers (default 2)", &workers, NULL},
		{"xsim", "start the simulator of X and connect demo accounts", NULL, &xsim},
		{0},
	};
	struct sigaction action = {.sa_handler = on_signal};
	static struct up up;
	int64_t count;
	int code;

	if (cli_options(c, cmd, specs, argc, argv, bounds) < 0)
		return c->exit;
	if (text_to_int(str_of(workers), 0, WORKERS_MAX, &count))
		return cli_fail(EXIT_USAGE, "--workers is 0 to %d", WORKERS_MAX);
	if (!cli_conf(c))
		return EXIT_CONFIG;
	up = (struct up){.c = c};
	(void)sigaction(SIGINT, &action, NULL);
	(void)sigaction(SIGTERM, &action, NULL);
	(void)sigaction(SIGHUP, &action, NULL);
	code = start_all(&up, count, xsim);
	if (!code) {
		printf("roost is ready: agents %s, %lld workers%s%s\n", c->conf->listen_agents,
			(long long)count, xsim ? ", simulated X at " : "",
			xsim ? up.demo.url : "");
		(void)fflush(stdout);
		end_threads(c);
		code = watch(&up, xsim);
	}
	stop_all(&up);
	return code;
}

/* --- init --- */

/* The dispatcher makes what it needs. */
static int run_init(struct cli *c, const struct command *cmd, int argc, char **argv)
{
	static const int bounds[] = {0, 0};
	static struct up up;
	int code;
	int status = 0;

	if (cli_options(c, cmd, NULL, argc, argv, bounds) < 0)
		return c->exit;
	up = (struct up){.c = c};
	code = add(&up, "roost-dispatcher", "--init", NULL);
	if (code)
		return code;
	while (waitpid(up.children[0].pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILED;
}

/* clang-format off */
const struct command up_commands[] = {
	{"up", run_up, "run dispatcher and workers here, in one command",
		"[OPTIONS]\n\nWhat dies is started again. Ctrl-C stops everything in order.\n\n"
		"example:\n  roost up --xsim\n  roost up --workers 4 --config roost.yaml"},
	{"init", run_init, "make a settings file, directories and keys",
		"\n\nMakes ./roost.yaml (or --config FILE) if there is none, the state directory and the master key.\n\n"
		"example:\n  roost init --config /etc/roost/roost.yaml"},
	{0},
};
/* clang-format on */
