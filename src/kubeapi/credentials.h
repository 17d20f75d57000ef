/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * credentials.h - which API server, and how we authenticate to it
 *
 * Room:     kubeapi. Effects: reads files. The time is an argument; no log.
 * Shapes:   in: options and environment; out: a server, and the contents of all files that a request to it needs.
 * Rule:     --kubeconfig, else $KUBECONFIG (a merged list, files that are missing skipped), else the
 *           Pod's service account, in that order. --master replaces the server of the first two.
 *           Relative paths in a kubeconfig are relative to its directory. Before a request token files are read again
 *           if the last time is a minute ago, certificates, keys and CA files if it is five, all after a 401.
 *           What they contain is checked (pem.h).
 * Secrets:  tokens, keys and passwords are only in here, in libcurl and, while a kubeconfig is read, in libyaml. No
 *           error text contains one. Our own copies are overwritten before their memory is freed; inner buffers of the
 *           two libraries are not.
 * Not here: the format of a kubeconfig (kubeconfig.h), running exec plugins (exec_plugin.h), sending (transfer.h).
 */
#ifndef KUBEAPI_CREDENTIALS_H
#define KUBEAPI_CREDENTIALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "kubeapi/env_proxy.h"
#include "kubeapi/secret.h"

#define CREDENTIALS_SERVICE_ACCOUNT "/var/run/secrets/kubernetes.io/serviceaccount"
#define CREDENTIALS_TOKEN_PERIOD_MS 60000
#define CREDENTIALS_FILES_PERIOD_MS 300000

/**
 * struct credentials_params - Where to look. Every member may be NULL or "" (not given).
 * @kubeconfig:	the only file to read
 * @context:	of the kubeconfig; else its current-context
 * @master:	URL (or host:port) of the API server, replacing the one configured
 * @kubeconfig_list: the value of $KUBECONFIG
 * @service_host, @service_port: the values of $KUBERNETES_SERVICE_HOST and $KUBERNETES_SERVICE_PORT
 * @proxies:	$HTTPS_PROXY and so on, for a server without proxy-url
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
	struct env_proxy proxies;
};

struct kubeconfig_exec;

/**
 * struct credentials - A server and our identity; read only outside credentials.c
 * @server:	"https://host:port", maybe with a path, without a final slash
 * @origin:	where it was found, for people: a file name or "in-cluster"
 * @tls_server_name: verified and sent instead of the URL's host; NULL: the host
 * @insecure:	the server's certificate is not verified
 * @disable_compression: of lists
 * @ca:		PEM; empty: the system's root certificates
 * @ca_skipped:	where a CA bundle has a certificate that cannot be read, and was left out; NULL: nowhere
 * @certificate, @key: PEM, both or none
 * @token:	bearer token or NULL
 * @username, @password: basic authentication or NULL
 * @proxy_url:	of the kubeconfig, or NULL
 * @env_proxy:	the environment's proxy for this server, if there is no @proxy_url; NULL: none
 * @exec:	the plugin that gives token, certificate and key; NULL: none. argv[0] is a path, or a name to be searched
 *		in $PATH
 * @exec_config: JSON for the plugin; NULL: none
 * The rest is private.
 */
struct credentials {
	char *server;
	char *origin;
	char *tls_server_name;
	bool insecure;
	bool disable_compression;
	struct secret_bytes ca;
	char *ca_skipped;
	struct secret_bytes certificate;
	struct secret_bytes key;
	char *token;
	char *username;
	char *password;
	char *proxy_url;
	char *env_proxy;
	struct kubeconfig_exec *exec;
	char *exec_config;

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
 * credentials_load() - Find the configuration and read all files that it names
 * @now_ms:	any monotonic clock, the same as later for credentials_refresh()
 *
 * Return: 0; -ENOENT if nothing is configured; other negative errno if the configuration cannot be used:
 * @reterr names file, line and field.
 */
int credentials_load(const struct credentials_params *params, int64_t now_ms, struct credentials **ret,
		     struct err *reterr) __attribute__((warn_unused_result));
struct credentials *credentials_free(struct credentials *credentials);
DEFINE_FREEP(struct credentials, credentials_free);
/**
 * credentials_refresh() - Read files again whose time has come
 * @force:	read all of them now (the server said 401)
 *
 * A file that cannot be read keeps its last good content.
 *
 * Return: 0; negative errno if a file could not be read (@reterr names it).
 */
int credentials_refresh(struct credentials *credentials, bool force, int64_t now_ms, struct err *reterr)
	__attribute__((warn_unused_result));
/** credentials_replace() - Another token, and another certificate with its key; NULL: none. They are copied. */
void credentials_replace(struct credentials *credentials, const char *token, const char *certificate,
			 const char *key);

#endif
