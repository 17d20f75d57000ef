/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line: every flag, every bad value, and flags that exclude each other. */
#include "config.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "config/command_line.h"
#include "config/help.h"

#define WORDS_MAX 16

static const char *host_name = "Host-1.Example";

/* In place of the C library's. */
int gethostname(char *name, size_t len)
{
	(void)snprintf(name, len, "%s", host_name);
	return 0;
}

/* Splits at single spaces, so that "--flag= x" has an empty value; "_" stands for a space in a word. */
static int parse(const char *line, struct settings *settings, struct err *err)
{
	static char text[8192];
	static char *argv[WORDS_MAX + 2];
	char *rest = text, *word, *c;
	int argc = 1;

	(void)snprintf(text, sizeof(text), "%s", line);
	argv[0] = (char *)"kube-nftproxy";
	while (*line && (word = strsep(&rest, " "))) {
		for (c = word; *c; c++)
			if (*c == '_')
				*c = ' ';
		assert_true(argc <= WORDS_MAX);
		argv[argc++] = word;
	}
	argv[argc] = NULL;
	*err = (struct err){ 0 };
	return command_line_parse(argc, argv, settings, err);
}

static struct settings parsed(const char *line)
{
	struct settings settings;
	struct err err;

	if (parse(line, &settings, &err) < 0)
		fail_msg("\"%s\" is refused: %s", line, err.text);
	assert_true(*settings.hostname ||
		    (settings.action != SETTINGS_ACTION_RUN && settings.action != SETTINGS_ACTION_DRY_RUN));
	return settings;
}

static void assert_cidr(const struct cidr *cidr, const char *text)
{
	char printed[CIDR_TEXT_SIZE];

	assert_string_equal(cidr_print(cidr, printed), text);
}

static void test_defaults(void **state)
{
	struct settings settings = parsed("");

	(void)state;
	assert_int_equal(settings.action, SETTINGS_ACTION_RUN);
	assert_null(settings.kubeconfig);
	assert_null(settings.master);
	assert_null(settings.manifests);
	assert_int_equal(settings.content_type, SETTINGS_CONTENT_TYPE_PROTOBUF);
	assert_false(settings.has_cluster_cidr[FAMILY_IPV4] || settings.has_cluster_cidr[FAMILY_IPV6]);
	assert_false(settings.masquerade_all);
	assert_int_equal(settings.detect_local_mode, SETTINGS_DETECT_LOCAL_CLUSTER_CIDR);
	assert_true(settings.node_port_primary);
	assert_int_equal(settings.min_sync_period_ms, 0);
	assert_true(settings.own_tables && settings.monitor_tables);
	assert_true(addr_is_unspecified(&settings.healthz.addr));
	assert_int_equal(settings.healthz.addr.family, FAMILY_IPV4);
	assert_int_equal(settings.healthz.port, 10256);
	assert_true(addr_is_loopback(&settings.metrics.addr));
	assert_int_equal(settings.metrics.port, 10249);
	assert_false(settings.bind_address_hard_fail);
	assert_int_equal(settings.verbosity, 1);
	assert_string_equal(settings.hostname, "host-1.example");
}

static void test_state_dir(void **state)
{
	struct settings settings;
	struct err err;

	(void)state;
	assert_int_equal(unsetenv("STATE_DIRECTORY"), 0);
	assert_string_equal(parsed("").state_dir, "/var/lib/kube-nftproxy");
	assert_string_equal(parsed("--state-dir /a").state_dir, "/a");
	assert_string_equal(parsed("--state-dir=").state_dir, "");
	assert_int_equal(parse("--state-dir a", &settings, &err), -EINVAL);
	assert_string_equal(err.text,
			    "--state-dir: \"a\" is not allowed; allowed: an absolute path of at most 255 "
			    "bytes, or nothing");
	assert_int_equal(setenv("STATE_DIRECTORY", "/b:/c", 1), 0);
	assert_string_equal(parsed("").state_dir, "/b");
	assert_string_equal(parsed("--state-dir=").state_dir, "");
	assert_string_equal(parsed("--state-dir /a:b").state_dir, "/a:b");
	assert_int_equal(unsetenv("STATE_DIRECTORY"), 0);
}

static void test_sources(void **state)
{
	struct settings settings = parsed("--kubeconfig /etc/a --master=https://192.0.2.1:6443 --context b");

	(void)state;
	assert_string_equal(settings.kubeconfig, "/etc/a");
	assert_string_equal(settings.master, "https://192.0.2.1:6443");
	assert_string_equal(settings.context, "b");
	assert_string_equal(parsed("--manifests -").manifests, "-");
	assert_string_equal(parsed("--manifests=/etc/services.d").manifests, "/etc/services.d");
	assert_int_equal(parsed("--kube-api-content-type application/json").content_type,
			 SETTINGS_CONTENT_TYPE_JSON);
	assert_int_equal(parsed("--kube-api-content-type application/json "
				"--kube-api-content-type=application/vnd.kubernetes.protobuf")
				 .content_type,
			 SETTINGS_CONTENT_TYPE_PROTOBUF);
	assert_int_equal(parsed("--kube-api-content-type=").content_type, SETTINGS_CONTENT_TYPE_PROTOBUF);
	/* An empty value counts as not given, also beside --manifests. */
	settings = parsed("--kubeconfig= --master= --context= --manifests a");
	assert_null(settings.kubeconfig);
	assert_null(settings.master);
}

