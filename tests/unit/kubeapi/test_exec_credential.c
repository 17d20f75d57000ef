/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The answers of exec plugins, and the requests to them. */
#include "config.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "kubeapi/exec_credential.h"

#define ANSWER(STATUS) \
	"{\"apiVersion\":\"" EXEC_CREDENTIAL_V1 "\",\"kind\":\"ExecCredential\",\"status\":" STATUS "}"
#define PEM(WHAT) "-----BEGIN " WHAT "-----\\nYQ==\\n-----END " WHAT "-----\\n"

static int decode(const char *text, const char *version, struct exec_credential *ret, struct err *err)
{
	*ret = (struct exec_credential){ 0 };
	return exec_credential_decode(text, strlen(text), version, ret, err);
}

static void test_answers(void **state)
{
	struct exec_credential credential;
	struct err err;

	(void)state;
	assert_int_equal(decode(ANSWER("{\"token\":\"t\"}"), EXEC_CREDENTIAL_V1, &credential, &err), 0);
	assert_string_equal(credential.token, "t");
	assert_null(credential.certificate);
	assert_null(credential.key);
	assert_false(credential.expires);
	exec_credential_done(&credential);
	assert_null(credential.token);

	assert_int_equal(
		decode(ANSWER("{\"clientCertificateData\":\"" PEM(
			       "CERTIFICATE") "\",\"token\":\"\","
					      "\"clientKeyData\":\"" PEM(
						      "PRIVATE KEY") "\","
								     "\"expirationTimestamp\":\"1970-01-02T01:00:00+01:00\"}"),
		       EXEC_CREDENTIAL_V1, &credential, &err),
		0);
	assert_null(credential.token);
	assert_memory_equal(credential.certificate, "-----BEGIN CERTIFICATE-----\n", 28);
	assert_memory_equal(credential.key, "-----BEGIN PRIVATE KEY-----\n", 28);
	assert_true(credential.expires);
	assert_int_equal(credential.expiration_s, 86400);
	exec_credential_done(&credential);

	/* Fields of later versions are ignored. */
	assert_int_equal(
		decode("{\"apiVersion\":\"" EXEC_CREDENTIAL_V1BETA1
		       "\",\"kind\":\"ExecCredential\",\"spec\":{},"
		       "\"more\":[1],\"status\":{\"token\":\"t\",\"expirationTimestamp\":null,\"more\":{}}}",
		       EXEC_CREDENTIAL_V1BETA1, &credential, &err),
		0);
	assert_false(credential.expires);
	exec_credential_done(&credential);

	/* They may hold anything. */
	assert_int_equal(decode("{\"apiVersion\":\"" EXEC_CREDENTIAL_V1 "\",\"kind\":\"ExecCredential\","
				"\"more\":[\"\\u0000\",\"\\ud800\",\"\xff\",1e999,99999999999999999999],"
				"\"status\":{\"token\":\"t\",\"a\\u0000b\":\"\\u0000\"}}",
				EXEC_CREDENTIAL_V1, &credential, &err),
			 0);
	assert_string_equal(credential.token, "t");
	exec_credential_done(&credential);
}

static void test_bad_answers(void **state)
{
	static const struct {
		const char *text;
		int code;
		const char *reason;
	} rows[] = {
		{ "", -EBADMSG, "empty" },
		{ "hush", -EBADMSG, "not JSON that can be read" },
		{ ANSWER("{\"token\":\"hush\"}") "x", -EBADMSG, "not JSON that can be read" },
		{ ANSWER("{\"token\":\"hush\",\"token\":\"hush\"}"), -EBADMSG, "not JSON that can be read" },
		{ ANSWER("{\"token\":\"hush\\u0000\"}"), -EINVAL, "status.token: a NUL within a string" },
		{ ANSWER("{\"token\":\"hush\\ud800\"}"), -EINVAL,
		  "status.token: contains blanks or other characters that a token cannot have" },
		{ ANSWER("{\"token\":\"hush\xff\"}"), -EINVAL,
		  "status.token: contains blanks or other characters that a token cannot have" },
		{ "[]", -EINVAL, "expected an object" },
		{ "{}", -EINVAL, "kind: not ExecCredential" },
		{ "{\"kind\":\"hush\"}", -EINVAL, "kind: not ExecCredential" },
		{ "{\"kind\":\"ExecCredential\",\"apiVersion\":\"hush\"}", -EINVAL,
		  "apiVersion: not client.authentication.k8s.io/v1, which the kubeconfig asks for" },
		{ "{\"kind\":\"ExecCredential\",\"apiVersion\":\"" EXEC_CREDENTIAL_V1 "\"}", -EINVAL,
		  "status: missing" },
		{ ANSWER("[]"), -EINVAL, "status: expected an object" },
		{ ANSWER("{}"), -EINVAL, "status: neither a token nor a client certificate" },
		{ ANSWER("{\"token\":7}"), -EINVAL, "status.token: expected a string" },
		{ ANSWER("{\"token\":\"hu sh\"}"), -EINVAL,
		  "status.token: contains blanks or other characters that a token cannot have" },
		{ ANSWER("{\"token\":\"hush\\r\\nX: y\"}"), -EINVAL,
		  "status.token: contains blanks or other characters that a token cannot have" },
		{ ANSWER("{\"clientKeyData\":\"hush\"}"), -EINVAL,
		  "status: clientCertificateData and clientKeyData: one is missing" },
		{ ANSWER("{\"token\":\"hush\",\"clientCertificateData\":\"hush\"}"), -EINVAL,
		  "status: clientCertificateData and clientKeyData: one is missing" },
		{ ANSWER("{\"clientCertificateData\":\"hush\",\"clientKeyData\":\"" PEM("KEY") "\"}"),
		  -EINVAL, "status.clientCertificateData: no certificate in PEM" },
		{ ANSWER("{\"clientCertificateData\":\"" PEM("CERTIFICATE") "\",\"clientKeyData\":\"hush\"}"),
		  -EINVAL, "status.clientKeyData: no private key in PEM" },
		{ ANSWER("{\"clientCertificateData\":\"" PEM("CERTIFICATE") "\",\"clientKeyData\":\"" PEM(
			  "ENCRYPTED PRIVATE KEY") "\"}"),
		  -EINVAL,
		  "status.clientKeyData: line 1: the private key is encrypted, and its passphrase cannot be given" },
		{ ANSWER("{\"token\":\"hush\",\"expirationTimestamp\":\"hush\"}"), -EINVAL,
		  "status.expirationTimestamp: not a time (RFC 3339)" },
	};
	struct exec_credential credential;
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		int r = decode(rows[i].text, EXEC_CREDENTIAL_V1, &credential, &err);

		if (r != rows[i].code || strcmp(err.text, rows[i].reason) != 0)
			fail_msg("%s: %d: %s", rows[i].text, r, err.text);
		assert_null(credential.token);
		assert_null(strstr(err.text, "hush"));
	}
}

