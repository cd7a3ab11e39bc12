/* policy.c - the op `policy`: which rules an account has, and from where */
#include "common/wire/write.h"
#include "dispatcher/guard/inside.h"
#include "dispatcher/requests/settings.h"

static const char *const origins[] = {"account", "app", "configuration", "default"};

/* The place of the setting of that name; guard_setting_count: there is none. */
static size_t setting_named(struct str name)
{
	size_t i = 0;

	while (i < guard_setting_count &&
		!str_is(name, owner_table[guard_settings[i].of_account].name))
		i++;
	return i;
}

static void put_setting(const struct dispatcher *d, struct buf *out, size_t i, uint32_t account)
{
	struct str text;
	int64_t n;
	enum guard_origin origin = guard_value(d, i, account, &n, &text);

	wire_put_map(out, 3);
	wire_pair_text(out, "name", owner_table[guard_settings[i].of_account].name);
	wire_put_text(out, "value");
	if (text.len)
		wire_put_str(out, text);
	else
		wire_put_nil(out);
	wire_pair_text(out, "from", origins[origin]);
}

/* Whether a setting does anything as it is: a time that is not zero, a text, a switch that is
 * on. */
static bool is_on(const struct dispatcher *d, size_t i, uint32_t account)
{
	struct str text;
	int64_t n;

	(void)guard_value(d, i, account, &n, &text);
	switch (owner_table[guard_settings[i].of_account].type) {
	case OWNER_TYPE_INT: /* a cap of 0 is one */
	case OWNER_TYPE_TEXT:
		return text.len > 0;
	case OWNER_TYPE_BOOL:
	case OWNER_TYPE_DURATION:
	case OWNER_TYPE_WORD:
	case OWNER_TYPE_MONEY:
		break;
	}
	return n != 0;
}

/* The next word of a list, taken off it. */
static bool next_word(struct str *rest, struct str *ret)
{
	size_t n = 0;

	while (n < rest->len && rest->at[n] != ' ')
		n++;
	*ret = (struct str){rest->at, n};
	*rest = (struct str){rest->at + n + (n < rest->len), rest->len - n - (n < rest->len)};
	return n > 0;
}

/* A rule is on when a setting of it does something; a shape alone (likeness, loose) does not.
 */
static bool shapes_only(struct str name)
{
	return str_is(name, "near_text_likeness") || str_is(name, "same_text_loose") ||
	       str_is(name, "slots");
}

static void put_rule(struct dispatcher *d, struct buf *out, enum rule rule, uint32_t account)
{
	const struct rule_info *info = rule_info(rule);
	struct str rest = str_of(info->settings), name;
	bool on = false;
	uint32_t count = 0;

	while (next_word(&rest, &name))
		on = on || (!shapes_only(name) && is_on(d, setting_named(name), account));
	wire_put_map(out, 5);
	wire_pair_text(out, "rule", info->id);
	wire_pair_bool(out, "on", on);
	wire_pair_text(out, "does", rule_does_name(info->does));
	wire_pair_text(out, "why", info->why);
	wire_put_text(out, "settings");
	size_t mark = wire_array_later(out);
	rest = str_of(info->settings);
	for (; next_word(&rest, &name); count++)
		put_setting(d, out, setting_named(name), account);
	wire_array_end(out, mark, count);
}

void guard_policy(struct dispatcher *d, const struct request *r, uint32_t agent)
{
	struct msg_limits in = {0};
	const struct vault_account *a = NULL;
	struct answer answer;
	struct errmsg m;
	char shown[80];

	(void)agent;
	enum err e = message_read(r->root, MSG_POLICY, &in, &m);
	if (!e && in.account.len && !(a = vault_account_named(d->vault, in.account))) {
		err_say(&m, ERR_NOT_FOUND,
			"there is no account '%s'; `roost account list` shows those there are",
			text_show(in.account, shown, sizeof(shown)));
		e = err_at(&m, ERR_NOT_FOUND, "account");
	}
	if (e) {
		answer_error(d->outbox, r, e, &m);
		return;
	}
	uint32_t account = a ? a->id : 0;
	answer_open(&answer, d->outbox, r, true);
	if (a)
		answer_text(&answer, "account", a->name);
	struct str tz = settings_text(d, OWNER_account_tz, account);
	wire_put_str(answer_key(&answer, "tz"), tz);
	wire_put_array(answer_key(&answer, "rules"), RULE_COUNT);
	for (int rule = 0; rule < RULE_COUNT; rule++)
		put_rule(d, answer.b, (enum rule)rule, account);
	answer_int(&answer, "remembered", (int64_t)memory_count(d->guard->texts));
	answer_close(&answer);
}
