/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "intake/last_lines.h"

#include "base/hash.h"

static uint64_t last_lines_hash(const char *name)
{
	return hash_add_string(HASH_START, name) | 1;
}

static size_t last_lines_place(uint64_t hash)
{
	return (hash >> 1) % LAST_LINES_MAX;
}

bool last_lines_has(const struct last_lines *lines, const char *name, const char *line)
{
	uint64_t hash = last_lines_hash(name);
	const struct last_lines_place *place = &lines->places[last_lines_place(hash)];

	return place->name == hash && place->line == hash_add_string(hash, line);
}

void last_lines_note(struct last_lines *lines, const char *name, const char *line)
{
	uint64_t hash = last_lines_hash(name);
	struct last_lines_place *place = &lines->places[last_lines_place(hash)];

	lines->n += !place->name;
	*place = (struct last_lines_place){ .name = hash, .line = hash_add_string(hash, line) };
}

bool last_lines_forget(struct last_lines *lines, const char *name)
{
	uint64_t hash = last_lines_hash(name);
	struct last_lines_place *place = &lines->places[last_lines_place(hash)];

	if (place->name != hash)
		return false;
	*place = (struct last_lines_place){ .name = 0 };
	lines->n--;
	return true;
}
