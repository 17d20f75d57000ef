/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "kubeapi/secret.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include <jansson.h>

#include "base/alloc.h"

/*
 * DOC: jansson and secrets
 *
 * jansson copies what it reads, more than once, and frees the copies without overwriting them. It takes all memory
 * from one pair of functions that can be replaced. While a text with secrets is read or written, the pair is one that
 * overwrites.
 */

/** struct secret_piece - Before each piece of memory. */
struct secret_piece {
	size_t size;
	max_align_t bytes[];
};

static void *secret_malloc(size_t size)
{
	struct secret_piece *piece;

	if (size > SIZE_MAX - sizeof(*piece))
		alloc_failed();
	piece = alloc_bytes(sizeof(*piece) + size);
	piece->size = size;
	return piece->bytes;
}

static void secret_free(void *bytes)
{
	struct secret_piece *piece;

	if (!bytes)
		return;
	piece = (void *)((char *)bytes - offsetof(struct secret_piece, bytes));
	explicit_bzero(piece->bytes, piece->size);
	free(piece);
}

void secret_json_begin(struct secret_json *ret)
{
	json_get_alloc_funcs(&ret->malloc, &ret->free);
	json_set_alloc_funcs(secret_malloc, secret_free);
}

void secret_json_end(const struct secret_json *json)
{
	json_set_alloc_funcs(json->malloc, json->free);
}

void secret_json_free(char *text)
{
	secret_free(text);
}

void secret_forbid_dumps(void)
{
	(void)prctl(PR_SET_DUMPABLE, 0);
}

void secret_wipe(char **text)
{
	if (*text)
		explicit_bzero(*text, strlen(*text));
	free(*text);
	*text = NULL;
}

void secret_wipe_list(char **list)
{
	size_t i;

	for (i = 0; list && list[i]; i++)
		secret_wipe(&list[i]);
	free(list);
}

void secret_wipe_bytes(struct secret_bytes *bytes)
{
	if (bytes->data)
		explicit_bzero(bytes->data, bytes->size);
	free(bytes->data);
	*bytes = (struct secret_bytes){ 0 };
}
