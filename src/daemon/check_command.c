/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "daemon/check_command.h"

#include <unistd.h>

#include "base/arena.h"
#include "daemon/query_command.h"
#include "daemon/terminal.h"
#include "diagnose/check.h"

static int check_command_print(const struct settings *settings, const struct targets *targets,
			       const struct findings *findings)
{
	bool colour = isatty(STDOUT_FILENO);
	struct buf text = BUF_INIT;
	const char *service =
		targets ? arena_printf(findings->arena, "%s/%s", targets->namespace, targets->name) : NULL;
	int status = finding_status(finding_verdict(findings));

	if (settings->output == SETTINGS_FORMAT_JSON)
		finding_print_json(findings, service, &text);
	else
		finding_print_text(findings, service ? service : "this node", colour, &text);
	if (!terminal_print(stdout, &text, colour))
		status = 2;
	buf_done(&text);
	return status;
}

int check_command_run(const struct settings *settings)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct findings findings = { .arena = arena };
	struct targets targets;
	int status = 0;

	if (settings->subject)
		status = query_command_targets(settings, arena, &targets);
	if (status)
		return status;
	check_run(settings->subject ? &targets : NULL, &findings);
	return check_command_print(settings, settings->subject ? &targets : NULL, &findings);
}
