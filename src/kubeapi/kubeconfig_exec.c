/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "kubeapi/kubeconfig_exec.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "decode/field.h"
#include "kubeapi/exec_credential.h"
#include "kubeapi/secret.h"

#define EXTENSION "client.authentication.k8s.io/exec"

static char **kubeconfig_exec_read_argv(const struct field *exec)
{
	struct field command = field_member(exec, "command"), args = field_member(exec, "args");
	size_t n = field_array(&args, KUBECONFIG_EXEC_LIST_MAX), i;
	char **argv = alloc_zeroed(n + 2, sizeof(*argv));

	argv[0] = alloc_string(field_string(&command));
	for (i = 0; i < n; i++) {
		struct field arg = field_element(&args, i);

		if (!field_given(&arg))
			field_fail(&arg, -EINVAL, "expected a string");
		argv[i + 1] = alloc_string(field_string(&arg));
	}
	return argv;
}

static char *kubeconfig_exec_read_variable(const struct field *item)
{
	struct field name = field_member(item, "name"), value = field_member(item, "value");
	const char *name_text = field_string(&name), *value_text = field_string(&value);
	size_t size = strlen(name_text) + strlen(value_text) + 2;
	char *variable = alloc_bytes(size);

	field_object(item);
	if (!*name_text)
		field_fail(&name, -EINVAL, "missing");
	if (strchr(name_text, '='))
		field_fail(&name, -EINVAL, "contains a =");
	(void)snprintf(variable, size, "%s=%s", name_text, value_text);
	return variable;
}

static void kubeconfig_exec_read_env(const struct field *field, struct kubeconfig_exec *exec)
{
	struct field env = field_member(field, "env");
	size_t i;

	exec->n_env = field_array(&env, KUBECONFIG_EXEC_LIST_MAX);
	exec->env = alloc_zeroed(exec->n_env + 1, sizeof(*exec->env));
	for (i = 0; i < exec->n_env; i++) {
		struct field item = field_element(&env, i);

		exec->env[i] = kubeconfig_exec_read_variable(&item);
	}
}

struct kubeconfig_exec *kubeconfig_exec_read(const struct field *user)
{
	struct field field = field_member(user, "exec");
	struct field provide_cluster_info = field_member(&field, "provideClusterInfo");
	struct kubeconfig_exec *exec;

	field_object(&field);
	if (!field_given(&field))
		return NULL;
	exec = alloc_zeroed(1, sizeof(*exec));
	exec->line = (unsigned int)field_line(&field);
	exec->api_version = field_member_string(&field, "apiVersion");
	exec->argv = kubeconfig_exec_read_argv(&field);
	exec->install_hint = field_member_string(&field, "installHint");
	exec->interactive_mode = field_member_string(&field, "interactiveMode");
	exec->provide_cluster_info = field_bool(&provide_cluster_info, false);
	kubeconfig_exec_read_env(&field, exec);
	return exec;
}

/* The extension may have secrets, too. */
static char *kubeconfig_exec_print(const struct field *extension)
{
	struct secret_json json_memory;
	struct field bad = *extension;
	char *text, *copy = NULL;
	const char *reason;
	json_t *json;

	secret_json_begin(&json_memory);
	json = yaml_value_json(&extension->yaml, KUBECONFIG_EXEC_NODES_MAX, KUBECONFIG_EXEC_DEPTH_MAX,
			       &bad.yaml, &reason);
	if (json) {
		text = json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY);
		if (!text)
			alloc_failed();
		copy = alloc_string(text);
		secret_json_free(text);
		json_decref(json);
	} else {
		field_fail(&bad, -EINVAL, "%s", reason);
	}
	secret_json_end(&json_memory);
	return copy;
}

char *kubeconfig_exec_read_config(const struct field *cluster)
{
	struct field extensions = field_member(cluster, "extensions");
	size_t n = field_array(&extensions, KUBECONFIG_EXEC_LIST_MAX), i;
	char *config = NULL;

	for (i = 0; i < n; i++) {
		struct field item = field_element(&extensions, i);
		struct field name = field_member(&item, "name"), extension = field_member(&item, "extension");

		field_object(&item);
		if (strcmp(field_string(&name), EXTENSION) != 0 || !field_given(&extension))
			continue;
		if (config)
			field_fail(&name, -EINVAL, "%s is given twice", EXTENSION);
		else
			config = kubeconfig_exec_print(&extension);
	}
	return config;
}

static int kubeconfig_exec_check_mode(const struct kubeconfig_exec *exec, struct err *reterr)
{
	const char *mode = exec->interactive_mode;

	if (!mode && strcmp(exec->api_version, EXEC_CREDENTIAL_V1) != 0)
		return 0;
	if (!mode)
		return err_set(reterr, -EINVAL, "exec.interactiveMode: missing");
	if (strcmp(mode, "Never") == 0 || strcmp(mode, "IfAvailable") == 0)
		return 0;
	if (strcmp(mode, "Always") == 0)
		return err_set(reterr, -EOPNOTSUPP,
			       "exec.interactiveMode: Always: needs a terminal, and a daemon has none");
	return err_set(reterr, -EINVAL, "exec.interactiveMode: neither Never, IfAvailable nor Always");
}

int kubeconfig_exec_check(const struct kubeconfig_exec *exec, struct err *reterr)
{
	if (!exec->api_version)
		return err_set(reterr, -EINVAL, "exec.apiVersion: missing");
	if (strcmp(exec->api_version, EXEC_CREDENTIAL_V1) != 0 &&
	    strcmp(exec->api_version, EXEC_CREDENTIAL_V1BETA1) != 0)
		return err_set(reterr, -EOPNOTSUPP, "exec.apiVersion: neither %s nor %s", EXEC_CREDENTIAL_V1,
			       EXEC_CREDENTIAL_V1BETA1);
	if (!*exec->argv[0])
		return err_set(reterr, -EINVAL, "exec.command: missing");
	return kubeconfig_exec_check_mode(exec, reterr);
}

struct kubeconfig_exec *kubeconfig_exec_free(struct kubeconfig_exec *exec)
{
	if (!exec)
		return NULL;
	free(exec->api_version);
	secret_wipe_list(exec->argv);
	secret_wipe_list(exec->env);
	free(exec->install_hint);
	free(exec->interactive_mode);
	free(exec);
	return NULL;
}
