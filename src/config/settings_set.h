/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * settings_set.h - one setting, from its text
 *
 * Room:     config. Pure. For settings.c and config_file.c: flags and the configuration file say the same things, so their values
 *           are judged once, here.
 */
#ifndef CONFIG_SETTINGS_SET_H
#define CONFIG_SETTINGS_SET_H

#include "base/err.h"
#include "config/settings.h"

enum setting {
	SETTING_KUBECONFIG,
	SETTING_CONTEXT,
	SETTING_MASTER,
	SETTING_CONTENT_TYPE,
	SETTING_MANIFESTS,
	SETTING_HOSTNAME_OVERRIDE,
	SETTING_BIND_ADDRESS,
	SETTING_CLUSTER_CIDR,
	SETTING_MASQUERADE_ALL,
	SETTING_NODE_PORT_ADDRESSES,
	SETTING_DETECT_LOCAL_MODE,
	SETTING_BRIDGE_INTERFACE,
	SETTING_INTERFACE_NAME_PREFIX,
	SETTING_MODE,
	SETTING_HEALTHZ_BIND_ADDRESS,
	SETTING_HEALTHZ_PORT,
	SETTING_METRICS_BIND_ADDRESS,
	SETTING_METRICS_PORT,
	SETTING_BIND_ADDRESS_HARD_FAIL,
	SETTING_OWN_TABLES,
	SETTING_SYNC_PERIOD,
	SETTING_MIN_SYNC_PERIOD,
	SETTING_CONFIG_SYNC_PERIOD,
	SETTING_CONNTRACK_MAX_PER_CORE,
	SETTING_CONNTRACK_MIN,
	SETTING_CONNTRACK_TCP_ESTABLISHED,
	SETTING_CONNTRACK_TCP_CLOSE_WAIT,
	SETTING_CONNTRACK_TCP_BE_LIBERAL,
	SETTING_CONNTRACK_UDP,
	SETTING_CONNTRACK_UDP_STREAM,
	SETTING_OOM_SCORE_ADJ,
	SETTING_STATE_DIR,
	SETTING_CONTROL_SOCKET,
	SETTING_OUTPUT,
	SETTING_FROM,
	SETTING_VERBOSITY,
	SETTING_LOG_FORMAT,
};

/**
 * settings_set() - Take @value
 * @where:	who says so, for the error: "--cluster-cidr", "clusterCIDR"; outlives @settings
 * @value:	outlives @settings; NULL: a flag that stands for a bool, without one
 *
 * Return: 0; -EINVAL: "WHERE: "VALUE" is not allowed; allowed: …".
 */
int settings_set(struct settings *settings, enum setting setting, const char *where, const char *value,
		 struct err *reterr) __attribute__((warn_unused_result));
/** settings_set_refuse() - That error. */
int settings_set_refuse(struct err *reterr, const char *where, const char *value, const char *allowed);
/** settings_set_bool() - @value as settings_set() has it. */
int settings_set_bool(const char *where, const char *value, bool *ret, struct err *reterr)
	__attribute__((warn_unused_result));
/** settings_set_note() - Add @name to what is to be said; a list that is too long is cut. */
void settings_set_note(struct settings *settings, enum settings_note note, const char *name);

#endif
