/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * settings.h - the settings of one run, whether from the command line, the configuration file or the defaults
 *
 * Room:     config. Plain data. config/setting_table.h says which flag and which field each member belongs to.
 */
#ifndef CONFIG_SETTINGS_H
#define CONFIG_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/buf.h"
#include "base/cidr.h"

struct arena;

#define SETTINGS_NODE_NAME_SIZE		 254
#define SETTINGS_NODE_PORT_ADDRESSES_MAX 64
#define SETTINGS_STATE_DIR_SIZE		 256
#define SETTINGS_CONTROL_SOCKET_SIZE	 100
#define SETTINGS_NOTE_SIZE		 1024

enum settings_action {
	SETTINGS_ACTION_RUN,
	SETTINGS_ACTION_DRY_RUN,
	SETTINGS_ACTION_CLEANUP,
	SETTINGS_ACTION_INIT_ONLY,
	SETTINGS_ACTION_STATUS,
	SETTINGS_ACTION_EXPLAIN,
	SETTINGS_ACTION_DIFF,
	SETTINGS_ACTION_LIST,
	SETTINGS_ACTION_CHECK,
	SETTINGS_ACTION_TRACE,
	SETTINGS_ACTION_WRITE_CONFIG,
	SETTINGS_ACTION_HELP,
	SETTINGS_ACTION_VERSION,
};

/* These enums have the order of the words in the table. */

enum settings_content_type {
	SETTINGS_CONTENT_TYPE_PROTOBUF,
	SETTINGS_CONTENT_TYPE_JSON,
};

enum settings_detect_local_mode {
	SETTINGS_DETECT_LOCAL_CLUSTER_CIDR,
	SETTINGS_DETECT_LOCAL_NODE_CIDR,
	SETTINGS_DETECT_LOCAL_BRIDGE_INTERFACE,
	SETTINGS_DETECT_LOCAL_INTERFACE_NAME_PREFIX,
	_SETTINGS_DETECT_LOCAL_MAX,
};

enum settings_mode {
	SETTINGS_MODE_NFTABLES,
	SETTINGS_MODE_IPTABLES,
	SETTINGS_MODE_IPVS,
};

enum settings_color {
	SETTINGS_COLOR_AUTO,
	SETTINGS_COLOR_ALWAYS,
	SETTINGS_COLOR_NEVER,
};

enum settings_format {
	SETTINGS_FORMAT_TEXT,
	SETTINGS_FORMAT_JSON,
};

/** enum settings_note - Warnings for the log, which opens later: names of flags or fields, separated by blanks. */
enum settings_note {
	SETTINGS_NOTE_UNKNOWN,	      /* fields that do not exist */
	SETTINGS_NOTE_REPEATED,	      /* fields that occur twice */
	SETTINGS_NOTE_WITHOUT_EFFECT, /* flags or fields of kube-proxy's that change nothing here */
	SETTINGS_NOTE_IGNORED,	      /* flags that are ignored beside a configuration file */
	_SETTINGS_NOTE_MAX,
};

/** struct settings_listen - Where to serve; @port 0: nowhere */
struct settings_listen {
	struct addr addr;
	uint16_t port;
};

/**
 * struct settings_asked - The flags that become an action
 */
struct settings_asked {
	bool help;
	bool version;
	bool dry_run;
	bool cleanup;
	bool init_only;
};

