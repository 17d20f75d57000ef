/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "daemon/opts.h"

#include <assert.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/duration.h"
#include "daemon/config_file.h"
#include "daemon/opts_set.h"

static const char opts_help_text[] =
	"Usage: kube-nftproxy [OPTION]...\n"
	"       kube-nftproxy status|diff [OPTION]...\n"
	"       kube-nftproxy explain [NAMESPACE/]NAME[:PORT] [OPTION]...\n"
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
	"  --config FILE                all of this from a KubeProxyConfiguration; see\n"
	"                               kube-nftproxy.config(5)\n"
	"\n"
	"Asking the daemon that runs (with --manifests or --kubeconfig: without one):\n"
	"  status                       how it is doing\n"
	"  explain SERVICE              its front ends and endpoints: which are used, and\n"
	"                               why the others are not\n"
	"  diff                         what is in the kernel against what should be\n"
	"  --from ADDRESS               explain: what a packet from there meets\n"
	"  --output text|json\n"
	"  --control-socket PATH        where it is asked, and answers; empty: nowhere\n"
	"                               (default: $RUNTIME_DIRECTORY/control.sock, else\n"
	"                               " OPTS_CONTROL_SOCKET ")\n"
	"\n"
	"What to do:\n"
	"  --dry-run                    print the ruleset for `nft -f` and exit; needs\n"
	"                               no privilege\n"
	"  --cleanup                    remove our tables and exit\n"
	"  --init-only                  write the kernel's settings of connection\n"
	"                               tracking, say what it can do, and exit\n"
	"  --write-config-to FILE       write all settings as a configuration file\n"
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
	"  --bind-address ADDRESS       the Node's address of its family; 0.0.0.0 or ::\n"
	"                               (default: what the Node object says)\n"
	"\n"
	"What the kernel remembers of connections (0: left as it is):\n"
	"  --conntrack-max-per-core N   entries for each processor (default 32768)\n"
	"  --conntrack-min N            and at least so many (default 131072)\n"
	"  --conntrack-tcp-timeout-established DURATION (default 24h)\n"
	"  --conntrack-tcp-timeout-close-wait DURATION (default 1h)\n"
	"  --conntrack-tcp-be-liberal   packets outside the window are not invalid\n"
	"  --conntrack-udp-timeout DURATION\n"
	"  --conntrack-udp-timeout-stream DURATION\n"
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
	"  --sync-period DURATION       a sync that fails is repeated at least so often;\n"
	"                               after twice that we are not healthy (default 30s)\n"
	"  --min-sync-period DURATION   least time between two syncs (default 0s)\n"
	"  --state-dir DIR              save what the API server said last, for a start\n"
	"                               without it (default: $STATE_DIRECTORY, else\n"
	"                               " OPTS_STATE_DIR "); empty: don't\n"
	"  --oom-score-adj N            of this process, from -1000 to 1000\n"
	"  --log-format text|json       how lines of the log look (default text)\n"
	"  -v, --v LEVEL                verbosity; 4 prints debug lines (default 2)\n"
	"\n"
	"kube-proxy's other flags are taken, too; one warning names those without effect.\n"
	"See kube-nftproxy(8).\n";

const char *opts_help(void)
{
	return opts_help_text;
}

enum opts_flag_kind {
	OPTS_FLAG_OURS,
	OPTS_FLAG_KUBE_PROXYS, /* ignored beside a file (X1) */
	OPTS_FLAG_WITHOUT_EFFECT,
	OPTS_FLAG_CONFIG,
	OPTS_FLAG_WRITE_CONFIG_TO,
	OPTS_FLAG_DRY_RUN,
	OPTS_FLAG_CLEANUP,
	OPTS_FLAG_INIT_ONLY,
	OPTS_FLAG_HELP,
	OPTS_FLAG_VERSION,
};

