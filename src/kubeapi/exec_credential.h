/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * exec_credential.h - ExecCredential: the request to an exec plugin, and its answer
 *
 * Room:     kubeapi. Pure.
 * Rule:     client.authentication.k8s.io/v1 and v1beta1, which do not differ here. The answer has a
 *           token, or a client certificate with its key, or both.
 * Secrets:  no error quotes the text; all memory that it was in is overwritten before it is freed.
 */
#ifndef KUBEAPI_EXEC_CREDENTIAL_H
#define KUBEAPI_EXEC_CREDENTIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define EXEC_CREDENTIAL_V1	  "client.authentication.k8s.io/v1"
#define EXEC_CREDENTIAL_V1BETA1	  "client.authentication.k8s.io/v1beta1"
#define EXEC_CREDENTIAL_SIZE_MAX  (1024u * 1024) /* bytes of an answer */
#define EXEC_CREDENTIAL_TOKEN_MAX 65536u

/**
 * struct exec_credential - An answer
 * @token:	printable ASCII without blanks, or NULL
 * @certificate, @key: PEM, both or NULL
 * @expires:	@expiration_s is set: when the credentials expire, seconds since 1970
 */
struct exec_credential {
	char *token;
	char *certificate;
	char *key;
	bool expires;
	int64_t expiration_s;
};

/**
 * exec_credential_decode() - Read an answer
 * @api_version: the one it must have
 * @ret:	set on success only; exec_credential_done() it
 *
 * Return: 0; -E2BIG; -EBADMSG if it is not JSON; -EINVAL if it is not such an answer.
 */
int exec_credential_decode(const char *bytes, size_t size, const char *api_version,
			   struct exec_credential *ret, struct err *reterr)
	__attribute__((warn_unused_result));
/** exec_credential_done() - Overwrite and free; leaves it zeroed. A zeroed one is fine. */
void exec_credential_done(struct exec_credential *credential);

/**
 * struct exec_credential_cluster - The cluster, for the plugin. Strings may be NULL.
 * @ca:		PEM, @ca_size bytes
 * @config:	JSON
 */
struct exec_credential_cluster {
	const char *server;
	const char *tls_server_name;
	bool insecure;
	bool disable_compression;
	const char *ca;
	size_t ca_size;
	const char *proxy_url;
	const char *config;
};

/**
 * exec_credential_request() - The value of $KUBERNETES_EXEC_INFO
 * @cluster:	NULL: leave it out
 *
 * Return: a text that may contain a proxy's password; secret_wipe() it.
 */
char *exec_credential_request(const char *api_version, const struct exec_credential_cluster *cluster)
	__attribute__((warn_unused_result));

#endif
