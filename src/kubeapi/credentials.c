/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "kubeapi/credentials.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "kubeapi/kubeconfig.h"
#include "kubeapi/kubeconfig_exec.h"

#define CREDENTIALS_FILE_MAX  (1024 * 1024) /* a certificate bundle; tokens are far smaller */
#define CREDENTIALS_TOKEN_MAX 65536
#define CREDENTIALS_LIST_MAX  64 /* files in $KUBECONFIG */

static bool credentials_given(const char *text)
{
	return text && *text;
}

static void credentials_wipe(char **text)
{
	if (*text)
		explicit_bzero(*text, strlen(*text));
	free(*text);
	*text = NULL;
}

static void credentials_wipe_blob(struct credentials_blob *blob)
{
	if (blob->data)
		explicit_bzero(blob->data, blob->size);
	free(blob->data);
	*blob = (struct credentials_blob){ 0 };
}

/* Arguments and variables may be secrets. */
static void credentials_wipe_list(char **list)
{
	size_t i;

	for (i = 0; list && list[i]; i++)
		credentials_wipe(&list[i]);
	free(list);
}

static void credentials_free_exec(struct credentials_exec *exec)
{
	if (!exec)
		return;
	free(exec->api_version);
	free(exec->command);
	credentials_wipe_list(exec->argv);
	credentials_wipe_list(exec->env);
	free(exec->install_hint);
	credentials_wipe(&exec->cluster_config);
	free(exec);
}

struct credentials *credentials_free(struct credentials *credentials)
{
	if (!credentials)
		return NULL;
	free(credentials->server);
	free(credentials->origin);
	free(credentials->tls_server_name);
	credentials_wipe_blob(&credentials->ca);
	credentials_wipe_blob(&credentials->certificate);
	credentials_wipe_blob(&credentials->key);
	credentials_wipe(&credentials->token);
	free(credentials->username);
	credentials_wipe(&credentials->password);
	credentials_wipe(&credentials->proxy_url);
	credentials_free_exec(credentials->exec);
	free(credentials->ca_file);
	free(credentials->certificate_file);
	free(credentials->key_file);
	free(credentials->token_file);
	free(credentials);
	return NULL;
}

/* The whole file; a NUL follows. One buffer of the largest size, so that no copy of a key stays behind. */
static int credentials_read_file(const char *path, size_t size_max, struct credentials_blob *ret,
				 struct err *reterr)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct credentials_blob blob = { 0 };
	struct stat status;
	ssize_t n = 1;

	if (fd < 0 || fstat(fd, &status) < 0)
		return err_set(reterr, -errno, "%s: %s", path, strerror(errno));
	if (!S_ISREG(status.st_mode))
		return err_set(reterr, -EINVAL, "%s: not a file", path);
	blob.data = alloc_bytes(size_max + 1);
	while (n > 0 && blob.size <= size_max) {
		n = read(fd, blob.data + blob.size, size_max + 1 - blob.size);
		if (n < 0 && errno == EINTR)
			n = 1;
		else if (n > 0)
			blob.size += (size_t)n;
	}
	if (n < 0 || blob.size > size_max) {
		n = n < 0 ? err_set(reterr, -errno, "%s: %s", path, strerror(errno))
			  : err_set(reterr, -EFBIG, "%s: larger than %zu bytes", path, size_max);
		credentials_wipe_blob(&blob);
		return (int)n;
	}
	blob.data[blob.size] = '\0';
	*ret = blob;
	return 0;
}

static int credentials_read_blob(const char *path, struct credentials_blob *blob, struct err *reterr)
{
	struct credentials_blob fresh;
	int r;

	if (!path)
		return 0;
	r = credentials_read_file(path, CREDENTIALS_FILE_MAX, &fresh, reterr);
	if (r < 0)
		return r;
	if (!fresh.size) {
		credentials_wipe_blob(&fresh);
		return err_set(reterr, -EINVAL, "%s: empty", path);
	}
	credentials_wipe_blob(blob);
	*blob = fresh;
	return 0;
}

