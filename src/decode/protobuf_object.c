/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "decode/protobuf_object.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "decode/field.h"
#include "decode/object_tree.h"
#include "decode/protobuf.h"
#include "decode/protobuf_schema.h"

/**
 * struct envelope - An envelope; all of it lives as long as the bytes and the arena
 * @type:	has the kind and apiVersion
 * @kind:	"" if unknown
 * @raw, @raw_size: the object, not parsed
 */
struct envelope {
	struct field type;
	const char *kind;
	const char *raw;
	size_t raw_size;
};

static const char *read_name(const struct field *message, const char *key)
{
	struct field field = field_member(message, key);

	return field_name(&field);
}

static int open_envelope(const char *bytes, size_t size, struct arena *arena, struct envelope *ret,
			 struct err *reterr)
{
	struct field unknown, type, raw;
	const char *text;
	int r;

	if (size < PROTOBUF_OBJECT_MAGIC_SIZE ||
	    memcmp(bytes, PROTOBUF_OBJECT_MAGIC, PROTOBUF_OBJECT_MAGIC_SIZE) != 0)
		return err_set(reterr, -EBADMSG, "not protobuf: no \"k8s\" at its beginning");
	r = field_root_protobuf(protobuf_schema_common(PROTOBUF_SCHEMA_UNKNOWN),
				bytes + PROTOBUF_OBJECT_MAGIC_SIZE, size - PROTOBUF_OBJECT_MAGIC_SIZE, arena,
				&unknown, reterr);
	if (r < 0)
		return r;
	text = read_name(&unknown, "contentEncoding");
	if (!*text)
		text = read_name(&unknown, "contentType");
	if (*text)
		return err_set(reterr, -EBADMSG, "the envelope holds %.64s", text);
	type = field_member(&unknown, "typeMeta");
	raw = field_member(&unknown, "raw");
	/* A root: the path of an error is "apiVersion", as if it were in the object. */
	ret->type = field_as_root(&type);
	ret->kind = read_name(&ret->type, "kind");
	if (!field_bytes(&raw, &ret->raw, &ret->raw_size))
		return err_set(reterr, -EBADMSG, "the envelope is empty");
	return 0;
}

int protobuf_object_item(enum object_kind kind, const char *bytes, size_t size, struct object *ret,
			 struct err *reterr)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	const struct field nothing = { 0 };
	struct field root;
	int r = 0;

	if (size > OBJECT_SIZE_MAX)
		r = object_tree_size_error(reterr);
	if (r == 0)
		r = field_root_protobuf(protobuf_schema_object(kind), bytes, size, arena, &root, reterr);
	if (r < 0) {
		protobuf_object_guess_item(kind, bytes, size, ret);
		return r;
	}
	return object_tree_decode(&nothing, &root, store_kind_name(kind), OBJECT_TREE_WHOLE, ret, reterr);
}

/* The object of an event: an envelope within a RawExtension. */
static int open_event(const char *bytes, size_t size, struct arena *arena, enum watch_event_type *ret_type,
		      struct envelope *ret, struct err *reterr)
{
	struct field event, type, object, raw;
	const char *envelope;
	size_t envelope_size;
	int r;

	if (size > OBJECT_SIZE_MAX)
		return object_tree_size_error(reterr);
	r = field_root_protobuf(protobuf_schema_common(PROTOBUF_SCHEMA_WATCH_EVENT), bytes, size, arena,
				&event, reterr);
	if (r < 0)
		return r;
	type = field_member(&event, "type");
	*ret_type = watch_event_type_read(&type);
	if (*ret_type == _WATCH_EVENT_MAX)
		return 0;
	object = field_member(&event, "object");
	raw = field_member(&object, "raw");
	if (!field_bytes(&raw, &envelope, &envelope_size))
		return err_set(reterr, -EBADMSG, "a watch event without an object");
	return open_envelope(envelope, envelope_size, arena, ret, reterr);
}

/* The schema of an event's object: a Status has none of an object's fields, nor the other way round. */
static const struct protobuf_schema *schema_of(enum watch_event_type type, const char *kind)
{
	if (type == WATCH_EVENT_ERROR && strcmp(kind, "Status") == 0)
		return protobuf_schema_common(PROTOBUF_SCHEMA_STATUS);
	return protobuf_schema_object(object_tree_kind(kind));
}

