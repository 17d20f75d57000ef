/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "config/setting_table.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "config/settings.h"

#define AT(member)     offsetof(struct settings, member)
#define DAY_MS	       (24ll * 3600 * 1000)
#define SYNC_ALLOWED   "a duration from 1ms to 24h, such as 30s or 1m30s"
#define SYNC_RANGE     .min = 1, .max = DAY_MS, .allowed = SYNC_ALLOWED
#define MIN_SYNC_RANGE .max = DAY_MS, .allowed = "a duration of at most 24h, such as 500ms, 1s or 1m30s"
/* What the kernel counts in seconds. */
#define CONNTRACK_RANGE \
	.max = 1000ll * INT32_MAX, .allowed = "a duration such as 24h or 1m30s; 0: leave it alone"

/* In the order of --help; then kube-proxy's that are not in it. A row takes few lines, to be seen as one. */
/* clang-format off */
static const struct setting rows[] = {
	{ .path = "apiVersion", .type = SETTING_TYPE_CONSTANT,
	  .standard = "kubeproxy.config.k8s.io/v1alpha1" },
	{ .path = "kind", .type = SETTING_TYPE_CONSTANT, .standard = "KubeProxyConfiguration" },

	{ .type = SETTING_TYPE_HEADING,
	  .help = "Where Services, EndpointSlices and the Node come from (one of):" },
	/* An empty one is as good as none: manifests pass empty variables. */
	{ .flag = "--kubeconfig", .path = "clientConnection.kubeconfig", .type = SETTING_TYPE_TEXT,
	  .kube_proxy = true, .place = AT(kubeconfig), .metavar = "FILE",
	  .help = "follow the cluster of this kubeconfig", .offer = "files" },
	{ .flag = "--context", .path = "kubeNftproxy.context", .type = SETTING_TYPE_TEXT,
	  .place = AT(context), .metavar = "NAME", .help = "its context (default: its current-context)",
	  .brief = "context of the kubeconfig" },
	{ .flag = "--master", .type = SETTING_TYPE_TEXT, .place = AT(master), .metavar = "URL",
	  .help = "API server, overrides the kubeconfig's", .brief = "the API server" },
	{ .flag = "--kube-api-content-type", .path = "clientConnection.contentType",
	  .type = SETTING_TYPE_WORD, .kube_proxy = true, .zero_is_default = true, .place = AT(content_type),
	  .words = "application/vnd.kubernetes.protobuf application/json", .metavar = "TYPE",
	  .help = "what to ask it for: application/json, or\napplication/vnd.kubernetes.protobuf (default)",
	  .brief = "what to ask the API server for" },
	{ .flag = "--manifests", .path = "kubeNftproxy.manifests", .type = SETTING_TYPE_FILE,
	  .place = AT(manifests), .allowed = "a file, a directory or `-'", .metavar = "FILE|DIR|-",
	  .help = "read YAML or JSON; a directory is followed\n(none of these: $KUBECONFIG, then the Pod's\nservice account)",
	  .brief = "read objects from files", .offer = "files" },
	{ .flag = "--hostname-override", .path = "hostnameOverride", .type = SETTING_TYPE_NODE_NAME,
	  .place = AT(hostname), .metavar = "NODE", .help = "this node's name (default: the host name)",
	  .brief = "this node's name" },

	{ .type = SETTING_TYPE_HEADING, .help = "" },
	{ .flag = "--config", .type = SETTING_TYPE_FILE, .place = AT(config), .metavar = "FILE",
	  .help = "all of this from a KubeProxyConfiguration; see\nkube-nftproxy.config(5)",
	  .brief = "a KubeProxyConfiguration", .offer = "files" },

	{ .type = SETTING_TYPE_HEADING,
	  .help = "Asking the daemon that runs (with --manifests or --kubeconfig: without one):" },
	{ .flag = "status", .type = SETTING_TYPE_COMMAND, .help = "how it is doing",
	  .brief = "how the daemon is doing" },
	{ .flag = "explain", .type = SETTING_TYPE_COMMAND, .metavar = "SERVICE",
	  .help = "its front ends and endpoints: which are used, and\nwhy the others are not",
	  .brief = "which endpoints of a Service are used, and why" },
	{ .flag = "list", .type = SETTING_TYPE_COMMAND,
	  .help = "all front ends: endpoints used, and whether they\nserve, refuse, drop, conflict or wait",
	  .brief = "all front ends, and whether they serve" },
	{ .flag = "diff", .type = SETTING_TYPE_COMMAND,
	  .help = "what is in the kernel against what should be" },
	{ .flag = "check", .type = SETTING_TYPE_COMMAND, .metavar = "[SERVICE]",
	  .help = "what beside us can break it: forwarding, routes,\nother programs' rules, a wrong targetPort, ...",
	  .brief = "what beside us can break a Service" },
	{ .flag = "trace", .type = SETTING_TYPE_COMMAND, .metavar = "SERVICE",
	  .help = "where real packets from --from ADDRESS go, or are\ndropped; adds a table while it runs",
	  .brief = "where packets to a Service go" },
	{ .flag = "--from", .type = SETTING_TYPE_ADDRESS_TEXT, .place = AT(from), .metavar = "ADDRESS",
	  .help = "explain: what a packet from there meets; trace:\npackets from there; check: this client alone",
	  .brief = "source address of packets" },
	{ .flag = "--to", .type = SETTING_TYPE_TEXT, .place = AT(to), .metavar = "ADDRESS[:PORT]",
	  .help = "in place of SERVICE: the one that has it; also\na node port",
	  .brief = "the Service that has an address or node port" },
	{ .flag = "--namespace", .type = SETTING_TYPE_TEXT, .place = AT(namespace), .metavar = "NAMESPACE",
	  .help = "of SERVICE, also -n (default: default)", .brief = "namespace of the Service" },
	{ .flag = "--rules", .type = SETTING_TYPE_BOOL, .place = AT(rules),
	  .help = "explain --from: with the rules that decide", .brief = "the rules that a packet meets" },
	{ .flag = "--all", .type = SETTING_TYPE_BOOL, .place = AT(all),
	  .help = "explain: also if there are more than 20 endpoints", .brief = "all endpoints and front ends" },
	{ .flag = "--problems", .type = SETTING_TYPE_BOOL, .place = AT(problems),
	  .help = "list: only those that do not serve",
	  .brief = "only front ends that do not serve" },
	{ .flag = "--for", .type = SETTING_TYPE_DURATION, .place = AT(trace_for_ms), .given_by = AT(trace_by),
	  .min = 1000, .max = 3600 * 1000, .allowed = "a duration from 1s to 1h", .standard = "30s",
	  .metavar = "DURATION", .help = "trace: how long to wait for packets (default %s)",
	  .brief = "how long to trace" },
	{ .flag = "--count", .type = SETTING_TYPE_NUMBER, .place = AT(trace_count), .given_by = AT(trace_by),
	  .min = 1, .max = 100, .standard = "5", .metavar = "N",
	  .help = "trace: and for how many (default %s)", .brief = "how many packets to trace" },
	{ .flag = "--output", .type = SETTING_TYPE_WORD, .place = AT(output), .given_by = AT(output_by),
	  .words = "text json", .metavar = "text|json", .help = "also -o", .brief = "text or json" },
	{ .flag = "--color", .type = SETTING_TYPE_WORD, .place = AT(color), .words = "auto always never",
	  .metavar = "auto|always|never", .brief = "whether text has colours" },
	{ .flag = "--control-socket", .path = "kubeNftproxy.controlSocket", .type = SETTING_TYPE_PATH,
	  .place = AT(control_socket), .given_by = AT(control_socket_by),
	  .max = SETTINGS_CONTROL_SOCKET_SIZE - 1, .standard = "/run/kube-nftproxy/control.sock",
	  .metavar = "PATH",
	  .help = "where it is asked, and answers; empty: nowhere\n(default: $RUNTIME_DIRECTORY/control.sock, else\n%s)",
	  .brief = "where status, explain and diff are asked", .offer = "files" },

	{ .type = SETTING_TYPE_HEADING, .help = "What to do:" },
	{ .flag = "--dry-run", .type = SETTING_TYPE_BOOL, .place = AT(asked.dry_run),
	  .help = "print the ruleset for `nft -f` and exit; needs\nno privilege",
	  .brief = "print the ruleset and exit" },
	{ .flag = "--cleanup", .type = SETTING_TYPE_BOOL, .place = AT(asked.cleanup),
	  .help = "remove our tables and exit" },
	{ .flag = "--init-only", .type = SETTING_TYPE_BOOL, .place = AT(asked.init_only),
	  .help = "write the kernel's settings of connection\ntracking, say what it can do, and exit",
	  .brief = "write the kernel's settings and exit" },
	{ .flag = "--write-config-to", .type = SETTING_TYPE_FILE, .place = AT(write_config_to),
	  .metavar = "FILE", .help = "write all settings as a configuration file",
	  .brief = "write all settings to a file", .offer = "files" },
	/* The two share a line of --help. */
	{ .flag = "--help", .type = SETTING_TYPE_BOOL, .place = AT(asked.help), .metavar = ", --version",
	  .brief = "show help" },
	{ .flag = "--version", .type = SETTING_TYPE_BOOL, .place = AT(asked.version),
	  .brief = "show the version" },

	{ .type = SETTING_TYPE_HEADING, .help = "How this node treats traffic:" },
	{ .flag = "--cluster-cidr", .path = "clusterCIDR", .type = SETTING_TYPE_CLUSTER_CIDR,
	  .kube_proxy = true, .place = AT(has_cluster_cidr), .metavar = "CIDR[,CIDR]",
	  .help = "pod addresses of the cluster, one per family", .brief = "pod addresses of the cluster" },
	{ .flag = "--detect-local-mode", .path = "detectLocalMode", .type = SETTING_TYPE_WORD,
	  .kube_proxy = true, .place = AT(detect_local_mode),
	  .words = "ClusterCIDR NodeCIDR BridgeInterface InterfaceNamePrefix", .metavar = "MODE",
	  .help = "how pod traffic is recognised: ClusterCIDR\n(default), NodeCIDR, BridgeInterface or\nInterfaceNamePrefix",
	  .brief = "how pod traffic is recognised" },
	{ .flag = "--pod-bridge-interface", .path = "detectLocal.bridgeInterface",
	  .type = SETTING_TYPE_TEXT, .kube_proxy = true, .place = AT(bridge_interface), .metavar = "NAME",
	  .help = "for BridgeInterface", .offer = "interfaces" },
	{ .flag = "--pod-interface-name-prefix", .path = "detectLocal.interfaceNamePrefix",
	  .type = SETTING_TYPE_TEXT, .kube_proxy = true, .place = AT(interface_name_prefix),
	  .metavar = "PREFIX", .help = "for InterfaceNamePrefix", .offer = "interfaces" },
	{ .flag = "--masquerade-all", .path = "nftables.masqueradeAll", .type = SETTING_TYPE_BOOL,
	  .kube_proxy = true, .place = AT(masquerade_all), .help = "masquerade all traffic to ClusterIPs" },
	{ .flag = "--nodeport-addresses", .path = "nodePortAddresses",
	  .type = SETTING_TYPE_NODE_PORT_ADDRESSES, .kube_proxy = true, .place = AT(node_port_addresses),
	  .given_by = AT(node_port_addresses_by), .standard = "primary", .metavar = "LIST",
	  .help = "`primary' (default), `all', and CIDRs: the node's\naddresses in them serve node ports; several of\nthese flags add up",
	  .brief = "addresses that serve node ports", .offer = "primary all" },
	{ .flag = "--serve-external-ips", .path = "kubeNftproxy.serveExternalIPs", .type = SETTING_TYPE_BOOL,
	  .place = AT(serve_external_ips), .given_by = AT(serve_external_ips_by), .standard = "true",
	  .metavar = "[=false]", .help = "serve the external IPs of Services, which their\nauthors choose freely (default)",
	  .brief = "serve the externalIPs of Services" },
	{ .flag = "--bind-address", .path = "bindAddress", .type = SETTING_TYPE_ADDRESS, .kube_proxy = true,
	  .place = AT(bind_address), .metavar = "ADDRESS",
	  .help = "the Node's address of its family; 0.0.0.0 or ::\n(default: what the Node object says)",
	  .brief = "the Node's address of its family" },

	{ .type = SETTING_TYPE_HEADING,
	  .help = "What the kernel remembers of connections (0: left as it is):" },
	{ .flag = "--conntrack-max-per-core", .path = "conntrack.maxPerCore", .type = SETTING_TYPE_NUMBER,
	  .kube_proxy = true, .place = AT(conntrack.max_per_core), .max = INT32_MAX, .standard = "32768",
	  .metavar = "N", .help = "entries for each processor (default %s)",
	  .brief = "connections for each processor" },
	{ .flag = "--conntrack-min", .path = "conntrack.min", .type = SETTING_TYPE_NUMBER,
	  .kube_proxy = true, .place = AT(conntrack.min), .max = INT32_MAX, .standard = "131072",
	  .metavar = "N", .help = "and at least so many (default %s)", .brief = "and at least so many" },
	{ .flag = "--conntrack-tcp-timeout-established", .path = "conntrack.tcpEstablishedTimeout",
	  .type = SETTING_TYPE_DURATION, .kube_proxy = true, .place = AT(conntrack.tcp_established_ms),
	  CONNTRACK_RANGE, .standard = "24h", .metavar = "DURATION", .brief = "timeout of established TCP" },
	{ .flag = "--conntrack-tcp-timeout-close-wait", .path = "conntrack.tcpCloseWaitTimeout",
	  .type = SETTING_TYPE_DURATION, .kube_proxy = true, .place = AT(conntrack.tcp_close_wait_ms),
	  CONNTRACK_RANGE, .standard = "1h", .metavar = "DURATION", .brief = "timeout of TCP in CLOSE_WAIT" },
	{ .flag = "--conntrack-tcp-be-liberal", .path = "conntrack.tcpBeLiberal", .type = SETTING_TYPE_BOOL,
	  .kube_proxy = true, .place = AT(conntrack.tcp_be_liberal),
	  .help = "packets outside the window are not invalid" },
	{ .flag = "--conntrack-udp-timeout", .path = "conntrack.udpTimeout", .type = SETTING_TYPE_DURATION,
	  .kube_proxy = true, .place = AT(conntrack.udp_ms), CONNTRACK_RANGE, .metavar = "DURATION",
	  .brief = "timeout of UDP" },
	{ .flag = "--conntrack-udp-timeout-stream", .path = "conntrack.udpStreamTimeout",
	  .type = SETTING_TYPE_DURATION, .kube_proxy = true, .place = AT(conntrack.udp_stream_ms),
	  CONNTRACK_RANGE, .metavar = "DURATION", .brief = "timeout of UDP streams" },

	{ .type = SETTING_TYPE_HEADING, .help = "Running:" },
	{ .flag = "--healthz-bind-address", .path = "healthzBindAddress", .type = SETTING_TYPE_LISTEN,
	  .kube_proxy = true, .place = AT(healthz), .given_by = AT(healthz_by), .standard = "0.0.0.0:10256",
	  .metavar = "ADDRESS[:PORT]",
	  .help = "where to tell /healthz and /livez (default\n%s, which means both families);\nempty: nowhere",
	  .brief = "where to tell health" },
	{ .flag = "--healthz-port", .type = SETTING_TYPE_LISTEN_PORT, .kube_proxy = true,
	  .place = AT(healthz), .metavar = "PORT", .help = "another port there; 0: nowhere",
	  .brief = "another port for health" },
	{ .path = "kubeNftproxy.healthz", .type = SETTING_TYPE_LISTEN_ON, .place = AT(healthz) },
	{ .flag = "--metrics-bind-address", .path = "metricsBindAddress", .type = SETTING_TYPE_LISTEN,
	  .kube_proxy = true, .place = AT(metrics), .given_by = AT(metrics_by),
	  .standard = "127.0.0.1:10249", .metavar = "ADDRESS[:PORT]",
	  .help = "where to tell /metrics (default\n%s); empty: nowhere", .brief = "where to tell metrics" },
	{ .flag = "--metrics-port", .type = SETTING_TYPE_LISTEN_PORT, .kube_proxy = true,
	  .place = AT(metrics), .metavar = "PORT", .help = "another port there; 0: nowhere",
	  .brief = "another port for metrics" },
	{ .path = "kubeNftproxy.metrics", .type = SETTING_TYPE_LISTEN_ON, .place = AT(metrics) },
	{ .flag = "--bind-address-hard-fail", .path = "bindAddressHardFail", .type = SETTING_TYPE_BOOL,
	  .kube_proxy = true, .place = AT(bind_address_hard_fail),
	  .help = "end if one of these cannot be listened on",
	  .brief = "end if an address cannot be listened on" },
	{ .flag = "--own-tables", .path = "kubeNftproxy.ownTables", .type = SETTING_TYPE_BOOL,
	  .place = AT(own_tables), .standard = "true", .metavar = "[=false]",
	  .help = "no other program may change our tables, if the\nkernel supports that: 6.9 or later (default)",
	  .brief = "no other program may change our tables" },
	{ .flag = "--monitor-tables", .path = "kubeNftproxy.monitorTables", .type = SETTING_TYPE_BOOL,
	  .place = AT(monitor_tables), .standard = "true", .metavar = "[=false]",
	  .help = "if other programs may: receive the kernel's\nnotifications of their changes (default)",
	  .brief = "receive notifications of changes by others" },
	{ .flag = "--sync-period", .path = "nftables.syncPeriod", .type = SETTING_TYPE_DURATION,
	  .zero_is_default = true, .place = AT(sync_period_ms), .given_by = AT(sync_period_by), SYNC_RANGE,
	  .standard = "30s", .metavar = "DURATION",
	  .help = "a sync that fails is repeated at least so often;\nafter twice that we are not healthy (default %s)",
	  .brief = "longest pause after a failure" },
	{ .flag = "--min-sync-period", .path = "nftables.minSyncPeriod", .type = SETTING_TYPE_DURATION,
	  .zero_is_default = true, .place = AT(min_sync_period_ms), .given_by = AT(min_sync_period_by),
	  MIN_SYNC_RANGE, .standard = "0s", .metavar = "DURATION",
	  .help = "least time between two syncs (default %s)", .brief = "least time between two syncs" },
	{ .flag = "--state-dir", .path = "kubeNftproxy.stateDir", .type = SETTING_TYPE_PATH,
	  .place = AT(state_dir), .given_by = AT(state_dir_by), .max = SETTINGS_STATE_DIR_SIZE - 1,
	  .standard = "/var/lib/kube-nftproxy", .metavar = "DIR",
	  .help = "save what the API server said last, for a start\nwithout it (default: $STATE_DIRECTORY, else\n%s); empty: don't",
	  .brief = "where to save what the API server said", .offer = "directories" },
	{ .flag = "--state-max-age", .path = "kubeNftproxy.stateMaxAge", .type = SETTING_TYPE_DURATION,
	  .place = AT(state_max_age_ms), .max = 1000ll * INT32_MAX, .standard = "24h", .metavar = "DURATION",
	  .allowed = "a duration such as 24h or 1m30s; 0: no limit",
	  .help = "do not use what was saved longer ago than this\n(default %s; 0: no limit)",
	  .brief = "oldest saved state that is used" },
	{ .flag = "--wait-for-manifests", .path = "kubeNftproxy.waitForManifests", .type = SETTING_TYPE_BOOL,
	  .place = AT(wait_for_manifests), .standard = "true", .metavar = "[=false]",
	  .help = "leave the rules of an earlier run as they are\nwhile a manifest cannot be read and its last good\nobjects are not known (default)",
	  .brief = "keep rules while a manifest cannot be read" },
	{ .flag = "--proxy-mode", .path = "mode", .type = SETTING_TYPE_MODE, .kube_proxy = true,
	  .zero_is_default = true, .place = AT(mode), .words = "nftables iptables ipvs",
	  .allowed = "nftables (iptables and ipvs are read as that)", .metavar = "MODE",
	  .help = "nftables; iptables and ipvs are read as that", .brief = "there is one",
	  .offer = "nftables" },
	{ .flag = "--oom-score-adj", .path = "oomScoreAdj", .type = SETTING_TYPE_NUMBER, .kube_proxy = true,
	  .place = AT(oom_score_adj), .given_by = AT(oom_score_adj_by), .min = -1000, .max = 1000,
	  .metavar = "N", .help = "of this process, from -1000 to 1000", .brief = "of this process" },
	{ .flag = "--log-format", .path = "logging.format", .type = SETTING_TYPE_WORD,
	  .zero_is_default = true, .place = AT(log_format), .words = "text json", .metavar = "text|json",
	  .help = "how lines of the log look (default text)", .brief = "text or json" },
	{ .flag = "-v", .path = "logging.verbosity", .type = SETTING_TYPE_NUMBER,
	  .place = AT(verbosity), .max = 99, .standard = "1", .metavar = "LEVEL",
	  .help = "verbosity: 0 logs failures, start and stop; 1 also\nchanges of state; 2 each change of the rules;\n4 also debug lines (default %s)", .brief = "verbosity" },

	/* kube-proxy's other names for the same, and what is checked although it has no effect. */
	{ .flag = "--config-sync-period", .path = "configSyncPeriod", .type = SETTING_TYPE_DURATION,
	  .kube_proxy = true, .zero_is_default = true, SYNC_RANGE },
	{ .flag = "--iptables-min-sync-period", .type = SETTING_TYPE_DURATION, .kube_proxy = true,
	  .place = AT(min_sync_period_ms), .given_by = AT(min_sync_period_by), MIN_SYNC_RANGE },
	{ .flag = "--iptables-sync-period", .type = SETTING_TYPE_DURATION, .kube_proxy = true,
	  .place = AT(sync_period_ms), .given_by = AT(sync_period_by), SYNC_RANGE },
	{ .flag = "--logging-format", .type = SETTING_TYPE_WORD, .zero_is_default = true,
	  .place = AT(log_format), .words = "text json" },

	{ .flag = "--add-dir-header", .type = SETTING_TYPE_WITHOUT_EFFECT_BOOL },
	{ .flag = "--alsologtostderr", .type = SETTING_TYPE_WITHOUT_EFFECT_BOOL },
	{ .flag = "--boot-id-file", .type = SETTING_TYPE_WITHOUT_EFFECT },
	{ .path = "clientConnection.acceptContentTypes", .type = SETTING_TYPE_WITHOUT_EFFECT },
	{ .flag = "--feature-gates", .path = "featureGates", .type = SETTING_TYPE_FEATURE_GATES, .kube_proxy = true,
	  .place = AT(external_ips_gate_off) },
	{ .path = "iptables", .type = SETTING_TYPE_WITHOUT_EFFECT },
	{ .flag = "--iptables-localhost-nodeports", .type = SETTING_TYPE_WITHOUT_EFFECT_BOOL },
	{ .flag = "--iptables-masquerade-bit", .type = SETTING_TYPE_WITHOUT_EFFECT },
	{ .path = "ipvs", .type = SETTING_TYPE_WITHOUT_EFFECT },
	{ .flag = "--ipvs-exclude-cidrs", .type = SETTING_TYPE_WITHOUT_EFFECT },
	{ .flag = "--ipvs-min-sync-period", .type = SETTING_TYPE_WITHOUT_EFFECT },
	{ .flag = "--ipvs-scheduler", .type = SETTING_TYPE_WITHOUT_EFFECT },
	{ .flag = "--ipvs-strict-arp", .type = SETTING_TYPE_WITHOUT_EFFECT_BOOL },
	{ .flag = "--ipvs-sync-period", .type = SETTING_TYPE_WITHOUT_EFFECT },
	{ .flag = "--ipvs-tcp-timeout", .type = SETTING_TYPE_WITHOUT_EFFECT },
	{ .flag = "--ipvs-tcpfin-timeout", .type = SETTING_TYPE_WITHOUT_EFFECT },
	{ .flag = "--ipvs-udp-timeout", .type = SETTING_TYPE_WITHOUT_EFFECT },
	{ .flag = "--kube-api-burst", .path = "clientConnection.burst", .type = SETTING_TYPE_WITHOUT_EFFECT },
	{ .flag = "--kube-api-qps", .path = "clientConnection.qps", .type = SETTING_TYPE_WITHOUT_EFFECT },
	{ .flag = "--log-backtrace-at", .type = SETTING_TYPE_WITHOUT_EFFECT },
	{ .flag = "--log-dir", .type = SETTING_TYPE_WITHOUT_EFFECT },
	{ .flag = "--log-file", .type = SETTING_TYPE_WITHOUT_EFFECT },
	{ .flag = "--log-file-max-size", .type = SETTING_TYPE_WITHOUT_EFFECT },
	{ .flag = "--log-flush-frequency", .path = "logging.flushFrequency",
	  .type = SETTING_TYPE_WITHOUT_EFFECT },
	{ .flag = "--log-json-info-buffer-size", .type = SETTING_TYPE_WITHOUT_EFFECT },
	{ .flag = "--log-json-split-stream", .type = SETTING_TYPE_WITHOUT_EFFECT_BOOL },
	{ .flag = "--log-text-info-buffer-size", .type = SETTING_TYPE_WITHOUT_EFFECT },
	{ .flag = "--log-text-split-stream", .type = SETTING_TYPE_WITHOUT_EFFECT_BOOL },
	{ .path = "logging.options", .type = SETTING_TYPE_WITHOUT_EFFECT },
	{ .flag = "--logtostderr", .type = SETTING_TYPE_WITHOUT_EFFECT_BOOL },
	{ .flag = "--machine-id-file", .type = SETTING_TYPE_WITHOUT_EFFECT },
	{ .path = "nftables.masqueradeBit", .type = SETTING_TYPE_WITHOUT_EFFECT },
	{ .flag = "--one-output", .type = SETTING_TYPE_WITHOUT_EFFECT_BOOL },
	{ .flag = "--profiling", .path = "enableProfiling", .type = SETTING_TYPE_WITHOUT_EFFECT_BOOL },
	{ .flag = "--proxy-port-range", .path = "portRange", .type = SETTING_TYPE_WITHOUT_EFFECT },
	{ .flag = "--show-hidden-metrics-for-version", .path = "showHiddenMetricsForVersion",
	  .type = SETTING_TYPE_WITHOUT_EFFECT },
	{ .flag = "--skip-headers", .type = SETTING_TYPE_WITHOUT_EFFECT_BOOL },
	{ .flag = "--skip-log-headers", .type = SETTING_TYPE_WITHOUT_EFFECT_BOOL },
	{ .flag = "--stderrthreshold", .type = SETTING_TYPE_WITHOUT_EFFECT },
	{ .flag = "--vmodule", .path = "logging.vmodule", .type = SETTING_TYPE_WITHOUT_EFFECT },
	{ .path = "windowsRunAsService", .type = SETTING_TYPE_WITHOUT_EFFECT },
	{ .path = "winkernel", .type = SETTING_TYPE_WITHOUT_EFFECT },
};
/* clang-format on */
static_assert(ARRAY_SIZE(rows) <= SETTING_TABLE_MAX, "room for an array of all rows");
static_assert(offsetof(struct settings, action) == 0, "no setting has the place 0, which stands for none");

