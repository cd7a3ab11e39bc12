#include "common/xapi/alike/print.h"

#include <utf8proc.h>

#include "common/xapi/text/runes.h"
#include "common/xapi/text/url.h"

#define RUN          4 /* characters in a run */
#define USERNAME_MAX 15

/* --- hashing --- */

/* The finalizer of splitmix64: every bit of x tells on every bit. */
static uint64_t mix(uint64_t x)
{
	x ^= x >> 30;
	x *= 0xbf58476d1ce4e5b9u;
	x ^= x >> 27;
	x *= 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

/* One step of a digest: quick, and good enough once mix() has ended it. */
static uint64_t stir(uint64_t sum, uint64_t x)
{
	return ((sum << 5 | sum >> 59) ^ x) * 0x517cc1b727220a95u;
}

/* A text on its way to one number. */
struct digest {
	uint64_t sum;
	bool gap;  /* white space came after what is in it */
	bool some; /* anything is in it */
};

static void digest_rune(struct digest *d, uint32_t c)
{
	if (d->gap && d->some)
		d->sum = stir(d->sum, ' ');
	d->sum = stir(d->sum, c);
	d->gap = false;
	d->some = true;
}

static uint64_t digest_end(const struct digest *d)
{
	return d->some ? mix(d->sum) | 1 : 0;
}

/* The votes of all runs on each bit; heard only when they are wanted. */
struct votes {
	int32_t bits[128];
	uint32_t last[RUN]; /* the latest characters, the newest first */
	uint32_t count;
	bool wanted;
};

static void vote(struct votes *v, uint32_t c)
{
	uint64_t run = 0;

	if (!v->wanted || (c == v->last[0] && c == v->last[1]))
		return; /* "=====" and "!!!!!" say no more than three of them */
	for (int i = RUN - 1; i > 0; i--)
		v->last[i] = v->last[i - 1];
	v->last[0] = c;
	v->count++;
	if (v->count < RUN)
		return;
	for (int i = 0; i < RUN; i++)
		run = stir(run, v->last[i]);
	for (int half = 0; half < 2; half++) {
		uint64_t word = mix(run + (uint64_t)half);

		for (int i = 0; i < 64; i++)
			v->bits[64 * half + i] += word >> i & 1 ? 1 : -1;
	}
}

/* --- characters --- */

enum sort { SORT_LETTER, SORT_DIGIT, SORT_SYMBOL, SORT_NOTHING, SORT_BREAK };

static enum sort sort_of_ascii(uint32_t c)
{
	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
		return SORT_LETTER;
	if (c >= '0' && c <= '9')
		return SORT_DIGIT;
	if (c == '\'')
		return SORT_NOTHING;
	return c == '$' || c == '+' || c == '<' || c == '=' || c == '>' || c == '^' ||
			       c == '`' || c == '|' || c == '~'
		       ? SORT_SYMBOL
		       : SORT_BREAK;
}

static enum sort sort_of(uint32_t c)
{
	if (c < 0x80)
		return sort_of_ascii(c);
	if (c == 0x2019 || c == 0x02bc || (c >= 0xfe00 && c <= 0xfe0f))
		return SORT_NOTHING;
	switch (utf8proc_category((utf8proc_int32_t)c)) {
	case UTF8PROC_CATEGORY_ND:
	case UTF8PROC_CATEGORY_NL:
	case UTF8PROC_CATEGORY_NO:
		return SORT_DIGIT;
	case UTF8PROC_CATEGORY_LU:
	case UTF8PROC_CATEGORY_LL:
	case UTF8PROC_CATEGORY_LT:
	case UTF8PROC_CATEGORY_LM:
	case UTF8PROC_CATEGORY_LO:
	case UTF8PROC_CATEGORY_MN:
	case UTF8PROC_CATEGORY_MC:
	case UTF8PROC_CATEGORY_ME:
		return SORT_LETTER;
	case UTF8PROC_CATEGORY_SM:
	case UTF8PROC_CATEGORY_SC:
	case UTF8PROC_CATEGORY_SK:
	case UTF8PROC_CATEGORY_SO:
	case UTF8PROC_CATEGORY_CO:
		return SORT_SYMBOL;
	case UTF8PROC_CATEGORY_CF:
	case UTF8PROC_CATEGORY_CC:
	case UTF8PROC_CATEGORY_CN:
	case UTF8PROC_CATEGORY_CS:
	case UTF8PROC_CATEGORY_PC:
	case UTF8PROC_CATEGORY_PD:
	case UTF8PROC_CATEGORY_PS:
	case UTF8PROC_CATEGORY_PE:
	case UTF8PROC_CATEGORY_PI:
	case UTF8PROC_CATEGORY_PF:
	case UTF8PROC_CATEGORY_PO:
	case UTF8PROC_CATEGORY_ZS:
	case UTF8PROC_CATEGORY_ZL:
	case UTF8PROC_CATEGORY_ZP:
		break;
	}
	return c == 0x200b || c == 0x200c || c == 0x200d || c == 0x2060 || c == 0xfeff
		       ? SORT_NOTHING
		       : SORT_BREAK;
}

/* Everything a walk over one text needs. */
struct walk {
	const uint32_t *at;
	size_t count;
	struct digest strict, loose;
	struct votes votes;
};

static bool is_digit(const struct walk *w, size_t i)
{
	return i < w->count && sort_of(w->at[i]) == SORT_DIGIT;
}

/* Whether the mark at i belongs to a number: between two digits, or a sign before one. */
static bool is_in_number(const struct walk *w, size_t i)
{
	if (!is_digit(w, i + 1))
		return false;
	if (i > 0 && is_digit(w, i - 1))
		return true;
	return (w->at[i] == '-' || w->at[i] == 0x2212) &&
	       (i == 0 || sort_of(w->at[i - 1]) == SORT_BREAK);
}

static void take(struct walk *w, uint32_t c, bool strict_only)
{
	digest_rune(&w->strict, c);
	if (strict_only)
		return;
	if (w->loose.gap && w->loose.some)
		vote(&w->votes, ' ');
	digest_rune(&w->loose, c);
	vote(&w->votes, c);
}

static uint32_t lower(uint32_t c)
{
	if (c < 0x80)
		return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
	return (uint32_t)utf8proc_tolower((utf8proc_int32_t)c);
}

static void take_rune(struct walk *w, size_t i, bool strict_only)
{
	uint32_t c = w->at[i];
	enum sort sort = sort_of(c);

	if (sort == SORT_NOTHING)
		return;
	if (sort == SORT_BREAK && !is_in_number(w, i)) {
		w->strict.gap = true;
		w->loose.gap = true;
		return;
	}
	if (sort == SORT_LETTER)
		c = lower(c);
	take(w, c, strict_only);
}

/* What is between two marks that break words, whatever its characters are. */
static void take_apart(struct walk *w, size_t from, size_t to)
{
	w->strict.gap = true;
	w->loose.gap = true;
	for (size_t i = from; i < to; i++) {
		uint32_t c = w->at[i];

		take(w, c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c, true);
	}
	w->strict.gap = true;
}

static bool is_name_char(uint32_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_';
}

/* The end of the mention that begins at i; i itself when none does. */
static size_t mention_end(const struct walk *w, size_t i)
{
	size_t end = i + 1;

	if ((w->at[i] != '@' && w->at[i] != 0xff20) || (i > 0 && is_name_char(w->at[i - 1])))
		return i;
	while (end < w->count && is_name_char(w->at[end]))
		end++;
	return end == i + 1 || end - i - 1 > USERNAME_MAX ? i : end;
}

static void take_until(struct walk *w, size_t i, size_t to)
{
	while (i < to) {
		size_t end = mention_end(w, i);

		if (end > i) {
			take_apart(w, i + 1, end);
			i = end;
		} else {
			take_rune(w, i++, false);
		}
	}
}

static void walk(struct walk *w)
{
	struct urls urls;
	size_t at = 0, from, to;

	urls_init(&urls, w->at, w->count);
	while (urls_next(&urls, &from, &to)) {
		take_until(w, at, from);
		take_apart(w, from, to);
		at = to;
	}
	take_until(w, at, w->count);
}

/* --- the print --- */

enum err print_text(struct str text, bool near, struct print *ret)
{
	struct runes r = {0};
	struct walk w = {.votes.wanted = near};

	enum err e = runes_read(&r, text);
	if (!e) {
		w.at = r.at;
		w.count = r.count;
		walk(&w);
		*ret = (struct print){
			.strict = digest_end(&w.strict),
			.loose = digest_end(&w.loose),
			.len = (uint16_t)(w.votes.count < UINT16_MAX ? w.votes.count
								     : UINT16_MAX),
		};
		for (int i = 0; i < 128; i++)
			ret->near[i / 64] |= (uint64_t)(w.votes.bits[i] > 0) << i % 64;
	}
	runes_done(&r);
	return e;
}

int print_likeness(const struct print *a, const struct print *b)
{
	int other = __builtin_popcountll(a->near[0] ^ b->near[0]) +
		    __builtin_popcountll(a->near[1] ^ b->near[1]);

	return 100 - (other * 100 + 127) / 128;
}
