/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The server, our identity, and files that change while we run. The clock is a number. */
#include "config.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cmocka.h>

#include "kubeapi/credentials.h"
#include "certificate.h"

#define CONFIG(NAME, CLUSTER, USER)                                                     \
	"apiVersion: v1\nkind: Config\ncurrent-context: " NAME "\n"                     \
	"contexts:\n- name: " NAME "\n  context: {cluster: " NAME ", user: " NAME "}\n" \
	"clusters:\n- name: " NAME "\n  cluster: {" CLUSTER "}\n"                       \
	"users:\n- name: " NAME "\n  user: {" USER "}\n"

#define CERTIFICATE(N) PEM("CERTIFICATE", N "\n")
#define KEY(N)	       PEM("PRIVATE KEY", N "\n")

static char directory[64];

static int setup(void **state)
{
	(void)state;
	(void)snprintf(directory, sizeof(directory), "/tmp/test_credentials.XXXXXX");
	return mkdtemp(directory) ? 0 : -1;
}

static const char *const names[] = { "a", "b", "token", "ca.crt", "cert", "key" };

static void path_of(const char *name, char *ret, size_t size)
{
	int n = snprintf(ret, size, "%s/%s", directory, name);

	assert_true(n > 0 && (size_t)n < size);
}

static int teardown(void **state)
{
	char path[128];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		path_of(names[i], path, sizeof(path));
		(void)unlink(path);
	}
	return rmdir(directory);
}