static const struct opts_flag {
	const char *name;
	int has_arg;
	enum opts_flag_kind kind;
	enum opts_setting setting;
} opts_flags[] = {
	{ "bind-address", required_argument, OPTS_FLAG_KUBE_PROXYS, OPTS_SETTING_BIND_ADDRESS },
	{ "bind-address-hard-fail", optional_argument, OPTS_FLAG_KUBE_PROXYS,
	  OPTS_SETTING_BIND_ADDRESS_HARD_FAIL },
	{ "cleanup", no_argument, OPTS_FLAG_CLEANUP, 0 },
	{ "cluster-cidr", required_argument, OPTS_FLAG_KUBE_PROXYS, OPTS_SETTING_CLUSTER_CIDR },
	{ "config", required_argument, OPTS_FLAG_CONFIG, 0 },
	{ "config-sync-period", required_argument, OPTS_FLAG_KUBE_PROXYS, OPTS_SETTING_CONFIG_SYNC_PERIOD },
	{ "conntrack-max-per-core", required_argument, OPTS_FLAG_KUBE_PROXYS,
	  OPTS_SETTING_CONNTRACK_MAX_PER_CORE },
	{ "conntrack-min", required_argument, OPTS_FLAG_KUBE_PROXYS, OPTS_SETTING_CONNTRACK_MIN },
	{ "conntrack-tcp-be-liberal", optional_argument, OPTS_FLAG_KUBE_PROXYS,
	  OPTS_SETTING_CONNTRACK_TCP_BE_LIBERAL },
	{ "conntrack-tcp-timeout-close-wait", required_argument, OPTS_FLAG_KUBE_PROXYS,
	  OPTS_SETTING_CONNTRACK_TCP_CLOSE_WAIT },
	{ "conntrack-tcp-timeout-established", required_argument, OPTS_FLAG_KUBE_PROXYS,
	  OPTS_SETTING_CONNTRACK_TCP_ESTABLISHED },
	{ "conntrack-udp-timeout", required_argument, OPTS_FLAG_KUBE_PROXYS, OPTS_SETTING_CONNTRACK_UDP },
	{ "conntrack-udp-timeout-stream", required_argument, OPTS_FLAG_KUBE_PROXYS,
	  OPTS_SETTING_CONNTRACK_UDP_STREAM },
	{ "control-socket", required_argument, OPTS_FLAG_OURS, OPTS_SETTING_CONTROL_SOCKET },
	{ "context", required_argument, OPTS_FLAG_OURS, OPTS_SETTING_CONTEXT },
	{ "detect-local-mode", required_argument, OPTS_FLAG_KUBE_PROXYS, OPTS_SETTING_DETECT_LOCAL_MODE },
	{ "dry-run", no_argument, OPTS_FLAG_DRY_RUN, 0 },
	{ "from", required_argument, OPTS_FLAG_OURS, OPTS_SETTING_FROM },
	{ "healthz-bind-address", required_argument, OPTS_FLAG_KUBE_PROXYS,
	  OPTS_SETTING_HEALTHZ_BIND_ADDRESS },
	{ "healthz-port", required_argument, OPTS_FLAG_KUBE_PROXYS, OPTS_SETTING_HEALTHZ_PORT },
	{ "help", no_argument, OPTS_FLAG_HELP, 0 },
	{ "hostname-override", required_argument, OPTS_FLAG_OURS, OPTS_SETTING_HOSTNAME_OVERRIDE },
	{ "init-only", no_argument, OPTS_FLAG_INIT_ONLY, 0 },
	{ "iptables-min-sync-period", required_argument, OPTS_FLAG_KUBE_PROXYS,
	  OPTS_SETTING_MIN_SYNC_PERIOD },
	{ "iptables-sync-period", required_argument, OPTS_FLAG_KUBE_PROXYS, OPTS_SETTING_SYNC_PERIOD },
	{ "kube-api-content-type", required_argument, OPTS_FLAG_KUBE_PROXYS, OPTS_SETTING_CONTENT_TYPE },
	{ "kubeconfig", required_argument, OPTS_FLAG_KUBE_PROXYS, OPTS_SETTING_KUBECONFIG },
	{ "log-format", required_argument, OPTS_FLAG_OURS, OPTS_SETTING_LOG_FORMAT },
	{ "logging-format", required_argument, OPTS_FLAG_OURS, OPTS_SETTING_LOG_FORMAT },
	{ "manifests", required_argument, OPTS_FLAG_OURS, OPTS_SETTING_MANIFESTS },
	{ "masquerade-all", optional_argument, OPTS_FLAG_KUBE_PROXYS, OPTS_SETTING_MASQUERADE_ALL },
	{ "master", required_argument, OPTS_FLAG_OURS, OPTS_SETTING_MASTER },
	{ "metrics-bind-address", required_argument, OPTS_FLAG_KUBE_PROXYS,
	  OPTS_SETTING_METRICS_BIND_ADDRESS },
	{ "metrics-port", required_argument, OPTS_FLAG_KUBE_PROXYS, OPTS_SETTING_METRICS_PORT },
	{ "min-sync-period", required_argument, OPTS_FLAG_OURS, OPTS_SETTING_MIN_SYNC_PERIOD },
	{ "nodeport-addresses", required_argument, OPTS_FLAG_KUBE_PROXYS, OPTS_SETTING_NODE_PORT_ADDRESSES },
	{ "oom-score-adj", required_argument, OPTS_FLAG_KUBE_PROXYS, OPTS_SETTING_OOM_SCORE_ADJ },
	{ "output", required_argument, OPTS_FLAG_OURS, OPTS_SETTING_OUTPUT },
	{ "own-tables", optional_argument, OPTS_FLAG_OURS, OPTS_SETTING_OWN_TABLES },
	{ "pod-bridge-interface", required_argument, OPTS_FLAG_KUBE_PROXYS, OPTS_SETTING_BRIDGE_INTERFACE },
	{ "pod-interface-name-prefix", required_argument, OPTS_FLAG_KUBE_PROXYS,
	  OPTS_SETTING_INTERFACE_NAME_PREFIX },
	{ "proxy-mode", required_argument, OPTS_FLAG_KUBE_PROXYS, OPTS_SETTING_MODE },
	{ "state-dir", required_argument, OPTS_FLAG_OURS, OPTS_SETTING_STATE_DIR },
	{ "sync-period", required_argument, OPTS_FLAG_OURS, OPTS_SETTING_SYNC_PERIOD },
	{ "v", required_argument, OPTS_FLAG_OURS, OPTS_SETTING_VERBOSITY },
	{ "version", no_argument, OPTS_FLAG_VERSION, 0 },
	{ "write-config-to", required_argument, OPTS_FLAG_WRITE_CONFIG_TO, 0 },
	/* kube-proxy's, of no use here. */
	{ "feature-gates", required_argument, OPTS_FLAG_WITHOUT_EFFECT, 0 },
	{ "iptables-localhost-nodeports", optional_argument, OPTS_FLAG_WITHOUT_EFFECT, 0 },
	{ "iptables-masquerade-bit", required_argument, OPTS_FLAG_WITHOUT_EFFECT, 0 },
	{ "ipvs-exclude-cidrs", required_argument, OPTS_FLAG_WITHOUT_EFFECT, 0 },
	{ "ipvs-min-sync-period", required_argument, OPTS_FLAG_WITHOUT_EFFECT, 0 },
	{ "ipvs-scheduler", required_argument, OPTS_FLAG_WITHOUT_EFFECT, 0 },
	{ "ipvs-strict-arp", optional_argument, OPTS_FLAG_WITHOUT_EFFECT, 0 },
	{ "ipvs-sync-period", required_argument, OPTS_FLAG_WITHOUT_EFFECT, 0 },
	{ "ipvs-tcp-timeout", required_argument, OPTS_FLAG_WITHOUT_EFFECT, 0 },
	{ "ipvs-tcpfin-timeout", required_argument, OPTS_FLAG_WITHOUT_EFFECT, 0 },
	{ "ipvs-udp-timeout", required_argument, OPTS_FLAG_WITHOUT_EFFECT, 0 },
	{ "kube-api-burst", required_argument, OPTS_FLAG_WITHOUT_EFFECT, 0 },
	{ "kube-api-qps", required_argument, OPTS_FLAG_WITHOUT_EFFECT, 0 },
	{ "log-flush-frequency", required_argument, OPTS_FLAG_WITHOUT_EFFECT, 0 },
	{ "log-json-info-buffer-size", required_argument, OPTS_FLAG_WITHOUT_EFFECT, 0 },
	{ "log-json-split-stream", optional_argument, OPTS_FLAG_WITHOUT_EFFECT, 0 },
	{ "log-text-info-buffer-size", required_argument, OPTS_FLAG_WITHOUT_EFFECT, 0 },
	{ "log-text-split-stream", optional_argument, OPTS_FLAG_WITHOUT_EFFECT, 0 },
	{ "logtostderr", optional_argument, OPTS_FLAG_WITHOUT_EFFECT, 0 },
	{ "profiling", optional_argument, OPTS_FLAG_WITHOUT_EFFECT, 0 },
	{ "proxy-port-range", required_argument, OPTS_FLAG_WITHOUT_EFFECT, 0 },
	{ "show-hidden-metrics-for-version", required_argument, OPTS_FLAG_WITHOUT_EFFECT, 0 },
	{ "vmodule", required_argument, OPTS_FLAG_WITHOUT_EFFECT, 0 },
};

