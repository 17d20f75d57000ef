/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "intake/saved_state.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "decode/encode.h"
#include "decode/protobuf_object.h"

#define MAGIC	    "knpsaved"
#define MAGIC_SIZE  8
#define HEAD_SIZE   (MAGIC_SIZE + 4) /* magic and version */
#define RECORD_HEAD 5
#define PIECE_SIZE  (64u * 1024) /* checked in one step */

enum record {
	RECORD_TIME = 't',
	RECORD_ORIGIN = 'o',
	RECORD_NODE_NAME = 'n',
	RECORD_MANIFEST = 'f',
	RECORD_END = 'z',
};

static const char record_of_kind[] = {
	[OBJECT_KIND_SERVICE] = 'S',
	[OBJECT_KIND_ENDPOINT_SLICE] = 'E',
	[OBJECT_KIND_NODE] = 'N',
	[OBJECT_KIND_SERVICE_CIDR] = 'C',
};
static_assert(sizeof(record_of_kind) == _OBJECT_KIND_MAX, "a letter for each kind");

static void store_be(unsigned char *to, uint64_t value, size_t size)
{
	while (size) {
		to[--size] = (unsigned char)value;
		value >>= 8;
	}
}

static uint64_t load_be(const char *from, size_t size)
{
	uint64_t value = 0;

	while (size--)
		value = value << 8 | (unsigned char)*from++;
	return value;
}

/* The bytes from @start on are final: add them to the checksum. */
static void seal(struct saved_state_writer *writer, size_t start)
{
	sha256_add(&writer->sha256, writer->out.data + start, writer->out.size - start);
}

static size_t record_begin(struct saved_state_writer *writer, char letter)
{
	const unsigned char head[RECORD_HEAD] = { (unsigned char)letter };
	size_t start = writer->out.size;

	buf_add(&writer->out, head, sizeof(head));
	return start;
}

static void record_end(struct saved_state_writer *writer, size_t start)
{
	store_be((unsigned char *)writer->out.data + start + 1, writer->out.size - start - RECORD_HEAD, 4);
	seal(writer, start);
}

static void add_record(struct saved_state_writer *writer, char letter, const void *bytes, size_t size)
{
	size_t start = record_begin(writer, letter);

	buf_add(&writer->out, bytes, size);
	record_end(writer, start);
}

void saved_state_begin(struct saved_state_writer *writer, int64_t time_s, const char *origin,
		       const char *node_name)
{
	unsigned char number[8];

	*writer = (struct saved_state_writer){ .out = BUF_INIT };
	sha256_begin(&writer->sha256);
	buf_add(&writer->out, MAGIC, MAGIC_SIZE);
	store_be(number, SAVED_STATE_VERSION, 4);
	buf_add(&writer->out, number, 4);
	seal(writer, 0);
	store_be(number, (uint64_t)time_s, sizeof(number));
	add_record(writer, RECORD_TIME, number, sizeof(number));
	add_record(writer, RECORD_ORIGIN, origin, strnlen(origin, SAVED_STATE_ORIGIN_MAX));
	add_record(writer, RECORD_NODE_NAME, node_name, strnlen(node_name, SAVED_STATE_ORIGIN_MAX));
}

void saved_state_add_manifest(struct saved_state_writer *writer, const char *name)
{
	if (writer->manifest && strcmp(writer->manifest, name) == 0)
		return;
	writer->manifest = name;
	add_record(writer, RECORD_MANIFEST, name, strnlen(name, SAVED_STATE_ORIGIN_MAX));
}

static size_t object_begin(struct saved_state_writer *writer, enum object_kind kind)
{
	writer->counts[kind]++;
	return record_begin(writer, record_of_kind[kind]);
}

void saved_state_add_service(struct saved_state_writer *writer, const struct service *service)
{
	size_t start = object_begin(writer, OBJECT_KIND_SERVICE);

	encode_service(service, &writer->out);
	record_end(writer, start);
}

void saved_state_add_slice(struct saved_state_writer *writer, const struct slice *slice)
{
	size_t start = object_begin(writer, OBJECT_KIND_ENDPOINT_SLICE);

	encode_slice(slice, &writer->out);
	record_end(writer, start);
}

void saved_state_add_node(struct saved_state_writer *writer, const struct node *node)
{
	size_t start = object_begin(writer, OBJECT_KIND_NODE);

	encode_node(node, &writer->out);
	record_end(writer, start);
}

void saved_state_add_service_cidr(struct saved_state_writer *writer, const struct service_cidr *service_cidr)
{
	size_t start = object_begin(writer, OBJECT_KIND_SERVICE_CIDR);

	encode_service_cidr(service_cidr, &writer->out);
	record_end(writer, start);
}