static void test_actions(void **state)
{
	(void)state;
	assert_int_equal(parsed("--dry-run").action, SETTINGS_ACTION_DRY_RUN);
	assert_int_equal(parsed("--cleanup").action, SETTINGS_ACTION_CLEANUP);
	assert_int_equal(parsed("--help").action, SETTINGS_ACTION_HELP);
	assert_int_equal(parsed("-h").action, SETTINGS_ACTION_HELP);
	assert_int_equal(parsed("--version").action, SETTINGS_ACTION_VERSION);
	/* Flags behind --help are not checked. */
	assert_int_equal(parsed("--dry-run --help --nonsense").action, SETTINGS_ACTION_HELP);
}

static void test_hostname(void **state)
{
	const char *before = host_name;
	struct settings settings;
	struct err err;

	(void)state;
	assert_string_equal(parsed("--hostname-override Node-1.Example").hostname, "node-1.example");
	/* As if it were not given. */
	assert_string_equal(parsed("--hostname-override=").hostname, parsed("").hostname);
	assert_string_equal(parsed("--hostname-override a --hostname-override=").hostname, "a");
	assert_string_equal(parsed("--hostname-override __node-1_").hostname, "node-1");
	/* What is wrong is named, and so is the way out. */
	host_name = "";
	assert_int_equal(parse("", &settings, &err), -EINVAL);
	assert_string_equal(err.text, "the host name is empty, give --hostname-override");
	assert_string_equal(parsed("--hostname-override a").hostname, "a");
	host_name = "a_b";
	assert_int_equal(parse("--hostname-override=", &settings, &err), -EINVAL);
	assert_non_null(strstr(err.text, "--hostname-override, by default the host name"));
	host_name = before;
}

static void test_cluster_cidr(void **state)
{
	struct settings settings = parsed("--cluster-cidr fd00:10:244::/48,10.244.7.1/16");

	(void)state;
	assert_true(settings.has_cluster_cidr[FAMILY_IPV4] && settings.has_cluster_cidr[FAMILY_IPV6]);
	assert_cidr(&settings.cluster_cidr[FAMILY_IPV4], "10.244.0.0/16");
	assert_cidr(&settings.cluster_cidr[FAMILY_IPV6], "fd00:10:244::/48");
	settings = parsed("--cluster-cidr 10.0.0.0/8,_fd00::/8");
	assert_true(settings.has_cluster_cidr[FAMILY_IPV6]);
	settings = parsed("--cluster-cidr=");
	assert_false(settings.has_cluster_cidr[FAMILY_IPV4] || settings.has_cluster_cidr[FAMILY_IPV6]);
	/* The last flag replaces the value of the earlier ones. */
	settings = parsed("--cluster-cidr fd00::/8 --cluster-cidr 10.0.0.0/8");
	assert_true(settings.has_cluster_cidr[FAMILY_IPV4]);
	assert_false(settings.has_cluster_cidr[FAMILY_IPV6]);
}

static void test_masquerade_all(void **state)
{
	static const char *const on[] = { "--masquerade-all", "--masquerade-all=true",
					  "--masquerade-all=TRUE", "--masquerade-all=1",
					  "--masquerade-all=t" };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(on); i++)
		assert_true(parsed(on[i]).masquerade_all);
	assert_false(parsed("--masquerade-all=false").masquerade_all);
	assert_false(parsed("--masquerade-all=F").masquerade_all);
	assert_false(parsed("--masquerade-all --masquerade-all=0").masquerade_all);
}

static void test_node_port_addresses(void **state)
{
	struct settings settings = parsed("--nodeport-addresses 192.0.2.0/24,2001:db8::/32,0.0.0.0/0");

	(void)state;
	assert_false(settings.node_port_primary);
	assert_int_equal(settings.n_node_port_addresses, 3);
	assert_cidr(&settings.node_port_addresses[0], "192.0.2.0/24");
	assert_cidr(&settings.node_port_addresses[1], "2001:db8::/32");
	assert_cidr(&settings.node_port_addresses[2], "0.0.0.0/0");
	assert_true(parsed("--nodeport-addresses primary").node_port_primary);
	assert_true(parsed("--nodeport-addresses=").node_port_primary);
	settings = parsed("--nodeport-addresses=");
	assert_int_equal(settings.n_node_port_addresses, 0);
}

/* P3: the gates of several flags add up; of one gate the last value counts. Our own flag counts more, wherever it is. */
static void test_external_ips(void **state)
{
	struct settings settings;

	(void)state;
	assert_true(parsed("").serve_external_ips);
	assert_false(parsed("--serve-external-ips=false").serve_external_ips);
	assert_false(parsed("--feature-gates AllowServiceExternalIPs=false").serve_external_ips);
	assert_false(parsed("--feature-gates A=true,AllowServiceExternalIPs=false --feature-gates=B=false")
			     .serve_external_ips);
	assert_true(parsed("--feature-gates AllowServiceExternalIPs=false,AllowServiceExternalIPs=true")
			    .serve_external_ips);
	assert_true(parsed("--serve-external-ips --feature-gates AllowServiceExternalIPs=false")
			    .serve_external_ips);
	assert_false(parsed("--feature-gates AllowServiceExternalIPs=true --serve-external-ips=false")
			     .serve_external_ips);
	assert_true(parsed("--feature-gates=").serve_external_ips);
	settings = parsed("--feature-gates B=false,AllowServiceExternalIPs=false --feature-gates=C=T");
	assert_string_equal(settings.notes[SETTINGS_NOTE_WITHOUT_EFFECT],
			    "--feature-gates=B --feature-gates=C");
}