#define OPTS_FLAG_FIRST 256 /* getopt's number of the first of them */

static const char *const opts_detect_local_modes[] = {
	[OPTS_DETECT_LOCAL_CLUSTER_CIDR] = "ClusterCIDR",
	[OPTS_DETECT_LOCAL_NODE_CIDR] = "NodeCIDR",
	[OPTS_DETECT_LOCAL_BRIDGE_INTERFACE] = "BridgeInterface",
	[OPTS_DETECT_LOCAL_INTERFACE_NAME_PREFIX] = "InterfaceNamePrefix",
};
static_assert(ARRAY_SIZE(opts_detect_local_modes) == _OPTS_DETECT_LOCAL_MAX, "a name for each mode");

const char *opts_detect_local_mode_name(enum opts_detect_local_mode mode)
{
	return opts_detect_local_modes[mode];
}

const struct addr *opts_node_addr(const struct opts *opts, enum family family, const struct addr *known)
{
	if (opts->bind_address.family != family || addr_is_unspecified(&opts->bind_address))
		return known;
	return &opts->bind_address;
}

/* What is decided only once all is read: which of these were asked for. */
struct opts_given {
	bool dry_run;
	bool cleanup;
	bool init_only;
};

/* An error about a field of the file is to begin with the file's name, as those do that arise while it is read. */
static int opts_name_file(const struct opts *opts, const char *where, struct err *reterr)
{
	return opts->config && *where != '-' ? err_wrap(reterr, "%s", opts->config) : reterr->code;
}

