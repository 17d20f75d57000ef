/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "config/config_file.h"

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
#include "config/proxy_config.h"
#include "config/settings_set.h"

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
	static const enum settings_note notes[] = {
		[PROXY_CONFIG_NOTE_UNKNOWN] = SETTINGS_NOTE_UNKNOWN,
		[PROXY_CONFIG_NOTE_REPEATED] = SETTINGS_NOTE_REPEATED,
		[PROXY_CONFIG_NOTE_WITHOUT_EFFECT] = SETTINGS_NOTE_WITHOUT_EFFECT,
	};

	settings_set_note(ctx, notes[note], path);
}

/* How a number of the file is written as a flag's value. */
enum config_form {
	CONFIG_FORM_NUMBER,
	CONFIG_FORM_BOOL,
	CONFIG_FORM_DURATION,
	CONFIG_FORM_DURATION_OR_DEFAULT, /* 0 stands for the default (X4) */
};

static int config_set_number(struct settings *settings, enum setting setting, const char *field,
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
	return settings_set(settings, setting, field, arena_string(settings->strings, text), reterr);
}

static int config_take(struct settings *settings, const struct proxy_config *config, struct err *reterr)
{
	const struct {
		enum setting setting;
		const char *field;
		const char *value;
	} texts[] = {
		{ SETTING_KUBECONFIG, "clientConnection.kubeconfig", config->kubeconfig },
		{ SETTING_CONTENT_TYPE, "clientConnection.contentType", config->content_type },
		{ SETTING_HOSTNAME_OVERRIDE, "hostnameOverride", config->hostname_override },
		{ SETTING_BIND_ADDRESS, "bindAddress", config->bind_address },
		{ SETTING_HEALTHZ_BIND_ADDRESS, "healthzBindAddress", config->healthz_bind_address },
		{ SETTING_METRICS_BIND_ADDRESS, "metricsBindAddress", config->metrics_bind_address },
		{ SETTING_MODE, "mode", config->mode },
		{ SETTING_DETECT_LOCAL_MODE, "detectLocalMode", config->detect_local_mode },
		{ SETTING_BRIDGE_INTERFACE, "detectLocal.bridgeInterface", config->bridge_interface },
		{ SETTING_INTERFACE_NAME_PREFIX, "detectLocal.interfaceNamePrefix",
		  config->interface_name_prefix },
		{ SETTING_CLUSTER_CIDR, "clusterCIDR", config->cluster_cidr },
		{ SETTING_NODE_PORT_ADDRESSES, "nodePortAddresses", config->node_port_addresses },
		{ SETTING_LOG_FORMAT, "logging.format", config->log_format },
		{ SETTING_CONTEXT, "kubeNftproxy.context", config->context },
		{ SETTING_CONTROL_SOCKET, "kubeNftproxy.controlSocket", config->control_socket },
		{ SETTING_MANIFESTS, "kubeNftproxy.manifests", config->manifests },
		{ SETTING_STATE_DIR, "kubeNftproxy.stateDir", config->state_dir },
	};
	const struct {
		enum setting setting;
		const char *field;
		const struct proxy_config_number *number;
		enum config_form form;
	} numbers[] = {
		{ SETTING_BIND_ADDRESS_HARD_FAIL, "bindAddressHardFail", &config->bind_address_hard_fail,
		  CONFIG_FORM_BOOL },
		{ SETTING_CONFIG_SYNC_PERIOD, "configSyncPeriod", &config->config_sync_period_ms,
		  CONFIG_FORM_DURATION_OR_DEFAULT },
		{ SETTING_OOM_SCORE_ADJ, "oomScoreAdj", &config->oom_score_adj, CONFIG_FORM_NUMBER },
		{ SETTING_MASQUERADE_ALL, "nftables.masqueradeAll", &config->masquerade_all,
		  CONFIG_FORM_BOOL },
		{ SETTING_SYNC_PERIOD, "nftables.syncPeriod", &config->sync_period_ms,
		  CONFIG_FORM_DURATION_OR_DEFAULT },
		{ SETTING_MIN_SYNC_PERIOD, "nftables.minSyncPeriod", &config->min_sync_period_ms,
		  CONFIG_FORM_DURATION_OR_DEFAULT },
		{ SETTING_CONNTRACK_MAX_PER_CORE, "conntrack.maxPerCore", &config->conntrack_max_per_core,
		  CONFIG_FORM_NUMBER },
		{ SETTING_CONNTRACK_MIN, "conntrack.min", &config->conntrack_min, CONFIG_FORM_NUMBER },
		{ SETTING_CONNTRACK_TCP_ESTABLISHED, "conntrack.tcpEstablishedTimeout",
		  &config->conntrack_tcp_established_ms, CONFIG_FORM_DURATION },
		{ SETTING_CONNTRACK_TCP_CLOSE_WAIT, "conntrack.tcpCloseWaitTimeout",
		  &config->conntrack_tcp_close_wait_ms, CONFIG_FORM_DURATION },
		{ SETTING_CONNTRACK_TCP_BE_LIBERAL, "conntrack.tcpBeLiberal",
		  &config->conntrack_tcp_be_liberal, CONFIG_FORM_BOOL },
		{ SETTING_CONNTRACK_UDP, "conntrack.udpTimeout", &config->conntrack_udp_ms,
		  CONFIG_FORM_DURATION },
		{ SETTING_CONNTRACK_UDP_STREAM, "conntrack.udpStreamTimeout",
		  &config->conntrack_udp_stream_ms, CONFIG_FORM_DURATION },
		{ SETTING_OWN_TABLES, "kubeNftproxy.ownTables", &config->own_tables, CONFIG_FORM_BOOL },
	};
	size_t i;
	int r = 0;

	for (i = 0; !r && i < ARRAY_SIZE(texts); i++)
		if (texts[i].value)
			r = settings_set(settings, texts[i].setting, texts[i].field, texts[i].value, reterr);
	for (i = 0; !r && i < ARRAY_SIZE(numbers); i++)
		r = config_set_number(settings, numbers[i].setting, numbers[i].field, numbers[i].number,
				      numbers[i].form, reterr);
	/* 0 there is what nobody said. */
	if (!r && config->verbosity.value)
		r = config_set_number(settings, SETTING_VERBOSITY, "logging.verbosity", &config->verbosity,
				      CONFIG_FORM_NUMBER, reterr);
	if (!r && config->healthz.given && !config->healthz.value)
		settings->healthz.port = 0;
	if (!r && config->metrics.given && !config->metrics.value)
		settings->metrics.port = 0;
	return r;
}

