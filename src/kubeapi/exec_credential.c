/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "kubeapi/exec_credential.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "decode/base64.h"
#include "decode/field.h"
#include "decode/json_load.h"
#include "decode/rfc3339.h"
#include "kubeapi/pem.h"
#include "kubeapi/secret.h"

void exec_credential_done(struct exec_credential *credential)
{
	secret_wipe(&credential->token);
	secret_wipe(&credential->certificate);
	secret_wipe(&credential->key);
	*credential = (struct exec_credential){ 0 };
}

/* Its type and version. Errors do not quote the value: a plugin may put a secret into any field. */
static void exec_credential_check(const struct field *root, const char *api_version)
{
	struct field kind = field_member(root, "kind"), version = field_member(root, "apiVersion");

	field_object(root);
	if (strcmp(field_string(&kind), "ExecCredential") != 0)
		field_fail(&kind, -EINVAL, "not ExecCredential");
	if (strcmp(field_string(&version), api_version) != 0)
		field_fail(&version, -EINVAL, "not %s, which the kubeconfig asks for", api_version);
}

/* It is sent in a header line. */
static void exec_credential_check_token(const struct field *status, const char *token)
{
	struct field field = field_member(status, "token");
	const char *p;

	for (p = token; *p; p++)
		if (*p <= ' ' || *p > '~')
			field_fail(&field, -EINVAL,
				   "contains blanks or other characters that a token cannot have");
	if ((size_t)(p - token) > EXEC_CREDENTIAL_TOKEN_MAX)
		field_fail(&field, -EINVAL, "longer than %u bytes", EXEC_CREDENTIAL_TOKEN_MAX);
}

static void exec_credential_check_pem(const struct field *status, const struct exec_credential *credential)
{
	struct field certificate = field_member(status, "clientCertificateData");
	struct field key = field_member(status, "clientKeyData");
	const char *text = credential->certificate;
	struct err err;

	if (text && pem_check_certificate(text, strlen(text), &err) < 0)
		field_fail(&certificate, -EINVAL, "%s", err.text);
	text = credential->key;
	if (text && pem_check_key(text, strlen(text), &err) < 0)
		field_fail(&key, -EINVAL, "%s", err.text);
}

static void exec_credential_read_expiration(const struct field *status, struct exec_credential *ret)
{
	struct field field = field_member(status, "expirationTimestamp");
	const char *text = field_string(&field);

	ret->expires = field_given(&field);
	if (ret->expires && !rfc3339_parse(text, &ret->expiration_s))
		field_fail(&field, -EINVAL, "not a time (RFC 3339)");
}

static void exec_credential_read(const struct field *root, const char *api_version,
				 struct exec_credential *ret)
{
	struct field status = field_member(root, "status");

	exec_credential_check(root, api_version);
	field_object(&status);
	if (!field_given(&status))
		field_fail(&status, -EINVAL, "missing");
	ret->token = field_member_string(&status, "token");
	ret->certificate = field_member_string(&status, "clientCertificateData");
	ret->key = field_member_string(&status, "clientKeyData");
	exec_credential_read_expiration(&status, ret);
	if (!ret->token && !ret->certificate && !ret->key)
		field_fail(&status, -EINVAL, "neither a token nor a client certificate");
	if (!ret->certificate != !ret->key)
		field_fail(&status, -EINVAL, "clientCertificateData and clientKeyData: one is missing");
	if (ret->token)
		exec_credential_check_token(&status, ret->token);
	exec_credential_check_pem(&status, ret);
}

int exec_credential_decode(const char *bytes, size_t size, const char *api_version,
			   struct exec_credential *ret, struct err *reterr)
{
	struct exec_credential credential = { 0 };
	struct field_reading reading = { .err = reterr };
	struct secret_json json_memory;
	struct field root;
	struct err err;
	json_t *json;
	int r;

	if (size > EXEC_CREDENTIAL_SIZE_MAX)
		return err_set(reterr, -E2BIG, "longer than %u bytes", EXEC_CREDENTIAL_SIZE_MAX);
	secret_json_begin(&json_memory);
	r = json_load(bytes ? bytes : "", size, 0, &json, &err);
	if (r == 0) {
		root = field_root(json, &reading);
		exec_credential_read(&root, api_version, &credential);
		r = reading.code;
		json_decref(json);
	} else {
		/* It may quote the text. */
		explicit_bzero(&err, sizeof(err));
		r = err_set(reterr, -EBADMSG, size ? "not JSON that can be read" : "empty");
	}
	secret_json_end(&json_memory);
	if (r == 0)
		*ret = credential;
	else
		exec_credential_done(&credential);
	return r;
}

static void exec_credential_set(json_t *object, const char *key, json_t *value)
{
	if (!value || json_object_set_new(object, key, value) < 0)
		alloc_failed();
}

/* JSON cannot have text that is not UTF-8, so it is left out. Only the command line can bring such a text. */
static void exec_credential_set_text(json_t *object, const char *key, const char *text)
{
	json_t *value = text ? json_string(text) : NULL;

	if (value)
		exec_credential_set(object, key, value);
}

static json_t *exec_credential_cluster(const struct exec_credential_cluster *cluster)
{
	json_t *object = json_object();
	char *ca;

	if (!object)
		alloc_failed();
	exec_credential_set_text(object, "server", cluster->server);
	exec_credential_set_text(object, "tls-server-name", cluster->tls_server_name);
	if (cluster->insecure)
		exec_credential_set(object, "insecure-skip-tls-verify", json_true());
	if (cluster->ca_size) {
		ca = base64_encode(cluster->ca, cluster->ca_size);
		exec_credential_set_text(object, "certificate-authority-data", ca);
		free(ca);
	}
	exec_credential_set_text(object, "proxy-url", cluster->proxy_url);
	if (cluster->disable_compression)
		exec_credential_set(object, "disable-compression", json_true());
	if (cluster->config)
		exec_credential_set(object, "config", json_loads(cluster->config, JSON_DECODE_ANY, NULL));
	return object;
}

char *exec_credential_request(const char *api_version, const struct exec_credential_cluster *cluster)
{
	struct secret_json json_memory;
	json_t *root, *spec;
	char *text, *copy;

	secret_json_begin(&json_memory);
	root = json_object();
	spec = json_object();
	if (!root || !spec)
		alloc_failed();
	exec_credential_set_text(root, "kind", "ExecCredential");
	exec_credential_set_text(root, "apiVersion", api_version);
	if (cluster)
		exec_credential_set(spec, "cluster", exec_credential_cluster(cluster));
	exec_credential_set(spec, "interactive", json_false());
	exec_credential_set(root, "spec", spec);
	text = json_dumps(root, JSON_COMPACT);
	json_decref(root);
	if (!text)
		alloc_failed();
	copy = alloc_string(text);
	secret_json_free(text);
	secret_json_end(&json_memory);
	return copy;
}
