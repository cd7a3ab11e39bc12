#include "common/net/zsock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <zmq.h>

#include "common/base/failpoint.h"
#include "common/base/mem.h"

#define FRAMES_MAX   3     /* [id][empty][body] is the longest that means anything */
#define ENDPOINT_MAX 256   /* bytes in an endpoint, its zero byte included */
#define SOCKETS_MAX  16384 /* sockets a program may open; libzmq's own default is 1023 */

struct zsock {
	void *raw;
	enum zsock_kind kind;
	zmq_msg_t frames[FRAMES_MAX]; /* of the message last received, which is lent out */
	char endpoint[ENDPOINT_MAX];
	int64_t topics; /* of a PUB: prefixes that somebody subscribes to */
	bool secret;    /* bodies are wiped after use */
	bool has_file;  /* endpoint is the path of a socket file, to be removed in the end */
};

static pthread_mutex_t context_lock = PTHREAD_MUTEX_INITIALIZER;
static void *context;

void *zsock_context(void)
{
	(void)pthread_mutex_lock(&context_lock);
	if (!context) {
		context = zmq_ctx_new();
		if (context)
			(void)zmq_ctx_set(context, ZMQ_MAX_SOCKETS, SOCKETS_MAX);
	}
	void *ret = context;
	(void)pthread_mutex_unlock(&context_lock);
	return ret;
}

void zsock_end(void)
{
	(void)pthread_mutex_lock(&context_lock);
	while (context && zmq_ctx_term(context) != 0 && errno == EINTR)
		;
	context = NULL;
	(void)pthread_mutex_unlock(&context_lock);
}

/* Opening */

/* clang-format off */
static const int raw_kinds[] = {
	[ZSOCK_ROUTER] = ZMQ_ROUTER,
	[ZSOCK_DEALER] = ZMQ_DEALER,
	[ZSOCK_PUB]    = ZMQ_XPUB, /* on the wire the same; tells who subscribes */
	[ZSOCK_SUB]    = ZMQ_SUB,
	[ZSOCK_REP]    = ZMQ_REP, /* of zap.c, which reads and writes it itself */
};

/* Times are in milliseconds. */
static const struct { int option; int value; } bounds[] = {
	{ZMQ_LINGER,            500},
	{ZMQ_HANDSHAKE_IVL,     3000},
	{ZMQ_BACKLOG,           4096},
	{ZMQ_HEARTBEAT_IVL,     2000},
	{ZMQ_HEARTBEAT_TIMEOUT, 6000},
	{ZMQ_HEARTBEAT_TTL,     6000},
	{ZMQ_RECONNECT_IVL,     100},
	{ZMQ_RECONNECT_IVL_MAX, 5000},
	{ZMQ_SNDHWM,            ZSOCK_QUEUE_MAX},
	{ZMQ_RCVHWM,            ZSOCK_QUEUE_MAX},
};
/* clang-format on */

static bool set_int(void *raw, int option, int value)
{
	return zmq_setsockopt(raw, option, &value, sizeof(value)) == 0;
}

static bool set_bounds(void *raw, enum zsock_kind kind)
{
	int64_t size = ZSOCK_MESSAGE_MAX + ZSOCK_SLACK;

	if (zmq_setsockopt(raw, ZMQ_MAXMSGSIZE, &size, sizeof(size)) != 0)
		return false;
	for (size_t i = 0; i < COUNT_OF(bounds); i++)
		if (!set_int(raw, bounds[i].option, bounds[i].value))
			return false;
	return kind != ZSOCK_ROUTER || set_int(raw, ZMQ_ROUTER_MANDATORY, 1);
}

enum err zsock_open(enum zsock_kind kind, struct zsock **ret, struct errmsg *m)
{
	void *c = zsock_context();
	if (!c)
		return err_say(m, ERR_IO, "ZeroMQ: %s", zmq_strerror(errno));
	AUTO(zsock) z = mem_alloc(sizeof(*z));
	if (!z)
		return err_say(m, ERR_NOMEM, "out of memory");
	for (size_t i = 0; i < FRAMES_MAX; i++)
		(void)zmq_msg_init(&z->frames[i]);
	z->kind = kind;
	z->raw = zmq_socket(c, raw_kinds[kind]);
	if (!z->raw || !set_bounds(z->raw, kind))
		return err_say(m, ERR_IO, "a ZeroMQ socket: %s", zmq_strerror(errno));
	*ret = STEAL(z);
	return ERR_OK;
}

/* The path in an ipc endpoint. */
static const char *path_of(const char *endpoint)
{
	return endpoint + strlen("ipc://");
}

void zsock_is_secret(struct zsock *z)
{
	z->secret = true;
}

