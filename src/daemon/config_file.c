/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "daemon/config_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/duration.h"
#include "daemon/opts_set.h"
#include "decode/proxy_config.h"

/* --- reading ---------------------------------------------------------------------------------------------
 */

static int config_read(const char *path, struct buf *text, struct err *reterr)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return err_set(reterr, -errno, "%s", strerror(errno));
	do {
		n = read(fd, buf_reserve(text, 65536), 65536);
		if (n > 0)
			text->size += (size_t)n;
	} while ((n > 0 || (n < 0 && errno == EINTR)) && text->size <= PROXY_CONFIG_SIZE_MAX);
	return n < 0 ? err_set(reterr, -errno, "%s", strerror(errno)) : 0;
}

static void config_noted(void *ctx, enum proxy_config_note note, const char *path)
{
	static const enum opts_note notes[] = {
		[PROXY_CONFIG_NOTE_UNKNOWN] = OPTS_NOTE_UNKNOWN,
		[PROXY_CONFIG_NOTE_REPEATED] = OPTS_NOTE_REPEATED,
		[PROXY_CONFIG_NOTE_WITHOUT_EFFECT] = OPTS_NOTE_WITHOUT_EFFECT,
	};

	opts_set_note(ctx, notes[note], path);
}

/* How a number of the file is written as a flag's value. */
enum config_form {
	CONFIG_FORM_NUMBER,
	CONFIG_FORM_BOOL,
	CONFIG_FORM_DURATION,
	CONFIG_FORM_DURATION_OR_DEFAULT, /* 0 stands for the default (X4) */
};

static int config_set_number(struct opts *opts, enum opts_setting setting, const char *field,
			     const struct proxy_config_number *number, enum config_form form,
			     struct err *reterr)
{
	char text[DURATION_TEXT_SIZE];

	if (!number->given || (form == CONFIG_FORM_DURATION_OR_DEFAULT && !number->value))
		return 0;
	switch (form) {
	case CONFIG_FORM_NUMBER:
		(void)snprintf(text, sizeof(text), "%" PRId64, number->value);
		break;
	case CONFIG_FORM_BOOL:
		(void)snprintf(text, sizeof(text), "%s", number->value ? "true" : "false");
		break;
	case CONFIG_FORM_DURATION:
	case CONFIG_FORM_DURATION_OR_DEFAULT:
		(void)duration_print(number->value, text);
		break;
	}
	return opts_set(opts, setting, field, arena_string(opts->strings, text), reterr);
}

