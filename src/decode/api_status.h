/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * api_status.h - a Status: how the API server says no
 *
 * Room:     decode. Pure.
 * Rule:     all of it is optional, and what is odd in it is left out: it explains an error, it is none.
 */
#ifndef DECODE_API_STATUS_H
#define DECODE_API_STATUS_H

#include "base/err.h"

struct field;

/**
 * struct api_status - What it says
 * @code:	HTTP code, 0 if unset
 * @reason, @message: cut, "" if unset
 * @retry_after_s: details.retryAfterSeconds, 0 if unset
 * @continue_token: metadata.continue: where a list whose token expired may go on; NULL if none
 */
struct api_status {
	int code;
	char reason[64];
	char message[256];
	unsigned int retry_after_s;
	char *continue_token;
};

/** api_status_done() - Free what it owns; leaves it zeroed. A zeroed one is fine. */
void api_status_done(struct api_status *status);

/**
 * api_status_check() - Whether an object is a Status
 * @type:	where its kind stands: the object itself, or its envelope's
 *
 * Return: 0; -EINVAL if it is another kind.
 */
int api_status_check(const struct field *type, struct err *reterr) __attribute__((warn_unused_result));
/** api_status_read() - Read one; @ret is the caller's. */
void api_status_read(const struct field *root, struct api_status *ret);

#endif
