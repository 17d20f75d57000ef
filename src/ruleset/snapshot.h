/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * snapshot.h - our tables as they were read back from a kernel
 *
 * Room:     ruleset. Pure. Filled by a backend, compared by render/state.h.
 * Shapes:   elements are packed (ruleset/set.h); chains carry a fingerprint, whose only use is to
 *           be compared with the one that the same backend makes of a struct chain. Its first line is the
 *           base chain's place, empty for others; the rest are the rules.
 * Part:     a snapshot may know of a table only what somebody has touched (snapshot_narrow()): whoever compares asks
 *           snapshot_knows_…() first, and takes what is not known for what was installed. Client maps are known
 *           with whole tables only.
 * Life:     snapshot_init(), snapshot_narrow() or not, snapshot_add_*(), snapshot_seal(), look-ups, snapshot_done().
 */
#ifndef RULESET_SNAPSHOT_H
#define RULESET_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "ruleset/invalidated.h"
#include "ruleset/rule.h"
#include "ruleset/set.h"

enum snapshot_table {
	SNAPSHOT_TABLE_ABSENT,
	SNAPSHOT_TABLE_OURS,	/* exactly our sets, and only chains that a layout can have made */
	SNAPSHOT_TABLE_FOREIGN, /* made by another version or another hand: to be replaced whole */
};

/** struct snapshot_chain - One chain. @seen is for the comparer. */
struct snapshot_chain {
	uint8_t table;
	char name[RULE_NAME_MAX + 1];
	char *fingerprint;
	bool seen;
};

/** struct snapshot_client_map - One client map, without what it has learnt. @seen is for the comparer. */
struct snapshot_client_map {
	struct client_map map;
	bool seen;
};

/**
 * struct snapshot - What stands
 * @touched:	all that is known of tables that are @narrow; NULL if none is
 * @fingerprint: appends the fingerprint that @chain would have if it stood
 */
struct snapshot {
	const struct invalidated *touched;
	bool narrow[_FAMILY_MAX]; /* then @table says nothing */
	enum snapshot_table table[_FAMILY_MAX];
	size_t n_chains;
	size_t chains_allocated;
	struct snapshot_chain *chains; /* by (table, name) once sealed */
	size_t n_client_maps;
	size_t client_maps_allocated;
	struct snapshot_client_map *client_maps; /* by (table, name) once sealed */
	struct buf elements;
	size_t n_elements;
	uint32_t *offsets;  /* of the elements, sorted by set_element_cmp() once sealed */
	bool *element_seen; /* by position in @offsets */
	void (*fingerprint)(void *ctx, const struct chain *chain, struct buf *text);
	void *ctx;
};

void snapshot_init(struct snapshot *snapshot);
void snapshot_done(struct snapshot *snapshot);
/** snapshot_narrow() - What is added will be all that is @touched, and no more; it is borrowed until snapshot_done(). */
void snapshot_narrow(struct snapshot *snapshot, const struct invalidated *touched);
/** snapshot_knows_*() - Whether the snapshot says what stands there, be it nothing. */
bool snapshot_knows_element(const struct snapshot *snapshot, const struct element *e);
bool snapshot_knows_chain(const struct snapshot *snapshot, enum family table, const char *name);
bool snapshot_knows_client_maps(const struct snapshot *snapshot, enum family table);
/** snapshot_add_chain() - Takes @fingerprint (malloc'ed). */
void snapshot_add_chain(struct snapshot *snapshot, enum family table, const char *name, char *fingerprint);
void snapshot_add_client_map(struct snapshot *snapshot, const struct client_map *map);
/** snapshot_add_element() - @e of a set of ours. At most 4 GiB packed. */
void snapshot_add_element(struct snapshot *snapshot, const struct element *e);
/** snapshot_forget_table() - Drop what was read of @table and say that it is @what, with nothing in it. */
void snapshot_forget_table(struct snapshot *snapshot, enum family table, enum snapshot_table what);
/** snapshot_seal() - Sort; look-ups are allowed from now on. */
void snapshot_seal(struct snapshot *snapshot);
struct snapshot_chain *snapshot_find_chain(struct snapshot *snapshot, enum family table, const char *name);
struct snapshot_client_map *snapshot_find_client_map(struct snapshot *snapshot, enum family table,
						     const char *name);
/** snapshot_find_element() - Position of the element with the key of @e, with its data; SIZE_MAX if none. */
size_t snapshot_find_element(const struct snapshot *snapshot, const struct element *e, struct element *ret);
/** snapshot_element() - The element at a position (0 .. n_elements - 1) in sorted order. */
void snapshot_element(const struct snapshot *snapshot, size_t position, struct element *ret);

#endif
