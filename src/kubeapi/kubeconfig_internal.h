/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kubeconfig_internal.h - what the readers of a kubeconfig's parts share
 *
 * Room:     kubeapi. For kubeconfig.c and kubeconfig_exec.c only.
 */
#ifndef KUBEAPI_KUBECONFIG_INTERNAL_H
#define KUBEAPI_KUBECONFIG_INTERNAL_H

#include <stdbool.h>

#include "base/err.h"

struct yaml_document_s;
struct yaml_node_s;

/** struct kubeconfig_reader - One parsed text. */
struct kubeconfig_reader {
	const char *file;
	struct yaml_document_s *document;
	struct err *reterr;
};

/** kubeconfig_error() - "file:line: reason", the line being @node's; -EINVAL. */
int kubeconfig_error(const struct kubeconfig_reader *reader, const struct yaml_node_s *node,
		     const char *format, ...) __attribute__((format(printf, 3, 4)));
/** kubeconfig_scalar() - A scalar's text. */
const char *kubeconfig_scalar(const struct yaml_node_s *node);
bool kubeconfig_is_null(const struct yaml_node_s *node);

/* All: 0, or negative errno with the reader's error set. @path is what stands before @key, for errors. */

/** kubeconfig_find() - The value of @key in @map; NULL if it is not there or null. */
int kubeconfig_find(const struct kubeconfig_reader *reader, const struct yaml_node_s *map, const char *key,
		    struct yaml_node_s **ret);
/** kubeconfig_read_string() - A copy; @ret stays as it is if there is none, or an empty one. */
int kubeconfig_read_string(const struct kubeconfig_reader *reader, const struct yaml_node_s *map,
			   const char *path, const char *key, char **ret);
int kubeconfig_read_bool(const struct kubeconfig_reader *reader, const struct yaml_node_s *map,
			 const char *path, const char *key, bool *ret);

#endif
