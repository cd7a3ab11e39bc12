/* roost-worker: performs on X what dispatchers assign. */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "common/base/base.h"
#include "common/base/log.h"
#include "common/conf/conf.h"
#include "common/net/zsock.h"
#include "worker/worker.h"

static const char help_text[] =
	"roost-worker - performs on X what roost's dispatchers assign\n"
	"\n"
	"usage: roost-worker [options]\n"
	"\n"
	"  --config FILE          settings, in YAML (else $ROOST_CONFIG, ./roost.yaml, ...)\n"
	"  --dispatcher ENDPOINT  serve this dispatcher; may be given several times\n"
	"  --concurrency N        requests in flight at most\n"
	"  --name NAME            what this worker is called; no other running one may have "
	"it\n"
	"  --api-url URL          the server that speaks the X API\n"
	"  --log-level LEVEL      debug, info, warn, error\n"
	"  --help                 this text\n"
	"  --version              the version\n"
	"\n"
	"examples:\n"
	"  roost-worker\n"
	"      serves the dispatcher at tcp://127.0.0.1:7702 against https://api.x.com\n"
	"  roost-worker --config /etc/roost/roost.yaml --name worker-3\n"
	"  roost-worker --dispatcher tcp://127.0.0.1:7702 --api-url http://127.0.0.1:8080 "
	"--concurrency 200\n"
	"      against a simulator\n"
	"\n"
	"SIGTERM or SIGINT: takes no more work, finishes what it has begun, and leaves when "
	"its results\n"
	"are kept, after a minute at most; a second one ends it at once.\n"
	"\n"
	"exit: 0 done, 64 wrong usage, 69 nothing to run on, 78 wrong settings or another "
	"protocol\n"
	"\n"
	"settings:\n";

enum {
	OPT_CONFIG = 1,
	OPT_DISPATCHER,
	OPT_CONCURRENCY,
	OPT_NAME,
	OPT_API,
	OPT_LOG,
	OPT_HELP,
	OPT_VERSION
};

static const struct option options[] = {
	{"config", required_argument, NULL, OPT_CONFIG},
	{"dispatcher", required_argument, NULL, OPT_DISPATCHER},
	{"concurrency", required_argument, NULL, OPT_CONCURRENCY},
	{"name", required_argument, NULL, OPT_NAME},
	{"api-url", required_argument, NULL, OPT_API},
	{"log-level", required_argument, NULL, OPT_LOG},
	{"help", no_argument, NULL, OPT_HELP},
	{"version", no_argument, NULL, OPT_VERSION},
	{0},
};

/* What the command line says; texts are lent by it. */
struct flags {
	const char *config;
	const char *values[OPT_VERSION]; /* by option; of those that are settings */
	struct buf dispatchers;          /* with commas between them */
	bool help, version;
};

static const struct {
	int option;
	const char *setting;
} settings[] = {
	{OPT_CONCURRENCY, "worker.concurrency"},
	{OPT_NAME, "worker.name"},
	{OPT_API, "x.api_url"},
	{OPT_LOG, "log.level"},
};

static bool read_flags(int argc, char **argv, struct flags *f)
{
	int opt;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (opt == '?')
			return false;
		if (opt == OPT_DISPATCHER)
			buf_fmt(&f->dispatchers, "%s%s", f->dispatchers.len ? "," : "", optarg);
		else if (opt == OPT_CONFIG)
			f->config = optarg;
		else if (opt == OPT_HELP)
			f->help = true;
		else if (opt == OPT_VERSION)
			f->version = true;
		else
			f->values[opt] = optarg;
	}
	if (optind < argc)
		(void)fprintf(stderr, "roost-worker: '%s' is not an option\n", argv[optind]);
	return optind == argc;
}

static enum err apply_flags(struct conf *c, struct flags *f, struct errmsg *m)
{
	enum err e = ERR_OK;

	if (f->dispatchers.len)
		e = conf_set(c, "worker.dispatchers", buf_view(&f->dispatchers), m);
	for (size_t i = 0; !e && i < COUNT_OF(settings); i++) {
		const char *value = f->values[settings[i].option];

		if (value)
			e = conf_set(c, settings[i].setting, str_of(value), m);
	}
	return e;
}

static void caught(void *ctx, int signo)
{
	(void)signo;
	worker_drain(ctx);
}

