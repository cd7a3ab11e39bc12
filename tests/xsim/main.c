#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/net/httpd.h"
#include "tests/xsim/calls/schema.h"
#include "tests/xsim/cert.h"
#include "tests/xsim/need.h"
#include "tests/xsim/options.h"
#include "tests/xsim/routes.h"

#define CONNECTIONS_MAX 4000
#define BODY_MAX \
	((size_t)5 * 1024 * 1024 + 16384) /* X's edge refuses chunks of about so many */

static struct httpd *server; /* for the signal handler */

_Noreturn void out_of_memory(void)
{
	fputs("roost-xsim: out of memory\n", stderr);
	exit(1);
}

static void on_signal(int signo)
{
	(void)signo;
	httpd_stop(server);
}

static void catch_signals(void)
{
	struct sigaction act = {.sa_handler = on_signal};

	sigemptyset(&act.sa_mask);
	sigaction(SIGINT, &act, NULL);
	sigaction(SIGTERM, &act, NULL);
}

static void ignore_signals(void)
{
	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGTERM, SIG_IGN);
}

static enum err serve(struct xsim *x, struct errmsg *m)
{
	struct httpd_options o = {.port = (uint16_t)x->o.port_number,
		.connections_max = CONNECTIONS_MAX,
		.body_max = BODY_MAX,
		.cert_file = x->o.cert_file,
		.key_file = x->o.key_file,
		.handle = xsim_handle,
		.peek = xsim_peek,
		.admit = xsim_admit,
		.ctx = x};
	AUTO(httpd) h = NULL;

	enum err e = httpd_open(&o, &h, m);
	if (e)
		return e;
	server = h;
	catch_signals();
	printf("roost-xsim ready: %s://127.0.0.1:%u\n", x->o.tls ? "https" : "http",
		httpd_port(h));
	fflush(stdout);
	e = httpd_run(h);
	ignore_signals(); /* one that comes now must not find what is freed */
	return e ? err_say(m, e, "the wait for requests failed") : ERR_OK;
}

/* With --tls-dir: makes the certificate and points the options to it. */
static enum err prepare_tls(struct xsim_options *o, struct errmsg *m)
{
	static char cert[CERT_PATH_MAX], key[CERT_PATH_MAX];

	if (!o->tls_dir)
		return ERR_OK;
	o->cert_file = cert;
	o->key_file = key;
	return cert_make(o->tls_dir, cert, key, m);
}

int main(int argc, char **argv)
{
	struct xsim_options o;
	struct errmsg m;
	struct xsim x;
	bool help;

	enum err e = options_read(argc, argv, &o, &help, &m);
	if (help) {
		options_help();
		return 0;
	}
	if (!e)
		e = prepare_tls(&o, &m);
	if (!e) {
		answers_load();
		schema_load();
		routes_load();
		e = xsim_init(&x, &o, &m);
		if (!e)
			e = serve(&x, &m);
		xsim_done(&x);
		schema_unload();
		routes_unload();
		answers_unload();
	}
	if (e)
		fprintf(stderr, "roost-xsim: %s\n", m.text);
	return e ? 1 : 0;
}
