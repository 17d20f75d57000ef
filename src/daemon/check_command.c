/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "daemon/check_command.h"

#include <errno.h>
#include <unistd.h>

#include "base/arena.h"
#include "daemon/query_command.h"
#include "daemon/terminal.h"
#include "diagnose/check.h"
#include "report/words.h"

static int check_command_print(const struct settings *settings, const struct targets *targets,
			       const struct findings *findings)
{
	bool colour = terminal_has_colours(settings->color);
	struct buf text = BUF_INIT;
	const char *service =
		targets ? arena_printf(findings->arena, "%s/%s", targets->namespace, targets->name) : NULL;
	int status = finding_status(finding_verdict(findings));

	if (settings->output == SETTINGS_FORMAT_JSON)
		finding_print_json(findings, service, settings->from, &text);
	else
		finding_print_text(findings, service ? service : "this node", colour, &text);
	if (!terminal_print(stdout, &text, colour))
		status = 2;
	buf_done(&text);
	return status;
}

static int check_command_from(const struct settings *settings, const struct targets *targets,
			      struct addr *ret, struct err *reterr)
{
	if (!addr_parse(settings->from, ret))
		return err_set(reterr, -EINVAL, "--from: \"%s\" is no IP address", settings->from);
	if (!targets_has_family(targets, (enum family)ret->family))
		return err_set(reterr, -EINVAL, "the Service has no %s address: nothing from %s reaches it",
			       addr_family_name((enum family)ret->family), settings->from);
	return 0;
}

int check_command_run(const struct settings *settings)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct findings findings = { .arena = arena };
	struct targets targets;
	struct err err = { 0 };
	struct addr from;
	int status = 0;

	words_set_columns(terminal_columns());
	if (settings->subject)
		status = query_command_targets(settings, arena, &targets);
	if (status)
		return status;
	if (settings->from && check_command_from(settings, &targets, &from, &err) < 0) {
		terminal_complain(err.text);
		return 2;
	}
	check_run(settings->subject ? &targets : NULL, settings->from ? &from : NULL, &findings);
	return check_command_print(settings, settings->subject ? &targets : NULL, &findings);
}
