/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Certificates and keys, good ones and all others. */
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
#include "decode/base64.h"
#include "kubeapi/der.h"
#include "kubeapi/pem.h"
#include "kubeapi/token.h"
#include "certificate.h"

/* With RSA, and a name in UTF-8. */
#define BODY_RSA                                                             \
	"MIIDMTCCAhmgAwIBAgIURqD99+NLXg9gBtKnYS6RxHxRWQwwDQYJKoZIhvcNAQEL\n" \
	"BQAwKDELMAkGA1UEBhMCREUxCzAJBgNVBAoMAsOEMQwwCgYDVQQDDANyc2EwHhcN\n" \
	"MjYxMTMwMTYzNzUzWhcNMzYxMTI3MTYzNzUzWjAoMQswCQYDVQQGEwJERTELMAkG\n" \
	"A1UECgwCw4QxDDAKBgNVBAMMA3JzYTCCASIwDQYJKoZIhvcNAQEBBQADggEPADCC\n" \
	"AQoCggEBAM1uV141Ngc8O/797+lsHfMew2ZAlGCIrwT7NQCJaNmKWuqZCC8b/31K\n" \
	"ycVe7tLjiLTwrmwlRYKmkmgosXBxETHTeiNPJstAo3Jds7yauSqto8oSadG43J7X\n" \
	"F9SyabVg+UvCKMY7p0FBNJ01xRpMW5u9G/dc/4FFLJ1Ti2i25joSIqcG9bnt0RW5\n" \
	"Mo1sUfYy0gizfZ3LHFB0uM5QvTe1E7Gr7yEsKFx7/CGOVa64Y675QUMhIjlEeQ3D\n" \
	"+WOAWZVIRrUCtOXQSOqmM+aPT1ye4+LU1mqX6y1PPdQuB09u4UwIcTbYkrsPfyI5\n" \
	"qntnFVWyN2jRoDp4atdJU0nNB1yNb0MCAwEAAaNTMFEwHQYDVR0OBBYEFJePZTPf\n" \
	"e539qpHC6HdOYldGTuRaMB8GA1UdIwQYMBaAFJePZTPfe539qpHC6HdOYldGTuRa\n" \
	"MA8GA1UdEwEB/wQFMAMBAf8wDQYJKoZIhvcNAQELBQADggEBAIGUFqax/cGCnUz/\n" \
	"j4wXYNa/ZfA54vhfAPCctHL69HsM0AEH1ZibGBqQSie3Pk9Mk57BQoILi14Ws8Wo\n" \
	"uYCr9XpuRfP4fhCcPWOjGTz7vfVALcUlhwcTOHZsKneC3J5qC36ETvyZkkE/p8Ww\n" \
	"mex60mg0skjmP+t87F0j02+42VP31PX/6qWFDhTN928ND7uD/z8EuQzHZnprqsbK\n" \
	"V+3GP0Jf7MV6lpcH2RQqX5HTMsmPvANLFZbLqs+paGPt4H3y3gfa5JF6gztmNMmK\n" \
	"yvWQS2JpFTNPg3jmNNQAxOQjyquZDY8rP31p1yxd7zH8vNZHiIHdF6T0f4f1pD/k\n" \
	"tOYSVZM=\n"
#define RSA	  PEM("CERTIFICATE", BODY_RSA)
#define HEADERS	  "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\n"
#define ENCRYPTED ": the private key is encrypted, and its passphrase cannot be given"

