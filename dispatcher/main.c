#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "common/base/base.h"
#include "common/base/failpoint.h"
#include "common/base/log.h"
#include "common/net/zsock.h"
#include "dispatcher/dispatcher.h"
#include "dispatcher/setup.h"

/* Exit codes of sysexits that a supervisor may want to tell apart. */
enum {
	EXIT_OK = 0,
	EXIT_USAGE = 64,
	EXIT_DATA = 65,
	EXIT_SOFTWARE = 70,
	EXIT_IO = 74,
	EXIT_TEMPORARY = 75,
	EXIT_CONFIG = 78
};

enum mode { RUN, CHECK, INIT, LIST_SETTINGS };

struct options {
	const char *config;
	enum mode mode;
};

static void print_help(void)
{
	struct buf b;

	printf("usage: roost-dispatcher [--config FILE] [--check-config | --init | "
	       "--list-settings]\n\n"
	       "Keeps jobs, decides when each may leave, hands them to workers.\n\n"
	       "  --config FILE     settings; else $ROOST_CONFIG, ./roost.yaml, "
	       "~/.config/roost/roost.yaml,\n"
	       "                    /etc/roost/roost.yaml, or none\n"
	       "  --check-config    say whether the settings are good, and end\n"
	       "  --init            make a settings file, the state directory and the master "
	       "key, and end\n"
	       "  --list-settings   print every setting as a table, and end\n"
	       "  --version, --help\n\n"
	       "example:\n  roost-dispatcher --config /etc/roost/roost.yaml\n\nsettings:\n");
	buf_init(&b, 1 << 20);
	conf_print_help("d", &b);
	printf("%s", buf_cstr(&b));
	buf_done(&b);
}

static int list_settings(void)
{
	struct buf b;

	buf_init(&b, 1 << 20);
	conf_print_markdown(&b);
	printf("%s", buf_cstr(&b));
	buf_done(&b);
	return EXIT_OK;
}

/* Returns an exit code when there is nothing to run, else -1. */
static int read_options(int argc, char **argv, struct options *o)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
			print_help();
			return EXIT_OK;
		}
#ifdef ROOST_FAILPOINTS
		if (strcmp(argv[i], "--list-failpoints") == 0) {
			failpoints_list();
			return EXIT_OK;
		}
#endif
		if (strcmp(argv[i], "--version") == 0) {
			printf("roost-dispatcher " ROOST_VERSION "\n");
			return EXIT_OK;
		}
		if (strncmp(argv[i], "--config=", 9) == 0)
			o->config = argv[i] + 9;
		else if (strcmp(argv[i], "--config") == 0 && i + 1 < argc)
			o->config = argv[++i];
		else if (strcmp(argv[i], "--check-config") == 0)
			o->mode = CHECK;
		else if (strcmp(argv[i], "--init") == 0)
			o->mode = INIT;
		else if (strcmp(argv[i], "--list-settings") == 0)
			o->mode = LIST_SETTINGS;
		else {
			(void)fprintf(stderr,
				strcmp(argv[i], "--config") == 0
					? "roost-dispatcher: %s needs a file\n"
					: "roost-dispatcher: '%s' is no option; see --help\n",
				argv[i]);
			return EXIT_USAGE;
		}
	}
	return -1;
}

static int exit_code(enum err e)
{
	switch ((int)e) {
	case ERR_OK:
		return EXIT_OK;
	case ERR_INVALID:
	case ERR_FORMAT:
	case ERR_DENIED:
	case ERR_NOT_FOUND:
		return EXIT_CONFIG;
	case ERR_CORRUPT:
		return EXIT_DATA;
	case ERR_IO:
		return EXIT_IO;
	case ERR_CONFLICT:
	case ERR_UNAVAILABLE:
		return EXIT_TEMPORARY;
	default:
		return EXIT_SOFTWARE;
	}
}

static int fail(enum err e, const struct errmsg *m)
{
	(void)fprintf(stderr, "roost-dispatcher: %s\n", m->text[0] ? m->text : err_text(e));
	return exit_code(e);
}

static int init(const struct options *o)
{
	AUTO(conf) conf = NULL;
	struct errmsg m = {0};
	const char *path = o->config ? o->config : "roost.yaml";

	enum err e = setup_file(path, &m);
	if (e && e != ERR_CONFLICT)
		return fail(e, &m);
	printf("%s: %s\n", path,
		e ? "was there, left as it is"
		  : "made; every setting stands in it as a comment");
	e = conf_load(path, &conf, &m);
	if (!e)
		e = setup_state(conf, &m);
	if (e)
		return fail(e, &m);
	printf("%s: the state directory is ready\nmaster key: %s (keep a copy where the store "
	       "is not)\n",
		conf->state_dir, conf->security_master_key);
	return EXIT_OK;
}

static int run(struct conf *conf)
{
	AUTO(dispatcher) d = NULL;
	struct errmsg m = {0};

	enum err e = setup_state(conf, &m);
	if (!e)
		e = dispatcher_open(conf, &d, &m);
	if (e)
		return fail(e, &m);
	log_event(LOG_START, "program=roost-dispatcher version=%s agents=%s workers=%s",
		ROOST_VERSION, dispatcher_agents_endpoint(d), dispatcher_workers_endpoint(d));
	e = dispatcher_run(d, &m);
	if (!e) {
		log_event(LOG_STOP, "program=roost-dispatcher");
		return EXIT_OK;
	}
	log_event(LOG_FAILED, "words=\"%s\"", m.text);
	return exit_code(e);
}

static int load_and_run(const struct options *o)
{
	AUTO(conf) conf = NULL;
	struct errmsg m = {0};
	enum log_level level;

	enum err e = conf_load(o->config, &conf, &m);
	if (e) {
		(void)fail(e, &m);
		return EXIT_CONFIG;
	}
	if (o->mode == CHECK) {
		printf("%s: good\n", conf->file ? conf->file : "defaults");
		return EXIT_OK;
	}
	if (log_level_parse(conf->log_level, &level))
		log_level(level);
	return run(conf);
}

int main(int argc, char **argv)
{
	struct options o = {0};

	(void)signal(SIGHUP, SIG_IGN); /* until it is waited for */
	harden_process();
	int code = read_options(argc, argv, &o);
	if (code < 0)
		code = o.mode == INIT            ? init(&o)
		       : o.mode == LIST_SETTINGS ? list_settings()
						 : load_and_run(&o);
	zsock_end();
	return code;
}