static int config_take(struct opts *opts, const struct proxy_config *config, struct err *reterr)
{
	const struct {
		enum opts_setting setting;
		const char *field;
		const char *value;
	} texts[] = {
		{ OPTS_SETTING_KUBECONFIG, "clientConnection.kubeconfig", config->kubeconfig },
		{ OPTS_SETTING_CONTENT_TYPE, "clientConnection.contentType", config->content_type },
		{ OPTS_SETTING_HOSTNAME_OVERRIDE, "hostnameOverride", config->hostname_override },
		{ OPTS_SETTING_BIND_ADDRESS, "bindAddress", config->bind_address },
		{ OPTS_SETTING_HEALTHZ_BIND_ADDRESS, "healthzBindAddress", config->healthz_bind_address },
		{ OPTS_SETTING_METRICS_BIND_ADDRESS, "metricsBindAddress", config->metrics_bind_address },
		{ OPTS_SETTING_MODE, "mode", config->mode },
		{ OPTS_SETTING_DETECT_LOCAL_MODE, "detectLocalMode", config->detect_local_mode },
		{ OPTS_SETTING_BRIDGE_INTERFACE, "detectLocal.bridgeInterface", config->bridge_interface },
		{ OPTS_SETTING_INTERFACE_NAME_PREFIX, "detectLocal.interfaceNamePrefix",
		  config->interface_name_prefix },
		{ OPTS_SETTING_CLUSTER_CIDR, "clusterCIDR", config->cluster_cidr },
		{ OPTS_SETTING_NODE_PORT_ADDRESSES, "nodePortAddresses", config->node_port_addresses },
		{ OPTS_SETTING_LOG_FORMAT, "logging.format", config->log_format },
		{ OPTS_SETTING_CONTEXT, "kubeNftproxy.context", config->context },
		{ OPTS_SETTING_CONTROL_SOCKET, "kubeNftproxy.controlSocket", config->control_socket },
		{ OPTS_SETTING_MANIFESTS, "kubeNftproxy.manifests", config->manifests },
		{ OPTS_SETTING_STATE_DIR, "kubeNftproxy.stateDir", config->state_dir },
	};
	const struct {
		enum opts_setting setting;
		const char *field;
		const struct proxy_config_number *number;
		enum config_form form;
	} numbers[] = {
		{ OPTS_SETTING_BIND_ADDRESS_HARD_FAIL, "bindAddressHardFail", &config->bind_address_hard_fail,
		  CONFIG_FORM_BOOL },
		{ OPTS_SETTING_CONFIG_SYNC_PERIOD, "configSyncPeriod", &config->config_sync_period_ms,
		  CONFIG_FORM_DURATION_OR_DEFAULT },
		{ OPTS_SETTING_OOM_SCORE_ADJ, "oomScoreAdj", &config->oom_score_adj, CONFIG_FORM_NUMBER },
		{ OPTS_SETTING_MASQUERADE_ALL, "nftables.masqueradeAll", &config->masquerade_all,
		  CONFIG_FORM_BOOL },
		{ OPTS_SETTING_SYNC_PERIOD, "nftables.syncPeriod", &config->sync_period_ms,
		  CONFIG_FORM_DURATION_OR_DEFAULT },
		{ OPTS_SETTING_MIN_SYNC_PERIOD, "nftables.minSyncPeriod", &config->min_sync_period_ms,
		  CONFIG_FORM_DURATION_OR_DEFAULT },
		{ OPTS_SETTING_CONNTRACK_MAX_PER_CORE, "conntrack.maxPerCore",
		  &config->conntrack_max_per_core, CONFIG_FORM_NUMBER },
		{ OPTS_SETTING_CONNTRACK_MIN, "conntrack.min", &config->conntrack_min, CONFIG_FORM_NUMBER },
		{ OPTS_SETTING_CONNTRACK_TCP_ESTABLISHED, "conntrack.tcpEstablishedTimeout",
		  &config->conntrack_tcp_established_ms, CONFIG_FORM_DURATION },
		{ OPTS_SETTING_CONNTRACK_TCP_CLOSE_WAIT, "conntrack.tcpCloseWaitTimeout",
		  &config->conntrack_tcp_close_wait_ms, CONFIG_FORM_DURATION },
		{ OPTS_SETTING_CONNTRACK_TCP_BE_LIBERAL, "conntrack.tcpBeLiberal",
		  &config->conntrack_tcp_be_liberal, CONFIG_FORM_BOOL },
		{ OPTS_SETTING_CONNTRACK_UDP, "conntrack.udpTimeout", &config->conntrack_udp_ms,
		  CONFIG_FORM_DURATION },
		{ OPTS_SETTING_CONNTRACK_UDP_STREAM, "conntrack.udpStreamTimeout",
		  &config->conntrack_udp_stream_ms, CONFIG_FORM_DURATION },
		{ OPTS_SETTING_OWN_TABLES, "kubeNftproxy.ownTables", &config->own_tables, CONFIG_FORM_BOOL },
	};
	size_t i;
	int r = 0;

	for (i = 0; !r && i < ARRAY_SIZE(texts); i++)
		if (texts[i].value)
			r = opts_set(opts, texts[i].setting, texts[i].field, texts[i].value, reterr);
	for (i = 0; !r && i < ARRAY_SIZE(numbers); i++)
		r = config_set_number(opts, numbers[i].setting, numbers[i].field, numbers[i].number,
				      numbers[i].form, reterr);
	/* 0 there is what nobody said. */
	if (!r && config->verbosity.value)
		r = config_set_number(opts, OPTS_SETTING_VERBOSITY, "logging.verbosity", &config->verbosity,
				      CONFIG_FORM_NUMBER, reterr);
	if (!r && config->healthz.given && !config->healthz.value)
		opts->healthz.port = 0;
	if (!r && config->metrics.given && !config->metrics.value)
		opts->metrics.port = 0;
	return r;
}