static void assert_node_port_addresses(const char *line, const char *expected)
{
	struct settings settings = parsed(line);
	struct buf text = BUF_INIT;
	char cidr[CIDR_TEXT_SIZE];
	size_t i;

	if (settings.node_port_primary)
		buf_printf(&text, "primary ");
	for (i = 0; i < settings.n_node_port_addresses; i++)
		buf_printf(&text, "%s ", cidr_print(&settings.node_port_addresses[i], cidr));
	assert_string_equal(buf_text(&text), expected);
	buf_done(&text);
}

/* O13: the lists of all of them count, whatever the default is. */
static void test_node_port_addresses_repeated(void **state)
{
	(void)state;
	assert_node_port_addresses("--nodeport-addresses 192.0.2.0/24 --nodeport-addresses=2001:db8::/32",
				   "192.0.2.0/24 2001:db8::/32 ");
	assert_node_port_addresses("--nodeport-addresses 192.0.2.0/24 --nodeport-addresses primary",
				   "primary 192.0.2.0/24 ");
	assert_node_port_addresses("--nodeport-addresses primary --nodeport-addresses 192.0.2.0/24",
				   "primary 192.0.2.0/24 ");
	assert_node_port_addresses("--nodeport-addresses= --nodeport-addresses 192.0.2.0/24",
				   "192.0.2.0/24 ");
	assert_node_port_addresses("--nodeport-addresses 192.0.2.0/24 --nodeport-addresses=",
				   "192.0.2.0/24 ");
	assert_node_port_addresses("--nodeport-addresses= --nodeport-addresses=", "primary ");
}

/* O2, O12: the words stand beside prefixes and beside each other. */
static void test_node_port_addresses_words(void **state)
{
	(void)state;
	assert_node_port_addresses("--nodeport-addresses primary,10.0.0.0/8", "primary 10.0.0.0/8 ");
	assert_node_port_addresses("--nodeport-addresses all", "0.0.0.0/0 ::/0 ");
	assert_node_port_addresses("--nodeport-addresses primary,localhost", "primary 127.0.0.0/8 ::1/128 ");
	assert_node_port_addresses("--nodeport-addresses localhost,all,primary",
				   "primary 127.0.0.0/8 ::1/128 0.0.0.0/0 ::/0 ");
}

static void test_node_port_addresses_many(void **state)
{
	char line[4096] = "--nodeport-addresses 10.0.0.0/24";
	struct settings settings;
	struct err err;
	int i;

	(void)state;
	for (i = 1; i < SETTINGS_NODE_PORT_ADDRESSES_MAX; i++)
		(void)snprintf(line + strlen(line), sizeof(line) - strlen(line), ",10.0.%d.0/24", i);
	assert_int_equal(parsed(line).n_node_port_addresses, SETTINGS_NODE_PORT_ADDRESSES_MAX);
	(void)snprintf(line + strlen(line), sizeof(line) - strlen(line), ",10.9.9.0/24");
	assert_int_equal(parse(line, &settings, &err), -EINVAL);
	assert_string_equal(
		err.text,
		"--nodeport-addresses: \"10.9.9.0/24\" is not allowed; allowed: at most 64 prefixes");
}

static void test_detect_local_mode(void **state)
{
	struct settings settings;

	(void)state;
	assert_int_equal(parsed("--detect-local-mode ClusterCIDR").detect_local_mode,
			 SETTINGS_DETECT_LOCAL_CLUSTER_CIDR);
	assert_int_equal(parsed("--detect-local-mode NodeCIDR").detect_local_mode,
			 SETTINGS_DETECT_LOCAL_NODE_CIDR);
	settings = parsed("--detect-local-mode BridgeInterface --pod-bridge-interface cni0");
	assert_int_equal(settings.detect_local_mode, SETTINGS_DETECT_LOCAL_BRIDGE_INTERFACE);
	assert_string_equal(settings.interface, "cni0");
	settings = parsed("--pod-interface-name-prefix veth --detect-local-mode InterfaceNamePrefix");
	assert_int_equal(settings.detect_local_mode, SETTINGS_DETECT_LOCAL_INTERFACE_NAME_PREFIX);
	assert_string_equal(settings.interface, "veth");
	/* Names for other modes are ignored: so one set of flags can serve several modes. */
	settings = parsed("--pod-bridge-interface cni0 --pod-interface-name-prefix veth");
	assert_string_equal(settings.interface, "");
}

