/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * validate.h - what the kernel checks in a table at the end of a transaction
 *
 * Room:     ruleset, private to image.c.
 */
#ifndef RULESET_VALIDATE_H
#define RULESET_VALIDATE_H

#include "base/err.h"
#include "ruleset/table.h"

/**
 * validate_table() - Walk from each base chain down, through jumps and verdict maps
 *
 * Cost: every element of every verdict map that is reached.
 *
 * Return: 0; -ELOOP if chains lead in a circle, -EMLINK if deeper than RULE_DEPTH_MAX, -EOPNOTSUPP if a
 * statement is reached from a hook that does not allow it.
 */
int validate_table(struct table *table, struct err *reterr) __attribute__((warn_unused_result));

#endif
