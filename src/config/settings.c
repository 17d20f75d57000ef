/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "config/settings.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/duration.h"
#include "config/config_file.h"
#include "config/flags.h"
#include "config/settings_set.h"

#define SETTINGS_SUBJECT "[NAMESPACE/]NAME[:PORT]"

static const char settings_help_text[] =
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
	"                               " SETTINGS_CONTROL_SOCKET ")\n"
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
	"                               " SETTINGS_STATE_DIR "); empty: don't\n"
	"  --proxy-mode MODE            nftables; iptables and ipvs are read as that\n"
	"  --oom-score-adj N            of this process, from -1000 to 1000\n"
	"  --log-format text|json       how lines of the log look (default text)\n"
	"  -v, --v LEVEL                verbosity; 4 prints debug lines (default 2)\n"
	"\n"
	"kube-proxy's other flags are taken, too; one warning names those without effect.\n"
	"See kube-nftproxy(8).\n";

const char *settings_help(void)
{
	return settings_help_text;
}

static const char *const settings_detect_local_modes[] = {
	[SETTINGS_DETECT_LOCAL_CLUSTER_CIDR] = "ClusterCIDR",
	[SETTINGS_DETECT_LOCAL_NODE_CIDR] = "NodeCIDR",
	[SETTINGS_DETECT_LOCAL_BRIDGE_INTERFACE] = "BridgeInterface",
	[SETTINGS_DETECT_LOCAL_INTERFACE_NAME_PREFIX] = "InterfaceNamePrefix",
};
static_assert(ARRAY_SIZE(settings_detect_local_modes) == _SETTINGS_DETECT_LOCAL_MAX, "a name for each mode");

const char *settings_detect_local_mode_name(enum settings_detect_local_mode mode)
{
	return settings_detect_local_modes[mode];
}

const struct addr *settings_node_addr(const struct settings *settings, enum family family,
				      const struct addr *known)
{
	if (settings->bind_address.family != family || addr_is_unspecified(&settings->bind_address))
		return known;
	return &settings->bind_address;
}

/* What is decided only once all is read: which of these were asked for. */
struct settings_given {
	bool dry_run;
	bool cleanup;
	bool init_only;
	bool output;
};

/* An error about a field of the file is to begin with the file's name, as those do that arise while it is read. */
static int settings_name_file(const struct settings *settings, const char *where, struct err *reterr)
{
	return settings->config && *where != '-' ? err_wrap(reterr, "%s", settings->config) : reterr->code;
}

static int settings_check_interface(struct settings *settings, const char *flag, const char *value,
				    const char *mode, struct err *reterr)
{
	if (!value || !*value)
		return err_set(reterr, -EINVAL, "%s: \"%s\" needs %s",
			       settings->config ? "detectLocalMode" : "--detect-local-mode", mode, flag);
	if (strlen(value) >= sizeof(settings->interface) || strpbrk(value, " /\"*\t\n:"))
		return settings_set_refuse(reterr, flag, value, "an interface name of at most 15 characters");
	(void)snprintf(settings->interface, sizeof(settings->interface), "%s", value);
	return 0;
}

static int settings_interface(struct settings *settings, const char *flag, const char *value,
			      const char *mode, struct err *reterr)
{
	int r = settings_check_interface(settings, flag, value, mode, reterr);

	return r < 0 ? settings_name_file(settings, flag, reterr) : 0;
}

static int settings_host_name(struct settings *settings, struct err *reterr)
{
	char host[sizeof(settings->hostname)];

	if (gethostname(host, sizeof(host) - 1) < 0)
		return err_set(reterr, -errno, "cannot learn the host name, give --hostname-override: %s",
			       strerror(errno));
	host[sizeof(host) - 1] = '\0';
	return settings_set(settings, SETTING_HOSTNAME_OVERRIDE,
			    "--hostname-override, by default the host name", host, reterr);
}

/* systemd's variable may list several directories; the first is ours. */
static int settings_default_state_dir(struct settings *settings, struct err *reterr)
{
	const char *listed = getenv("STATE_DIRECTORY");
	char dir[sizeof(settings->state_dir) + 1];

	if (settings->has_state_dir)
		return 0;
	(void)snprintf(dir, sizeof(dir), "%.*s", listed ? (int)strcspn(listed, ":") : 0,
		       listed ? listed : "");
	return settings_set(settings, SETTING_STATE_DIR, "STATE_DIRECTORY", listed ? dir : SETTINGS_STATE_DIR,
			    reterr);
}

