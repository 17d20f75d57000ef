/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kubeconfig_exec.h - the part of a kubeconfig that is about exec plugins
 *
 * Room:     kubeapi. Pure; nothing is run here.
 * Rule:     as client-go's ExecConfig: client.authentication.k8s.io/v1 and v1beta1; v1 needs interactiveMode.
 *           A daemon has no terminal, so it cannot serve interactiveMode Always.
 * Errors:   as kubeconfig.h.
 * Limits:   KUBECONFIG_EXEC_LIST_MAX arguments and variables; a cluster's extension of
 *           KUBECONFIG_EXEC_NODES_MAX values, with those that aliases repeat.
 */
#ifndef KUBEAPI_KUBECONFIG_EXEC_H
#define KUBEAPI_KUBECONFIG_EXEC_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define KUBECONFIG_EXEC_LIST_MAX  256
#define KUBECONFIG_EXEC_NODES_MAX 4096
#define KUBECONFIG_EXEC_DEPTH_MAX 32

struct field;

/**
 * struct kubeconfig_exec - users[].user.exec. Strings are NULL if not given or empty.
 * @line:	where it is in the user's file
 * @argv:	the command, "" if not given, and its arguments; NULL at the end
 * @env:	"NAME=VALUE", @n_env of them; NULL at the end, or NULL if there are none
 */
struct kubeconfig_exec {
	unsigned int line;
	char *api_version;
	char **argv;
	size_t n_env;
	char **env;
	char *install_hint;
	char *interactive_mode;
	bool provide_cluster_info;
};

/** kubeconfig_exec_read() - "exec" of the object @user; NULL if there is none. */
struct kubeconfig_exec *kubeconfig_exec_read(const struct field *user);
/** kubeconfig_exec_read_config() - The extension of the object @cluster for plugins, as JSON; NULL if there is none. */
char *kubeconfig_exec_read_config(const struct field *cluster);
/**
 * kubeconfig_exec_check() - Whether the plugin can be run
 *
 * Return: 0; -EINVAL; -EOPNOTSUPP if it needs something that a daemon does not have. @reterr: "exec.field: reason"
 */
int kubeconfig_exec_check(const struct kubeconfig_exec *exec, struct err *reterr)
	__attribute__((warn_unused_result));
/** kubeconfig_exec_free() - Arguments and variables, which may be secrets, are overwritten before. */
struct kubeconfig_exec *kubeconfig_exec_free(struct kubeconfig_exec *exec);

#endif
