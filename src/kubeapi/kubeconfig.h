/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kubeconfig.h - what a kubeconfig file says
 *
 * Room:     kubeapi. Pure: bytes in, a struct or an error out; files it names are not read here.
 * Rule:     kind Config, apiVersion v1, YAML or JSON. Names within a list are unique. Fields that are
 *           not ours are skipped; those that would change who we are (auth-provider, as) make their
 *           user unusable, which is an error only for the one who uses it.
 * Errors:   "file:line: field: reason", never a value of a secret field.
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

/**
 * struct kubeconfig_cluster - One cluster. Strings are NULL if not given or empty.
 * @file, @line: where it stands
 * @exec_config: JSON: the extension for exec plugins
 */
struct kubeconfig_cluster {
	char *name;
	char *file;
	unsigned int line;
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
 * @unsupported: name of a field that it needs and we can't do, or NULL
 */
struct kubeconfig_user {
	char *name;
	char *file;
	unsigned int line;
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

/** struct kubeconfig_context - Which cluster goes with which user; @user NULL: anonymous. */
struct kubeconfig_context {
	char *name;
	char *file;
	unsigned int line;
	char *cluster;
	char *user;
};

/** struct kubeconfig - One file's content, or several merged; @file is the first. */
struct kubeconfig {
	char *file;
	char *current_context;
	size_t n_clusters;
	struct kubeconfig_cluster *clusters;
	size_t n_users;
	struct kubeconfig_user *users;
	size_t n_contexts;
	struct kubeconfig_context *contexts;
};

/**
 * kubeconfig_parse() - Read one file's content
 * @file:	its name, for errors and the @file members
 *
 * Return: 0; -EBADMSG if it is neither YAML nor JSON; -EINVAL if it is no kubeconfig; -E2BIG.
 */
int kubeconfig_parse(const char *file, const char *bytes, size_t size, struct kubeconfig **ret,
		     struct err *reterr) __attribute__((warn_unused_result));
/** kubeconfig_merge() - Add what @from has and @into has not, by name; @from is consumed. */
void kubeconfig_merge(struct kubeconfig *into, struct kubeconfig *from);
/**
 * kubeconfig_resolve() - Which cluster and user @context (NULL or "": current-context) stands for
 * @ret_cluster, @ret_user: inside @config; the user is NULL if the context has none
 *
 * Without any context, a config of one cluster and at most one user means these.
 *
 * Return: 0; -ENOENT if something named is not there; -EINVAL if what is there contradicts itself;
 * -EOPNOTSUPP if the user needs what we don't do.
 */
int kubeconfig_resolve(const struct kubeconfig *config, const char *context,
		       const struct kubeconfig_cluster **ret_cluster, const struct kubeconfig_user **ret_user,
		       struct err *reterr) __attribute__((warn_unused_result));
/** kubeconfig_free() - Secrets are overwritten before. */
struct kubeconfig *kubeconfig_free(struct kubeconfig *config);
DEFINE_FREEP(struct kubeconfig, kubeconfig_free);

#endif