/* Wipes what came last. */
static void wipe_frames(struct zsock *z)
{
	for (size_t i = 0; z->secret && i < FRAMES_MAX; i++)
		explicit_bzero(zmq_msg_data(&z->frames[i]), zmq_msg_size(&z->frames[i]));
}

void zsock_free(struct zsock *z)
{
	if (!z)
		return;
	wipe_frames(z);
	for (size_t i = 0; i < FRAMES_MAX; i++)
		(void)zmq_msg_close(&z->frames[i]);
	if (z->has_file)
		(void)unlink(path_of(z->endpoint)); /* libzmq leaves it behind */
	if (z->raw)
		(void)zmq_close(z->raw);
	mem_free(z);
}

void *zsock_raw(struct zsock *z)
{
	return z->raw;
}

/* Endpoints */

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

const char *zsock_endpoint(const struct zsock *z)
{
	return z->endpoint;
}

#define WRITE_ONE "not an endpoint; write tcp://HOST:PORT or ipc://PATH"

/* Says why an endpoint failed, and what to do about it. */
static enum err say_endpoint(struct errmsg *m, const char *endpoint, int error)
{
	/* clang-format off */
	static const struct { int error; enum err e; const char *words; } table[] = {
		{EADDRINUSE,      ERR_UNAVAILABLE, "address already in use; is another dispatcher running?"},
		{EADDRNOTAVAIL,   ERR_INVALID,  "this machine has no such address"},
		{ENODEV,          ERR_INVALID,  "this machine has no such address or interface"},
		{EACCES,          ERR_DENIED,   "permission denied; choose a port above 1023, or a folder this user may write to"},
		{ENOENT,          ERR_NOT_FOUND, "the folder does not exist; create it first"},
		{ENAMETOOLONG,    ERR_INVALID,  "the path of a socket may have at most 107 bytes"},
		{ENOTSOCK,        ERR_INVALID,  "there is a file of that name that is not a socket; remove it or choose another path"},
		{EINVAL,          ERR_INVALID,  WRITE_ONE},
		{EPROTONOSUPPORT, ERR_INVALID,  WRITE_ONE},
		{ENOMEM,          ERR_NOMEM,    "out of memory"},
	};
	/* clang-format on */
	char shown[ENDPOINT_MAX];

	text_show(str_of(endpoint), shown, sizeof(shown));
	for (size_t i = 0; i < COUNT_OF(table); i++)
		if (table[i].error == error)
			return err_say(m, table[i].e, "'%s': %s", shown, table[i].words);
	return err_say(m, ERR_IO, "'%s': %s", shown, zmq_strerror(error));
}

/* 0, or EPROTONOSUPPORT: libzmq knows transports that roost does not want. */
static int check_transport(const char *endpoint)
{
	static const char *const known[] = {"tcp://", "ipc://", "inproc://"};

	if (strlen(endpoint) >= ENDPOINT_MAX)
		return EINVAL;
	for (size_t i = 0; i < COUNT_OF(known); i++)
		if (str_has_prefix(str_of(endpoint), known[i]))
			return 0;
	return EPROTONOSUPPORT;
}

/* Whether somebody accepts connections at a socket file. */
static bool is_served(const struct sockaddr_un *a)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return true; /* cannot tell: do not take it away from anybody */
	int r = connect(fd, (const struct sockaddr *)a, sizeof(*a));
	bool served = r == 0 || errno != ECONNREFUSED;

	(void)close(fd);
	return served;
}

/*
 * Makes way for a new socket file: 0, or why not. libzmq removes whatever has
 * that name, a living dispatcher's socket and a plain file alike.
 */
static int clear_path(const char *path)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	struct stat st;

	if (strlen(path) >= sizeof(a.sun_path))
		return ENAMETOOLONG;
	memcpy(a.sun_path, path, strlen(path) + 1);
	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0 : errno;
	if (!S_ISSOCK(st.st_mode))
		return ENOTSOCK;
	if (is_served(&a))
		return EADDRINUSE;
	return unlink(path) < 0 && errno != ENOENT ? errno : 0;
}

/* 0, or why not. The socket file is for its owner only. */
static int bind_ipc(struct zsock *z, const char *endpoint)
{
	const char *path = path_of(endpoint);
	bool has_file = path[0] != '@' && path[0] != '*'; /* abstract; libzmq's own choice */

	if (has_file) {
		int error = clear_path(path);
		if (error)
			return error;
	}
	/* For "*" libzmq makes a folder too, which its owner must be able to enter. */
	mode_t before = umask(path[0] == '*' ? 0077 : 0177);
	int error = zmq_bind(z->raw, endpoint) == 0 ? 0 : errno;
	umask(before);
	z->has_file = has_file && !error;
	return error;
}

