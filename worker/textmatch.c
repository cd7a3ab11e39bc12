#include "worker/textmatch.h"

#include <string.h>
#include <strings.h>

#include "common/base/buf.h"
#include "common/xapi/text/runes.h"
#include "worker/tree.h"

#define MENTIONS_MAX 50 /* that X puts before a reply */

/* Where a comparison stands: what is left of each text. */
struct cursor {
	struct str ours, theirs;
	const json_t *urls;
};

static void step(struct str *s, size_t n)
{
	s->at += n;
	s->len -= n;
}

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool skip_space(struct str *s)
{
	size_t before = s->len;

	while (s->len && is_space(s->at[0]))
		step(s, 1);
	return s->len != before;
}

static struct str trim(struct str s)
{
	skip_space(&s);
	while (s.len && is_space(s.at[s.len - 1]))
		s.len--;
	return s;
}

static bool begins(struct str s, struct str front)
{
	return front.len && s.len >= front.len && memcmp(s.at, front.at, front.len) == 0;
}

static bool begins_in_any_case(struct str s, struct str front)
{
	return front.len && s.len >= front.len && strncasecmp(s.at, front.at, front.len) == 0;
}

/* --- links --- */

/* The entity whose short link begins here, or NULL. */
static const json_t *url_here(const struct cursor *c)
{
	if (!c->theirs.len || c->theirs.at[0] != 'h')
		return NULL;
	for (size_t i = 0; i < json_array_size(c->urls); i++) {
		const json_t *u = json_array_get(c->urls, i);

		if (begins(c->theirs, tree_text(u, "url")))
			return u;
	}
	return NULL;
}

static struct str without_scheme(struct str link)
{
	if (begins_in_any_case(link, str_of("https://")))
		step(&link, 8);
	else if (begins_in_any_case(link, str_of("http://")))
		step(&link, 7);
	return link;
}

/*
 * Steps over our form of a link, if it is here: whole, or as people write it, without the
 * scheme or the slash that X adds to a bare domain.
 */
static bool take_link(struct str *ours, struct str full)
{
	struct str forms[4] = {full, full, without_scheme(full), without_scheme(full)};

	for (size_t i = 0; i < COUNT_OF(forms); i++) {
		struct str f = forms[i];

		if (i % 2 == 1 && f.len && f.at[f.len - 1] == '/')
			f.len--;
		if (begins_in_any_case(*ours, f)) {
			step(ours, f.len);
			return true;
		}
	}
	return false;
}

/* Steps over one short link of X that names no link of ours: its own media, or the quoted post.
 */
static bool take_added_link(struct cursor *c)
{
	const json_t *u = url_here(c);
	struct str short_link = tree_text(u, "url");

	if (!u && str_has_prefix(c->theirs, "https://t.co/")) {
		short_link = c->theirs;
		short_link.len = strlen("https://t.co/");
		while (short_link.len < c->theirs.len &&
			!is_space(c->theirs.at[short_link.len]))
			short_link.len++;
	}
	step(&c->theirs, short_link.len);
	return short_link.len > 0;
}

/* --- characters --- */

/* The character at the front of X's text, unescaped; *n is how many bytes it takes there. */
static char their_char(struct str theirs, size_t *n)
{
	static const struct {
		const char *escape;
		char c;
	} table[] = {{"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}};

	for (size_t i = 0; i < COUNT_OF(table); i++)
		if (str_has_prefix(theirs, table[i].escape)) {
			*n = strlen(table[i].escape);
			return table[i].c;
		}
	*n = 1;
	return theirs.at[0];
}

/* Steps over what is the same in both: a link, white space, a character. False: nothing is. */
static bool take_same(struct cursor *c)
{
	const json_t *u = url_here(c);
	size_t n;

	if (u && take_link(&c->ours, tree_text(u, "expanded_url"))) {
		step(&c->theirs, tree_text(u, "url").len);
		return true;
	}
	if (is_space(c->ours.at[0]))
		return skip_space(&c->ours) && skip_space(&c->theirs);
	if (their_char(c->theirs, &n) != c->ours.at[0])
		return false;
	step(&c->ours, 1);
	step(&c->theirs, n);
	return true;
}

/* Whether both are the same from here to the end. */
static bool same_from(struct cursor c, unsigned may)
{
	while (c.ours.len && c.theirs.len)
		if (!take_same(&c))
			return false;
	skip_space(&c.theirs);
	if ((may & TEXT_MAY_LINK) && !c.ours.len && c.theirs.len)
		take_added_link(&c);
	return !c.ours.len && !c.theirs.len;
}

/* Steps over "@name " at the front of X's text. */
static bool take_mention(struct str *theirs)
{
	size_t n = 1;

	if (!theirs->len || theirs->at[0] != '@')
		return false;
	while (n < theirs->len && !is_space(theirs->at[n]))
		n++;
	if (!text_is_username((struct str){theirs->at + 1, n - 1}))
		return false;
	step(theirs, n);
	skip_space(theirs);
	return true;
}

static bool match(struct cursor c, unsigned may)
{
	for (int i = 0; i <= MENTIONS_MAX; i++) {
		if (same_from(c, may))
			return true;
		if (!(may & TEXT_MAY_MENTION) || !take_mention(&c.theirs))
			return false;
	}
	return false;
}

/* --- composed characters --- */

static bool is_ascii(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.at[i] >= 0x80)
			return false;
	return true;
}

static void put_rune(struct buf *b, uint32_t c)
{
	static const unsigned char marks[] = {0, 0, 0xc0, 0xe0, 0xf0};
	int len = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

	buf_byte(b, (unsigned char)(marks[len] | c >> 6 * (len - 1)));
	for (int i = len - 2; i >= 0; i--)
		buf_byte(b, (unsigned char)(0x80 | (c >> 6 * i & 0x3f)));
}

/* The text in NFC, in b when it is not so already. Without memory for it, the text as it is. */
static struct str compose(struct str s, struct buf *b)
{
	struct runes r = {0};

	if (is_ascii(s))
		return s;
	if (!runes_read(&r, s))
		for (size_t i = 0; i < r.count; i++)
			put_rune(b, r.at[i]);
	runes_done(&r);
	return b->err || !b->len ? s : buf_view(b);
}

bool textmatch(struct str ours, struct str theirs, const json_t *urls, unsigned may)
{
	struct buf a, b;

	if (theirs.len > TEXTMATCH_MAX || ours.len > TEXTMATCH_MAX)
		return false;
	buf_init(&a, 3 * TEXTMATCH_MAX);
	buf_init(&b, 3 * TEXTMATCH_MAX);
	struct cursor c = {trim(compose(ours, &a)), trim(compose(theirs, &b)), urls};
	bool same = match(c, may);
	buf_done(&a);
	buf_done(&b);
	return same;
}
