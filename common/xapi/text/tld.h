/*
 * tld.h - the ends of domains
 */
#ifndef ROOST_COMMON_XAPI_TEXT_TLD_H
#define ROOST_COMMON_XAPI_TEXT_TLD_H

#include "common/base/base.h"

/*
 * How many of the n code points at c are a top-level domain, whatever its case: the longest of
 * data/tlds.txt after which no digit, letter of ASCII, "@", "+" or "-" comes, or "xn--" and
 * what belongs to it. 0 when there is none.
 */
size_t tld_length(const uint32_t *c, size_t n);

#endif
