#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "client/cli/cli.h"

#define NEARBY_MS 200

/* Whether a connection under way was refused: a machine nearby says so at once. */
static bool is_refused(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLOUT};
	int why = 0;
	socklen_t n = sizeof(why);

	return poll(&p, 1, NEARBY_MS) > 0 && !getsockopt(fd, SOL_SOCKET, SO_ERROR, &why, &n) &&
	       why == ECONNREFUSED;
}

/* True unless the other side says at once that nobody is there. */
static bool connects(int family, const struct sockaddr *address, socklen_t len)
{
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return true;
	bool refused = connect(fd, address, len) < 0 && errno != EAGAIN &&
		       (errno != EINPROGRESS || is_refused(fd));
	(void)close(fd);
	return !refused;
}

static bool listens_ipc(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	if ((size_t)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path) >=
		sizeof(address.sun_path))
		return true;
	return connects(AF_UNIX, (const struct sockaddr *)&address, sizeof(address));
}

/* "127.0.0.1:7701" or "[::1]:7701"; a name is not asked for, that could take long. */
static bool listens_tcp(const char *where)
{
	const struct addrinfo hints = {
		.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV};
	const char *colon = strrchr(where, ':');
	struct addrinfo *found;
	char host[64];

	if (!colon)
		return true;
	bool bracketed = where[0] == '[' && colon > where + 1;
	(void)snprintf(host, sizeof(host), "%.*s", (int)(colon - where) - (bracketed ? 2 : 0),
		where + bracketed);
	if (getaddrinfo(host, colon + 1, &hints, &found))
		return true;
	bool listens = connects(found->ai_family, found->ai_addr, found->ai_addrlen);
	freeaddrinfo(found);
	return listens;
}

bool cli_listens(const char *endpoint)
{
	if (strncmp(endpoint, "ipc://", 6) == 0)
		return listens_ipc(endpoint + 6);
	return strncmp(endpoint, "tcp://", 6) != 0 || listens_tcp(endpoint + 6);
}