static void write_file(const char *name, const char *text)
{
	char path[128];
	FILE *file;

	path_of(name, path, sizeof(path));
	file = fopen(path, "we");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void remove_file(const char *name)
{
	char path[128];

	path_of(name, path, sizeof(path));
	assert_int_equal(unlink(path), 0);
}

static struct credentials *load(const char *name, const char *context)
{
	struct credentials_params params = { .context = context };
	struct credentials *credentials = NULL;
	struct err err = { 0 };
	char path[128];

	path_of(name, path, sizeof(path));
	params.kubeconfig = path;
	assert_int_equal(credentials_load(&params, 0, &credentials, &err), 0);
	return credentials;
}

static void test_token_is_read_again(void **state)
{
	struct credentials *credentials;
	struct err err = { 0 };

	(void)state;
	write_file("token", "first\n");
	write_file("a", CONFIG("a", "server: 'https://a:6443/'", "tokenFile: token, token: inline"));
	credentials = load("a", NULL);
	assert_string_equal(credentials->server, "https://a:6443");
	assert_string_equal(credentials->token, "first");

	write_file("token", "second\n");
	assert_int_equal(credentials_refresh(credentials, false, CREDENTIALS_TOKEN_PERIOD_MS - 1, &err), 0);
	assert_string_equal(credentials->token, "first");
	assert_int_equal(credentials_refresh(credentials, false, CREDENTIALS_TOKEN_PERIOD_MS, &err), 0);
	assert_string_equal(credentials->token, "second");

	/* The server answered 401: read the files now, not in a minute. */
	write_file("token", "third");
	assert_int_equal(credentials_refresh(credentials, true, CREDENTIALS_TOKEN_PERIOD_MS + 1, &err), 0);
	assert_string_equal(credentials->token, "third");

	/* A file that cannot be used leaves the last good token, and is not quoted. */
	write_file("token", "hush hush\n");
	assert_true(credentials_refresh(credentials, true, CREDENTIALS_TOKEN_PERIOD_MS + 2, &err) < 0);
	assert_non_null(strstr(err.text, "/token: not a token"));
	assert_null(strstr(err.text, "hush"));
	assert_string_equal(credentials->token, "third");
	remove_file("token");
	assert_int_equal(credentials_refresh(credentials, true, CREDENTIALS_TOKEN_PERIOD_MS + 3, &err),
			 -ENOENT);
	assert_string_equal(credentials->token, "third");
	credentials_free(credentials);
}

static void test_certificates_are_read_again(void **state)
{
	struct credentials *credentials;
	struct err err = { 0 };

	(void)state;
	write_file("ca.crt", EC);
	write_file("cert", CERTIFICATE("1"));
	write_file("key", KEY("1"));
	write_file("a",
		   CONFIG("a", "server: 'https://a', certificate-authority: ca.crt, tls-server-name: name",
			  "client-certificate: cert, client-key: key"));
	credentials = load("a", NULL);
	assert_string_equal(credentials->tls_server_name, "name");
	assert_false(credentials->insecure);
	assert_string_equal(credentials->ca.data, EC);

	write_file("ca.crt", EC EC);
	write_file("cert", CERTIFICATE("2"));
	write_file("key", "");
	assert_int_equal(credentials_refresh(credentials, false, CREDENTIALS_FILES_PERIOD_MS - 1, &err), 0);
	assert_string_equal(credentials->ca.data, EC);
	/* The key is not written yet: the old pair stays, the new CA is used. */
	assert_int_equal(credentials_refresh(credentials, false, CREDENTIALS_FILES_PERIOD_MS, &err), -EINVAL);
	assert_string_equal(credentials->ca.data, EC EC);
	assert_string_equal(credentials->certificate.data, CERTIFICATE("1"));
	assert_string_equal(credentials->key.data, KEY("1"));
	write_file("key", KEY("2"));
	assert_int_equal(credentials_refresh(credentials, false, 2 * CREDENTIALS_FILES_PERIOD_MS, &err), 0);
	assert_string_equal(credentials->certificate.data, CERTIFICATE("2"));
	assert_string_equal(credentials->key.data, KEY("2"));
	credentials_free(credentials);
}

static void test_first_file_wins(void **state)
{
	struct credentials_params params = { 0 };
	struct credentials *credentials = NULL;
	struct err err = { 0 };
	char list[256];

	(void)state;
	write_file("a", CONFIG("a", "server: 'https://a', insecure-skip-tls-verify: true",
			       "username: u, password: p"));
	write_file("b", CONFIG("b", "server: 'https://b', proxy-url: 'http://proxy:3128'", "token: t"));
	assert_true(snprintf(list, sizeof(list), "%s/none:%s/a:%s/b", directory, directory, directory) <
		    (int)sizeof(list));
	params.kubeconfig_list = list;
	/* The list comes before the Pod's service account. */
	params.service_host = "10.0.0.1";
	params.service_port = "443";
	params.proxies.https_proxy = "env:3128";
	assert_int_equal(credentials_load(&params, 0, &credentials, &err), 0);
	assert_string_equal(credentials->server, "https://a");
	assert_null(credentials->proxy_url);
	assert_string_equal(credentials->env_proxy, "http://env:3128");
	assert_true(credentials->insecure);
	assert_string_equal(credentials->username, "u");
	assert_string_equal(credentials->password, "p");
	credentials_free(credentials);

	params.context = "b";
	assert_int_equal(credentials_load(&params, 0, &credentials, &err), 0);
	assert_string_equal(credentials->server, "https://b");
	assert_string_equal(credentials->proxy_url, "http://proxy:3128");
	assert_null(credentials->env_proxy);
	assert_string_equal(credentials->token, "t");
	credentials_free(credentials);
}

static void test_in_cluster(void **state)
{
	struct credentials_params params = { .service_host = "fd00::1", .service_port = "443" };
	struct credentials *credentials = NULL;
	struct err err = { 0 };

	(void)state;
	params.service_account = directory;
	write_file("token", "pod\n");
	write_file("ca.crt", CERTIFICATE("!") EC);
	assert_int_equal(credentials_load(&params, 0, &credentials, &err), 0);
	assert_string_equal(credentials->server, "https://[fd00::1]:443");
	assert_string_equal(credentials->token, "pod");
	assert_string_equal(credentials->ca.data, EC);
	assert_non_null(strstr(credentials->ca_skipped,
			       "/ca.crt: line 1: the certificate cannot be read: not base64"));
	credentials_free(credentials);

	params.service_host = NULL;
	assert_int_equal(credentials_load(&params, 0, &credentials, &err), -ENOENT);
}

/* Whoever may read a core dump could read the token. */
static void test_no_dumps(void **state)
{
	const struct credentials_params params = { .kubeconfig = "/nonexistent" };
	struct credentials *credentials = NULL;
	struct err err;

	(void)state;
	assert_int_equal(prctl(PR_SET_DUMPABLE, 1), 0);
	assert_true(credentials_load(&params, 0, &credentials, &err) < 0);
	assert_int_equal(prctl(PR_GET_DUMPABLE), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_dumps),
		cmocka_unit_test_setup_teardown(test_token_is_read_again, setup, teardown),
		cmocka_unit_test_setup_teardown(test_certificates_are_read_again, setup, teardown),
		cmocka_unit_test_setup_teardown(test_first_file_wins, setup, teardown),
		cmocka_unit_test_setup_teardown(test_in_cluster, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