static void test_limits(void **state)
{
	static const char head[] = "{\"apiVersion\":\"" EXEC_CREDENTIAL_V1
				   "\",\"kind\":\"ExecCredential\",\"status\":{\"token\":\"";
	char *text = calloc(1, EXEC_CREDENTIAL_SIZE_MAX + 1);
	struct exec_credential credential = { 0 };
	size_t size = EXEC_CREDENTIAL_TOKEN_MAX, len = strlen(head);
	struct err err;

	(void)state;
	assert_non_null(text);
	for (; size <= EXEC_CREDENTIAL_TOKEN_MAX + 1; size++) {
		int expected = size > EXEC_CREDENTIAL_TOKEN_MAX ? -EINVAL : 0;

		memcpy(text, head, len);
		memset(text + len, 'x', size);
		memcpy(text + len + size, "\"}}", 4);
		assert_int_equal(decode(text, EXEC_CREDENTIAL_V1, &credential, &err), expected);
		exec_credential_done(&credential);
	}
	assert_string_equal(err.text, "status.token: longer than 65536 bytes");
	assert_int_equal(exec_credential_decode(text, EXEC_CREDENTIAL_SIZE_MAX + 1, EXEC_CREDENTIAL_V1,
						&credential, &err),
			 -E2BIG);
	free(text);
}

static void request(const char *version, const struct exec_credential_cluster *cluster, const char *expected)
{
	_cleanup_free_ char *text = exec_credential_request(version, cluster);

	assert_string_equal(text, expected);
}

static void test_requests(void **state)
{
	const struct exec_credential_cluster none = { .server = "https://h" };
	const struct exec_credential_cluster all = {
		.server = "https://h:6443/p\"",
		.tls_server_name = "n",
		.insecure = true,
		.disable_compression = true,
		.ca = "\xfb\xff\0\xff",
		.ca_size = 4,
		.proxy_url = "http://p",
		.config = "{\"a\":[1,null]}",
	};

	(void)state;
	request(EXEC_CREDENTIAL_V1, NULL,
		"{\"kind\":\"ExecCredential\",\"apiVersion\":\"" EXEC_CREDENTIAL_V1
		"\",\"spec\":{\"interactive\":false}}");
	request(EXEC_CREDENTIAL_V1BETA1, &none,
		"{\"kind\":\"ExecCredential\",\"apiVersion\":\"" EXEC_CREDENTIAL_V1BETA1
		"\",\"spec\":{\"cluster\":{\"server\":\"https://h\"},\"interactive\":false}}");
	request(EXEC_CREDENTIAL_V1, &all,
		"{\"kind\":\"ExecCredential\",\"apiVersion\":\"" EXEC_CREDENTIAL_V1
		"\",\"spec\":{\"cluster\":{\"server\":\"https://h:6443/p\\\"\",\"tls-server-name\":\"n\","
		"\"insecure-skip-tls-verify\":true,\"certificate-authority-data\":\"+/8A/w==\","
		"\"proxy-url\":\"http://p\",\"disable-compression\":true,\"config\":{\"a\":[1,null]}},"
		"\"interactive\":false}}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_bad_answers),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_requests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
