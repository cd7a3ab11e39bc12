#include "common/net/zsock.h"

#include <arpa/inet.h>
#include <string.h>

/* The host of "tcp://HOST:PORT"; empty when the endpoint has another form. */
static struct str host_of(const char *endpoint)
{
	const char *host = endpoint + strlen("tcp://");
	const char *colon = strrchr(host, ':');

	return colon ? (struct str){.at = host, .len = (size_t)(colon - host)} : str_of("");
}

/* Whether host is an address of 127.0.0.0/8. A name that only begins like one is not. */
static bool is_loopback_address(struct str host)
{
	char text[INET_ADDRSTRLEN];
	struct in_addr a;

	if (host.len >= sizeof(text))
		return false;
	memcpy(text, host.at, host.len);
	text[host.len] = 0;
	return inet_pton(AF_INET, text, &a) == 1 && ntohl(a.s_addr) >> 24 == 127;
}

bool zsock_is_local(const char *endpoint)
{
	struct str e = str_of(endpoint);

	if (str_has_prefix(e, "ipc://") || str_has_prefix(e, "inproc://"))
		return true;
	if (!str_has_prefix(e, "tcp://"))
		return false;
	struct str host = host_of(endpoint);
	return str_is(host, "localhost") || str_is(host, "[::1]") || is_loopback_address(host);
}
