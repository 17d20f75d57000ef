/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "daemon/opts.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/cleanup.h"

#define OPTS_LISTEN_ALLOWED  "an IP address, one with a port from 1 to 65535, or nothing"
#define OPTS_DURATION_MAX_MS (24ull * 3600 * 1000)

static const char opts_help_text[] =
	"Usage: kube-nftproxy [OPTION]...\n"
	"Make Kubernetes Services work on this node, with nftables.\n"
	"\n"
	"Where Services, EndpointSlices and the Node come from (one of):\n"
	"  --kubeconfig FILE            follow the cluster of this kubeconfig\n"
	"  --context NAME               its context (default: its current-context)\n"
	"  --master URL                 API server, overrides the kubeconfig's\n"
	"  --kube-api-content-type TYPE what to ask it for: application/json, or\n"
	"                               application/vnd.kubernetes.protobuf (default)\n"
	"  --manifests FILE|DIR|-       read YAML or JSON; a directory is followed\n"
	"                               (none of these: $KUBECONFIG, then the Pod's\n"
	"                               service account)\n"
	"  --hostname-override NODE     this node's name (default: the host name)\n"
	"\n"
	"What to do:\n"
	"  --dry-run                    print the ruleset for `nft -f` and exit; needs\n"
	"                               no privilege\n"
	"  --cleanup                    remove our tables and exit\n"
	"  --help, --version\n"
	"\n"
	"How this node treats traffic:\n"
	"  --cluster-cidr CIDR[,CIDR]   pod addresses of the cluster, one per family\n"
	"  --detect-local-mode MODE     how pod traffic is recognised: ClusterCIDR\n"
	"                               (default), NodeCIDR, BridgeInterface or\n"
	"                               InterfaceNamePrefix\n"
	"  --pod-bridge-interface NAME  for BridgeInterface\n"
	"  --pod-interface-name-prefix PREFIX\n"
	"                               for InterfaceNamePrefix\n"
	"  --masquerade-all             masquerade all traffic to ClusterIPs\n"
	"  --nodeport-addresses LIST    `primary' (default), or CIDRs: the node's\n"
	"                               addresses in them serve node ports; 0.0.0.0/0\n"
	"                               and ::/0 stand for all of a family\n"
	"\n"
	"Running:\n"
	"  --healthz-bind-address ADDRESS[:PORT]\n"
	"                               where to tell /healthz and /livez (default\n"
	"                               0.0.0.0:10256); empty: nowhere\n"
	"  --healthz-port PORT          another port there; 0: nowhere\n"
	"  --metrics-bind-address ADDRESS[:PORT]\n"
	"                               where to tell /metrics (default\n"
	"                               127.0.0.1:10249); empty: nowhere\n"
	"  --metrics-port PORT          another port there; 0: nowhere\n"
	"  --bind-address-hard-fail     end if one of these cannot be listened on\n"
	"  --own-tables[=false]         nobody else may change our tables, where the\n"
	"                               kernel can see to that: 6.9 or later (default)\n"
	"  --min-sync-period DURATION   least time between two syncs (default 0s)\n"
	"  --state-dir DIR              save what the API server said last, for a start\n"
	"                               without it (default: $STATE_DIRECTORY, else\n"
	"                               " OPTS_STATE_DIR "); empty: don't\n"
	"  -v, --v LEVEL                verbosity; 4 prints debug lines (default 2)\n"
	"\n"
	"See kube-nftproxy(8).\n";

const char *opts_help(void)
{
	return opts_help_text;
}

