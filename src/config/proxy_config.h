/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * proxy_config.h - kube-proxy's configuration file
 *
 * Room:     config. Pure.
 * Rule:     tests/COVERAGE.md X1 to X12. kubeproxy.config.k8s.io/v1alpha1 KubeProxyConfiguration, YAML or JSON. A field of another
 *           type than it has is an error with its path. Fields that nobody knows or that stand there twice (the last one
 *           counts) are noted, and so are known ones without effect here, unless they say what a default says: "",
 *           0, false, "0s", null, or nothing in them.
 *           Our own extras stand in a section of their own, "kubeNftproxy".
 * Not here: what values are allowed (config/config_file.h).
 */
#ifndef CONFIG_PROXY_CONFIG_H
#define CONFIG_PROXY_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct arena;

#define PROXY_CONFIG_SIZE_MAX (1024 * 1024)

/** enum proxy_config_note - What is said of a field that is not an error. */
enum proxy_config_note {
	PROXY_CONFIG_NOTE_UNKNOWN,
	PROXY_CONFIG_NOTE_REPEATED,
	PROXY_CONFIG_NOTE_WITHOUT_EFFECT,
	_PROXY_CONFIG_NOTE_MAX,
};

/** typedef proxy_config_noted - @path: "ipvs.scheduler" */
typedef void proxy_config_noted(void *ctx, enum proxy_config_note note, const char *path);

/** struct proxy_config_number - A number, a bool (0 or 1), or a duration in milliseconds; may be any. */
struct proxy_config_number {
	bool given;
	int64_t value;
};

/**
 * struct proxy_config - What the file says; strings are NULL where it says nothing or ""
 * @node_port_addresses: joined by commas
 * @own_tables to @metrics: of kubeNftproxy
 */
struct proxy_config {
	const char *kubeconfig;
	const char *content_type;
	const char *hostname_override;
	const char *bind_address;
	const char *healthz_bind_address;
	const char *metrics_bind_address;
	const char *mode;
	const char *detect_local_mode;
	const char *bridge_interface;
	const char *interface_name_prefix;
	const char *cluster_cidr;
	const char *node_port_addresses;
	const char *log_format;
	struct proxy_config_number bind_address_hard_fail;
	struct proxy_config_number config_sync_period_ms;
	struct proxy_config_number oom_score_adj;
	struct proxy_config_number verbosity;
	struct proxy_config_number masquerade_all;
	struct proxy_config_number sync_period_ms;
	struct proxy_config_number min_sync_period_ms;
	struct proxy_config_number conntrack_max_per_core;
	struct proxy_config_number conntrack_min;
	struct proxy_config_number conntrack_tcp_established_ms;
	struct proxy_config_number conntrack_tcp_close_wait_ms;
	struct proxy_config_number conntrack_tcp_be_liberal;
	struct proxy_config_number conntrack_udp_ms;
	struct proxy_config_number conntrack_udp_stream_ms;
	const char *context;
	const char *control_socket;
	const char *manifests;
	const char *state_dir;
	struct proxy_config_number own_tables;
	struct proxy_config_number healthz;
	struct proxy_config_number metrics;
};

/**
 * proxy_config_decode() - Read a file's text
 * @noted:	called for each note; not NULL
 * @arena:	owns the strings
 *
 * Return: 0; -EBADMSG if it is not YAML ("line 3: ..."); -EINVAL if it is no such object or a field is wrong; -E2BIG.
 */
int proxy_config_decode(const char *bytes, size_t size, proxy_config_noted *noted, void *ctx,
			struct arena *arena, struct proxy_config *ret, struct err *reterr)
	__attribute__((warn_unused_result));

#endif