static int opts_check_interface(struct opts *opts, const char *flag, const char *value, const char *mode,
				struct err *reterr)
{
	if (!value || !*value)
		return err_set(reterr, -EINVAL, "%s: \"%s\" needs %s",
			       opts->config ? "detectLocalMode" : "--detect-local-mode", mode, flag);
	if (strlen(value) >= sizeof(opts->interface) || strpbrk(value, " /\"*\t\n:"))
		return opts_set_refuse(reterr, flag, value, "an interface name of at most 15 characters");
	(void)snprintf(opts->interface, sizeof(opts->interface), "%s", value);
	return 0;
}

static int opts_interface(struct opts *opts, const char *flag, const char *value, const char *mode,
			  struct err *reterr)
{
	int r = opts_check_interface(opts, flag, value, mode, reterr);

	return r < 0 ? opts_name_file(opts, flag, reterr) : 0;
}

static int opts_host_name(struct opts *opts, struct err *reterr)
{
	char host[sizeof(opts->hostname)];

	if (gethostname(host, sizeof(host) - 1) < 0)
		return err_set(reterr, -errno, "cannot learn the host name, give --hostname-override: %s",
			       strerror(errno));
	host[sizeof(host) - 1] = '\0';
	return opts_set(opts, OPTS_SETTING_HOSTNAME_OVERRIDE, "--hostname-override, by default the host name",
			host, reterr);
}

/* systemd's variable may list several directories; the first is ours. */
static int opts_default_state_dir(struct opts *opts, struct err *reterr)
{
	const char *listed = getenv("STATE_DIRECTORY");
	char dir[sizeof(opts->state_dir) + 1];

	if (opts->has_state_dir)
		return 0;
	(void)snprintf(dir, sizeof(dir), "%.*s", listed ? (int)strcspn(listed, ":") : 0,
		       listed ? listed : "");
	return opts_set(opts, OPTS_SETTING_STATE_DIR, "STATE_DIRECTORY", listed ? dir : OPTS_STATE_DIR,
			reterr);
}