/**
 * struct settings_conntrack - The kernel's settings, written at the start; 0: left alone
 * @max_per_core, @min: entries of the table for each processor, and the least (tests/COVERAGE.md C14)
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
 * struct settings - All settings; strings point into argv, or belong to @strings
 * @asked:	for command_line.c, which makes @action of it
 * @config:	the configuration file; NULL: none
 * @config_text: its content as it was read
 * @write_config_to: for that action
 * @kubeconfig, @context, @master, @manifests: NULL if not given
 * @content_type: JSON: ask the API server for nothing else
 * @hostname:	the node's name, never empty but for actions that do without
 * @has_cluster_cidr, @cluster_cidr: by family
 * @bridge_interface, @interface_name_prefix: as given
 * @interface:	the one of them that @detect_local_mode uses
 * @bind_address: replaces the Node's address of its family. Unspecified: only decides the family of defaults.
 * @mode:	what was asked for; it is nftables in any case
 * @node_port_primary: node ports are on the node's primary addresses, and on those in @node_port_addresses
 * @serve_external_ips: serve the externalIPs of Services
 * @external_ips_gate_off: kube-proxy's feature gate for them is false; for command_line.c
 * @own_tables:	keep other processes from changing our tables, where the kernel can
 * @monitor_tables: if others can change our tables, receive the kernel's notifications of their changes
 * @sync_period_ms: a failed sync is repeated at least this often; after twice that we are not healthy
 * @min_sync_period_ms: least time between the end of a sync and the start of the next
 * @healthz, @metrics: where these are served
 * @bind_address_hard_fail: end if these addresses cannot be listened on
 * @state_dir:	where the last good objects are saved; "": nowhere
 * @wait_for_manifests: leave existing rules as they are until each manifest could be read once, or its last good objects were saved
 * @state_max_age_ms: older ones are not used; 0: no limit
 * @control_socket: where status, explain and diff are asked and answered; "": nowhere
 * @subject, @from, @output: of these commands; @subject is "[namespace/]name[:port]"
 * @trace_for_ms, @trace_count: how long trace waits, and for how many packets
 * @trace_by:	the flag that gave one of them
 * @problems:	list shows only front ends that are not served
 * @rules, @all: what else explain prints
 * @to:		in place of @subject; @namespace: of @subject, if it has none
 * @color:	enum settings_color
 * @oom_score_adj: of this process, if @oom_score_adj_by
 * @verbosity:	from 0 failures, from 1 changes of state, from 2 a line for each sync, from 4 debug lines
 * @…_by:	the flag or field that gave the value; NULL: it is the default
 * @notes:	by enum settings_note
 */
struct settings {
	enum settings_action action;
	struct settings_asked asked;
	const char *config;
	struct buf config_text;
	struct arena *strings;
	const char *write_config_to;
	const char *kubeconfig;
	const char *context;
	const char *master;
	const char *manifests;
	enum settings_content_type content_type;
	char hostname[SETTINGS_NODE_NAME_SIZE];
	bool has_cluster_cidr[_FAMILY_MAX];
	struct cidr cluster_cidr[_FAMILY_MAX];
	bool masquerade_all;
	enum settings_detect_local_mode detect_local_mode;
	const char *bridge_interface;
	const char *interface_name_prefix;
	char interface[16];
	struct addr bind_address;
	enum settings_mode mode;
	bool node_port_primary;
	size_t n_node_port_addresses;
	struct cidr node_port_addresses[SETTINGS_NODE_PORT_ADDRESSES_MAX];
	const char *node_port_addresses_by;
	bool serve_external_ips;
	const char *serve_external_ips_by;
	bool external_ips_gate_off;
	bool own_tables;
	bool monitor_tables;
	uint64_t sync_period_ms;
	const char *sync_period_by;
	uint64_t min_sync_period_ms;
	const char *min_sync_period_by;
	struct settings_conntrack conntrack;
	struct settings_listen healthz;
	const char *healthz_by;
	struct settings_listen metrics;
	const char *metrics_by;
	bool bind_address_hard_fail;
	char state_dir[SETTINGS_STATE_DIR_SIZE];
	const char *state_dir_by;
	uint64_t state_max_age_ms;
	bool wait_for_manifests;
	char control_socket[SETTINGS_CONTROL_SOCKET_SIZE];
	const char *control_socket_by;
	const char *subject;
	const char *from;
	enum settings_format output;
	const char *output_by;
	uint64_t trace_for_ms;
	int64_t trace_count;
	const char *trace_by;
	bool problems;
	bool rules;
	bool all;
	const char *to;
	const char *namespace;
	enum settings_color color;
	int64_t oom_score_adj;
	const char *oom_score_adj_by;
	int64_t verbosity;
	enum settings_format log_format;
	char notes[_SETTINGS_NOTE_MAX][SETTINGS_NOTE_SIZE];
};

/** settings_note() - Add @name to a note; a list that is too long is cut. */
void settings_note(struct settings *settings, enum settings_note note, const char *name);
/**
 * settings_node_addr() - The Node's address of @family: the bind address if it is one of this family (D5)
 * @known:	what the Node object says
 *
 * Return: NULL if it is unknown.
 */
const struct addr *settings_node_addr(const struct settings *settings, enum family family,
				      const struct addr *known);
void settings_done(struct settings *settings);

#endif