enum opts_flag {
	OPTS_FLAG_KUBECONFIG = 256,
	OPTS_FLAG_CONTEXT,
	OPTS_FLAG_MASTER,
	OPTS_FLAG_KUBE_API_CONTENT_TYPE,
	OPTS_FLAG_HOSTNAME_OVERRIDE,
	OPTS_FLAG_CLUSTER_CIDR,
	OPTS_FLAG_MASQUERADE_ALL,
	OPTS_FLAG_NODEPORT_ADDRESSES,
	OPTS_FLAG_DETECT_LOCAL_MODE,
	OPTS_FLAG_POD_BRIDGE_INTERFACE,
	OPTS_FLAG_POD_INTERFACE_NAME_PREFIX,
	OPTS_FLAG_MANIFESTS,
	OPTS_FLAG_DRY_RUN,
	OPTS_FLAG_CLEANUP,
	OPTS_FLAG_HEALTHZ_BIND_ADDRESS,
	OPTS_FLAG_HEALTHZ_PORT,
	OPTS_FLAG_METRICS_BIND_ADDRESS,
	OPTS_FLAG_METRICS_PORT,
	OPTS_FLAG_BIND_ADDRESS_HARD_FAIL,
	OPTS_FLAG_OWN_TABLES,
	OPTS_FLAG_MIN_SYNC_PERIOD,
	OPTS_FLAG_STATE_DIR,
	OPTS_FLAG_HELP,
	OPTS_FLAG_VERSION,
	OPTS_FLAG_V,
};

static const struct option opts_flags[] = {
	{ "kubeconfig", required_argument, NULL, OPTS_FLAG_KUBECONFIG },
	{ "context", required_argument, NULL, OPTS_FLAG_CONTEXT },
	{ "master", required_argument, NULL, OPTS_FLAG_MASTER },
	{ "kube-api-content-type", required_argument, NULL, OPTS_FLAG_KUBE_API_CONTENT_TYPE },
	{ "hostname-override", required_argument, NULL, OPTS_FLAG_HOSTNAME_OVERRIDE },
	{ "cluster-cidr", required_argument, NULL, OPTS_FLAG_CLUSTER_CIDR },
	{ "masquerade-all", optional_argument, NULL, OPTS_FLAG_MASQUERADE_ALL },
	{ "nodeport-addresses", required_argument, NULL, OPTS_FLAG_NODEPORT_ADDRESSES },
	{ "detect-local-mode", required_argument, NULL, OPTS_FLAG_DETECT_LOCAL_MODE },
	{ "pod-bridge-interface", required_argument, NULL, OPTS_FLAG_POD_BRIDGE_INTERFACE },
	{ "pod-interface-name-prefix", required_argument, NULL, OPTS_FLAG_POD_INTERFACE_NAME_PREFIX },
	{ "manifests", required_argument, NULL, OPTS_FLAG_MANIFESTS },
	{ "dry-run", no_argument, NULL, OPTS_FLAG_DRY_RUN },
	{ "cleanup", no_argument, NULL, OPTS_FLAG_CLEANUP },
	{ "healthz-bind-address", required_argument, NULL, OPTS_FLAG_HEALTHZ_BIND_ADDRESS },
	{ "healthz-port", required_argument, NULL, OPTS_FLAG_HEALTHZ_PORT },
	{ "metrics-bind-address", required_argument, NULL, OPTS_FLAG_METRICS_BIND_ADDRESS },
	{ "metrics-port", required_argument, NULL, OPTS_FLAG_METRICS_PORT },
	{ "bind-address-hard-fail", optional_argument, NULL, OPTS_FLAG_BIND_ADDRESS_HARD_FAIL },
	{ "own-tables", optional_argument, NULL, OPTS_FLAG_OWN_TABLES },
	{ "min-sync-period", required_argument, NULL, OPTS_FLAG_MIN_SYNC_PERIOD },
	{ "state-dir", required_argument, NULL, OPTS_FLAG_STATE_DIR },
	{ "help", no_argument, NULL, OPTS_FLAG_HELP },
	{ "version", no_argument, NULL, OPTS_FLAG_VERSION },
	{ "v", required_argument, NULL, OPTS_FLAG_V },
	{ NULL, 0, NULL, 0 },
};

/* What was given, before it is known whether it fits together. */
struct opts_given {
	const char *bridge;
	const char *prefix;
	const char *state_dir;
	bool dry_run;
	bool cleanup;
};