static void test_min_sync_period(void **state)
{
	static const struct {
		const char *text;
		uint64_t ms;
	} cases[] = {
		{ "0", 0 },	     { "0s", 0 },
		{ "500ms", 500 },    { "1s", 1000 },
		{ "1.5s", 1500 },    { ".5s", 500 },
		{ "1m30s", 90000 },  { "1h", 3600000 },
		{ "24h", 86400000 }, { "1h2m3s4ms", 3723004 },
		{ "1500us", 2 },     { "1m1ms", 60001 },
	};
	char line[64];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		(void)snprintf(line, sizeof(line), "--sync-period 24h --min-sync-period %s", cases[i].text);
		assert_int_equal(parsed(line).min_sync_period_ms, cases[i].ms);
	}
}

/* H1, X8 */
static void test_healthz(void **state)
{
	static const struct {
		const char *text;
		const char *addr;
		uint16_t port;
	} cases[] = {
		{ "192.0.2.1", "192.0.2.1", 10256 },
		{ "192.0.2.1:80", "192.0.2.1", 80 },
		{ "::", "::", 10256 },
		{ "fd00::1", "fd00::1", 10256 },
		{ "[::]", "::", 10256 },
		{ "[::1]", "::1", 10256 },
		{ "[fd00::1]:65535", "fd00::1", 65535 },
		{ "", "0.0.0.0", 0 },
	};
	char line[128], printed[ADDR_TEXT_SIZE];
	struct settings settings;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		(void)snprintf(line, sizeof(line), "--healthz-bind-address=%s", cases[i].text);
		settings = parsed(line);
		assert_string_equal(addr_print(&settings.healthz.addr, printed), cases[i].addr);
		assert_int_equal(settings.healthz.port, cases[i].port);
	}
	assert_int_equal(parsed("--healthz-port 0").healthz.port, 0);
	assert_int_equal(parsed("--healthz-port 8080").healthz.port, 8080);
	assert_int_equal(parsed("--metrics-bind-address 0.0.0.0").metrics.port, 10249);
	assert_int_equal(parsed("--metrics-bind-address [::1]").metrics.port, 10249);
	assert_int_equal(parsed("--metrics-bind-address [::1]:1").metrics.addr.family, FAMILY_IPV6);
	assert_int_equal(parsed("--metrics-bind-address=").metrics.port, 0);
	assert_int_equal(parsed("--metrics-port 0").metrics.port, 0);
	assert_int_equal(parsed("--metrics-port 8081").metrics.port, 8081);
	assert_true(parsed("--bind-address-hard-fail").bind_address_hard_fail);
	assert_false(parsed("--own-tables=false").own_tables);
	assert_true(parsed("--own-tables=false --own-tables").own_tables);
	assert_false(parsed("--monitor-tables=false").monitor_tables);
}

/* X13, X14: kube-proxy's flags, with values that it accepts. */
static void test_kube_proxys_flags(void **state)
{
	static const char *const with_effect[] = {
		"--bind-address=0.0.0.0",
		"--bind-address-hard-fail=true",
		"--cluster-cidr=10.0.0.0/8",
		"--config-sync-period=15m0s",
		"--conntrack-max-per-core=32768",
		"--conntrack-min=131072",
		"--conntrack-tcp-be-liberal",
		"--conntrack-tcp-timeout-close-wait=1h0m0s",
		"--conntrack-tcp-timeout-established=24h0m0s",
		"--conntrack-udp-timeout=0",
		"--conntrack-udp-timeout-stream=30s",
		"--detect-local-mode=NodeCIDR",
		"--healthz-bind-address=0.0.0.0:10256",
		"--healthz-port=10256",
		"--hostname-override=node",
		"--iptables-min-sync-period=1s",
		"--iptables-sync-period=30s",
		"--kube-api-content-type=application/vnd.kubernetes.protobuf",
		"--kubeconfig=/k",
		"--logging-format=text",
		"--masquerade-all",
		"--master=https://x",
		"--metrics-bind-address=127.0.0.1:10249",
		"--metrics-port=10249",
		"--nodeport-addresses=10.0.0.0/8",
		"--oom-score-adj=-999",
		"--pod-bridge-interface=cni0",
		"--pod-interface-name-prefix=veth",
		"--proxy-mode=nftables",
	};
	static const char *const without[] = {
		"--feature-gates=A=true",
		"--iptables-localhost-nodeports",
		"--iptables-masquerade-bit=14",
		"--ipvs-exclude-cidrs=10.0.0.0/8",
		"--ipvs-min-sync-period=1s",
		"--ipvs-scheduler=rr",
		"--ipvs-strict-arp",
		"--ipvs-sync-period=30s",
		"--ipvs-tcp-timeout=1s",
		"--ipvs-tcpfin-timeout=1s",
		"--ipvs-udp-timeout=1s",
		"--kube-api-burst=10",
		"--kube-api-qps=5",
		"--log-flush-frequency=5s",
		"--log-json-info-buffer-size=0",
		"--log-json-split-stream",
		"--log-text-info-buffer-size=0",
		"--log-text-split-stream",
		"--logtostderr=true",
		"--profiling",
		"--proxy-port-range=1-2",
		"--show-hidden-metrics-for-version=1.35",
		"--vmodule=x=1",
		"--alsologtostderr",
		"--add-dir-header=false",
		"--log-dir=/var/log",
		"--log-file=/var/log/kube-proxy.log",
		"--log-file-max-size=1800",
		"--log-backtrace-at=:0",
		"--one-output",
		"--skip-headers",
		"--skip-log-headers",
		"--stderrthreshold=2",
		"--boot-id-file=/proc/sys/kernel/random/boot_id",
		"--machine-id-file=/etc/machine-id",
	};
	struct settings settings;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(with_effect); i++) {
		settings = parsed(with_effect[i]);
		assert_string_equal(settings.notes[SETTINGS_NOTE_WITHOUT_EFFECT], "");
	}
	for (i = 0; i < ARRAY_SIZE(without); i++) {
		settings = parsed(without[i]);
		assert_int_equal(strncmp(settings.notes[SETTINGS_NOTE_WITHOUT_EFFECT], without[i],
					 strcspn(without[i], "=")),
				 0);
	}
	assert_int_equal(parsed("--iptables-min-sync-period=1s").min_sync_period_ms, 1000);
	assert_int_equal(parsed("--iptables-sync-period=1m").sync_period_ms, 60000);
	assert_int_equal(parsed("--conntrack-min=7").conntrack.min, 7);
	assert_int_equal(parsed("--proxy-mode=ipvs").mode, SETTINGS_MODE_IPVS);
	assert_int_equal(parsed("--proxy-mode=ipvs --proxy-mode=nftables").mode, SETTINGS_MODE_NFTABLES);
	assert_int_equal(parsed("--log-format=json").log_format, SETTINGS_FORMAT_JSON);
	assert_int_equal(parsed("--init-only").action, SETTINGS_ACTION_INIT_ONLY);
	assert_int_equal(parsed("--write-config-to=/x --dry-run").action, SETTINGS_ACTION_WRITE_CONFIG);
}

