/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "config/settings_set.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/duration.h"

#define SETTINGS_LISTEN_ALLOWED		"an IP address, one with a port from 1 to 65535, or nothing"
#define SETTINGS_SYNC_DURATION_MAX_MS	(24ll * 3600 * 1000)
#define SETTINGS_CONNTRACK_DURATION_MAX (1000ll * INT32_MAX) /* what the kernel counts in seconds */

int settings_set_refuse(struct err *reterr, const char *where, const char *value, const char *allowed)
{
	return err_set(reterr, -EINVAL, "%s: \"%s\" is not allowed; allowed: %s", where, value, allowed);
}

void settings_set_note(struct settings *settings, enum settings_note note, const char *name)
{
	char *text = settings->notes[note];
	size_t len = strlen(text), room = sizeof(settings->notes[note]) - len;

	if (strlen(name) + 2 < room)
		(void)snprintf(text + len, room, "%s%s", len ? " " : "", name);
}

/* Calls @each for every comma-separated part of @value; stops at the first that it refuses. */
static int settings_each_cidr(const char *flag, const char *value, const char *allowed,
			      struct settings *settings, struct err *reterr,
			      int (*each)(struct settings *settings, const char *flag, const char *text,
					  const struct cidr *cidr, struct err *reterr))
{
	_cleanup_free_ char *copy = strdup(value);
	char *rest = copy, *part;
	struct cidr cidr;
	int r;

	if (!copy)
		return err_set(reterr, -ENOMEM, "%s: out of memory", flag);
	while ((part = strsep(&rest, ","))) {
		part += strspn(part, " ");
		part[strcspn(part, " ")] = '\0';
		if (!cidr_parse(part, &cidr))
			return settings_set_refuse(reterr, flag, part, allowed);
		r = each(settings, flag, part, &cidr, reterr);
		if (r < 0)
			return r;
	}
	return 0;
}

static int settings_add_cluster_cidr(struct settings *settings, const char *flag, const char *text,
				     const struct cidr *cidr, struct err *reterr)
{
	enum family family = cidr->addr.family;

	if (settings->has_cluster_cidr[family])
		return settings_set_refuse(reterr, flag, text, "one prefix per family");
	settings->has_cluster_cidr[family] = true;
	settings->cluster_cidr[family] = *cidr;
	return 0;
}

static int settings_add_node_port_address(struct settings *settings, const char *flag, const char *text,
					  const struct cidr *cidr, struct err *reterr)
{
	if (settings->n_node_port_addresses == SETTINGS_NODE_PORT_ADDRESSES_MAX)
		return settings_set_refuse(reterr, flag, text, "at most 64 prefixes");
	settings->node_port_addresses[settings->n_node_port_addresses++] = *cidr;
	return 0;
}

static int settings_node_port_addresses(struct settings *settings, const char *where, const char *value,
					struct err *reterr)
{
	settings->n_node_port_addresses = 0;
	settings->node_port_primary = !*value || strcmp(value, "primary") == 0;
	if (settings->node_port_primary)
		return 0;
	if (strstr(value, "primary"))
		return settings_set_refuse(reterr, where, value, "`primary' alone, or prefixes");
	return settings_each_cidr(where, value,
				  "`primary', or prefixes such as 192.0.2.0/24 or 2001:db8::/64", settings,
				  reterr, settings_add_node_port_address);
}

static int settings_detect_local(struct settings *settings, const char *where, const char *value,
				 struct err *reterr)
{
	size_t i;

	for (i = 0; i < _SETTINGS_DETECT_LOCAL_MAX; i++) {
		if (strcmp(value, settings_detect_local_mode_name((enum settings_detect_local_mode)i)) == 0) {
			settings->detect_local_mode = (enum settings_detect_local_mode)i;
			return 0;
		}
	}
	return settings_set_refuse(reterr, where, value,
				   "one of ClusterCIDR, NodeCIDR, BridgeInterface, InterfaceNamePrefix");
}

/* @what: the flag, or where else the name comes from */
static int settings_hostname(struct settings *settings, const char *what, const char *value,
			     struct err *reterr)
{
	size_t i, len;

	value += strspn(value, " \t");
	len = strcspn(value, " \t");
	if (!len || len >= sizeof(settings->hostname) || value[len + strspn(value + len, " \t")])
		return settings_set_refuse(reterr, what, value, "a node name of 1 to 253 characters");
	for (i = 0; i < len; i++)
		settings->hostname[i] = (char)(value[i] >= 'A' && value[i] <= 'Z' ? value[i] + 32 : value[i]);
	settings->hostname[len] = '\0';
	if (strspn(settings->hostname, "abcdefghijklmnopqrstuvwxyz0123456789-.") != len)
		return settings_set_refuse(reterr, what, value, "letters, digits, `-' and `.'");
	return 0;
}

