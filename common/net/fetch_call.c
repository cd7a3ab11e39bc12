#include "common/net/fetch_call.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/base/mem.h"

#define TIMEOUT_DEFAULT (30 * USEC_SEC)
#define TIMEOUT_MAX     USEC_HOUR
#define CONNECT_MS      10000L
#define IDLE_MAX_S      15L    /* a connection idle for longer is not used again */
#define BUFFER_SIZE     16384L /* bytes libcurl reads or writes at once */
#define HEAD_MAX        65536 /* bytes of names and values of an answer's header that are kept */
#define BODY_FIRST      4096  /* room for a body at first: a token never needs more */
#define BODY_KEEP       65536 /* a body larger than that is given back after use */

/* What libcurl calls while a request runs */

/* The next bytes of the body. It has no counterpart that goes back. */
static size_t give_body(char *to, size_t size, size_t count, void *ctx)
{
	struct call *c = ctx;
	size_t left = c->body.len - c->body_read;
	size_t n = size * count < left ? size * count : left;

	if (n)
		memcpy(to, c->body.at + c->body_read, n);
	c->body_read += n;
	return n;
}

/*
 * The connection stands, and the request is about to be written to it. When
 * that happens a second time, libcurl is about to repeat itself.
 */
/* NOLINTNEXTLINE(readability-non-const-parameter): libcurl says what its type is */
static int begin(void *ctx, char *peer_ip, char *own_ip, int peer_port, int own_port)
{
	struct call *c = ctx;

	(void)peer_ip;
	(void)own_ip;
	(void)peer_port;
	(void)own_port;
	if ((c->effect && c->began) || (c->may_send && !c->may_send(c->ctx)))
		return CURL_PREREQFUNC_ABORT;
	c->began = true;
	return CURL_PREREQFUNC_OK;
}

static size_t take_body(char *p, size_t size, size_t count, void *ctx)
{
	struct call *c = ctx;

	buf_put(&c->in, p, size * count);
	return c->in.err ? 0 : size * count; /* 0 ends the transfer */
}

static struct str trim(struct str s)
{
	while (s.len && isspace((unsigned char)s.at[0])) {
		s.at++;
		s.len--;
	}
	while (s.len && isspace((unsigned char)s.at[s.len - 1]))
		s.len--;
	return s;
}

/* "HTTP/1.1 201 Created": the begin of an answer, or of another after a 1xx. */
static void take_status(struct call *c, struct str line)
{
	const char *space = memchr(line.at, ' ', line.len);
	struct str rest = {
		.at = space, .len = space ? line.len - (size_t)(space - line.at) : 0};
	struct str digits = trim(rest);
	int64_t status;

	buf_reset(&c->head);
	c->header_count = 0;
	digits.len = digits.len > 3 ? 3 : digits.len;
	c->status = text_to_int(digits, 100, 999, &status) ? 0 : (int)status;
}

/* "Name: value". What is no such line, or does not fit, is left out. */
static void take_field(struct call *c, struct str line)
{
	const char *colon = memchr(line.at, ':', line.len);
	size_t name_len = colon ? (size_t)(colon - line.at) : 0;

	if (name_len == 0 || isspace((unsigned char)line.at[0]))
		return;
	struct str value = trim((struct str){colon + 1, line.len - name_len - 1});
	if (c->header_count == FETCH_HEADERS_MAX || !buf_room(&c->head, name_len + value.len)) {
		c->head.err = ERR_OK; /* a shorter one may still fit */
		return;
	}
	buf_put(&c->head, line.at, name_len);
	buf_put(&c->head, value.at, value.len);
	c->headers[c->header_count++] =
		(struct fetch_header){.name.len = name_len, .value.len = value.len};
}

/* NOLINTNEXTLINE(readability-non-const-parameter): libcurl says what its type is */
static size_t take_line(char *p, size_t size, size_t count, void *ctx)
{
	struct call *c = ctx;
	struct str line = {.at = p, .len = size * count};

	if (c->complete) /* a trailer after the body */
		return line.len;
	if (str_has_prefix(line, "HTTP/"))
		take_status(c, line);
	else if (trim(line).len == 0)
		c->complete = c->status >= 200; /* 1xx is not the answer yet */
	else
		take_field(c, line);
	return line.len;
}

/* Handles */

/* Wipes what was sent and the body that came, which may have been secret. */
static void wipe(struct call *c)
{
	mem_free_wiped(c->out);
	c->out = NULL;
	if (c->in.data)
		explicit_bzero(c->in.data, c->in.len);
	buf_reset(&c->in);
}

void call_free(struct call *c)
{
	if (!c)
		return;
	curl_easy_cleanup(c->easy);
	wipe(c);
	buf_done(&c->head);
	buf_done(&c->in);
	mem_free(c);
}

