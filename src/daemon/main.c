/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/hash.h"
#include "base/log.h"
#include "config/command_line.h"
#include "config/config_file.h"
#include "config/help.h"
#include "daemon/check_command.h"
#include "daemon/daemon.h"
#include "daemon/journal.h"
#include "daemon/oneshot.h"
#include "daemon/query_command.h"
#include "daemon/reexec.h"
#include "daemon/setting_notes.h"
#include "daemon/terminal.h"
#include "daemon/trace_command.h"

#define EXIT_USAGE 2

static int main_help(void)
{
	struct buf text = BUF_INIT;

	help_print(&text);
	(void)fputs(buf_text(&text), stdout);
	buf_done(&text);
	return EXIT_SUCCESS;
}

static int main_dry_run(const struct settings *settings)
{
	struct buf text = BUF_INIT;
	struct err err = { 0 };
	int status = EXIT_SUCCESS;
	bool whole = false;

	if (oneshot_print(settings, &text, &whole, &err) < 0) {
		log_error("daemon", "cannot print the ruleset", LOG_TEXT("err", err.text));
		status = EXIT_FAILURE;
	} else if (!terminal_print(stdout, &text, false)) {
		log_error("daemon", "cannot write to standard output", LOG_TEXT("err", strerror(errno)));
		status = EXIT_FAILURE;
	} else if (!whole) {
		log_error("daemon", "not everything could be read, the ruleset is incomplete");
		status = EXIT_FAILURE;
	}
	buf_done(&text);
	return status;
}

static int main_cleanup(void)
{
	struct err err = { 0 };
	bool removed = false;

	if (oneshot_cleanup(&removed, &err) < 0) {
		log_error("daemon", "cannot remove our tables", LOG_TEXT("err", err.text));
		return EXIT_FAILURE;
	}
	log_notice("daemon", removed ? "our tables were removed" : "there were no tables to remove");
	return EXIT_SUCCESS;
}

static int main_init_only(const struct settings *settings)
{
	struct err err = { 0 };
	unsigned int n_left = 0;

	if (oneshot_init_only(settings, &n_left, &err) < 0) {
		log_error("daemon", "kernel requirements are not met", LOG_TEXT("err", err.text));
		return EXIT_FAILURE;
	}
	if (n_left)
		log_warn("daemon", "not all kernel settings could be written", LOG_NUMBER("left", n_left));
	else
		log_notice("daemon", "kernel settings written");
	return EXIT_SUCCESS;
}

static int main_write_config(const struct settings *settings)
{
	struct err err = { 0 };

	if (config_file_write(settings, &err) < 0) {
		log_error("daemon", "cannot write the configuration", LOG_TEXT("err", err.text));
		return EXIT_FAILURE;
	}
	if (settings->master)
		log_warn(
			"daemon",
			"not in the configuration, which has no field for it: name the server in a kubeconfig",
			LOG_TEXT("flag", "--master"));
	log_notice("daemon", "configuration written", LOG_TEXT("file", settings->write_config_to));
	return EXIT_SUCCESS;
}

static int main_run(const struct settings *settings, struct reexec *reexec)
{
	struct err err = { 0 };

	log_notice("daemon", reexec->again ? "starting anew with another configuration" : "starting",
		   LOG_TEXT("version", PACKAGE_VERSION), LOG_TEXT("node", settings->hostname));
	if (daemon_run(settings, reexec, &err) < 0) {
		log_error("daemon", "cannot start", LOG_TEXT("err", err.text));
		return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}

static int main_act(const struct settings *settings, struct reexec *reexec)
{
	switch (settings->action) {
	case SETTINGS_ACTION_HELP:
		return main_help();
	case SETTINGS_ACTION_VERSION:
		(void)puts("kube-nftproxy " PACKAGE_VERSION);
		return EXIT_SUCCESS;
	case SETTINGS_ACTION_CLEANUP:
		return main_cleanup();
	case SETTINGS_ACTION_DRY_RUN:
		return main_dry_run(settings);
	case SETTINGS_ACTION_INIT_ONLY:
		return main_init_only(settings);
	case SETTINGS_ACTION_WRITE_CONFIG:
		return main_write_config(settings);
	case SETTINGS_ACTION_STATUS:
	case SETTINGS_ACTION_EXPLAIN:
	case SETTINGS_ACTION_DIFF:
	case SETTINGS_ACTION_LIST:
		return query_command_run(settings);
	case SETTINGS_ACTION_CHECK:
		return check_command_run(settings);
	case SETTINGS_ACTION_TRACE:
		return trace_command_run(settings);
	case SETTINGS_ACTION_RUN:
		return main_run(settings, reexec);
	}
	return EXIT_FAILURE;
}

/* See base/hash.h. Without randomness the key is known, which only matters if names are chosen to collide. */
static void main_set_hash_key(void)
{
	uint8_t key[HASH_KEY_SIZE];

	if (getrandom(key, sizeof(key), 0) == (ssize_t)sizeof(key))
		hash_set_key(key);
}

/* The journal has the time of each entry. What ends by itself prints the same each time. */
static void main_set_log(const struct settings *settings)
{
	log_set_level(log_level_of(settings->verbosity));
	log_set_json(settings->log_format == SETTINGS_FORMAT_JSON);
	log_set_stamps(settings->action == SETTINGS_ACTION_RUN && !journal_is_there());
	if (settings->log_format == SETTINGS_FORMAT_TEXT && journal_is_there())
		journal_start();
}

int main(int argc, char **argv)
{
	struct err err = { 0 };
	struct settings settings;
	struct reexec reexec;
	int status;

	main_set_hash_key();
	reexec_begin(&reexec, argc, argv);
	if (command_line_parse_with(argc, argv, &reexec.config_text, &settings, &err) < 0) {
		terminal_complain(err.text);
		reexec_done(&reexec);
		return EXIT_USAGE;
	}
	main_set_log(&settings);
	setting_notes_log(&settings);
	status = main_act(&settings, &reexec);
	settings_done(&settings);
	reexec_done(&reexec);
	return status;
}
