/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "kubeapi/kubeconfig.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "decode/base64.h"
#include "decode/field.h"
#include "kubeapi/kubeconfig_exec.h"

static struct secret_bytes kubeconfig_read_data(const struct field *object, const char *key)
{
	struct field field = field_member(object, key);
	const char *text = field_string(&field);
	struct secret_bytes data = { 0 };

	if (*text && base64_decode(text, strlen(text), &data.data, &data.size) < 0)
		field_fail(&field, -EINVAL, "not base64");
	return data;
}

static bool kubeconfig_read_bool(const struct field *object, const char *key)
{
	struct field field = field_member(object, key);

	return field_bool(&field, false);
}

static void kubeconfig_read_cluster(const struct field *field, struct kubeconfig_entry *entry)
{
	struct kubeconfig_cluster *cluster = (void *)entry;

	cluster->server = field_member_string(field, "server");
	cluster->tls_server_name = field_member_string(field, "tls-server-name");
	cluster->certificate_authority = field_member_string(field, "certificate-authority");
	cluster->certificate_authority_data = kubeconfig_read_data(field, "certificate-authority-data");
	cluster->proxy_url = field_member_string(field, "proxy-url");
	cluster->insecure_skip_tls_verify = kubeconfig_read_bool(field, "insecure-skip-tls-verify");
	cluster->disable_compression = kubeconfig_read_bool(field, "disable-compression");
	cluster->exec_config = kubeconfig_exec_read_config(field);
}

static void kubeconfig_done_cluster(struct kubeconfig_entry *entry)
{
	struct kubeconfig_cluster *cluster = (void *)entry;

	free(cluster->server);
	free(cluster->tls_server_name);
	free(cluster->certificate_authority);
	secret_wipe_bytes(&cluster->certificate_authority_data);
	secret_wipe(&cluster->proxy_url); /* it may contain a password */
	secret_wipe(&cluster->exec_config);
}

/* An empty name or list is none, as for kubectl. */
static bool kubeconfig_is_empty(const struct field *field)
{
	const char *text = field_try_string(field);
	size_t n;

	if (field_given(field) && yaml_value_list_size(&field->yaml, &n))
		return n == 0;
	return text && !*text;
}

static char *kubeconfig_read_unsupported(const struct field *field)
{
	static const char *const keys[] = { "auth-provider", "as", "as-uid", "as-groups", "as-user-extra" };
	const char *unsupported = NULL;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(keys); i++) {
		struct field member = field_member(field, keys[i]);

		if (!kubeconfig_is_empty(&member) && !unsupported)
			unsupported = keys[i];
	}
	return alloc_string(unsupported);
}

static void kubeconfig_read_user(const struct field *field, struct kubeconfig_entry *entry)
{
	struct kubeconfig_user *user = (void *)entry;

	user->client_certificate = field_member_string(field, "client-certificate");
	user->client_certificate_data = kubeconfig_read_data(field, "client-certificate-data");
	user->client_key = field_member_string(field, "client-key");
	user->client_key_data = kubeconfig_read_data(field, "client-key-data");
	user->token = field_member_string(field, "token");
	user->token_file = field_member_string(field, "tokenFile");
	user->username = field_member_string(field, "username");
	user->password = field_member_string(field, "password");
	user->exec = kubeconfig_exec_read(field);
	user->unsupported = kubeconfig_read_unsupported(field);
}

