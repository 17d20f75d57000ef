/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "config/command_line.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/duration.h"
#include "base/similar.h"
#include "config/config_file.h"
#include "config/flags.h"
#include "config/setting_table.h"
#include "config/subject.h"
#include "config/setting_value.h"

#define SUBJECT "[NAMESPACE/]NAME[:PORT], ADDRESS[:PORT] or NODE-PORT"

/* --- what was not given ----------------------------------------------------------------------------------
 */

static int set_named(struct settings *settings, const char *name, const char *given_by, const char *value,
		     struct err *reterr)
{
	return setting_value_set(setting_table_find_flag(name, strlen(name)), given_by, value, settings,
				 reterr);
}

static int default_hostname(struct settings *settings, struct err *reterr)
{
	char host[sizeof(settings->hostname)];

	if (gethostname(host, sizeof(host) - 1) < 0)
		return err_set(reterr, -errno, "cannot learn the host name, give --hostname-override: %s",
			       strerror(errno));
	host[sizeof(host) - 1] = '\0';
	if (!*host)
		return err_set(reterr, -EINVAL, "the host name is empty, give --hostname-override");
	return set_named(settings, "hostname-override", "--hostname-override, by default the host name", host,
			 reterr);
}

/* @listed: the value of systemd's variable @variable, which may list several directories; the first is ours. */
static int default_path(struct settings *settings, const char *name, const char *variable, const char *listed,
			const char *file, struct err *reterr)
{
	char path[SETTINGS_STATE_DIR_SIZE + 16];

	if (!listed)
		return 0;
	(void)snprintf(path, sizeof(path), "%.*s%s", (int)strcspn(listed, ":"), listed, file);
	return set_named(settings, name, variable, path, reterr);
}

/* X7: addresses that were not given are of the bind address's family. */
static void default_listeners(struct settings *settings)
{
	if (settings->bind_address.family != FAMILY_IPV6)
		return;
	if (!settings->healthz_by)
		settings->healthz.addr = (struct addr){ .family = FAMILY_IPV6 };
	if (!settings->metrics_by)
		settings->metrics.addr = (struct addr){ .family = FAMILY_IPV6, .bytes = { [15] = 1 } };
}

/* O1: an empty list is as good as none. */
static void default_node_ports(struct settings *settings)
{
	if (!settings->n_node_port_addresses)
		settings->node_port_primary = true;
}

/* P3: our own setting overrules kube-proxy's feature gate. */
static void default_external_ips(struct settings *settings)
{
	if (!settings->serve_external_ips_by)
		settings->serve_external_ips = !settings->external_ips_gate_off;
}

/* --- what must fit together ------------------------------------------------------------------------------
 */

/* An error about a field of the file begins with the file's name, as those that arise while it is read. */
static int name_file(const struct settings *settings, const char *given_by, struct err *reterr)
{
	return settings->config && *given_by != '-' ? err_wrap(reterr, "%s", settings->config) : reterr->code;
}

/* The flag or the field, whichever a user with or without a file would write. */
static const char *usual_name(const struct settings *settings, const char *name)
{
	const struct setting *setting = setting_table_find_flag(name, strlen(name));

	return settings->config ? setting->path : setting->flag;
}

/* @name: the flag that has @value, which @detect_local_mode needs */
static int take_interface(struct settings *settings, const char *name, const char *value, const char *mode,
			  struct err *reterr)
{
	const char *given_by = usual_name(settings, name);

	if (!value)
		(void)err_set(reterr, -EINVAL, "%s: \"%s\" needs %s",
			      usual_name(settings, "detect-local-mode"), mode, given_by);
	else if (strlen(value) >= sizeof(settings->interface) || strpbrk(value, " /\"*\t\n:"))
		(void)setting_value_refuse(given_by, value, "an interface name of at most 15 characters",
					   reterr);
	else {
		(void)snprintf(settings->interface, sizeof(settings->interface), "%s", value);
		return 0;
	}
	return name_file(settings, given_by, reterr);
}

