/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "kubeapi/kubeconfig_exec.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "decode/yaml_scalar.h"
#include "kubeapi/exec_credential.h"
#include "kubeapi/kubeconfig.h"
#include "kubeapi/kubeconfig_internal.h"

#define EXTENSION "client.authentication.k8s.io/exec"

/* A string that may be empty, but not missing. */
static int kubeconfig_exec_text(const struct kubeconfig_reader *reader, const yaml_node_t *node,
				const char *path, char **ret)
{
	if (kubeconfig_is_null(node) || node->type != YAML_SCALAR_NODE)
		return kubeconfig_error(reader, node, "%s: not a string", path);
	if (strlen(kubeconfig_scalar(node)) != node->data.scalar.length)
		return kubeconfig_error(reader, node, "%s: holds a NUL byte", path);
	*ret = alloc_string(kubeconfig_scalar(node));
	return 0;
}

/* The items of the list @key in @map, of which there may be none. */
static int kubeconfig_exec_list(const struct kubeconfig_reader *reader, const yaml_node_t *map,
				const char *path, const char *key, yaml_node_item_t **ret_items,
				size_t *ret_n)
{
	yaml_node_t *list;
	int r;

	*ret_n = 0;
	r = kubeconfig_find(reader, map, key, &list);
	if (r < 0 || !list)
		return r;
	if (list->type != YAML_SEQUENCE_NODE)
		return kubeconfig_error(reader, list, "%s%s: not a list", path, key);
	*ret_items = list->data.sequence.items.start;
	*ret_n = (size_t)(list->data.sequence.items.top - list->data.sequence.items.start);
	if (*ret_n > KUBECONFIG_EXEC_LIST_MAX)
		return kubeconfig_error(reader, list, "%s%s: more than %d entries", path, key,
					KUBECONFIG_EXEC_LIST_MAX);
	return 0;
}

static int kubeconfig_exec_read_args(const struct kubeconfig_reader *reader, const yaml_node_t *map,
				     const char *path, struct kubeconfig_exec *exec)
{
	yaml_node_item_t *items;
	char field[160];
	size_t n, i;
	int r;

	r = kubeconfig_exec_list(reader, map, path, "args", &items, &n);
	if (r < 0 || !n)
		return r;
	exec->args = alloc_zeroed(n + 1, sizeof(*exec->args));
	for (i = 0; i < n && r == 0; i++) {
		(void)snprintf(field, sizeof(field), "%sargs[%zu]", path, i);
		exec->n_args = i + 1;
		r = kubeconfig_exec_text(reader, yaml_document_get_node(reader->document, items[i]), field,
					 &exec->args[i]);
	}
	return r;
}

static int kubeconfig_exec_read_variable(const struct kubeconfig_reader *reader, const yaml_node_t *item,
					 const char *path, struct kubeconfig_exec_env *env)
{
	char prefix[176];
	int r;

	if (item->type != YAML_MAPPING_NODE)
		return kubeconfig_error(reader, item, "%s: not a mapping", path);
	(void)snprintf(prefix, sizeof(prefix), "%s.", path);
	r = kubeconfig_read_string(reader, item, prefix, "name", &env->name);
	if (r == 0)
		r = kubeconfig_read_string(reader, item, prefix, "value", &env->value);
	if (r < 0)
		return r;
	if (!env->name)
		return kubeconfig_error(reader, item, "%sname: missing", prefix);
	if (strchr(env->name, '='))
		return kubeconfig_error(reader, item, "%sname: holds a =", prefix);
	if (!env->value)
		env->value = alloc_string("");
	return 0;
}

static int kubeconfig_exec_read_env(const struct kubeconfig_reader *reader, const yaml_node_t *map,
				    const char *path, struct kubeconfig_exec *exec)
{
	yaml_node_item_t *items;
	char field[160];
	size_t n, i;
	int r;

	r = kubeconfig_exec_list(reader, map, path, "env", &items, &n);
	if (r < 0 || !n)
		return r;
	exec->env = alloc_zeroed(n, sizeof(*exec->env));
	for (i = 0; i < n && r == 0; i++) {
		(void)snprintf(field, sizeof(field), "%senv[%zu]", path, i);
		exec->n_env = i + 1;
		r = kubeconfig_exec_read_variable(reader, yaml_document_get_node(reader->document, items[i]),
						  field, &exec->env[i]);
	}
	return r;
}

int kubeconfig_exec_read(const struct kubeconfig_reader *reader, const yaml_node_t *map, const char *path,
			 struct kubeconfig_exec **ret)
{
	struct kubeconfig_exec *exec;
	yaml_node_t *node;
	char prefix[128];
	int r;

