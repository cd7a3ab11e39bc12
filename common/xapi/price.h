/*
 * price.h - what a call costs, as X publishes it
 *
 * From pricing.csv (X's page of 2026-08-22). Money is in micro-dollars. Writes cost per
 * request, reads per object returned; failed requests are not charged. A URL in the text of a
 * post makes it 13 times dearer.
 */
#ifndef ROOST_COMMON_XAPI_PRICE_H
#define ROOST_COMMON_XAPI_PRICE_H

#include "common/xapi/calls.h"

/* The price of one request of call `c`; of a read, of one object. 0 when X names none. */
int64_t price_of(enum call c, bool text_has_url);

/* Whether the price counts objects returned rather than requests. */
bool price_is_per_object(enum call c);

#endif
