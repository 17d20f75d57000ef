/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "decode/base64.h"
#include "kubeapi/kubeconfig.h"

static struct kubeconfig *parse(const char *file, const char *text)
{
	struct kubeconfig *config = NULL;
	struct err err = { 0 };

	if (kubeconfig_parse(file, text, strlen(text), &config, &err) < 0)
		fail_msg("%s", err.text);
	return config;
}

static const char whole[] = "apiVersion: v1\n"
			    "kind: Config\n"
			    "preferences: {}\n"
			    "current-context: here\n"
			    "clusters:\n"
			    "- name: c1\n"
			    "  cluster:\n"
			    "    server: https://10.0.0.1:6443\n"
			    "    certificate-authority: pki/ca.crt\n"
			    "    tls-server-name: kubernetes\n"
			    "    proxy-url: http://10.0.0.9:3128\n"
			    "- name: c2\n"
			    "  cluster:\n"
			    "    server: https://10.0.0.2:6443\n"
			    "    insecure-skip-tls-verify: true\n"
			    "    disable-compression: true\n"
			    "users:\n"
			    "- name: u1\n"
			    "  user:\n"
			    "    client-certificate-data: Y2Vy\n"
			    "    client-key-data: |\n"
			    "      a2\n"
			    "      V5\n"
			    "- name: u2\n"
			    "  user: {tokenFile: token, token: \"\"}\n"
			    "- name: u3\n"
			    "  user:\n"
			    "    auth-provider:\n"
			    "      name: gcp\n"
			    "contexts:\n"
			    "- name: here\n"
			    "  context: {cluster: c1, user: u1}\n"
			    "- name: there\n"
			    "  context: {cluster: c2, user: u2}\n"
			    "- name: cloud\n"
			    "  context: {cluster: c2, user: u3}\n"
			    "- name: nobody\n"
			    "  context: {cluster: c2}\n"
			    "- name: lost\n"
			    "  context: {cluster: c3, user: u1}\n";

static void test_whole(void **state)
{
	_cleanup_(kubeconfig_freep) struct kubeconfig *config = parse("dir/config", whole);
	struct kubeconfig_cluster *cluster;
	struct kubeconfig_user *user;
	struct err err;

	(void)state;
	assert_int_equal(kubeconfig_resolve(config, NULL, &cluster, &user, &err), 0);
	assert_string_equal(cluster->server, "https://10.0.0.1:6443");
	assert_string_equal(cluster->certificate_authority, "pki/ca.crt");
	assert_string_equal(cluster->tls_server_name, "kubernetes");
	assert_string_equal(cluster->proxy_url, "http://10.0.0.9:3128");
	assert_string_equal(cluster->entry.file, "dir/config");
	assert_int_equal(cluster->entry.line, 6);
	assert_false(cluster->insecure_skip_tls_verify);
	assert_false(cluster->disable_compression);
	assert_int_equal(user->client_certificate_data.size, 3);
	assert_memory_equal(user->client_certificate_data.data, "cer", 4);
	assert_memory_equal(user->client_key_data.data, "key", 4);
	assert_int_equal(kubeconfig_resolve(config, "there", &cluster, &user, &err), 0);
	assert_true(cluster->insecure_skip_tls_verify);
	assert_true(cluster->disable_compression);
	assert_string_equal(user->token_file, "token");
	assert_null(user->token);
	assert_int_equal(kubeconfig_resolve(config, "nobody", &cluster, &user, &err), 0);
	assert_null(user);
}

/* As kubectl writes it. */
static void test_nobody_is_impersonated(void **state)
{
	_cleanup_(kubeconfig_freep) struct kubeconfig *config = parse(
		"f",
		"clusters: [{name: a, cluster: {server: s}}]\n"
		"users: [{name: u, user: {as: \"\", as-uid: '', as-groups: [], as-user-extra: null, token: x}}]");
	struct kubeconfig_cluster *cluster;
	struct kubeconfig_user *user;
	struct err err;

	(void)state;
	assert_int_equal(kubeconfig_resolve(config, NULL, &cluster, &user, &err), 0);
	assert_string_equal(user->token, "x");
}

