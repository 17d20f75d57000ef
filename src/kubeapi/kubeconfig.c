/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "kubeapi/kubeconfig.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <yaml.h>

#include "base/alloc.h"
#include "decode/base64.h"
#include "kubeapi/kubeconfig_exec.h"
#include "kubeapi/kubeconfig_internal.h"

int kubeconfig_error(const struct kubeconfig_reader *reader, const yaml_node_t *node, const char *format, ...)
{
	char reason[256];
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(reason, sizeof(reason), format, ap);
	va_end(ap);
	return err_set(reader->reterr, -EINVAL, "%s:%zu: %s", reader->file, node->start_mark.line + 1,
		       reason);
}

const char *kubeconfig_scalar(const yaml_node_t *node)
{
	return (const char *)node->data.scalar.value;
}

bool kubeconfig_is_null(const yaml_node_t *node)
{
	const char *text;

	if (node->type != YAML_SCALAR_NODE || node->data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
		return false;
	text = kubeconfig_scalar(node);
	return !*text || strcmp(text, "~") == 0 || strcmp(text, "null") == 0;
}

int kubeconfig_find(const struct kubeconfig_reader *reader, const yaml_node_t *map, const char *key,
		    yaml_node_t **ret)
{
	yaml_node_pair_t *pair;

	*ret = NULL;
	for (pair = map->data.mapping.pairs.start; pair < map->data.mapping.pairs.top; pair++) {
		yaml_node_t *name = yaml_document_get_node(reader->document, pair->key);

		if (name->type != YAML_SCALAR_NODE || strcmp(kubeconfig_scalar(name), key) != 0)
			continue;
		if (*ret)
			return kubeconfig_error(reader, name, "%s: given twice", key);
		*ret = yaml_document_get_node(reader->document, pair->value);
	}
	if (*ret && kubeconfig_is_null(*ret))
		*ret = NULL;
	return 0;
}

int kubeconfig_read_string(const struct kubeconfig_reader *reader, const yaml_node_t *map, const char *path,
			   const char *key, char **ret)
{
	yaml_node_t *node;
	int r;

	r = kubeconfig_find(reader, map, key, &node);
	if (r < 0 || !node)
		return r;
	if (node->type != YAML_SCALAR_NODE)
		return kubeconfig_error(reader, node, "%s%s: not a string", path, key);
	if (strlen(kubeconfig_scalar(node)) != node->data.scalar.length)
		return kubeconfig_error(reader, node, "%s%s: holds a NUL byte", path, key);
	if (node->data.scalar.length)
		*ret = alloc_string(kubeconfig_scalar(node));
	return 0;
}

static int kubeconfig_read_data(const struct kubeconfig_reader *reader, const yaml_node_t *map,
				const char *path, const char *key, struct secret_bytes *ret)
{
	yaml_node_t *node;
	int r;

	r = kubeconfig_find(reader, map, key, &node);
	if (r < 0 || !node)
		return r;
	if (node->type != YAML_SCALAR_NODE)
		return kubeconfig_error(reader, node, "%s%s: not a string", path, key);
	if (!node->data.scalar.length)
		return 0;
	if (base64_decode(kubeconfig_scalar(node), node->data.scalar.length, &ret->data, &ret->size) < 0)
		return kubeconfig_error(reader, node, "%s%s: not base64", path, key);
	return 0;
}

int kubeconfig_read_bool(const struct kubeconfig_reader *reader, const yaml_node_t *map, const char *path,
			 const char *key, bool *ret)
{
	const char *text;
	yaml_node_t *node;
	int r;

	r = kubeconfig_find(reader, map, key, &node);
	if (r < 0 || !node)
		return r;
	text = node->type == YAML_SCALAR_NODE ? kubeconfig_scalar(node) : "";
	if (strcmp(text, "true") != 0 && strcmp(text, "false") != 0)
		return kubeconfig_error(reader, node, "%s%s: neither true nor false", path, key);
	*ret = strcmp(text, "true") == 0;
	return 0;
}

static int kubeconfig_read_cluster(const struct kubeconfig_reader *reader, const yaml_node_t *map,
				   const char *path, void *entry)
{
	struct kubeconfig_cluster *cluster = entry;
	int r;

	r = kubeconfig_read_string(reader, map, path, "server", &cluster->server);
	if (r == 0)
		r = kubeconfig_read_string(reader, map, path, "tls-server-name", &cluster->tls_server_name);
	if (r == 0)
		r = kubeconfig_read_string(reader, map, path, "certificate-authority",
					   &cluster->certificate_authority);
	if (r == 0)
		r = kubeconfig_read_data(reader, map, path, "certificate-authority-data",
					 &cluster->certificate_authority_data);
	if (r == 0)
		r = kubeconfig_read_string(reader, map, path, "proxy-url", &cluster->proxy_url);
	if (r == 0)
		r = kubeconfig_read_bool(reader, map, path, "insecure-skip-tls-verify",
					 &cluster->insecure_skip_tls_verify);
	if (r == 0)
		r = kubeconfig_read_bool(reader, map, path, "disable-compression",
					 &cluster->disable_compression);
	if (r == 0)
		r = kubeconfig_exec_read_config(reader, map, path, &cluster->exec_config);
	return r;
}

static int kubeconfig_read_unsupported(const struct kubeconfig_reader *reader, const yaml_node_t *map,
				       struct kubeconfig_user *user)
{
	static const char *const fields[] = { "auth-provider", "as", "as-uid", "as-groups", "as-user-extra" };
	yaml_node_t *node;
	size_t i;
	int r;

	for (i = 0; i < ARRAY_SIZE(fields); i++) {
		r = kubeconfig_find(reader, map, fields[i], &node);
		if (r < 0)
			return r;
		if (node && !user->unsupported)
			user->unsupported = alloc_string(fields[i]);
	}
	return 0;
}

static int kubeconfig_read_user(const struct kubeconfig_reader *reader, const yaml_node_t *map,
				const char *path, void *entry)
{
	struct kubeconfig_user *user = entry;
	const struct {
		const char *key;
		char **value;
	} strings[] = {
		{ "client-certificate", &user->client_certificate },
		{ "client-key", &user->client_key },
		{ "token", &user->token },
		{ "tokenFile", &user->token_file },
		{ "username", &user->username },
		{ "password", &user->password },
	};
	size_t i;
	int r = 0;

	for (i = 0; i < ARRAY_SIZE(strings) && r == 0; i++)
		r = kubeconfig_read_string(reader, map, path, strings[i].key, strings[i].value);
	if (r == 0)
		r = kubeconfig_read_data(reader, map, path, "client-certificate-data",
					 &user->client_certificate_data);
	if (r == 0)
		r = kubeconfig_read_data(reader, map, path, "client-key-data", &user->client_key_data);
	if (r == 0)
		r = kubeconfig_exec_read(reader, map, path, &user->exec);
	if (r == 0)
		r = kubeconfig_read_unsupported(reader, map, user);
	return r;
}

static int kubeconfig_read_context(const struct kubeconfig_reader *reader, const yaml_node_t *map,
				   const char *path, void *entry)
{
	struct kubeconfig_context *context = entry;
	int r;

	r = kubeconfig_read_string(reader, map, path, "cluster", &context->cluster);
	if (r == 0)
		r = kubeconfig_read_string(reader, map, path, "user", &context->user);
	return r;
}

/** struct kubeconfig_head - How every entry of a list begins: the three structs agree in it. */
struct kubeconfig_head {
	char *name;
	char *file;
	unsigned int line;
};

/** struct kubeconfig_list - One of the three lists. */
struct kubeconfig_list {
	const char *key;   /* of the list */
	const char *value; /* of an entry's content */
	size_t entry_size;
	int (*read)(const struct kubeconfig_reader *reader, const yaml_node_t *map, const char *path,
		    void *entry);
	void (*done)(void *entry);
};

static struct kubeconfig_head *kubeconfig_entry(void *entries, const struct kubeconfig_list *list, size_t i)
{
	return (struct kubeconfig_head *)(void *)((char *)entries + i * list->entry_size);
}

static struct kubeconfig_head *kubeconfig_find_entry(void *entries, size_t n_entries,
						     const struct kubeconfig_list *list, const char *name)
{
	size_t i;

	for (i = 0; i < n_entries; i++) {
		struct kubeconfig_head *entry = kubeconfig_entry(entries, list, i);

		if (entry->name && strcmp(entry->name, name) == 0)
			return entry;
	}
	return NULL;
}

static int kubeconfig_read_entry(const struct kubeconfig_reader *reader, const yaml_node_t *item,
				 const struct kubeconfig_list *list, size_t i, struct kubeconfig_head *entry)
{
	char path[64];
	yaml_node_t *map;
	int r;

	(void)snprintf(path, sizeof(path), "%s[%zu].", list->key, i);
	entry->file = alloc_string(reader->file);
	entry->line = (unsigned int)item->start_mark.line + 1;
	if (item->type != YAML_MAPPING_NODE)
		return kubeconfig_error(reader, item, "%s[%zu]: not a mapping", list->key, i);
	r = kubeconfig_read_string(reader, item, path, "name", &entry->name);
	if (r < 0)
		return r;
	if (!entry->name)
		return kubeconfig_error(reader, item, "%sname: missing", path);
	r = kubeconfig_find(reader, item, list->value, &map);
	if (r < 0 || !map)
		return r;
	(void)snprintf(path, sizeof(path), "%s[%zu].%s.", list->key, i, list->value);
	if (map->type != YAML_MAPPING_NODE)
		return kubeconfig_error(reader, map, "%s[%zu].%s: not a mapping", list->key, i, list->value);
	return list->read(reader, map, path, entry);
}

static int kubeconfig_read_list(const struct kubeconfig_reader *reader, const struct kubeconfig_list *list,
				void **ret_entries, size_t *ret_n)
{
	yaml_node_t *root = yaml_document_get_root_node(reader->document), *sequence;
	size_t n, i;
	int r;

	r = kubeconfig_find(reader, root, list->key, &sequence);
	if (r < 0 || !sequence)
		return r;
	if (sequence->type != YAML_SEQUENCE_NODE)
		return kubeconfig_error(reader, sequence, "%s: not a list", list->key);
	n = (size_t)(sequence->data.sequence.items.top - sequence->data.sequence.items.start);
	if (n > KUBECONFIG_ENTRIES_MAX)
		return kubeconfig_error(reader, sequence, "%s: more than %d entries", list->key,
					KUBECONFIG_ENTRIES_MAX);
	if (n)
		*ret_entries = alloc_zeroed(n, list->entry_size);
	for (i = 0; i < n; i++) {
		yaml_node_t *item =
			yaml_document_get_node(reader->document, sequence->data.sequence.items.start[i]);
		struct kubeconfig_head *entry = kubeconfig_entry(*ret_entries, list, i);

		*ret_n = i + 1; /* what is half read is freed, too */
		r = kubeconfig_read_entry(reader, item, list, i, entry);
		if (r < 0)
			return r;
		if (kubeconfig_find_entry(*ret_entries, i, list, entry->name))
			return kubeconfig_error(reader, item, "%s[%zu].name: %s is there already", list->key,
						i, entry->name);
	}
	return 0;
}

static void kubeconfig_done_cluster(void *entry)
{
	struct kubeconfig_cluster *cluster = entry;

	free(cluster->name);
	free(cluster->file);
	free(cluster->server);
	free(cluster->tls_server_name);
	free(cluster->certificate_authority);
	secret_wipe_bytes(&cluster->certificate_authority_data);
	secret_wipe(&cluster->proxy_url);   /* it may hold a password */
	secret_wipe(&cluster->exec_config); /* who knows */
}

static void kubeconfig_done_user(void *entry)
{
	struct kubeconfig_user *user = entry;

	free(user->name);
	free(user->file);
	free(user->client_certificate);
	secret_wipe_bytes(&user->client_certificate_data);
	free(user->client_key);
	secret_wipe_bytes(&user->client_key_data);
	secret_wipe(&user->token);
	free(user->token_file);
	free(user->username);
	secret_wipe(&user->password);
	kubeconfig_exec_free(user->exec);
	free(user->unsupported);
}

static void kubeconfig_done_context(void *entry)
{
	struct kubeconfig_context *context = entry;

	free(context->name);
	free(context->file);
	free(context->cluster);
	free(context->user);
}

static const struct kubeconfig_list kubeconfig_clusters = {
	"clusters",
	"cluster",
	sizeof(struct kubeconfig_cluster),
	kubeconfig_read_cluster,
	kubeconfig_done_cluster,
};
static const struct kubeconfig_list kubeconfig_users = {
	"users", "user", sizeof(struct kubeconfig_user), kubeconfig_read_user, kubeconfig_done_user,
};
static const struct kubeconfig_list kubeconfig_contexts = {
	"contexts",
	"context",
	sizeof(struct kubeconfig_context),
	kubeconfig_read_context,
	kubeconfig_done_context,
};

struct kubeconfig *kubeconfig_free(struct kubeconfig *config)
{
	size_t i;

	if (!config)
		return NULL;
	for (i = 0; i < config->n_clusters; i++)
		kubeconfig_done_cluster(&config->clusters[i]);
	for (i = 0; i < config->n_users; i++)
		kubeconfig_done_user(&config->users[i]);
	for (i = 0; i < config->n_contexts; i++)
		kubeconfig_done_context(&config->contexts[i]);
	free(config->clusters);
	free(config->users);
	free(config->contexts);
	free(config->current_context);
	free(config->file);
	free(config);
	return NULL;
}

static int kubeconfig_read_header(const struct kubeconfig_reader *reader, const yaml_node_t *root)
{
	static const char *const expected[][2] = { { "kind", "Config" }, { "apiVersion", "v1" } };
	size_t i;
	int r;

	for (i = 0; i < ARRAY_SIZE(expected); i++) {
		_cleanup_free_ char *value = NULL;

		r = kubeconfig_read_string(reader, root, "", expected[i][0], &value);
		if (r < 0)
			return r;
		/* kubectl takes files without them, and so do people. */
		if (value && strcmp(value, expected[i][1]) != 0)
			return kubeconfig_error(reader, root, "%s: not %s: this is no kubeconfig",
						expected[i][0], expected[i][1]);
	}
	return 0;
}

static int kubeconfig_read(const struct kubeconfig_reader *reader, struct kubeconfig *config)
{
	yaml_node_t *root = yaml_document_get_root_node(reader->document);
	void *clusters = NULL, *users = NULL, *contexts = NULL;
	int r;

	if (!root)
		return err_set(reader->reterr, -EINVAL, "%s: empty", reader->file);
	if (root->type != YAML_MAPPING_NODE)
		return kubeconfig_error(reader, root, "not a mapping: this is no kubeconfig");
	r = kubeconfig_read_header(reader, root);
	if (r == 0)
		r = kubeconfig_read_string(reader, root, "", "current-context", &config->current_context);
	if (r == 0)
		r = kubeconfig_read_list(reader, &kubeconfig_clusters, &clusters, &config->n_clusters);
	config->clusters = clusters;
	if (r == 0)
		r = kubeconfig_read_list(reader, &kubeconfig_users, &users, &config->n_users);
	config->users = users;
	if (r == 0)
		r = kubeconfig_read_list(reader, &kubeconfig_contexts, &contexts, &config->n_contexts);
	config->contexts = contexts;
	return r;
}

int kubeconfig_parse(const char *file, const char *bytes, size_t size, struct kubeconfig **ret,
		     struct err *reterr)
{
	_cleanup_(kubeconfig_freep) struct kubeconfig *config = NULL;
	struct kubeconfig_reader reader = { .file = file, .reterr = reterr };
	yaml_document_t document;
	yaml_parser_t parser;
	int r;

	if (size > KUBECONFIG_SIZE_MAX)
		return err_set(reterr, -E2BIG, "%s: larger than %u bytes", file, KUBECONFIG_SIZE_MAX);
	if (!yaml_parser_initialize(&parser))
		alloc_failed();
	yaml_parser_set_input_string(&parser, (const unsigned char *)bytes, size);
	if (!yaml_parser_load(&parser, &document)) {
		if (parser.error == YAML_MEMORY_ERROR)
			alloc_failed();
		r = err_set(reterr, -EBADMSG, "%s:%zu: %s", file, parser.problem_mark.line + 1,
			    parser.problem ? parser.problem : "no YAML");
		yaml_parser_delete(&parser);
		return r;
	}
	config = alloc_zeroed(1, sizeof(*config));
	config->file = alloc_string(file);
	reader.document = &document;
	r = kubeconfig_read(&reader, config);
	yaml_document_delete(&document);
	yaml_parser_delete(&parser);
	if (r == 0)
		*ret = TAKE_PTR(config);
	return r;
}

static void kubeconfig_merge_list(void **into, size_t *n_into, void *from, size_t n_from,
				  const struct kubeconfig_list *list)
{
	size_t i;

	if (!n_from)
		return;
	*into = alloc_resized(*into, *n_into + n_from, list->entry_size);
	for (i = 0; i < n_from; i++) {
		struct kubeconfig_head *entry = kubeconfig_entry(from, list, i);

		if (kubeconfig_find_entry(*into, *n_into, list, entry->name)) {
			list->done(entry);
			continue;
		}
		memcpy(kubeconfig_entry(*into, list, *n_into), entry, list->entry_size);
		(*n_into)++;
	}
}

void kubeconfig_merge(struct kubeconfig *into, struct kubeconfig *from)
{
	void *clusters = into->clusters, *users = into->users, *contexts = into->contexts;

	kubeconfig_merge_list(&clusters, &into->n_clusters, from->clusters, from->n_clusters,
			      &kubeconfig_clusters);
	kubeconfig_merge_list(&users, &into->n_users, from->users, from->n_users, &kubeconfig_users);
	kubeconfig_merge_list(&contexts, &into->n_contexts, from->contexts, from->n_contexts,
			      &kubeconfig_contexts);
	into->clusters = clusters;
	into->users = users;
	into->contexts = contexts;
	if (!into->current_context)
		into->current_context = TAKE_PTR(from->current_context);
	/* The entries were moved or freed above. */
	from->n_clusters = from->n_users = from->n_contexts = 0;
	kubeconfig_free(from);
}

static int kubeconfig_check_cluster(const struct kubeconfig_cluster *cluster, struct err *reterr)
{
	if (!cluster->server)
		return err_set(reterr, -EINVAL, "%s:%u: cluster %s: server: missing", cluster->file,
			       cluster->line, cluster->name);
	if (cluster->insecure_skip_tls_verify &&
	    (cluster->certificate_authority || cluster->certificate_authority_data.data))
		return err_set(
			reterr, -EINVAL,
			"%s:%u: cluster %s: insecure-skip-tls-verify: contradicts certificate-authority",
			cluster->file, cluster->line, cluster->name);
	return 0;
}

static int kubeconfig_check_user(const struct kubeconfig_user *user, struct err *reterr)
{
	bool certificate = user->client_certificate || user->client_certificate_data.data;
	bool key = user->client_key || user->client_key_data.data;

	if (user->unsupported)
		return err_set(reterr, -EOPNOTSUPP, "%s:%u: user %s: %s: not supported", user->file,
			       user->line, user->name, user->unsupported);
	if (certificate != key)
		return err_set(reterr, -EINVAL, "%s:%u: user %s: %s: missing", user->file, user->line,
			       user->name, certificate ? "client-key" : "client-certificate");
	if ((user->token || user->token_file) && (user->username || user->password))
		return err_set(reterr, -EINVAL, "%s:%u: user %s: token: contradicts username and password",
			       user->file, user->line, user->name);
	return user->exec ? kubeconfig_exec_check(user, reterr) : 0;
}

/* A file without contexts that leaves no choice. */
static int kubeconfig_guess(const struct kubeconfig *config, const struct kubeconfig_cluster **ret_cluster,
			    const struct kubeconfig_user **ret_user, struct err *reterr)
{
	if (config->n_contexts || config->n_clusters != 1 || config->n_users > 1)
		return err_set(reterr, -ENOENT, "%s: current-context: missing", config->file);
	*ret_cluster = &config->clusters[0];
	*ret_user = config->n_users ? &config->users[0] : NULL;
	return 0;
}

static int kubeconfig_follow(const struct kubeconfig *config, const char *name,
			     const struct kubeconfig_cluster **ret_cluster,
			     const struct kubeconfig_user **ret_user, struct err *reterr)
{
	const struct kubeconfig_context *context;

	context = (const void *)kubeconfig_find_entry(config->contexts, config->n_contexts,
						      &kubeconfig_contexts, name);
	if (!context)
		return err_set(reterr, -ENOENT, "%s: context %s: not in the kubeconfig", config->file, name);
	if (!context->cluster)
		return err_set(reterr, -EINVAL, "%s:%u: context %s: cluster: missing", context->file,
			       context->line, name);
	*ret_cluster = (const void *)kubeconfig_find_entry(config->clusters, config->n_clusters,
							   &kubeconfig_clusters, context->cluster);
	if (!*ret_cluster)
		return err_set(reterr, -ENOENT, "%s:%u: context %s: cluster %s: not in the kubeconfig",
			       context->file, context->line, name, context->cluster);
	*ret_user = NULL;
	if (!context->user)
		return 0;
	*ret_user = (const void *)kubeconfig_find_entry(config->users, config->n_users, &kubeconfig_users,
							context->user);
	if (!*ret_user)
		return err_set(reterr, -ENOENT, "%s:%u: context %s: user %s: not in the kubeconfig",
			       context->file, context->line, name, context->user);
	return 0;
}

int kubeconfig_resolve(const struct kubeconfig *config, const char *context,
		       const struct kubeconfig_cluster **ret_cluster, const struct kubeconfig_user **ret_user,
		       struct err *reterr)
{
	const struct kubeconfig_cluster *cluster = NULL;
	const struct kubeconfig_user *user = NULL;
	int r;

	if (!context || !*context)
		context = config->current_context;
	if (context && *context)
		r = kubeconfig_follow(config, context, &cluster, &user, reterr);
	else
		r = kubeconfig_guess(config, &cluster, &user, reterr);
	if (r == 0)
		r = kubeconfig_check_cluster(cluster, reterr);
	if (r == 0 && user)
		r = kubeconfig_check_user(user, reterr);
	if (r < 0)
		return r;
	*ret_cluster = cluster;
	*ret_user = user;
	return 0;
}
