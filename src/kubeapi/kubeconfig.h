/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kubeconfig.h - read a kubeconfig file
 *
 * Room:     kubeapi. Pure: in: bytes; out: a struct or an error. The files that it names are not read here.
 * Rule:     kind Config, apiVersion v1, YAML or JSON. Names within a list are unique. Unknown fields are
 *           ignored. A user with a field that we do not support and that would change our identity
 *           (auth-provider, as) cannot be used, which is an error only for the context with this user.
 * Errors:   "file:line: field: reason", never a value of a secret field.
 * Secrets:  overwritten before their memory is freed, except for libyaml's inner buffers.
 * Limits:   KUBECONFIG_SIZE_MAX bytes, KUBECONFIG_ENTRIES_MAX entries of a list.
 */
#ifndef KUBEAPI_KUBECONFIG_H
#define KUBEAPI_KUBECONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "kubeapi/secret.h"

#define KUBECONFIG_SIZE_MAX    (4u * 1024 * 1024)
#define KUBECONFIG_ENTRIES_MAX 4096

enum kubeconfig_kind {
	KUBECONFIG_KIND_CLUSTER,
	KUBECONFIG_KIND_USER,
	KUBECONFIG_KIND_CONTEXT,
	_KUBECONFIG_KIND_MAX,
};

/** struct kubeconfig_entry - How each entry of a list begins; @file, @line: where it is */
struct kubeconfig_entry {
	struct kubeconfig_entry *next;
	char *name;
	char *file;
	unsigned int line;
};

/**
 * struct kubeconfig_cluster - One cluster. Strings are NULL if not given or empty.
 * @exec_config: JSON: the extension for exec plugins
 */
struct kubeconfig_cluster {
	struct kubeconfig_entry entry;
	char *server;
	char *tls_server_name;
	char *certificate_authority;
	struct secret_bytes certificate_authority_data;
	char *proxy_url;
	bool insecure_skip_tls_verify;
	bool disable_compression;
	char *exec_config;
};

struct kubeconfig_exec;

/**
 * struct kubeconfig_user - One user. Strings are NULL if not given or empty.
 * @exec:	the program that gives the credentials; NULL: none
 * @unsupported: name of a field that the user needs and we do not support, or NULL
 */
struct kubeconfig_user {
	struct kubeconfig_entry entry;
	char *client_certificate;
	struct secret_bytes client_certificate_data;
	char *client_key;
	struct secret_bytes client_key_data;
	char *token;
	char *token_file;
	char *username;
	char *password;
	struct kubeconfig_exec *exec;
	char *unsupported;
};

/** struct kubeconfig_context - A cluster and a user, by name; @user NULL: anonymous. */
struct kubeconfig_context {
	struct kubeconfig_entry entry;
	char *cluster;
	char *user;
};

/**
 * struct kubeconfig - The content of one file, or of several merged ones
 * @file:	the first
 * @entries:	in the order of the files; each is the struct of its kind
 */
struct kubeconfig {
	char *file;
	char *current_context;
	struct kubeconfig_entry *entries[_KUBECONFIG_KIND_MAX];
};

/**
 * kubeconfig_parse() - Read the content of one file
 * @file:	its name, for errors and for @file of the entries
 *
 * Return: 0; -EBADMSG if it is neither YAML nor JSON; -EINVAL if it is not a kubeconfig; -E2BIG.
 */
int kubeconfig_parse(const char *file, const char *bytes, size_t size, struct kubeconfig **ret,
		     struct err *reterr) __attribute__((warn_unused_result));
/** kubeconfig_merge() - Add the entries of @from whose names @into does not have; @from is freed. */
void kubeconfig_merge(struct kubeconfig *into, struct kubeconfig *from);
/**
 * kubeconfig_resolve() - Find cluster and user of @context (NULL or "": current-context)
 * @ret_cluster, @ret_user: inside @config; the caller may take their members out. The user is NULL if the
 *		context has none.
 *
 * Without any context, a config of one cluster and at most one user means these.
 *
 * Return: 0; -ENOENT if a name is not defined; -EINVAL if cluster or user contradict themselves;
 * -EOPNOTSUPP if the user needs a field that we do not support.
 */
int kubeconfig_resolve(const struct kubeconfig *config, const char *context,
		       struct kubeconfig_cluster **ret_cluster, struct kubeconfig_user **ret_user,
		       struct err *reterr) __attribute__((warn_unused_result));
struct kubeconfig *kubeconfig_free(struct kubeconfig *config);
DEFINE_FREEP(struct kubeconfig, kubeconfig_free);

#endif