/* What is the same for every request. */
static bool set_up(struct call *c)
{
	/* clang-format off */
	static const struct { CURLoption option; long value; } numbers[] = {
		{CURLOPT_NOSIGNAL,                 1},
		{CURLOPT_FOLLOWLOCATION,           0},
		{CURLOPT_DISALLOW_USERNAME_IN_URL, 1},
		/* One request, one connection: when it dies, one effect is in doubt, not all. */
		{CURLOPT_HTTP_VERSION,             CURL_HTTP_VERSION_1_1},
		{CURLOPT_SSL_VERIFYPEER,           1},
		{CURLOPT_SSL_VERIFYHOST,           2},
		{CURLOPT_SSLVERSION,               CURL_SSLVERSION_TLSv1_2},
		{CURLOPT_TCP_NODELAY,              1},
		{CURLOPT_CONNECTTIMEOUT_MS,        CONNECT_MS},
		{CURLOPT_MAXAGE_CONN,              IDLE_MAX_S},
		{CURLOPT_BUFFERSIZE,               BUFFER_SIZE},
		{CURLOPT_UPLOAD_BUFFERSIZE,        BUFFER_SIZE},
	};
	/* clang-format on */
	CURL *e = c->easy;
	bool ok = true;

	for (size_t i = 0; i < COUNT_OF(numbers); i++)
		ok = ok && curl_easy_setopt(e, numbers[i].option, numbers[i].value) == CURLE_OK;
	return ok && curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_NOPROXY, "*") == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_ERRORBUFFER, c->error) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_PRIVATE, c) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_PREREQFUNCTION, begin) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_PREREQDATA, c) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_READFUNCTION, give_body) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_READDATA, c) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, take_line) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_HEADERDATA, c) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, take_body) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_WRITEDATA, c) == CURLE_OK;
}

struct call *call_new(void)
{
	AUTO(call) c = mem_alloc(sizeof(*c));
	if (!c)
		return NULL;
	list_init(&c->node);
	buf_init(&c->head, HEAD_MAX);
	buf_init(&c->in, FETCH_BODY_MAX);
	c->easy = curl_easy_init();
	if (!c->easy || !set_up(c))
		return NULL;
	return STEAL(c);
}

void call_reset(struct call *c)
{
	(void)curl_easy_setopt(c->easy, CURLOPT_HTTPHEADER, NULL);
	(void)curl_easy_setopt(c->easy, CURLOPT_POSTFIELDS, NULL);
	wipe(c);
	c->body = (struct str){0};
	c->body_read = 0;
	c->began = false;

	if (c->in.size > BODY_KEEP)
		buf_done(&c->in);
	buf_reset(&c->head);
	c->header_count = 0;
	c->status = 0;
	c->complete = false;
	c->error[0] = 0;
}

/* Requests */

static bool is_method(const char *method)
{
	static const char *const methods[] = {"GET", "POST", "PUT", "PATCH", "DELETE"};

	for (size_t i = 0; i < COUNT_OF(methods); i++)
		if (strcmp(methods[i], method) == 0)
			return true;
	return false;
}

/* Whether a line is "Name: value" and cannot smuggle in another. */
static bool is_header_line(const char *line)
{
	for (const char *p = line; *p; p++)
		if (((unsigned char)*p < ' ' && *p != '\t') || *p == 0x7f)
			return false;
	return line[0] != ':' && strchr(line, ':');
}

static bool is_content_type(const char *line)
{
	return strncasecmp(line, "Content-Type:", strlen("Content-Type:")) == 0;
}

/* Checks a request, and counts the bytes and header lines that are to be copied. */
static enum err measure(const struct fetch_request *r, size_t *ret_size, size_t *ret_lines)
{
	size_t size = 0, count = 0;

	if (!is_method(r->method))
		return ERR_INVALID;
	for (; r->headers && r->headers[count]; count++) {
		if (count == FETCH_HEADERS_MAX || size > FETCH_SEND_MAX)
			return ERR_TOO_BIG;
		if (!is_header_line(r->headers[count]))
			return ERR_INVALID;
		size += strlen(r->headers[count]) + 1;
	}
	if (size > FETCH_SEND_MAX || r->body.len > FETCH_SEND_MAX - size)
		return ERR_TOO_BIG;
	*ret_size = size + r->body.len + 1;
	*ret_lines = count;
	return ERR_OK;
}

/* Puts a header line at the end of those c has. */
/* NOLINTNEXTLINE(readability-non-const-parameter): struct curl_slist wants it so */
static void add_line(struct call *c, size_t i, char *line)
{
	c->lines[i] = (struct curl_slist){.data = line};
	if (i)
		c->lines[i - 1].next = &c->lines[i];
}

/* Copies the header lines and the body into c. */
static enum err copy_request(struct call *c, const struct fetch_request *r)
{
	/* A name without a value takes a line away that libcurl would add. */
	static char no_expect[] = "Expect:", no_type[] = "Content-Type:";
	size_t size, count;
	enum err e = measure(r, &size, &count);
	if (e)
		return e;
	c->out = mem_grow(NULL, size);
	if (!c->out)
		return ERR_NOMEM;

