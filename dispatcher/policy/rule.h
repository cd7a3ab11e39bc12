/*
 * rule.h - the rules of the policy guard: their ids and what each is for
 *
 * One row of rules.def is one rule. A rule that holds says until when; one
 * that refuses does so when the job is brought. Every hold and refusal carries
 * the rule's id and the fact it went by (docs/policy.md).
 */
#ifndef ROOST_DISPATCHER_POLICY_RULE_H
#define ROOST_DISPATCHER_POLICY_RULE_H

#include "common/base/text.h"

enum rule {
#define X(rule, id, does, settings, why) rule,
#include "dispatcher/policy/rules.def"
#undef X
	RULE_COUNT,
};

enum rule_does { RULE_HOLDS, RULE_REFUSES };

struct rule_info {
	const char *id;       /* "day-cap" */
	enum rule_does does;  /* when it does not allow */
	const char *settings; /* of the account that turn it on and shape it, with blanks */
	const char *why;      /* the rule of X behind it */
};

const struct rule_info *rule_info(enum rule r);

/* "holds", "refuses". */
const char *rule_does_name(enum rule_does d);

#endif