/* Empty is the default, as for kube-proxy. */
static int settings_content_type(struct settings *settings, const char *where, const char *value,
				 struct err *reterr)
{
	settings->json_only = strcmp(value, "application/json") == 0;
	if (settings->json_only || !*value || strcmp(value, "application/vnd.kubernetes.protobuf") == 0)
		return 0;
	return settings_set_refuse(reterr, where, value,
				   "application/vnd.kubernetes.protobuf or application/json");
}

int settings_set_bool(const char *where, const char *value, bool *ret, struct err *reterr)
{
	if (!value || strcasecmp(value, "true") == 0 || strcasecmp(value, "t") == 0 ||
	    strcmp(value, "1") == 0) {
		*ret = true;
		return 0;
	}
	if (strcasecmp(value, "false") == 0 || strcasecmp(value, "f") == 0 || strcmp(value, "0") == 0) {
		*ret = false;
		return 0;
	}
	return settings_set_refuse(reterr, where, value, "true or false");
}

static int settings_port(const char *flag, const char *value, uint16_t *ret, struct err *reterr)
{
	unsigned long port;

	if (!*value || strlen(value) > 5 || strspn(value, "0123456789") != strlen(value))
		return settings_set_refuse(reterr, flag, value, "a port number from 0 to 65535");
	port = strtoul(value, NULL, 10);
	if (port > 65535)
		return settings_set_refuse(reterr, flag, value, "a port number from 0 to 65535");
	*ret = (uint16_t)port;
	return 0;
}

/* X8: an address alone gets the port. "1.2.3.4", "1.2.3.4:80", "::1", "[::1]", "[::1]:80"; empty: nowhere. */
static int settings_listen(const char *flag, const char *value, uint16_t port, struct settings_listen *ret,
			   struct err *reterr)
{
	bool bracketed = *value == '[';
	const char *start = value + bracketed, *end = bracketed ? strchr(value, ']') : strrchr(value, ':');
	struct settings_listen listen = { .port = port };
	char text[ADDR_TEXT_SIZE];

	if (!*value) {
		ret->port = 0;
		return 0;
	}
	if (addr_parse(value, &listen.addr)) {
		*ret = listen;
		return 0;
	}
	if (!end || end - start >= (ptrdiff_t)sizeof(text))
		return settings_set_refuse(reterr, flag, value, SETTINGS_LISTEN_ALLOWED);
	memcpy(text, start, (size_t)(end - start));
	text[end - start] = '\0';
	end += bracketed;
	/* "::1:80" would be an address without a port. */
	if (!addr_parse(text, &listen.addr) || (listen.addr.family == FAMILY_IPV6 && !bracketed) ||
	    (*end && (*end != ':' || settings_port(flag, end + 1, &listen.port, reterr) < 0 || !listen.port)))
		return settings_set_refuse(reterr, flag, value, SETTINGS_LISTEN_ALLOWED);
	*ret = listen;
	return 0;
}

static int settings_verbosity(struct settings *settings, const char *where, const char *value,
			      struct err *reterr)
{
	if (!*value || strspn(value, "0123456789") != strlen(value) || strlen(value) > 2)
		return settings_set_refuse(reterr, where, value, "a number from 0 to 99");
	settings->verbosity = (int)strtol(value, NULL, 10);
	return 0;
}

static int settings_number(const char *where, const char *value, int64_t min, int64_t max, int64_t *ret,
			   struct err *reterr)
{
	char allowed[64], *end;
	intmax_t number = 0;

	if (*value && strlen(value) < 12 && strspn(value + (*value == '-'), "0123456789") > 0)
		number = strtoimax(value, &end, 10);
	else
		end = (char *)(uintptr_t) "?";
	if (*end || number < min || number > max) {
		(void)snprintf(allowed, sizeof(allowed), "a number from %" PRId64 " to %" PRId64, min, max);
		return settings_set_refuse(reterr, where, value, allowed);
	}
	*ret = number;
	return 0;
}

static int settings_sync_duration(const char *where, const char *value, int64_t min_ms, uint64_t *ret_ms,
				  struct err *reterr)
{
	int64_t ms;

	if (!duration_parse(value, &ms) || ms < min_ms || ms > SETTINGS_SYNC_DURATION_MAX_MS)
		return settings_set_refuse(reterr, where, value,
					   min_ms ? "a duration from 1ms to 24h, such as 30s or 1m30s"
						  : "a duration of at most 24h, such as 500ms, 1s or 1m30s");
	*ret_ms = (uint64_t)ms;
	return 0;
}

