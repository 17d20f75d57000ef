/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * manifest_check.h - whether a start could read a single manifest to its end
 *
 * Room:     daemon. Effects: reads the file.
 * Rule:     a start ends if it cannot. The file may be large, so it is read in short steps; its objects are not used.
 */
#ifndef DAEMON_MANIFEST_CHECK_H
#define DAEMON_MANIFEST_CHECK_H

#include "base/cleanup.h"
#include "base/err.h"

struct manifest_check;

int manifest_check_new(const char *path, struct manifest_check **ret, struct err *reterr)
	__attribute__((warn_unused_result));
struct manifest_check *manifest_check_free(struct manifest_check *check);
DEFINE_FREEP(struct manifest_check, manifest_check_free);
/** manifest_check_step() - Read for about 20 ms. Return: -EINPROGRESS: there is more; 0: it can be read; other negative errno. */
int manifest_check_step(struct manifest_check *check, struct err *reterr) __attribute__((warn_unused_result));

#endif