static int credentials_read_token(struct credentials *credentials, struct err *reterr)
{
	struct credentials_blob blob;
	size_t start, len;
	int r;

	if (!credentials->token_file)
		return 0;
	r = credentials_read_file(credentials->token_file, CREDENTIALS_TOKEN_MAX, &blob, reterr);
	if (r < 0)
		return r;
	start = strspn(blob.data, " \t\r\n");
	len = strcspn(blob.data + start, " \t\r\n");
	/* One word: what else would go into a header line must not. */
	if (!len || start + len + strspn(blob.data + start + len, " \t\r\n") != blob.size) {
		r = err_set(reterr, -EINVAL, "%s: %s", credentials->token_file,
			    len ? "not a token" : "empty");
	} else {
		credentials_wipe(&credentials->token);
		blob.data[start + len] = '\0';
		credentials->token = alloc_string(blob.data + start);
	}
	credentials_wipe_blob(&blob);
	return r;
}

/* Certificate and key change together: a pair that is half written is not taken. */
static int credentials_read_pair(struct credentials *credentials, struct err *reterr)
{
	struct credentials_blob certificate = { 0 }, key = { 0 };
	int r;

	r = credentials_read_blob(credentials->certificate_file, &certificate, reterr);
	if (r == 0)
		r = credentials_read_blob(credentials->key_file, &key, reterr);
	if (r == 0 && certificate.data) {
		credentials_wipe_blob(&credentials->certificate);
		credentials->certificate = certificate;
		certificate = (struct credentials_blob){ 0 };
	}
	if (r == 0 && key.data) {
		credentials_wipe_blob(&credentials->key);
		credentials->key = key;
		key = (struct credentials_blob){ 0 };
	}
	credentials_wipe_blob(&certificate);
	credentials_wipe_blob(&key);
	return r;
}

int credentials_refresh(struct credentials *credentials, bool force, int64_t now_ms, struct err *reterr)
{
	int r = 0, other;

	if (force || now_ms - credentials->token_read_ms >= CREDENTIALS_TOKEN_PERIOD_MS) {
		credentials->token_read_ms = now_ms;
		r = credentials_read_token(credentials, reterr);
	}
	if (force || now_ms - credentials->files_read_ms >= CREDENTIALS_FILES_PERIOD_MS) {
		credentials->files_read_ms = now_ms;
		other = credentials_read_blob(credentials->ca_file, &credentials->ca, r < 0 ? NULL : reterr);
		r = r < 0 ? r : other;
		other = credentials_read_pair(credentials, r < 0 ? NULL : reterr);
		r = r < 0 ? r : other;
	}
	return r;
}

/* Paths inside a kubeconfig start at the directory of the file. */
static char *credentials_path(const char *file, const char *path)
{
	const char *slash = strrchr(file, '/');
	struct buf buf = BUF_INIT;

	if (!path)
		return NULL;
	if (*path != '/' && slash)
		buf_printf(&buf, "%.*s", (int)(slash - file) + 1, file);
	buf_printf(&buf, "%s", path);
	return buf.data;
}

static void credentials_take_data(const struct kubeconfig_data *data, struct credentials_blob *ret)
{
	if (!data->bytes)
		return;
	ret->data = alloc_bytes(data->size + 1);
	memcpy(ret->data, data->bytes, data->size + 1);
	ret->size = data->size;
}

static void credentials_take_exec(struct credentials *credentials, const struct kubeconfig_user *user,
				  const struct kubeconfig_cluster *cluster)
{
	const struct kubeconfig_exec *from = user->exec;
	struct credentials_exec *exec = alloc_zeroed(1, sizeof(*exec));
	size_t i;

	credentials->exec = exec;
	exec->api_version = alloc_string(from->api_version);
	/* A name without a slash is looked for in $PATH. */
	exec->command = strchr(from->command, '/') ? credentials_path(user->file, from->command)
						   : alloc_string(from->command);
	exec->argv = alloc_zeroed(from->n_args + 2, sizeof(*exec->argv));
	exec->argv[0] = alloc_string(exec->command);
	for (i = 0; i < from->n_args; i++)
		exec->argv[i + 1] = alloc_string(from->args[i]);
	exec->n_env = from->n_env;
	exec->env = alloc_zeroed(from->n_env + 1, sizeof(*exec->env));
	for (i = 0; i < from->n_env; i++) {
		const struct kubeconfig_exec_env *env = &from->env[i];
		size_t size = strlen(env->name) + strlen(env->value) + 2;

		exec->env[i] = alloc_bytes(size);
		(void)snprintf(exec->env[i], size, "%s=%s", env->name, env->value);
	}
	exec->install_hint = alloc_string(from->install_hint);
	exec->provide_cluster_info = from->provide_cluster_info;
	exec->cluster_config = alloc_string(cluster->exec_config);
}

