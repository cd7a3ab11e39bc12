#include "client/cli/owner.h"

#include <stdio.h>
#include <string.h>

#define USD_ENDING "_micros" /* of a name; on the command line dollars stand without it */

/* "budget_usd_micros" is --budget-usd. */
static void flag_name(const struct owner_setting *s, char *out, size_t cap)
{
	size_t n = strlen(s->name);

	if (s->type == OWNER_TYPE_MONEY)
		n -= strlen(USD_ENDING);
	(void)snprintf(out, cap, "%.*s", (int)n, s->name);
	for (char *at = out; *at; at++)
		if (*at == '_')
			*at = '-';
}

static size_t add_flag(struct owner_flags *f, size_t at, size_t key)
{
	const struct owner_setting *s = &owner_table[key];
	bool is_bool = s->type == OWNER_TYPE_BOOL;

	flag_name(s, f->names[key][0], sizeof(f->names[key][0]));
	(void)snprintf(f->helps[key], sizeof(f->helps[key]), "%s (%s%s%s)", s->help,
		s->choice ? s->choice : owner_type_words(s->type),
		s->standard[0] ? ", default " : "", s->standard);
	f->specs[at++] = (struct option_spec){.name = f->names[key][0],
		.help = f->helps[key],
		.value = is_bool ? NULL : &f->values[key],
		.flag = is_bool ? &f->yes[key] : NULL};
	if (!is_bool)
		return at;
	(void)snprintf(
		f->names[key][1], sizeof(f->names[key][1]), "no-%.40s", f->names[key][0]);
	f->specs[at++] = (struct option_spec){
		.name = f->names[key][1], .help = "the opposite", .flag = &f->no[key]};
	return at;
}

void owner_flags_init(
	struct owner_flags *f, enum owner_kind kind, const struct option_spec *own)
{
	size_t at = 0;

	memset(f, 0, sizeof(*f));
	f->kind = kind;
	for (; own && own->help; own++)
		f->specs[at++] = *own;
	for (size_t key = 0; key < OWNER_KEY_COUNT; key++)
		if (owner_table[key].kind == kind)
			at = add_flag(f, at, key);
	f->specs[at] = (struct option_spec){.name = "unset",
		.help = "settings to take back to their defaults, with commas",
		.value = &f->unset};
}

bool owner_any(const struct owner_flags *f)
{
	bool any = f->unset != NULL;

	for (size_t key = 0; key < OWNER_KEY_COUNT; key++)
		any |= f->values[key] || f->yes[key] || f->no[key];
	return any;
}

/* Checks a value as it was typed; its JSON, or NULL after saying what is wrong. */
static json_t *read_value(size_t key, const char *text)
{
	const struct owner_setting *s = &owner_table[key];
	bool money = s->type == OWNER_TYPE_MONEY;
	int64_t number = 0;
	char micros[24];
	struct errmsg m;

	if (money && text_to_micros(str_of(text), &number)) {
		cli_fail(
			EXIT_USAGE, "%s: must be an amount in dollars, such as 12.50", s->name);
		return NULL;
	}
	(void)snprintf(micros, sizeof(micros), "%lld", (long long)number);
	if (owner_read((enum owner_key)key, str_of(money ? micros : text), &number, &m)) {
		cli_fail(EXIT_USAGE, "%s: %s", m.field, m.text);
		return NULL;
	}
	return money || s->type == OWNER_TYPE_INT ? json_integer(number) : json_string(text);
}

static int add_unset(const struct owner_flags *f, json_t *settings)
{
	for (const char *at = f->unset; at && *at;) {
		struct str name = {at, strcspn(at, ",")};
		enum owner_key key = owner_find(f->kind, name);
		char micros[80];

		(void)snprintf(micros, sizeof(micros), "%.*s" USD_ENDING, STR_ARG(name));
		if (key == OWNER_KEY_COUNT)
			key = owner_find(f->kind, str_of(micros));
		if (key == OWNER_KEY_COUNT)
			return cli_fail(
				EXIT_USAGE, "there is no setting '%.*s'", STR_ARG(name));
		json_object_set_new(settings, owner_table[key].name, json_null());
		at += name.len + (at[name.len] == ',');
	}
	return EXIT_DONE;
}

