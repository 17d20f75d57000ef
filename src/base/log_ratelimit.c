/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "base/log_ratelimit.h"

#include "base/hash.h"

bool log_ratelimit_is_new(struct log_ratelimit *log_ratelimit, const char *who, const char *what)
{
	uint64_t hash = hash_add_string(hash_add_string(HASH_START, who), what);
	struct log_ratelimit_entry *entry = &log_ratelimit->entries[hash % LOG_RATELIMIT_ENTRIES];
	bool is_new = entry->hash != hash;

	entry->hash = hash;
	return is_new;
}

bool log_ratelimit_is_used_up(const struct log_ratelimit *log_ratelimit)
{
	return log_ratelimit->messages == LOG_RATELIMIT_MESSAGES;
}

bool log_ratelimit_may_say(struct log_ratelimit *log_ratelimit, const char *who, const char *what,
			   uint64_t now_ms)
{
	uint64_t hash = hash_add_string(hash_add_string(HASH_START, who), what);
	struct log_ratelimit_entry *entry = &log_ratelimit->entries[hash % LOG_RATELIMIT_ENTRIES];

	if (entry->hash != hash || now_ms - entry->since_ms >= LOG_RATELIMIT_PERIOD_MS)
		*entry = (struct log_ratelimit_entry){ .hash = hash, .since_ms = now_ms };
	if (!log_ratelimit->messages || now_ms - log_ratelimit->since_ms >= LOG_RATELIMIT_PERIOD_MS) {
		log_ratelimit->since_ms = now_ms;
		log_ratelimit->messages = 0;
	}
	if (entry->times == LOG_RATELIMIT_TIMES || log_ratelimit_is_used_up(log_ratelimit))
		return false;
	entry->times++;
	log_ratelimit->messages++;
	return true;
}