void saved_state_end(struct saved_state_writer *writer)
{
	unsigned char counts[4 * _OBJECT_KIND_MAX];
	size_t i;

	for (i = 0; i < _OBJECT_KIND_MAX; i++)
		store_be(counts + 4 * i, writer->counts[i], 4);
	add_record(writer, RECORD_END, counts, sizeof(counts));
	sha256_end(&writer->sha256, writer->checksum);
	buf_add(&writer->out, writer->checksum, SHA256_SIZE);
}

static_assert(SAVED_STATE_PEEK == HEAD_SIZE + RECORD_HEAD + 8, "the record of the time comes first");

int64_t saved_state_peek_time(const char *bytes)
{
	if (memcmp(bytes, MAGIC, MAGIC_SIZE) != 0 || bytes[HEAD_SIZE] != RECORD_TIME)
		return -1;
	return (int64_t)load_be(bytes + HEAD_SIZE + RECORD_HEAD, 8);
}

/**
 * struct saved_state_reader - A read in progress
 * @unchecked:	the checksum has all bytes before this one
 * @at:		the next record
 * @end:	of the records; the checksum follows
 * @counts:	objects read so far
 */
struct saved_state_reader {
	struct sha256 sha256;
	const char *unchecked;
	const char *at;
	const char *end;
	uint32_t counts[_OBJECT_KIND_MAX];
	bool has_time;
	struct saved_state saved;
};

static int damaged(struct err *reterr, const char *how)
{
	return err_set(reterr, -EBADMSG, "the saved state is damaged: %s", how);
}

/* Magic and version. */
static int check_head(const char *bytes, size_t size, struct err *reterr)
{
	uint64_t version;

	if (size < MAGIC_SIZE || memcmp(bytes, MAGIC, MAGIC_SIZE) != 0)
		return err_set(reterr, -EBADMSG, "this is no saved state of kube-nftproxy");
	if (size < HEAD_SIZE + SHA256_SIZE)
		return damaged(reterr, "it is cut off");
	version = load_be(bytes + MAGIC_SIZE, 4);
	if (version != SAVED_STATE_VERSION)
		return err_set(reterr, -EPROTONOSUPPORT,
			       "the saved state is of version %u, this kube-nftproxy knows %u",
			       (unsigned int)version, SAVED_STATE_VERSION);
	return 0;
}

/* All bytes, piece by piece, before any record is read. */
static int check_piece(struct saved_state_reader *reading, struct err *reterr)
{
	size_t left = (size_t)(reading->end - reading->unchecked),
	       size = left < PIECE_SIZE ? left : PIECE_SIZE;
	uint8_t digest[SHA256_SIZE];

	sha256_add(&reading->sha256, reading->unchecked, size);
	reading->unchecked += size;
	if (reading->unchecked < reading->end)
		return -EINPROGRESS;
	sha256_end(&reading->sha256, digest);
	if (memcmp(digest, reading->end, SHA256_SIZE) != 0)
		return damaged(reterr, "its checksum is wrong");
	memcpy(reading->saved.checksum, digest, SHA256_SIZE);
	return -EINPROGRESS;
}

static int read_text(char **ret, const char *content, size_t size, struct err *reterr)
{
	if (*ret || size > SAVED_STATE_ORIGIN_MAX || memchr(content, '\0', size))
		return damaged(reterr, "a bad name");
	*ret = alloc_bytes(size + 1);
	memcpy(*ret, content, size);
	(*ret)[size] = '\0';
	return 0;
}

static int read_object(struct saved_state_reader *reading, enum object_kind kind, const char *content,
		       size_t size, struct err *reterr)
{
	struct saved_state *saved = &reading->saved;
	struct object *object;
	int r;

	object = ALLOC_APPEND(saved->objects, saved->n_objects);
	r = protobuf_object_item(kind, content, size, object, reterr);
	if (r < 0)
		return err_wrap(reterr, "an object of the saved state");
	if (object->skipped || object->kind != kind)
		return damaged(reterr, "an object of another kind");
	if (saved->n_manifests)
		object->origin = saved->manifests[saved->n_manifests - 1];
	reading->counts[kind]++;
	return 0;
}

static int read_end(const struct saved_state_reader *reading, const char *content, size_t size,
		    struct err *reterr)
{
	size_t i;

