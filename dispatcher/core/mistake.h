/*
 * mistake.h - mistakes planted into the core, to see that the simulation catches them
 *
 * MISTAKE(name) is false in every program that is shipped, and costs nothing.
 * The library roost_core_mistakes, which only tests/sim links, is the same
 * core built with ROOST_MISTAKES: there core_mistake says which one is made.
 */
#ifndef ROOST_DISPATCHER_CORE_MISTAKE_H
#define ROOST_DISPATCHER_CORE_MISTAKE_H

/* clang-format off */
#define CORE_MISTAKES(X) \
	X(MISTAKE_GO_TWICE,         "a BEGIN is granted though its lease is over") \
	X(MISTAKE_LOST_IS_READY,    "a begun post whose worker was lost is simply sent again") \
	X(MISTAKE_UNKNOWN_IS_READY, "an unknown outcome of a post is simply sent again") \
	X(MISTAKE_INTENT_UNSAVED,   "BEGIN is granted without writing the intent") \
	X(MISTAKE_CHARGE_UNSAVED,   "a charge is not written to disk") \
	X(MISTAKE_NO_RESERVE,       "assignment reserves nothing of the windows") \
	X(MISTAKE_NO_PAD,           "a window reopens at X's reset to the microsecond") \
	X(MISTAKE_REFUND_UNKNOWN,   "an unknown outcome is refunded as if it had not been sent") \
	X(MISTAKE_LATE_ENDS,        "an outcome ends its job whatever lease it came with") \
	X(MISTAKE_SLOT_LEAK,        "a lease that ends in doubt does not give its worker's slot back") \
	X(MISTAKE_LIMITED_BURNS,    "a 429 burns an attempt") \
	X(MISTAKE_NO_WAKE,          "an account whose effect ended does not wake its next lane") \
	X(MISTAKE_CANCEL_BEGUN,     "a begun job can be cancelled") \
	X(MISTAKE_LOAD_BEGUN_READY, "after a restart a begun job is taken for a ready one") \
	X(MISTAKE_ASK_TWICE,        "an unsure job asks each time it is loaded") \
	X(MISTAKE_DM_AGAIN,         "a DM that looks did not find is sent again") \
	X(MISTAKE_DEAD_FAILS,       "a dead grant fails the job") \
	X(MISTAKE_REFRESH_TWICE,    "tokens are renewed while they are being renewed") \
	X(MISTAKE_TELL_TWICE,       "a cancelled job ends twice") \
	X(MISTAKE_NOT_TOLD,         "an expired job ends without a word") \
	X(MISTAKE_NO_TURN,          "an account that was served stays the first in its ring") \
	X(MISTAKE_NO_PRIORITY,      "a lane forgets that some of its jobs are urgent") \
	X(MISTAKE_BEGIN_PAUSED,     "BEGIN is granted though the account is paused") \
	X(MISTAKE_EARLY,            "a job goes out before its time") \
	X(MISTAKE_WINDOW_FORGOTTEN, "a restart forgets what of a window was used") \
	X(MISTAKE_LEASE_TWICE,      "a restart uses lease ids of before again") \
	X(MISTAKE_PAGE_LOST,        "a page that was read is neither kept nor told") \
	X(MISTAKE_PAGE_TWICE,       "a page is read, and its job does not say so to the store") \
	X(MISTAKE_SPENT_UNSAVED,    "what is spent is not written to disk") \
	X(MISTAKE_NO_MONEY_HELD,    "assignment reserves nothing of the budgets") \
	X(MISTAKE_UNKNOWN_IS_FREE,  "an unknown outcome is taken for free of charge") \
	X(MISTAKE_RAISE_STAYS,      "an override goes on into the next day and month") \
	X(MISTAKE_BREAKER_STAYS,    "a breaker that has opened never lets a probe through") \
	X(MISTAKE_BREAKER_LEAKS,    "a breaker lets everything through once its wait is over") \
	X(MISTAKE_STORM_SMALL,      "many refused tokens at once are taken for one each") \
	X(MISTAKE_WAIT_HOLDS,       "a job that goes back to wait keeps its place in its windows") \
	X(MISTAKE_PACE_UNSAVED,     "what an account did today is not written to disk") \
	X(MISTAKE_AFTER_ANY_END,    "a job that comes after others goes on when one has failed") \
	X(MISTAKE_AFTER_FORGOTTEN,  "a restart forgets what a job comes after")
/* clang-format on */

enum core_mistake {
	MISTAKE_NONE,
#define X(mistake, words) mistake,
	CORE_MISTAKES(X)
#undef X
};

#ifdef ROOST_MISTAKES
extern enum core_mistake core_mistake;
#define MISTAKE(name) (core_mistake == (name))
#else
#define MISTAKE(name) false
#endif

#endif
