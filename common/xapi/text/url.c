#include "common/xapi/text/url.h"

#include <string.h>

#include "common/xapi/text/chars.h"
#include "common/xapi/text/tld.h"

#define URL_MAX    4096 /* characters; a longer one is none */
#define LABEL_MAX  63   /* of ASCII, in a name of a domain */
#define SLUG_MAX   40   /* after "t.co/" */
#define BARE_EXTRA 8    /* what a bare domain counts for its "https://" */

struct found {
	size_t from, to; /* all of it */
	size_t host, host_end;
	bool has_protocol;
	bool has_path;
};

/* --- kinds of characters --- */

static bool is_one_of(uint32_t c, const char *set)
{
	return c > 0 && c < 0x80 && strchr(set, (int)c);
}

static bool is_alnum(uint32_t c)
{
	return char_is_letter(c) || char_is_digit(c);
}

/* In a name of a domain, though not at its ends: "-" and "_" as well. */
static bool is_label(uint32_t c)
{
	return char_is_domain(c) || c == '-' || c == '_';
}

static bool is_host(uint32_t c)
{
	return is_label(c) || c == '.';
}

static bool is_latin(uint32_t c)
{
	return is_alnum(c) || c == '-' || char_is_accented(c);
}

static bool is_path(uint32_t c)
{
	return is_alnum(c) || is_one_of(c, "!*';:=+,.$/%#[]-_~@|&") || c == 0x2013 ||
	       char_is_accented(c) || char_is_cyrillic(c);
}

static bool may_end_path(uint32_t c)
{
	return is_alnum(c) || is_one_of(c, "+-=_#/") || char_is_accented(c) ||
	       char_is_cyrillic(c);
}

static bool is_query(uint32_t c)
{
	return is_alnum(c) || is_one_of(c, "!?*'@();:&=+$/%#[]-_.,~|");
}

static bool may_end_query(uint32_t c)
{
	return is_alnum(c) || is_one_of(c, "-_&=#/");
}

static bool may_precede(uint32_t c)
{
	return !is_alnum(c) && !is_one_of(c, "@$#") && c != 0xff20 && c != 0xff03 &&
	       !char_is_refused(c);
}

/* What stands at i, 0 past the end. */
static uint32_t at(const struct urls *u, size_t i)
{
	return i < u->count ? u->at[i] : 0;
}

/* --- domains --- */

/* The dot or whatever ends the name that begins at i; where it has no "_" any more. */
static size_t label_end(const struct urls *u, size_t i, size_t *ret_tail)
{
	*ret_tail = i;
	for (; i < u->count && is_label(u->at[i]); i++)
		if (u->at[i] == '_')
			*ret_tail = i + 1;
	return i;
}

/* Whether the name [from, i) ends well, and with a dot. */
static bool is_dotted(const struct urls *u, size_t from, size_t i)
{
	return at(u, i) == '.' && i > from && char_is_domain(u->at[i - 1]);
}

/* Where a domain that has its last dot at i ends, 0 if none does. */
static size_t domain_end(const struct urls *u, size_t i)
{
	size_t n = tld_length(u->at + i + 1, u->count - i - 1);

	return n ? i + 1 + n : 0;
}

static void read_chain(struct urls *u, size_t from)
{
	struct url_chain c = {.from = from};
	size_t name = from, tail, i;

	for (;;) {
		i = label_end(u, name, &tail);
		if (!is_dotted(u, name, i))
			break;
		size_t end = tail == name ? domain_end(u, i) : 0;
		if (end) {
			c.dot = i;
			c.domain_end = end;
		}
		name = i + 1;
		if (!char_is_domain(at(u, name)) || name == u->count)
			break;
	}
	c.to = i > from ? i : from + 1;
	u->chain = c;
}

static void read_label(struct urls *u, size_t from)
{
	struct url_label l = {0};

	l.end = label_end(u, from, &l.tail);
	l.domain_end = is_dotted(u, from, l.end) ? domain_end(u, l.end) : 0;
	u->label = l;
}

