/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "kubeapi/exec_credential.h"

#include <errno.h>
#include <jansson.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "decode/base64.h"
#include "decode/field.h"
#include "decode/rfc3339.h"

/*
 * DOC: jansson and secrets
 *
 * jansson copies what it reads, more than once, and gives the copies back as they are. It asks one pair of
 * functions for memory, which can be replaced; so as long as a text with secrets is read or written, the
 * pair is one that overwrites. Nothing of jansson's outlives that time.
 */

/** struct exec_credential_piece - Before each piece of memory. */
struct exec_credential_piece {
	size_t size;
	max_align_t bytes[];
};

static void *exec_credential_malloc(size_t size)
{
	struct exec_credential_piece *piece;

	if (size > SIZE_MAX - sizeof(*piece))
		alloc_failed();
	piece = alloc_bytes(sizeof(*piece) + size);
	piece->size = size;
	return piece->bytes;
}

static void exec_credential_free(void *bytes)
{
	struct exec_credential_piece *piece;

	if (!bytes)
		return;
	piece = (void *)((char *)bytes - offsetof(struct exec_credential_piece, bytes));
	explicit_bzero(piece->bytes, piece->size);
	free(piece);
}

/** struct exec_credential_memory - What jansson used before. */
struct exec_credential_memory {
	json_malloc_t malloc;
	json_free_t free;
};

static void exec_credential_begin(struct exec_credential_memory *ret)
{
	json_get_alloc_funcs(&ret->malloc, &ret->free);
	json_set_alloc_funcs(exec_credential_malloc, exec_credential_free);
}

static void exec_credential_end(const struct exec_credential_memory *memory)
{
	json_set_alloc_funcs(memory->malloc, memory->free);
}

static void exec_credential_wipe(char **text)
{
	if (*text)
		explicit_bzero(*text, strlen(*text));
	free(*text);
	*text = NULL;
}

void exec_credential_done(struct exec_credential *credential)
{
	exec_credential_wipe(&credential->token);
	exec_credential_wipe(&credential->certificate);
	exec_credential_wipe(&credential->key);
	*credential = (struct exec_credential){ 0 };
}

/* Checks type and version. The error does not show the text found: a confused plugin may print secrets. */
static void exec_credential_check(const struct field *root, const char *api_version)
{
	struct field kind = field_member(root, "kind"), version = field_member(root, "apiVersion");

	field_object(root);
	if (strcmp(field_string(&kind), "ExecCredential") != 0)
		field_fail(&kind, -EINVAL, "not ExecCredential");
	if (strcmp(field_string(&version), api_version) != 0)
		field_fail(&version, -EINVAL, "not %s, which the kubeconfig asks for", api_version);
}

static char *exec_credential_read_text(const struct field *status, const char *key)
{
	struct field field = field_member(status, key);
	const char *text = field_string(&field);

	return *text ? alloc_string(text) : NULL;
}

/* It goes into a header line. */
static void exec_credential_check_token(const struct field *status, const char *token)
{
	struct field field = field_member(status, "token");
	const char *p;

	for (p = token; *p; p++)
		if (*p <= ' ' || *p > '~')
			field_fail(&field, -EINVAL, "holds blanks or other odd characters");
	if ((size_t)(p - token) > EXEC_CREDENTIAL_TOKEN_MAX)
		field_fail(&field, -EINVAL, "longer than %u bytes", EXEC_CREDENTIAL_TOKEN_MAX);
}

static void exec_credential_check_pem(const struct field *status, const char *key, const char *text)
{
	struct field field = field_member(status, key);

	if (text && !strstr(text, "-----BEGIN "))
		field_fail(&field, -EINVAL, "not PEM");
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
	ret->token = exec_credential_read_text(&status, "token");
	ret->certificate = exec_credential_read_text(&status, "clientCertificateData");
	ret->key = exec_credential_read_text(&status, "clientKeyData");
	exec_credential_read_expiration(&status, ret);
	if (!ret->token && !ret->certificate && !ret->key)
		field_fail(&status, -EINVAL, "neither a token nor a client certificate");
	if (!ret->certificate != !ret->key)
		field_fail(&status, -EINVAL, "clientCertificateData and clientKeyData: one is missing");
	if (ret->token)
		exec_credential_check_token(&status, ret->token);
	exec_credential_check_pem(&status, "clientCertificateData", ret->certificate);
	exec_credential_check_pem(&status, "clientKeyData", ret->key);
}

int exec_credential_decode(const char *bytes, size_t size, const char *api_version,
			   struct exec_credential *ret, struct err *reterr)
{
	struct exec_credential credential = { 0 };
	struct field_reading reading = { .err = reterr };
	struct exec_credential_memory memory;
	json_error_t error;
	struct field root;
	json_t *json;
	int r;

	if (size > EXEC_CREDENTIAL_SIZE_MAX)
		return err_set(reterr, -E2BIG, "longer than %u bytes", EXEC_CREDENTIAL_SIZE_MAX);
	exec_credential_begin(&memory);
	json = json_loadb(bytes ? bytes : "", size, JSON_REJECT_DUPLICATES, &error);
	/* jansson's words quote the text, and so its error is wiped, too. */
	explicit_bzero(&error, sizeof(error));
	if (json) {
		root = field_root(json, &reading);
		exec_credential_read(&root, api_version, &credential);
		r = reading.code;
		json_decref(json);
	} else {
		r = err_set(reterr, -EBADMSG, size ? "not JSON" : "nothing");
	}
	exec_credential_end(&memory);
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

/* What is no UTF-8 cannot be said in JSON. It can come from the command line only: libyaml takes no other. */
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
	struct exec_credential_memory memory;
	json_t *root, *spec;
	char *text, *copy;

	exec_credential_begin(&memory);
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
	exec_credential_free(text);
	exec_credential_end(&memory);
	return copy;
}
