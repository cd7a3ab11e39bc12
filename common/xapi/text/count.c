#include "common/xapi/text/count.h"

#include "common/xapi/text/chars.h"
#include "common/xapi/text/emoji.h"
#include "common/xapi/text/runes.h"
#include "common/xapi/text/url.h"

#define EMOJI_WEIGHT 2
#define CASHTAG_MAX  6 /* letters */

/* Whether every character of the text weighs 1 and none of them needs a second look. */
static bool is_plain(struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.at[i];

		if (c >= 0x80 || c == '$')
			return false;
		if (c == '.' && i + 1 < text.len &&
			char_is_domain((unsigned char)text.at[i + 1]))
			return false;
	}
	return true;
}

static int64_t weight_of(uint32_t c)
{
	if (c <= 0x10ff)
		return 1;
	return (c >= 0x2000 && c <= 0x200d) || (c >= 0x2010 && c <= 0x201f) ||
			       (c >= 0x2032 && c <= 0x2037)
		       ? 1
		       : 2;
}

/* Whether "$" at i begins a cashtag: a space before it, letters, and then something else. */
static bool is_cashtag(const struct runes *r, size_t i)
{
	size_t end = i + 1;

	if (i > 0 && !char_is_space(r->at[i - 1]) && !char_is_directional(r->at[i - 1]))
		return false;
	while (end < r->count && char_is_letter(r->at[end]))
		end++;
	if (end == i + 1 || end - i - 1 > CASHTAG_MAX)
		return false;
	return end == r->count || char_is_space(r->at[end]) || char_is_punct(r->at[end]);
}

/* How many code points at i are counted as one, and what they weigh; not for URLs. */
static size_t measure(const struct runes *r, size_t i, struct count *c, int64_t *ret_weight)
{
	uint32_t at = r->at[i];
	size_t len = at < 0x80 && (i + 1 == r->count || r->at[i + 1] < 0x80)
			     ? 0
			     : emoji_length(r->at + i, r->count - i);

	*ret_weight = len ? EMOJI_WEIGHT : weight_of(at);
	c->cashtags += at == '$' && is_cashtag(r, i);
	c->refused = c->refused || char_is_refused(at);
	return len ? len : 1;
}

static void count_runes(const struct runes *r, int64_t max, size_t len, struct count *ret)
{
	struct count c = {.fits = len};
	size_t url = 0, url_end = 0, n;
	int64_t weight;
	struct urls urls;

	urls_init(&urls, r->at, r->count);
	bool more = urls_next(&urls, &url, &url_end);
	for (size_t i = 0; i < r->count; i += n) {
		if (more && i == url) {
			n = url_end - url;
			weight = COUNT_URL;
			c.urls++;
			more = urls_next(&urls, &url, &url_end);
		} else {
			n = measure(r, i, &c, &weight);
		}
		if (c.weighted <= max && c.weighted + weight > max)
			c.fits = r->from[i];
		c.weighted += weight;
	}
	*ret = c;
}

enum err count_text_within(struct str text, int64_t max, struct count *ret)
{
	struct runes r;

	if (text.len > COUNT_TEXT_MAX)
		return ERR_TOO_BIG;
	if (is_plain(text)) {
		bool fits = (int64_t)text.len <= max;

		*ret = (struct count){
			.weighted = (int64_t)text.len, .fits = fits ? text.len : (size_t)max};
		return ERR_OK;
	}
	if (!text_is_utf8(text))
		return ERR_FORMAT;
	enum err e = runes_read(&r, text);
	if (e)
		return e;
	count_runes(&r, max, text.len, ret);
	runes_done(&r);
	return ERR_OK;
}

enum err count_text(struct str text, struct count *ret)
{
	return count_text_within(text, COUNT_POST_MAX, ret);
}