/* SIGHUP: of a worker's settings only log.level may change while it runs. */
static void reload(void *ctx, int signo)
{
	struct conf *c = ctx;
	struct errmsg m = {0};
	enum log_level level;
	struct buf restart;

	(void)signo;
	buf_init(&restart, 900);
	enum err e = conf_reload(c, &restart, &m);
	if (e)
		log_event(LOG_CONFIG, "read=false words=\"%s\" old_settings=kept", m.text);
	else if (log_level_parse(c->log_level, &level))
		log_level(level);
	if (!e)
		log_event(LOG_CONFIG, "read=true file=%s needs_restart=\"%s\"",
			c->file ? c->file : "none", buf_cstr(&restart));
	buf_done(&restart);
}

static enum err watch_signals(struct loop *l, struct worker *w, struct conf *c)
{
	enum err e = loop_on_signal(l, SIGTERM, caught, w);

	if (!e)
		e = loop_on_signal(l, SIGINT, caught, w);
	return e ? e : loop_on_signal(l, SIGHUP, reload, c);
}

static int run_loop(struct loop *l, const struct worker_conf *conf, struct conf *c)
{
	struct errmsg m = {0};
	AUTO(worker) w = NULL;
	enum err e = worker_open(l, conf, &w, &m);

	if (!e)
		e = watch_signals(l, w, c);
	if (e) {
		log_event(LOG_FAILED, "words=\"%s\"", m.text[0] ? m.text : err_text(e));
		return e == ERR_INVALID ? EX_CONFIG : EX_UNAVAILABLE;
	}
	log_event(LOG_START, "program=roost-worker version=%s name=%s concurrency=%u",
		ROOST_VERSION, conf->name, conf->concurrency);
	e = loop_run(l);
	if (!e)
		e = worker_end(w, &m);
	if (e) {
		log_event(LOG_FAILED, "words=\"%s\"", m.text[0] ? m.text : err_text(e));
		return e == ERR_STATE ? EX_CONFIG : EX_UNAVAILABLE;
	}
	log_event(LOG_STOP, "program=roost-worker name=%s", conf->name);
	return 0;
}

static int run(struct conf *c)
{
	struct curve_own own = {
		c->security_curve, c->security_server_key, c->security_secret_key};
	struct worker_conf conf = {
		.own = &own,
		.name = c->worker_name,
		.dispatchers = (const char *const *)c->worker_dispatchers.at,
		.dispatcher_count = c->worker_dispatchers.count,
		.concurrency = (uint32_t)c->worker_concurrency,
		.api_url = c->x_api_url,
		.ca_file = c->x_ca_file,
		.timeout = c->worker_timeout,
	};
	AUTO(loop) l = loop_new(&clock_system);

	if (l)
		return run_loop(l, &conf, c);
	log_event(LOG_FAILED, "words=\"%s\"", err_text(ERR_NOMEM));
	return EX_UNAVAILABLE;
}

static int configured(struct flags *f)
{
	AUTO(conf) c = NULL;
	struct errmsg m = {0};
	enum log_level level;
	enum err e = conf_load(f->config, &c, &m);

	if (!e)
		e = apply_flags(c, f, &m);
	if (e) {
		(void)fprintf(stderr, "roost-worker: %s\n", m.text);
		return EX_CONFIG;
	}
	if (log_level_parse(c->log_level, &level))
		log_level(level);
	int ret = run(c);
	zsock_end();
	return ret;
}

static int print_help(void)
{
	struct buf b;

	buf_init(&b, 65536);
	buf_str(&b, help_text);
	conf_print_help("w", &b);
	int ret = fputs(buf_cstr(&b), stdout) < 0 || b.err ? EX_IOERR : 0;
	buf_done(&b);
	return ret;
}

int main(int argc, char **argv)
{
	struct flags f = {0};
	int ret = EX_USAGE;

	harden_process();
	(void)signal(SIGPIPE, SIG_IGN); /* a connection that breaks is no reason to die */
	(void)signal(SIGHUP, SIG_IGN);  /* nor is one that comes before it is waited for */
	buf_init(&f.dispatchers, 16384);
	if (!read_flags(argc, argv, &f))
		(void)fputs("try: roost-worker --help\n", stderr);
	else if (f.help)
		ret = print_help();
	else if (f.version)
		ret = printf("roost-worker %s\n", ROOST_VERSION) < 0 ? EX_IOERR : 0;
	else
		ret = configured(&f);
	buf_done(&f.dispatchers);
	return ret;
}
