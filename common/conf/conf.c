#include "common/conf/conf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/mem.h"
#include "common/conf/table.h"

void conf_free(struct conf *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < CONF_COUNT; i++)
		conf_drop(c, i);
	mem_free(c->file);
	mem_free(c->path);
	mem_free(c);
}

/* Settings that nobody named get their defaults; those that follow from state.dir come after
 * it. */
static enum err take_defaults(struct conf *c, struct errmsg *m)
{
	struct buf b;
	enum err e = ERR_OK;

	buf_init(&b, 8192);
	for (size_t i = 0; !e && i < (size_t)2 * CONF_COUNT; i++) {
		size_t setting = i % CONF_COUNT;
		bool state_first = i < CONF_COUNT;

		if (c->origin[setting] != CONF_BY_DEFAULT ||
			state_first != (setting == CONF_state_dir))
			continue;
		buf_reset(&b);
		conf_expand(c, setting, &b);
		e = b.err ? b.err : conf_take_line(c, setting, buf_view(&b), m);
	}
	buf_done(&b);
	return e;
}

/* ROOST_<SECTION>_<KEY> */
static const char *from_environment(const struct setting *s, char name[96])
{
	(void)snprintf(name, 96, "ROOST_%s_%s", s->section, s->key);
	for (char *at = name; *at; at++)
		if (*at >= 'a' && *at <= 'z')
			*at = (char)(*at - 'a' + 'A');
	return getenv(name);
}

static enum err take_environment(struct conf *c, struct errmsg *m)
{
	char name[96];

	for (size_t i = 0; i < CONF_COUNT; i++) {
		const char *value = from_environment(&conf_table[i], name);

		if (!value)
			continue;
		enum err e = conf_take_line(c, i, str_of(value), m);
		if (e)
			return err_wrap(m, e, "$%s", name);
		c->origin[i] = CONF_BY_ENVIRONMENT;
	}
	return ERR_OK;
}

static enum err make(struct str text, const char *name, struct conf **ret, struct errmsg *m)
{
	AUTO(conf) c = mem_alloc(sizeof(*c));

	if (!c)
		return ERR_NOMEM;
	enum err e = conf_take_yaml(c, text, name, m);
	if (!e)
		e = take_environment(c, m);
	if (!e)
		e = take_defaults(c, m);
	if (!e && c->dispatch_worker_silence < 2 * c->dispatch_heartbeat)
		e = err_say(m, ERR_INVALID,
			"%s: dispatch.worker_silence must be at least twice dispatch.heartbeat",
			name);
	if (e)
		return e;
	*ret = STEAL(c);
	return ERR_OK;
}

enum err conf_read(struct str text, const char *name, struct conf **ret, struct errmsg *m)
{
	if (text.len > CONF_FILE_MAX)
		return err_say(
			m, ERR_TOO_BIG, "%s: larger than %zu KiB", name, CONF_FILE_MAX / 1024);
	return make(text, name, ret, m);
}

/* A secret key stands in a file that is its owner's alone, and nowhere else. */
static enum err check_secret(const struct conf *c, const char *file, struct errmsg *m)
{
	enum conf_origin from = c->origin[CONF_security_secret_key];
	struct stat st;
	enum err e = ERR_OK;

	if (c->security_secret_key[0] && from == CONF_BY_ENVIRONMENT)
		e = err_say(m, ERR_DENIED,
			"$ROOST_SECURITY_SECRET_KEY: others can see a process's environment; "
			"put the key into a settings file of mode 0600");
	else if (c->security_secret_key[0] && from == CONF_BY_FILE && file &&
		 stat(file, &st) == 0 && (st.st_mode & 077))
		e = err_say(m, ERR_DENIED,
			"%s: it has security.secret_key, and others may read it; say chmod 600",
			file);
	return e;
}

enum err conf_load(const char *path, struct conf **ret, struct errmsg *m)
{
	AUTO(conf) c = NULL;
	struct buf text;
	char *file = NULL;
	char *given = path ? mem_dup(path, strlen(path)) : NULL;
	enum err e = path && !given ? ERR_NOMEM : conf_find_file(path, &file, m);

	buf_init(&text, CONF_FILE_MAX);
	if (!e && file)
		e = conf_read_file(file, &text, m);
	if (!e)
		e = make(buf_view(&text), file ? file : "settings", &c, m);
	if (text.len)
		explicit_bzero(text.data, text.len); /* it may have a secret key */
	buf_done(&text);
	if (!e)
		e = check_secret(c, file, m);
	if (e) {
		mem_free(file);
		mem_free(given);
		return e;
	}
	c->file = file;
	c->path = given;
	*ret = STEAL(c);
	return ERR_OK;
}

enum err conf_set(struct conf *c, const char *name, struct str value, struct errmsg *m)
{
	const char *dot = strchr(name, '.');
	size_t setting = CONF_COUNT;

	if (dot)
		setting = conf_find((struct str){name, (size_t)(dot - name)}, str_of(dot + 1));
	if (setting == CONF_COUNT)
		return err_say(m, ERR_NOT_FOUND, "there is no setting '%s'", name);
	enum err e = conf_take_line(c, setting, value, m);
	if (e)
		return e;
	c->origin[setting] = CONF_BY_FLAG;
	return setting == CONF_state_dir ? take_defaults(c, m) : ERR_OK;
}

/* Exchanges what a setting holds in two structs: fields are plain values. */
static void exchange(struct conf *a, struct conf *b, size_t setting)
{
	static const size_t sizes[] = {
#define X(type, words) [CONF_##type] = sizeof(CONF_C_##type),
		CONF_TYPES(X)
#undef X
	};
	size_t at = conf_table[setting].at, n = sizes[conf_table[setting].type];
	char kept[sizeof(struct conf_texts) + sizeof(struct conf_durations)];

	memcpy(kept, (char *)a + at, n);
	memcpy((char *)a + at, (char *)b + at, n);
	memcpy((char *)b + at, kept, n);
	enum conf_origin origin = a->origin[setting];
	a->origin[setting] = b->origin[setting];
	b->origin[setting] = origin;
}

enum err conf_reload(struct conf *c, struct buf *restart, struct errmsg *m)
{
	AUTO(conf) fresh = NULL;
	enum err e = conf_load(c->path, &fresh, m);

	if (e)
		return e;
	for (size_t i = 0; i < CONF_COUNT; i++) {
		if (c->origin[i] == CONF_BY_FLAG || conf_same(c, fresh, i))
			continue;
		if (conf_table[i].reload)
			exchange(c, fresh, i);
		else
			buf_fmt(restart, "%s%s.%s", restart->len ? ", " : "",
				conf_table[i].section, conf_table[i].key);
	}
	return ERR_OK;
}