/* The forms of pflag, and names with underscores. */
static void test_forms(void **state)
{
	static const char *const off[] = { "--cleanup=false", "--version=false", "--help=false",
					   "--init-only=0", "--cleanup --cleanup=false" };
	static const char *argv[] = {
		"kube-nftproxy", "--cluster_cidr=10.0.0.0/8", "--log_dir", "/x", "--manifests", "/a_b", NULL
	};
	struct settings settings;
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(off); i++)
		assert_int_equal(parsed(off[i]).action, SETTINGS_ACTION_RUN);
	assert_int_equal(parsed("--dry-run=false").action, SETTINGS_ACTION_RUN);
	assert_int_equal(parsed("--dry-run=true").action, SETTINGS_ACTION_DRY_RUN);
	assert_int_equal(parsed("--cleanup=true").action, SETTINGS_ACTION_CLEANUP);
	assert_int_equal(parsed("--init-only=true").action, SETTINGS_ACTION_INIT_ONLY);
	assert_int_equal(parsed("--help=true --nonsense").action, SETTINGS_ACTION_HELP);
	assert_int_equal(parsed("--version=1").action, SETTINGS_ACTION_VERSION);
	assert_int_equal(parse("--help=false --nonsense", &settings, &err), -EINVAL);
	assert_int_equal(parsed("-v=4").verbosity, 4);
	assert_int_equal(command_line_parse(6, (char *const *)argv, &settings, &err), 0);
	assert_cidr(&settings.cluster_cidr[FAMILY_IPV4], "10.0.0.0/8");
	assert_string_equal(settings.notes[SETTINGS_NOTE_WITHOUT_EFFECT], "--log-dir");
	assert_string_equal(settings.manifests, "/a_b");
	assert_int_equal(parsed("--dry-run --").action, SETTINGS_ACTION_DRY_RUN);
	assert_string_equal(parsed("explain -- web").subject, "web");
}

static void test_commands(void **state)
{
	struct settings settings = parsed("explain shop/web:http --from 10.0.0.1 --output json");

	(void)state;
	assert_int_equal(settings.action, SETTINGS_ACTION_EXPLAIN);
	assert_string_equal(settings.subject, "shop/web:http");
	assert_string_equal(settings.from, "10.0.0.1");
	assert_int_equal(settings.output, SETTINGS_FORMAT_JSON);
	assert_string_equal(settings.control_socket, "/run/kube-nftproxy/control.sock");
	assert_string_equal(parsed("explain --output text web").subject, "web");
	assert_int_equal(parsed("status").action, SETTINGS_ACTION_STATUS);
	assert_int_equal(parsed("diff --manifests /m").action, SETTINGS_ACTION_DIFF);
	assert_int_equal(parsed("check").action, SETTINGS_ACTION_CHECK);
	assert_null(parsed("check").subject);
	assert_string_equal(parsed("check --output json shop/web").subject, "shop/web");
	assert_int_equal(parsed("trace web --from 10.0.0.1").action, SETTINGS_ACTION_TRACE);
	assert_int_equal(parsed("trace web --from 10.0.0.1").trace_for_ms, 30000);
	assert_int_equal(parsed("trace web --from 10.0.0.1").trace_count, 5);
	assert_int_equal(parsed("trace web --from 10.0.0.1 --for 1h --count 100").trace_for_ms, 3600000);
	assert_string_equal(parsed("--control-socket=").control_socket, "");
	assert_int_equal(setenv("RUNTIME_DIRECTORY", "/run/a:/run/b", 1), 0);
	assert_string_equal(parsed("status").control_socket, "/run/a/control.sock");
	assert_int_equal(unsetenv("RUNTIME_DIRECTORY"), 0);
}

