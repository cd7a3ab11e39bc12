/*
 * data.h - the files of common/xapi/data, as they are built into the program
 *
 * cmake/embed.cmake makes them. Facts of X with the date of their source in
 * each row; an operator may give newer ones.
 */
#ifndef ROOST_COMMON_XAPI_DATA_H
#define ROOST_COMMON_XAPI_DATA_H

#include "common/base/text.h"

extern const struct str data_rate_limits;       /* rate-limits.csv */
extern const struct str data_rate_limit_groups; /* rate-limit-groups.csv */
extern const struct str data_account_limits;    /* account-limits.csv */
extern const struct str data_entitlements;      /* entitlements.csv */
extern const struct str data_read_caps;         /* read-caps.csv */
extern const struct str data_pricing;           /* pricing.csv */

/* tlds.txt, written by scripts/make-text-tables: a name a line, lower case, in bytewise order.
 */
extern const struct str data_tlds;

#endif
