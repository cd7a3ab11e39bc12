/*
 * setup.h - what has to be there before a dispatcher can start: directories, keys, a settings
 * file
 */
#ifndef ROOST_DISPATCHER_SETUP_H
#define ROOST_DISPATCHER_SETUP_H

#include "common/conf/conf.h"

/*
 * Makes the state directory (mode 0700), and the master key when it is a file that is not there
 * and nothing has been sealed yet: a key that is missing beside an existing store is an error,
 * never made anew. Words say what to do.
 */
MUST_USE enum err setup_state(const struct conf *conf, struct errmsg *m);

/* Writes a settings file with every setting as a comment. ERR_CONFLICT when there is one. */
MUST_USE enum err setup_file(const char *path, struct errmsg *m);

#endif