static void test_verbosity(void **state)
{
	(void)state;
	assert_int_equal(parsed("-v 4").verbosity, 4);
	assert_int_equal(parsed("-v4").verbosity, 4);
	assert_int_equal(parsed("--v=0").verbosity, 0);
	assert_int_equal(parsed("--v 99").verbosity, 99);
}

#define PREFIX "a prefix such as 10.244.0.0/16 or fd00::/56"
#define GATES  "NAME=true and NAME=false, separated by commas"
#define NODE_PORTS \
	"primary, all, localhost, and prefixes such as 192.0.2.0/24 or 2001:db8::/64, separated by commas"
#define DURATION "a duration of at most 24h, such as 500ms, 1s or 1m30s"
#define PORT	 "a port number from 0 to 65535"
#define LISTEN	 "an IP address, one with a port from 1 to 65535, or nothing"
#define SUBJECT(text) \
	"explain: \"" text "\" is not allowed; allowed: [NAMESPACE/]NAME[:PORT], ADDRESS[:PORT] or NODE-PORT"
#define UNKNOWN \
	": unknown argument; status, explain, list, diff, check or trace comes first, all else is flags"
#define INTERFACE "an interface name of at most 15 characters"

/* The flag, the bad value, and which values are allowed. */
static void test_bad_values(void **state)
{
	static const struct {
		const char *flag;
		const char *value;
		const char *bad; /* the part that the error names, NULL: all of it */
		const char *allowed;
	} cases[] = {
		{ "--manifests", "", NULL, "a file, a directory or `-'" },
		{ "--hostname-override", "_", "", "a node name of 1 to 253 characters" },
		{ "--hostname-override", "a_b", "a b", "a node name of 1 to 253 characters" },
		{ "--hostname-override", "a/b", NULL, "letters, digits, `-' and `.'" },
		{ "--cluster-cidr", "10.0.0.1", NULL, PREFIX },
		{ "--cluster-cidr", "10.0.0.0/33", NULL, PREFIX },
		{ "--cluster-cidr", "10.0.0.0/8,fd00::/129", "fd00::/129", PREFIX },
		{ "--cluster-cidr", "10.0.0.0/8,", "", PREFIX },
		{ "--cluster-cidr", "10.0.0.0/8,11.0.0.0/8", "11.0.0.0/8", "one prefix per family" },
		{ "--masquerade-all", "yes", NULL, "true or false" },
		{ "--masquerade-all", "", NULL, "true or false" },
		{ "--nodeport-addresses", "eth0", NULL, NODE_PORTS },
		{ "--nodeport-addresses", "primary,eth0", "eth0", NODE_PORTS },
		{ "--feature-gates", "A", NULL, GATES },
		{ "--feature-gates", "A=true,=true", "=true", GATES },
		{ "--feature-gates", "A=true,B=maybe", "B=maybe", GATES },
		{ "--nodeport-addresses", "primary,", "", NODE_PORTS },
		{ "--detect-local-mode", "", NULL,
		  "one of ClusterCIDR, NodeCIDR, BridgeInterface, InterfaceNamePrefix" },
		{ "--detect-local-mode", "clustercidr", NULL,
		  "one of ClusterCIDR, NodeCIDR, BridgeInterface, InterfaceNamePrefix" },
		{ "--own-tables", "no", NULL, "true or false" },
		{ "--dry-run", "1x", NULL, "true or false" },
		{ "--cleanup", "", NULL, "true or false" },
		{ "--help", "x", NULL, "true or false" },
		{ "--bind-address-hard-fail", "2", NULL, "true or false" },
		{ "--healthz-port", "", NULL, PORT },
		{ "--healthz-port", "65536", NULL, PORT },
		{ "--healthz-port", "-1", NULL, PORT },
		{ "--healthz-bind-address", "localhost", NULL, LISTEN },
		{ "--healthz-bind-address", "localhost:80", NULL, LISTEN },
		{ "--healthz-bind-address", ":80", NULL, LISTEN },
		{ "--healthz-bind-address", "192.0.2.1:", NULL, LISTEN },
		{ "--healthz-bind-address", "192.0.2.1:0", NULL, LISTEN },
		{ "--healthz-bind-address", "192.0.2.1:65536", NULL, LISTEN },
		{ "--healthz-bind-address", "[fd00::1]80", NULL, LISTEN },
		{ "--healthz-bind-address", "[fd00::1]:", NULL, LISTEN },
		{ "--healthz-bind-address", "[fd00::1]]", NULL, LISTEN },
		{ "--healthz-bind-address", "[]", NULL, LISTEN },
		{ "--healthz-bind-address", "[", NULL, LISTEN },
		{ "--healthz-bind-address", "[[::]]:80", NULL, LISTEN },
		{ "--healthz-bind-address", "[fd00::1:80", NULL, LISTEN },
		{ "--healthz-bind-address", "fd00:1:2:3:4:5:6:7:80", NULL, LISTEN },
		{ "--min-sync-period", "", NULL, DURATION },
		{ "--min-sync-period", "1", NULL, DURATION },
		{ "--min-sync-period", "s", NULL, DURATION },
		{ "--min-sync-period", ".s", NULL, DURATION },
		{ "--min-sync-period", "-1s", NULL, DURATION },
		{ "--min-sync-period", "1e3s", NULL, DURATION },
		{ "--min-sync-period", "0x1s", NULL, DURATION },
		{ "--min-sync-period", "1s2", NULL, DURATION },
		{ "--min-sync-period", "1d", NULL, DURATION },
		{ "--min-sync-period", "25h", NULL, DURATION },
		{ "--min-sync-period", "nans", NULL, DURATION },
	};
	char line[128], expect[ERR_TEXT_SIZE];
	struct settings settings;
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		(void)snprintf(line, sizeof(line), "%s=%s", cases[i].flag, cases[i].value);
		assert_int_equal(parse(line, &settings, &err), -EINVAL);
		(void)snprintf(expect, sizeof(expect), "%s: \"%s\" is not allowed; allowed: %s",
			       cases[i].flag, cases[i].bad ? cases[i].bad : cases[i].value, cases[i].allowed);
		assert_string_equal(err.text, expect);
	}
}

