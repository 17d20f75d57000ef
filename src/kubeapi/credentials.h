/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * credentials.h - which API server, and how we prove who we are
 *
 * Room:     kubeapi. Effects: reads files; no clock of its own, no log.
 * Shapes:   in: options and environment; out: a server with everything its transport needs, read.
 * Rule:     --kubeconfig, else $KUBECONFIG (a merged list, files that are missing skipped), else the
 *           Pod's service account, in that order. --master replaces the server of the first two.
 *           Relative paths inside a kubeconfig start at its own directory. Token files are read again
 *           every minute, certificates, keys and CA files every five.
 * Secrets:  tokens, keys and passwords stay in here and in libcurl; no error text holds one, and they
 *           are overwritten before their memory is given back.
 * Not here: what a kubeconfig says (kubeapi/kubeconfig.h), running exec plugins (exec_plugin.h), sending (transfer.h).
 */
#ifndef KUBEAPI_CREDENTIALS_H
#define KUBEAPI_CREDENTIALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/err.h"

#define CREDENTIALS_SERVICE_ACCOUNT "/var/run/secrets/kubernetes.io/serviceaccount"
#define CREDENTIALS_TOKEN_PERIOD_MS 60000
#define CREDENTIALS_FILES_PERIOD_MS 300000

/**
 * struct credentials_params - Where to look. Every member may be NULL or "" (not given).
 * @kubeconfig:	the file that was asked for; no other is looked at then
 * @context:	the kubeconfig's context; else its current-context
 * @master:	URL (or host:port) of the API server, replacing the one configured
 * @kubeconfig_list: the value of $KUBECONFIG
 * @service_host, @service_port: the values of $KUBERNETES_SERVICE_HOST and $KUBERNETES_SERVICE_PORT
 * @service_account: directory with token and ca.crt; CREDENTIALS_SERVICE_ACCOUNT if not given
 */
struct credentials_params {
	const char *kubeconfig;
	const char *context;
	const char *master;
	const char *kubeconfig_list;
	const char *service_host;
	const char *service_port;
	const char *service_account;
};

/** struct credentials_blob - Bytes that may hold NULs; @data NULL: none. */
struct credentials_blob {
	char *data;
	size_t size;
};

/**
 * struct credentials_exec - The plugin that gives token or certificate (exec_plugin.h runs it)
 * @command:	absolute, or a name to be looked for in $PATH
 * @argv:	as for the program, NULL at its end
 * @env:	"NAME=VALUE", @n_env of them, in the order of the kubeconfig
 * @install_hint: NULL: none
 * @cluster_config: JSON for the plugin; NULL: none
 */
struct credentials_exec {
	char *api_version;
	char *command;
	char **argv;
	char **env;
	size_t n_env;
	char *install_hint;
	bool provide_cluster_info;
	char *cluster_config;
};

/**
 * struct credentials - A server and our identity; read only outside credentials.c
 * @server:	"https://host:port" or with a path behind it, no final slash
 * @origin:	where that was found, for people: a file name or "in-cluster"
 * @tls_server_name: name to verify and to send instead of the URL's host; NULL: the host
 * @insecure:	the server's certificate is not verified
 * @disable_compression: lists are to come as they are
 * @ca:		PEM; empty: the system's roots
 * @certificate, @key: PEM, both or none
 * @token:	bearer token or NULL
 * @username, @password: basic authentication or NULL
 * @proxy_url:	NULL: as the environment says
 * @exec:	where token, certificate and key come from; NULL: not from a plugin
 * The rest is private.
 */
struct credentials {
	char *server;
	char *origin;
	char *tls_server_name;
	bool insecure;
	bool disable_compression;
	struct credentials_blob ca;
	struct credentials_blob certificate;
	struct credentials_blob key;
	char *token;
	char *username;
	char *password;
	char *proxy_url;
	struct credentials_exec *exec;

	char *ca_file;
	char *certificate_file;
	char *key_file;
	char *token_file;
	int64_t token_read_ms;
	int64_t files_read_ms;
};

/** credentials_environment() - Fill the members that come from environment variables. */
void credentials_environment(struct credentials_params *params);
/**
 * credentials_load() - Find the configuration and read all it names
 * @now_ms:	any monotonic clock, the same as later for credentials_refresh()
 *
 * Return: 0; -ENOENT if nothing was configured; another negative errno if something is there but
 * cannot be used: @reterr names file, line and field.
 */
int credentials_load(const struct credentials_params *params, int64_t now_ms, struct credentials **ret,
		     struct err *reterr) __attribute__((warn_unused_result));
struct credentials *credentials_free(struct credentials *credentials);
DEFINE_FREEP(struct credentials, credentials_free);
/**
 * credentials_refresh() - Read files again whose time has come
 * @force:	read all of them now (the server said 401)
 *
 * What cannot be read keeps its last good content.
 *
 * Return: 0; negative errno if a file could not be read (@reterr names it).
 */
int credentials_refresh(struct credentials *credentials, bool force, int64_t now_ms, struct err *reterr)
	__attribute__((warn_unused_result));
/** credentials_replace() - Another token, and another certificate with its key; NULL: none. They are copied. */
void credentials_replace(struct credentials *credentials, const char *token, const char *certificate,
			 const char *key);

#endif
