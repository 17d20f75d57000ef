/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "kubeapi/token.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "decode/base64.h"
#include "kubeapi/secret.h"

/* Base64url without padding to base64, which is at most 3 characters longer. */
static char *token_to_base64(const char *part, size_t size)
{
	char *text = alloc_bytes(size + 4);
	size_t i;

	for (i = 0; i < size; i++)
		text[i] = part[i] == '-' ? '+' : part[i] == '_' ? '/' : part[i];
	while (i % 4)
		text[i++] = '=';
	text[i] = '\0';
	return text;
}

static int64_t token_read_claim(const char *json, size_t size)
{
	json_t *claims = json_loadb(json, size, 0, NULL), *expiry = json_object_get(claims, "exp");
	int64_t ret = json_is_number(expiry) ? (int64_t)json_number_value(expiry) : -1;

	json_decref(claims);
	return ret;
}

int64_t token_read_expiry(const char *token)
{
	const char *first = strchr(token, '.'), *second = first ? strchr(first + 1, '.') : NULL;
	char *text, *json = NULL;
	int64_t expiry = -1;
	size_t size;

	if (!second)
		return -1;
	text = token_to_base64(first + 1, (size_t)(second - first - 1));
	if (base64_decode(text, strlen(text), &json, &size) == 0)
		expiry = token_read_claim(json, size);
	free(text);
	free(json);
	return expiry;
}