static int bind_endpoint(struct zsock *z, const char *endpoint)
{
	if (str_has_prefix(str_of(endpoint), "ipc://"))
		return bind_ipc(z, endpoint);
	return zmq_bind(z->raw, endpoint) == 0 ? 0 : errno;
}

enum err zsock_bind(struct zsock *z, const char *endpoint, struct errmsg *m)
{
	ASSERT(!z->endpoint[0]);
	int error = check_transport(endpoint);

	if (!error)
		error = bind_endpoint(z, endpoint);
	if (error)
		return say_endpoint(m, endpoint, error);
	size_t len = sizeof(z->endpoint);
	ASSERT(zmq_getsockopt(z->raw, ZMQ_LAST_ENDPOINT, z->endpoint, &len) == 0);
	return ERR_OK;
}

enum err zsock_only_present(struct zsock *z)
{
	return set_int(z->raw, ZMQ_IMMEDIATE, 1) ? ERR_OK : ERR_IO;
}

enum err zsock_connect(struct zsock *z, const char *endpoint, struct errmsg *m)
{
	int error = check_transport(endpoint);

	if (!error && zmq_connect(z->raw, endpoint) != 0)
		error = errno;
	return error ? say_endpoint(m, endpoint, error) : ERR_OK;
}

/* Receiving */

#define GENERATED_BYTES 5 /* of libzmq's own routing ids: a zero, and a number */

bool zpeer_is_generated(const struct zpeer *p)
{
	return p->len == GENERATED_BYTES && p->id[0] == 0;
}

/* The next frame, if one is at hand. libzmq lets a signal interrupt even this. */
static bool read_frame(struct zsock *z, zmq_msg_t *to)
{
	int r;

	do
		r = zmq_msg_recv(to, z->raw, ZMQ_DONTWAIT);
	while (r < 0 && errno == EINTR);
	return r >= 0;
}

static struct str frame(struct zsock *z, size_t i)
{
	return (struct str){
		.at = zmq_msg_data(&z->frames[i]), .len = zmq_msg_size(&z->frames[i])};
}

/* Reads the frames that follow those kept, and drops them; returns how many. */
static size_t drop_rest(struct zsock *z)
{
	zmq_msg_t extra;
	size_t count = 0;
	bool more = true;

	(void)zmq_msg_init(&extra);
	while (more && read_frame(z, &extra)) {
		more = zmq_msg_more(&extra) != 0;
		count++;
	}
	(void)zmq_msg_close(&extra);
	return count;
}

/* Reads one message, all its frames; returns how many there were, 0 when none has come. */
static size_t read_frames(struct zsock *z)
{
	size_t count = 0;
	bool more = true;

	while (more && count < FRAMES_MAX) {
		if (!read_frame(z, &z->frames[count]))
			return 0; /* only before the first: a message comes whole or not at all
				   */
		more = zmq_msg_more(&z->frames[count]) != 0;
		count++;
	}
	return more ? count + drop_rest(z) : count;
}

/* Takes who sent it from the first frame. An id that cannot be kept leaves nobody to answer. */
static void take_peer(struct zsock *z, struct zmessage *ret, bool framed)
{
	struct str id = frame(z, 0);

	if (id.len > ZSOCK_PEER_MAX)
		return;
	memcpy(ret->peer.id, id.at, id.len);
	ret->peer.len = (unsigned char)id.len;
	ret->peer.framed = framed;
}

/*
 * What is known of a sender by CURVE and ZAP; a ROUTER makes the first frame itself, so it is
 * asked of the last. A name too long to keep is nobody's.
 */
static void take_user(struct zsock *z, size_t count, struct zmessage *ret)
{
	size_t last = count < FRAMES_MAX ? count - 1 : FRAMES_MAX - 1;
	const char *user = zmq_msg_gets(&z->frames[last], "User-Id");
	size_t len = user ? strlen(user) : 0;

	if (len >= sizeof(ret->user_id)) {
		ret->malformed = true;
		return;
	}
	if (len)
		memcpy(ret->user_id, user, len + 1);
}

bool zsock_receive(struct zsock *z, struct zmessage *ret)
{
	wipe_frames(z);
	size_t count = read_frames(z);
	if (count == 0)
		return false;

	*ret = (struct zmessage){0};
	size_t head = z->kind == ZSOCK_ROUTER ? 1 : 0; /* frames before [empty][body] */
	bool framed = z->kind != ZSOCK_SUB && count > head + 1 && frame(z, head).len == 0;
	size_t body = z->kind == ZSOCK_SUB || framed ? head + 1 : head;

	if (z->kind == ZSOCK_ROUTER)
		take_peer(z, ret, framed);
	ret->malformed = count != body + 1 || (head && ret->peer.len == 0);
	take_user(z, count, ret);
	if (ret->malformed)
		return true;
	if (z->kind == ZSOCK_SUB)
		ret->topic = frame(z, 0);
	ret->body = frame(z, body);
	return true;
}

