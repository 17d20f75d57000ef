/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * token.h - what a bearer token says of itself
 *
 * Room:     kubeapi. Pure. The token of a Pod's service account is a JSON Web Token (RFC 7519): three parts of base64url.
 * Not here: whether its signature is right; the API server asks for that.
 */
#ifndef KUBEAPI_TOKEN_H
#define KUBEAPI_TOKEN_H

#include <stdint.h>

/** token_read_expiry() - Claim "exp", seconds since 1970; -1: it is no JSON Web Token, or has no such claim. */
int64_t token_read_expiry(const char *token);

#endif