static int opts_default_control_socket(struct opts *opts, struct err *reterr)
{
	const char *listed = getenv("RUNTIME_DIRECTORY");
	char path[sizeof(opts->control_socket) + 16];

	if (opts->has_control_socket)
		return 0;
	(void)snprintf(path, sizeof(path), "%.*s/control.sock", listed ? (int)strcspn(listed, ":") : 0,
		       listed ? listed : "");
	return opts_set(opts, OPTS_SETTING_CONTROL_SOCKET, "RUNTIME_DIRECTORY",
			listed ? path : OPTS_CONTROL_SOCKET, reterr);
}

/* X7: the family of the bind address is that of addresses that were not given. */
static void opts_default_listeners(struct opts *opts)
{
	if (opts->bind_address.family != FAMILY_IPV6)
		return;
	if (!opts->has_healthz)
		opts->healthz.addr = (struct addr){ .family = FAMILY_IPV6 };
	if (!opts->has_metrics)
		opts->metrics.addr = (struct addr){ .family = FAMILY_IPV6, .bytes = { [15] = 1 } };
}

static int opts_finish_action(struct opts *opts, const struct opts_given *given, struct err *reterr)
{
	if (given->dry_run && given->cleanup)
		return err_set(reterr, -EINVAL, "--cleanup: not together with --dry-run");
	if (given->init_only && (given->dry_run || given->cleanup))
		return err_set(reterr, -EINVAL, "--init-only: not together with %s",
			       given->dry_run ? "--dry-run" : "--cleanup");
	if (opts->write_config_to)
		opts->action = OPTS_ACTION_WRITE_CONFIG;
	else if (given->dry_run)
		opts->action = OPTS_ACTION_DRY_RUN;
	else if (given->cleanup)
		opts->action = OPTS_ACTION_CLEANUP;
	else if (given->init_only)
		opts->action = OPTS_ACTION_INIT_ONLY;
	return 0;
}

static int opts_refuse_min_sync_period(const struct opts *opts, struct err *reterr)
{
	const char *longer = opts->sync_period_by;
	char min[DURATION_TEXT_SIZE], max[DURATION_TEXT_SIZE];

	if (!longer)
		longer = opts->config ? "nftables.syncPeriod" : "--sync-period";
	(void)err_set(reterr, -EINVAL, "%s: \"%s\" is longer than %s, \"%s\"", opts->min_sync_period_by,
		      duration_print((int64_t)opts->min_sync_period_ms, min), longer,
		      duration_print((int64_t)opts->sync_period_ms, max));
	return opts_name_file(opts, opts->min_sync_period_by, reterr);
}

/* What has to fit together (X16). */
static int opts_check(const struct opts *opts, struct err *reterr)
{
	if (opts->min_sync_period_ms > opts->sync_period_ms)
		return opts_refuse_min_sync_period(opts, reterr);
	if (!opts->manifests || !(opts->kubeconfig || opts->master || opts->context))
		return 0;
	if (opts->config)
		return err_set(
			reterr, -EINVAL,
			"kubeNftproxy.manifests: not together with an API server's address, which it replaces");
	return err_set(reterr, -EINVAL, "%s: not together with --manifests, which replaces the API server",
		       opts->kubeconfig ? "--kubeconfig"
		       : opts->master	? "--master"
					: "--context");
}

/* To clean up, no name is needed: a host may have one that is no node's. */
static bool opts_needs_name(const struct opts *opts)
{
	switch (opts->action) {
	case OPTS_ACTION_RUN:
	case OPTS_ACTION_DRY_RUN:
		return true;
	case OPTS_ACTION_STATUS:
	case OPTS_ACTION_EXPLAIN:
	case OPTS_ACTION_DIFF:
		return opts->manifests || opts->kubeconfig || opts->master;
	case OPTS_ACTION_CLEANUP:
	case OPTS_ACTION_INIT_ONLY:
	case OPTS_ACTION_WRITE_CONFIG:
	case OPTS_ACTION_HELP:
	case OPTS_ACTION_VERSION:
		break;
	}
	return false;
}

