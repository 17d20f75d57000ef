/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "daemon/opts_set.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/duration.h"

#define OPTS_LISTEN_ALLOWED	    "an IP address, one with a port from 1 to 65535, or nothing"
#define OPTS_SYNC_DURATION_MAX_MS   (24ll * 3600 * 1000)
#define OPTS_CONNTRACK_DURATION_MAX (1000ll * INT32_MAX) /* what the kernel counts in seconds */

int opts_set_refuse(struct err *reterr, const char *where, const char *value, const char *allowed)
{
	return err_set(reterr, -EINVAL, "%s: \"%s\" is not allowed; allowed: %s", where, value, allowed);
}

void opts_set_note(struct opts *opts, enum opts_note note, const char *name)
{
	char *text = opts->notes[note];
	size_t len = strlen(text), room = sizeof(opts->notes[note]) - len;

	if (strlen(name) + 2 < room)
		(void)snprintf(text + len, room, "%s%s", len ? " " : "", name);
}

/* Calls @each for every comma-separated part of @value; stops at the first that it refuses. */
static int opts_each_cidr(const char *flag, const char *value, const char *allowed, struct opts *opts,
			  struct err *reterr,
			  int (*each)(struct opts *opts, const char *flag, const char *text,
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
			return opts_set_refuse(reterr, flag, part, allowed);
		r = each(opts, flag, part, &cidr, reterr);
		if (r < 0)
			return r;
	}
	return 0;
}

static int opts_add_cluster_cidr(struct opts *opts, const char *flag, const char *text,
				 const struct cidr *cidr, struct err *reterr)
{
	enum family family = cidr->addr.family;

	if (opts->has_cluster_cidr[family])
		return opts_set_refuse(reterr, flag, text, "one prefix per family");
	opts->has_cluster_cidr[family] = true;
	opts->cluster_cidr[family] = *cidr;
	return 0;
}

static int opts_add_node_port_address(struct opts *opts, const char *flag, const char *text,
				      const struct cidr *cidr, struct err *reterr)
{
	if (opts->n_node_port_addresses == OPTS_NODE_PORT_ADDRESSES_MAX)
		return opts_set_refuse(reterr, flag, text, "at most 64 prefixes");
	opts->node_port_addresses[opts->n_node_port_addresses++] = *cidr;
	return 0;
}

static int opts_node_port_addresses(struct opts *opts, const char *where, const char *value,
				    struct err *reterr)
{
	opts->n_node_port_addresses = 0;
	opts->node_port_primary = !*value || strcmp(value, "primary") == 0;
	if (opts->node_port_primary)
		return 0;
	if (strstr(value, "primary"))
		return opts_set_refuse(reterr, where, value, "`primary' alone, or prefixes");
	return opts_each_cidr(where, value, "`primary', or prefixes such as 192.0.2.0/24 or 2001:db8::/64",
			      opts, reterr, opts_add_node_port_address);
}

static int opts_detect_local(struct opts *opts, const char *where, const char *value, struct err *reterr)
{
	size_t i;

	for (i = 0; i < _OPTS_DETECT_LOCAL_MAX; i++) {
		if (strcmp(value, opts_detect_local_mode_name((enum opts_detect_local_mode)i)) == 0) {
			opts->detect_local_mode = (enum opts_detect_local_mode)i;
			return 0;
		}
	}
	return opts_set_refuse(reterr, where, value,
			       "one of ClusterCIDR, NodeCIDR, BridgeInterface, InterfaceNamePrefix");
}

/* @what: the flag, or where else the name comes from */
static int opts_hostname(struct opts *opts, const char *what, const char *value, struct err *reterr)
{
	size_t i, len;

	value += strspn(value, " \t");
	len = strcspn(value, " \t");
	if (!len || len >= sizeof(opts->hostname) || value[len + strspn(value + len, " \t")])
		return opts_set_refuse(reterr, what, value, "a node name of 1 to 253 characters");
	for (i = 0; i < len; i++)
		opts->hostname[i] = (char)(value[i] >= 'A' && value[i] <= 'Z' ? value[i] + 32 : value[i]);
	opts->hostname[len] = '\0';
	if (strspn(opts->hostname, "abcdefghijklmnopqrstuvwxyz0123456789-.") != len)
		return opts_set_refuse(reterr, what, value, "letters, digits, `-' and `.'");
	return 0;
}

