/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_UNIT_KUBEAPI_CERTIFICATE_H
#define TESTS_UNIT_KUBEAPI_CERTIFICATE_H

/* A certificate with an elliptic curve, CN=a. */
#define BODY_EC                                                              \
	"MIIBbjCCAROgAwIBAgIUNF14VmsE1U1L7E7W8HbWzZUXohkwCgYIKoZIzj0EAwIw\n" \
	"DDEKMAgGA1UEAwwBYTAeFw0yNjExMzAxNjM3NTNaFw0zNjExMjcxNjM3NTNaMAwx\n" \
	"CjAIBgNVBAMMAWEwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAARm/MdjMDou0iKx\n" \
	"ZUNEiFw8TMkkY5H/JNL2b94lVbZZ4GmUDVRyJVZalZu3YtPi3XwLB1NrUKIUmWo6\n" \
	"qd5EkqjEo1MwUTAdBgNVHQ4EFgQUUCRnbCHO5CWeZcGchaEjkIL36nMwHwYDVR0j\n" \
	"BBgwFoAUUCRnbCHO5CWeZcGchaEjkIL36nMwDwYDVR0TAQH/BAUwAwEB/zAKBggq\n" \
	"hkjOPQQDAgNJADBGAiEA3KxeQoIvTD3b01mtlnx9vRorEs9+3Dm31F/mXeSXnjQC\n" \
	"IQCfCtNWa0u8blA7hwkteoHe+JmrKf4NVslk8MQuGq8/qg==\n"
#define PEM(WHAT, BODY) "-----BEGIN " WHAT "-----\n" BODY "-----END " WHAT "-----\n"
#define EC		PEM("CERTIFICATE", BODY_EC)

#endif