	r = kubeconfig_find(reader, map, "exec", &node);
	if (r < 0 || !node)
		return r;
	if (node->type != YAML_MAPPING_NODE)
		return kubeconfig_error(reader, node, "%sexec: not a mapping", path);
	(void)snprintf(prefix, sizeof(prefix), "%sexec.", path);
	exec = alloc_zeroed(1, sizeof(*exec));
	*ret = exec; /* what is half read is freed, too */
	exec->line = (unsigned int)node->start_mark.line + 1;
	r = kubeconfig_read_string(reader, node, prefix, "apiVersion", &exec->api_version);
	if (r == 0)
		r = kubeconfig_read_string(reader, node, prefix, "command", &exec->command);
	if (r == 0)
		r = kubeconfig_read_string(reader, node, prefix, "installHint", &exec->install_hint);
	if (r == 0)
		r = kubeconfig_read_string(reader, node, prefix, "interactiveMode", &exec->interactive_mode);
	if (r == 0)
		r = kubeconfig_read_bool(reader, node, prefix, "provideClusterInfo",
					 &exec->provide_cluster_info);
	if (r == 0)
		r = kubeconfig_exec_read_args(reader, node, prefix, exec);
	if (r == 0)
		r = kubeconfig_exec_read_env(reader, node, prefix, exec);
	return r;
}

/** struct kubeconfig_exec_tree - A YAML tree on its way to JSON. */
struct kubeconfig_exec_tree {
	const struct kubeconfig_reader *reader;
	const char *path;
	size_t n_nodes;
};

static int kubeconfig_exec_value(struct kubeconfig_exec_tree *tree, const yaml_node_t *node,
				 unsigned int depth, json_t **ret);

