/*
 * chars.h - the kinds of characters that twitter-text tells apart
 *
 * A text is code points here, one uint32_t each, in NFC. X publishes these
 * kinds as regular expressions.
 */
#ifndef ROOST_COMMON_XAPI_TEXT_CHARS_H
#define ROOST_COMMON_XAPI_TEXT_CHARS_H

#include "common/base/base.h"

bool char_is_digit(uint32_t c);
bool char_is_letter(uint32_t c); /* of ASCII */

/* X's punctuation; quotation marks and the backtick are none. */
bool char_is_punct(uint32_t c);
bool char_is_space(uint32_t c);

/* Marks that turn the direction of writing. */
bool char_is_directional(uint32_t c);

/* U+FFFE, U+FEFF and U+FFFF, which X does not take. */
bool char_is_refused(uint32_t c);

/* Letters of Latin with accents, and the accents. */
bool char_is_accented(uint32_t c);
bool char_is_cyrillic(uint32_t c);

/* What a name in a domain may consist of, besides "-" and "_" inside of it. */
bool char_is_domain(uint32_t c);

#endif
