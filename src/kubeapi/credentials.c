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
#include "kubeapi/pem.h"

#define CREDENTIALS_FILE_MAX  (1024 * 1024) /* bytes of a certificate bundle */
#define CREDENTIALS_TOKEN_MAX 65536
#define CREDENTIALS_LIST_MAX  64 /* files in $KUBECONFIG */

static bool credentials_given(const char *text)
{
	return text && *text;
}

struct credentials *credentials_free(struct credentials *credentials)
{
	if (!credentials)
		return NULL;
	free(credentials->server);
	free(credentials->origin);
	free(credentials->tls_server_name);
	secret_wipe_bytes(&credentials->ca);
	free(credentials->ca_skipped);
	secret_wipe_bytes(&credentials->certificate);
	secret_wipe_bytes(&credentials->key);
	secret_wipe(&credentials->token);
	free(credentials->username);
	secret_wipe(&credentials->password);
	secret_wipe(&credentials->proxy_url);
	secret_wipe(&credentials->env_proxy);
	kubeconfig_exec_free(credentials->exec);
	secret_wipe(&credentials->exec_config);
	free(credentials->ca_file);
	free(credentials->certificate_file);
	free(credentials->key_file);
	free(credentials->token_file);
	free(credentials);
	return NULL;
}

/* The whole file. One buffer of the largest size: growing it would leave copies of a key in memory. */
static int credentials_read_file(const char *path, size_t size_max, struct secret_bytes *ret,
				 struct err *reterr)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct secret_bytes bytes = { 0 };
	struct stat status;
	ssize_t n = 1;

	if (fd < 0 || fstat(fd, &status) < 0)
		return err_set(reterr, -errno, "%s: %s", path, strerror(errno));
	if (!S_ISREG(status.st_mode))
		return err_set(reterr, -EINVAL, "%s: not a file", path);
	bytes.data = alloc_bytes(size_max + 1);
	while (n > 0 && bytes.size <= size_max) {
		n = read(fd, bytes.data + bytes.size, size_max + 1 - bytes.size);
		if (n < 0 && errno == EINTR)
			n = 1;
		else if (n > 0)
			bytes.size += (size_t)n;
	}
	if (n < 0 || bytes.size > size_max) {
		n = n < 0 ? err_set(reterr, -errno, "%s: %s", path, strerror(errno))
			  : err_set(reterr, -EFBIG, "%s: larger than %zu bytes", path, size_max);
		secret_wipe_bytes(&bytes);
		return (int)n;
	}
	bytes.data[bytes.size] = '\0';
	*ret = bytes;
	return 0;
}

/* Move @from, if there is something in it. */
static void credentials_take(struct secret_bytes *from, struct secret_bytes *into)
{
	if (!from->data)
		return;
	secret_wipe_bytes(into);
	*into = *from;
	*from = (struct secret_bytes){ 0 };
}

/* @check: whether the content can be used */
static int credentials_read_bytes(const char *path,
				  int (*check)(const char *bytes, size_t size, struct err *reterr),
				  struct secret_bytes *bytes, struct err *reterr)
{
	struct secret_bytes fresh;
	int r;

	if (!path)
		return 0;
	r = credentials_read_file(path, CREDENTIALS_FILE_MAX, &fresh, reterr);
	if (r < 0)
		return r;
	r = fresh.size ? check(fresh.data, fresh.size, reterr) : err_set(reterr, -EINVAL, "empty");
	if (r == 0)
		credentials_take(&fresh, bytes);
	secret_wipe_bytes(&fresh);
	return r < 0 ? err_wrap(reterr, "%s", path) : 0;
}

/* @bytes came from @whose. */
static int credentials_use_bundle(struct credentials *credentials, const struct secret_bytes *bytes,
				  const char *whose, struct err *reterr)
{
	struct secret_bytes bundle;
	struct err skipped;
	int r;

	r = pem_read_bundle(bytes->data, bytes->size, &bundle, &skipped, reterr);
	if (r < 0)
		return err_wrap(reterr, "%s", whose);
	credentials_take(&bundle, &credentials->ca);
	free(credentials->ca_skipped);
	credentials->ca_skipped = NULL;
	if (skipped.code) {
		(void)err_wrap(&skipped, "%s", whose);
		credentials->ca_skipped = alloc_string(skipped.text);
	}
	return 0;
}