static void test_unusable_contexts(void **state)
{
	_cleanup_(kubeconfig_freep) struct kubeconfig *config = parse("dir/config", whole);
	struct kubeconfig_cluster *cluster;
	struct kubeconfig_user *user;
	struct err err;

	(void)state;
	assert_int_equal(kubeconfig_resolve(config, "cloud", &cluster, &user, &err), -EOPNOTSUPP);
	assert_string_equal(err.text, "dir/config:26: user u3: auth-provider: not supported");
	assert_int_equal(kubeconfig_resolve(config, "lost", &cluster, &user, &err), -ENOENT);
	assert_string_equal(err.text, "dir/config:39: context lost: cluster c3: not in the kubeconfig");
	assert_int_equal(kubeconfig_resolve(config, "nowhere", &cluster, &user, &err), -ENOENT);
	assert_string_equal(err.text, "dir/config: context nowhere: not in the kubeconfig");
}

static void test_json(void **state)
{
	_cleanup_(kubeconfig_freep) struct kubeconfig *config = parse(
		"c", "{\"kind\":\"Config\",\"apiVersion\":\"v1\",\t\"clusters\":[{\"name\":\"a\",\"cluster\":"
		     "{\"server\":\"https:\\/\\/h\"}}],\"users\":null,\"contexts\":[]}");
	struct kubeconfig_cluster *cluster;
	struct kubeconfig_user *user;
	struct err err;

	(void)state;
	/* Without a context the only cluster is used. */
	assert_int_equal(kubeconfig_resolve(config, "", &cluster, &user, &err), 0);
	assert_string_equal(cluster->server, "https://h");
	assert_null(user);
}

static void test_merge(void **state)
{
	_cleanup_(kubeconfig_freep) struct kubeconfig *config =
		parse("one", "contexts: [{name: x, context: {cluster: c, user: u}}]\n"
			     "clusters: [{name: c, cluster: {server: https://first}}]\n");
	struct kubeconfig_cluster *cluster;
	struct kubeconfig_user *user;
	struct err err;

	(void)state;
	kubeconfig_merge(config, parse("two", "current-context: x\n"
					      "clusters: [{name: c, cluster: {server: https://second}}]\n"
					      "users: [{name: u, user: {token: t}}]\n"));
	kubeconfig_merge(config, parse("three", "current-context: y\n"));
	assert_int_equal(kubeconfig_resolve(config, NULL, &cluster, &user, &err), 0);
	assert_string_equal(cluster->server, "https://first");
	assert_string_equal(cluster->entry.file, "one");
	assert_string_equal(user->token, "t");
	assert_string_equal(user->entry.file, "two");
}

/* Texts that are no kubeconfig: errors have line, field and reason, and never a secret. */
static void test_bad_texts(void **state)
{
	static const struct {
		const char *text;
		int code;
		const char *reason;
	} rows[] = {
		{ "", -EINVAL, "f: empty" },
		{ "a: [", -EBADMSG, "f:" },
		{ "- a\n", -EINVAL, "f:1: expected an object" },
		{ "kind: Pod\n", -EINVAL, "f:1: kind: not Config: this is not a kubeconfig" },
		{ "apiVersion: v2\n", -EINVAL, "f:1: apiVersion: not v1: this is not a kubeconfig" },
		{ "clusters: 7\n", -EINVAL, "f:1: clusters: expected a list" },
		{ "clusters:\n- 7\n", -EINVAL, "f:2: clusters[0]: expected an object" },
		{ "clusters:\n- cluster: {}\n", -EINVAL, "f:2: clusters[0].name: missing" },
		{ "clusters:\n- name: a\n- name: a\n", -EINVAL,
		  "f:3: clusters[1].name: \"a\" is not unique" },
		{ "clusters:\n- name: a\n  cluster: x\n", -EINVAL,
		  "f:3: clusters[0].cluster: expected an object" },
		{ "clusters:\n- name: a\n  cluster:\n    server: [x]\n", -EINVAL,
		  "f:4: clusters[0].cluster.server: expected a string" },
		{ "clusters:\n- name: a\n  cluster:\n    server: x\n    server: y\n", -EINVAL,
		  "f:5: clusters[0].cluster.server: given twice" },
		{ "clusters:\n- name: a\n  cluster:\n    insecure-skip-tls-verify: maybe\n", -EINVAL,
		  "f:4: clusters[0].cluster.insecure-skip-tls-verify: expected true or false" },
		{ "users:\n- name: a\n  user:\n    client-key-data: hunter2!\n", -EINVAL,
		  "f:4: users[0].user.client-key-data: not base64" },
		{ "users:\n- name: a\n  user:\n    token: {hunter2: x}\n", -EINVAL,
		  "f:4: users[0].user.token: expected a string" },
		{ "users:\n- name: a\n  user:\n    token: \"hunter2\\0\"\n", -EINVAL,
		  "f:4: users[0].user.token: a NUL within a string" },
	};
	struct kubeconfig *config;
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		config = NULL;
		assert_int_equal(kubeconfig_parse("f", rows[i].text, strlen(rows[i].text), &config, &err),
				 rows[i].code);
		assert_null(config);
		if (rows[i].code == -EBADMSG)
			assert_memory_equal(err.text, rows[i].reason, strlen(rows[i].reason));
		else
			assert_string_equal(err.text, rows[i].reason);
		assert_null(strstr(err.text, "hunter2"));
	}
}

