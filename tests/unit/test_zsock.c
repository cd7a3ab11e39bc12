#include "common/net/zsock.h"

#include "tests/lib/test.h"

TEST(knows_which_endpoints_only_this_machine_reaches)
{
	/* clang-format off */
	static const struct { const char *endpoint; bool local; } cases[] = {
		{"tcp://127.0.0.1:7701",          true},
		{"tcp://127.8.9.10:*",            true},
		{"tcp://localhost:7701",          true},
		{"tcp://[::1]:7701",              true},
		{"ipc:///run/roost/agents",       true},
		{"inproc://zap",                  true},
		{"tcp://0.0.0.0:7701",            false},
		{"tcp://*:7701",                  false},
		{"tcp://10.0.0.1:7701",           false},
		{"tcp://[::]:7701",               false},
		{"tcp://eth0:7701",               false},
		{"tcp://127.example.com:7701",    false},
		{"tcp://127.0.0.1.evil.com:7701", false},
		{"tcp://127.0.0.1;10.0.0.1:7701", false},
		{"tcp://localhost.evil.com:7701", false},
		{"tcp://127.0.0.1",               false},
		{"tcp://",                        false},
		{"udp://127.0.0.1:7701",          false},
		{"pgm://127.0.0.1:7701",          false},
		{"",                              false},
	};
	/* clang-format on */

	for (size_t i = 0; i < COUNT_OF(cases); i++)
		if (zsock_is_local(cases[i].endpoint) != cases[i].local)
			fail_msg("%s", cases[i].endpoint);
}