static int settings_default_control_socket(struct settings *settings, struct err *reterr)
{
	const char *listed = getenv("RUNTIME_DIRECTORY");
	char path[sizeof(settings->control_socket) + 16];

	if (settings->has_control_socket)
		return 0;
	(void)snprintf(path, sizeof(path), "%.*s/control.sock", listed ? (int)strcspn(listed, ":") : 0,
		       listed ? listed : "");
	return settings_set(settings, SETTING_CONTROL_SOCKET, "RUNTIME_DIRECTORY",
			    listed ? path : SETTINGS_CONTROL_SOCKET, reterr);
}

/* X7: the family of the bind address is that of addresses that were not given. */
static void settings_default_listeners(struct settings *settings)
{
	if (settings->bind_address.family != FAMILY_IPV6)
		return;
	if (!settings->has_healthz)
		settings->healthz.addr = (struct addr){ .family = FAMILY_IPV6 };
	if (!settings->has_metrics)
		settings->metrics.addr = (struct addr){ .family = FAMILY_IPV6, .bytes = { [15] = 1 } };
}

static int settings_finish_action(struct settings *settings, const struct settings_given *given,
				  struct err *reterr)
{
	if (given->dry_run && given->cleanup)
		return err_set(reterr, -EINVAL, "--cleanup: not together with --dry-run");
	if (given->init_only && (given->dry_run || given->cleanup))
		return err_set(reterr, -EINVAL, "--init-only: not together with %s",
			       given->dry_run ? "--dry-run" : "--cleanup");
	if (settings->write_config_to)
		settings->action = SETTINGS_ACTION_WRITE_CONFIG;
	else if (given->dry_run)
		settings->action = SETTINGS_ACTION_DRY_RUN;
	else if (given->cleanup)
		settings->action = SETTINGS_ACTION_CLEANUP;
	else if (given->init_only)
		settings->action = SETTINGS_ACTION_INIT_ONLY;
	return 0;
}

static int settings_refuse_min_sync_period(const struct settings *settings, struct err *reterr)
{
	const char *longer = settings->sync_period_by;
	char min[DURATION_TEXT_SIZE], max[DURATION_TEXT_SIZE];

	if (!longer)
		longer = settings->config ? "nftables.syncPeriod" : "--sync-period";
	(void)err_set(reterr, -EINVAL, "%s: \"%s\" is longer than %s, \"%s\"", settings->min_sync_period_by,
		      duration_print((int64_t)settings->min_sync_period_ms, min), longer,
		      duration_print((int64_t)settings->sync_period_ms, max));
	return settings_name_file(settings, settings->min_sync_period_by, reterr);
}

/* What has to fit together (X16). */
static int settings_check(const struct settings *settings, struct err *reterr)
{
	if (settings->min_sync_period_ms > settings->sync_period_ms)
		return settings_refuse_min_sync_period(settings, reterr);
	if (!settings->manifests || !(settings->kubeconfig || settings->master || settings->context))
		return 0;
	if (settings->config)
		return err_set(
			reterr, -EINVAL,
			"kubeNftproxy.manifests: not together with an API server's address, which it replaces");
	return err_set(reterr, -EINVAL, "%s: not together with --manifests, which replaces the API server",
		       settings->kubeconfig ? "--kubeconfig"
		       : settings->master   ? "--master"
					    : "--context");
}

/* To clean up, no name is needed: a host may have one that is no node's. */
static bool settings_needs_name(const struct settings *settings)
{
	switch (settings->action) {
	case SETTINGS_ACTION_RUN:
	case SETTINGS_ACTION_DRY_RUN:
		return true;
	case SETTINGS_ACTION_STATUS:
	case SETTINGS_ACTION_EXPLAIN:
	case SETTINGS_ACTION_DIFF:
		return settings->manifests || settings->kubeconfig || settings->master;
	case SETTINGS_ACTION_CLEANUP:
	case SETTINGS_ACTION_INIT_ONLY:
	case SETTINGS_ACTION_WRITE_CONFIG:
	case SETTINGS_ACTION_HELP:
	case SETTINGS_ACTION_VERSION:
		break;
	}
	return false;
}

