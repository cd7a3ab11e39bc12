#include <string.h>

#include "common/conf/table.h"

static const char *const type_words[] = {
#define X(type, words) [CONF_##type] = words,
	CONF_TYPES(X)
#undef X
};

static bool is_for(const struct setting *s, const char *programs)
{
	return strpbrk(s->programs, programs) != NULL;
}

void conf_print_help(const char *programs, struct buf *out)
{
	for (size_t i = 0; i < CONF_COUNT; i++) {
		const struct setting *s = &conf_table[i];

		if (is_for(s, programs))
			buf_fmt(out, "  %s.%s (%s, default %s)\n      %s\n", s->section, s->key,
				type_words[s->type], s->standard[0] ? s->standard : "none",
				s->help);
	}
}

/* "|" would end a cell of the table. */
static void put_cell(struct buf *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '|')
			buf_byte(out, '\\');
		buf_byte(out, (unsigned char)*text);
	}
}

void conf_print_markdown(struct buf *out)
{
	buf_str(out,
		"| setting | type | default | SIGHUP | what it is |\n|---|---|---|---|---|\n");
	for (size_t i = 0; i < CONF_COUNT; i++) {
		const struct setting *s = &conf_table[i];

		buf_fmt(out, "| `%s.%s` | %s", s->section, s->key, type_words[s->type]);
		if (s->choice && s->type == CONF_WORD) {
			buf_str(out, ": ");
			put_cell(out, s->choice);
		}
		buf_fmt(out, " | %s%s%s | %s | ", s->standard[0] ? "`" : "", s->standard,
			s->standard[0] ? "`" : "", s->reload ? "reloads" : "restart");
		put_cell(out, s->help);
		buf_str(out, " |\n");
	}
}

void conf_print_sample(struct buf *out)
{
	const char *section = "";

	buf_str(out,
		"# Settings of roost. Every one stands here with its default, as a comment.\n");
	for (size_t i = 0; i < CONF_COUNT; i++) {
		const struct setting *s = &conf_table[i];
		bool list = s->type == CONF_DURATIONS || s->type == CONF_ENDPOINTS;

		if (strcmp(section, s->section) != 0)
			buf_fmt(out, "\n%s:\n", s->section);
		section = s->section;
		buf_fmt(out, "  # %s\n  #%s: %s%s%s\n", s->help, s->key, list ? "[" : "",
			s->standard, list ? "]" : "");
	}
}