/* Inline data wins over a path, a token file over a token: as kubectl does it. */
static void credentials_take_user(struct credentials *credentials, const struct kubeconfig_user *user)
{
	credentials_take_data(&user->client_certificate_data, &credentials->certificate);
	if (!credentials->certificate.data)
		credentials->certificate_file = credentials_path(user->file, user->client_certificate);
	credentials_take_data(&user->client_key_data, &credentials->key);
	if (!credentials->key.data)
		credentials->key_file = credentials_path(user->file, user->client_key);
	credentials->token_file = credentials_path(user->file, user->token_file);
	if (!credentials->token_file)
		credentials->token = alloc_string(user->token);
	credentials->username = alloc_string(user->username);
	credentials->password = alloc_string(user->password);
}

static void credentials_take_cluster(struct credentials *credentials,
				     const struct kubeconfig_cluster *cluster)
{
	credentials->server = alloc_string(cluster->server);
	credentials->tls_server_name = alloc_string(cluster->tls_server_name);
	credentials->insecure = cluster->insecure_skip_tls_verify;
	credentials->disable_compression = cluster->disable_compression;
	credentials->proxy_url = alloc_string(cluster->proxy_url);
	credentials_take_data(&cluster->certificate_authority_data, &credentials->ca);
	if (!credentials->ca.data)
		credentials->ca_file = credentials_path(cluster->file, cluster->certificate_authority);
}

static int credentials_read_kubeconfig(const char *path, struct kubeconfig **config, struct err *reterr)
{
	struct credentials_blob blob;
	struct kubeconfig *more;
	int r;

	r = credentials_read_file(path, KUBECONFIG_SIZE_MAX, &blob, reterr);
	if (r < 0)
		return r;
	r = kubeconfig_parse(path, blob.data, blob.size, &more, reterr);
	credentials_wipe_blob(&blob);
	if (r < 0)
		return r;
	if (*config)
		kubeconfig_merge(*config, more);
	else
		*config = more;
	return 0;
}

static int credentials_read_list(const char *list, struct kubeconfig **config, struct err *reterr)
{
	_cleanup_free_ char *copy = alloc_string(list);
	char *state = NULL, *path;
	unsigned int n = 0;
	int r;

	for (path = strtok_r(copy, ":", &state); path; path = strtok_r(NULL, ":", &state)) {
		if (++n > CREDENTIALS_LIST_MAX)
			return err_set(reterr, -E2BIG, "KUBECONFIG: more than %d files",
				       CREDENTIALS_LIST_MAX);
		r = credentials_read_kubeconfig(path, config, reterr);
		if (r < 0 && r != -ENOENT)
			return r;
	}
	return 0;
}

static int credentials_from_kubeconfig(const struct credentials_params *params,
				       struct credentials *credentials, struct err *reterr)
{
	_cleanup_(kubeconfig_freep) struct kubeconfig *config = NULL;
	const struct kubeconfig_cluster *cluster = NULL;
	const struct kubeconfig_user *user = NULL;
	bool asked = credentials_given(params->kubeconfig);
	const char *origin = asked ? params->kubeconfig : params->kubeconfig_list;
	int r;

	if (asked)
		r = credentials_read_kubeconfig(params->kubeconfig, &config, reterr);
	else
		r = credentials_read_list(params->kubeconfig_list, &config, reterr);
	if (r < 0)
		return r;
	if (!config)
		return err_set(reterr, -ENOENT, "%s: none of these files is there", origin);
	r = kubeconfig_resolve(config, params->context, &cluster, &user, reterr);
	if (r < 0)
		return r;
	/* What would break the header line that carries it. */
	if (user && user->token && strpbrk(user->token, " \t\r\n"))
		return err_set(reterr, -EINVAL, "%s:%u: user %s: token: holds blanks", user->file, user->line,
			       user->name);
	credentials->origin = alloc_string(origin);
	credentials_take_cluster(credentials, cluster);
	if (user)
		credentials_take_user(credentials, user);
	if (user && user->exec)
		credentials_take_exec(credentials, user, cluster);
	return 0;
}