/* Whole command lines and their errors. */
static void test_bad_lines(void **state)
{
	static const char *const cases[][2] = {
		{ "-v x", "-v: \"x\" is not allowed; allowed: a number from 0 to 99" },
		{ "-v 100", "-v: \"100\" is not allowed; allowed: a number from 0 to 99" },
		{ "--v=", "-v: \"\" is not allowed; allowed: a number from 0 to 99" },
		{ "--nonsense", "--nonsense: unknown flag; --help lists them all" },
		{ "--nonsense=1", "--nonsense=1: unknown flag; --help lists them all" },
		{ "-x", "-x: unknown flag; --help lists them all" },
		{ "-x=1", "-x=1: unknown flag; --help lists them all" },
		{ "--clean", "--clean: unknown flag; --help lists them all" },
		{ "--clean=true", "--clean=true: unknown flag; --help lists them all" },
		{ "--kubeconf x", "--kubeconf: unknown flag; --help lists them all" },
		{ "--=x", "--=x: unknown flag; --help lists them all" },
		{ "-hv4", "-hv4: unknown flag; --help lists them all" },
		{ "-v=", "-v: \"\" is not allowed; allowed: a number from 0 to 99" },
		{ "--kubeconfig", "--kubeconfig: needs a value; --help says which" },
		{ "--dry-run -v", "-v: needs a value; --help says which" },
		{ "run",
		  "run: unknown command; the commands are status, explain, list, diff, check and trace" },
		{ "statsu", "statsu: unknown command; did you mean status?" },
		{ "explian web --from 10.0.0.1", "explian: unknown command; did you mean explain?" },
		{ "--dry-run a.yaml --cleanup", "a.yaml" UNKNOWN },
		{ "explain", "explain: which Service? [NAMESPACE/]NAME[:PORT], ADDRESS[:PORT] or NODE-PORT" },
		{ "explain a b", "b" UNKNOWN },
		{ "status a", "a" UNKNOWN },
		{ "status --output yaml", "--output: \"yaml\" is not allowed; allowed: text or json" },
		{ "--from 10.0.0.1", "--from: only with explain, check or trace" },
		{ "status --from 10.0.0.1", "--from: only with explain, check or trace" },
		{ "--output json", "--output: only with status, explain, list, diff, check or trace" },
		{ "--dry-run --output text",
		  "--output: only with status, explain, list, diff, check or trace" },
		{ "explain a/b/c", SUBJECT("a/b/c") },
		{ "explain /b", SUBJECT("/b") },
		{ "check a/",
		  "check: \"a/\" is not allowed; allowed: [NAMESPACE/]NAME[:PORT], ADDRESS[:PORT] or NODE-PORT" },
		{ "check a b", "b" UNKNOWN },
		{ "check --from 10.0.0.1",
		  "--from: name the Service, too: [NAMESPACE/]NAME[:PORT], ADDRESS[:PORT] or NODE-PORT" },
		{ "trace", "trace: which Service? [NAMESPACE/]NAME[:PORT], ADDRESS[:PORT] or NODE-PORT" },
		{ "trace a/",
		  "trace: \"a/\" is not allowed; allowed: [NAMESPACE/]NAME[:PORT], ADDRESS[:PORT] or NODE-PORT" },
		{ "trace web", "trace: from which client? --from ADDRESS" },
		{ "trace web --from 10.0.0.1 --for 1ms",
		  "--for: \"1ms\" is not allowed; allowed: a duration from 1s to 1h" },
		{ "trace web --from 10.0.0.1 --count 101",
		  "--count: \"101\" is not allowed; allowed: a number from 1 to 100" },
		{ "status --for 10s", "--for: only with trace" },
		{ "--count 3", "--count: only with trace" },
		{ "explain a/", SUBJECT("a/") },
		{ "explain a/:b", SUBJECT("a/:b") },
		{ "explain a:b:c", SUBJECT("a:b:c") },
		{ "explain --output json a:b/c", SUBJECT("a:b/c") },
		{ "--sync-period 10s --min-sync-period 1m30s",
		  "--min-sync-period: \"1m30s\" is longer than --sync-period, \"10s\"" },
		{ "--iptables-min-sync-period 31s",
		  "--iptables-min-sync-period: \"31s\" is longer than --sync-period, \"30s\"" },
		{ "explain a --from here", "--from: \"here\" is not allowed; allowed: an IP address" },
		{ "status --control-socket x",
		  "--control-socket: \"x\" is not allowed; allowed: an absolute path of at most 99 bytes, or nothing" },
		{ "--dry-run --cleanup", "--cleanup: not together with --dry-run" },
		{ "--manifests a --kubeconfig b",
		  "--kubeconfig: not together with --manifests, which replaces the API server" },
		{ "--master http://b --manifests a",
		  "--master: not together with --manifests, which replaces the API server" },
		{ "--context b --manifests a",
		  "--context: not together with --manifests, which replaces the API server" },
		{ "--kube-api-content-type application/yaml",
		  "--kube-api-content-type: \"application/yaml\" is not allowed; allowed: "
		  "application/vnd.kubernetes.protobuf or application/json" },
		{ "--detect-local-mode BridgeInterface",
		  "--detect-local-mode: \"BridgeInterface\" needs --pod-bridge-interface" },
		{ "--detect-local-mode BridgeInterface --pod-bridge-interface=",
		  "--detect-local-mode: \"BridgeInterface\" needs --pod-bridge-interface" },
		{ "--detect-local-mode InterfaceNamePrefix --pod-bridge-interface cni0",
		  "--detect-local-mode: \"InterfaceNamePrefix\" needs --pod-interface-name-prefix" },
		{ "--detect-local-mode BridgeInterface --pod-bridge-interface abcdefghijklmnop",
		  "--pod-bridge-interface: \"abcdefghijklmnop\" is not allowed; allowed: " INTERFACE },
		{ "--detect-local-mode InterfaceNamePrefix --pod-interface-name-prefix veth*",
		  "--pod-interface-name-prefix: \"veth*\" is not allowed; allowed: " INTERFACE },
	};
	struct settings settings;
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(parse(cases[i][0], &settings, &err), -EINVAL);
		assert_string_equal(err.text, cases[i][1]);
	}
}

