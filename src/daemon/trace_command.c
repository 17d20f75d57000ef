/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "daemon/trace_command.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "daemon/query_command.h"
#include "daemon/terminal.h"
#include "diagnose/nftrace.h"
#include "diagnose/nftrace_report.h"
#include "report/words.h"

#define TRACE_COMMAND_SECOND_MS 1000

struct trace_command {
	const struct settings *settings;
	struct nftrace_report report;
	bool colour;
	size_t n_packets;
	size_t n_bad;
	bool unwritten;
};

/* Return: whether to go on. */
static bool trace_command_ended(void *ctx, size_t number, const struct nftrace_packet *packet)
{
	struct trace_command *command = ctx;
	struct buf text = BUF_INIT;

	command->n_packets = number;
	command->n_bad += nftrace_report_judge(&command->report, packet) != NFTRACE_REPORT_OUTCOME_DELIVERED;
	if (command->settings->output == SETTINGS_FORMAT_JSON)
		return true;
	nftrace_report_print_text(&command->report, number, packet, command->colour, &text);
	command->unwritten |= !terminal_print(stdout, &text, command->colour);
	buf_done(&text);
	return !command->unwritten;
}

static const char *trace_command_verdict(const struct trace_command *command)
{
	return !command->n_packets ? "none-seen" : command->n_bad ? "trouble" : "delivered";
}

static void trace_command_print_json(struct trace_command *command, const struct nftrace *trace)
{
	const struct targets *targets = command->report.targets;
	struct buf text = BUF_INIT, service = BUF_INIT;
	struct json_text json = JSON_TEXT_INIT(&text, 2);
	size_t i;

	buf_printf(&service, "%s/%s", targets->namespace, targets->name);
	json_text_begin(&json, NULL, '{');
	json_text_string(&json, "verdict", trace_command_verdict(command));
	json_text_string(&json, "service", buf_text(&service));
	json_text_string(&json, "from", command->settings->from);
	json_text_bool(&json, "messagesLost", trace->lost);
	json_text_begin(&json, "packets", '[');
	for (i = 0; i < trace->packets.n; i++)
		if (trace->packets.list[i]->end != NFTRACE_PACKETS_END_NONE)
			nftrace_report_print_json(&command->report, trace->packets.list[i], &json);
	json_text_end(&json, ']');
	json_text_end(&json, '}');
	buf_printf(&text, "\n");
	command->unwritten |= !terminal_print(stdout, &text, false);
	buf_done(&service);
	buf_done(&text);
}

static void trace_command_print_end(struct trace_command *command, const struct nftrace *trace)
{
	struct buf text = BUF_INIT;

	if (command->settings->output == SETTINGS_FORMAT_JSON) {
		trace_command_print_json(command, trace);
		return;
	}
	if (!command->n_packets)
		buf_printf(&text,
			   "no packet seen from %s to Service %s/%s\n"
			   "It did not reach this node, another program dropped it at a very early\n"
			   "priority, or it has another source address here.\n",
			   command->settings->from, command->report.targets->namespace,
			   command->report.targets->name);
	else
		buf_printf(&text, "%zu packet%s seen, %zu delivered\n", command->n_packets,
			   command->n_packets == 1 ? "" : "s", command->n_packets - command->n_bad);
	if (trace->lost)
		buf_printf(&text,
			   "messages of the kernel were lost: what is said about a packet may lack steps\n");
	command->unwritten |= !terminal_print(stdout, &text, command->colour);
	buf_done(&text);
}

/* What it is about to add, before it does. */
static void trace_command_announce(const struct settings *settings, int64_t pid)
{
	char name[NFTRACE_TABLE_NAME_SIZE];
	struct buf text = BUF_INIT;

	nftrace_table_name(pid, name);
	buf_printf(
		&text,
		"adding table inet %s, which marks packets from %s for tracing, at most %d a second; it goes away "
		"with this command, after %lld s or %lld packet%s",
		name, settings->from, NFTRACE_TABLE_PER_SECOND,
		(long long)settings->trace_for_ms / TRACE_COMMAND_SECOND_MS, (long long)settings->trace_count,
		settings->trace_count == 1 ? "" : "s");
	terminal_complain(buf_text(&text));
	buf_done(&text);
}

/* Signals that end the command are read here instead, so that it can say what it saw. Return: negative errno. */
static int trace_command_signals(struct err *reterr)
{
	sigset_t set;
	int fd;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGHUP);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? err_set(reterr, -errno, "cannot wait for signals: %s", strerror(errno)) : fd;
}

static int trace_command_follow(struct trace_command *command, const struct addr *from, struct err *reterr)
{
	_cleanup_(nftrace_rules_freep) struct nftrace_rules *rules = NULL;
	_cleanup_close_ int stop_fd = trace_command_signals(reterr);
	const struct settings *settings = command->settings;
	struct nftrace trace;
	int r = stop_fd < 0 ? stop_fd : nftrace_rules_new(&rules, reterr);

	if (r < 0)
		return r;
	command->report.rules = rules;
	trace_command_announce(settings, getpid());
	r = nftrace_open(&trace, getpid(), command->report.targets, from, reterr);
	if (!r && !trace.table.owned)
		terminal_complain(
			"this kernel does not delete the table by itself: if this command is killed, delete it "
			"with `nft delete table inet NAME`");
	if (!r)
		r = nftrace_follow(&trace, (uint64_t)settings->trace_for_ms, (size_t)settings->trace_count,
				   stop_fd, trace_command_ended, command, reterr);
	if (!r)
		trace_command_print_end(command, &trace);
	nftrace_close(&trace);
	return r;
}

static int trace_command_service(struct trace_command *command)
{
	struct err err = { 0 };
	struct addr from;
	int r = 0;

	if (!addr_parse(command->settings->from, &from))
		r = err_set(&err, -EINVAL, "--from: \"%s\" is no IP address", command->settings->from);
	else if (!targets_has_family(command->report.targets, (enum family)from.family))
		r = err_set(&err, -EINVAL, "the Service has no %s address: nothing from %s reaches it",
			    addr_family_name((enum family)from.family), command->settings->from);
	if (!r)
		r = trace_command_follow(command, &from, &err);
	if (r < 0)
		terminal_complain(err.text);
	return r < 0 || command->unwritten || !command->n_packets ? 2 : command->n_bad ? 1 : 0;
}

int trace_command_run(const struct settings *settings)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct targets targets;
	struct trace_command command = { .settings = settings,
					 .report = { .targets = &targets },
					 .colour = terminal_has_colours(settings->color) };
	int status = query_command_targets(settings, arena, &targets);

	words_set_columns(terminal_columns());
	return status ? status : trace_command_service(&command);
}
