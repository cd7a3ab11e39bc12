#include <stdio.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/conf/table.h"

static void *field(struct conf *c, size_t setting)
{
	return (char *)c + conf_table[setting].at;
}

static const void *field_const(const struct conf *c, size_t setting)
{
	return (const char *)c + conf_table[setting].at;
}

static enum err refuse(const struct setting *s, struct errmsg *m, const char *what)
{
	err_say(m, ERR_INVALID, "%s.%s: %s", s->section, s->key, what);
	return err_at(m, ERR_INVALID, "%s.%s", s->section, s->key);
}

/* --- what a text may be --- */

/* Whether a choice has `text` among its parts (words), or a part that text begins with
 * (prefixes). */
static bool is_chosen(const char *choice, struct str text, bool whole)
{
	for (const char *at = choice; *at;) {
		size_t n = strcspn(at, "|");
		bool fits = whole ? text.len == n : text.len >= n;

		if (fits && memcmp(text.at, at, n) == 0)
			return true;
		at += n + (at[n] == '|');
	}
	return false;
}

static bool is_endpoint(struct str text)
{
	return (str_has_prefix(text, "tcp://") && text.len > 6) ||
	       (str_has_prefix(text, "ipc://") && text.len > 6);
}

/* HOST:PORT */
static bool is_address(struct str text)
{
	int64_t port;
	size_t colon = text.len;

	while (colon > 0 && text.at[colon - 1] != ':')
		colon--;
	return colon > 1 &&
	       !text_to_int((struct str){text.at + colon, text.len - colon}, 0, 65535, &port);
}

static enum err check_text(const struct setting *s, struct str text, struct errmsg *m)
{
	char words[300];

	if (!text_is_utf8(text) || (text.len && memchr(text.at, 0, text.len)))
		return refuse(s, m, "is not text");
	if ((s->type == CONF_WORD || s->choice) &&
		!is_chosen(s->choice, text, s->type == CONF_WORD)) {
		(void)snprintf(words, sizeof(words),
			s->type == CONF_WORD ? "must be one of %s"
					     : "must begin with one of %s",
			s->choice);
		return refuse(s, m, words);
	}
	if (s->type == CONF_NAME && !text_is_name(text, (size_t)s->most))
		return refuse(s, m, "must be a name: A-Z a-z 0-9 _ . -");
	if ((s->type == CONF_ENDPOINT || s->type == CONF_ENDPOINTS) && !is_endpoint(text))
		return refuse(s, m, "must be tcp://HOST:PORT or ipc://PATH");
	if (s->type == CONF_ADDRESS && !is_address(text))
		return refuse(s, m, "must be HOST:PORT");
	if (s->type == CONF_WORD ||
		(text.len >= (size_t)s->least && text.len <= (size_t)s->most))
		return ERR_OK;
	(void)snprintf(words, sizeof(words), "must be %lld to %lld bytes long",
		(long long)s->least, (long long)s->most);
	return refuse(s, m, words);
}

static void show_duration(usec_t d, char *out, size_t cap)
{
	/* clang-format off */
	static const struct { usec_t unit; const char *name; } units[] = {
		{USEC_DAY, "d"}, {USEC_HOUR, "h"}, {USEC_MIN, "m"}, {USEC_SEC, "s"}, {USEC_MSEC, "ms"},
	};
	/* clang-format on */
	for (size_t i = 0; i < COUNT_OF(units); i++)
		if (d % units[i].unit == 0 || i + 1 == COUNT_OF(units)) {
			(void)snprintf(out, cap, "%lld%s", (long long)(d / units[i].unit),
				units[i].name);
			return;
		}
}

static enum err read_number(
	const struct setting *s, struct str text, int64_t *ret, struct errmsg *m)
{
	char words[120];

	if (!text_to_int(text, s->least, s->most, ret))
		return ERR_OK;
	(void)snprintf(words, sizeof(words), "must be a whole number from %lld to %lld",
		(long long)s->least, (long long)s->most);
	return refuse(s, m, words);
}

static enum err read_duration(
	const struct setting *s, struct str text, usec_t *ret, struct errmsg *m)
{
	char words[160], least[32], most[32];
	usec_t d;

	if (!text_to_duration(text, &d) && d >= s->least && d <= s->most) {
		*ret = d;
		return ERR_OK;
	}
	show_duration(s->least, least, sizeof(least));
	show_duration(s->most, most, sizeof(most));
	(void)snprintf(words, sizeof(words),
		"must be a duration such as 250ms, 5s, 2m, 3h or 7d, from %s to %s", least,
		most);
	return refuse(s, m, words);
}

/* --- taking --- */

static bool is_list(enum conf_type t)
{
	return t == CONF_DURATIONS || t == CONF_ENDPOINTS;
}

static enum err take_text(struct conf *c, size_t setting, struct str text, struct errmsg *m)
{
	enum err e = check_text(&conf_table[setting], text, m);
	if (e)
		return e;
	char *copy = mem_dup(text.at, text.len);
	if (!copy)
		return ERR_NOMEM;
	conf_drop(c, setting);
	*(char **)field(c, setting) = copy;
	return ERR_OK;
}