/* Empty is the default, as for kube-proxy. */
static int opts_content_type(struct opts *opts, const char *where, const char *value, struct err *reterr)
{
	opts->json_only = strcmp(value, "application/json") == 0;
	if (opts->json_only || !*value || strcmp(value, "application/vnd.kubernetes.protobuf") == 0)
		return 0;
	return opts_set_refuse(reterr, where, value,
			       "application/vnd.kubernetes.protobuf or application/json");
}

int opts_set_bool(const char *where, const char *value, bool *ret, struct err *reterr)
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
	return opts_set_refuse(reterr, where, value, "true or false");
}

static int opts_port(const char *flag, const char *value, uint16_t *ret, struct err *reterr)
{
	unsigned long port;

	if (!*value || strlen(value) > 5 || strspn(value, "0123456789") != strlen(value))
		return opts_set_refuse(reterr, flag, value, "a port number from 0 to 65535");
	port = strtoul(value, NULL, 10);
	if (port > 65535)
		return opts_set_refuse(reterr, flag, value, "a port number from 0 to 65535");
	*ret = (uint16_t)port;
	return 0;
}

/* X8: an address alone gets the port. "1.2.3.4", "1.2.3.4:80", "::1", "[::1]", "[::1]:80"; empty: nowhere. */
static int opts_listen(const char *flag, const char *value, uint16_t port, struct opts_listen *ret,
		       struct err *reterr)
{
	bool bracketed = *value == '[';
	const char *start = value + bracketed, *end = bracketed ? strchr(value, ']') : strrchr(value, ':');
	struct opts_listen listen = { .port = port };
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
		return opts_set_refuse(reterr, flag, value, OPTS_LISTEN_ALLOWED);
	memcpy(text, start, (size_t)(end - start));
	text[end - start] = '\0';
	end += bracketed;
	/* "::1:80" would be an address without a port. */
	if (!addr_parse(text, &listen.addr) || (listen.addr.family == FAMILY_IPV6 && !bracketed) ||
	    (*end && (*end != ':' || opts_port(flag, end + 1, &listen.port, reterr) < 0 || !listen.port)))
		return opts_set_refuse(reterr, flag, value, OPTS_LISTEN_ALLOWED);
	*ret = listen;
	return 0;
}

static int opts_verbosity(struct opts *opts, const char *where, const char *value, struct err *reterr)
{
	if (!*value || strspn(value, "0123456789") != strlen(value) || strlen(value) > 2)
		return opts_set_refuse(reterr, where, value, "a number from 0 to 99");
	opts->verbosity = (int)strtol(value, NULL, 10);
	return 0;
}

static int opts_number(const char *where, const char *value, int64_t min, int64_t max, int64_t *ret,
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
		return opts_set_refuse(reterr, where, value, allowed);
	}
	*ret = number;
	return 0;
}

static int opts_sync_duration(const char *where, const char *value, int64_t min_ms, uint64_t *ret_ms,
			      struct err *reterr)
{
	int64_t ms;

	if (!duration_parse(value, &ms) || ms < min_ms || ms > OPTS_SYNC_DURATION_MAX_MS)
		return opts_set_refuse(reterr, where, value,
				       min_ms ? "a duration from 1ms to 24h, such as 30s or 1m30s"
					      : "a duration of at most 24h, such as 500ms, 1s or 1m30s");
	*ret_ms = (uint64_t)ms;
	return 0;
}

static int opts_conntrack_duration(const char *where, const char *value, int64_t *ret_ms, struct err *reterr)
{
	int64_t ms;

	if (!duration_parse(value, &ms) || ms < 0 || ms > OPTS_CONNTRACK_DURATION_MAX)
		return opts_set_refuse(reterr, where, value,
				       "a duration such as 24h or 1m30s; 0: leave it alone");
	*ret_ms = ms;
	return 0;
}

/* X7; unspecified: the Node's own addresses count, and the family is that of the others' defaults. */
static int opts_bind_address(struct opts *opts, const char *where, const char *value, struct err *reterr)
{
	struct addr addr;

	if (!addr_parse(value, &addr))
		return opts_set_refuse(reterr, where, value, "an IP address");
	opts->bind_address = addr;
	return 0;
}