static int opts_bad(struct err *reterr, const char *flag, const char *value, const char *allowed)
{
	return err_set(reterr, -EINVAL, "%s: \"%s\" is not allowed; allowed: %s", flag, value, allowed);
}

bool opts_parse_duration(const char *text, uint64_t *ret_ms)
{
	static const struct {
		const char *unit;
		double ms;
	} units[] = { { "ms", 1 }, { "us", 0.001 }, { "h", 3600000 }, { "m", 60000 }, { "s", 1000 } };
	double total = 0;
	size_t i;

	if (strcmp(text, "0") == 0) {
		*ret_ms = 0;
		return true;
	}
	if (!*text)
		return false;
	while (*text) {
		size_t digits = strspn(text, "0123456789");
		char *end;
		double value;

		if (!digits && *text != '.')
			return false;
		value = strtod(text, &end);
		if (end == text || strspn(text, "0123456789.") != (size_t)(end - text))
			return false;
		for (i = 0; i < ARRAY_SIZE(units); i++)
			if (strncmp(end, units[i].unit, strlen(units[i].unit)) == 0)
				break;
		if (i == ARRAY_SIZE(units))
			return false;
		total += value * units[i].ms;
		text = end + strlen(units[i].unit);
	}
	if (total > OPTS_DURATION_MAX_MS)
		return false;
	*ret_ms = (uint64_t)(total + 0.5);
	return true;
}

/* Calls @each for every comma-separated part of @value; stops at the first that it refuses. */
static int opts_each_cidr(const char *flag, const char *value, struct opts *opts, struct err *reterr,
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
			return opts_bad(reterr, flag, part, "a prefix such as 10.244.0.0/16 or fd00::/56");
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
		return opts_bad(reterr, flag, text, "one prefix per family");
	opts->has_cluster_cidr[family] = true;
	opts->cluster_cidr[family] = *cidr;
	return 0;
}

static int opts_add_node_port_address(struct opts *opts, const char *flag, const char *text,
				      const struct cidr *cidr, struct err *reterr)
{
	if (opts->n_node_port_addresses == OPTS_NODE_PORT_ADDRESSES_MAX)
		return opts_bad(reterr, flag, text, "at most 64 prefixes");
	opts->node_port_addresses[opts->n_node_port_addresses++] = *cidr;
	return 0;
}

static int opts_node_port_addresses(struct opts *opts, const char *value, struct err *reterr)
{
	opts->n_node_port_addresses = 0;
	opts->node_port_primary = !*value || strcmp(value, "primary") == 0;
	if (opts->node_port_primary)
		return 0;
	if (strstr(value, "primary"))
		return opts_bad(reterr, "--nodeport-addresses", value, "`primary' alone, or prefixes");
	return opts_each_cidr("--nodeport-addresses", value, opts, reterr, opts_add_node_port_address);
}

static int opts_mode(struct opts *opts, const char *value, struct err *reterr)
{
	static const char *const names[] = {
		[OPTS_DETECT_LOCAL_CLUSTER_CIDR] = "ClusterCIDR",
		[OPTS_DETECT_LOCAL_NODE_CIDR] = "NodeCIDR",
		[OPTS_DETECT_LOCAL_BRIDGE_INTERFACE] = "BridgeInterface",
		[OPTS_DETECT_LOCAL_INTERFACE_NAME_PREFIX] = "InterfaceNamePrefix",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		if (strcmp(value, names[i]) == 0) {
			opts->detect_local_mode = (enum opts_detect_local_mode)i;
			return 0;
		}
	}
	return opts_bad(reterr, "--detect-local-mode", value,
			"one of ClusterCIDR, NodeCIDR, BridgeInterface, InterfaceNamePrefix");
}