static int settings_conntrack_duration(const char *where, const char *value, int64_t *ret_ms,
				       struct err *reterr)
{
	int64_t ms;

	if (!duration_parse(value, &ms) || ms < 0 || ms > SETTINGS_CONNTRACK_DURATION_MAX)
		return settings_set_refuse(reterr, where, value,
					   "a duration such as 24h or 1m30s; 0: leave it alone");
	*ret_ms = ms;
	return 0;
}

/* X7; unspecified: the Node's own addresses count, and the family is that of the others' defaults. */
static int settings_bind_address(struct settings *settings, const char *where, const char *value,
				 struct err *reterr)
{
	struct addr addr;

	if (!addr_parse(value, &addr))
		return settings_set_refuse(reterr, where, value, "an IP address");
	settings->bind_address = addr;
	return 0;
}

/* X3. */
static int settings_mode(struct settings *settings, const char *where, const char *value, struct err *reterr)
{
	if (strcmp(value, "iptables") == 0 || strcmp(value, "ipvs") == 0)
		(void)snprintf(settings->other_mode, sizeof(settings->other_mode), "%s", value);
	else if (*value && strcmp(value, "nftables") != 0)
		return settings_set_refuse(reterr, where, value,
					   "nftables (iptables and ipvs are read as that)");
	else
		settings->other_mode[0] = '\0';
	return 0;
}

static int settings_log_format(struct settings *settings, const char *where, const char *value,
			       struct err *reterr)
{
	settings->log_json = strcmp(value, "json") == 0;
	if (!settings->log_json && *value && strcmp(value, "text") != 0)
		return settings_set_refuse(reterr, where, value, "text or json");
	return 0;
}

static int settings_state_dir_text(struct settings *settings, const char *where, const char *value,
				   struct err *reterr)
{
	size_t len = strlen(value);

	if (len >= sizeof(settings->state_dir) || (len && *value != '/'))
		return settings_set_refuse(reterr, where, value,
					   "an absolute path of at most 255 bytes, or nothing");
	memcpy(settings->state_dir, value, len + 1);
	settings->has_state_dir = true;
	return 0;
}

static int settings_control_socket(struct settings *settings, const char *where, const char *value,
				   struct err *reterr)
{
	size_t len = strlen(value);

	if (len >= sizeof(settings->control_socket) || (len && *value != '/'))
		return settings_set_refuse(reterr, where, value,
					   "an absolute path of at most 99 bytes, or nothing");
	memcpy(settings->control_socket, value, len + 1);
	settings->has_control_socket = true;
	return 0;
}

static int settings_cluster_cidr(struct settings *settings, const char *where, const char *value,
				 struct err *reterr)
{
	memset(settings->has_cluster_cidr, 0, sizeof(settings->has_cluster_cidr));
	return *value ? settings_each_cidr(where, value, "a prefix such as 10.244.0.0/16 or fd00::/56",
					   settings, reterr, settings_add_cluster_cidr)
		      : 0;
}

/* Those that are about connection tracking. */
static int settings_set_conntrack(struct settings *settings, enum setting setting, const char *where,
				  const char *value, struct err *reterr)
{
	struct settings_conntrack *c = &settings->conntrack;

	switch ((int)setting) {
	case SETTING_CONNTRACK_MAX_PER_CORE:
		return settings_number(where, value, 0, INT32_MAX, &c->max_per_core, reterr);
	case SETTING_CONNTRACK_MIN:
		return settings_number(where, value, 0, INT32_MAX, &c->min, reterr);
	case SETTING_CONNTRACK_TCP_ESTABLISHED:
		return settings_conntrack_duration(where, value, &c->tcp_established_ms, reterr);
	case SETTING_CONNTRACK_TCP_CLOSE_WAIT:
		return settings_conntrack_duration(where, value, &c->tcp_close_wait_ms, reterr);
	case SETTING_CONNTRACK_UDP:
		return settings_conntrack_duration(where, value, &c->udp_ms, reterr);
	case SETTING_CONNTRACK_UDP_STREAM:
		return settings_conntrack_duration(where, value, &c->udp_stream_ms, reterr);
	}
	return settings_set_bool(where, value, &c->tcp_be_liberal, reterr);
}

int settings_set(struct settings *settings, enum setting setting, const char *where, const char *value,
		 struct err *reterr)
{
	struct addr from;
	uint64_t unused;

