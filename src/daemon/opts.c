/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "daemon/opts.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/duration.h"
#include "daemon/config_file.h"
#include "daemon/opts_flags.h"
#include "daemon/opts_set.h"

#define OPTS_SUBJECT "[NAMESPACE/]NAME[:PORT]"

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
	"  --proxy-mode MODE            nftables; iptables and ipvs are read as that\n"
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
	bool output;
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

/* What was asked for with a flag that stands for a bool. */
static int opts_ask(const struct opts_flags_line *line, bool *ret, struct err *reterr)
{
	return opts_set_bool(line->where, line->value, ret, reterr);
}

/* --help and --version: returns 1, as all the rest is of no interest then. */
static int opts_ask_about(struct opts *opts, const struct opts_flags_line *line, enum opts_action action,
			  struct err *reterr)
{
	bool asked = false;
	int r = opts_ask(line, &asked, reterr);

	if (r < 0 || !asked)
		return r;
	opts->action = action;
	return 1;
}

/* Returns 1 if all the rest is of no interest. */
static int opts_apply(struct opts *opts, struct opts_given *given, const struct opts_flags_line *line,
		      struct err *reterr)
{
	switch (line->kind) {
	case OPTS_FLAGS_KUBE_PROXYS:
		if (opts->config) {
			opts_set_note(opts, OPTS_NOTE_IGNORED, line->where);
			return 0;
		}
		return opts_set(opts, line->setting, line->where, line->value, reterr);
	case OPTS_FLAGS_OURS:
		return opts_set(opts, line->setting, line->where, line->value, reterr);
	case OPTS_FLAGS_WITHOUT_EFFECT:
		opts_set_note(opts, OPTS_NOTE_WITHOUT_EFFECT, line->where);
		return 0;
	case OPTS_FLAGS_CONFIG:
		return 0;
	case OPTS_FLAGS_WRITE_CONFIG_TO:
		if (!*line->value)
			return opts_set_refuse(reterr, line->where, line->value, "a file");
		opts->write_config_to = line->value;
		return 0;
	case OPTS_FLAGS_DRY_RUN:
		return opts_ask(line, &given->dry_run, reterr);
	case OPTS_FLAGS_CLEANUP:
		return opts_ask(line, &given->cleanup, reterr);
	case OPTS_FLAGS_INIT_ONLY:
		return opts_ask(line, &given->init_only, reterr);
	case OPTS_FLAGS_HELP:
		return opts_ask_about(opts, line, OPTS_ACTION_HELP, reterr);
	case OPTS_FLAGS_VERSION:
		return opts_ask_about(opts, line, OPTS_ACTION_VERSION, reterr);
	}
	return 0;
}

/* Whoever asks for help or the version gets it, whatever else there is. */
static bool opts_asks_about(const struct opts_flags_line *line)
{
	struct err unused = { 0 };
	bool asked = false;

	return (line->kind == OPTS_FLAGS_HELP || line->kind == OPTS_FLAGS_VERSION) &&
	       opts_ask(line, &asked, &unused) == 0 && asked;
}

/* The file is read before any flag is: flags may count more. */
static int opts_find_config(int argc, char *const *argv, struct opts *opts, struct err *reterr)
{
	struct opts_flags_line line = { .argc = argc, .argv = argv };
	int r;

	while ((r = opts_flags_next(&line, reterr)) > 0) {
		if (opts_asks_about(&line))
			return 0;
		if (line.kind != OPTS_FLAGS_CONFIG)
			continue;
		if (!*line.value)
			return opts_set_refuse(reterr, line.where, line.value, "a file");
		opts->config = line.value;
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

/* "[namespace/]name[:port]", with no sign of these elsewhere; the names are not empty. */
static bool opts_is_subject(const char *text)
{
	size_t len = strcspn(text, "/:");

	if (len && text[len] == '/') {
		text += len + 1;
		len = strcspn(text, "/:");
	}
	return len && (!text[len] || (text[len] == ':' && !strpbrk(text + len + 1, "/:")));
}

/* What belongs to the commands, and to no daemon. */
static int opts_check_command(const struct opts *opts, const struct opts_given *given, struct err *reterr)
{
	bool explain = opts->action == OPTS_ACTION_EXPLAIN;

	if (explain && !opts->subject)
		return err_set(reterr, -EINVAL, "explain: which Service? " OPTS_SUBJECT);
	if (explain && !opts_is_subject(opts->subject))
		return opts_set_refuse(reterr, "explain", opts->subject, OPTS_SUBJECT);
	if (opts->from && !explain)
		return err_set(reterr, -EINVAL, "--from: only with explain");
	if (given->output && !explain && opts->action != OPTS_ACTION_STATUS &&
	    opts->action != OPTS_ACTION_DIFF)
		return err_set(reterr, -EINVAL, "--output: only with status, explain or diff");
	return 0;
}

static int opts_parse_all(int argc, char *const *argv, struct opts *opts, struct err *reterr)
{
	int r, n = opts_command(argc, argv, opts);
	struct opts_flags_line line = { .argc = argc - n, .argv = argv + n };
	struct opts_given given = { .dry_run = false };

	r = opts_find_config(line.argc, line.argv, opts, reterr);
	if (r < 0)
		return r;
	while ((r = opts_flags_next(&line, reterr)) > 0) {
		given.output =
			given.output || (line.kind == OPTS_FLAGS_OURS && line.setting == OPTS_SETTING_OUTPUT);
		r = opts_apply(opts, &given, &line, reterr);
		if (r)
			return r < 0 ? r : 0;
	}
	if (r < 0)
		return r;
	n = line.at + 1;
	if (n < line.argc && opts->action == OPTS_ACTION_EXPLAIN && !opts->subject)
		opts->subject = line.argv[n++];
	if (n < line.argc)
		return err_set(reterr, -EINVAL,
			       "%s: unknown argument; status, explain or diff comes first, all else is flags",
			       line.argv[n]);
	r = opts_check_command(opts, &given, reterr);
	return r < 0 ? r : opts_finish(opts, &given, reterr);
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