/* @what: the flag, or where else the name comes from */
static int opts_hostname(struct opts *opts, const char *what, const char *value, struct err *reterr)
{
	size_t i, len;

	value += strspn(value, " \t");
	len = strcspn(value, " \t");
	if (!len || len >= sizeof(opts->hostname) || value[len + strspn(value + len, " \t")])
		return opts_bad(reterr, what, value, "a node name of 1 to 253 characters");
	for (i = 0; i < len; i++)
		opts->hostname[i] = (char)(value[i] >= 'A' && value[i] <= 'Z' ? value[i] + 32 : value[i]);
	opts->hostname[len] = '\0';
	if (strspn(opts->hostname, "abcdefghijklmnopqrstuvwxyz0123456789-.") != len)
		return opts_bad(reterr, what, value, "letters, digits, `-' and `.'");
	return 0;
}

/* Empty is the default, as for kube-proxy. */
static int opts_content_type(struct opts *opts, const char *value, struct err *reterr)
{
	opts->json_only = strcmp(value, "application/json") == 0;
	if (opts->json_only || !*value || strcmp(value, "application/vnd.kubernetes.protobuf") == 0)
		return 0;
	return opts_bad(reterr, "--kube-api-content-type", value,
			"application/vnd.kubernetes.protobuf or application/json");
}

static int opts_bool(const char *flag, const char *value, bool *ret, struct err *reterr)
{
	if (!value || strcasecmp(value, "true") == 0 || strcmp(value, "1") == 0) {
		*ret = true;
		return 0;
	}
	if (strcasecmp(value, "false") == 0 || strcmp(value, "0") == 0) {
		*ret = false;
		return 0;
	}
	return opts_bad(reterr, flag, value, "true or false");
}

static int opts_port(const char *flag, const char *value, uint16_t *ret, struct err *reterr)
{
	unsigned long port;

	if (!*value || strlen(value) > 5 || strspn(value, "0123456789") != strlen(value))
		return opts_bad(reterr, flag, value, "a port number from 0 to 65535");
	port = strtoul(value, NULL, 10);
	if (port > 65535)
		return opts_bad(reterr, flag, value, "a port number from 0 to 65535");
	*ret = (uint16_t)port;
	return 0;
}

/* X8: an address alone gets the port. "1.2.3.4", "1.2.3.4:80", "::1", "[::1]:80"; empty: nowhere. */
static int opts_listen(const char *flag, const char *value, uint16_t port, struct opts_listen *ret,
		       struct err *reterr)
{
	const char *colon = strrchr(value, ':'), *start = value;
	size_t len = colon ? (size_t)(colon - value) : 0;
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
	if (len > 2 && *start == '[' && value[len - 1] == ']') {
		start++;
		len -= 2;
	}
	if (!len || len >= sizeof(text))
		return opts_bad(reterr, flag, value, OPTS_LISTEN_ALLOWED);
	memcpy(text, start, len);
	text[len] = '\0';
	/* "::1:80" would be an address without a port. */
	if (!addr_parse(text, &listen.addr) || (listen.addr.family == FAMILY_IPV6 && start == value) ||
	    opts_port(flag, colon + 1, &listen.port, reterr) < 0 || !listen.port)
		return opts_bad(reterr, flag, value, OPTS_LISTEN_ALLOWED);
	*ret = listen;
	return 0;
}

static int opts_verbosity(struct opts *opts, const char *value, struct err *reterr)
{
	if (!*value || strspn(value, "0123456789") != strlen(value) || strlen(value) > 2)
		return opts_bad(reterr, "-v", value, "a number from 0 to 99");
	opts->verbosity = (int)strtol(value, NULL, 10);
	return 0;
}

