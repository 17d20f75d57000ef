/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * opts.h - the command line
 *
 * Room:     daemon.
 * Rule:     names and meanings are kube-proxy's where it has them. An unknown flag or a bad value is one line
 *           that names the flag, the value and what is allowed; the exit status is then 2.
 */
#ifndef DAEMON_OPTS_H
#define DAEMON_OPTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cidr.h"
#include "base/err.h"

#define OPTS_NODE_PORT_ADDRESSES_MAX 64
#define OPTS_STATE_DIR		     "/var/lib/kube-nftproxy"

enum opts_detect_local_mode {
	OPTS_DETECT_LOCAL_CLUSTER_CIDR,
	OPTS_DETECT_LOCAL_NODE_CIDR,
	OPTS_DETECT_LOCAL_BRIDGE_INTERFACE,
	OPTS_DETECT_LOCAL_INTERFACE_NAME_PREFIX,
};

#define OPTS_HEALTHZ_PORT 10256
#define OPTS_METRICS_PORT 10249

/** struct opts_listen - Where to serve; @port 0: nowhere */
struct opts_listen {
	struct addr addr;
	uint16_t port;
};

enum opts_action {
	OPTS_ACTION_RUN,
	OPTS_ACTION_DRY_RUN,
	OPTS_ACTION_CLEANUP,
	OPTS_ACTION_HELP,
	OPTS_ACTION_VERSION,
};

/**
 * struct opts - What was asked for; strings point into argv
 * @kubeconfig, @context, @master, @manifests: NULL if not given
 * @json_only:	ask the API server for JSON; false: for protobuf, and take either
 * @hostname:	node name, lower case, never empty but to clean up
 * @has_cluster_cidr, @cluster_cidr: by family
 * @node_port_primary: node ports on the node's primary addresses; else as @node_port_addresses say
 * @interface:	bridge name or interface name prefix, as the mode says
 * @own_tables:	nobody else may change our tables, where the kernel can see to that
 * @min_sync_period_ms: least time between the end of a sync and the start of the next
 * @healthz:	where health is told
 * @metrics:	where metrics are told
 * @bind_address_hard_fail: end if these cannot be listened on
 * @state_dir:	where the last good objects are saved, "" nowhere
 * @verbosity:	4 and more print debug lines
 */
struct opts {
	enum opts_action action;
	const char *kubeconfig;
	const char *context;
	const char *master;
	const char *manifests;
	bool json_only;
	char hostname[254];
	bool has_cluster_cidr[_FAMILY_MAX];
	struct cidr cluster_cidr[_FAMILY_MAX];
	bool masquerade_all;
	enum opts_detect_local_mode detect_local_mode;
	char interface[16];
	bool node_port_primary;
	size_t n_node_port_addresses;
	struct cidr node_port_addresses[OPTS_NODE_PORT_ADDRESSES_MAX];
	bool own_tables;
	uint64_t min_sync_period_ms;
	struct opts_listen healthz;
	struct opts_listen metrics;
	bool bind_address_hard_fail;
	char state_dir[256];
	int verbosity;
};

/** opts_parse() - Return: 0; -EINVAL with one line in @reterr. */
int opts_parse(int argc, char *const *argv, struct opts *ret, struct err *reterr)
	__attribute__((warn_unused_result));
/** opts_help() - The text of --help. */
const char *opts_help(void);
/** opts_parse_duration() - "500ms", "1m30s", "0": milliseconds; false if it is none. */
bool opts_parse_duration(const char *text, uint64_t *ret_ms);

#endif
