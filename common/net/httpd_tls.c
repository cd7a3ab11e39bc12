#include "common/net/httpd_tls.h"

#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#define ERR_STATE openssl_err_state /* the name is roost's: base/err.h */
#include <openssl/err.h>
#include <openssl/ssl.h>
#undef ERR_STATE

/* struct httpd_tls is OpenSSL's SSL_CTX under a name of our own. */
static SSL_CTX *context(struct httpd_tls *t)
{
	return (SSL_CTX *)(void *)t;
}

/* The reason OpenSSL gives for what has just failed. */
static const char *reason(void)
{
	const char *words = ERR_reason_error_string(ERR_peek_last_error());

	return words ? words : "unknown reason";
}

static enum err load(
	SSL_CTX *ctx, const char *cert_file, const char *key_file, struct errmsg *m)
{
	ERR_clear_error();
	if (SSL_CTX_use_certificate_chain_file(ctx, cert_file) != 1)
		return err_say(m, ERR_IO, "certificate '%s': %s", cert_file, reason());
	if (SSL_CTX_use_PrivateKey_file(ctx, key_file, SSL_FILETYPE_PEM) != 1)
		return err_say(m, ERR_IO, "key '%s': %s", key_file, reason());
	if (SSL_CTX_check_private_key(ctx) != 1)
		return err_say(m, ERR_IO, "key '%s' is not that of '%s'", key_file, cert_file);
	return ERR_OK;
}

enum err httpd_tls_new(
	const char *cert_file, const char *key_file, struct httpd_tls **ret, struct errmsg *m)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

	if (!ctx)
		return err_say(m, ERR_NOMEM, "out of memory");
	SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION);
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);

	enum err e = load(ctx, cert_file, key_file, m);
	ERR_clear_error();
	if (e) {
		SSL_CTX_free(ctx);
		return e;
	}
	*ret = (struct httpd_tls *)(void *)ctx;
	return ERR_OK;
}

void httpd_tls_free(struct httpd_tls *t)
{
	SSL_CTX_free(context(t));
}

struct bufferevent *httpd_tls_accept(struct httpd_tls *t, struct event_base *base, int fd)
{
	SSL *ssl = SSL_new(context(t));

	if (!ssl)
		return NULL;
	struct bufferevent *bev = bufferevent_openssl_socket_new(
		base, fd, ssl, BUFFEREVENT_SSL_ACCEPTING, BEV_OPT_CLOSE_ON_FREE);
	if (!bev) {
		SSL_free(ssl);
		return NULL;
	}
	bufferevent_openssl_set_allow_dirty_shutdown(bev, 1);
	return bev;
}

void httpd_tls_farewell(struct bufferevent *bev)
{
	SSL *ssl = bufferevent_openssl_get_ssl(bev);

	if (ssl && SSL_is_init_finished(ssl))
		(void)SSL_shutdown(ssl);
	ERR_clear_error();
}
