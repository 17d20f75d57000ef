/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pem.h - certificates and keys as text
 *
 * Room:     kubeapi. Pure: in: bytes that may be anything; out: whether they can be used, or why not.
 * Rule:     as crypto/x509 and crypto/tls of Go: a CA bundle is what is readable in it; of a key file the first
 *           private key counts. Text between the blocks is ignored.
 * Why:      libcurl reads a NULL passphrase when a key is encrypted, and refuses a CA bundle in which one block is
 *           unreadable.
 * Errors:   name the line of a block, never its content.
 * Not here: what certificates say beside their end, and whether a key fits its certificate; libcurl asks OpenSSL.
 */
#ifndef KUBEAPI_PEM_H
#define KUBEAPI_PEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "kubeapi/secret.h"

/**
 * struct pem_block - From "-----BEGIN TYPE-----" to "-----END TYPE-----"
 * @type:	not NUL-terminated; likewise @body, which is base64
 * @line:	of its beginning, from 1
 * @headers:	header lines stand before the body
 * @encrypted:	a header says so
 */
struct pem_block {
	const char *type;
	size_t type_size;
	const char *body;
	size_t body_size;
	unsigned int line;
	bool headers;
	bool encrypted;
};

/** struct pem_reader - Where reading goes on; to be set to the whole text, and @line to 1. */
struct pem_reader {
	const char *at;
	const char *end;
	unsigned int line;
};

/** pem_next() - Find the next block that has an end. Return: false if there is none. */
bool pem_next(struct pem_reader *reader, struct pem_block *ret);
/** pem_check_certificate() - Is there a certificate? Return: 0 or -EINVAL. */
int pem_check_certificate(const char *bytes, size_t size, struct err *reterr)
	__attribute__((warn_unused_result));
/** pem_check_key() - Is there a private key that needs no passphrase? Return: 0 or -EINVAL. */
int pem_check_key(const char *bytes, size_t size, struct err *reterr) __attribute__((warn_unused_result));
/**
 * pem_read_expiry() - Until when the first certificate counts, which is that of a client
 *
 * Return: seconds since 1970; -1: it cannot be read.
 */
int64_t pem_read_expiry(const char *bytes, size_t size);
/**
 * pem_read_bundle() - Take the readable certificates of a CA bundle
 * @ret:	they alone, as PEM
 * @retskipped:	about the first certificate that was left out; code 0: none was
 *
 * Return: 0; -EINVAL if there is none.
 */
int pem_read_bundle(const char *bytes, size_t size, struct secret_bytes *ret, struct err *retskipped,
		    struct err *reterr) __attribute__((warn_unused_result));

#endif