	switch (setting) {
	case SETTING_KUBECONFIG:
		/* Empty is as good as not given, as for kube-proxy: manifests pass empty variables. */
		settings->kubeconfig = *value ? value : NULL;
		return 0;
	case SETTING_CONTEXT:
		settings->context = *value ? value : NULL;
		return 0;
	case SETTING_MASTER:
		settings->master = *value ? value : NULL;
		return 0;
	case SETTING_CONTENT_TYPE:
		return settings_content_type(settings, where, value, reterr);
	case SETTING_MANIFESTS:
		if (!*value)
			return settings_set_refuse(reterr, where, value, "a file, a directory or `-'");
		settings->manifests = value;
		return 0;
	case SETTING_HOSTNAME_OVERRIDE:
		return settings_hostname(settings, where, value, reterr);
	case SETTING_BIND_ADDRESS:
		return settings_bind_address(settings, where, value, reterr);
	case SETTING_CLUSTER_CIDR:
		return settings_cluster_cidr(settings, where, value, reterr);
	case SETTING_MASQUERADE_ALL:
		return settings_set_bool(where, value, &settings->masquerade_all, reterr);
	case SETTING_NODE_PORT_ADDRESSES:
		return settings_node_port_addresses(settings, where, value, reterr);
	case SETTING_DETECT_LOCAL_MODE:
		return settings_detect_local(settings, where, value, reterr);
	case SETTING_BRIDGE_INTERFACE:
		settings->bridge_interface = value;
		return 0;
	case SETTING_INTERFACE_NAME_PREFIX:
		settings->interface_name_prefix = value;
		return 0;
	case SETTING_MODE:
		return settings_mode(settings, where, value, reterr);
	case SETTING_HEALTHZ_BIND_ADDRESS:
		settings->has_healthz = true;
		return settings_listen(where, value, SETTINGS_HEALTHZ_PORT, &settings->healthz, reterr);
	case SETTING_HEALTHZ_PORT:
		return settings_port(where, value, &settings->healthz.port, reterr);
	case SETTING_METRICS_BIND_ADDRESS:
		settings->has_metrics = true;
		return settings_listen(where, value, SETTINGS_METRICS_PORT, &settings->metrics, reterr);
	case SETTING_METRICS_PORT:
		return settings_port(where, value, &settings->metrics.port, reterr);
	case SETTING_BIND_ADDRESS_HARD_FAIL:
		return settings_set_bool(where, value, &settings->bind_address_hard_fail, reterr);
	case SETTING_OWN_TABLES:
		return settings_set_bool(where, value, &settings->own_tables, reterr);
	case SETTING_SYNC_PERIOD:
		settings->sync_period_by = where;
		return settings_sync_duration(where, value, 1, &settings->sync_period_ms, reterr);
	case SETTING_MIN_SYNC_PERIOD:
		settings->min_sync_period_by = where;
		return settings_sync_duration(where, value, 0, &settings->min_sync_period_ms, reterr);
	case SETTING_CONFIG_SYNC_PERIOD:
		/* There is no polling here whose period it could be; but nonsense is told. */
		return settings_sync_duration(where, value, 1, &unused, reterr);
	case SETTING_CONNTRACK_MAX_PER_CORE:
	case SETTING_CONNTRACK_MIN:
	case SETTING_CONNTRACK_TCP_ESTABLISHED:
	case SETTING_CONNTRACK_TCP_CLOSE_WAIT:
	case SETTING_CONNTRACK_TCP_BE_LIBERAL:
	case SETTING_CONNTRACK_UDP:
	case SETTING_CONNTRACK_UDP_STREAM:
		return settings_set_conntrack(settings, setting, where, value, reterr);
	case SETTING_OOM_SCORE_ADJ:
		settings->has_oom_score_adj = true;
		return settings_number(where, value, -1000, 1000, &settings->oom_score_adj, reterr);
	case SETTING_STATE_DIR:
		return settings_state_dir_text(settings, where, value, reterr);
	case SETTING_CONTROL_SOCKET:
		return settings_control_socket(settings, where, value, reterr);
	case SETTING_OUTPUT:
		settings->output_json = strcmp(value, "json") == 0;
		if (!settings->output_json && strcmp(value, "text") != 0)
			return settings_set_refuse(reterr, where, value, "text or json");
		return 0;
	case SETTING_FROM:
		settings->from = value;
		if (!addr_parse(value, &from))
			return settings_set_refuse(reterr, where, value, "an IP address");
		return 0;
	case SETTING_VERBOSITY:
		return settings_verbosity(settings, where, value, reterr);
	case SETTING_LOG_FORMAT:
		return settings_log_format(settings, where, value, reterr);
	}
	return 0;
}