	if (size != 4 * _OBJECT_KIND_MAX || reading->at != reading->end)
		return damaged(reterr, "its end is not where it should be");
	for (i = 0; i < _OBJECT_KIND_MAX; i++) {
		if (load_be(content + 4 * i, 4) != reading->counts[i])
			return damaged(reterr, "objects are missing");
	}
	if (!reading->has_time || !reading->saved.origin || !reading->saved.node_name)
		return damaged(reterr, "time, API server or node name is missing");
	return 0;
}

static int read_record(struct saved_state_reader *reading, bool *ret_ended, struct err *reterr)
{
	const char *content;
	size_t size, kind;
	char letter;

	if ((size_t)(reading->end - reading->at) < RECORD_HEAD)
		return damaged(reterr, "it is cut off");
	letter = *reading->at;
	size = load_be(reading->at + 1, 4);
	content = reading->at + RECORD_HEAD;
	if (size > (size_t)(reading->end - content))
		return damaged(reterr, "it is cut off");
	reading->at = content + size;
	switch (letter) {
	case RECORD_TIME:
		if (size != 8 || reading->has_time)
			return damaged(reterr, "a bad time");
		reading->has_time = true;
		reading->saved.time_s = (int64_t)load_be(content, 8);
		return 0;
	case RECORD_ORIGIN:
		return read_text(&reading->saved.origin, content, size, reterr);
	case RECORD_NODE_NAME:
		return read_text(&reading->saved.node_name, content, size, reterr);
	case RECORD_MANIFEST:
		*ALLOC_APPEND(reading->saved.manifests, reading->saved.n_manifests) = NULL;
		return read_text(&reading->saved.manifests[reading->saved.n_manifests - 1], content, size,
				 reterr);
	case RECORD_END:
		*ret_ended = true;
		return read_end(reading, content, size, reterr);
	}
	for (kind = 0; kind < _OBJECT_KIND_MAX; kind++) {
		if (letter == record_of_kind[kind])
			return read_object(reading, (enum object_kind)kind, content, size, reterr);
	}
	return damaged(reterr, "an unknown record");
}

int saved_state_reader_new(const char *bytes, size_t size, struct saved_state_reader **ret,
			   struct err *reterr)
{
	struct saved_state_reader *reading;
	int r;

	if (size > SAVED_STATE_SIZE_MAX)
		return err_set(reterr, -E2BIG, "the saved state is larger than %u MiB",
			       SAVED_STATE_SIZE_MAX / (1024 * 1024));
	r = check_head(bytes, size, reterr);
	if (r < 0)
		return r;
	reading = alloc_zeroed(1, sizeof(*reading));
	sha256_begin(&reading->sha256);
	reading->unchecked = bytes;
	reading->at = bytes + HEAD_SIZE;
	reading->end = bytes + size - SHA256_SIZE;
	*ret = reading;
	return 0;
}

struct saved_state_reader *saved_state_reader_free(struct saved_state_reader *reader)
{
	if (!reader)
		return NULL;
	saved_state_done(&reader->saved);
	free(reader);
	return NULL;
}

int saved_state_reader_step(struct saved_state_reader *reader, struct saved_state *ret, struct err *reterr)
{
	bool ended = false;
	int r;

	if (reader->unchecked < reader->end)
		return check_piece(reader, reterr);
	r = read_record(reader, &ended, reterr);
	if (r < 0)
		return r;
	if (!ended)
		return -EINPROGRESS;
	*ret = reader->saved;
	reader->saved = (struct saved_state){ 0 };
	return 0;
}

int saved_state_read(const char *bytes, size_t size, struct saved_state *ret, struct err *reterr)
{
	_cleanup_(saved_state_reader_freep) struct saved_state_reader *reader = NULL;
	int r = saved_state_reader_new(bytes, size, &reader, reterr);

	if (r < 0)
		return r;
	do {
		r = saved_state_reader_step(reader, ret, reterr);
	} while (r == -EINPROGRESS);
	return r;
}

int saved_state_check_owner(const struct saved_state *saved, const char *origin, const char *node_name,
			    struct err *reterr)
{
	if (strcmp(saved->node_name, node_name) != 0)
		return err_set(reterr, -EINVAL, "it was saved for node %.253s", saved->node_name);
	if (strcmp(saved->origin, origin) != 0)
		return err_set(reterr, -EINVAL, "it was saved for %.300s", saved->origin);
	return 0;
}

void saved_state_done(struct saved_state *saved)
{
	size_t i;

	for (i = 0; i < saved->n_objects; i++)
		object_done(&saved->objects[i]);
	free(saved->objects);
	for (i = 0; i < saved->n_manifests; i++)
		free(saved->manifests[i]);
	free(saved->manifests);
	free(saved->origin);
	free(saved->node_name);
	*saved = (struct saved_state){ 0 };
}