static int kubeconfig_exec_scalar(struct kubeconfig_exec_tree *tree, const yaml_node_t *node, json_t **ret)
{
	const char *text = kubeconfig_scalar(node), *tag = (const char *)node->tag;
	size_t len = node->data.scalar.length;

	if (strlen(text) != len)
		return kubeconfig_error(tree->reader, node, "%s: holds a NUL byte", tree->path);
	/* libyaml gives this tag to what has none. */
	if (tag && strcmp(tag, YAML_STR_TAG) != 0)
		*ret = yaml_scalar_tagged(tag, text, len);
	else if (node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
		*ret = yaml_scalar_plain(text, len);
	else
		*ret = yaml_scalar_string(text, len);
	return *ret ? 0 : kubeconfig_error(tree->reader, node, "%s: a tag that is not known", tree->path);
}

static int kubeconfig_exec_sequence(struct kubeconfig_exec_tree *tree, const yaml_node_t *node,
				    unsigned int depth, json_t *array)
{
	yaml_node_item_t *item;
	json_t *value;
	int r;

	for (item = node->data.sequence.items.start; item < node->data.sequence.items.top; item++) {
		r = kubeconfig_exec_value(tree, yaml_document_get_node(tree->reader->document, *item),
					  depth + 1, &value);
		if (r < 0)
			return r;
		if (json_array_append_new(array, value) < 0)
			alloc_failed();
	}
	return 0;
}

static int kubeconfig_exec_mapping(struct kubeconfig_exec_tree *tree, const yaml_node_t *node,
				   unsigned int depth, json_t *object)
{
	yaml_document_t *document = tree->reader->document;
	yaml_node_pair_t *pair;
	json_t *value;
	int r;

	for (pair = node->data.mapping.pairs.start; pair < node->data.mapping.pairs.top; pair++) {
		const yaml_node_t *key = yaml_document_get_node(document, pair->key);

		if (key->type != YAML_SCALAR_NODE ||
		    strlen(kubeconfig_scalar(key)) != key->data.scalar.length)
			return kubeconfig_error(tree->reader, key, "%s: a key that is no string", tree->path);
		if (strcmp(kubeconfig_scalar(key), "<<") == 0)
			return kubeconfig_error(tree->reader, key, "%s: has a merge key", tree->path);
		if (json_object_get(object, kubeconfig_scalar(key)))
			return kubeconfig_error(tree->reader, key, "%s: a key is given twice", tree->path);
		r = kubeconfig_exec_value(tree, yaml_document_get_node(document, pair->value), depth + 1,
					  &value);
		if (r < 0)
			return r;
		if (json_object_set_new(object, kubeconfig_scalar(key), value) < 0)
			return kubeconfig_error(tree->reader, key, "%s: not UTF-8", tree->path);
	}
	return 0;
}

static int kubeconfig_exec_value(struct kubeconfig_exec_tree *tree, const yaml_node_t *node,
				 unsigned int depth, json_t **ret)
{
	json_t *value;
	int r;

	/* Aliases make a small text large, or endless. */
	if (++tree->n_nodes > KUBECONFIG_EXEC_NODES_MAX || depth > KUBECONFIG_EXEC_DEPTH_MAX)
		return kubeconfig_error(tree->reader, node, "%s: too large", tree->path);
	if (node->type == YAML_SCALAR_NODE)
		return kubeconfig_exec_scalar(tree, node, ret);
	value = node->type == YAML_SEQUENCE_NODE ? json_array() : json_object();
	if (!value)
		alloc_failed();
	if (node->type == YAML_SEQUENCE_NODE)
		r = kubeconfig_exec_sequence(tree, node, depth, value);
	else
		r = kubeconfig_exec_mapping(tree, node, depth, value);
	if (r < 0)
		json_decref(value);
	else
		*ret = value;
	return r;
}

static int kubeconfig_exec_print(const struct kubeconfig_reader *reader, const yaml_node_t *item,
				 const char *path, char **ret)
{
	struct kubeconfig_exec_tree tree = { .reader = reader, .path = path };
	yaml_node_t *extension;
	char *text;
	json_t *value;
	int r;

	r = kubeconfig_find(reader, item, "extension", &extension);
	if (r < 0 || !extension)
		return r;
	r = kubeconfig_exec_value(&tree, extension, 0, &value);
	if (r < 0)
		return r;
	text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
	json_decref(value);
	if (!text)
		alloc_failed();
	*ret = alloc_string(text);
	free(text);
	return 0;
}

int kubeconfig_exec_read_config(const struct kubeconfig_reader *reader, const yaml_node_t *map,
				const char *path, char **ret)
{
	_cleanup_free_ char *name = NULL;
	yaml_node_item_t *items;
	char field[128];
	size_t n, i;
	int r;

	r = kubeconfig_exec_list(reader, map, path, "extensions", &items, &n);
	for (i = 0; i < n && r == 0; i++) {
		yaml_node_t *item = yaml_document_get_node(reader->document, items[i]);

		(void)snprintf(field, sizeof(field), "%sextensions[%zu].", path, i);
		if (item->type != YAML_MAPPING_NODE)
			return kubeconfig_error(reader, item, "%sextensions[%zu]: not a mapping", path, i);
		free(TAKE_PTR(name));
		r = kubeconfig_read_string(reader, item, field, "name", &name);
		if (r < 0 || !name || strcmp(name, EXTENSION) != 0)
			continue;
		if (*ret)
			return kubeconfig_error(reader, item, "%sname: " EXTENSION " is there already",
						field);
		(void)snprintf(field, sizeof(field), "%sextensions[%zu].extension", path, i);
		r = kubeconfig_exec_print(reader, item, field, ret);
	}
	return r;
}

static int kubeconfig_exec_bad(const struct kubeconfig_user *user, int code, struct err *reterr,
			       const char *field, const char *reason)
{
	return err_set(reterr, code, "%s:%u: user %s: exec%s: %s", user->file, user->exec->line, user->name,
		       field, reason);
}

static int kubeconfig_exec_check_mode(const struct kubeconfig_user *user, struct err *reterr)
{
	const char *mode = user->exec->interactive_mode;

	if (!mode && strcmp(user->exec->api_version, EXEC_CREDENTIAL_V1) != 0)
		return 0;
	if (!mode)
		return kubeconfig_exec_bad(user, -EINVAL, reterr, ".interactiveMode", "missing");
	if (strcmp(mode, "Never") == 0 || strcmp(mode, "IfAvailable") == 0)
		return 0;
	if (strcmp(mode, "Always") == 0)
		return kubeconfig_exec_bad(user, -EOPNOTSUPP, reterr, ".interactiveMode",
					   "Always: needs a terminal, and a daemon has none");
	return kubeconfig_exec_bad(user, -EINVAL, reterr, ".interactiveMode",
				   "neither Never, IfAvailable nor Always");
}

/* Which of several ways to log in counts, nobody could say. */
static const char *kubeconfig_exec_rival(const struct kubeconfig_user *user)
{
	if (user->token || user->token_file)
		return "contradicts token";
	if (user->username || user->password)
		return "contradicts username and password";
	if (user->client_certificate || user->client_certificate_data.data)
		return "contradicts client-certificate";
	return NULL;
}

int kubeconfig_exec_check(const struct kubeconfig_user *user, struct err *reterr)
{
	const struct kubeconfig_exec *exec = user->exec;
	const char *rival = kubeconfig_exec_rival(user);

	if (rival)
		return kubeconfig_exec_bad(user, -EINVAL, reterr, "", rival);
	if (!exec->api_version)
		return kubeconfig_exec_bad(user, -EINVAL, reterr, ".apiVersion", "missing");
	if (strcmp(exec->api_version, EXEC_CREDENTIAL_V1) != 0 &&
	    strcmp(exec->api_version, EXEC_CREDENTIAL_V1BETA1) != 0)
		return kubeconfig_exec_bad(user, -EOPNOTSUPP, reterr, ".apiVersion",
					   "neither " EXEC_CREDENTIAL_V1 " nor " EXEC_CREDENTIAL_V1BETA1);
	if (!exec->command)
		return kubeconfig_exec_bad(user, -EINVAL, reterr, ".command", "missing");
	return kubeconfig_exec_check_mode(user, reterr);
}

struct kubeconfig_exec *kubeconfig_exec_free(struct kubeconfig_exec *exec)
{
	size_t i;

	if (!exec)
		return NULL;
	for (i = 0; i < exec->n_args; i++)
		secret_wipe(&exec->args[i]);
	for (i = 0; i < exec->n_env; i++) {
		secret_wipe(&exec->env[i].value);
		free(exec->env[i].name);
	}
	free(exec->args);
	free(exec->env);
	free(exec->api_version);
	free(exec->command);
	free(exec->install_hint);
	free(exec->interactive_mode);
	free(exec);
	return NULL;
}
