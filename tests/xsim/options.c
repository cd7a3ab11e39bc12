#include "tests/xsim/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum kind { FLAG, TEXT, WHOLE, REAL, ON_OFF, PLAN, SECONDS, MILLISECONDS };

#define AT(member) offsetof(struct xsim_options, member)

/* clang-format off */
static const struct option {
	const char *name, *value;
	enum kind kind;
	size_t at;
	int64_t low, high;
	const char *help;
} options[] = {
	{"--port",       "N",               WHOLE,        AT(port_number), 0, 65535,     "port on 127.0.0.1 (default 7790; 0: the system chooses)"},
	{"--tls",        NULL,              FLAG,         AT(tls), 0, 0,                 "speak TLS: with --cert and --key, or a certificate made in --tls-dir"},
	{"--cert",       "FILE",            TEXT,         AT(cert_file), 0, 0,           "PEM certificate chain"},
	{"--key",        "FILE",            TEXT,         AT(key_file), 0, 0,            "its PEM key"},
	{"--tls-dir",    "DIR",             TEXT,         AT(tls_dir), 0, 0,             "make cert.pem and key.pem for localhost there"},
	{"--accounts",   "N",               WHOLE,        AT(accounts), 0, 10000,        "accounts demo1 to demoN (default 5)"},
	{"--plan",       "enterprise|payg", PLAN,         AT(enterprise), 0, 0,          "what the app may do (default enterprise)"},
	{"--scale",      "F",               REAL,         AT(scale), 0, 0,               "rate windows last 1/F of what they do at X (default 1)"},
	{"--token-life", "SECONDS",         SECONDS,      AT(token_life), 1, 31536000,   "life of an access token (default 7200)"},
	{"--code-life",  "SECONDS",         SECONDS,      AT(code_life), 1, 3600,        "life of an authorization code (default 30)"},
	{"--strict",     "on|off",          ON_OFF,       AT(strict), 0, 0,              "a used refresh token kills its family (default on)"},
	{"--ledger",     "FILE",            TEXT,         AT(ledger), 0, 0,              "keep the effects there, as JSON lines"},
	{"--seed",       "N",               WHOLE,        AT(seed), 0, INT64_MAX,        "of the world, the tokens and the faults (default 1)"},
	{"--latency",    "MS",              MILLISECONDS, AT(latency), 0, 600000,        "answer every API call so much later (default 0)"},
	{"--media-life", "SECONDS",         SECONDS,      AT(media_life), 1, 31536000,   "life of the id of a medium (default 86400)"},
	{"--media-time", "MS",              MILLISECONDS, AT(media_takes), 0, 600000,    "how long a GIF or video is processed (default 500)"},
};
/* clang-format on */

void options_help(void)
{
	printf("roost-xsim - a simulator of the X API for tests and the demo\n\n"
	       "usage: roost-xsim [options]\n\n");
	for (size_t i = 0; i < COUNT_OF(options); i++)
		printf("  %s %-*s %s\n", options[i].name, (int)(28 - strlen(options[i].name)),
			options[i].value ? options[i].value : "", options[i].help);
	printf("  --help                        this text\n\n"
	       "When it is ready it prints one line: roost-xsim ready: "
	       "http://127.0.0.1:7790\n\n"
	       "examples:\n"
	       "  roost-xsim                             five accounts, X's own limits\n"
	       "  roost-xsim --scale 60 --token-life 30  15 minutes are 15 seconds\n"
	       "  roost-xsim --plan payg                 what a self-serve app is refused\n"
	       "  roost-xsim --tls --tls-dir /tmp/x      https; trust /tmp/x/cert.pem\n"
	       "  curl -s http://127.0.0.1:7790/_xsim/accounts | roost account import -\n"
	       "  curl -s http://127.0.0.1:7790/_xsim/faults -d "
	       "'{\"route\":\"create_post\",\"kind\":\"503\",\"count\":3}'\n");
}

static bool set_whole(const struct option *o, const char *text, void *at)
{
	int64_t n;

	if (text_to_int(str_of(text), o->low, o->high, &n))
		return false;
	*(int64_t *)at = n * (o->kind == SECONDS               ? USEC_SEC
				     : o->kind == MILLISECONDS ? USEC_MSEC
							       : 1);
	return true;
}

/* One of two words. */
static bool set_choice(const char *text, const char *yes, const char *no, bool *at)
{
	*at = strcmp(text, yes) == 0;
	return *at || strcmp(text, no) == 0;
}

static bool set_real(const char *text, double *at)
{
	char *end;
	double d = strtod(text, &end);

	if (*end || end == text || !(d >= 0.01 && d <= 1e6))
		return false;
	*at = d;
	return true;
}

static bool set(const struct option *o, const char *text, void *at)
{
	switch (o->kind) {
	case FLAG:
		*(bool *)at = true;
		return true;
	case TEXT:
		*(const char **)at = text;
		return text[0];
	case REAL:
		return set_real(text, at);
	case ON_OFF:
		return set_choice(text, "on", "off", at);
	case PLAN:
		return set_choice(text, "enterprise", "payg", at);
	case WHOLE:
	case SECONDS:
	case MILLISECONDS:
		return set_whole(o, text, at);
	}
	return false;
}

static const struct option *find(const char *name)
{
	for (size_t i = 0; i < COUNT_OF(options); i++)
		if (strcmp(options[i].name, name) == 0)
			return &options[i];
	return NULL;
}

static enum err check_together(const struct xsim_options *o, struct errmsg *m)
{
	bool files = o->cert_file && o->key_file;

	if (!o->tls && (o->cert_file || o->key_file || o->tls_dir))
		return err_say(m, ERR_INVALID, "--cert, --key and --tls-dir need --tls");
	if (o->tls && !files && !o->tls_dir)
		return err_say(m, ERR_INVALID, "--tls needs --cert and --key, or --tls-dir");
	if (o->tls_dir && (o->cert_file || o->key_file))
		return err_say(m, ERR_INVALID, "--tls-dir makes its own --cert and --key");
	return ERR_OK;
}

enum err options_read(
	int argc, char **argv, struct xsim_options *ret, bool *ret_help, struct errmsg *m)
{
	*ret = (struct xsim_options){.port_number = XSIM_PORT,
		.accounts = 5,
		.enterprise = true,
		.scale = 1,
		.token_life = 7200 * USEC_SEC,
		.code_life = 30 * USEC_SEC,
		.media_life = USEC_DAY,
		.media_takes = 500 * USEC_MSEC,
		.strict = true,
		.seed = 1};
	*ret_help = false;
	for (int i = 1; i < argc; i++) {
		const struct option *o = find(argv[i]);

		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
			*ret_help = true;
			return ERR_OK;
		}
		if (!o)
			return err_say(
				m, ERR_INVALID, "there is no option '%s'; see --help", argv[i]);
		if (o->kind != FLAG && ++i == argc)
			return err_say(
				m, ERR_INVALID, "%s needs a value: %s", o->name, o->value);
		if (!set(o, argv[i], (char *)ret + o->at))
			return err_say(m, ERR_INVALID, "%s: '%s' is not a valid %s", o->name,
				argv[i], o->value);
	}
	return check_together(ret, m);
}