const struct setting *setting_table_row(size_t index)
{
	return index < ARRAY_SIZE(rows) ? &rows[index] : NULL;
}

const char *setting_table_name(const struct setting *setting)
{
	return setting->flag + strspn(setting->flag, "-");
}

static bool is_name(const struct setting *setting, const char *name, size_t len)
{
	const char *own = setting_table_name(setting);
	size_t i;

	for (i = 0; i < len && own[i]; i++)
		if (name[i] != own[i] && !(name[i] == '_' && own[i] == '-'))
			return false;
	return i == len && !own[i];
}

const struct setting *setting_table_find_flag(const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].flag && rows[i].type != SETTING_TYPE_COMMAND && is_name(&rows[i], name, len))
			return &rows[i];
	return NULL;
}

const struct setting *setting_table_find_path(const char *path)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].path && strcmp(rows[i].path, path) == 0)
			return &rows[i];
	return NULL;
}

bool setting_table_is_section(const char *path)
{
	size_t len = strlen(path), i;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].path && strncmp(rows[i].path, path, len) == 0 && rows[i].path[len] == '.')
			return true;
	return false;
}

static int compare_names(const void *a, const void *b, void *name)
{
	setting_table_name_fn *const *of = name;

	return strcmp((*of)(*(const struct setting *const *)a), (*of)(*(const struct setting *const *)b));
}

size_t setting_table_sort(setting_table_name_fn *name, const struct setting *ret[SETTING_TABLE_MAX])
{
	size_t i, n = 0;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		if (name(&rows[i]))
			ret[n++] = &rows[i];
	qsort_r(ret, n, sizeof(*ret), compare_names, &name);
	return n;
}

bool setting_table_takes_bool(const struct setting *setting)
{
	return setting->type == SETTING_TYPE_BOOL || setting->type == SETTING_TYPE_WITHOUT_EFFECT_BOOL;
}

bool setting_table_has_effect(const struct setting *setting)
{
	return setting->type != SETTING_TYPE_WITHOUT_EFFECT &&
	       setting->type != SETTING_TYPE_WITHOUT_EFFECT_BOOL;
}