static int take_mode_interface(struct settings *settings, struct err *reterr)
{
	switch (settings->detect_local_mode) {
	case SETTINGS_DETECT_LOCAL_BRIDGE_INTERFACE:
		return take_interface(settings, "pod-bridge-interface", settings->bridge_interface,
				      "BridgeInterface", reterr);
	case SETTINGS_DETECT_LOCAL_INTERFACE_NAME_PREFIX:
		return take_interface(settings, "pod-interface-name-prefix", settings->interface_name_prefix,
				      "InterfaceNamePrefix", reterr);
	case SETTINGS_DETECT_LOCAL_CLUSTER_CIDR:
	case SETTINGS_DETECT_LOCAL_NODE_CIDR:
	case _SETTINGS_DETECT_LOCAL_MAX:
		break;
	}
	return 0;
}

static int check_sync_periods(const struct settings *settings, struct err *reterr)
{
	const char *longer = settings->sync_period_by;
	char min[DURATION_TEXT_SIZE], max[DURATION_TEXT_SIZE];

	if (settings->min_sync_period_ms <= settings->sync_period_ms)
		return 0;
	(void)err_set(reterr, -EINVAL, "%s: \"%s\" is longer than %s, \"%s\"", settings->min_sync_period_by,
		      duration_print((int64_t)settings->min_sync_period_ms, min),
		      longer ? longer : usual_name(settings, "sync-period"),
		      duration_print((int64_t)settings->sync_period_ms, max));
	return name_file(settings, settings->min_sync_period_by, reterr);
}

static int check_source(const struct settings *settings, struct err *reterr)
{
	if (!settings->manifests || !(settings->kubeconfig || settings->master || settings->context))
		return 0;
	if (settings->config)
		return err_set(
			reterr, -EINVAL,
			"kubeNftproxy.manifests: not together with an API server's address, which it replaces");
	return err_set(reterr, -EINVAL, "%s: not together with --manifests, which replaces the API server",
		       settings->kubeconfig ? "--kubeconfig"
		       : settings->master   ? "--master"
					    : "--context");
}

/* The first words of the command line, and what belongs to each. */
static const struct command {
	const char *name;
	enum settings_action action;
	bool takes_service;
	bool needs_service;
	bool takes_from;
} commands[] = {
	{ .name = "status", .action = SETTINGS_ACTION_STATUS },
	{ .name = "explain",
	  .action = SETTINGS_ACTION_EXPLAIN,
	  .takes_service = true,
	  .needs_service = true,
	  .takes_from = true },
	{ .name = "list", .action = SETTINGS_ACTION_LIST },
	{ .name = "diff", .action = SETTINGS_ACTION_DIFF },
	{ .name = "check", .action = SETTINGS_ACTION_CHECK, .takes_service = true, .takes_from = true },
	{ .name = "trace",
	  .action = SETTINGS_ACTION_TRACE,
	  .takes_service = true,
	  .needs_service = true,
	  .takes_from = true },
};

/* NULL: it is none of these commands. */
static const struct command *find_command(const struct settings *settings)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(commands); i++)
		if (commands[i].action == settings->action)
			return &commands[i];
	return NULL;
}

/* What belongs to the commands, and not to the daemon. */
static int check_command(const struct settings *settings, struct err *reterr)
{
	const struct command *command = find_command(settings);
	bool trace = settings->action == SETTINGS_ACTION_TRACE;
	struct subject subject = { .kind = SUBJECT_KIND_SERVICE };

	if (settings->to && !(command && command->takes_service))
		return err_set(reterr, -EINVAL, "--to: only with explain, check or trace");
	if (settings->to && settings->subject != settings->to)
		return err_set(reterr, -EINVAL, "--to: not together with a Service, which it replaces");
	if (command && command->needs_service && !settings->subject)
		return err_set(reterr, -EINVAL, "%s: which Service? " SUBJECT, command->name);
	if (command && settings->subject && !subject_parse(settings->subject, &subject))
		return setting_value_refuse(command->name, settings->subject, SUBJECT, reterr);
	if (settings->namespace &&
	    (!settings->subject || subject.kind != SUBJECT_KIND_SERVICE ||
	     (*subject.namespace && strcmp(subject.namespace, settings->namespace) != 0)))
		return err_set(reterr, -EINVAL, "--namespace: only with a Service that has no other one");
	if (settings->from && !(command && command->takes_from))
		return err_set(reterr, -EINVAL, "--from: only with explain, check or trace");
	if (settings->from && !settings->subject)
		return err_set(reterr, -EINVAL, "--from: name the Service, too: " SUBJECT);
	if (trace && !settings->from)
		return err_set(reterr, -EINVAL, "trace: from which client? --from ADDRESS");
	if (settings->trace_by && !trace)
		return err_set(reterr, -EINVAL, "%s: only with trace", settings->trace_by);
	if ((settings->rules || settings->all) && settings->action != SETTINGS_ACTION_EXPLAIN)
		return err_set(reterr, -EINVAL, "%s: only with explain",
			       settings->rules ? "--rules" : "--all");
	if (settings->problems && settings->action != SETTINGS_ACTION_LIST)
		return err_set(reterr, -EINVAL, "--problems: only with list");
	if (settings->output_by && !command)
		return err_set(reterr, -EINVAL,
			       "--output: only with status, explain, list, diff, check or trace");
	return 0;
}

