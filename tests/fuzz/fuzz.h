/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz.h - the function of every fuzz target
 *
 * `make fuzz` builds the targets with clang and libFuzzer; `make check` replays each one's corpus through
 * replay.c, with any compiler.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