static int settings_finish(struct settings *settings, const struct settings_given *given, struct err *reterr)
{
	bool file = settings->config;
	int r = settings_finish_action(settings, given, reterr);

	if (!r)
		r = settings_default_state_dir(settings, reterr);
	if (!r)
		r = settings_default_control_socket(settings, reterr);
	if (!r)
		r = settings_check(settings, reterr);
	settings_default_listeners(settings);
	if (!r && settings->detect_local_mode == SETTINGS_DETECT_LOCAL_BRIDGE_INTERFACE)
		r = settings_interface(settings,
				       file ? "detectLocal.bridgeInterface" : "--pod-bridge-interface",
				       settings->bridge_interface, "BridgeInterface", reterr);
	else if (!r && settings->detect_local_mode == SETTINGS_DETECT_LOCAL_INTERFACE_NAME_PREFIX)
		r = settings_interface(
			settings, file ? "detectLocal.interfaceNamePrefix" : "--pod-interface-name-prefix",
			settings->interface_name_prefix, "InterfaceNamePrefix", reterr);
	return r < 0 || *settings->hostname || !settings_needs_name(settings)
		       ? r
		       : settings_host_name(settings, reterr);
}

/* What was asked for with a flag that stands for a bool. */
static int settings_ask(const struct flags_line *line, bool *ret, struct err *reterr)
{
	return settings_set_bool(line->where, line->value, ret, reterr);
}

/* --help and --version: returns 1, as all the rest is of no interest then. */
static int settings_ask_about(struct settings *settings, const struct flags_line *line,
			      enum settings_action action, struct err *reterr)
{
	bool asked = false;
	int r = settings_ask(line, &asked, reterr);

	if (r < 0 || !asked)
		return r;
	settings->action = action;
	return 1;
}

/* Returns 1 if all the rest is of no interest. */
static int settings_apply(struct settings *settings, struct settings_given *given,
			  const struct flags_line *line, struct err *reterr)
{
	switch (line->kind) {
	case FLAGS_KUBE_PROXYS:
		if (settings->config) {
			settings_set_note(settings, SETTINGS_NOTE_IGNORED, line->where);
			return 0;
		}
		return settings_set(settings, line->setting, line->where, line->value, reterr);
	case FLAGS_OURS:
		return settings_set(settings, line->setting, line->where, line->value, reterr);
	case FLAGS_WITHOUT_EFFECT:
		settings_set_note(settings, SETTINGS_NOTE_WITHOUT_EFFECT, line->where);
		return 0;
	case FLAGS_CONFIG:
		return 0;
	case FLAGS_WRITE_CONFIG_TO:
		if (!*line->value)
			return settings_set_refuse(reterr, line->where, line->value, "a file");
		settings->write_config_to = line->value;
		return 0;
	case FLAGS_DRY_RUN:
		return settings_ask(line, &given->dry_run, reterr);
	case FLAGS_CLEANUP:
		return settings_ask(line, &given->cleanup, reterr);
	case FLAGS_INIT_ONLY:
		return settings_ask(line, &given->init_only, reterr);
	case FLAGS_HELP:
		return settings_ask_about(settings, line, SETTINGS_ACTION_HELP, reterr);
	case FLAGS_VERSION:
		return settings_ask_about(settings, line, SETTINGS_ACTION_VERSION, reterr);
	}
	return 0;
}

/* Whoever asks for help or the version gets it, whatever else there is. */
static bool settings_asks_about(const struct flags_line *line)
{
	struct err unused = { 0 };
	bool asked = false;

	return (line->kind == FLAGS_HELP || line->kind == FLAGS_VERSION) &&
	       settings_ask(line, &asked, &unused) == 0 && asked;
}

/* The file is read before any flag is: flags may count more. */
static int settings_find_config(int argc, char *const *argv, struct settings *settings, struct err *reterr)
{
	struct flags_line line = { .argc = argc, .argv = argv };
	int r;

	while ((r = flags_next(&line, reterr)) > 0) {
		if (settings_asks_about(&line))
			return 0;
		if (line.kind != FLAGS_CONFIG)
			continue;
		if (!*line.value)
			return settings_set_refuse(reterr, line.where, line.value, "a file");
		settings->config = line.value;
	}
	return r < 0 || !settings->config ? r : config_file_load(settings, reterr);
}

