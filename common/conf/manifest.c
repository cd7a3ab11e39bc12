#include "common/conf/manifest.h"

#include <stdio.h>
#include <string.h>
#include <yaml.h>

#include "common/conf/conf.h"

/* One file being read. */
struct reading {
	const char *name;
	yaml_document_t doc;
	manifest_check *check;
	struct manifest *to;
	struct errmsg *m;
};

/* Puts "file:line:column: " before the words. */
static enum err at(const struct reading *r, const yaml_node_t *n)
{
	return err_wrap(r->m, ERR_INVALID, "%s:%zu:%zu", r->name, n->start_mark.line + 1,
		n->start_mark.column + 1);
}

static struct str scalar(const yaml_node_t *n)
{
	if (n->type != YAML_SCALAR_NODE)
		return str_of("");
	return (struct str){(const char *)n->data.scalar.value, n->data.scalar.length};
}

/* What is read of one key of a map. */
struct part {
	const char *key;
	enum err (*take)(struct reading *r, const yaml_node_t *value);
};

static enum err unknown_key(
	const struct reading *r, const yaml_node_t *key, const struct part *parts)
{
	char shown[60], known[100] = "";
	size_t n = 0;

	for (; parts->key; parts++)
		n += (size_t)snprintf(
			known + n, sizeof(known) - n, "%s%s", n ? ", " : "", parts->key);
	err_say(r->m, ERR_INVALID, "there is no key '%s' here; there may be %s",
		text_show(scalar(key), shown, sizeof(shown)), known);
	return at(r, key);
}

/* A key of somebody else's. */
static void note_other(struct reading *r, const yaml_node_t *key)
{
	char shown[60];
	size_t n = strlen(r->to->others);

	(void)snprintf(r->to->others + n, sizeof(r->to->others) - n, "%s%s", n ? ", " : "",
		text_show(scalar(key), shown, sizeof(shown)));
}

/* Every key of a map by the table of its parts, which ends with a key NULL. */
static enum err take_map(
	struct reading *r, const yaml_node_t *n, const char *what, const struct part *parts)
{
	if (n->type != YAML_MAPPING_NODE) {
		err_say(r->m, ERR_INVALID, "%s must be a map", what);
		return at(r, n);
	}
	for (yaml_node_pair_t *p = n->data.mapping.pairs.start; p < n->data.mapping.pairs.top;
		p++) {
		const yaml_node_t *key = yaml_document_get_node(&r->doc, p->key);
		const struct part *part = parts;

		while (part->key && !str_is(scalar(key), part->key))
			part++;
		if (!part->key && n == yaml_document_get_root_node(&r->doc)) {
			note_other(r, key);
			continue;
		}
		if (!part->key)
			return unknown_key(r, key, parts);
		enum err e = part->take(r, yaml_document_get_node(&r->doc, p->value));
		if (e)
			return e;
	}
	return ERR_OK;
}

/* The integration that is being read. */
static struct integration *present(struct reading *r)
{
	return &r->to->items[r->to->count];
}

static enum err take_key(struct reading *r, const yaml_node_t *n)
{
	struct str key = scalar(n);
	char shown[80];

	if (key.len == 0 || key.len > MANIFEST_KEY || !r->check(key)) {
		err_say(r->m, ERR_INVALID,
			"there is no capability '%s'; write one such as x.tweet.write or "
			"x.dm.read",
			text_show(key, shown, sizeof(shown)));
		return at(r, n);
	}
	for (size_t i = 0; i < r->to->count; i++) {
		if (!str_is(key, r->to->items[i].key))
			continue;
		err_say(r->m, ERR_INVALID, "%s stands here twice", r->to->items[i].key);
		return at(r, n);
	}
	(void)snprintf(present(r)->key, sizeof(present(r)->key), "%.*s", STR_ARG(key));
	return ERR_OK;
}

static enum err take_description(struct reading *r, const yaml_node_t *n)
{
	if (n->type != YAML_SCALAR_NODE) {
		err_say(r->m, ERR_INVALID, "a description is a text");
		return at(r, n);
	}
	text_show(scalar(n), present(r)->description, sizeof(present(r)->description));
	return ERR_OK;
}

static enum err take_optional(struct reading *r, const yaml_node_t *n)
{
	bool yes = str_is(scalar(n), "true");

	if (!yes && !str_is(scalar(n), "false")) {
		err_say(r->m, ERR_INVALID, "optional is true or false");
		return at(r, n);
	}
	present(r)->optional = yes;
	return ERR_OK;
}

static enum err take_integration(struct reading *r, const yaml_node_t *n)
{
	static const struct part parts[] = {{"key", take_key},
		{"description", take_description}, {"optional", take_optional}, {0}};

	if (r->to->count == MANIFEST_MAX) {
		err_say(r->m, ERR_INVALID, "there are more than %d integrations", MANIFEST_MAX);
		return at(r, n);
	}
	*present(r) = (struct integration){0};
	enum err e = take_map(r, n, "an integration", parts);
	if (e)
		return e;
	if (!present(r)->key[0]) {
		err_say(r->m, ERR_INVALID, "an integration needs a key");
		return at(r, n);
	}
	r->to->count++;
	return ERR_OK;
}

static enum err take_integrations(struct reading *r, const yaml_node_t *n)
{
	if (n->type != YAML_SEQUENCE_NODE) {
		err_say(r->m, ERR_INVALID, "integrations must be a list");
		return at(r, n);
	}
	for (yaml_node_item_t *i = n->data.sequence.items.start; i < n->data.sequence.items.top;
		i++) {
		enum err e = take_integration(r, yaml_document_get_node(&r->doc, *i));

		if (e)
			return e;
	}
	return ERR_OK;
}

static enum err take_requirements(struct reading *r, const yaml_node_t *n)
{
	static const struct part parts[] = {{"integrations", take_integrations}, {0}};

	return take_map(r, n, "requirements", parts);
}

static enum err take_root(struct reading *r)
{
	static const struct part parts[] = {{"requirements", take_requirements}, {0}};
	const yaml_node_t *root = yaml_document_get_root_node(&r->doc);

	if (!root)
		return err_say(r->m, ERR_INVALID,
			"%s is empty; a manifest has requirements: integrations:", r->name);
	return take_map(r, root, "a manifest", parts);
}

enum err manifest_read(struct str text, const char *name, manifest_check *check,
	struct manifest *ret, struct errmsg *m)
{
	struct reading r = {.name = name, .check = check, .to = ret, .m = m};
	yaml_parser_t parser;
	enum err e;

	ret->count = 0;
	ret->others[0] = 0;
	if (!yaml_parser_initialize(&parser))
		return err_say(m, ERR_NOMEM, "out of memory");
	yaml_parser_set_input_string(
		&parser, (const unsigned char *)(text.at ? text.at : ""), text.len);
	if (yaml_parser_load(&parser, &r.doc)) {
		e = take_root(&r);
		yaml_document_delete(&r.doc);
	} else {
		e = err_say(m, ERR_FORMAT, "%s:%zu:%zu: %s", name, parser.problem_mark.line + 1,
			parser.problem_mark.column + 1,
			parser.problem ? parser.problem : "not YAML");
	}
	yaml_parser_delete(&parser);
	return e;
}

enum err manifest_load(
	const char *path, manifest_check *check, struct manifest *ret, struct errmsg *m)
{
	struct buf text;

	buf_init(&text, MANIFEST_FILE_MAX);
	enum err e = conf_read_file(path, &text, m);
	if (!e)
		e = manifest_read(buf_view(&text), path, check, ret, m);
	buf_done(&text);
	return e;
}