static int opts_apply(struct opts *opts, struct opts_given *given, int flag, const char *value,
		      struct err *reterr)
{
	switch (flag) {
	case OPTS_FLAG_KUBECONFIG:
		/* Empty is as good as not given, as for kube-proxy: manifests pass empty variables. */
		opts->kubeconfig = *value ? value : NULL;
		return 0;
	case OPTS_FLAG_CONTEXT:
		opts->context = *value ? value : NULL;
		return 0;
	case OPTS_FLAG_MASTER:
		opts->master = *value ? value : NULL;
		return 0;
	case OPTS_FLAG_KUBE_API_CONTENT_TYPE:
		return opts_content_type(opts, value, reterr);
	case OPTS_FLAG_MANIFESTS:
		if (!*value)
			return opts_bad(reterr, "--manifests", value, "a file, a directory or `-'");
		opts->manifests = value;
		return 0;
	case OPTS_FLAG_HOSTNAME_OVERRIDE:
		return opts_hostname(opts, "--hostname-override", value, reterr);
	case OPTS_FLAG_CLUSTER_CIDR:
		memset(opts->has_cluster_cidr, 0, sizeof(opts->has_cluster_cidr));
		if (!*value)
			return 0;
		return opts_each_cidr("--cluster-cidr", value, opts, reterr, opts_add_cluster_cidr);
	case OPTS_FLAG_MASQUERADE_ALL:
		return opts_bool("--masquerade-all", value, &opts->masquerade_all, reterr);
	case OPTS_FLAG_NODEPORT_ADDRESSES:
		return opts_node_port_addresses(opts, value, reterr);
	case OPTS_FLAG_DETECT_LOCAL_MODE:
		return opts_mode(opts, value, reterr);
	case OPTS_FLAG_POD_BRIDGE_INTERFACE:
		given->bridge = value;
		return 0;
	case OPTS_FLAG_POD_INTERFACE_NAME_PREFIX:
		given->prefix = value;
		return 0;
	case OPTS_FLAG_DRY_RUN:
		given->dry_run = true;
		return 0;
	case OPTS_FLAG_CLEANUP:
		given->cleanup = true;
		return 0;
	case OPTS_FLAG_HEALTHZ_BIND_ADDRESS:
		return opts_listen("--healthz-bind-address", value, OPTS_HEALTHZ_PORT, &opts->healthz,
				   reterr);
	case OPTS_FLAG_HEALTHZ_PORT:
		return opts_port("--healthz-port", value, &opts->healthz.port, reterr);
	case OPTS_FLAG_METRICS_BIND_ADDRESS:
		return opts_listen("--metrics-bind-address", value, OPTS_METRICS_PORT, &opts->metrics,
				   reterr);
	case OPTS_FLAG_METRICS_PORT:
		return opts_port("--metrics-port", value, &opts->metrics.port, reterr);
	case OPTS_FLAG_BIND_ADDRESS_HARD_FAIL:
		return opts_bool("--bind-address-hard-fail", value, &opts->bind_address_hard_fail, reterr);
	case OPTS_FLAG_OWN_TABLES:
		return opts_bool("--own-tables", value, &opts->own_tables, reterr);
	case OPTS_FLAG_MIN_SYNC_PERIOD:
		if (!opts_parse_duration(value, &opts->min_sync_period_ms))
			return opts_bad(reterr, "--min-sync-period", value,
					"a duration of at most 24h, such as 500ms, 1s or 1m30s");
		return 0;
	case OPTS_FLAG_STATE_DIR:
		given->state_dir = value;
		return 0;
	case OPTS_FLAG_V:
	case 'v':
		return opts_verbosity(opts, value, reterr);
	}
	return 0;
}

static int opts_interface(struct opts *opts, const char *flag, const char *value, const char *mode,
			  struct err *reterr)
{
	if (!value || !*value)
		return err_set(reterr, -EINVAL, "--detect-local-mode: \"%s\" needs %s", mode, flag);
	if (strlen(value) >= sizeof(opts->interface) || strpbrk(value, " /\"*\t\n:"))
		return opts_bad(reterr, flag, value, "an interface name of at most 15 characters");
	(void)snprintf(opts->interface, sizeof(opts->interface), "%s", value);
	return 0;
}

static int opts_host_name(struct opts *opts, struct err *reterr)
{
	char host[sizeof(opts->hostname)];

	if (gethostname(host, sizeof(host) - 1) < 0)
		return err_set(reterr, -errno, "cannot learn the host name, give --hostname-override: %s",
			       strerror(errno));
	host[sizeof(host) - 1] = '\0';
	return opts_hostname(opts, "--hostname-override, by default the host name", host, reterr);
}

