/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * manifest_gaps.h - manifests that cannot be read at a start, which may lack objects that have rules
 *
 * Room:     daemon. Effects: reads the saved state, the log.
 * Rule:     tests/COVERAGE.md Y27. A manifest that becomes bad keeps its last good objects. For a start, these are in the saved
 *           state, with the name of their file: they are used if the file still exists and cannot be read, or has a bad version of the
 *           object. If there is no saved state that can be used, and a file cannot be read to its end, it is not known which rules
 *           belong to it. Then existing rules stay as they are until each file was read once, or is removed. The operator may
 *           decide otherwise (--wait-for-manifests=false).
 */
#ifndef DAEMON_MANIFEST_GAPS_H
#define DAEMON_MANIFEST_GAPS_H

#include <stdbool.h>

#include "base/err.h"

struct files;
struct nfnl;
struct settings;
struct state_mark;

/** struct manifest_gaps_params - All borrowed. @origin: of the saved state */
struct manifest_gaps_params {
	const struct settings *settings;
	struct files *files;
	struct nfnl *nfnl;
	const struct state_mark *mark;
	const char *origin;
};

/**
 * manifest_gaps_fill() - After files_read_all(), before the first sync
 *
 * Takes as long as it takes to read the saved state; without a bad manifest nothing.
 *
 * Return: whether rules must stay as they are while files_gap() names a file.
 */
bool manifest_gaps_fill(const struct manifest_gaps_params *params);

#endif
