/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * api_status.h - a Status object: the API server's error response
 *
 * Room:     decode. Pure.
 * Rule:     every field is optional, and a bad one counts as unset: a Status explains an error and is never
 *           one itself.
 */
#ifndef DECODE_API_STATUS_H
#define DECODE_API_STATUS_H

#include "base/err.h"

struct field;

/**
 * struct api_status - Its fields; it owns nothing
 * @code:	HTTP code, 0 if unset
 * @reason, @message: cut, "" if unset
 * @retry_after_s: details.retryAfterSeconds, 0 if unset
 */
struct api_status {
	int code;
	char reason[64];
	char message[256];
	unsigned int retry_after_s;
};

/**
 * api_status_check() - Whether an object is a Status
 * @type:	has the kind: the object itself, or the type in its envelope
 *
 * Return: 0; -EINVAL if it is another kind.
 */
int api_status_check(const struct field *type, struct err *reterr) __attribute__((warn_unused_result));
/** api_status_read() - Read one. */
void api_status_read(const struct field *root, struct api_status *ret);

#endif
