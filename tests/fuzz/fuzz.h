/*
 * fuzz.h - what every harness defines
 *
 * One input, from libFuzzer or from a file of the corpus. A harness checks
 * with ASSERT what must hold for any bytes, keeps nothing between inputs, and
 * always returns 0.
 */
#ifndef ROOST_TESTS_FUZZ_H
#define ROOST_TESTS_FUZZ_H

#include "common/base/base.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
