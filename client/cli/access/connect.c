/* roost connect, roost disconnect: a user lets an app act for an account. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/cli/cli.h"
#include "client/cli/lines.h"
#include "common/json/json.h"
#include "common/net/httpd.h"

#define WAIT_DEFAULT  300   /* seconds until somebody must have come back */
#define WAIT_MOST     600   /* what was begun counts no longer */
#define ANSWER_WAIT   75000 /* ms: X is asked twice, each for up to 30 s */
#define LAST_WORDS    1     /* seconds that the browser has to take its page */
#define PARAMETER_MAX 4096

/* A callback in its parts; lent by the text. */
struct place {
	struct str host; /* with the port, as a browser's Host header has it */
	struct str path;
	char address[64]; /* to listen at; "" when it is not of this machine */
	uint16_t port;
};

struct connecting {
	struct cli *c;
	const char *account;
	const char *state, *callback; /* lent by `begun` */
	struct place place;
	struct httpd *httpd;
	json_t *begun;  /* what the dispatcher said at the beginning */
	json_t *answer; /* ... and at the end; NULL: refused */
	bool over;
	int code;
};

static struct httpd *to_stop; /* by a signal */

static void on_alarm(int signo)
{
	(void)signo;
	if (to_stop)
		httpd_stop(to_stop); /* NOLINT(bugprone-signal-handler): sets a flag and writes
					to a pipe */
}

/* --- what a browser brings --- */

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 32);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* A value of a query, decoded; false when it is none, or too long. */
static bool decode(struct str value, char out[PARAMETER_MAX])
{
	size_t len = 0;

	for (size_t i = 0; i < value.len; i++) {
		char c = value.at[i];
		bool coded = c == '%';

		if (len + 1 >= PARAMETER_MAX)
			return false;
		if (coded && (i + 2 >= value.len || hex(value.at[i + 1]) < 0 ||
				     hex(value.at[i + 2]) < 0))
			return false;
		if (coded) {
			c = (char)(hex(value.at[i + 1]) * 16 + hex(value.at[i + 2]));
			i += 2;
		}
		out[len++] = (char)(!coded && c == '+' ? ' ' : c);
	}
	out[len] = 0;
	return true;
}

/* The value of a parameter of a query, decoded; false when it is absent, twice there, or too
 * long. */
static bool parameter(struct str query, const char *name, char out[PARAMETER_MAX])
{
	size_t n = strlen(name);
	int found = 0;

	for (size_t at = 0; at < query.len;) {
		const char *and = memchr(query.at + at, '&', query.len - at);
		size_t end = and? (size_t)(and-query.at) : query.len;

		if (end - at > n && memcmp(query.at + at, name, n) == 0 &&
			query.at[at + n] == '=') {
			if (!decode((struct str){query.at + at + n + 1, end - at - n - 1}, out))
				return false;
			found++;
		}
		at = end + 1;
	}
	return found == 1;
}

/* "http://HOST:PORT/PATH"; false when it has another form. */
static bool read_place(const char *callback, struct place *ret)
{
	/* clang-format off */
	static const struct { const char *name, *address; } here[] = {
		{"localhost", "127.0.0.1"}, {"127.0.0.1", "127.0.0.1"}, {"[::1]", "::1"},
	};
	/* clang-format on */
	static const char scheme[] = "http://";
	const char *host = callback + strlen(scheme);
	int64_t port = 80;

	*ret = (struct place){0};
	if (strncmp(callback, scheme, strlen(scheme)) != 0)
		return false;
	const char *slash = strchr(host, '/');
	if (!slash)
		return false;
	ret->host = (struct str){host, (size_t)(slash - host)};
	ret->path = (struct str){slash, strcspn(slash, "?#")};
	for (size_t i = 0; i < COUNT_OF(here); i++) {
		size_t n = strlen(here[i].name);
		struct str rest = {host + n, ret->host.len - n};

		if (ret->host.len < n || strncmp(host, here[i].name, n) != 0)
			continue;
		if (rest.len && (rest.at[0] != ':' ||
					text_to_int((struct str){rest.at + 1, rest.len - 1}, 1,
						65535, &port)))
			return false;
		ret->port = (uint16_t)port;
		(void)snprintf(ret->address, sizeof(ret->address), "%s", here[i].address);
	}
	return true;
}

