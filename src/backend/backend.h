/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * backend.h - result of a commit, the same for all backends
 *
 * Room:     backend (ruleset -> backend -> sync): backend/nfnl.h (the kernel, over netlink), backend/text.h (nft's
 *           language), backend/diff_text.h (text for people), backend/fake.h (memory, for tests).
 */
#ifndef BACKEND_BACKEND_H
#define BACKEND_BACKEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "ruleset/change.h"

/**
 * struct backend_report - Result of a commit
 * @bytes:	sent
 * @kernel_us:	time in the kernel, microseconds
 * @failed:	index in changes->list of the change that was refused; SIZE_MAX: not known
 */
struct backend_report {
	size_t bytes;
	uint64_t kernel_us;
	size_t failed;
};

#endif
