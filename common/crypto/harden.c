#include "common/crypto/harden.h"

#include <sys/prctl.h>
#include <sys/resource.h>

#include "common/base/base.h"

void crypto_harden_process(void)
{
	static const struct rlimit none = {0, 0};

	int failed = setrlimit(RLIMIT_CORE, &none);
#ifndef ROOST_SANITIZED
	failed |= prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
	ASSERT(!failed); /* both can only give up what we have */
}