static int opts_finish(struct opts *opts, const struct opts_given *given, struct err *reterr)
{
	bool file = opts->config;
	int r = opts_finish_action(opts, given, reterr);

	if (!r)
		r = opts_default_state_dir(opts, reterr);
	if (!r)
		r = opts_default_control_socket(opts, reterr);
	if (!r)
		r = opts_check(opts, reterr);
	opts_default_listeners(opts);
	if (!r && opts->detect_local_mode == OPTS_DETECT_LOCAL_BRIDGE_INTERFACE)
		r = opts_interface(opts, file ? "detectLocal.bridgeInterface" : "--pod-bridge-interface",
				   opts->bridge_interface, "BridgeInterface", reterr);
	else if (!r && opts->detect_local_mode == OPTS_DETECT_LOCAL_INTERFACE_NAME_PREFIX)
		r = opts_interface(opts,
				   file ? "detectLocal.interfaceNamePrefix" : "--pod-interface-name-prefix",
				   opts->interface_name_prefix, "InterfaceNamePrefix", reterr);
	return r < 0 || *opts->hostname || !opts_needs_name(opts) ? r : opts_host_name(opts, reterr);
}

/* Returns 1 if all the rest is of no interest: --help and --version. @where: what the user calls the flag */
static int opts_apply(struct opts *opts, struct opts_given *given, const struct opts_flag *flag,
		      const char *where, struct err *reterr)
{
	switch (flag->kind) {
	case OPTS_FLAG_KUBE_PROXYS:
		if (opts->config) {
			opts_set_note(opts, OPTS_NOTE_IGNORED, where);
			return 0;
		}
		return opts_set(opts, flag->setting, where, optarg, reterr);
	case OPTS_FLAG_OURS:
		return opts_set(opts, flag->setting, where, optarg, reterr);
	case OPTS_FLAG_WITHOUT_EFFECT:
		opts_set_note(opts, OPTS_NOTE_WITHOUT_EFFECT, where);
		return 0;
	case OPTS_FLAG_CONFIG:
		return 0;
	case OPTS_FLAG_WRITE_CONFIG_TO:
		if (!*optarg)
			return opts_set_refuse(reterr, where, optarg, "a file");
		opts->write_config_to = optarg;
		return 0;
	case OPTS_FLAG_DRY_RUN:
		given->dry_run = true;
		return 0;
	case OPTS_FLAG_CLEANUP:
		given->cleanup = true;
		return 0;
	case OPTS_FLAG_INIT_ONLY:
		given->init_only = true;
		return 0;
	case OPTS_FLAG_HELP:
		opts->action = OPTS_ACTION_HELP;
		return 1;
	case OPTS_FLAG_VERSION:
		opts->action = OPTS_ACTION_VERSION;
		return 1;
	}
	return 0;
}

/* Names as the user sees them, "--cluster-cidr"; they live as long as the process. */
static const char *opts_where(size_t index)
{
	static char names[ARRAY_SIZE(opts_flags)][48];

	if (opts_flags[index].setting == OPTS_SETTING_VERBOSITY)
		return "-v";
	(void)snprintf(names[index], sizeof(names[index]), "--%s", opts_flags[index].name);
	return names[index];
}

static const struct opts_flag *opts_find(const char *name)
{
	size_t i = 0;

	while (strcmp(opts_flags[i].name, name) != 0)
		i++;
	return &opts_flags[i];
}

/* The next flag: 1; at their end 0; one that is none -EINVAL. */
static int opts_next(int argc, char *const *argv, const struct opts_flag **ret, struct err *reterr)
{
	struct option longs[ARRAY_SIZE(opts_flags) + 1] = { 0 };
	int at = optind ? optind : 1, flag;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(opts_flags); i++)
		longs[i] = (struct option){ opts_flags[i].name, opts_flags[i].has_arg, NULL,
					    OPTS_FLAG_FIRST + (int)i };
	flag = getopt_long(argc, argv, "+:v:h", longs, NULL);
	if (flag == -1)
		return 0;
	if (flag == '?' && optopt >= OPTS_FLAG_FIRST)
		return err_set(reterr, -EINVAL, "%s: this flag takes no value", argv[at]);
	if (flag == '?')
		return err_set(reterr, -EINVAL, "%s: unknown flag; --help lists them all", argv[at]);
	if (flag == ':')
		return err_set(reterr, -EINVAL, "%s: needs a value; --help says which", argv[at]);
	*ret = flag == 'v'   ? opts_find("v")
	       : flag == 'h' ? opts_find("help")
			     : &opts_flags[flag - OPTS_FLAG_FIRST];
	return 1;
}