/* Each of them can be read but not used. */
static void test_contradictions(void **state)
{
	static const struct {
		const char *text;
		const char *reason;
	} rows[] = {
		{ "clusters: [{name: a, cluster: {}}]", "f:1: cluster a: server: missing" },
		{ "clusters: [{name: a, cluster: {server: s, certificate-authority: x, insecure-skip-tls-verify: true}}]",
		  "f:1: cluster a: insecure-skip-tls-verify: contradicts certificate-authority" },
		{ "clusters: [{name: a, cluster: {server: s}}]\nusers: [{name: u, user: {client-certificate: x}}]",
		  "f:2: user u: client-key: missing" },
		{ "clusters: [{name: a, cluster: {server: s}}]\nusers: [{name: u, user: {client-key: x}}]",
		  "f:2: user u: client-certificate: missing" },
		{ "clusters: [{name: a, cluster: {server: s}}]\nusers: [{name: u, user: {token: x, username: y}}]",
		  "f:2: user u: token: contradicts username and password" },
		{ "clusters: [{name: a, cluster: {server: s}}]\nusers: [{name: u, user: {as: root, token: x}}]",
		  "f:2: user u: as: not supported" },
		{ "clusters: [{name: a, cluster: {server: s}}]\nusers: [{name: u, user: {as: [], as-groups: [g], token: x}}]",
		  "f:2: user u: as-groups: not supported" },
		{ "clusters: [{name: a, cluster: {server: s}}]\nusers: [{name: u, user: {auth-provider: {name: gcp}}}]",
		  "f:2: user u: auth-provider: not supported" },
		{ "clusters: [{name: a, cluster: {server: s}}, {name: b, cluster: {server: s}}]",
		  "f: current-context: missing" },
		{ "{}", "f: current-context: missing" },
	};
	struct kubeconfig_cluster *cluster;
	struct kubeconfig_user *user;
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(kubeconfig_freep) struct kubeconfig *config = parse("f", rows[i].text);

		assert_true(kubeconfig_resolve(config, NULL, &cluster, &user, &err) < 0);
		assert_string_equal(err.text, rows[i].reason);
	}
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

static void test_base64(void **state)
{
	static const char *const bad[] = { "YQ", "YQ=", "Y===", "YQ==YQ==", "Y=Q=", "Y Q=", "Yf==", "YWJ-" };
	size_t size, i;
	char *bytes;

	(void)state;
	assert_int_equal(base64_decode("", 0, &bytes, &size), 0);
	assert_int_equal(size, 0);
	free(bytes);
	assert_int_equal(base64_decode("+/8A\r\n/w==\n", 11, &bytes, &size), 0);
	assert_int_equal(size, 4);
	assert_memory_equal(bytes, "\xfb\xff\x00\xff", 5);
	free(bytes);
	assert_string_equal(bytes = base64_encode("", 0), "");
	free(bytes);
	assert_string_equal(bytes = base64_encode("\xfb\xff\0", 3), "+/8A");
	free(bytes);
	assert_string_equal(bytes = base64_encode("\xfb\xff\0\xff", 4), "+/8A/w==");
	free(bytes);
	assert_string_equal(bytes = base64_encode("hello", 5), "aGVsbG8=");
	free(bytes);
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(base64_decode(bad[i], strlen(bad[i]), &bytes, &size), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_nobody_is_impersonated),
		cmocka_unit_test(test_unusable_contexts),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_merge),
		cmocka_unit_test(test_bad_texts),
		cmocka_unit_test(test_contradictions),
		cmocka_unit_test(test_every_prefix),
		cmocka_unit_test(test_base64),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
