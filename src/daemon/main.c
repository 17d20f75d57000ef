/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "daemon/asking.h"
#include "daemon/config_file.h"
#include "daemon/follow.h"
#include "daemon/journal.h"
#include "daemon/once.h"
#include "daemon/opts.h"

#define EXIT_USAGE 2

static int main_dry_run(const struct opts *opts)
{
	struct buf text = BUF_INIT;
	struct err err = { 0 };
	int status = EXIT_SUCCESS;
	bool whole = false;

	if (once_print(opts, &text, &whole, &err) < 0) {
		log_error("daemon", "cannot print the ruleset", LOG_TEXT("err", err.text));
		status = EXIT_FAILURE;
	} else if (fwrite(buf_text(&text), 1, text.size, stdout) != text.size || fflush(stdout) != 0) {
		log_error("daemon", "cannot write to standard output", LOG_TEXT("err", strerror(errno)));
		status = EXIT_FAILURE;
	} else if (!whole) {
		log_error("daemon", "not everything could be read, the ruleset lacks the rest");
		status = EXIT_FAILURE;
	}
	buf_done(&text);
	return status;
}

static int main_cleanup(void)
{
	struct err err = { 0 };
	bool removed = false;

	if (once_cleanup(&removed, &err) < 0) {
		log_error("daemon", "cannot remove our tables", LOG_TEXT("err", err.text));
		return EXIT_FAILURE;
	}
	log_info("daemon", removed ? "our tables are removed" : "there was nothing to remove");
	return EXIT_SUCCESS;
}

static int main_init_only(const struct opts *opts)
{
	struct err err = { 0 };
	unsigned int n_left = 0;

	if (once_init_only(opts, &n_left, &err) < 0) {
		log_error("daemon", "this machine is not fit", LOG_TEXT("err", err.text));
		return EXIT_FAILURE;
	}
	if (n_left)
		log_warn("daemon", "not all of the kernel's settings could be written",
			 LOG_NUMBER("left", n_left));
	else
		log_info("daemon", "the kernel's settings are written");
	return EXIT_SUCCESS;
}

static int main_write_config(const struct opts *opts)
{
	struct err err = { 0 };

	if (config_file_write(opts, &err) < 0) {
		log_error("daemon", "cannot write the configuration", LOG_TEXT("err", err.text));
		return EXIT_FAILURE;
	}
	if (opts->master)
		log_warn(
			"daemon",
			"not in the configuration, which has no field for it: name the server in a kubeconfig",
			LOG_TEXT("flag", "--master"));
	log_info("daemon", "the configuration is written", LOG_TEXT("file", opts->write_config_to));
	return EXIT_SUCCESS;
}

/* What was read without complaint, and is not all that whoever wrote it may have thought. */
static void main_say_notes(const struct opts *opts)
{
	static const char *const messages[] = {
		[OPTS_NOTE_UNKNOWN] = "fields that nobody knows, ignored",
		[OPTS_NOTE_REPEATED] = "fields that stand there twice, the last one counts",
		[OPTS_NOTE_WITHOUT_EFFECT] = "settings without effect here",
		[OPTS_NOTE_IGNORED] = "flags that the configuration file takes the place of",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(messages); i++)
		if (*opts->notes[i])
			log_warn("daemon", messages[i], LOG_TEXT("names", opts->notes[i]));
	if (*opts->other_mode)
		log_warn("daemon", "another mode is asked for, and nftables is what there is",
			 LOG_TEXT("mode", opts->other_mode));
}

static int main_run(const struct opts *opts)
{
	struct err err = { 0 };
	bool outdated = false;

	log_info("daemon", "starting", LOG_TEXT("version", PACKAGE_VERSION),
		 LOG_TEXT("node", opts->hostname));
	if (follow_run(opts, &outdated, &err) < 0) {
		log_error("daemon", outdated ? "ending, to be started again; rules stay" : "cannot start",
			  LOG_TEXT("err", err.text));
		return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}

static int main_act(const struct opts *opts)
{
	switch (opts->action) {
	case OPTS_ACTION_HELP:
		(void)fputs(opts_help(), stdout);
		return EXIT_SUCCESS;
	case OPTS_ACTION_VERSION:
		(void)puts("kube-nftproxy " PACKAGE_VERSION);
		return EXIT_SUCCESS;
	case OPTS_ACTION_CLEANUP:
		return main_cleanup();
	case OPTS_ACTION_DRY_RUN:
		return main_dry_run(opts);
	case OPTS_ACTION_INIT_ONLY:
		return main_init_only(opts);
	case OPTS_ACTION_WRITE_CONFIG:
		return main_write_config(opts);
	case OPTS_ACTION_STATUS:
	case OPTS_ACTION_EXPLAIN:
	case OPTS_ACTION_DIFF:
		return asking_run(opts);
	case OPTS_ACTION_RUN:
		return main_run(opts);
	}
	return EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	struct err err = { 0 };
	struct opts opts;
	int status;

	if (opts_parse(argc, argv, &opts, &err) < 0) {
		(void)fprintf(stderr, "kube-nftproxy: %s\n", err.text);
		return EXIT_USAGE;
	}
	log_set_level(opts.verbosity >= 4 ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO);
	log_set_json(opts.log_json);
	if (!opts.log_json && journal_is_there())
		journal_start();
	main_say_notes(&opts);
	/* What systemd gives us is not for the programs that we run. */
	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	status = main_act(&opts);
	opts_done(&opts);
	return status;
}