static enum err take_durations(
	struct conf *c, size_t setting, const struct str *texts, size_t count, struct errmsg *m)
{
	struct conf_durations list = {.at = mem_array(count, sizeof(usec_t)), .count = count};
	enum err e = list.at ? ERR_OK : ERR_NOMEM;

	for (size_t i = 0; !e && i < count; i++)
		e = read_duration(&conf_table[setting], texts[i], &list.at[i], m);
	if (e) {
		mem_free(list.at);
		return e;
	}
	conf_drop(c, setting);
	*(struct conf_durations *)field(c, setting) = list;
	return ERR_OK;
}

static enum err take_texts(
	struct conf *c, size_t setting, const struct str *texts, size_t count, struct errmsg *m)
{
	struct conf_texts list = {.at = mem_array(count, sizeof(char *)), .count = count};
	enum err e = list.at ? ERR_OK : ERR_NOMEM;

	for (size_t i = 0; !e && i < count; i++) {
		e = check_text(&conf_table[setting], texts[i], m);
		if (!e)
			list.at[i] = mem_dup(texts[i].at, texts[i].len);
		if (!e && !list.at[i])
			e = ERR_NOMEM;
	}
	if (!e) {
		conf_drop(c, setting);
		*(struct conf_texts *)field(c, setting) = list;
		return ERR_OK;
	}
	for (size_t i = 0; list.at && i < count; i++)
		mem_free(list.at[i]);
	mem_free(list.at);
	return e;
}

enum err conf_take(
	struct conf *c, size_t setting, const struct str *texts, size_t count, struct errmsg *m)
{
	const struct setting *s = &conf_table[setting];

	if (is_list(s->type) && (count < 1 || count > CONF_LIST_MAX))
		return refuse(s, m, "must be a list of 1 to 32 things");
	switch (s->type) {
	case CONF_INT:
		return read_number(s, texts[0], field(c, setting), m);
	case CONF_DURATION:
		return read_duration(s, texts[0], field(c, setting), m);
	case CONF_DURATIONS:
		return take_durations(c, setting, texts, count, m);
	case CONF_ENDPOINTS:
		return take_texts(c, setting, texts, count, m);
	case CONF_TEXT:
	case CONF_WORD:
	case CONF_NAME:
	case CONF_ENDPOINT:
	case CONF_ADDRESS:
		break;
	}
	return take_text(c, setting, texts[0], m);
}

static struct str trimmed(struct str s)
{
	while (s.len && s.at[0] == ' ')
		s = (struct str){s.at + 1, s.len - 1};
	while (s.len && s.at[s.len - 1] == ' ')
		s.len--;
	return s;
}

enum err conf_take_line(struct conf *c, size_t setting, struct str line, struct errmsg *m)
{
	struct str parts[CONF_LIST_MAX + 1];
	size_t count = 0;

	if (!is_list(conf_table[setting].type))
		return conf_take(c, setting, &line, 1, m);
	for (size_t at = 0; at <= line.len && count <= CONF_LIST_MAX;) {
		size_t end = at;

		while (end < line.len && line.at[end] != ',')
			end++;
		parts[count++] = trimmed((struct str){line.at + at, end - at});
		at = end + 1;
	}
	return conf_take(c, setting, parts, count, m);
}

void conf_drop(struct conf *c, size_t setting)
{
	enum conf_type t = conf_table[setting].type;

	if (t == CONF_INT || t == CONF_DURATION)
		return;
	if (t == CONF_DURATIONS) {
		mem_free(((struct conf_durations *)field(c, setting))->at);
		*(struct conf_durations *)field(c, setting) = (struct conf_durations){0};
		return;
	}
	if (t == CONF_ENDPOINTS) {
		struct conf_texts *list = field(c, setting);

		for (size_t i = 0; i < list->count; i++)
			mem_free(list->at[i]);
		mem_free(list->at);
		*list = (struct conf_texts){0};
		return;
	}
	char **text = field(c, setting);
	if (*text)
		explicit_bzero(*text, strlen(*text)); /* it may be a secret key */
	mem_free(*text);
	*text = NULL;
}

bool conf_same(const struct conf *a, const struct conf *b, size_t setting)
{
	const void *x = field_const(a, setting), *y = field_const(b, setting);

	switch (conf_table[setting].type) {
	case CONF_INT:
	case CONF_DURATION:
		return *(const int64_t *)x == *(const int64_t *)y;
	case CONF_DURATIONS: {
		const struct conf_durations *p = x, *q = y;

		return p->count == q->count &&
		       memcmp(p->at, q->at, p->count * sizeof(*p->at)) == 0;
	}
	case CONF_ENDPOINTS: {
		const struct conf_texts *p = x, *q = y;
		bool same = p->count == q->count;

		for (size_t i = 0; same && i < p->count; i++)
			same = strcmp(p->at[i], q->at[i]) == 0;
		return same;
	}
	case CONF_TEXT:
	case CONF_WORD:
	case CONF_NAME:
	case CONF_ENDPOINT:
	case CONF_ADDRESS:
		break;
	}
	return strcmp(*(char *const *)x, *(char *const *)y) == 0;
}
