/* SPDX-License-Identifier: GPL-2.0-or-later */
/* users[].user.exec and the extension of a cluster for it. */
#include "config.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kubeapi/kubeconfig.h"
#include "kubeapi/kubeconfig_exec.h"

#define V1	"apiVersion: client.authentication.k8s.io/v1"
#define V1BETA1 "apiVersion: client.authentication.k8s.io/v1beta1"

static struct kubeconfig *parse(const char *text)
{
	struct kubeconfig *config = NULL;
	struct err err = { 0 };

	if (kubeconfig_parse("f", text, strlen(text), &config, &err) < 0)
		fail_msg("%s", err.text);
	return config;
}

static const char whole[] = "clusters:\n"
			    "- name: c\n"
			    "  cluster:\n"
			    "    server: https://h\n"
			    "    extensions:\n"
			    "    - name: other\n"
			    "      extension: 1\n"
			    "    - name: client.authentication.k8s.io/exec\n"
			    "      extension:\n"
			    "        text: \"7\"\n"
			    "        number: 7\n"
			    "        list: [true, ~, 1.5, {}]\n"
			    "users:\n"
			    "- name: u\n"
			    "  user:\n"
			    "    exec:\n"
			    "      " V1 "\n"
			    "      command: ./get token\n"
			    "      installHint: |\n"
			    "        Get it.\n"
			    "      interactiveMode: IfAvailable\n"
			    "      provideClusterInfo: true\n"
			    "      args: [a, \"\", 7]\n"
			    "      env:\n"
			    "      - {name: REGION, value: moon}\n"
			    "      - {name: EMPTY, value: \"\"}\n";

static void test_whole(void **state)
{
	struct kubeconfig_cluster *cluster;
	struct kubeconfig_user *user;
	const struct kubeconfig_exec *exec;
	struct kubeconfig *config;
	struct err err;

	(void)state;
	config = parse(whole);
	assert_int_equal(kubeconfig_resolve(config, NULL, &cluster, &user, &err), 0);
	assert_string_equal(cluster->exec_config,
			    "{\"text\":\"7\",\"number\":7,\"list\":[true,null,1.5,{}]}");
	exec = user->exec;
	assert_non_null(exec);
	assert_int_equal(exec->line, 17);
	assert_string_equal(exec->api_version, "client.authentication.k8s.io/v1");
	assert_string_equal(exec->install_hint, "Get it.\n");
	assert_true(exec->provide_cluster_info);
	assert_string_equal(exec->argv[0], "./get token");
	assert_string_equal(exec->argv[1], "a");
	assert_string_equal(exec->argv[2], "");
	assert_string_equal(exec->argv[3], "7");
	assert_null(exec->argv[4]);
	assert_int_equal(exec->n_env, 2);
	assert_string_equal(exec->env[0], "REGION=moon");
	assert_string_equal(exec->env[1], "EMPTY=");
	assert_null(exec->env[2]);
	kubeconfig_free(config);
}

static void test_bad_texts(void **state)
{
	static const struct {
		const char *exec;
		const char *reason;
	} rows[] = {
		{ "7", "f:1: users[0].user.exec: expected an object" },
		{ "{command: [x]}", "f:1: users[0].user.exec.command: expected a string" },
		{ "{args: hush}", "f:1: users[0].user.exec.args: expected a list" },
		{ "{args: [a, {hush: x}]}", "f:1: users[0].user.exec.args[1]: expected a string" },
		{ "{args: [~]}", "f:1: users[0].user.exec.args[0]: expected a string" },
		{ "{args: [\"hush\\0\"]}", "f:1: users[0].user.exec.args[0]: a NUL within a string" },
		{ "{env: {}}", "f:1: users[0].user.exec.env: expected a list" },
		{ "{env: [hush]}", "f:1: users[0].user.exec.env[0]: expected an object" },
		{ "{env: [{value: hush}]}", "f:1: users[0].user.exec.env[0].name: missing" },
		{ "{env: [{name: \"hush=x\"}]}", "f:1: users[0].user.exec.env[0].name: contains a =" },
		{ "{env: [{name: x, value: [hush]}]}",
		  "f:1: users[0].user.exec.env[0].value: expected a string" },
		{ "{provideClusterInfo: hush}",
		  "f:1: users[0].user.exec.provideClusterInfo: expected true or false" },
	};
	struct kubeconfig *config;
	char text[256];
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		int len = snprintf(text, sizeof(text), "users: [{name: u, user: {exec: %s}}]", rows[i].exec);

		config = NULL;
		assert_int_equal(kubeconfig_parse("f", text, (size_t)len, &config, &err), -EINVAL);
		assert_null(config);
		assert_string_equal(err.text, rows[i].reason);
		assert_null(strstr(err.text, "hush"));
	}
}

