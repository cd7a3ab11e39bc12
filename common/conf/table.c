#include "common/conf/table.h"

#include <stddef.h>

#define RELOAD  true
#define RESTART false

const struct setting conf_table[CONF_COUNT] = {
#define X(type_, section_, key_, standard_, least_, most_, choice_, reload_, programs_, help_) \
	[CONF_##section_##_##key_] = {                                                         \
		.type = CONF_##type_,                                                          \
		.section = #section_,                                                          \
		.key = #key_,                                                                  \
		.standard = standard_,                                                         \
		.least = least_,                                                               \
		.most = most_,                                                                 \
		.choice = choice_,                                                             \
		.reload = reload_,                                                             \
		.programs = programs_,                                                         \
		.help = help_,                                                                 \
		.at = offsetof(struct conf, section_##_##key_),                                \
	},
#include "common/conf/conf.def"
#undef X
};

size_t conf_find(struct str section, struct str key)
{
	size_t i = 0;

	while (i < CONF_COUNT &&
		!(str_is(section, conf_table[i].section) && str_is(key, conf_table[i].key)))
		i++;
	return i;
}
