/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "lib/wire.h"

#include <string.h>

void wire_varint(struct buf *to, uint64_t value)
{
	unsigned char byte;

	do {
		byte = (unsigned char)((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
		buf_add(to, &byte, 1);
		value >>= 7;
	} while (value);
}

void wire_number(struct buf *to, uint32_t field, int64_t value)
{
	wire_varint(to, (uint64_t)field << 3);
	wire_varint(to, (uint64_t)value);
}

void wire_bytes(struct buf *to, uint32_t field, const void *bytes, size_t size)
{
	wire_varint(to, (uint64_t)field << 3 | 2);
	wire_varint(to, size);
	buf_add(to, bytes, size);
}

void wire_string(struct buf *to, uint32_t field, const char *text)
{
	wire_bytes(to, field, text, strlen(text));
}

void wire_message(struct buf *to, uint32_t field, struct buf *message)
{
	wire_bytes(to, field, buf_text(message), message->size);
	buf_done(message);
}

void wire_map(struct buf *to, uint32_t field, const char *key, const char *value)
{
	struct buf entry = BUF_INIT;

	wire_string(&entry, 1, key);
	wire_string(&entry, 2, value);
	wire_message(to, field, &entry);
}

void wire_envelope(struct buf *to, const char *api_version, const char *kind, struct buf *raw)
{
	struct buf type = BUF_INIT;

	buf_add(to, "k8s", 4);
	wire_string(&type, 1, api_version);
	wire_string(&type, 2, kind);
	wire_message(to, 1, &type);
	wire_message(to, 2, raw);
	wire_string(to, 3, "");
	wire_string(to, 4, "");
}

void wire_event(struct buf *to, int with_size, const char *type, struct buf *envelope)
{
	struct buf event = BUF_INIT, extension = BUF_INIT;
	unsigned char size[4];

	wire_message(&extension, 1, envelope);
	wire_string(&event, 1, type);
	wire_message(&event, 2, &extension);
	size[0] = (unsigned char)(event.size >> 24);
	size[1] = (unsigned char)(event.size >> 16);
	size[2] = (unsigned char)(event.size >> 8);
	size[3] = (unsigned char)event.size;
	if (with_size)
		buf_add(to, size, sizeof(size));
	buf_add(to, buf_text(&event), event.size);
	buf_done(&event);
}
