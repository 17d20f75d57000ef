/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "daemon/setting_notes.h"

#include <stddef.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "config/settings.h"

void setting_notes_log(const struct settings *settings)
{
	static const char *const messages[] = {
		[SETTINGS_NOTE_UNKNOWN] = "unknown fields are ignored",
		[SETTINGS_NOTE_REPEATED] = "repeated fields: the last one counts",
		[SETTINGS_NOTE_WITHOUT_EFFECT] = "settings without effect here",
		[SETTINGS_NOTE_IGNORED] = "flags are ignored beside a configuration file",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(messages); i++)
		if (*settings->notes[i])
			log_warn("daemon", messages[i], LOG_TEXT("names", settings->notes[i]));
	if (settings->mode != SETTINGS_MODE_NFTABLES)
		log_warn("daemon", "proxy mode not supported, using nftables",
			 LOG_TEXT("mode", settings->mode == SETTINGS_MODE_IPVS ? "ipvs" : "iptables"));
}