static int credentials_read_bundle(struct credentials *credentials, struct err *reterr)
{
	struct secret_bytes bytes;
	int r;

	if (!credentials->ca_file)
		return 0;
	r = credentials_read_file(credentials->ca_file, CREDENTIALS_FILE_MAX, &bytes, reterr);
	if (r < 0)
		return r;
	if (bytes.size)
		r = credentials_use_bundle(credentials, &bytes, credentials->ca_file, reterr);
	else
		r = err_set(reterr, -EINVAL, "%s: empty", credentials->ca_file);
	secret_wipe_bytes(&bytes);
	return r;
}

static int credentials_read_token(struct credentials *credentials, struct err *reterr)
{
	struct secret_bytes bytes;
	size_t start, len;
	int r;

	if (!credentials->token_file)
		return 0;
	r = credentials_read_file(credentials->token_file, CREDENTIALS_TOKEN_MAX, &bytes, reterr);
	if (r < 0)
		return r;
	start = strspn(bytes.data, " \t\r\n");
	len = strcspn(bytes.data + start, " \t\r\n");
	/* One word: a token with blanks would break the header line that carries it. */
	if (!len || start + len + strspn(bytes.data + start + len, " \t\r\n") != bytes.size) {
		r = err_set(reterr, -EINVAL, "%s: %s", credentials->token_file,
			    len ? "not a token" : "empty");
	} else {
		secret_wipe(&credentials->token);
		bytes.data[start + len] = '\0';
		credentials->token = alloc_string(bytes.data + start);
	}
	secret_wipe_bytes(&bytes);
	return r;
}

/* Certificate and key change together: both are read before either is used. */
static int credentials_read_pair(struct credentials *credentials, struct err *reterr)
{
	struct secret_bytes certificate = { 0 }, key = { 0 };
	int r;

	r = credentials_read_bytes(credentials->certificate_file, pem_check_certificate, &certificate,
				   reterr);
	if (r == 0)
		r = credentials_read_bytes(credentials->key_file, pem_check_key, &key, reterr);
	if (r == 0) {
		credentials_take(&certificate, &credentials->certificate);
		credentials_take(&key, &credentials->key);
	}
	secret_wipe_bytes(&certificate);
	secret_wipe_bytes(&key);
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
		other = credentials_read_bundle(credentials, r < 0 ? NULL : reterr);
		r = r < 0 ? r : other;
		other = credentials_read_pair(credentials, r < 0 ? NULL : reterr);
		r = r < 0 ? r : other;
	}
	return r;
}

/* @path as the kubeconfig @file means it: relative to its own directory. */
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

static int credentials_check_data(const struct kubeconfig_user *user, struct err *reterr)
{
	const struct secret_bytes *certificate = &user->client_certificate_data,
				  *key = &user->client_key_data;
	int r = 0;

	if (certificate->data && pem_check_certificate(certificate->data, certificate->size, reterr) < 0)
		r = err_wrap(reterr, "client-certificate-data");
	else if (key->data && pem_check_key(key->data, key->size, reterr) < 0)
		r = err_wrap(reterr, "client-key-data");
	return r < 0 ? err_wrap(reterr, "%s:%u: user %s", user->entry.file, user->entry.line,
				user->entry.name)
		     : 0;
}

/* As kubectl: inline data wins over a path, a token file over a token. */
static void credentials_take_user(struct credentials *credentials, struct kubeconfig_user *user)
{
	const char *file = user->entry.file;
	char *command;

	credentials_take(&user->client_certificate_data, &credentials->certificate);
	if (!credentials->certificate.data)
		credentials->certificate_file = credentials_path(file, user->client_certificate);
	credentials_take(&user->client_key_data, &credentials->key);
	if (!credentials->key.data)
		credentials->key_file = credentials_path(file, user->client_key);
	credentials->token_file = credentials_path(file, user->token_file);
	if (!credentials->token_file)
		credentials->token = TAKE_PTR(user->token);
	credentials->username = TAKE_PTR(user->username);
	credentials->password = TAKE_PTR(user->password);
	credentials->exec = TAKE_PTR(user->exec);
	/* A command without a slash is searched in $PATH. */
	if (credentials->exec && strchr(credentials->exec->argv[0], '/')) {
		command = credentials->exec->argv[0];
		credentials->exec->argv[0] = credentials_path(file, command);
		free(command);
	}
}

static int credentials_take_cluster(struct credentials *credentials, struct kubeconfig_cluster *cluster,
				    struct err *reterr)
{
	const struct kubeconfig_entry *entry = &cluster->entry;
	char whose[ERR_TEXT_SIZE];

