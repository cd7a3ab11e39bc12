#include "common/base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/text.h"

#define LINE_MAX_LEN 1024

static const struct {
	const char *name;
	enum log_level level;
	const char *meaning;
} events[] = {
#define X(event, name, level, meaning) [event] = {name, level, meaning},
#include "common/base/log.def"
#undef X
};

static const char *const levels[] = {"debug", "info", "warn", "error"};
static _Atomic enum log_level least_level = LOG_INFO;

void log_level(enum log_level least)
{
	least_level = least;
}

bool log_level_parse(const char *name, enum log_level *ret)
{
	for (size_t i = 0; i < COUNT_OF(levels); i++)
		if (strcmp(name, levels[i]) == 0) {
			*ret = (enum log_level)i;
			return true;
		}
	return false;
}

const char *log_event_name(enum log_event event)
{
	return events[event].name;
}

const char *log_event_meaning(enum log_event event)
{
	return events[event].meaning;
}

void log_event(enum log_event event, const char *fmt, ...)
{
	if (events[event].level < least_level)
		return;

	char line[LINE_MAX_LEN];
	char when[32];
	text_from_time(clock_system.read(NULL).wall, when, sizeof(when));
	int n = snprintf(line, sizeof(line), "%s %s %s ", when, levels[events[event].level],
		events[event].name);
	va_list ap;
	va_start(ap, fmt);
	(void)vsnprintf(line + n, sizeof(line) - (size_t)n, fmt, ap);
	va_end(ap);

	text_trim(line);
	size_t len = strlen(line);
	/* one event, one line, whatever the values hold */
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
			line[i] = '?';
	line[len] = '\n'; /* where the zero byte was */
	/* one call, so that lines never mix */
	ssize_t done = write(STDERR_FILENO, line, len + 1);
	(void)done;
}