static void test_keys(void **state)
{
	static const struct {
		const char *text;
		const char *reason; /* NULL: it can be used */
	} rows[] = {
		{ PEM("PRIVATE KEY", "YQ==\n"), NULL },
		{ PEM("EC PRIVATE KEY", "YQ==\n"), NULL },
		{ PEM("RSA PRIVATE KEY", "YQ==\n"), NULL },
		{ "text\n" PEM("EC PARAMETERS", "YQ==\n") EC PEM("EC PRIVATE KEY", "YQ==\n"), NULL },
		{ "-----BEGIN PRIVATE KEY-----\r\nYQ==\r\n-----END PRIVATE KEY-----", NULL },
		{ PEM("EC PRIVATE KEY", "Comment: mine\n\nYQ==\n"), NULL },
		{ PEM("ENCRYPTED PRIVATE KEY", "YQ==\n"), "line 1" ENCRYPTED },
		{ PEM("RSA PRIVATE KEY", HEADERS "YQ==\n"), "line 1" ENCRYPTED },
		{ PEM("RSA PRIVATE KEY", "Comment: mine\n of\n" HEADERS "YQ==\n"), "line 1" ENCRYPTED },
		{ "\n\n" PEM("A", "") PEM("ENCRYPTED PRIVATE KEY", "YQ==\n") PEM("PRIVATE KEY", "YQ==\n"),
		  "line 5" ENCRYPTED },
		/* The first one counts, as for OpenSSL. */
		{ PEM("PRIVATE KEY", "YQ==\n") PEM("ENCRYPTED PRIVATE KEY", "YQ==\n"), NULL },
		{ "", "no private key in PEM" },
		{ "hunter2", "no private key in PEM" },
		{ EC, "no private key in PEM" },
		{ PEM("PUBLIC KEY", "YQ==\n"), "no private key in PEM" },
		{ PEM("NOPRIVATE KEY", "YQ==\n"), "no private key in PEM" },
		{ "-----BEGIN PRIVATE KEY-----\nYQ==\n", "no private key in PEM" },
		{ "-----BEGIN PRIVATE KEY-----\nYQ==\n-----END KEY-----\n", "no private key in PEM" },
		{ " -----BEGIN PRIVATE KEY-----\nYQ==\n-----END PRIVATE KEY-----\n",
		  "no private key in PEM" },
	};
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		int r = pem_check_key(rows[i].text, strlen(rows[i].text), &err);

		assert_int_equal(r, rows[i].reason ? -EINVAL : 0);
		if (rows[i].reason)
			assert_string_equal(err.text, rows[i].reason);
	}
	assert_int_equal(pem_check_certificate("x\n" EC, strlen("x\n" EC), &err), 0);
	assert_int_equal(pem_check_certificate("x", 1, &err), -EINVAL);
	assert_string_equal(err.text, "no certificate in PEM");
}

static void test_bundles(void **state)
{
	static const struct {
		const char *text;
		const char *expected; /* NULL: nothing is left */
		const char *reason;   /* why, or what was left out; "": nothing was */
	} rows[] = {
		{ EC, EC, "" },
		{ RSA EC, RSA EC, "" },
		{ "first\n" EC "\nsecond\n" PEM("PRIVATE KEY", "YQ==\n") RSA, EC RSA, "" },
		{ PEM("CERTIFICATE", "YQ==\n") EC, EC,
		  "line 1: the certificate cannot be read: its bytes are no certificate" },
		{ EC "\n" PEM("CERTIFICATE", "hunter2!\n") RSA, EC RSA,
		  "line 12: the certificate cannot be read: not base64" },
		{ PEM("CERTIFICATE", "A: b\n\n" BODY_EC) EC, EC,
		  "line 1: the certificate cannot be read: it has header lines" },
		{ PEM("CERTIFICATE", HEADERS BODY_EC) EC, EC,
		  "line 1: the certificate cannot be read: it has header lines" },
		/* Without an end, it is no block. */
		{ "-----BEGIN CERTIFICATE-----\n" BODY_EC EC, EC, "" },
		{ EC "-----BEGIN CERTIFICATE-----\n" BODY_EC, EC, "" },
		{ PEM("CERTIFICATE", ""), NULL,
		  "line 1: the certificate cannot be read: its bytes are no certificate" },
		{ PEM("CERTIFICATE", "YQ==\n") PEM("CERTIFICATE", "!\n"), NULL,
		  "line 1: the certificate cannot be read: its bytes are no certificate" },
		{ "hunter2", NULL, "no certificate in PEM" },
		{ "", NULL, "no certificate in PEM" },
	};
	struct secret_bytes bundle;
	struct err err, skipped;
	size_t i;
	int r;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		err = (struct err){ 0 };
		r = pem_read_bundle(rows[i].text, strlen(rows[i].text), &bundle, &skipped, &err);
		assert_int_equal(r, rows[i].expected ? 0 : -EINVAL);
		assert_string_equal(r < 0 ? err.text : skipped.text, rows[i].reason);
		if (r < 0)
			continue;
		assert_string_equal(bundle.data, rows[i].expected);
		assert_int_equal(bundle.size, strlen(rows[i].expected));
		secret_wipe_bytes(&bundle);
	}
	/* Other line breaks and blanks do not matter. */
	assert_int_equal(pem_read_bundle("-----BEGIN CERTIFICATE-----  \r\n \t" BODY_EC "\n\r\n"
					 "-----END CERTIFICATE----- ",
					 strlen("-----BEGIN CERTIFICATE-----  \r\n \t" BODY_EC "\n\r\n"
						"-----END CERTIFICATE----- "),
					 &bundle, &skipped, &err),
			 0);
	assert_string_equal(bundle.data, EC);
	secret_wipe_bytes(&bundle);
}