static int choose_action(struct settings *settings, struct err *reterr)
{
	const struct settings_asked *asked = &settings->asked;

	if (asked->dry_run && asked->cleanup)
		return err_set(reterr, -EINVAL, "--cleanup: not together with --dry-run");
	if (asked->init_only && (asked->dry_run || asked->cleanup))
		return err_set(reterr, -EINVAL, "--init-only: not together with %s",
			       asked->dry_run ? "--dry-run" : "--cleanup");
	if (settings->write_config_to)
		settings->action = SETTINGS_ACTION_WRITE_CONFIG;
	else if (asked->dry_run)
		settings->action = SETTINGS_ACTION_DRY_RUN;
	else if (asked->cleanup)
		settings->action = SETTINGS_ACTION_CLEANUP;
	else if (asked->init_only)
		settings->action = SETTINGS_ACTION_INIT_ONLY;
	return 0;
}

/* --cleanup needs no name: the host may have one that no node can have. */
static bool needs_hostname(const struct settings *settings)
{
	switch (settings->action) {
	case SETTINGS_ACTION_RUN:
	case SETTINGS_ACTION_DRY_RUN:
		return true;
	case SETTINGS_ACTION_STATUS:
	case SETTINGS_ACTION_EXPLAIN:
	case SETTINGS_ACTION_LIST:
	case SETTINGS_ACTION_DIFF:
	case SETTINGS_ACTION_CHECK:
	case SETTINGS_ACTION_TRACE:
		return settings->manifests || settings->kubeconfig || settings->master;
	case SETTINGS_ACTION_CLEANUP:
	case SETTINGS_ACTION_INIT_ONLY:
	case SETTINGS_ACTION_WRITE_CONFIG:
	case SETTINGS_ACTION_HELP:
	case SETTINGS_ACTION_VERSION:
		break;
	}
	return false;
}

static int finish(struct settings *settings, struct err *reterr)
{
	int r = check_command(settings, reterr);

	if (!r)
		r = choose_action(settings, reterr);
	if (!r && !settings->state_dir_by)
		r = default_path(settings, "state-dir", "STATE_DIRECTORY", getenv("STATE_DIRECTORY"), "",
				 reterr);
	if (!r && !settings->control_socket_by)
		r = default_path(settings, "control-socket", "RUNTIME_DIRECTORY", getenv("RUNTIME_DIRECTORY"),
				 "/control.sock", reterr);
	if (!r)
		r = check_sync_periods(settings, reterr);
	if (!r)
		r = check_source(settings, reterr);
	if (!r)
		r = take_mode_interface(settings, reterr);
	if (!r && !*settings->hostname && needs_hostname(settings))
		r = default_hostname(settings, reterr);
	default_listeners(settings);
	default_node_ports(settings);
	default_external_ips(settings);
	return r;
}

/* --- words -----------------------------------------------------------------------------------------------
 */

/* --help or --version was asked for, and the rest of the command line does not matter. */
static bool asks_about(struct settings *settings)
{
	if (!settings->asked.help && !settings->asked.version)
		return false;
	settings->action = settings->asked.help ? SETTINGS_ACTION_HELP : SETTINGS_ACTION_VERSION;
	return true;
}

