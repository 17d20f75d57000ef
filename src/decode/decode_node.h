/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * decode_node.h - the fields of a Node
 *
 * Room:     decode. Pure.
 */
#ifndef DECODE_DECODE_NODE_H
#define DECODE_DECODE_NODE_H

/* Key of the taint that the cluster autoscaler sets before it removes a node. */
#define DECODE_NODE_TO_BE_DELETED "ToBeDeletedByClusterAutoscaler"

struct arena;
struct field;
struct node;

/**
 * decode_node_read() - Read it
 * @name:	checked already
 * @arena:	scratch
 *
 * Return: a heap object of its own; NULL after an error (field_failed()).
 */
struct node *decode_node_read(const struct field *root, const char *name, struct arena *arena)
	__attribute__((warn_unused_result));

#endif
