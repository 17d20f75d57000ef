/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * secret.h - memory that held a secret is overwritten before it is freed, and never written to a file
 *
 * Room:     kubeapi. Pure, except that secret_json_begin() changes jansson's memory functions, and secret_forbid_dumps() the process.
 */
#ifndef KUBEAPI_SECRET_H
#define KUBEAPI_SECRET_H

#include <stddef.h>

/** struct secret_bytes - Bytes that may contain NULs, and a NUL behind them; @data NULL: none */
struct secret_bytes {
	char *data;
	size_t size;
};

/**
 * secret_forbid_dumps() - From now on the process leaves no core dump, and only root can look into its memory
 *
 * To be called before the first secret is read. The kernel allows dumps again when another program is executed.
 */
void secret_forbid_dumps(void);
/** secret_wipe() - Overwrite and free @text's string, which may be NULL, and set it to NULL. */
void secret_wipe(char **text);
/** secret_wipe_list() - The same with the strings of a list, which NULL ends, and the list, which may be NULL. */
void secret_wipe_list(char **list);
/** secret_wipe_bytes() - The same; @bytes is zeroed. */
void secret_wipe_bytes(struct secret_bytes *bytes);

/** struct secret_json - The memory functions that jansson used before; private. */
struct secret_json {
	void *(*malloc)(size_t size);
	void (*free)(void *bytes);
};

/**
 * secret_json_begin() - From now on jansson overwrites all memory that it frees
 *
 * Everything of jansson that is made before secret_json_end() must be freed before it.
 */
void secret_json_begin(struct secret_json *ret);
void secret_json_end(const struct secret_json *json);
/** secret_json_free() - Overwrite and free a text that jansson made in between. */
void secret_json_free(char *text);

#endif
