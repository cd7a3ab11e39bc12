/*
 * guard.h - the policy guard at run time (docs/policy.md)
 *
 * Joins the rules, which are pure (dispatcher/policy), with settings, store
 * and vault: which rules an account has, which texts were brought lately, who
 * has opted out. A job is checked when it is brought; what is kept of it goes
 * to disk with it and comes back at a start. The rules that hold (gaps, caps,
 * quiet hours, pacing) are the core's to ask; it is told what they are.
 */
#ifndef ROOST_DISPATCHER_GUARD_GUARD_H
#define ROOST_DISPATCHER_GUARD_GUARD_H

#include "common/conf/owner.h"
#include "dispatcher/policy/memory.h"
#include "dispatcher/policy/pace.h"
#include "dispatcher/policy/people.h"
#include "dispatcher/requests/check.h"
#include "dispatcher/state.h"

/* ERR_INVALID with words when policy.defaults cannot be read; ERR_NOMEM. */
MUST_USE enum err guard_new(const struct conf *conf, struct guard **ret, struct errmsg *m);
void guard_free(struct guard *g);

/* At start, and when the core is rebuilt: what is stored. After settings and accounts. */
MUST_USE enum err guard_load(struct dispatcher *d, struct errmsg *m);

/* --- rules: rules.c --- */

/* Whether a setting of the guard, or a time zone, has a value that makes sense. */
MUST_USE enum err guard_check_setting(
	struct dispatcher *d, enum owner_key key, struct str text, struct errmsg *m);

/* Whether the settings of an app or an account make sense together once `map` is in force. */
MUST_USE enum err guard_check_changes(struct dispatcher *d, enum owner_kind kind,
	uint32_t owner, const struct wire_value *map, struct errmsg *m);

/* The settings of an app or an account changed: rules are worked out anew when next asked. */
void guard_changed(struct dispatcher *d);

/* Tells the core which rules of an account hold. */
void guard_tell(struct dispatcher *d, uint32_t account);

/* Carries out an order: what an account did. */
void guard_keep_pace(struct dispatcher *d, const struct order *o);

/* --- jobs: guard.c --- */

#define GUARD_PARTS 1000 /* the place of the first post of the threads of a message */

/*
 * Checks a draft whose arguments passed: *index is its place in its message, for others of that
 * message to be compared with until guard_drop_message(). ERR_POLICY with words and field; the
 * draft's mark is set. For a job that is kept already (job.id not 0) its own mark does not
 * count.
 */
MUST_USE enum err guard_check(
	struct dispatcher *d, struct draft *f, uint32_t index, struct errmsg *m);
void guard_drop_message(struct dispatcher *d);

/* The job was kept, or got other arguments: its mark is remembered. */
void guard_kept(struct dispatcher *d, const struct job *j, const struct draft *f);
void guard_moved(struct dispatcher *d, const struct job *j);

/* The job ended: done, its text was posted; else it was not. */
void guard_ended(struct dispatcher *d, const struct job *j);

/* Now and then. */
void guard_tend(struct dispatcher *d);

/* --- people: people.c --- */

/* Whether the user, as an argument has it ("12", "@Bob"), is on a list; false when that is no
 * user. */
bool guard_on_list(
	struct dispatcher *d, enum people_list list, uint32_t account, struct str user);

/* From the store. */
MUST_USE enum err guard_people_load(struct dispatcher *d, struct errmsg *m);

/* The id of a user name became known. */
void guard_named(struct dispatcher *d, uint32_t account, const char *name, struct str id);

/* An answer to a reading of direct messages: who wrote is invited from now on. */
void guard_read_messages(
	struct dispatcher *d, uint32_t account, const struct wire_value *response);

/* --- requests --- */

void guard_opt_out(struct dispatcher *d, const struct request *r, uint32_t agent);
void guard_invited(struct dispatcher *d, const struct request *r, uint32_t agent);
void guard_policy(struct dispatcher *d, const struct request *r, uint32_t agent);

#endif