	credentials->server = TAKE_PTR(cluster->server);
	credentials->tls_server_name = TAKE_PTR(cluster->tls_server_name);
	credentials->insecure = cluster->insecure_skip_tls_verify;
	credentials->disable_compression = cluster->disable_compression;
	credentials->proxy_url = TAKE_PTR(cluster->proxy_url);
	credentials->exec_config = TAKE_PTR(cluster->exec_config);
	if (!cluster->certificate_authority_data.data) {
		credentials->ca_file = credentials_path(entry->file, cluster->certificate_authority);
		return 0;
	}
	(void)snprintf(whose, sizeof(whose), "%.200s:%u: cluster %.60s: certificate-authority-data",
		       entry->file, entry->line, entry->name);
	return credentials_use_bundle(credentials, &cluster->certificate_authority_data, whose, reterr);
}

static int credentials_read_kubeconfig(const char *path, struct kubeconfig **config, struct err *reterr)
{
	struct secret_bytes bytes;
	struct kubeconfig *more;
	int r;

	r = credentials_read_file(path, KUBECONFIG_SIZE_MAX, &bytes, reterr);
	if (r < 0)
		return r;
	r = kubeconfig_parse(path, bytes.data, bytes.size, &more, reterr);
	secret_wipe_bytes(&bytes);
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
	struct kubeconfig_cluster *cluster = NULL;
	struct kubeconfig_user *user = NULL;
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
		return err_set(reterr, -ENOENT, "%s: none of these files exists", origin);
	r = kubeconfig_resolve(config, params->context, &cluster, &user, reterr);
	if (r < 0)
		return r;
	/* They would break the header line that carries it. */
	if (user && user->token && strpbrk(user->token, " \t\r\n"))
		return err_set(reterr, -EINVAL, "%s:%u: user %s: token: contains blanks", user->entry.file,
			       user->entry.line, user->entry.name);
	credentials->origin = alloc_string(origin);
	r = credentials_take_cluster(credentials, cluster, reterr);
	if (r == 0 && user)
		r = credentials_check_data(user, reterr);
	if (r == 0 && user)
		credentials_take_user(credentials, user);
	return r;
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
	/* Without it the system's root certificates are used, as by every client in a Pod. */
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
		/* As kubectl: without a scheme it is http, unless there is a setting for TLS. */
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

	secret_forbid_dumps();
	if (credentials_given(params->kubeconfig) || credentials_given(params->kubeconfig_list)) {
		r = credentials_from_kubeconfig(params, credentials, reterr);
	} else if (credentials_given(params->master)) {
		credentials->origin = alloc_string("--master");
	} else if (credentials_given(params->service_host) && credentials_given(params->service_port)) {
		credentials_from_cluster(params, credentials);
	} else {
		return err_set(
			reterr, -ENOENT,
			"no API server is configured: no --kubeconfig, no KUBECONFIG and no service account");
	}
	if (r < 0)
		return r;
	if (credentials_given(params->master)) {
		free(credentials->server);
		credentials->server = alloc_string(params->master);
	}
	r = credentials_check_server(credentials, reterr);
	if (r == 0 && !credentials->proxy_url)
		credentials->env_proxy = env_proxy_choose(&params->proxies, credentials->server);
	if (r == 0)
		r = credentials_refresh(credentials, true, now_ms, reterr);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(credentials);
	return 0;
}

static void credentials_replace_bytes(struct secret_bytes *bytes, const char *text)
{
	secret_wipe_bytes(bytes);
	bytes->data = alloc_string(text);
	bytes->size = text ? strlen(text) : 0;
}

void credentials_replace(struct credentials *credentials, const char *token, const char *certificate,
			 const char *key)
{
	secret_wipe(&credentials->token);
	credentials->token = alloc_string(token);
	credentials_replace_bytes(&credentials->certificate, certificate);
	credentials_replace_bytes(&credentials->key, key);
}

static const char *credentials_variable(const char *name, const char *other_name)
{
	const char *value = getenv(name);

	return credentials_given(value) ? value : getenv(other_name);
}

void credentials_environment(struct credentials_params *params)
{
	params->kubeconfig_list = getenv("KUBECONFIG");
	params->service_host = getenv("KUBERNETES_SERVICE_HOST");
	params->service_port = getenv("KUBERNETES_SERVICE_PORT");
	params->proxies.http_proxy = credentials_variable("HTTP_PROXY", "http_proxy");
	params->proxies.https_proxy = credentials_variable("HTTPS_PROXY", "https_proxy");
	params->proxies.no_proxy = credentials_variable("NO_PROXY", "no_proxy");
}
