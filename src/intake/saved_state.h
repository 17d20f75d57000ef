/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * saved_state.h - the format of the saved state: objects of the store to bytes and back
 *
 * Room:     intake. Pure. intake/state_saver.h tells how the saved state works.
 * Shapes:   eight bytes of magic, a version of four bytes, then records, then the SHA-256 of everything before (32 bytes).
 *           A record is a letter, the size of its content in four bytes, the content. Numbers are big endian. First come the
 *           records of time, origin and node name, then one for each object in the API's protobuf encoding
 *           (decode/encode.h), last one with the number of objects of each kind. If the objects are from manifests, there is a
 *           record with the name of the file before its objects.
 * Rule:     it is read completely or not at all, by the decoders that read what an API server sends, with all their limits.
 *           Another version is rejected.
 */
#ifndef INTAKE_SAVED_STATE_H
#define INTAKE_SAVED_STATE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/sha256.h"
#include "decode/object.h"

struct node;
struct service;
struct service_cidr;
struct slice;

#define SAVED_STATE_VERSION    1
#define SAVED_STATE_SIZE_MAX   (256u * 1024 * 1024)
#define SAVED_STATE_PEEK       25
#define SAVED_STATE_ORIGIN_MAX 2048 /* bytes, of the origin and of the node name each */

/**
 * struct saved_state_writer - Used by saved_state_begin(), then saved_state_add_*(), then saved_state_end()
 * @out:	the bytes so far; between the calls the caller may write them out and buf_reset() it; buf_done() it at the end
 * @checksum:	of the whole file, after saved_state_end()
 *
 * The other members are private.
 */
struct saved_state_writer {
	struct buf out;
	uint8_t checksum[SHA256_SIZE];
	struct sha256 sha256;
	uint32_t counts[_OBJECT_KIND_MAX];
	const char *manifest;
};

/**
 * saved_state_begin() - Start to write
 * @time_s:	when the objects were right, seconds since 1970
 * @origin:	URL of the API server; cut at SAVED_STATE_ORIGIN_MAX
 * @node_name:	the node that saves; cut likewise
 */
void saved_state_begin(struct saved_state_writer *writer, int64_t time_s, const char *origin,
		       const char *node_name);
/** saved_state_add_manifest() - The objects that follow are from this file; the same as before: adds nothing. */
void saved_state_add_manifest(struct saved_state_writer *writer, const char *name);
void saved_state_add_service(struct saved_state_writer *writer, const struct service *service);
void saved_state_add_slice(struct saved_state_writer *writer, const struct slice *slice);
void saved_state_add_node(struct saved_state_writer *writer, const struct node *node);
void saved_state_add_service_cidr(struct saved_state_writer *writer, const struct service_cidr *service_cidr);
/** saved_state_end() - Add the end, and set @checksum. */
void saved_state_end(struct saved_state_writer *writer);
/** saved_state_peek_time() - The time in the first SAVED_STATE_PEEK bytes of a saved state, unchecked; -1: these are none. */
int64_t saved_state_peek_time(const char *bytes);

/**
 * struct saved_state - The content of a saved state
 * @time_s, @origin, @node_name: as given to saved_state_begin()
 * @checksum:	of the file: its last bytes
 * @objects:	@n_objects of them, none skipped; the caller may take their model objects. object.origin is the name of the
 *		manifest, NULL if the API server is the source
 * @manifests:	what object.origin borrows
 */
struct saved_state {
	int64_t time_s;
	uint8_t checksum[SHA256_SIZE];
	char *origin;
	char *node_name;
	size_t n_objects;
	struct object *objects;
	size_t n_manifests;
	char **manifests;
};

struct saved_state_reader;

/**
 * saved_state_reader_new() - Read all of it or nothing, in short steps
 * @bytes:	borrowed
 *
 * Return: 0; -EBADMSG, -EPROTONOSUPPORT or -E2BIG as saved_state_read().
 */
int saved_state_reader_new(const char *bytes, size_t size, struct saved_state_reader **ret,
			   struct err *reterr) __attribute__((warn_unused_result));
struct saved_state_reader *saved_state_reader_free(struct saved_state_reader *reader);
DEFINE_FREEP(struct saved_state_reader, saved_state_reader_free);
/**
 * saved_state_reader_step() - Check some of the bytes, or read one object
 * @ret:	set on success only; saved_state_done() frees it
 *
 * Return: -EINPROGRESS: call it again; 0: that is all; an error as saved_state_read().
 */
int saved_state_reader_step(struct saved_state_reader *reader, struct saved_state *ret, struct err *reterr)
	__attribute__((warn_unused_result));

/**
 * saved_state_read() - Do all steps at once
 * @ret:	set on success only; saved_state_done() frees it
 *
 * Return: 0; -EBADMSG: cut off, damaged or not ours; -EPROTONOSUPPORT: another version; -EINVAL: a decoder rejects an
 * object; -E2BIG: over a limit of a decoder or over SAVED_STATE_SIZE_MAX.
 */
int saved_state_read(const char *bytes, size_t size, struct saved_state *ret, struct err *reterr)
	__attribute__((warn_unused_result));
/** saved_state_check_owner() - Whether it was saved by this node, from this API server or these manifests. Return: 0; -EINVAL. */
int saved_state_check_owner(const struct saved_state *saved, const char *origin, const char *node_name,
			    struct err *reterr) __attribute__((warn_unused_result));
/** saved_state_done() - Free what it owns; a zeroed one is fine. */
void saved_state_done(struct saved_state *saved);

#endif
