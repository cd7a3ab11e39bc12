#include "common/net/http_head.h"

#include <string.h>
#include <strings.h>

#include "common/base/buf.h"

#define LENGTH_DIGITS_MAX 15 /* of Content-Length: what fits is far above any limit */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* What a method or a header name is made of: RFC 9110's tchar. */
static bool is_token_char(char c)
{
	if (is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
		return true;
	return c && strchr("!#$%&'*+-.^_`|~", c);
}

static bool is_token(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!is_token_char(s.at[i]))
			return false;
	return s.len > 0;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static struct str trim(struct str s)
{
	while (s.len && is_blank(s.at[0]))
		s = (struct str){s.at + 1, s.len - 1};
	while (s.len && is_blank(s.at[s.len - 1]))
		s.len--;
	return s;
}

/* Takes what stands before the first c out of *s; false when there is no c. */
static bool cut(struct str *s, char c, struct str *ret)
{
	const char *at = s->len ? memchr(s->at, c, s->len) : NULL;

	if (!at)
		return false;
	*ret = (struct str){s->at, (size_t)(at - s->at)};
	*s = (struct str){at + 1, s->len - ret->len - 1};
	return true;
}

/* Takes one line, ended by CRLF, out of *s. A CR or LF within it is refused. */
static bool cut_line(struct str *s, struct str *ret)
{
	if (!cut(s, '\n', ret) || !ret->len || ret->at[ret->len - 1] != '\r')
		return false;
	ret->len--;
	return !ret->len || !memchr(ret->at, '\r', ret->len);
}

bool http_is(struct str a, const char *b)
{
	return strlen(b) == a.len && strncasecmp(a.at, b, a.len) == 0;
}

static int parse_target(struct str target, struct http_head *ret)
{
	if (!target.len || target.at[0] != '/')
		return 400;
	for (size_t i = 0; i < target.len; i++)
		if (target.at[i] < '!' || target.at[i] > '~' || target.at[i] == '#')
			return 400;

	ret->query = (struct str){NULL, 0};
	if (cut(&target, '?', &ret->path))
		ret->query = target;
	else
		ret->path = target;
	return 0;
}

static int parse_request_line(struct str line, struct http_head *ret)
{
	struct str target;

	if (!cut(&line, ' ', &ret->method) || !is_token(ret->method))
		return 400;
	if (!cut(&line, ' ', &target))
		return 400;
	if (!str_has_prefix(line, "HTTP/"))
		return 400;
	if (!str_is(line, "HTTP/1.1") && !str_is(line, "HTTP/1.0"))
		return 505;

	ret->keep_alive = str_is(line, "HTTP/1.1");
	return parse_target(target, ret);
}

static int parse_header(struct str line, struct http_head *ret)
{
	struct http_header h;

	if (!cut(&line, ':', &h.name) || !is_token(h.name))
		return 400; /* also a folded line: it begins with a blank */
	h.value = trim(line);
	for (size_t i = 0; i < h.value.len; i++)
		if ((unsigned char)h.value.at[i] < ' ' && h.value.at[i] != '\t')
			return 400;
	if (ret->header_count == HTTP_HEADERS_MAX)
		return 431;
	ret->headers[ret->header_count++] = h;
	return 0;
}

/* Facts gathered while the headers are read. */
struct seen {
	bool http11;
	size_t hosts, lengths, codings;
};

static int take_host(struct http_head *head, struct str value, struct seen *seen)
{
	(void)head, (void)value;
	seen->hosts++;
	return 0;
}

static int take_length(struct http_head *head, struct str value, struct seen *seen)
{
	seen->lengths++;
	if (!value.len || value.len > LENGTH_DIGITS_MAX)
		return 400;
	head->length = 0;
	for (size_t i = 0; i < value.len; i++) {
		if (!is_digit(value.at[i]))
			return 400;
		head->length = head->length * 10 + (uint64_t)(value.at[i] - '0');
	}
	return 0;
}

static int take_coding(struct http_head *head, struct str value, struct seen *seen)
{
	seen->codings++;
	if (!http_is(value, "chunked"))
		return 501;
	head->chunked = true;
	return 0;
}

static int take_connection(struct http_head *head, struct str value, struct seen *seen)
{
	struct str word;

	(void)seen;
	for (bool more = true; more;) {
		more = cut(&value, ',', &word);
		word = trim(more ? word : value);
		if (http_is(word, "close"))
			head->keep_alive = false;
		if (http_is(word, "keep-alive") && !seen->http11)
			head->keep_alive = true;
	}
	return 0;
}

static int take_expect(struct http_head *head, struct str value, struct seen *seen)
{
	(void)seen;
	head->expect_continue = http_is(value, "100-continue");
	return head->expect_continue ? 0 : 417;
}

static const struct {
	const char *name;
	int (*take)(struct http_head *, struct str value, struct seen *);
} meanings[] = {
	{"Host", take_host},
	{"Content-Length", take_length},
	{"Transfer-Encoding", take_coding},
	{"Connection", take_connection},
	{"Expect", take_expect},
};

static int understand(const struct http_header *h, struct http_head *head, struct seen *seen)
{
	for (size_t i = 0; i < COUNT_OF(meanings); i++)
		if (http_is(h->name, meanings[i].name))
			return meanings[i].take(head, h->value, seen);
	return 0;
}

int http_head_parse(struct str text, struct http_head *ret)
{
	struct str line;

	ret->header_count = 0;
	ret->length = 0;
	ret->chunked = false;
	ret->expect_continue = false;
	ret->keep_alive = false;
	if (!cut_line(&text, &line))
		return 400;
	int refuse = parse_request_line(line, ret);

	struct seen seen = {.http11 = ret->keep_alive};
	while (!refuse) {
		if (!cut_line(&text, &line))
			return 400;
		if (!line.len)
			break;
		refuse = parse_header(line, ret);
		if (!refuse)
			refuse = understand(&ret->headers[ret->header_count - 1], ret, &seen);
	}
	if (refuse)
		return refuse;

	if (text.len || seen.hosts > 1 || (seen.http11 && !seen.hosts))
		return 400;
	if (seen.lengths + seen.codings > 1 || (ret->chunked && !seen.http11))
		return 400;
	return 0;
}

struct str http_head_find(const struct http_header *headers, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (http_is(headers[i].name, name))
			return headers[i].value;
	return (struct str){NULL, 0};
}

/* clang-format off */
static const struct {
	int status;
	const char *reason;
} reasons[] = {
	{100, "Continue"}, {200, "OK"}, {201, "Created"}, {202, "Accepted"}, {204, "No Content"},
	{301, "Moved Permanently"}, {302, "Found"}, {303, "See Other"}, {304, "Not Modified"}, {307, "Temporary Redirect"},
	{400, "Bad Request"}, {401, "Unauthorized"}, {402, "Payment Required"}, {403, "Forbidden"}, {404, "Not Found"},
	{405, "Method Not Allowed"}, {406, "Not Acceptable"}, {408, "Request Timeout"}, {409, "Conflict"}, {411, "Length Required"},
	{413, "Content Too Large"}, {415, "Unsupported Media Type"}, {417, "Expectation Failed"}, {429, "Too Many Requests"},
	{431, "Request Header Fields Too Large"}, {500, "Internal Server Error"}, {501, "Not Implemented"}, {502, "Bad Gateway"},
	{503, "Service Unavailable"}, {504, "Gateway Timeout"}, {505, "HTTP Version Not Supported"},
};
/* clang-format on */

const char *http_reason(int status)
{
	for (size_t i = 0; i < COUNT_OF(reasons); i++)
		if (reasons[i].status == status)
			return reasons[i].reason;
	return "Unknown";
}

static int hex(char c)
{
	if (is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static enum err decode(struct str s, struct buf *out)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.at[i] != '%') {
			buf_byte(out, s.at[i] == '+' ? ' ' : (unsigned char)s.at[i]);
			continue;
		}
		int high = i + 2 < s.len ? hex(s.at[i + 1]) : -1;
		int low = high >= 0 ? hex(s.at[i + 2]) : -1;
		if (low < 0)
			return ERR_FORMAT;
		buf_byte(out, (unsigned char)(high * 16 + low));
		i += 2;
	}
	return ERR_OK;
}

bool http_form_next(struct str *rest, struct buf *key, struct buf *value)
{
	struct str pair, name;

	buf_reset(key);
	buf_reset(value);
	do {
		if (!rest->len)
			return false;
		if (!cut(rest, '&', &pair)) {
			pair = *rest;
			rest->len = 0;
		}
	} while (!pair.len);

	if (!cut(&pair, '=', &name)) {
		name = pair;
		pair.len = 0;
	}
	if (decode(name, key) || decode(pair, value))
		buf_fail(key, ERR_FORMAT);
	return true;
}