/* --- the exchange --- */

/* Hands on what the browser brought; says what came of it. */
static void finish(struct connecting *k, const char *key, const char *value)
{
	k->over = true;
	k->code = cli_admin(k->c, "connect_finish",
		json_pack("{s:s,s:s}", "state", k->state, key, value), &k->answer);
}

/* The words for a query that is not the answer that is waited for; NULL: it is. */
static const char *take_query(struct connecting *k, struct str query)
{
	char state[PARAMETER_MAX], value[PARAMETER_MAX];

	if (k->over)
		return "This was answered already.";
	if (!parameter(query, "state", state) || strcmp(state, k->state) != 0)
		return "This is not the answer to what was asked: its state is another. "
		       "Nothing "
		       "was changed.";
	if (parameter(query, "code", value))
		finish(k, "code", value);
	else if (parameter(query, "error", value))
		finish(k, "error", value);
	else
		return "This has neither a code nor an error. Nothing was changed.";
	explicit_bzero(value, sizeof(value));
	return NULL;
}

static void page(struct httpd_answer *a, int status, const char *words)
{
	a->status = status;
	a->type = "text/plain; charset=utf-8";
	a->close = true;
	httpd_header(a, "Cache-Control", "no-store");
	httpd_header(a, "Referrer-Policy", "no-referrer");
	httpd_header(a, "X-Content-Type-Options", "nosniff");
	buf_fmt(&a->body, "roost: %s\n", words);
}

/* One request of the browser, or of whoever else found the port. */
static void handle(void *ctx, const struct httpd_request *r, struct httpd_answer *a)
{
	struct connecting *k = ctx;

	if (!r->local || !str_equal(httpd_request_header(r, "host"), k->place.host)) {
		page(a, 403, "This address is not the callback.");
		return;
	}
	if (!str_equal(r->path, k->place.path) || !str_is(r->method, "GET")) {
		page(a, 404, "There is nothing here.");
		return;
	}
	const char *words = take_query(k, r->query);
	if (words) {
		page(a, 403, words);
		return;
	}
	page(a, k->code ? 400 : 200,
		k->code ? "The account is not connected; the terminal says why. You can close "
			  "this window."
			: "The account is connected. You can close this window.");
	(void)alarm(LAST_WORDS);
}

/* Waits for the browser; false after saying that nobody came. */
static void listen_for(struct connecting *k, unsigned seconds)
{
	struct httpd_options o = {.host = k->place.address,
		.port = k->place.port,
		.connections_max = 20,
		.body_max = 1024,
		.handle = handle,
		.ctx = k};
	struct errmsg m;

	if (httpd_open(&o, &k->httpd, &m)) {
		k->code = cli_fail(EXIT_UNAVAILABLE,
			"the callback %s cannot be listened to: %s; free the port, or use "
			"--paste",
			k->callback, m.text);
		k->over = true;
		return;
	}
	to_stop = k->httpd;
	(void)signal(SIGALRM, on_alarm);
	(void)alarm(seconds);
	if (httpd_run(k->httpd))
		k->code = cli_fail(EXIT_FAILED, "waiting for the browser failed");
	(void)alarm(0);
	to_stop = NULL;
	httpd_free(k->httpd);
	if (k->over)
		return;
	k->code = cli_fail(EXIT_FAILED,
		"nobody came back within %u s. If X showed \"Something went wrong\": in the "
		"developer console, under User authentication settings of the app, the "
		"Callback URI must be exactly %s, and the Client ID that of `roost app show`",
		seconds, k->callback);
}