int protobuf_object_event(const char *bytes, size_t size, enum watch_event_type *ret_type,
			  struct object *ret_object, struct api_status *ret_status, struct err *reterr)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct envelope envelope = { .kind = "" };
	enum watch_event_type guessed;
	struct field root = { 0 };
	int r;

	*ret_type = _WATCH_EVENT_MAX;
	memset(ret_status, 0, sizeof(*ret_status));
	r = open_event(bytes, size, arena, ret_type, &envelope, reterr);
	if (r == 0 && *ret_type != _WATCH_EVENT_MAX)
		r = field_root_protobuf(schema_of(*ret_type, envelope.kind), envelope.raw, envelope.raw_size,
					arena, &root, reterr);
	if (r < 0) {
		protobuf_object_guess_event(bytes, size, &guessed, ret_object);
		return r;
	}
	return watch_event_read(*ret_type, &envelope.type, &root, ret_object, ret_status, reterr);
}

int protobuf_object_bare_status(const char *bytes, size_t size, struct api_status *ret, struct err *reterr)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct field root;
	int r;

	memset(ret, 0, sizeof(*ret));
	r = field_root_protobuf(protobuf_schema_common(PROTOBUF_SCHEMA_STATUS), bytes, size, arena, &root,
				reterr);
	if (r == 0)
		api_status_read(&root, ret);
	return r;
}

int protobuf_object_status(const char *bytes, size_t size, struct api_status *ret, struct err *reterr)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct envelope envelope;
	int r;

	memset(ret, 0, sizeof(*ret));
	r = open_envelope(bytes, size, arena, &envelope, reterr);
	if (r == 0)
		r = api_status_check(&envelope.type, reterr);
	if (r == 0)
		r = protobuf_object_bare_status(envelope.raw, envelope.raw_size, ret, reterr);
	return r;
}

/* The first occurrence of a BYTES field in the beginning of a message. */
static struct protobuf guess_content(struct protobuf message, uint32_t number)
{
	struct protobuf_field found;

	while (protobuf_cut(&message, &found) > 0) {
		if (found.number == number && found.wire == PROTOBUF_WIRE_BYTES)
			return (struct protobuf){ found.bytes, found.size };
	}
	return (struct protobuf){ "", 0 };
}

/* A string of it, "" unless it is printable. */
static void guess_name(struct protobuf message, const struct protobuf_schema *schema, const char *key,
		       char ret[OBJECT_NAME_MAX + 1])
{
	struct protobuf text = guess_content(message, protobuf_schema_field(schema, key)->number);
	size_t i;

	ret[0] = '\0';
	if (text.size > OBJECT_NAME_MAX)
		return;
	for (i = 0; i < text.size; i++) {
		if (text.bytes[i] <= ' ' || text.bytes[i] >= 0x7f)
			return;
	}
	memcpy(ret, text.bytes, text.size);
	ret[text.size] = '\0';
}

static void guess_object(const char *kind, const char *api_version, struct protobuf message,
			 struct object *ret)
{
	const struct protobuf_schema_field *metadata =
		protobuf_schema_field(protobuf_schema_object(_OBJECT_KIND_MAX), "metadata");
	char namespace[OBJECT_NAME_MAX + 1], name[OBJECT_NAME_MAX + 1];

	message = guess_content(message, metadata->number);
	guess_name(message, metadata->message, "namespace", namespace);
	guess_name(message, metadata->message, "name", name);
	object_unread(ret);
	(void)object_tree_name(ret, kind, api_version, namespace, name);
}

void protobuf_object_guess_item(enum object_kind kind, const char *head, size_t size, struct object *ret)
{
	guess_object(store_kind_name(kind), "", (struct protobuf){ head, size }, ret);
}

void protobuf_object_guess_event(const char *head, size_t size, enum watch_event_type *ret_type,
				 struct object *ret)
{
	const struct protobuf_schema *event = protobuf_schema_common(PROTOBUF_SCHEMA_WATCH_EVENT);
	const struct protobuf_schema *type_meta = protobuf_schema_common(PROTOBUF_SCHEMA_TYPE_META);
	struct protobuf message = { head, size }, type;
	char text[OBJECT_NAME_MAX + 1], kind[OBJECT_NAME_MAX + 1], api_version[OBJECT_NAME_MAX + 1];

	guess_name(message, event, "type", text);
	*ret_type = watch_event_type_parse(text);
	message = guess_content(message, protobuf_schema_field(event, "object")->number);
	message = guess_content(message, 1);
	if (message.size < PROTOBUF_OBJECT_MAGIC_SIZE)
		message = (struct protobuf){ PROTOBUF_OBJECT_MAGIC, PROTOBUF_OBJECT_MAGIC_SIZE };
	message.bytes += PROTOBUF_OBJECT_MAGIC_SIZE;
	message.size -= PROTOBUF_OBJECT_MAGIC_SIZE;
	type = guess_content(message, 1);
	guess_name(type, type_meta, "kind", kind);
	guess_name(type, type_meta, "apiVersion", api_version);
	guess_object(kind, api_version, guess_content(message, 2), ret);
}
