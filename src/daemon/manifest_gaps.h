/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * manifest_gaps.h - manifests that cannot be read at a start, which may lack objects that have rules
 *
 * Room:     daemon. Effects: reads the saved state, the log.
 * Rule:     tests/COVERAGE.md Y27, as intake/refused_at_start.h for the API server. A manifest that becomes bad keeps its last good
 *           objects. For a start, these are in the saved state, with the name of their file: they are used if the file still exists
 *           and cannot be read, or has a bad version of the object. If there is no saved state that can be used, and a file cannot
 *           be read to its end, it is not known which rules belong to it. Then existing rules stay as they are until each file was
 *           read once, or is removed. The operator may decide otherwise (--wait-for-manifests=false).
 */
#ifndef DAEMON_MANIFEST_GAPS_H
#define DAEMON_MANIFEST_GAPS_H

#include <stdbool.h>

struct files;
struct refused_at_start_use;

/**
 * manifest_gaps_fill() - After files_read_all(), before the first sync
 * @wait:	what the operator has decided
 *
 * Takes as long as it takes to read the saved state; without a bad manifest nothing.
 *
 * Return: whether rules must stay as they are while files_gap() names a file.
 */
bool manifest_gaps_fill(struct files *files, const struct refused_at_start_use *use, bool wait);

#endif