/* --paste: the address at which the browser ended, on standard input. */
static void read_pasted(struct connecting *k)
{
	size_t n = strlen(k->callback);
	struct lines l;

	lines_init(&l, stdin);
	bool good = lines_next(&l) == LINE_GOOD;
	struct str line = buf_view(&l.line);
	while (line.len && (unsigned char)line.at[line.len - 1] <= ' ')
		line.len--;
	const char *words = "that address is not the callback";
	if (good && str_has_prefix(line, k->callback) && line.len > n && line.at[n] == '?')
		words = take_query(k, (struct str){line.at + n + 1, line.len - n - 1});
	if (words)
		k->code = cli_fail(EXIT_DATA, "%s", words);
	lines_done(&l);
}

/* --- the command --- */

static void open_browser(const char *url)
{
	(void)fflush(NULL);
	pid_t pid = fork();

	if (pid != 0)
		return;
	if (!freopen("/dev/null", "w", stdout) || !freopen("/dev/null", "w", stderr))
		_exit(EXIT_FAILED);
	execlp("xdg-open", "xdg-open", url, (char *)NULL);
	_exit(EXIT_FAILED);
}

static const char *text(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}

static void print_connected(const struct cli *c, const json_t *answer)
{
	if (c->json) {
		cli_print_json(answer);
		return;
	}
	printf("account %s is connected: it is @%s (%s)\n", text(answer, "account"),
		text(answer, "username"), text(answer, "user_id"));
	if (text(answer, "missing")[0])
		cli_fail(0,
			"X did not grant: %s. What needs them is refused until they are: in "
			"the "
			"developer console, User authentication settings, raise the app's "
			"permissions, then connect again",
			text(answer, "missing"));
	if (!json_is_true(json_object_get(answer, "renewable")))
		cli_fail(0, "X gave no refresh token: the account has to be connected again "
			    "in two hours");
}

static json_t *request_of(
	const char *account, const char *app, const char *capabilities, const char *callback)
{
	json_t *request = json_pack("{s:s,s:s}", "account", account, "app", app);
	json_t *list = json_array();

	for (const char *at = capabilities; at && *at;) {
		size_t n = strcspn(at, ",");

		json_array_append_new(list, json_stringn(at, n));
		at += n + (at[n] == ',');
	}
	if (json_array_size(list))
		json_object_set(request, "capabilities", list);
	json_decref(list);
	if (callback)
		json_object_set_new(request, "callback", json_string(callback));
	return request;
}

static void await(struct connecting *k, bool browser, bool paste, unsigned seconds)
{
	const char *url = text(k->begun, "url");

	(void)fprintf(stderr,
		"Open this address in the browser in which %s is logged in to X:\n\n%s\n\n",
		k->account, url);
	if (paste) {
		(void)fprintf(stderr, "Then paste the address at which the browser ends:\n");
		read_pasted(k);
		return;
	}
	if (browser)
		open_browser(url);
	listen_for(k, seconds);
}

static int connect_with(struct connecting *k, bool browser, bool paste, unsigned seconds)
{
	k->state = text(k->begun, "state");
	k->callback = text(k->begun, "callback");
	if (!paste && (!read_place(k->callback, &k->place) || !k->place.address[0]))
		return cli_fail(EXIT_CONFIG,
			"the callback %s is not of this machine (http://localhost:PORT/PATH): "
			"use --paste, or set x.callback_url to one that is, as registered with "
			"the app",
			k->callback);
	await(k, browser, paste, seconds);
	if (!k->code && k->answer)
		print_connected(k->c, k->answer);
	return k->code;
}