/* Sending */

static enum err send_error(int error)
{
	if (error == EAGAIN)
		return ERR_UNAVAILABLE;
	return error == ENOMEM ? ERR_NOMEM : ERR_CLOSED; /* EHOSTUNREACH, ETERM */
}

/* libzmq has passed a body on: called from a thread of its own. */
static void free_wiped(void *data, void *hint)
{
	(void)hint;
	mem_free_wiped(data);
}

static enum err make_wiped(zmq_msg_t *ret, struct str body)
{
	char *copy = mem_dup(body.at, body.len);

	if (copy && zmq_msg_init_data(ret, copy, body.len, free_wiped, NULL) == 0)
		return ERR_OK;
	mem_free_wiped(copy);
	return ERR_NOMEM;
}

/* A message that holds a copy of `body`. Made first, so that no half message is ever queued. */
static enum err make_body(const struct zsock *z, zmq_msg_t *ret, struct str body)
{
	if (body.len > ZSOCK_MESSAGE_MAX)
		return ERR_TOO_BIG;
	if (z->secret)
		return make_wiped(ret, body);
	if (zmq_msg_init_size(ret, body.len) != 0)
		return ERR_NOMEM;
	if (body.len)
		memcpy(zmq_msg_data(ret), body.at, body.len);
	return ERR_OK;
}

/* Queues a frame that another follows; 0, or why not. */
static int send_head(struct zsock *z, struct str head)
{
	int r;

	do
		r = zmq_send(z->raw, head.at, head.len, ZMQ_DONTWAIT | ZMQ_SNDMORE);
	while (r < 0 && errno == EINTR);
	return r < 0 ? errno : 0;
}

/* Queues the last frame; 0, or why not: it is then still the caller's. */
static int send_last(struct zsock *z, zmq_msg_t *msg)
{
	int r;

	do
		r = zmq_msg_send(msg, z->raw, ZMQ_DONTWAIT);
	while (r < 0 && errno == EINTR);
	return r < 0 ? errno : 0;
}

/* Queues [head][empty, when asked for][body]; libzmq can refuse none but the first. */
static enum err send_frames(
	struct zsock *z, const struct str *head, bool framed, struct str body)
{
	zmq_msg_t msg;
	enum err e = make_body(z, &msg, body);
	if (e)
		return e;

	int error = head ? send_head(z, *head) : 0;
	if (!error && framed)
		error = send_head(z, str_of(""));
	if (!error)
		error = send_last(z, &msg);
	if (!error)
		return ERR_OK;
	(void)zmq_msg_close(&msg);
	return send_error(error);
}

enum err zsock_send(struct zsock *z, const struct zpeer *peer, struct str body)
{
	ASSERT((z->kind == ZSOCK_ROUTER && peer) || (z->kind == ZSOCK_DEALER && !peer));
	if (FAILPOINT(FAIL_NET_SEND))
		return ERR_CLOSED;
	if (!peer)
		return send_frames(z, NULL, false, body);
	if (peer->len == 0)
		return ERR_CLOSED;

	struct str id = {.at = (const char *)peer->id, .len = peer->len};
	return send_frames(z, &id, peer->framed, body);
}

bool zsock_is_heard(struct zsock *z)
{
	zmq_msg_t msg;
	int r;

	ASSERT(z->kind == ZSOCK_PUB);
	(void)zmq_msg_init(&msg);
	while ((r = zmq_msg_recv(&msg, z->raw, ZMQ_DONTWAIT)) >= 0 || errno == EINTR)
		if (r > 0)
			z->topics += *(const char *)zmq_msg_data(&msg) == 1 ? 1 : -1;
	(void)zmq_msg_close(&msg);
	return z->topics > 0;
}

enum err zsock_publish(struct zsock *z, const char *topic, struct str body)
{
	ASSERT(z->kind == ZSOCK_PUB);
	struct str head = str_of(topic);
	return send_frames(z, &head, false, body);
}

enum err zsock_subscribe(struct zsock *z, const char *prefix)
{
	ASSERT(z->kind == ZSOCK_SUB);
	if (zmq_setsockopt(z->raw, ZMQ_SUBSCRIBE, prefix, strlen(prefix)) == 0)
		return ERR_OK;
	return errno == ENOMEM ? ERR_NOMEM : ERR_CLOSED;
}
