/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * opts_set.h - one setting, from its text
 *
 * Room:     daemon. Pure. For opts.c and config_file.c: flags and the configuration file say the same things, so their values
 *           are judged once, here.
 */
#ifndef DAEMON_OPTS_SET_H
#define DAEMON_OPTS_SET_H

#include "base/err.h"
#include "daemon/opts.h"

enum opts_setting {
	OPTS_SETTING_KUBECONFIG,
	OPTS_SETTING_CONTEXT,
	OPTS_SETTING_MASTER,
	OPTS_SETTING_CONTENT_TYPE,
	OPTS_SETTING_MANIFESTS,
	OPTS_SETTING_HOSTNAME_OVERRIDE,
	OPTS_SETTING_BIND_ADDRESS,
	OPTS_SETTING_CLUSTER_CIDR,
	OPTS_SETTING_MASQUERADE_ALL,
	OPTS_SETTING_NODE_PORT_ADDRESSES,
	OPTS_SETTING_DETECT_LOCAL_MODE,
	OPTS_SETTING_BRIDGE_INTERFACE,
	OPTS_SETTING_INTERFACE_NAME_PREFIX,
	OPTS_SETTING_MODE,
	OPTS_SETTING_HEALTHZ_BIND_ADDRESS,
	OPTS_SETTING_HEALTHZ_PORT,
	OPTS_SETTING_METRICS_BIND_ADDRESS,
	OPTS_SETTING_METRICS_PORT,
	OPTS_SETTING_BIND_ADDRESS_HARD_FAIL,
	OPTS_SETTING_OWN_TABLES,
	OPTS_SETTING_SYNC_PERIOD,
	OPTS_SETTING_MIN_SYNC_PERIOD,
	OPTS_SETTING_CONFIG_SYNC_PERIOD,
	OPTS_SETTING_CONNTRACK_MAX_PER_CORE,
	OPTS_SETTING_CONNTRACK_MIN,
	OPTS_SETTING_CONNTRACK_TCP_ESTABLISHED,
	OPTS_SETTING_CONNTRACK_TCP_CLOSE_WAIT,
	OPTS_SETTING_CONNTRACK_TCP_BE_LIBERAL,
	OPTS_SETTING_CONNTRACK_UDP,
	OPTS_SETTING_CONNTRACK_UDP_STREAM,
	OPTS_SETTING_OOM_SCORE_ADJ,
	OPTS_SETTING_STATE_DIR,
	OPTS_SETTING_CONTROL_SOCKET,
	OPTS_SETTING_OUTPUT,
	OPTS_SETTING_FROM,
	OPTS_SETTING_VERBOSITY,
	OPTS_SETTING_LOG_FORMAT,
};

/**
 * opts_set() - Take @value
 * @where:	who says so, for the error: "--cluster-cidr", "clusterCIDR"; outlives @opts
 * @value:	outlives @opts; NULL: a flag that stands for a bool, without one
 *
 * Return: 0; -EINVAL: "WHERE: "VALUE" is not allowed; allowed: …".
 */
int opts_set(struct opts *opts, enum opts_setting setting, const char *where, const char *value,
	     struct err *reterr) __attribute__((warn_unused_result));
/** opts_set_refuse() - That error. */
int opts_set_refuse(struct err *reterr, const char *where, const char *value, const char *allowed);
/** opts_set_bool() - @value as opts_set() has it. */
int opts_set_bool(const char *where, const char *value, bool *ret, struct err *reterr)
	__attribute__((warn_unused_result));
/** opts_set_note() - Add @name to what is to be said; a list that is too long is cut. */
void opts_set_note(struct opts *opts, enum opts_note note, const char *name);

#endif