/* An error about a long value is cut. */
static void test_long_value(void **state)
{
	char line[2048] = "--hostname-override=";
	struct settings settings;
	struct err err;
	size_t len = strlen(line);

	(void)state;
	memset(line + len, 'a', 1000);
	line[len + 1000] = '\0';
	assert_int_equal(parse(line, &settings, &err), -EINVAL);
	assert_true(strlen(err.text) < ERR_TEXT_SIZE);
	line[len + 253] = '\0';
	assert_int_equal(strlen(parsed(line).hostname), 253);
	line[len + 253] = 'a';
	line[len + 254] = '\0';
	assert_int_equal(parse(line, &settings, &err), -EINVAL);
}

static void test_help_names_every_flag(void **state)
{
	static const char *const flags[] = {
		"--config",
		"--init-only",
		"--write-config-to",
		"--bind-address",
		"--conntrack-min",
		"--sync-period",
		"--oom-score-adj",
		"--log-format",
		"--metrics-bind-address",
		"--metrics-port",
		"--from",
		"--output",
		"--control-socket",
		"status",
		"explain",
		"diff",
		"--kubeconfig",
		"--context",
		"--master",
		"--kube-api-content-type",
		"--manifests",
		"--hostname-override",
		"--dry-run",
		"--cleanup",
		"--help",
		"--version",
		"--cluster-cidr",
		"--detect-local-mode",
		"--pod-bridge-interface",
		"--pod-interface-name-prefix",
		"--masquerade-all",
		"--nodeport-addresses",
		"--own-tables",
		"--monitor-tables",
		"--healthz-bind-address",
		"--healthz-port",
		"--bind-address-hard-fail",
		"--min-sync-period",
		"-v, --v",
	};
	struct buf text = BUF_INIT;
	size_t i;

	(void)state;
	help_print(&text);
	for (i = 0; i < ARRAY_SIZE(flags); i++)
		assert_non_null(strstr(buf_text(&text), flags[i]));
	buf_done(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_state_dir),
		cmocka_unit_test(test_sources),
		cmocka_unit_test(test_actions),
		cmocka_unit_test(test_hostname),
		cmocka_unit_test(test_cluster_cidr),
		cmocka_unit_test(test_masquerade_all),
		cmocka_unit_test(test_node_port_addresses),
		cmocka_unit_test(test_external_ips),
		cmocka_unit_test(test_node_port_addresses_repeated),
		cmocka_unit_test(test_node_port_addresses_words),
		cmocka_unit_test(test_node_port_addresses_many),
		cmocka_unit_test(test_detect_local_mode),
		cmocka_unit_test(test_min_sync_period),
		cmocka_unit_test(test_healthz),
		cmocka_unit_test(test_kube_proxys_flags),
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_commands),
		cmocka_unit_test(test_verbosity),
		cmocka_unit_test(test_bad_values),
		cmocka_unit_test(test_bad_lines),
		cmocka_unit_test(test_long_value),
		cmocka_unit_test(test_help_names_every_flag),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
