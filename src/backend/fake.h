/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fake.h - a backend that keeps everything in memory
 *
 * Room:     backend. For tests: as strict as the kernel (ruleset/image.h), estimates the size of a batch, and fails
 *           on request.
 */
#ifndef BACKEND_FAKE_H
#define BACKEND_FAKE_H

#include <stddef.h>

#include "backend/backend.h"
#include "base/cleanup.h"
#include "ruleset/image.h"
#include "ruleset/snapshot.h"

struct fake;

struct fake *fake_new(void);
struct fake *fake_free(struct fake *fake);
DEFINE_FREEP(struct fake, fake_free);
/**
 * fake_commit() - Apply @changes, all or nothing
 * @ret_report:	always set; kernel_us is 0
 *
 * Return: as image_apply(), or what fake_fail_at() injected.
 */
int fake_commit(struct fake *fake, const struct changes *changes, struct backend_report *ret_report,
		struct err *reterr) __attribute__((warn_unused_result));
/**
 * fake_fail_at() - Let the next commit fail, once
 * @step:	the step that is refused; one after the last: the whole batch fails, and no step is named
 * @code:	negative errno; 0: cancel it
 */
void fake_fail_at(struct fake *fake, size_t step, int code);
/** fake_read() - Add the installed objects to @ret (initialised, maybe partial, not sealed); all tables count as ours. */
void fake_read(const struct fake *fake, struct snapshot *ret);
/** fake_image() - The installed objects. */
struct image *fake_image(struct fake *fake);
/** fake_n_commits() - Commits that succeeded and had at least one step. */
size_t fake_n_commits(const struct fake *fake);

#endif