static char *credentials_in(const char *directory, const char *name)
{
	struct buf buf = BUF_INIT;

	buf_printf(&buf, "%s/%s", directory, name);
	return buf.data;
}

static void credentials_from_cluster(const struct credentials_params *params, struct credentials *credentials)
{
	const char *directory = credentials_given(params->service_account) ? params->service_account
									   : CREDENTIALS_SERVICE_ACCOUNT;
	struct buf server = BUF_INIT;

	/* An IPv6 address needs brackets. */
	if (strchr(params->service_host, ':'))
		buf_printf(&server, "https://[%s]:%s", params->service_host, params->service_port);
	else
		buf_printf(&server, "https://%s:%s", params->service_host, params->service_port);
	credentials->server = server.data;
	credentials->origin = alloc_string("in-cluster");
	credentials->token_file = credentials_in(directory, "token");
	credentials->ca_file = credentials_in(directory, "ca.crt");
	/* Without it the system's roots must do, as for every client in a Pod. */
	if (access(credentials->ca_file, F_OK) < 0) {
		free(credentials->ca_file);
		credentials->ca_file = NULL;
	}
}

static int credentials_check_server(struct credentials *credentials, struct err *reterr)
{
	bool tls = credentials->insecure || credentials->ca.data || credentials->ca_file ||
		   credentials->certificate.data || credentials->certificate_file;
	struct buf server = BUF_INIT;
	size_t len;

	if (!strstr(credentials->server, "://")) {
		/* As in kubectl: a name without a scheme is http, unless there is something to do TLS with.
		 */
		buf_printf(&server, "%s://%s", tls ? "https" : "http", credentials->server);
		free(credentials->server);
		credentials->server = server.data;
	}
	len = strlen(credentials->server);
	while (len && credentials->server[len - 1] == '/')
		credentials->server[--len] = '\0';
	if ((strncasecmp(credentials->server, "https://", 8) != 0 &&
	     strncasecmp(credentials->server, "http://", 7) != 0) ||
	    strpbrk(credentials->server, " \t\r\n?#@"))
		return err_set(reterr, -EINVAL, "%s: server: not an http or https URL", credentials->origin);
	return 0;
}

int credentials_load(const struct credentials_params *params, int64_t now_ms, struct credentials **ret,
		     struct err *reterr)
{
	_cleanup_(credentials_freep) struct credentials *credentials = alloc_zeroed(1, sizeof(*credentials));
	int r = 0;

	if (credentials_given(params->kubeconfig) || credentials_given(params->kubeconfig_list)) {
		r = credentials_from_kubeconfig(params, credentials, reterr);
	} else if (credentials_given(params->master)) {
		credentials->origin = alloc_string("--master");
	} else if (credentials_given(params->service_host) && credentials_given(params->service_port)) {
		credentials_from_cluster(params, credentials);
	} else {
		return err_set(
			reterr, -ENOENT,
			"no API server is configured: neither --kubeconfig, KUBECONFIG nor a service account");
	}
	if (r < 0)
		return r;
	if (credentials_given(params->master)) {
		free(credentials->server);
		credentials->server = alloc_string(params->master);
	}
	r = credentials_check_server(credentials, reterr);
	if (r == 0)
		r = credentials_refresh(credentials, true, now_ms, reterr);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(credentials);
	return 0;
}

static void credentials_replace_blob(struct credentials_blob *blob, const char *text)
{
	credentials_wipe_blob(blob);
	blob->data = alloc_string(text);
	blob->size = text ? strlen(text) : 0;
}

void credentials_replace(struct credentials *credentials, const char *token, const char *certificate,
			 const char *key)
{
	credentials_wipe(&credentials->token);
	credentials->token = alloc_string(token);
	credentials_replace_blob(&credentials->certificate, certificate);
	credentials_replace_blob(&credentials->key, key);
}

void credentials_environment(struct credentials_params *params)
{
	params->kubeconfig_list = getenv("KUBECONFIG");
	params->service_host = getenv("KUBERNETES_SERVICE_HOST");
	params->service_port = getenv("KUBERNETES_SERVICE_PORT");
}
