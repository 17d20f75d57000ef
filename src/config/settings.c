/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "config/settings.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"

void settings_note(struct settings *settings, enum settings_note note, const char *name)
{
	char *text = settings->notes[note];
	size_t len = strlen(text), room = sizeof(settings->notes[note]) - len;

	if (strlen(name) + 2 < room)
		(void)snprintf(text + len, room, "%s%s", len ? " " : "", name);
}

const struct addr *settings_node_addr(const struct settings *settings, enum family family,
				      const struct addr *known)
{
	if (settings->bind_address.family != family || addr_is_unspecified(&settings->bind_address))
		return known;
	return &settings->bind_address;
}

void settings_done(struct settings *settings)
{
	buf_done(&settings->config_text);
	settings->strings = arena_free(settings->strings);
}