/* X3. */
static int opts_mode(struct opts *opts, const char *where, const char *value, struct err *reterr)
{
	if (strcmp(value, "iptables") == 0 || strcmp(value, "ipvs") == 0)
		(void)snprintf(opts->other_mode, sizeof(opts->other_mode), "%s", value);
	else if (*value && strcmp(value, "nftables") != 0)
		return opts_set_refuse(reterr, where, value, "nftables (iptables and ipvs are read as that)");
	else
		opts->other_mode[0] = '\0';
	return 0;
}

static int opts_log_format(struct opts *opts, const char *where, const char *value, struct err *reterr)
{
	opts->log_json = strcmp(value, "json") == 0;
	if (!opts->log_json && *value && strcmp(value, "text") != 0)
		return opts_set_refuse(reterr, where, value, "text or json");
	return 0;
}

static int opts_state_dir_text(struct opts *opts, const char *where, const char *value, struct err *reterr)
{
	size_t len = strlen(value);

	if (len >= sizeof(opts->state_dir) || (len && *value != '/'))
		return opts_set_refuse(reterr, where, value,
				       "an absolute path of at most 255 bytes, or nothing");
	memcpy(opts->state_dir, value, len + 1);
	opts->has_state_dir = true;
	return 0;
}

static int opts_control_socket(struct opts *opts, const char *where, const char *value, struct err *reterr)
{
	size_t len = strlen(value);

	if (len >= sizeof(opts->control_socket) || (len && *value != '/'))
		return opts_set_refuse(reterr, where, value,
				       "an absolute path of at most 99 bytes, or nothing");
	memcpy(opts->control_socket, value, len + 1);
	opts->has_control_socket = true;
	return 0;
}

static int opts_cluster_cidr(struct opts *opts, const char *where, const char *value, struct err *reterr)
{
	memset(opts->has_cluster_cidr, 0, sizeof(opts->has_cluster_cidr));
	return *value ? opts_each_cidr(where, value, "a prefix such as 10.244.0.0/16 or fd00::/56", opts,
				       reterr, opts_add_cluster_cidr)
		      : 0;
}

/* Those that are about connection tracking. */
static int opts_set_conntrack(struct opts *opts, enum opts_setting setting, const char *where,
			      const char *value, struct err *reterr)
{
	struct opts_conntrack *c = &opts->conntrack;

	switch ((int)setting) {
	case OPTS_SETTING_CONNTRACK_MAX_PER_CORE:
		return opts_number(where, value, 0, INT32_MAX, &c->max_per_core, reterr);
	case OPTS_SETTING_CONNTRACK_MIN:
		return opts_number(where, value, 0, INT32_MAX, &c->min, reterr);
	case OPTS_SETTING_CONNTRACK_TCP_ESTABLISHED:
		return opts_conntrack_duration(where, value, &c->tcp_established_ms, reterr);
	case OPTS_SETTING_CONNTRACK_TCP_CLOSE_WAIT:
		return opts_conntrack_duration(where, value, &c->tcp_close_wait_ms, reterr);
	case OPTS_SETTING_CONNTRACK_UDP:
		return opts_conntrack_duration(where, value, &c->udp_ms, reterr);
	case OPTS_SETTING_CONNTRACK_UDP_STREAM:
		return opts_conntrack_duration(where, value, &c->udp_stream_ms, reterr);
	}
	return opts_set_bool(where, value, &c->tcp_be_liberal, reterr);
}

int opts_set(struct opts *opts, enum opts_setting setting, const char *where, const char *value,
	     struct err *reterr)
{
	struct addr from;
	uint64_t unused;