/*
 * The end of the longest domain that begins at p, 0 if none does. Names but the one before the
 * last dot may have "_" in them. A chain of names is read once, however many p lie in it.
 */
static size_t domain_from(struct urls *u, size_t p)
{
	if (!char_is_domain(u->at[p]))
		return 0;
	if (p < u->chain.from || p >= u->chain.to)
		read_chain(u, p);
	if (u->chain.dot > p)
		return u->chain.domain_end;
	if (p >= u->label.end)
		read_label(u, p);
	return u->label.tail <= p ? u->label.domain_end : 0;
}

/* --- what follows a domain --- */

static size_t port_end(const struct urls *u, size_t i)
{
	size_t end = i + 1;

	while (char_is_digit(at(u, end)))
		end++;
	return at(u, i) == ':' && end > i + 1 ? end : i;
}

static size_t skip_path(const struct urls *u, size_t i)
{
	while (is_path(at(u, i)))
		i++;
	return i;
}

/* The end of "(a)" or "(a(b)c)", 0 if there is neither. */
static size_t parens_end(const struct urls *u, size_t i)
{
	size_t inner = skip_path(u, i + 1);

	if (at(u, inner) == ')')
		return inner > i + 1 ? inner + 1 : 0;
	if (at(u, inner) != '(')
		return 0;
	size_t end = skip_path(u, inner + 1);
	if (at(u, end) != ')' || end == inner + 1)
		return 0;
	end = skip_path(u, end + 1);
	return at(u, end) == ')' ? end + 1 : 0;
}

static size_t path_end(const struct urls *u, size_t i)
{
	if (at(u, i) != '/')
		return i;

	size_t end = ++i;
	for (;;) {
		size_t closed = at(u, i) == '(' ? parens_end(u, i) : 0;

		if (closed) {
			i = closed;
			end = closed;
		} else if (is_path(at(u, i))) {
			i++;
			if (may_end_path(u->at[i - 1]))
				end = i;
		} else {
			return end;
		}
	}
}

static size_t query_end(const struct urls *u, size_t i)
{
	size_t end = i;

	if (at(u, i) != '?')
		return i;
	for (i++; is_query(at(u, i)); i++)
		if (may_end_query(u->at[i]))
			end = i + 1;
	return end;
}

/* --- finding --- */

/* A character that is not used up must stand before p, one after which a URL may begin. */
static bool may_begin(const struct urls *u, size_t p)
{
	return p == 0 || (p > u->low && may_precede(u->at[p - 1]));
}

/* Where the "http://" or "https://" that ends before `host` begins; `host` if none does. */
static size_t protocol_from(const struct urls *u, size_t host)
{
	static const char letters[] = "ptth";
	size_t i = host;

	if (host < 7 || u->at[i - 1] != '/' || u->at[i - 2] != '/' || u->at[i - 3] != ':')
		return host;
	i -= 3;
	if ((u->at[i - 1] | 0x20) == 's')
		i--;
	for (size_t n = 0; n < 4; n++, i--)
		if (i == 0 || (u->at[i - 1] | 0x20) != (uint32_t)letters[n])
			return host;
	return i >= u->low && may_begin(u, i) ? i : host;
}

static bool find_at(struct urls *u, size_t from, size_t host, struct found *ret)
{
	size_t end = domain_from(u, host);

	if (!end)
		return false;
	size_t port = port_end(u, end), path = path_end(u, port);
	*ret = (struct found){
		.from = from,
		.to = query_end(u, path),
		.host = host,
		.host_end = end,
		.has_protocol = from<host, .has_path = path> port,
	};
	return true;
}

