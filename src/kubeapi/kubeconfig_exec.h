/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kubeconfig_exec.h - the part of a kubeconfig that is about exec plugins
 *
 * Room:     kubeapi. Pure; nothing is run here.
 * Rule:     as client-go's ExecConfig: client.authentication.k8s.io/v1 and v1beta1; interactiveMode must
 *           be given for v1. A daemon has no terminal: interactiveMode Always cannot be served.
 * Limits:   KUBECONFIG_EXEC_LIST_MAX arguments and variables; a cluster's extension of
 *           KUBECONFIG_EXEC_NODES_MAX values, aliases followed.
 */
#ifndef KUBEAPI_KUBECONFIG_EXEC_H
#define KUBEAPI_KUBECONFIG_EXEC_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define KUBECONFIG_EXEC_LIST_MAX  256
#define KUBECONFIG_EXEC_NODES_MAX 4096
#define KUBECONFIG_EXEC_DEPTH_MAX 32

struct kubeconfig_reader;
struct kubeconfig_user;
struct yaml_node_s;

/** struct kubeconfig_exec_env - NAME=VALUE; the value may be "". */
struct kubeconfig_exec_env {
	char *name;
	char *value;
};

/**
 * struct kubeconfig_exec - users[].user.exec. Strings are NULL if not given or empty.
 * @line:	where it stands in its user's file
 * @args:	@n_args strings, NULL behind them; NULL if there are none
 */
struct kubeconfig_exec {
	unsigned int line;
	char *api_version;
	char *command;
	char *install_hint;
	char *interactive_mode;
	bool provide_cluster_info;
	size_t n_args;
	char **args;
	size_t n_env;
	struct kubeconfig_exec_env *env;
};

/** kubeconfig_exec_read() - "exec" in a user's @map; @ret stays NULL if there is none. */
int kubeconfig_exec_read(const struct kubeconfig_reader *reader, const struct yaml_node_s *map,
			 const char *path, struct kubeconfig_exec **ret);
/** kubeconfig_exec_read_config() - A cluster's extension for plugins, as JSON; @ret stays NULL if there is none. */
int kubeconfig_exec_read_config(const struct kubeconfig_reader *reader, const struct yaml_node_s *map,
				const char *path, char **ret);
/**
 * kubeconfig_exec_check() - Whether a user's plugin can be run, and is all that the user has
 *
 * Return: 0; -EINVAL; -EOPNOTSUPP if it needs what a daemon hasn't.
 */
int kubeconfig_exec_check(const struct kubeconfig_user *user, struct err *reterr)
	__attribute__((warn_unused_result));
/** kubeconfig_exec_free() - Secrets that may be in the environment are overwritten before. */
struct kubeconfig_exec *kubeconfig_exec_free(struct kubeconfig_exec *exec);

#endif