/* systemd's variable may list several directories; the first is ours. */
static int opts_state_dir(struct opts *opts, const char *given, struct err *reterr)
{
	const char *dir = given ? given : getenv("STATE_DIRECTORY");
	size_t len;

	if (!dir)
		dir = OPTS_STATE_DIR;
	len = given ? strlen(dir) : strcspn(dir, ":");
	if (len >= sizeof(opts->state_dir) || (len && *dir != '/'))
		return opts_bad(reterr, given ? "--state-dir" : "STATE_DIRECTORY", dir,
				"an absolute path of at most 255 bytes, or nothing");
	memcpy(opts->state_dir, dir, len);
	opts->state_dir[len] = '\0';
	return 0;
}

static int opts_finish(struct opts *opts, const struct opts_given *given, struct err *reterr)
{
	int r = opts_state_dir(opts, given->state_dir, reterr);

	if (r < 0)
		return r;
	if (given->dry_run && given->cleanup)
		return err_set(reterr, -EINVAL, "--cleanup: not together with --dry-run");
	if (given->dry_run || given->cleanup)
		opts->action = given->dry_run ? OPTS_ACTION_DRY_RUN : OPTS_ACTION_CLEANUP;
	if (opts->manifests && (opts->kubeconfig || opts->master || opts->context))
		return err_set(reterr, -EINVAL,
			       "%s: not together with --manifests, which replaces the API server",
			       opts->kubeconfig ? "--kubeconfig"
			       : opts->master	? "--master"
						: "--context");
	if (opts->detect_local_mode == OPTS_DETECT_LOCAL_BRIDGE_INTERFACE)
		r = opts_interface(opts, "--pod-bridge-interface", given->bridge, "BridgeInterface", reterr);
	else if (opts->detect_local_mode == OPTS_DETECT_LOCAL_INTERFACE_NAME_PREFIX)
		r = opts_interface(opts, "--pod-interface-name-prefix", given->prefix, "InterfaceNamePrefix",
				   reterr);
	/* To clean up, no name is needed: a host may have one that is no node's. */
	if (r < 0 || *opts->hostname || opts->action == OPTS_ACTION_CLEANUP)
		return r;
	return opts_host_name(opts, reterr);
}

int opts_parse(int argc, char *const *argv, struct opts *ret, struct err *reterr)
{
	struct opts_given given = { .bridge = NULL };
	const char *word;
	int flag, r, at;

	*ret = (struct opts){ .node_port_primary = true,
			      .own_tables = true,
			      .healthz = { .addr = { .family = FAMILY_IPV4 }, .port = OPTS_HEALTHZ_PORT },
			      .metrics = { .addr = { .family = FAMILY_IPV4, .bytes = { 127, 0, 0, 1 } },
					   .port = OPTS_METRICS_PORT },
			      .verbosity = 2 };
	/* 0, not 1: it also forgets where an earlier call stopped within a word. */
	optind = 0;
	for (;;) {
		at = optind ? optind : 1;
		flag = getopt_long(argc, argv, "+:v:h", opts_flags, NULL);
		if (flag == -1)
			break;
		word = argv[at];
		switch (flag) {
		case '?':
			if (optopt >= OPTS_FLAG_KUBECONFIG)
				return err_set(reterr, -EINVAL, "%s: this flag takes no value", word);
			return err_set(reterr, -EINVAL, "%s: unknown flag; --help lists them all", word);
		case ':':
			return err_set(reterr, -EINVAL, "%s: needs a value; --help says which", word);
		case OPTS_FLAG_HELP:
		case 'h':
			ret->action = OPTS_ACTION_HELP;
			return 0;
		case OPTS_FLAG_VERSION:
			ret->action = OPTS_ACTION_VERSION;
			return 0;
		}
		r = opts_apply(ret, &given, flag, optarg, reterr);
		if (r < 0)
			return r;
	}
	if (optind < argc)
		return err_set(reterr, -EINVAL, "%s: unknown argument; only flags are allowed", argv[optind]);
	return opts_finish(ret, &given, reterr);
}
