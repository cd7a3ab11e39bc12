/*
 * own_key.h - the dispatcher's own key: the file curve.key in the state directory
 *
 * Agents and workers know its public half by the files that `roost agent add`
 * and `roost worker add` print; whoever has the file can pose as the dispatcher.
 */
#ifndef ROOST_DISPATCHER_ACCESS_OWN_KEY_H
#define ROOST_DISPATCHER_ACCESS_OWN_KEY_H

#include "common/net/curve.h"

/*
 * Reads it, or makes it when there is none. ERR_DENIED when others may read it, ERR_FORMAT when
 * it is no key, ERR_IO. The caller wipes ret_secret.
 */
MUST_USE enum err own_key_read(const char *state_dir, char ret_secret[CURVE_TEXT],
	char ret_public[CURVE_TEXT], struct errmsg *m);

#endif