	switch (setting) {
	case OPTS_SETTING_KUBECONFIG:
		/* Empty is as good as not given, as for kube-proxy: manifests pass empty variables. */
		opts->kubeconfig = *value ? value : NULL;
		return 0;
	case OPTS_SETTING_CONTEXT:
		opts->context = *value ? value : NULL;
		return 0;
	case OPTS_SETTING_MASTER:
		opts->master = *value ? value : NULL;
		return 0;
	case OPTS_SETTING_CONTENT_TYPE:
		return opts_content_type(opts, where, value, reterr);
	case OPTS_SETTING_MANIFESTS:
		if (!*value)
			return opts_set_refuse(reterr, where, value, "a file, a directory or `-'");
		opts->manifests = value;
		return 0;
	case OPTS_SETTING_HOSTNAME_OVERRIDE:
		return opts_hostname(opts, where, value, reterr);
	case OPTS_SETTING_BIND_ADDRESS:
		return opts_bind_address(opts, where, value, reterr);
	case OPTS_SETTING_CLUSTER_CIDR:
		return opts_cluster_cidr(opts, where, value, reterr);
	case OPTS_SETTING_MASQUERADE_ALL:
		return opts_set_bool(where, value, &opts->masquerade_all, reterr);
	case OPTS_SETTING_NODE_PORT_ADDRESSES:
		return opts_node_port_addresses(opts, where, value, reterr);
	case OPTS_SETTING_DETECT_LOCAL_MODE:
		return opts_detect_local(opts, where, value, reterr);
	case OPTS_SETTING_BRIDGE_INTERFACE:
		opts->bridge_interface = value;
		return 0;
	case OPTS_SETTING_INTERFACE_NAME_PREFIX:
		opts->interface_name_prefix = value;
		return 0;
	case OPTS_SETTING_MODE:
		return opts_mode(opts, where, value, reterr);
	case OPTS_SETTING_HEALTHZ_BIND_ADDRESS:
		opts->has_healthz = true;
		return opts_listen(where, value, OPTS_HEALTHZ_PORT, &opts->healthz, reterr);
	case OPTS_SETTING_HEALTHZ_PORT:
		return opts_port(where, value, &opts->healthz.port, reterr);
	case OPTS_SETTING_METRICS_BIND_ADDRESS:
		opts->has_metrics = true;
		return opts_listen(where, value, OPTS_METRICS_PORT, &opts->metrics, reterr);
	case OPTS_SETTING_METRICS_PORT:
		return opts_port(where, value, &opts->metrics.port, reterr);
	case OPTS_SETTING_BIND_ADDRESS_HARD_FAIL:
		return opts_set_bool(where, value, &opts->bind_address_hard_fail, reterr);
	case OPTS_SETTING_OWN_TABLES:
		return opts_set_bool(where, value, &opts->own_tables, reterr);
	case OPTS_SETTING_SYNC_PERIOD:
		opts->sync_period_by = where;
		return opts_sync_duration(where, value, 1, &opts->sync_period_ms, reterr);
	case OPTS_SETTING_MIN_SYNC_PERIOD:
		opts->min_sync_period_by = where;
		return opts_sync_duration(where, value, 0, &opts->min_sync_period_ms, reterr);
	case OPTS_SETTING_CONFIG_SYNC_PERIOD:
		/* There is no polling here whose period it could be; but nonsense is told. */
		return opts_sync_duration(where, value, 1, &unused, reterr);
	case OPTS_SETTING_CONNTRACK_MAX_PER_CORE:
	case OPTS_SETTING_CONNTRACK_MIN:
	case OPTS_SETTING_CONNTRACK_TCP_ESTABLISHED:
	case OPTS_SETTING_CONNTRACK_TCP_CLOSE_WAIT:
	case OPTS_SETTING_CONNTRACK_TCP_BE_LIBERAL:
	case OPTS_SETTING_CONNTRACK_UDP:
	case OPTS_SETTING_CONNTRACK_UDP_STREAM:
		return opts_set_conntrack(opts, setting, where, value, reterr);
	case OPTS_SETTING_OOM_SCORE_ADJ:
		opts->has_oom_score_adj = true;
		return opts_number(where, value, -1000, 1000, &opts->oom_score_adj, reterr);
	case OPTS_SETTING_STATE_DIR:
		return opts_state_dir_text(opts, where, value, reterr);
	case OPTS_SETTING_CONTROL_SOCKET:
		return opts_control_socket(opts, where, value, reterr);
	case OPTS_SETTING_OUTPUT:
		opts->output_json = strcmp(value, "json") == 0;
		if (!opts->output_json && strcmp(value, "text") != 0)
			return opts_set_refuse(reterr, where, value, "text or json");
		return 0;
	case OPTS_SETTING_FROM:
		opts->from = value;
		if (!addr_parse(value, &from))
			return opts_set_refuse(reterr, where, value, "an IP address");
		return 0;
	case OPTS_SETTING_VERBOSITY:
		return opts_verbosity(opts, where, value, reterr);
	case OPTS_SETTING_LOG_FORMAT:
		return opts_log_format(opts, where, value, reterr);
	}
	return 0;
}
