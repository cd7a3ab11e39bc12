#include "common/xapi/text/chars.h"

bool char_is_digit(uint32_t c)
{
	return c >= '0' && c <= '9';
}

bool char_is_letter(uint32_t c)
{
	return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

/* The bit of a character in its half of ASCII. */
#define BIT(c) ((uint64_t)1 << ((c)&63))

bool char_is_punct(uint32_t c)
{
	/* clang-format off */
	static const uint64_t table[2] = {
		BIT('!') | BIT('#') | BIT('$') | BIT('%') | BIT('&') | BIT('\'') | BIT('(') | BIT(')') |
		BIT('*') | BIT('+') | BIT(',') | BIT('-') | BIT('.') | BIT('/') | BIT(':') | BIT(';') |
		BIT('<') | BIT('=') | BIT('>') | BIT('?'),
		BIT('@') | BIT('[') | BIT('\\') | BIT(']') | BIT('^') | BIT('_') | BIT('{') | BIT('|') |
		BIT('}') | BIT('~'),
	};
	/* clang-format on */

	return c < 128 && (table[c >> 6] & BIT(c));
}

bool char_is_space(uint32_t c)
{
	if (c < 0x80)
		return c == ' ' || (c >= '\t' && c <= '\r');
	return c == 0x85 || c == 0xa0 || c == 0x1680 || c == 0x180e ||
	       (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f ||
	       c == 0x205f || c == 0x3000;
}

bool char_is_directional(uint32_t c)
{
	return (c >= 0x202a && c <= 0x202e) || c == 0x061c || c == 0x200e || c == 0x200f ||
	       (c >= 0x2066 && c <= 0x2069);
}

bool char_is_refused(uint32_t c)
{
	return c == 0xfeff || c == 0xfffe || c == 0xffff;
}

bool char_is_accented(uint32_t c)
{
	static const uint16_t single[] = {0x0253, 0x0254, 0x0256, 0x0257, 0x0259, 0x025b,
		0x0263, 0x0268, 0x026f, 0x0272, 0x0289, 0x028b, 0x02bb};

	if (c < 0xc0 || c > 0x1eff)
		return false;
	if (c <= 0x024f)
		return c != 0xd7 && c != 0xf7;
	if ((c >= 0x0300 && c <= 0x036f) || c >= 0x1e00)
		return true;
	for (size_t i = 0; i < COUNT_OF(single); i++)
		if (c == single[i])
			return true;
	return false;
}

bool char_is_cyrillic(uint32_t c)
{
	return c >= 0x0400 && c <= 0x04ff;
}

bool char_is_domain(uint32_t c)
{
	if (c < 0x80)
		return !char_is_punct(c) && !char_is_space(c);
	return !char_is_space(c) && !char_is_directional(c) && !char_is_refused(c);
}