	char *at = c->out;
	bool typed = false;
	for (size_t i = 0; i < count; i++) {
		size_t len = strlen(r->headers[i]) + 1;
		memcpy(at, r->headers[i], len);
		add_line(c, i, at);
		typed = typed || is_content_type(at);
		at += len;
	}
	add_line(c, count++, no_expect);
	if (!typed)
		add_line(c, count++, no_type);
	if (r->body.len)
		memcpy(at, r->body.at, r->body.len);
	c->body = (struct str){.at = at, .len = r->body.len};
	return ERR_OK;
}

/*
 * How the body goes: an effect's through give_body(), which cannot go back.
 * Without one there is nothing to hold libcurl back but a connection of its
 * own, on which it never repeats.
 */
static bool set_body(struct call *c, const struct fetch_request *r)
{
	bool by_callback = r->effect && c->body.len > 0;
	bool plain = c->body.len == 0 &&
		     (strcmp(r->method, "GET") == 0 || strcmp(r->method, "DELETE") == 0);
	CURL *e = c->easy;

	return curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)c->body.len) ==
		       CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_POSTFIELDS, by_callback ? NULL : c->body.at) ==
		       CURLE_OK &&
	       curl_easy_setopt(e, plain ? CURLOPT_HTTPGET : CURLOPT_POST, 1L) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_CUSTOMREQUEST, r->method) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_FRESH_CONNECT, (long)(r->effect && !c->body.len)) ==
		       CURLE_OK;
}

static long timeout_ms(usec_t timeout)
{
	if (timeout <= 0)
		timeout = TIMEOUT_DEFAULT;
	if (timeout > TIMEOUT_MAX)
		timeout = TIMEOUT_MAX;
	return (long)((timeout + USEC_MSEC - 1) / USEC_MSEC);
}

/* What is different for every request. */
static enum err set_request(struct call *c, const struct fetch_request *r)
{
	const char *ca = r->ca_file ? r->ca_file : curl_version_info(CURLVERSION_NOW)->cainfo;
	CURL *e = c->easy;
	bool ok = set_body(c, r) && curl_easy_setopt(e, CURLOPT_URL, r->url) == CURLE_OK &&
		  curl_easy_setopt(e, CURLOPT_HTTPHEADER, c->lines) == CURLE_OK &&
		  curl_easy_setopt(e, CURLOPT_CAINFO, ca) == CURLE_OK &&
		  curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, timeout_ms(r->timeout)) == CURLE_OK;

	c->effect = r->effect;
	c->may_send = r->may_send;
	return ok ? ERR_OK : ERR_NOMEM;
}

enum err call_prepare(struct call *c, const struct fetch_request *r)
{
	enum err e = copy_request(c, r);
	if (e)
		return e;
	if (!buf_room(&c->in, BODY_FIRST))
		return ERR_NOMEM;
	return set_request(c, r);
}

/* Answers */

/* Makes views of the names and values in c->head. */
static void point_headers(struct call *c)
{
	const char *at = (const char *)c->head.data;

	for (size_t i = 0; i < c->header_count; i++) {
		c->headers[i].name.at = at;
		at += c->headers[i].name.len;
		c->headers[i].value.at = at;
		at += c->headers[i].value.len;
	}
}

/*
 * Only what never got as far as begin() is proven not sent; that libcurl says
 * "could not connect" is none, since it may say so of a second attempt.
 */
static enum fetch_end judge(const struct call *c)
{
	long written = 0;

	if (c->complete)
		return FETCH_ANSWERED;
	if (curl_easy_getinfo(c->easy, CURLINFO_REQUEST_SIZE, &written) != CURLE_OK || written)
		return FETCH_UNKNOWN;
	return c->began ? FETCH_UNKNOWN : FETCH_UNSENT;
}

/* Says what went wrong. libcurl's own words only where no header or body had been at hand. */
static void say_end(const struct call *c, const struct fetch_answer *a, CURLcode code,
	char *out, size_t cap)
{
	const char *words = curl_easy_strerror(code);

	out[0] = 0;
	if (a->end == FETCH_UNSENT)
		(void)snprintf(out, cap, "not sent: %s", c->error[0] ? c->error : words);
	else if (a->end == FETCH_UNKNOWN)
		(void)snprintf(out, cap, "may have been sent, and was not answered: %s", words);
	else if (c->in.err == ERR_TOO_BIG)
		(void)snprintf(out, cap, "the answer has more than %zu bytes", FETCH_BODY_MAX);
	else if (a->cut)
		(void)snprintf(out, cap, "the answer ended early: %s", words);
}

struct fetch_answer call_answer(struct call *c, CURLcode code)
{
	struct fetch_answer a = {.end = judge(c)};
	char words[CALL_WORDS_MAX];
	curl_off_t took = 0;

	point_headers(c);
	if (a.end == FETCH_ANSWERED) {
		a.status = c->status;
		a.cut = code != CURLE_OK;
		a.body = buf_view(&c->in);
		a.headers = c->headers;
		a.header_count = c->header_count;
	}
	(void)curl_easy_getinfo(c->easy, CURLINFO_TOTAL_TIME_T, &took);
	a.took = took;
	say_end(c, &a, code, words, sizeof(words));
	a.words = text_show(str_of(words), c->words, sizeof(c->words));
	return a;
}