/* The file is read before the flags, which may overrule it. With --help or --version no file is read. */
static int read_config(int argc, char *const *argv, struct settings *settings, struct err *reterr)
{
	struct flags_line line = { .argc = argc, .argv = argv };
	struct settings probe = { .action = SETTINGS_ACTION_RUN };
	int r;

	while ((r = flags_next(&line, reterr)) > 0) {
		struct err unused = { 0 };

		if (line.setting->type == SETTING_TYPE_BOOL &&
		    setting_value_set(line.setting, line.setting->flag, line.value, &probe, &unused) == 0 &&
		    (probe.asked.help || probe.asked.version))
			return 0;
		if (line.setting->place != offsetof(struct settings, config))
			continue;
		r = setting_value_set(line.setting, line.setting->flag, line.value, settings, reterr);
		if (r < 0)
			return r;
	}
	return r < 0 || !settings->config ? r : config_file_load(settings, reterr);
}

static int apply_flag(struct settings *settings, const struct flags_line *line, struct err *reterr)
{
	const struct setting *setting = line->setting;

	if (setting->kube_proxy && settings->config) {
		settings_note(settings, SETTINGS_NOTE_IGNORED, setting->flag);
		return 0;
	}
	if (!setting_table_has_effect(setting))
		settings_note(settings, SETTINGS_NOTE_WITHOUT_EFFECT, setting->flag);
	return setting_value_set(setting, setting->flag, line->value, settings, reterr);
}

static bool takes_service(const struct settings *settings)
{
	const struct command *command = find_command(settings);

	return command && command->takes_service;
}

/* A command, and its Service if that comes next. Returns how many words it takes. */
static int read_command(int argc, char *const *argv, struct settings *settings)
{
	size_t i;

	for (i = 0; argc > 1 && i < ARRAY_SIZE(commands); i++) {
		if (strcmp(argv[1], commands[i].name) != 0)
			continue;
		settings->action = commands[i].action;
		if (!commands[i].takes_service || argc < 3 || argv[2][0] == '-')
			return 1;
		settings->subject = argv[2];
		return 2;
	}
	return 0;
}

/* The first word is no flag, so it was meant to be a command. */
static int refuse_command(const char *word, struct err *reterr)
{
	const char *nearest = NULL;
	int distance, least = -1;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		distance = similar_distance(word, commands[i].name);
		if (distance < 0 || (nearest && distance >= least))
			continue;
		nearest = commands[i].name;
		least = distance;
	}
	if (nearest)
		return err_set(reterr, -EINVAL, "%s: unknown command; did you mean %s?", word, nearest);
	return err_set(reterr, -EINVAL,
		       "%s: unknown command; the commands are status, explain, list, diff, check and trace",
		       word);
}

/* What the command asks about may come after flags, too. Return: whether it is the next word. */
static bool take_service(struct flags_line *line, struct settings *settings)
{
	if (line->at + 1 >= line->argc || !takes_service(settings) || settings->subject)
		return false;
	settings->subject = line->argv[++line->at];
	return true;
}

static int parse(int argc, char *const *argv, struct settings *settings, struct err *reterr)
{
	int r, n = read_command(argc, argv, settings);
	struct flags_line line = { .argc = argc - n, .argv = argv + n };

	if (!n && argc > 1 && *argv[1] != '-')
		return refuse_command(argv[1], reterr);
	r = read_config(line.argc, line.argv, settings, reterr);
	if (r < 0)
		return r;
	do {
		while ((r = flags_next(&line, reterr)) > 0) {
			r = apply_flag(settings, &line, reterr);
			if (r < 0 || asks_about(settings))
				return r;
		}
		n = line.at + 1;
	} while (!r && take_service(&line, settings));
	if (r < 0)
		return r;
	if (!settings->subject)
		settings->subject = settings->to;
	if (n < line.argc)
		return err_set(
			reterr, -EINVAL,
			"%s: unknown argument; status, explain, list, diff, check or trace comes first, all else is flags",
			line.argv[n]);
	return finish(settings, reterr);
}

int command_line_parse(int argc, char *const *argv, struct settings *ret, struct err *reterr)
{
	return command_line_parse_with(argc, argv, &(struct buf)BUF_INIT, ret, reterr);
}

int command_line_parse_with(int argc, char *const *argv, const struct buf *config_text, struct settings *ret,
			    struct err *reterr)
{
	struct settings settings = { .action = SETTINGS_ACTION_RUN };
	int r;

	setting_value_set_defaults(&settings);
	buf_add(&settings.config_text, config_text->data, config_text->size);
	r = parse(argc, argv, &settings, reterr);
	if (r < 0) {
		settings_done(&settings);
		return r;
	}
	*ret = settings;
	return 0;
}
