#include "common/crypto/secret.h"

#include <pthread.h>
#include <string.h>
#include <sys/resource.h>

#include "common/base/mem.h"
#include "common/crypto/openssl.h"

#define HEAP_LEAST  ((size_t)16 * 1024)
#define BLOCK_LEAST 64

struct secret {
	unsigned char *bytes; /* owned: of OpenSSL's secure heap, or of mem_alloc() */
	size_t len;
};

static pthread_once_t heap_once = PTHREAD_ONCE_INIT;
static bool heap_is_locked;

/* The largest power of two that we may lock, within SECRET_HEAP_BYTES. */
static size_t lockable(void)
{
	struct rlimit limit = {0, 0};
	size_t size = SECRET_HEAP_BYTES;

	(void)getrlimit(RLIMIT_MEMLOCK, &limit);
	while (size > HEAP_LEAST && size > limit.rlim_cur)
		size /= 2;
	return size;
}

static void heap_make(void)
{
	heap_is_locked = CRYPTO_secure_malloc_init(lockable(), BLOCK_LEAST) == 1;
}

bool secret_memory_is_locked(void)
{
	(void)pthread_once(&heap_once, heap_make);
	return heap_is_locked;
}

/* n bytes: locked ones, or others when there are none left. */
static unsigned char *take_bytes(size_t n)
{
	unsigned char *bytes = secret_memory_is_locked() ? OPENSSL_secure_zalloc(n) : NULL;

	return bytes ? bytes : mem_alloc(n);
}

static void give_bytes(unsigned char *bytes, size_t n)
{
	if (CRYPTO_secure_allocated(bytes)) {
		OPENSSL_secure_clear_free(bytes, n);
		return;
	}
	OPENSSL_cleanse(bytes, n);
	mem_free(bytes);
}

struct secret *secret_new(const void *p, size_t n)
{
	ASSERT(n <= SECRET_MAX);

	struct secret *s = mem_alloc(sizeof(*s));
	if (!s)
		return NULL;
	s->bytes = take_bytes(n + 1);
	if (!s->bytes) {
		mem_free(s);
		return NULL;
	}
	s->len = n;
	if (p && n)
		memcpy(s->bytes, p, n);
	return s;
}

struct secret *secret_take_buf(struct buf *b)
{
	struct secret *s = b->err || b->len > SECRET_MAX ? NULL : secret_new(b->data, b->len);

	buf_wipe(b);
	return s;
}

void secret_free(struct secret *s)
{
	if (!s)
		return;
	give_bytes(s->bytes, s->len + 1);
	mem_free(s);
}

struct str secret_view(const struct secret *s)
{
	return (struct str){(const char *)s->bytes, s->len};
}

unsigned char *secret_bytes(struct secret *s)
{
	return s->bytes;
}

void crypto_wipe(void *p, size_t n)
{
	OPENSSL_cleanse(p, n);
}

void buf_wipe(struct buf *b)
{
	if (b->data)
		OPENSSL_cleanse(b->data, b->size);
	buf_done(b);
}