/* The file is read before any flag is: flags may count more. */
static int opts_find_config(int argc, char *const *argv, struct opts *opts, struct err *reterr)
{
	const struct opts_flag *flag;
	int r;

	optind = 0;
	while ((r = opts_next(argc, argv, &flag, reterr)) > 0) {
		/* Whoever asks for these gets them, whatever else there is. */
		if (flag->kind == OPTS_FLAG_HELP || flag->kind == OPTS_FLAG_VERSION)
			return 0;
		if (flag->kind != OPTS_FLAG_CONFIG)
			continue;
		if (!*optarg)
			return opts_set_refuse(reterr, "--config", optarg, "a file");
		opts->config = optarg;
	}
	return r < 0 || !opts->config ? r : config_file_load(opts, reterr);
}

/* status, explain SERVICE, diff: the first word. Returns how many words it takes. */
static int opts_command(int argc, char *const *argv, struct opts *opts)
{
	static const struct {
		const char *name;
		enum opts_action action;
	} commands[] = { { "status", OPTS_ACTION_STATUS },
			 { "explain", OPTS_ACTION_EXPLAIN },
			 { "diff", OPTS_ACTION_DIFF } };
	size_t i;

	for (i = 0; argc > 1 && i < ARRAY_SIZE(commands); i++) {
		if (strcmp(argv[1], commands[i].name) != 0)
			continue;
		opts->action = commands[i].action;
		if (opts->action != OPTS_ACTION_EXPLAIN || argc < 3 || argv[2][0] == '-')
			return 1;
		opts->subject = argv[2];
		return 2;
	}
	return 0;
}

static int opts_parse_all(int argc, char *const *argv, struct opts *opts, struct err *reterr)
{
	struct opts_given given = { .dry_run = false };
	const struct opts_flag *flag;
	int r, n = opts_command(argc, argv, opts);

	argc -= n;
	argv += n;
	r = opts_find_config(argc, argv, opts, reterr);
	if (r < 0)
		return r;
	/* 0, not 1: it also forgets where an earlier call stopped within a word. */
	optind = 0;
	while ((r = opts_next(argc, argv, &flag, reterr)) > 0) {
		r = opts_apply(opts, &given, flag, opts_where((size_t)(flag - opts_flags)), reterr);
		if (r)
			return r < 0 ? r : 0;
	}
	if (r < 0)
		return r;
	if (optind < argc && opts->action == OPTS_ACTION_EXPLAIN && !opts->subject)
		opts->subject = argv[optind++];
	if (optind < argc)
		return err_set(reterr, -EINVAL, "%s: unknown argument; only flags are allowed", argv[optind]);
	if (opts->action == OPTS_ACTION_EXPLAIN && !opts->subject)
		return err_set(reterr, -EINVAL, "explain: which Service? [NAMESPACE/]NAME[:PORT]");
	return opts_finish(opts, &given, reterr);
}

int opts_parse(int argc, char *const *argv, struct opts *ret, struct err *reterr)
{
	struct opts opts = {
		.node_port_primary = true,
		.own_tables = true,
		.sync_period_ms = OPTS_SYNC_PERIOD_MS,
		.conntrack = { .max_per_core = 32768,
			       .min = 131072,
			       .tcp_established_ms = 24ll * 3600 * 1000,
			       .tcp_close_wait_ms = 3600 * 1000 },
		.healthz = { .addr = { .family = FAMILY_IPV4 }, .port = OPTS_HEALTHZ_PORT },
		.metrics = { .addr = { .family = FAMILY_IPV4, .bytes = { 127, 0, 0, 1 } },
			     .port = OPTS_METRICS_PORT },
		.verbosity = 2,
	};
	int r = opts_parse_all(argc, argv, &opts, reterr);

	if (r < 0) {
		opts_done(&opts);
		return r;
	}
	*ret = opts;
	return 0;
}

void opts_done(struct opts *opts)
{
	buf_done(&opts->config_text);
	opts->strings = arena_free(opts->strings);
}