static void kubeconfig_done_user(struct kubeconfig_entry *entry)
{
	struct kubeconfig_user *user = (void *)entry;

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

static void kubeconfig_read_context(const struct field *field, struct kubeconfig_entry *entry)
{
	struct kubeconfig_context *context = (void *)entry;

	context->cluster = field_member_string(field, "cluster");
	context->user = field_member_string(field, "user");
}

static void kubeconfig_done_context(struct kubeconfig_entry *entry)
{
	struct kubeconfig_context *context = (void *)entry;

	free(context->cluster);
	free(context->user);
}

/** struct kubeconfig_list - A list of entries; @name: of an entry, and the key of its content */
struct kubeconfig_list {
	const char *key;
	const char *name;
	size_t entry_size;
	void (*read)(const struct field *field, struct kubeconfig_entry *entry);
	void (*done)(struct kubeconfig_entry *entry);
};

static const struct kubeconfig_list kubeconfig_lists[_KUBECONFIG_KIND_MAX] = {
	[KUBECONFIG_KIND_CLUSTER] = { "clusters", "cluster", sizeof(struct kubeconfig_cluster),
				      kubeconfig_read_cluster, kubeconfig_done_cluster },
	[KUBECONFIG_KIND_USER] = { "users", "user", sizeof(struct kubeconfig_user), kubeconfig_read_user,
				   kubeconfig_done_user },
	[KUBECONFIG_KIND_CONTEXT] = { "contexts", "context", sizeof(struct kubeconfig_context),
				      kubeconfig_read_context, kubeconfig_done_context },
};

static void kubeconfig_free_entry(enum kubeconfig_kind kind, struct kubeconfig_entry *entry)
{
	kubeconfig_lists[kind].done(entry);
	free(entry->name);
	free(entry->file);
	free(entry);
}

/* Append @entry, unless there is one of that name: then it is freed. Returns whether it was appended. */
static bool kubeconfig_append(struct kubeconfig *config, enum kubeconfig_kind kind,
			      struct kubeconfig_entry *entry)
{
	struct kubeconfig_entry **p = &config->entries[kind];

	while (*p && strcmp((*p)->name, entry->name) != 0)
		p = &(*p)->next;
	if (*p) {
		kubeconfig_free_entry(kind, entry);
		return false;
	}
	entry->next = NULL;
	*p = entry;
	return true;
}

static void kubeconfig_read_entry(const struct field *item, enum kubeconfig_kind kind,
				  struct kubeconfig *config)
{
	const struct kubeconfig_list *list = &kubeconfig_lists[kind];
	struct field name = field_member(item, "name"), content = field_member(item, list->name);
	struct kubeconfig_entry *entry = alloc_zeroed(1, list->entry_size);

	field_object(item);
	entry->name = alloc_string(field_string(&name));
	entry->file = alloc_string(config->file);
	entry->line = (unsigned int)field_line(item);
	if (!*entry->name)
		field_fail(&name, -EINVAL, "missing");
	field_object(&content);
	list->read(&content, entry);
	if (!kubeconfig_append(config, kind, entry))
		field_fail_value(&name, field_string(&name), "unique");
}

static void kubeconfig_read_list(const struct field *root, enum kubeconfig_kind kind,
				 struct kubeconfig *config)
{
	struct field list = field_member(root, kubeconfig_lists[kind].key);
	size_t n = field_array(&list, KUBECONFIG_ENTRIES_MAX), i;

	for (i = 0; i < n && !field_failed(root); i++) {
		struct field item = field_element(&list, i);

		kubeconfig_read_entry(&item, kind, config);
	}
}

/* kubectl accepts files without kind and apiVersion. */
static void kubeconfig_check_header(const struct field *root, const char *key, const char *expected)
{
	struct field field = field_member(root, key);
	const char *text = field_string(&field);

	if (*text && strcmp(text, expected) != 0)
		field_fail(&field, -EINVAL, "not %s: this is not a kubeconfig", expected);
}

static void kubeconfig_read(const struct field *root, struct kubeconfig *config)
{
	enum kubeconfig_kind kind;

	field_object(root);
	if (!field_given(root))
		field_fail(root, -EINVAL, "empty");
	kubeconfig_check_header(root, "kind", "Config");
	kubeconfig_check_header(root, "apiVersion", "v1");
	config->current_context = field_member_string(root, "current-context");
	for (kind = 0; kind < _KUBECONFIG_KIND_MAX; kind++)
		kubeconfig_read_list(root, kind, config);
}

int kubeconfig_parse(const char *file, const char *bytes, size_t size, struct kubeconfig **ret,
		     struct err *reterr)
{
	_cleanup_(yaml_value_freep) struct yaml_value_document *document = NULL;
	_cleanup_(kubeconfig_freep) struct kubeconfig *config = NULL;
	struct field_reading reading = { .err = reterr, .file = file };
	struct field root;
	int r;

	if (size > KUBECONFIG_SIZE_MAX)
		return err_set(reterr, -E2BIG, "%s: larger than %u bytes", file, KUBECONFIG_SIZE_MAX);
	r = yaml_value_load(file, bytes, size, &document, reterr);
	if (r < 0)
		return r;
	config = alloc_zeroed(1, sizeof(*config));
	config->file = alloc_string(file);
	root = field_root_yaml(document, &reading);
	kubeconfig_read(&root, config);
	if (!reading.code)
		*ret = TAKE_PTR(config);
	return reading.code;
}

struct kubeconfig *kubeconfig_free(struct kubeconfig *config)
{
	enum kubeconfig_kind kind;

	if (!config)
		return NULL;
	for (kind = 0; kind < _KUBECONFIG_KIND_MAX; kind++) {
		while (config->entries[kind]) {
			struct kubeconfig_entry *entry = config->entries[kind];

			config->entries[kind] = entry->next;
			kubeconfig_free_entry(kind, entry);
		}
	}
	free(config->current_context);
	free(config->file);
	free(config);
	return NULL;
}

void kubeconfig_merge(struct kubeconfig *into, struct kubeconfig *from)
{
	enum kubeconfig_kind kind;

	for (kind = 0; kind < _KUBECONFIG_KIND_MAX; kind++) {
		while (from->entries[kind]) {
			struct kubeconfig_entry *entry = from->entries[kind];

			from->entries[kind] = entry->next;
			(void)kubeconfig_append(into, kind, entry);
		}
	}
	if (!into->current_context)
		into->current_context = TAKE_PTR(from->current_context);
	kubeconfig_free(from);
}

/* Put "file:3: user u" in front of the error. */
static int kubeconfig_wrap(const struct kubeconfig_entry *entry, enum kubeconfig_kind kind,
			   struct err *reterr)
{
	return err_wrap(reterr, "%s:%u: %s %s", entry->file, entry->line, kubeconfig_lists[kind].name,
			entry->name);
}

static int kubeconfig_check_cluster(const struct kubeconfig_cluster *cluster, struct err *reterr)
{
	bool authority = cluster->certificate_authority || cluster->certificate_authority_data.data;

	if (cluster->server && !(cluster->insecure_skip_tls_verify && authority))
		return 0;
	(void)err_set(reterr, -EINVAL, "%s",
		      cluster->server ? "insecure-skip-tls-verify: contradicts certificate-authority"
				      : "server: missing");
	return kubeconfig_wrap(&cluster->entry, KUBECONFIG_KIND_CLUSTER, reterr);
}

static int kubeconfig_check_user(const struct kubeconfig_user *user, struct err *reterr)
{
	bool certificate = user->client_certificate || user->client_certificate_data.data;
	bool key = user->client_key || user->client_key_data.data;
	bool token = user->token || user->token_file, basic = user->username || user->password;
	const struct kubeconfig_entry *entry = &user->entry;
	int r = 0;

	if (user->unsupported)
		r = err_set(reterr, -EOPNOTSUPP, "%s: not supported", user->unsupported);
	else if (certificate != key)
		r = err_set(reterr, -EINVAL, "%s: missing",
			    certificate ? "client-key" : "client-certificate");
	else if (token && basic)
		r = err_set(reterr, -EINVAL, "token: contradicts username and password");
	if (r < 0)
		return kubeconfig_wrap(entry, KUBECONFIG_KIND_USER, reterr);
	if (!user->exec)
		return 0;
	if (token || basic || certificate)
		r = err_set(reterr, -EINVAL, "exec: contradicts %s",
			    token   ? "token"
			    : basic ? "username and password"
				    : "client-certificate");
	else
		r = kubeconfig_exec_check(user->exec, reterr);
	return r < 0 ? err_wrap(reterr, "%s:%u: user %s", entry->file, user->exec->line, entry->name) : 0;
}

static struct kubeconfig_entry *kubeconfig_find(const struct kubeconfig *config, enum kubeconfig_kind kind,
						const char *name, struct err *reterr)
{
	struct kubeconfig_entry *entry;

	for (entry = config->entries[kind]; entry; entry = entry->next)
		if (strcmp(entry->name, name) == 0)
			return entry;
	(void)err_set(reterr, -ENOENT, "%s %s: not in the kubeconfig", kubeconfig_lists[kind].name, name);
	return NULL;
}

/* A file without contexts that has only one cluster and at most one user. */
static int kubeconfig_guess(const struct kubeconfig *config, struct kubeconfig_cluster **ret_cluster,
			    struct kubeconfig_user **ret_user, struct err *reterr)
{
	struct kubeconfig_entry *cluster = config->entries[KUBECONFIG_KIND_CLUSTER];
	struct kubeconfig_entry *user = config->entries[KUBECONFIG_KIND_USER];

	if (config->entries[KUBECONFIG_KIND_CONTEXT] || !cluster || cluster->next || (user && user->next))
		return err_set(reterr, -ENOENT, "%s: current-context: missing", config->file);
	*ret_cluster = (void *)cluster;
	*ret_user = (void *)user;
	return 0;
}

static int kubeconfig_follow(const struct kubeconfig *config, const char *name,
			     struct kubeconfig_cluster **ret_cluster, struct kubeconfig_user **ret_user,
			     struct err *reterr)
{
	struct kubeconfig_entry *entry = kubeconfig_find(config, KUBECONFIG_KIND_CONTEXT, name, reterr);
	const struct kubeconfig_context *context = (void *)entry;
	struct kubeconfig_entry *cluster = NULL, *user = NULL;

	if (!context)
		return err_wrap(reterr, "%s", config->file);
	if (context->cluster)
		cluster = kubeconfig_find(config, KUBECONFIG_KIND_CLUSTER, context->cluster, reterr);
	else
		(void)err_set(reterr, -EINVAL, "cluster: missing");
	if (cluster && context->user)
		user = kubeconfig_find(config, KUBECONFIG_KIND_USER, context->user, reterr);
	if (!cluster || (context->user && !user))
		return kubeconfig_wrap(entry, KUBECONFIG_KIND_CONTEXT, reterr);
	*ret_cluster = (void *)cluster;
	*ret_user = (void *)user;
	return 0;
}

int kubeconfig_resolve(const struct kubeconfig *config, const char *context,
		       struct kubeconfig_cluster **ret_cluster, struct kubeconfig_user **ret_user,
		       struct err *reterr)
{
	struct kubeconfig_cluster *cluster = NULL;
	struct kubeconfig_user *user = NULL;
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
