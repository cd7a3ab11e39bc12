/*
 * cert.h - a certificate for this machine, made on the spot
 */
#ifndef ROOST_TESTS_XSIM_CERT_H
#define ROOST_TESTS_XSIM_CERT_H

#include "common/base/err.h"

#define CERT_PATH_MAX 1024

/*
 * Writes dir/cert.pem, for localhost and 127.0.0.1, valid for 30 days and signed by its own
 * key, and dir/key.pem, which only this user may read. Makes dir. Sets the paths. ERR_IO with
 * words for a person.
 */
MUST_USE enum err cert_make(
	const char *dir, char cert[CERT_PATH_MAX], char key[CERT_PATH_MAX], struct errmsg *m);

#endif
