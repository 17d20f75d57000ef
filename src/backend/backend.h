/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * backend.h - where changes go
 *
 * Room:     backend (ruleset -> backend -> daemon).
 * Rows:     backend_nfnl (the kernel, over netlink), backend_text (nft's language), backend_fake (memory).
 */
#ifndef BACKEND_BACKEND_H
#define BACKEND_BACKEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "ruleset/change.h"

/**
 * struct backend_report - What a commit was
 * @bytes:	size of what was sent
 * @kernel_us:	time in the kernel, microseconds
 * @failed:	index in changes->list of the step that was refused, or SIZE_MAX if none can be named
 */
struct backend_report {
	size_t bytes;
	uint64_t kernel_us;
	size_t failed;
};

#endif
