/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "daemon/quiet.h"

/* FNV-1a */
static uint64_t quiet_hash(uint64_t hash, const char *text)
{
	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * 1099511628211ull;
	return hash * 1099511628211ull;
}

bool quiet_is_new(struct quiet *quiet, const char *who, const char *what)
{
	uint64_t hash = quiet_hash(quiet_hash(14695981039346656037ull, who), what);
	struct quiet_entry *entry = &quiet->entries[hash % QUIET_ENTRIES];
	bool is_new = entry->hash != hash;

	entry->hash = hash;
	return is_new;
}

bool quiet_may_say(struct quiet *quiet, const char *who, const char *what, uint64_t now_ms)
{
	uint64_t hash = quiet_hash(quiet_hash(14695981039346656037ull, who), what);
	struct quiet_entry *entry = &quiet->entries[hash % QUIET_ENTRIES];

	if (entry->hash != hash || now_ms - entry->since_ms >= QUIET_PERIOD_MS)
		*entry = (struct quiet_entry){ .hash = hash, .since_ms = now_ms };
	if (entry->times == QUIET_TIMES)
		return false;
	entry->times++;
	return true;
}
