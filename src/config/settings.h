/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * settings.h - the command line and the configuration file
 *
 * Room:     config.
 * Rule:     names and meanings are kube-proxy's where it has them. An unknown flag or a bad value is one line
 *           that names the flag, the value and what is allowed; the exit status is then 2.
 */
#ifndef CONFIG_SETTINGS_H
#define CONFIG_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/cidr.h"
#include "base/err.h"

struct arena;

#define SETTINGS_NODE_PORT_ADDRESSES_MAX 64
#define SETTINGS_STATE_DIR		 "/var/lib/kube-nftproxy"
#define SETTINGS_CONTROL_SOCKET		 "/run/kube-nftproxy/control.sock"

enum settings_detect_local_mode {
	SETTINGS_DETECT_LOCAL_CLUSTER_CIDR,
	SETTINGS_DETECT_LOCAL_NODE_CIDR,
	SETTINGS_DETECT_LOCAL_BRIDGE_INTERFACE,
	SETTINGS_DETECT_LOCAL_INTERFACE_NAME_PREFIX,
	_SETTINGS_DETECT_LOCAL_MAX,
};

#define SETTINGS_HEALTHZ_PORT	10256
#define SETTINGS_METRICS_PORT	10249
#define SETTINGS_SYNC_PERIOD_MS 30000

/** struct settings_listen - Where to serve; @port 0: nowhere */
struct settings_listen {
	struct addr addr;
	uint16_t port;
};

enum settings_action {
	SETTINGS_ACTION_RUN,
	SETTINGS_ACTION_DRY_RUN,
	SETTINGS_ACTION_CLEANUP,
	SETTINGS_ACTION_INIT_ONLY,
	SETTINGS_ACTION_STATUS,
	SETTINGS_ACTION_EXPLAIN,
	SETTINGS_ACTION_DIFF,
	SETTINGS_ACTION_WRITE_CONFIG,
	SETTINGS_ACTION_HELP,
	SETTINGS_ACTION_VERSION,
};

/** enum settings_note - What is to be said once the log is there: names of flags or fields, separated by blanks. */
enum settings_note {
	SETTINGS_NOTE_UNKNOWN,	      /* fields that nobody knows */
	SETTINGS_NOTE_REPEATED,	      /* fields that stand there twice */
	SETTINGS_NOTE_WITHOUT_EFFECT, /* flags or fields of kube-proxy's that change nothing here */
	SETTINGS_NOTE_IGNORED,	      /* flags that a file takes the place of */
	_SETTINGS_NOTE_MAX,
};

#define SETTINGS_NOTE_SIZE 1024

/**
 * struct settings_conntrack - What is written to the kernel's settings at the start; 0: left alone
 * @max_per_core, @min: the table's size for each processor, and at least so many (C14)
 */
struct settings_conntrack {
	int64_t max_per_core;
	int64_t min;
	int64_t tcp_established_ms;
	int64_t tcp_close_wait_ms;
	bool tcp_be_liberal;
	int64_t udp_ms;
	int64_t udp_stream_ms;
};

/**
 * struct settings - What was asked for; strings point into argv, or belong to @strings
 * @config:	the configuration file, NULL: none was given
 * @write_config_to: for that action
 * @kubeconfig, @context, @master, @manifests: NULL if not given
 * @json_only:	ask the API server for JSON; false: for protobuf, and take either
 * @hostname:	node name, lower case, never empty but to clean up
 * @has_cluster_cidr, @cluster_cidr: by family
 * @node_port_primary: node ports on the node's primary addresses; else as @node_port_addresses say
 * @bind_address: unspecified: nothing but the family of defaults; else it stands for the Node's address of its family
 * @interface:	bridge name or interface name prefix, as the mode says
 * @other_mode: "iptables" or "ipvs" if that was asked for, "" if not
 * @own_tables:	nobody else may change our tables, where the kernel can see to that
 * @sync_period_ms: how often a sync that fails is repeated at least; and twice that is when we are not healthy
 * @min_sync_period_ms: least time between the end of a sync and the start of the next
 * @sync_period_by, @min_sync_period_by: the flags or fields that said so; NULL: the defaults
 * @healthz:	where health is told
 * @metrics:	where metrics are told
 * @bind_address_hard_fail: end if these cannot be listened on
 * @state_dir:	where the last good objects are saved, "" nowhere
 * @control_socket: where status, explain and diff are answered, and asked; "" nowhere
 * @subject, @from, @output_json: of these commands; @subject is "[namespace/]name[:port]"
 * @oom_score_adj: for this process; if @has_oom_score_adj
 * @verbosity:	4 and more print debug lines
 * @log_json:	log lines are JSON
 * @notes:	by enum settings_note
 */
struct settings {
	enum settings_action action;
	const char *config;
	struct buf config_text; /* as it was read */
	struct arena *strings;
	const char *write_config_to;
	const char *kubeconfig;
	const char *context;
	const char *master;
	const char *manifests;
	bool json_only;
	char hostname[254];
	bool has_cluster_cidr[_FAMILY_MAX];
	struct cidr cluster_cidr[_FAMILY_MAX];
	bool masquerade_all;
	enum settings_detect_local_mode detect_local_mode;
	const char *bridge_interface;
	const char *interface_name_prefix;
	char interface[16];
	struct addr bind_address;
	char other_mode[16];
	bool node_port_primary;
	size_t n_node_port_addresses;
	struct cidr node_port_addresses[SETTINGS_NODE_PORT_ADDRESSES_MAX];
	bool own_tables;
	uint64_t sync_period_ms;
	uint64_t min_sync_period_ms;
	const char *sync_period_by;
	const char *min_sync_period_by;
	struct settings_conntrack conntrack;
	bool has_healthz; /* an address was given */
	bool has_metrics;
	struct settings_listen healthz;
	struct settings_listen metrics;
	bool bind_address_hard_fail;
	bool has_state_dir;
	char state_dir[256];
	bool has_control_socket;
	char control_socket[100];
	const char *subject;
	const char *from;
	bool output_json;
	bool has_oom_score_adj;
	int64_t oom_score_adj;
	int verbosity;
	bool log_json;
	char notes[_SETTINGS_NOTE_MAX][SETTINGS_NOTE_SIZE];
};

/**
 * settings_parse() - Read the command line, and the file that it names
 * @ret:	set on success only; settings_done() it
 *
 * With a file, kube-proxy's own flags are ignored, but --hostname-override and those about the log (X1); ours count
 * more than the file.
 *
 * Return: 0; negative errno with one line in @reterr.
 */
int settings_parse(int argc, char *const *argv, struct settings *ret, struct err *reterr)
	__attribute__((warn_unused_result));
void settings_done(struct settings *settings);
/** settings_help() - The text of --help. */
const char *settings_help(void);
/** settings_detect_local_mode_name() - "ClusterCIDR", ... */
const char *settings_detect_local_mode_name(enum settings_detect_local_mode mode);
/** settings_node_addr() - What counts as the Node's address of @family: @known, or the bind address (D5); NULL: unknown. */
const struct addr *settings_node_addr(const struct settings *settings, enum family family,
				      const struct addr *known);

#endif