int config_file_load(struct opts *opts, struct err *reterr)
{
	struct proxy_config config;
	int r;

	opts->strings = arena_new();
	r = config_read(opts->config, &opts->config_text, reterr);
	if (!r)
		r = proxy_config_decode(opts->config_text.data ? opts->config_text.data : "",
					opts->config_text.size, config_noted, opts, opts->strings, &config,
					reterr);
	if (!r)
		r = config_take(opts, &config, reterr);
	return r < 0 ? err_wrap(reterr, "%s", opts->config) : 0;
}

bool config_file_changed(const struct opts *opts)
{
	struct buf text = BUF_INIT;
	struct err err = { 0 };
	bool changed;

	changed = config_read(opts->config, &text, &err) == 0 &&
		  (text.size != opts->config_text.size ||
		   (text.size && memcmp(text.data, opts->config_text.data, text.size) != 0));
	buf_done(&text);
	return changed;
}

/* --- writing ---------------------------------------------------------------------------------------------
 */

static void config_print_duration(struct json_text *json, const char *key, int64_t ms)
{
	char text[DURATION_TEXT_SIZE];

	json_text_string(json, key, duration_print(ms, text));
}

static void config_print_listen(struct json_text *json, const char *key, const struct opts_listen *listen)
{
	char addr[ADDR_TEXT_SIZE], text[ADDR_TEXT_SIZE + 16];

	(void)snprintf(text, sizeof(text), listen->addr.family == FAMILY_IPV6 ? "[%s]:%u" : "%s:%u",
		       addr_print(&listen->addr, addr), listen->port);
	json_text_string(json, key, listen->port ? text : "");
}

static void config_print_conntrack(const struct opts_conntrack *conntrack, struct json_text *json)
{
	json_text_begin(json, "conntrack", '{');
	json_text_number(json, "maxPerCore", conntrack->max_per_core);
	json_text_number(json, "min", conntrack->min);
	json_text_bool(json, "tcpBeLiberal", conntrack->tcp_be_liberal);
	config_print_duration(json, "tcpCloseWaitTimeout", conntrack->tcp_close_wait_ms);
	config_print_duration(json, "tcpEstablishedTimeout", conntrack->tcp_established_ms);
	config_print_duration(json, "udpStreamTimeout", conntrack->udp_stream_ms);
	config_print_duration(json, "udpTimeout", conntrack->udp_ms);
	json_text_end(json, '}');
}

static void config_print_cluster_cidr(const struct opts *opts, struct json_text *json)
{
	char cidr[CIDR_TEXT_SIZE], text[2 * CIDR_TEXT_SIZE + 2] = "";
	size_t len;
	int family;

	for (family = 0; family < _FAMILY_MAX; family++) {
		if (!opts->has_cluster_cidr[family])
			continue;
		len = strlen(text);
		(void)snprintf(text + len, sizeof(text) - len, "%s%s", len ? "," : "",
			       cidr_print(&opts->cluster_cidr[family], cidr));
	}
	json_text_string(json, "clusterCIDR", text);
}

static void config_print_node_port_addresses(const struct opts *opts, struct json_text *json)
{
	char cidr[CIDR_TEXT_SIZE];
	size_t i;

	json_text_begin(json, "nodePortAddresses", '[');
	if (opts->node_port_primary)
		json_text_string(json, NULL, "primary");
	for (i = 0; i < opts->n_node_port_addresses; i++)
		json_text_string(json, NULL, cidr_print(&opts->node_port_addresses[i], cidr));
	json_text_end(json, ']');
}