/* status, explain SERVICE, diff: the first word. Returns how many words it takes. */
static int settings_command(int argc, char *const *argv, struct settings *settings)
{
	static const struct {
		const char *name;
		enum settings_action action;
	} commands[] = { { "status", SETTINGS_ACTION_STATUS },
			 { "explain", SETTINGS_ACTION_EXPLAIN },
			 { "diff", SETTINGS_ACTION_DIFF } };
	size_t i;

	for (i = 0; argc > 1 && i < ARRAY_SIZE(commands); i++) {
		if (strcmp(argv[1], commands[i].name) != 0)
			continue;
		settings->action = commands[i].action;
		if (settings->action != SETTINGS_ACTION_EXPLAIN || argc < 3 || argv[2][0] == '-')
			return 1;
		settings->subject = argv[2];
		return 2;
	}
	return 0;
}

/* "[namespace/]name[:port]", with no sign of these elsewhere; the names are not empty. */
static bool settings_is_subject(const char *text)
{
	size_t len = strcspn(text, "/:");

	if (len && text[len] == '/') {
		text += len + 1;
		len = strcspn(text, "/:");
	}
	return len && (!text[len] || (text[len] == ':' && !strpbrk(text + len + 1, "/:")));
}

/* What belongs to the commands, and to no daemon. */
static int settings_check_command(const struct settings *settings, const struct settings_given *given,
				  struct err *reterr)
{
	bool explain = settings->action == SETTINGS_ACTION_EXPLAIN;

	if (explain && !settings->subject)
		return err_set(reterr, -EINVAL, "explain: which Service? " SETTINGS_SUBJECT);
	if (explain && !settings_is_subject(settings->subject))
		return settings_set_refuse(reterr, "explain", settings->subject, SETTINGS_SUBJECT);
	if (settings->from && !explain)
		return err_set(reterr, -EINVAL, "--from: only with explain");
	if (given->output && !explain && settings->action != SETTINGS_ACTION_STATUS &&
	    settings->action != SETTINGS_ACTION_DIFF)
		return err_set(reterr, -EINVAL, "--output: only with status, explain or diff");
	return 0;
}

static int settings_parse_all(int argc, char *const *argv, struct settings *settings, struct err *reterr)
{
	int r, n = settings_command(argc, argv, settings);
	struct flags_line line = { .argc = argc - n, .argv = argv + n };
	struct settings_given given = { .dry_run = false };

	r = settings_find_config(line.argc, line.argv, settings, reterr);
	if (r < 0)
		return r;
	while ((r = flags_next(&line, reterr)) > 0) {
		given.output = given.output || (line.kind == FLAGS_OURS && line.setting == SETTING_OUTPUT);
		r = settings_apply(settings, &given, &line, reterr);
		if (r)
			return r < 0 ? r : 0;
	}
	if (r < 0)
		return r;
	n = line.at + 1;
	if (n < line.argc && settings->action == SETTINGS_ACTION_EXPLAIN && !settings->subject)
		settings->subject = line.argv[n++];
	if (n < line.argc)
		return err_set(reterr, -EINVAL,
			       "%s: unknown argument; status, explain or diff comes first, all else is flags",
			       line.argv[n]);
	r = settings_check_command(settings, &given, reterr);
	return r < 0 ? r : settings_finish(settings, &given, reterr);
}

int settings_parse(int argc, char *const *argv, struct settings *ret, struct err *reterr)
{
	struct settings settings = {
		.node_port_primary = true,
		.own_tables = true,
		.sync_period_ms = SETTINGS_SYNC_PERIOD_MS,
		.conntrack = { .max_per_core = 32768,
			       .min = 131072,
			       .tcp_established_ms = 24ll * 3600 * 1000,
			       .tcp_close_wait_ms = 3600 * 1000 },
		.healthz = { .addr = { .family = FAMILY_IPV4 }, .port = SETTINGS_HEALTHZ_PORT },
		.metrics = { .addr = { .family = FAMILY_IPV4, .bytes = { 127, 0, 0, 1 } },
			     .port = SETTINGS_METRICS_PORT },
		.verbosity = 2,
	};
	int r = settings_parse_all(argc, argv, &settings, reterr);

	if (r < 0) {
		settings_done(&settings);
		return r;
	}
	*ret = settings;
	return 0;
}

void settings_done(struct settings *settings)
{
	buf_done(&settings->config_text);
	settings->strings = arena_free(settings->strings);
}
