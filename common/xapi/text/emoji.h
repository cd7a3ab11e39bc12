/*
 * emoji.h - which code points are one emoji together
 */
#ifndef ROOST_COMMON_XAPI_TEXT_EMOJI_H
#define ROOST_COMMON_XAPI_TEXT_EMOJI_H

#include "common/base/base.h"

/*
 * How many of the n code points at c are one emoji: a flag, a keycap, or one or several
 * pictures with U+200D between them, each with a skin tone or U+FE0F if it likes. 0 when there
 * is none; (c) and (R) are emoji only with U+FE0F. Facts: emoji.def, Unicode 15.0.
 */
size_t emoji_length(const uint32_t *c, size_t n);

#endif
