/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * der.h - do bytes have the form of an X.509 certificate? Until when does it count?
 *
 * Room:     kubeapi. Pure.
 * Rule:     lengths are right at every depth, the parts of a certificate are there in their order, and values of simple
 *           types are well-formed: what a parser needs to read it. Of what the values mean, only the last date is looked at.
 * Why:      libcurl cannot be asked. OpenSSL would be one more library to link, and needs 0.1 ms for each certificate: 0.1 s for
 *           the largest CA file, in one step of the loop.
 */
#ifndef KUBEAPI_DER_H
#define KUBEAPI_DER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DER_DEPTH_MAX 24

bool der_is_certificate(const char *bytes, size_t size);
/** der_read_expiry() - notAfter of what der_is_certificate(), in seconds since 1970; -1: it is no date. */
int64_t der_read_expiry(const char *bytes, size_t size);

#endif
