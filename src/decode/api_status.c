/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "decode/api_status.h"

#include <errno.h>
#include <string.h>

#include "decode/field.h"

#define CODE_MAX	  999
#define RETRY_AFTER_S_MAX 86400

static void copy_text(const struct field *root, const char *key, char *ret, size_t size)
{
	struct field field = field_member(root, key);
	const char *text = field_string(&field);
	size_t len = strlen(text);

	if (len >= size)
		len = size - 1;
	memcpy(ret, text, len);
	ret[len] = '\0';
}

static int read_number(const struct field *root, const char *key, int max)
{
	struct field field = field_member(root, key);

	return (int)field_number(&field, 0, max, 0);
}

int api_status_check(const struct field *type, struct err *reterr)
{
	struct field kind = field_member(type, "kind");

	if (strcmp(field_string(&kind), "Status") != 0)
		return err_set(reterr, -EINVAL, "not a Status");
	return 0;
}

void api_status_read(const struct field *root, struct api_status *ret)
{
	struct field details = field_member(root, "details");

	*ret = (struct api_status){ .code = read_number(root, "code", CODE_MAX) };
	copy_text(root, "reason", ret->reason, sizeof(ret->reason));
	copy_text(root, "message", ret->message, sizeof(ret->message));
	ret->retry_after_s = (unsigned int)read_number(&details, "retryAfterSeconds", RETRY_AFTER_S_MAX);
}