static int run_connect(struct cli *c, const struct command *cmd, int argc, char **argv)
{
	static const int bounds[] = {1, 1};
	const char *app = NULL, *capabilities = NULL, *callback = NULL, *wait = NULL;
	bool no_browser = false, paste = false;
	int64_t seconds = WAIT_DEFAULT;
	const struct option_spec specs[] = {
		{"app", "the app that is to act for the account", &app, NULL},
		{"for",
			"capabilities, with commas (default: "
			"x.tweet.read,x.tweet.write,x.user.read)",
			&capabilities, NULL},
		{"callback", "as registered with the app (default: x.callback_url)", &callback,
			NULL},
		{"no-browser", "print the address only", NULL, &no_browser},
		{"paste", "read the address at which the browser ends from standard input",
			NULL, &paste},
		{"wait", "seconds until somebody must have come back (default 300)", &wait,
			NULL},
		{0},
	};

	if (cli_options(c, cmd, specs, argc, argv, bounds) < 0)
		return c->exit;
	if (!app)
		return cli_fail(EXIT_USAGE,
			"say which app: roost connect %s --app NAME; `roost app list` shows "
			"them",
			argv[1]);
	if (wait && text_to_int(str_of(wait), 1, WAIT_MOST, &seconds))
		return cli_fail(EXIT_USAGE, "--wait is 1 to %d seconds", WAIT_MOST);
	if (c->timeout_ms < ANSWER_WAIT)
		c->timeout_ms = ANSWER_WAIT;
	struct connecting k = {.c = c, .account = argv[1]};
	int code = cli_admin(
		c, "connect_begin", request_of(argv[1], app, capabilities, callback), &k.begun);
	if (!code)
		code = connect_with(&k, !no_browser, paste, (unsigned)seconds);
	json_decref(k.begun);
	json_decref(k.answer);
	return code;
}

int cli_disconnect(struct cli *c, const char *name)
{
	json_t *answer = NULL;

	if (c->timeout_ms < ANSWER_WAIT)
		c->timeout_ms = ANSWER_WAIT;
	int code =
		cli_admin(c, "account_disconnect", json_pack("{s:s}", "name", name), &answer);
	bool revoked = json_is_true(json_object_get(answer, "revoked"));
	bool forgotten = json_is_true(json_object_get(answer, "forgotten"));

	if (!code && c->json)
		cli_print_json(answer);
	else if (!code && revoked)
		printf("account %s is disconnected; X has taken its tokens back\n", name);
	else if (!code && forgotten)
		printf("account %s is off, and its keys of OAuth 1.0a are forgotten here. X "
		       "takes "
		       "them until the app's access is taken away on X, under Settings, "
		       "Security, Connected apps\n",
			name);
	if (!code && !revoked && !forgotten)
		code = cli_fail(EXIT_FAILED,
			"account %s is off here, but X may still take its tokens: %s. Say "
			"`roost disconnect %s` again, or take the app's access away on X, "
			"under "
			"Settings, Security, Connected apps",
			name, text(answer, "words"), name);
	json_decref(answer);
	return code;
}

static int run_disconnect(struct cli *c, const struct command *cmd, int argc, char **argv)
{
	static const int bounds[] = {1, 1};

	if (cli_options(c, cmd, NULL, argc, argv, bounds) < 0)
		return c->exit;
	return cli_disconnect(c, argv[1]);
}

/* clang-format off */
const struct command connect_commands[] = {
	{"connect", run_connect, "let an app act for an account: OAuth 2.0 in the browser",
		"ACCOUNT --app NAME [--for CAPABILITY,...] [--callback URL] [--no-browser | --paste] [--wait SECONDS]\n\n"
		"Listens at the callback, which must be registered with the app at X exactly as it is here. An account that\n"
		"is connected again keeps its jobs.\n\n"
		"example:\n  roost connect acme --app acme-app\n  roost connect acme --app acme-app --for x.tweet.write,x.dm.write --paste"},
	{"disconnect", run_disconnect, "have X take an account's tokens back; its jobs wait",
		"ACCOUNT\n\nexample:\n  roost disconnect acme"},
	{0},
};
/* clang-format on */