int owner_settings(const struct owner_flags *f, json_t **ret)
{
	json_t *settings = json_object();
	int code = add_unset(f, settings);

	for (size_t key = 0; !code && key < OWNER_KEY_COUNT; key++) {
		json_t *value = NULL;

		if (f->yes[key] || f->no[key])
			value = json_boolean(f->yes[key]);
		else if (f->values[key])
			value = read_value(key, f->values[key]);
		else
			continue;
		if (!value || (f->yes[key] && f->no[key]))
			code = EXIT_USAGE;
		json_object_set_new(settings, owner_table[key].name, value);
	}
	if (code)
		json_decref(settings);
	else
		*ret = settings;
	return code;
}

int owner_set(struct cli *c, enum owner_kind kind, json_t *request)
{
	const char *name = owner_kind_name(kind);
	json_t *answer = NULL;
	char op[32];

	(void)snprintf(op, sizeof(op), "%s_set", name);
	int code = cli_admin(c, op, request, &answer);
	if (!code && c->json)
		cli_print_json(answer);
	else if (!code)
		printf("%s %s is changed\n", name,
			json_string_value(json_object_get(answer, name)));
	json_decref(answer);
	return code;
}

int owner_change(struct cli *c, const struct owner_flags *f, const char *name)
{
	json_t *settings = NULL;
	int code = owner_any(f) ? owner_settings(f, &settings)
				: cli_fail(EXIT_USAGE,
					  "say what to set; `roost %s --help` lists "
					  "the settings",
					  owner_kind_name(f->kind));

	if (code)
		return code;
	return owner_set(
		c, f->kind, json_pack("{s:s,s:o}", "name", name, "settings", settings));
}

/* --- show --- */

static void print_setting(const struct owner_setting *s, const json_t *set)
{
	char text[300], dollars[40];

	if (!set) {
		printf("  %-26s %s%s\n", s->name, s->standard[0] ? s->standard : "-",
			s->standard[0] ? " (default)" : "");
		return;
	}
	cli_show(s->name, set, text, sizeof(text));
	(void)snprintf(
		dollars, sizeof(dollars), " ($%.6f)", (double)json_integer_value(set) / 1e6);
	printf("  %-26s %s%s\n", s->name, text, s->type == OWNER_TYPE_MONEY ? dollars : "");
}

static void print_one(enum owner_kind kind, const json_t *row)
{
	const json_t *settings = json_object_get(row, "settings");
	const char *key;
	json_t *value;
	char text[600];

	json_object_foreach((json_t *)(uintptr_t)row, key, value)
	{
		if (value != settings)
			printf("%-28s %s\n", key, cli_show(key, value, text, sizeof(text)));
	}
	printf("settings:\n");
	for (size_t i = 0; i < OWNER_KEY_COUNT; i++)
		if (owner_table[i].kind == kind)
			print_setting(&owner_table[i],
				json_object_get(settings, owner_table[i].name));
}

static const json_t *find_row(const json_t *rows, const char *name)
{
	for (size_t i = 0; i < json_array_size(rows); i++) {
		const json_t *row = json_array_get(rows, i);

		if (strcmp(json_string_value(json_object_get(row, "name")), name) == 0)
			return row;
	}
	return NULL;
}

int owner_show(struct cli *c, enum owner_kind kind, const char *name)
{
	static const char *const lists[][2] = {
		[OWNER_app] = {"app_list", "apps"},
		[OWNER_account] = {"accounts", "accounts"},
		[OWNER_agent] = {"agent_list", "agents"},
	};
	json_t *answer = NULL;
	int code = cli_admin(c, lists[kind][0], NULL, &answer);

	if (code)
		return code;
	const json_t *row = find_row(json_object_get(answer, lists[kind][1]), name);
	if (!row)
		code = cli_fail(EXIT_FAILED,
			"there is no %s '%s'; `roost %s list` shows those there are",
			owner_kind_name(kind), name, owner_kind_name(kind));
	else if (c->json)
		cli_print_json(row);
	else
		print_one(kind, row);
	json_decref(answer);
	return code;
}