/*
 * A certificate that is cut off anywhere, or has something behind it, is none. Of those with one bit changed, most differ in
 * a value that nothing looks at; the numbers are those of today. OpenSSL 3.0 decides differently about one in a hundred.
 */
static void test_der(void **state)
{
	static const struct {
		const char *body;
		size_t n_good; /* of 8 changes for each byte */
	} rows[] = { { BODY_EC, 2290 }, { BODY_RSA, 5598 } };
	size_t i, j, size, n_good;
	char *der, *part;
	int bit;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		n_good = 0;
		assert_int_equal(base64_decode(rows[i].body, strlen(rows[i].body), &der, &size), 0);
		assert_true(der_is_certificate(der, size));
		assert_false(der_is_certificate(der, size + 1));
		for (j = 0; j < size; j++) {
			part = malloc(j + 1); /* so that the sanitizers see a read behind the end */
			assert_non_null(part);
			memcpy(part, der, j);
			assert_false(der_is_certificate(part, j));
			free(part);
			for (bit = 0; bit < 8; bit++) {
				der[j] ^= (char)(1 << bit);
				n_good += der_is_certificate(der, size);
				der[j] ^= (char)(1 << bit);
			}
		}
		free(der);
		assert_int_equal(n_good, rows[i].n_good);
	}
}

/* Brackets within brackets. */
static void test_depth(void **state)
{
	char bytes[4096];
	size_t i, size = 0;

	(void)state;
	for (i = 0; i < 1000; i++) {
		size_t rest = sizeof(bytes) - size - 4;

		bytes[size++] = 0x30;
		bytes[size++] = (char)0x82;
		bytes[size++] = (char)(rest >> 8);
		bytes[size++] = (char)rest;
	}
	memset(bytes + size, 0, sizeof(bytes) - size);
	assert_false(der_is_certificate(bytes, sizeof(bytes)));
}

/* Until when our identity counts. The times are those that "openssl x509 -enddate" says. */
static void test_expiry(void **state)
{
	/* {"exp":1893456000,"sub":"a?>~"}, {"exp":1e9}, {"sub":"a"}, {"exp":"soon"}, [1] */
	static const struct {
		const char *token;
		int64_t expiry_s;
	} tokens[] = {
		{ "e30.eyJleHAiOjE4OTM0NTYwMDAsInN1YiI6ImE_Pn4ifQ.x", 1893456000 },
		{ "e30.eyJleHAiOjFlOX0.x", 1000000000 },
		{ "e30.eyJzdWIiOiJhIn0.x", -1 },
		{ "e30.eyJleHAiOiJzb29uIn0.x", -1 },
		{ "e30.WzFd.x", -1 },
		{ "e30.eyJleHAiOjE4OTM0NTYwMDB9", -1 },
		{ "e30.*.x", -1 },
		{ "e30..x", -1 },
		{ "opaque", -1 },
		{ "", -1 },
	};
	static const char two[] = EC RSA, behind[] = "text\n" PEM("EC PRIVATE KEY", "YQ==\n") RSA,
			  none[] = PEM("CERTIFICATE", "YQ==\n") EC;
	size_t i, size;
	char *der;

	(void)state;
	assert_int_equal(pem_read_expiry(two, strlen(two)), 2111416673);
	assert_int_equal(pem_read_expiry(behind, strlen(behind)), 2111416673);
	assert_int_equal(pem_read_expiry(none, strlen(none)), -1);
	assert_int_equal(pem_read_expiry("", 0), -1);
	assert_int_equal(base64_decode(BODY_EC, strlen(BODY_EC), &der, &size), 0);
	assert_int_equal(der_read_expiry(der, size), 2111416673);
	for (i = 0; i + strlen("361127163753Z") < size; i++)
		if (memcmp(der + i, "361127163753Z", strlen("361127163753Z")) == 0)
			der[i] = '9'; /* 1996 */
	assert_int_equal(der_read_expiry(der, size), 849112673);
	for (i = 0; i + strlen("961127163753Z") < size; i++)
		if (memcmp(der + i, "961127163753Z", strlen("961127163753Z")) == 0)
			der[i] = 'x';
	assert_int_equal(der_read_expiry(der, size), -1);
	for (i = 0; i < size; i++)
		(void)der_read_expiry(der, i); /* only reads what is there */
	free(der);
	for (i = 0; i < ARRAY_SIZE(tokens); i++)
		assert_int_equal(token_read_expiry(tokens[i].token), tokens[i].expiry_s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys),  cmocka_unit_test(test_bundles), cmocka_unit_test(test_der),
		cmocka_unit_test(test_depth), cmocka_unit_test(test_expiry),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
