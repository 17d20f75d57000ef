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

#define BACKEND_ALSO_FAILED_MAX 512

/**
 * struct backend_report - Result of a commit
 * @bytes:	sent
 * @kernel_us:	time in the kernel, microseconds
 * @failed:	index in changes->list of the change that was refused; SIZE_MAX: not known
 * @n_also_failed, @also_failed: further changes that were refused with the same error
 */
struct backend_report {
	size_t bytes;
	uint64_t kernel_us;
	size_t failed;
	size_t n_also_failed;
	size_t also_failed[BACKEND_ALSO_FAILED_MAX];
};

#endif
