/*
 * httpd_tls.h - the TLS of httpd
 *
 * Inside of httpd. TLS 1.2 and newer, one certificate, no client certificates.
 */
#ifndef ROOST_COMMON_NET_HTTPD_TLS_H
#define ROOST_COMMON_NET_HTTPD_TLS_H

#include "common/base/err.h"

struct bufferevent;
struct event_base;
struct httpd_tls;

/* Reads a certificate chain and its key, both PEM. ERR_IO with words that name the file. */
MUST_USE enum err httpd_tls_new(
	const char *cert_file, const char *key_file, struct httpd_tls **ret, struct errmsg *m);
void httpd_tls_free(struct httpd_tls *t);

/* A bufferevent that does the handshake on fd and closes it in the end; NULL when out of
 * memory. */
MUST_USE struct bufferevent *httpd_tls_accept(
	struct httpd_tls *t, struct event_base *base, int fd);

/* Tells the peer that nothing was cut off. */
void httpd_tls_farewell(struct bufferevent *bev);

#endif