/* Each of them can be read but not used. */
static void test_contradictions(void **state)
{
	static const struct {
		const char *user;
		int code;
		const char *reason;
	} rows[] = {
		{ "exec: {command: x}", -EINVAL, "exec.apiVersion: missing" },
		{ "exec: {command: x, apiVersion: client.authentication.k8s.io/v1alpha1}", -EOPNOTSUPP,
		  "exec.apiVersion: neither client.authentication.k8s.io/v1 nor "
		  "client.authentication.k8s.io/v1beta1" },
		{ "exec: {" V1BETA1 "}", -EINVAL, "exec.command: missing" },
		{ "exec: {" V1 ", command: x}", -EINVAL, "exec.interactiveMode: missing" },
		{ "exec: {" V1 ", command: x, interactiveMode: Always}", -EOPNOTSUPP,
		  "exec.interactiveMode: Always: needs a terminal, and a daemon has none" },
		{ "exec: {" V1 ", command: x, interactiveMode: never}", -EINVAL,
		  "exec.interactiveMode: neither Never, IfAvailable nor Always" },
		{ "token: hush, exec: {" V1BETA1 ", command: x}", -EINVAL, "exec: contradicts token" },
		{ "username: u, password: hush, exec: {" V1BETA1 ", command: x}", -EINVAL,
		  "exec: contradicts username and password" },
		{ "client-certificate: c, client-key: k, exec: {" V1BETA1 ", command: x}", -EINVAL,
		  "exec: contradicts client-certificate" },
		{ "exec: {" V1BETA1 ", command: x}", 0, "" },
	};
	struct kubeconfig_cluster *cluster;
	struct kubeconfig_user *user;
	struct err err = { 0 };
	char text[512];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct kubeconfig *config;

		(void)snprintf(text, sizeof(text),
			       "clusters: [{name: c, cluster: {server: s}}]\nusers: [{name: u, user: {%s}}]",
			       rows[i].user);
		config = parse(text);
		err.text[0] = '\0';
		assert_int_equal(kubeconfig_resolve(config, NULL, &cluster, &user, &err), rows[i].code);
		if (rows[i].code < 0) {
			assert_memory_equal(err.text, "f:2: user u: ", 13);
			assert_string_equal(err.text + 13, rows[i].reason);
		}
		kubeconfig_free(config);
	}
}

static void extension_refused(const char *extension, const char *reason)
{
	struct kubeconfig *config = NULL;
	struct err err;
	char text[1024];
	int len = snprintf(
		text, sizeof(text),
		"clusters: [{name: c, cluster: {extensions: [{name: client.authentication.k8s.io/exec, "
		"extension: %s}]}}]",
		extension);

	assert_true(len > 0 && (size_t)len < sizeof(text));
	assert_int_equal(kubeconfig_parse("f", text, (size_t)len, &config, &err), -EINVAL);
	assert_string_equal(err.text, reason);
}

/* A few lines of aliases would be gigabytes of JSON. */
static void test_extensions(void **state)
{
	(void)state;
	extension_refused(
		"[&a [1,1,1,1,1,1,1,1], &b [*a,*a,*a,*a,*a,*a,*a,*a], &c [*b,*b,*b,*b,*b,*b,*b,*b], "
		"&d [*c,*c,*c,*c,*c,*c,*c,*c], [*d,*d,*d,*d,*d,*d,*d,*d]]",
		"f:1: clusters[0].cluster.extensions[0].extension: too large");
	extension_refused("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]",
			  "f:1: clusters[0].cluster.extensions[0].extension: too large");
	extension_refused("!hush 7", "f:1: clusters[0].cluster.extensions[0].extension: an unknown tag");
	extension_refused("\"a\\0\"",
			  "f:1: clusters[0].cluster.extensions[0].extension: a NUL within a string");
}

/* A text that is cut anywhere is read or refused; the sanitizers find the rest. */
static void test_every_prefix(void **state)
{
	struct err err;
	size_t size;

	(void)state;
	for (size = 0; size < sizeof(whole); size++) {
		struct kubeconfig *config = NULL;

		if (kubeconfig_parse("f", whole, size, &config, &err) < 0)
			assert_null(config);
		kubeconfig_free(config);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),	       cmocka_unit_test(test_bad_texts),
		cmocka_unit_test(test_contradictions), cmocka_unit_test(test_extensions),
		cmocka_unit_test(test_every_prefix),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
