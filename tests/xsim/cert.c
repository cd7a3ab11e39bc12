#include "tests/xsim/cert.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/crypto/openssl.h"

#define ERR_STATE OPENSSL_ERR_STATE
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#undef ERR_STATE

#define DAY     86400L
#define VALID   (30 * DAY)
#define SUBJECT "roost-xsim"
#define NAMES   "DNS:localhost,IP:127.0.0.1"

static bool add_names(X509 *x)
{
	X509_EXTENSION *names = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, NAMES);
	bool good = names && X509_add_ext(x, names, -1);

	X509_EXTENSION_free(names);
	return good;
}

static bool fill(X509 *x, EVP_PKEY *key)
{
	X509_NAME *name = X509_get_subject_name(x);

	return X509_set_version(x, 2) && ASN1_INTEGER_set(X509_get_serialNumber(x), 1) &&
	       X509_gmtime_adj(X509_getm_notBefore(x), -DAY) &&
	       X509_gmtime_adj(X509_getm_notAfter(x), VALID) &&
	       X509_NAME_add_entry_by_txt(
		       name, "CN", MBSTRING_ASC, (const unsigned char *)SUBJECT, -1, -1, 0) &&
	       X509_set_issuer_name(x, name) && add_names(x) && X509_set_pubkey(x, key) &&
	       X509_sign(x, key, EVP_sha256()) > 0;
}

/* Opens a file of that name and mode, emptied. */
static FILE *create(const char *path, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "w");

	if (fd >= 0 && !f)
		close(fd);
	return f;
}

static enum err write_both(
	const char *cert, const char *key_path, X509 *x, EVP_PKEY *key, struct errmsg *m)
{
	FILE *f = create(cert, 0644);
	bool good = f && PEM_write_X509(f, x);

	if (f)
		good = fclose(f) == 0 && good;
	if (!good)
		return err_say(m, ERR_IO, "'%s' cannot be written", cert);
	f = create(key_path, 0600);
	good = f && PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL);
	if (f)
		good = fclose(f) == 0 && good;
	return good ? ERR_OK : err_say(m, ERR_IO, "'%s' cannot be written", key_path);
}

enum err cert_make(
	const char *dir, char cert[CERT_PATH_MAX], char key[CERT_PATH_MAX], struct errmsg *m)
{
	int n = snprintf(cert, CERT_PATH_MAX, "%s/cert.pem", dir);

	if (n < 0 || n >= CERT_PATH_MAX)
		return err_say(m, ERR_INVALID, "the path of --tls-dir is too long");
	snprintf(key, CERT_PATH_MAX, "%s/key.pem", dir);
	if (mkdir(dir, 0700) && errno != EEXIST)
		return err_say(m, ERR_IO, "'%s': %s", dir, strerror(errno));
	EVP_PKEY *pair = EVP_EC_gen("P-256");
	X509 *x = X509_new();
	enum err e = pair && x && fill(x, pair)
			     ? write_both(cert, key, x, pair, m)
			     : err_say(m, ERR_NOMEM, "a certificate could not be made");
	X509_free(x);
	EVP_PKEY_free(pair);
	return e;
}
