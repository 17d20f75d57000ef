/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * decode_node.h - the fields of a Node
 *
 * Room:     decode. Pure.
 */
#ifndef DECODE_DECODE_NODE_H
#define DECODE_DECODE_NODE_H

#include <stddef.h>

#include "base/err.h"

/* The key of the taint by which the cluster autoscaler announces the end of a node. */
#define DECODE_NODE_TO_BE_DELETED "ToBeDeletedByClusterAutoscaler"

struct arena;
struct field;
struct node;

/**
 * decode_node_read() - Read it
 * @name:	checked already
 * @arena:	scratch
 * @ret:	a heap object of its own; set on success only
 *
 * Return: 0, -EINVAL or -E2BIG.
 */
int decode_node_read(const struct field *root, const char *name, struct arena *arena, struct node **ret,
		     struct err *reterr) __attribute__((warn_unused_result));

#endif