/* In a run of characters that may belong to a host; ends after it if there is nothing. */
static bool find_in(struct urls *u, size_t from, struct found *ret)
{
	size_t protocol = protocol_from(u, from), p = from;

	if (protocol < from && find_at(u, protocol, from, ret))
		return true;
	/* The first character of a text is tried as what stands before a URL, then as its
	 * first. */
	if (from == 0 && u->count > 1 && may_begin(u, 1) && find_at(u, 1, 1, ret))
		return true;
	for (; p < u->count && is_host(u->at[p]); p++)
		if (may_begin(u, p) && find_at(u, p, p, ret))
			return true;
	u->next = p;
	return false;
}

/* Every URL has a dot with something on either side. */
static bool find(struct urls *u, struct found *ret)
{
	for (; u->next + 1 < u->count; u->next++) {
		size_t from = u->next;

		if (u->at[from] != '.' || from == u->low || !char_is_domain(u->at[from + 1]))
			continue;
		while (from > u->low && is_host(u->at[from - 1]))
			from--;
		if (find_in(u, from, ret))
			return true;
		u->next--; /* the loop's step is not for what find_in() has passed over */
	}
	return false;
}

/* --- what counts of it --- */

static bool is_right(const struct urls *u, const struct found *f)
{
	size_t len = f->to - f->from + (f->has_protocol ? 0 : BARE_EXTRA), run = 0;

	for (size_t i = f->host; i < f->host_end && run <= LABEL_MAX; i++)
		run = u->at[i] == '.' || u->at[i] >= 0x80 ? 0 : run + 1;
	return len <= URL_MAX && run <= LABEL_MAX;
}

/* Of X's own short addresses only the part before anything odd. False: too long a one. */
static bool trim_short(const struct urls *u, struct found *f)
{
	static const char host[] = "t.co/";
	size_t i = f->host;

	for (size_t n = 0; n < 5; n++, i++)
		if (at(u, i) > 0x7f || (at(u, i) | 0x20) != (uint32_t)(host[n] | 0x20))
			return true;
	size_t slug = i;
	while (is_alnum(at(u, i)))
		i++;
	if (i - slug > SLUG_MAX)
		return false;
	if (i > slug)
		f->to = query_end(u, i);
	return true;
}

/* The next domain of Latin letters in [from, bare_end). */
static bool find_latin(const struct urls *u, size_t from, size_t *ret_from, size_t *ret_to)
{
	for (size_t i = from; i < u->bare_end; i++) {
		size_t first = i, end = 0;

		while (i < u->bare_end && is_latin(u->at[i])) {
			while (i < u->bare_end && is_latin(u->at[i]))
				i++;
			if (i == u->bare_end || u->at[i] != '.')
				break;
			size_t n = tld_length(u->at + i + 1, u->bare_end - i - 1);
			end = n ? i + 1 + n : end;
			i++;
		}
		if (end) {
			*ret_from = first;
			*ret_to = end;
			return true;
		}
	}
	return false;
}

/* The last one takes along the path that follows. */
static bool next_latin(struct urls *u, size_t *ret_from, size_t *ret_to)
{
	size_t from, to;

	if (!find_latin(u, u->bare_at, ret_from, ret_to))
		return false;
	u->bare_at = *ret_to;
	if (u->tail_end && !find_latin(u, *ret_to, &from, &to))
		*ret_to = u->tail_end;
	return true;
}

void urls_init(struct urls *u, const uint32_t *at, size_t count)
{
	*u = (struct urls){.at = at, .count = count};
}

bool urls_next(struct urls *u, size_t *from, size_t *to)
{
	struct found f;

	while (!next_latin(u, from, to)) {
		u->bare_at = u->bare_end = 0;
		if (!find(u, &f))
			return false;
		u->low = u->next = f.to;
		if (!is_right(u, &f))
			continue;
		if (f.has_protocol && trim_short(u, &f)) {
			*from = f.from;
			*to = f.to;
			return true;
		}
		if (f.has_protocol || (f.from > 0 && is_one_of(u->at[f.from - 1], "-_./")))
			continue;
		u->bare_at = f.host;
		u->bare_end = f.host_end;
		u->tail_end = f.has_path ? f.to : 0;
	}
	return true;
}
