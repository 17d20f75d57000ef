/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * saved_state.h - the objects that we knew, as bytes for a file of our own
 *
 * Room:     intake. Pure.
 * Shapes:   eight bytes of magic, a version, then records: a letter, a size of four bytes (big endian), the
 *           content. First whose objects they are, then the objects as encode.h writes them, then how many
 *           of each kind. The last 32 bytes are the SHA-256 of everything before.
 * Rule:     it is read whole or not at all, by the decoders that read what an API server sends, with
 *           all their limits. What it does not know it does not guess: another version is refused.
 */
#ifndef INTAKE_SAVED_STATE_H
#define INTAKE_SAVED_STATE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/sha256.h"
#include "decode/object.h"

struct node;
struct service;
struct service_cidr;
struct slice;

#define SAVED_STATE_VERSION    1
#define SAVED_STATE_SIZE_MAX   (256u * 1024 * 1024)
#define SAVED_STATE_ORIGIN_MAX 2048 /* bytes of the origin, and of the node's name */

/**
 * struct saved_state_writer - Bytes in the making: saved_state_begin(), saved_add_*(), saved_state_end()
 * @out:	what is ready; the caller may take it out at any time (buf_reset()), and frees it at the end
 * The rest is private.
 */
struct saved_state_writer {
	struct buf out;
	struct sha256 sha256;
	uint32_t counts[_OBJECT_KIND_MAX];
};

/**
 * saved_state_begin() - Start
 * @time_s:	now, seconds since 1970
 * @origin:	where the objects come from, such as an API server's URL
 * @node_name:	whose view they are
 */
void saved_state_begin(struct saved_state_writer *writer, int64_t time_s, const char *origin,
		       const char *node_name);
void saved_state_add_service(struct saved_state_writer *writer, const struct service *service);
void saved_state_add_slice(struct saved_state_writer *writer, const struct slice *slice);
void saved_state_add_node(struct saved_state_writer *writer, const struct node *node);
void saved_state_add_service_cidr(struct saved_state_writer *writer, const struct service_cidr *service_cidr);
void saved_state_end(struct saved_state_writer *writer);

/**
 * struct saved_state - What was read
 * @objects:	@n_objects of them, none skipped; their model objects may be taken
 */
struct saved_state {
	int64_t time_s;
	char *origin;
	char *node_name;
	size_t n_objects;
	struct object *objects;
};

/**
 * saved_state_read() - All of it or nothing
 * @ret:	set on success only; saved_state_done() it
 *
 * Return: 0; -EBADMSG: cut off, damaged or not ours; -EPROTONOSUPPORT: of another version; -EINVAL or -E2BIG:
 * an object in it is refused; the reason is in @reterr.
 */
int saved_state_read(const char *bytes, size_t size, struct saved_state *ret, struct err *reterr)
	__attribute__((warn_unused_result));
/** saved_state_done() - Free what it owns; a zeroed one is fine. */
void saved_state_done(struct saved_state *saved);

#endif