static void config_print_own(const struct opts *opts, struct json_text *json)
{
	json_text_begin(json, "kubeNftproxy", '{');
	json_text_string(json, "context", opts->context ? opts->context : "");
	json_text_string(json, "controlSocket", opts->control_socket);
	json_text_bool(json, "healthz", opts->healthz.port != 0);
	json_text_string(json, "manifests", opts->manifests ? opts->manifests : "");
	json_text_bool(json, "metrics", opts->metrics.port != 0);
	json_text_bool(json, "ownTables", opts->own_tables);
	json_text_string(json, "stateDir", opts->state_dir);
	json_text_end(json, '}');
}

void config_file_print(const struct opts *opts, struct json_text *json, const char *key)
{
	char addr[ADDR_TEXT_SIZE];

	json_text_begin(json, key, '{');
	json_text_string(json, "apiVersion", "kubeproxy.config.k8s.io/v1alpha1");
	json_text_string(json, "bindAddress", addr_print(&opts->bind_address, addr));
	json_text_bool(json, "bindAddressHardFail", opts->bind_address_hard_fail);
	json_text_begin(json, "clientConnection", '{');
	json_text_string(json, "contentType",
			 opts->json_only ? "application/json" : "application/vnd.kubernetes.protobuf");
	json_text_string(json, "kubeconfig", opts->kubeconfig ? opts->kubeconfig : "");
	json_text_end(json, '}');
	config_print_cluster_cidr(opts, json);
	config_print_conntrack(&opts->conntrack, json);
	json_text_begin(json, "detectLocal", '{');
	json_text_string(json, "bridgeInterface", opts->bridge_interface ? opts->bridge_interface : "");
	json_text_string(json, "interfaceNamePrefix",
			 opts->interface_name_prefix ? opts->interface_name_prefix : "");
	json_text_end(json, '}');
	json_text_string(json, "detectLocalMode", opts_detect_local_mode_name(opts->detect_local_mode));
	config_print_listen(json, "healthzBindAddress", &opts->healthz);
	json_text_string(json, "hostnameOverride", opts->hostname);
	json_text_string(json, "kind", "KubeProxyConfiguration");
	config_print_own(opts, json);
	json_text_begin(json, "logging", '{');
	json_text_string(json, "format", opts->log_json ? "json" : "text");
	json_text_number(json, "verbosity", opts->verbosity);
	json_text_end(json, '}');
	config_print_listen(json, "metricsBindAddress", &opts->metrics);
	json_text_string(json, "mode", "nftables");
	json_text_begin(json, "nftables", '{');
	json_text_bool(json, "masqueradeAll", opts->masquerade_all);
	config_print_duration(json, "minSyncPeriod", (int64_t)opts->min_sync_period_ms);
	config_print_duration(json, "syncPeriod", (int64_t)opts->sync_period_ms);
	json_text_end(json, '}');
	config_print_node_port_addresses(opts, json);
	if (opts->has_oom_score_adj)
		json_text_number(json, "oomScoreAdj", opts->oom_score_adj);
	json_text_end(json, '}');
}

int config_file_write(const struct opts *opts, struct err *reterr)
{
	struct buf text = BUF_INIT;
	struct json_text yaml = JSON_TEXT_INIT(&text, JSON_TEXT_YAML);
	FILE *file = fopen(opts->write_config_to, "we");
	bool written;

	if (!file)
		return err_set(reterr, -errno, "%s: %s", opts->write_config_to, strerror(errno));
	config_file_print(opts, &yaml, NULL);
	written = fwrite(text.data, 1, text.size, file) == text.size;
	buf_done(&text);
	if (fclose(file) != 0 || !written)
		return err_set(reterr, -EIO, "%s: cannot be written", opts->write_config_to);
	return 0;
}