int config_file_load(struct settings *settings, struct err *reterr)
{
	struct proxy_config config;
	int r;

	settings->strings = arena_new();
	r = config_read(settings->config, &settings->config_text, reterr);
	if (!r)
		r = proxy_config_decode(settings->config_text.data ? settings->config_text.data : "",
					settings->config_text.size, config_noted, settings, settings->strings,
					&config, reterr);
	if (!r)
		r = config_take(settings, &config, reterr);
	return r < 0 ? err_wrap(reterr, "%s", settings->config) : 0;
}

bool config_file_changed(const struct settings *settings)
{
	struct buf text = BUF_INIT;
	struct err err = { 0 };
	bool changed;

	changed = config_read(settings->config, &text, &err) == 0 &&
		  (text.size != settings->config_text.size ||
		   (text.size && memcmp(text.data, settings->config_text.data, text.size) != 0));
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

static void config_print_listen(struct json_text *json, const char *key, const struct settings_listen *listen)
{
	char addr[ADDR_TEXT_SIZE], text[ADDR_TEXT_SIZE + 16];

	(void)snprintf(text, sizeof(text), listen->addr.family == FAMILY_IPV6 ? "[%s]:%u" : "%s:%u",
		       addr_print(&listen->addr, addr), listen->port);
	json_text_string(json, key, listen->port ? text : "");
}

static void config_print_conntrack(const struct settings_conntrack *conntrack, struct json_text *json)
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

static void config_print_cluster_cidr(const struct settings *settings, struct json_text *json)
{
	char cidr[CIDR_TEXT_SIZE], text[2 * CIDR_TEXT_SIZE + 2] = "";
	size_t len;
	int family;

	for (family = 0; family < _FAMILY_MAX; family++) {
		if (!settings->has_cluster_cidr[family])
			continue;
		len = strlen(text);
		(void)snprintf(text + len, sizeof(text) - len, "%s%s", len ? "," : "",
			       cidr_print(&settings->cluster_cidr[family], cidr));
	}
	json_text_string(json, "clusterCIDR", text);
}

static void config_print_node_port_addresses(const struct settings *settings, struct json_text *json)
{
	char cidr[CIDR_TEXT_SIZE];
	size_t i;

	json_text_begin(json, "nodePortAddresses", '[');
	if (settings->node_port_primary)
		json_text_string(json, NULL, "primary");
	for (i = 0; i < settings->n_node_port_addresses; i++)
		json_text_string(json, NULL, cidr_print(&settings->node_port_addresses[i], cidr));
	json_text_end(json, ']');
}

static void config_print_own(const struct settings *settings, struct json_text *json)
{
	json_text_begin(json, "kubeNftproxy", '{');
	json_text_string(json, "context", settings->context ? settings->context : "");
	json_text_string(json, "controlSocket", settings->control_socket);
	json_text_bool(json, "healthz", settings->healthz.port != 0);
	json_text_string(json, "manifests", settings->manifests ? settings->manifests : "");
	json_text_bool(json, "metrics", settings->metrics.port != 0);
	json_text_bool(json, "ownTables", settings->own_tables);
	json_text_string(json, "stateDir", settings->state_dir);
	json_text_end(json, '}');
}

void config_file_print(const struct settings *settings, struct json_text *json, const char *key)
{
	char addr[ADDR_TEXT_SIZE];

	json_text_begin(json, key, '{');
	json_text_string(json, "apiVersion", "kubeproxy.config.k8s.io/v1alpha1");
	json_text_string(json, "bindAddress", addr_print(&settings->bind_address, addr));
	json_text_bool(json, "bindAddressHardFail", settings->bind_address_hard_fail);
	json_text_begin(json, "clientConnection", '{');
	json_text_string(json, "contentType",
			 settings->json_only ? "application/json" : "application/vnd.kubernetes.protobuf");
	json_text_string(json, "kubeconfig", settings->kubeconfig ? settings->kubeconfig : "");
	json_text_end(json, '}');
	config_print_cluster_cidr(settings, json);
	config_print_conntrack(&settings->conntrack, json);
	json_text_begin(json, "detectLocal", '{');
	json_text_string(json, "bridgeInterface",
			 settings->bridge_interface ? settings->bridge_interface : "");
	json_text_string(json, "interfaceNamePrefix",
			 settings->interface_name_prefix ? settings->interface_name_prefix : "");
	json_text_end(json, '}');
	json_text_string(json, "detectLocalMode",
			 settings_detect_local_mode_name(settings->detect_local_mode));
	config_print_listen(json, "healthzBindAddress", &settings->healthz);
	json_text_string(json, "hostnameOverride", settings->hostname);
	json_text_string(json, "kind", "KubeProxyConfiguration");
	config_print_own(settings, json);
	json_text_begin(json, "logging", '{');
	json_text_string(json, "format", settings->log_json ? "json" : "text");
	json_text_number(json, "verbosity", settings->verbosity);
	json_text_end(json, '}');
	config_print_listen(json, "metricsBindAddress", &settings->metrics);
	json_text_string(json, "mode", "nftables");
	json_text_begin(json, "nftables", '{');
	json_text_bool(json, "masqueradeAll", settings->masquerade_all);
	config_print_duration(json, "minSyncPeriod", (int64_t)settings->min_sync_period_ms);
	config_print_duration(json, "syncPeriod", (int64_t)settings->sync_period_ms);
	json_text_end(json, '}');
	config_print_node_port_addresses(settings, json);
	if (settings->has_oom_score_adj)
		json_text_number(json, "oomScoreAdj", settings->oom_score_adj);
	json_text_end(json, '}');
}

int config_file_write(const struct settings *settings, struct err *reterr)
{
	struct buf text = BUF_INIT;
	struct json_text yaml = JSON_TEXT_INIT(&text, JSON_TEXT_YAML);
	FILE *file = fopen(settings->write_config_to, "we");
	bool written;

	if (!file)
		return err_set(reterr, -errno, "%s: %s", settings->write_config_to, strerror(errno));
	config_file_print(settings, &yaml, NULL);
	written = fwrite(text.data, 1, text.size, file) == text.size;
	buf_done(&text);
	if (fclose(file) != 0 || !written)
		return err_set(reterr, -EIO, "%s: cannot be written", settings->write_config_to);
	return 0;
}
