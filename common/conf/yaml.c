#include <stdio.h>
#include <string.h>
#include <yaml.h>

#include "common/conf/table.h"

/* One file being read. */
struct reading {
	struct conf *c;
	const char *name;
	yaml_document_t doc;
	struct errmsg *m;
	bool seen[CONF_COUNT];
};

/* Puts "file:line:column: " before the words. */
static enum err at_mark(const struct reading *r, enum err e, const yaml_mark_t *mark)
{
	return err_wrap(r->m, e, "%s:%zu:%zu", r->name, mark->line + 1, mark->column + 1);
}

static struct str scalar(const yaml_node_t *n)
{
	return (struct str){(const char *)n->data.scalar.value, n->data.scalar.length};
}

/* A plain ~, null or nothing: the key stands there without a value. */
static bool is_nothing(const yaml_node_t *n)
{
	return n->type == YAML_SCALAR_NODE && n->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
	       (n->data.scalar.length == 0 || str_is(scalar(n), "~") ||
		       str_is(scalar(n), "null"));
}

static enum err take_list(struct reading *r, size_t setting, const yaml_node_t *n)
{
	struct str texts[CONF_LIST_MAX + 1];
	size_t count = 0;

	for (yaml_node_item_t *i = n->data.sequence.items.start; i < n->data.sequence.items.top;
		i++) {
		const yaml_node_t *item = yaml_document_get_node(&r->doc, *i);

		if (item->type != YAML_SCALAR_NODE)
			return at_mark(r,
				err_say(r->m, ERR_INVALID, "a list here holds plain values"),
				&item->start_mark);
		if (count <= CONF_LIST_MAX)
			texts[count++] = scalar(item);
	}
	enum err e = conf_take(r->c, setting, texts, count, r->m);
	return e ? at_mark(r, e, &n->start_mark) : ERR_OK;
}

static enum err take_value(struct reading *r, size_t setting, const yaml_node_t *n)
{
	const struct setting *s = &conf_table[setting];
	bool list = s->type == CONF_DURATIONS || s->type == CONF_ENDPOINTS;

	if (is_nothing(n))
		return ERR_OK;
	r->c->origin[setting] = CONF_BY_FILE;
	if (list && n->type == YAML_SEQUENCE_NODE)
		return take_list(r, setting, n);
	if (n->type != YAML_SCALAR_NODE || list)
		return at_mark(r,
			err_say(r->m, ERR_INVALID, "%s.%s must be a %s", s->section, s->key,
				list ? "list" : "plain value"),
			&n->start_mark);
	struct str text = scalar(n);
	enum err e = conf_take(r->c, setting, &text, 1, r->m);
	return e ? at_mark(r, e, &n->start_mark) : ERR_OK;
}

/* "unknown key 'x' in listen; it may have agents, workers ..." */
static enum err unknown_key(
	const struct reading *r, const char *section, const yaml_node_t *key)
{
	char shown[60], known[200] = "";
	size_t n = 0;

	for (size_t i = 0; i < CONF_COUNT && n < sizeof(known) - 40; i++)
		if (strcmp(conf_table[i].section, section) == 0)
			n += (size_t)snprintf(known + n, sizeof(known) - n, "%s%s",
				n ? ", " : "", conf_table[i].key);
	text_show(scalar(key), shown, sizeof(shown));
	return at_mark(r,
		err_say(r->m, ERR_INVALID, "there is no setting %s.%s; %s has %s", section,
			shown, section, known),
		&key->start_mark);
}

static enum err take_section(struct reading *r, const char *section, const yaml_node_t *n)
{
	if (is_nothing(n))
		return ERR_OK;
	if (n->type != YAML_MAPPING_NODE)
		return at_mark(r,
			err_say(r->m, ERR_INVALID, "%s must be a map of settings", section),
			&n->start_mark);
	for (yaml_node_pair_t *p = n->data.mapping.pairs.start; p < n->data.mapping.pairs.top;
		p++) {
		const yaml_node_t *key = yaml_document_get_node(&r->doc, p->key);

		if (key->type != YAML_SCALAR_NODE)
			return at_mark(r, err_say(r->m, ERR_INVALID, "a key is a plain word"),
				&key->start_mark);
		size_t setting = conf_find(str_of(section), scalar(key));
		if (setting == CONF_COUNT)
			return unknown_key(r, section, key);
		if (r->seen[setting])
			return at_mark(r,
				err_say(r->m, ERR_INVALID, "%s.%s stands here twice", section,
					conf_table[setting].key),
				&key->start_mark);
		r->seen[setting] = true;
		enum err e = take_value(r, setting, yaml_document_get_node(&r->doc, p->value));
		if (e)
			return e;
	}
	return ERR_OK;
}

/* The table's own spelling of a section, or NULL. */
static const char *find_section(struct str name)
{
	for (size_t i = 0; i < CONF_COUNT; i++)
		if (str_is(name, conf_table[i].section))
			return conf_table[i].section;
	return NULL;
}

static enum err take_root(struct reading *r, const yaml_node_t *root)
{
	char shown[60];

	if (is_nothing(root))
		return ERR_OK;
	if (root->type != YAML_MAPPING_NODE)
		return at_mark(r,
			err_say(r->m, ERR_INVALID, "a settings file is a map of sections"),
			&root->start_mark);
	for (yaml_node_pair_t *p = root->data.mapping.pairs.start;
		p < root->data.mapping.pairs.top; p++) {
		const yaml_node_t *key = yaml_document_get_node(&r->doc, p->key);
		const char *section =
			key->type == YAML_SCALAR_NODE ? find_section(scalar(key)) : NULL;

		if (!section)
			return at_mark(r,
				err_say(r->m, ERR_INVALID,
					"there is no section '%s'; see docs/configuration.md",
					key->type == YAML_SCALAR_NODE
						? text_show(scalar(key), shown, sizeof(shown))
						: "?"),
				&key->start_mark);
		enum err e =
			take_section(r, section, yaml_document_get_node(&r->doc, p->value));
		if (e)
			return e;
	}
	return ERR_OK;
}

enum err conf_take_yaml(struct conf *c, struct str text, const char *name, struct errmsg *m)
{
	struct reading r = {.c = c, .name = name, .m = m};
	struct errmsg unused;
	yaml_parser_t parser;
	enum err e;

	if (!m)
		r.m = &unused;
	if (!yaml_parser_initialize(&parser))
		return ERR_NOMEM;
	yaml_parser_set_input_string(
		&parser, (const unsigned char *)(text.at ? text.at : ""), text.len);
	if (!yaml_parser_load(&parser, &r.doc)) {
		e = err_say(
			r.m, ERR_FORMAT, "%s", parser.problem ? parser.problem : "not YAML");
		e = at_mark(&r, e, &parser.problem_mark);
		yaml_parser_delete(&parser);
		return e;
	}
	const yaml_node_t *root = yaml_document_get_root_node(&r.doc);
	e = root ? take_root(&r, root) : ERR_OK;
	yaml_document_delete(&r.doc);
	yaml_parser_delete(&parser);
	return e;
}
