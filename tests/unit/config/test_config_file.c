/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows X1 to X17: kube-proxy's configuration file, flags beside it, and the file that --write-config-to writes. */
#include "config.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "config/command_line.h"
#include "config/config_file.h"

#define HEAD "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n"

static char path[] = "/tmp/test_config_file.XXXXXX";

static int setup(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	return fd < 0 ? -1 : close(fd);
}

static int teardown(void **state)
{
	(void)state;
	return unlink(path);
}

static void write_file(const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
	assert_int_equal(fclose(file), 0);
}

/* With @text as the file; @more: further words of the command line, NULL: none */
static int load(const char *text, const char *more, struct settings *settings, struct err *err)
{
	static char words[512];
	char *argv[16] = { (char *)"kube-nftproxy", (char *)"--config", path,
			   (char *)"--hostname-override=node-1" };
	char *rest = words, *word;
	int argc = 4;

	write_file(text);
	(void)snprintf(words, sizeof(words), "%s", more ? more : "");
	while (*words && (word = strsep(&rest, " ")))
		argv[argc++] = word;
	*err = (struct err){ 0 };
	return command_line_parse(argc, argv, settings, err);
}

static struct settings loaded(const char *text, const char *more)
{
	struct settings settings;
	struct err err;

	if (load(text, more, &settings, &err) < 0)
		fail_msg("refused: %s", err.text);
	return settings;
}

/* The file of kubeadm 1.36; two values depend on the cluster. */
static const char kubeadm[] = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\n"
			      "bindAddress: 0.0.0.0\n"
			      "bindAddressHardFail: false\n"
			      "clientConnection:\n"
			      "  acceptContentTypes: \"\"\n"
			      "  burst: 0\n"
			      "  contentType: \"\"\n"
			      "  kubeconfig: /var/lib/kube-proxy/kubeconfig.conf\n"
			      "  qps: 0\n"
			      "clusterCIDR: 10.244.0.0/16\n"
			      "configSyncPeriod: 0s\n"
			      "conntrack:\n"
			      "  maxPerCore: null\n"
			      "  min: null\n"
			      "  tcpBeLiberal: false\n"
			      "  tcpCloseWaitTimeout: null\n"
			      "  tcpEstablishedTimeout: null\n"
			      "  udpStreamTimeout: 0s\n"
			      "  udpTimeout: 0s\n"
			      "detectLocal:\n"
			      "  bridgeInterface: \"\"\n"
			      "  interfaceNamePrefix: \"\"\n"
			      "detectLocalMode: \"\"\n"
			      "enableProfiling: false\n"
			      "healthzBindAddress: \"\"\n"
			      "hostnameOverride: \"\"\n"
			      "iptables:\n"
			      "  localhostNodePorts: null\n"
			      "  masqueradeAll: false\n"
			      "  masqueradeBit: null\n"
			      "  minSyncPeriod: 0s\n"
			      "  syncPeriod: 0s\n"
			      "ipvs:\n"
			      "  excludeCIDRs: null\n"
			      "  minSyncPeriod: 0s\n"
			      "  scheduler: \"\"\n"
			      "  strictARP: false\n"
			      "  syncPeriod: 0s\n"
			      "  tcpFinTimeout: 0s\n"
			      "  tcpTimeout: 0s\n"
			      "  udpTimeout: 0s\n"
			      "kind: KubeProxyConfiguration\n"
			      "logging:\n"
			      "  flushFrequency: 0\n"
			      "  options:\n"
			      "    json:\n"
			      "      infoBufferSize: \"0\"\n"
			      "    text:\n"
			      "      infoBufferSize: \"0\"\n"
			      "  verbosity: 0\n"
			      "metricsBindAddress: \"\"\n"
			      "mode: \"\"\n"
			      "nftables:\n"
			      "  masqueradeAll: false\n"
			      "  masqueradeBit: null\n"
			      "  minSyncPeriod: 0s\n"
			      "  syncPeriod: 0s\n"
			      "nodePortAddresses: null\n"
			      "oomScoreAdj: null\n"
			      "portRange: \"\"\n"
			      "showHiddenMetricsForVersion: \"\"\n"
			      "winkernel:\n"
			      "  enableDSR: false\n"
			      "  forwardHealthCheckVip: false\n"
			      "  networkName: \"\"\n"
			      "  rootHnsEndpointName: \"\"\n"
			      "  sourceVip: \"\"\n";

/* X1, X4, X9: it causes no warning, and what it leaves open has the default. */
static void test_kubeadm(void **state)
{
	struct settings settings = loaded(kubeadm, NULL);
	size_t i;

	(void)state;
	for (i = 0; i < _SETTINGS_NOTE_MAX; i++)
		assert_string_equal(settings.notes[i], "");
	assert_string_equal(settings.kubeconfig, "/var/lib/kube-proxy/kubeconfig.conf");
	assert_true(settings.has_cluster_cidr[FAMILY_IPV4] && !settings.has_cluster_cidr[FAMILY_IPV6]);
	assert_int_equal(settings.conntrack.max_per_core, 32768);
	assert_int_equal(settings.conntrack.min, 131072);
	assert_int_equal(settings.conntrack.tcp_established_ms, 24 * 3600 * 1000);
	assert_int_equal(settings.conntrack.udp_ms, 0);
	assert_true(settings.node_port_primary);
	assert_int_equal(settings.sync_period_ms, 30000);
	assert_int_equal(settings.healthz.port, 10256);
	assert_int_equal(settings.metrics.port, 10249);
	assert_int_equal(settings.verbosity, 0);
	assert_int_equal(settings.mode, SETTINGS_MODE_NFTABLES);
	assert_int_equal(settings.content_type, SETTINGS_CONTENT_TYPE_PROTOBUF);
	assert_null(settings.oom_score_adj_by);
	settings_done(&settings);
}

/* Every field has a value; as JSON. */
static const char full[] =
	"{\"apiVersion\":\"kubeproxy.config.k8s.io/v1alpha1\",\"kind\":\"KubeProxyConfiguration\","
	"\"bindAddress\":\"fd00::1\",\"bindAddressHardFail\":true,"
	"\"clientConnection\":{\"acceptContentTypes\":\"application/json\",\"burst\":20,"
	"\"contentType\":\"application/json\",\"kubeconfig\":\"/k\",\"qps\":7.5},"
	"\"clusterCIDR\":\"10.0.0.0/8,fd00::/64\",\"configSyncPeriod\":\"15m0s\","
	"\"conntrack\":{\"maxPerCore\":1,\"min\":2,\"tcpBeLiberal\":true,\"tcpCloseWaitTimeout\":\"3s\","
	"\"tcpEstablishedTimeout\":\"48h\",\"udpStreamTimeout\":\"5s\",\"udpTimeout\":\"6s\"},"
	"\"detectLocal\":{\"bridgeInterface\":\"cni0\",\"interfaceNamePrefix\":\"veth\"},"
	"\"detectLocalMode\":\"InterfaceNamePrefix\",\"enableProfiling\":true,"
	"\"featureGates\":{\"A\":true,\"B\":false},\"healthzBindAddress\":\"[::]:1\","
	"\"hostnameOverride\":\"Other\",\"iptables\":{\"masqueradeAll\":true,\"masqueradeBit\":14,"
	"\"minSyncPeriod\":\"1s\",\"syncPeriod\":\"30s\",\"localhostNodePorts\":true},"
	"\"ipvs\":{\"scheduler\":\"rr\",\"excludeCIDRs\":[\"10.0.0.0/8\"]},"
	"\"kubeNftproxy\":{\"context\":\"c\",\"healthz\":true,\"metrics\":false,\"ownTables\":false,\"monitorTables\":false,"
	"\"stateDir\":\"/s\"},"
	"\"logging\":{\"format\":\"json\",\"flushFrequency\":\"5s\",\"verbosity\":4,\"vmodule\":[]},"
	"\"metricsBindAddress\":\"127.0.0.1\",\"mode\":\"iptables\","
	"\"nftables\":{\"masqueradeAll\":true,\"masqueradeBit\":15,\"minSyncPeriod\":\"2s\",\"syncPeriod\":\"1m\"},"
	"\"nodePortAddresses\":[\"10.0.0.0/8\",\"fd00::/8\"],\"oomScoreAdj\":-998,\"portRange\":\"1-2\","
	"\"showHiddenMetricsForVersion\":\"1.35\",\"windowsRunAsService\":true,\"winkernel\":{\"enableDSR\":true}}";

static void test_full(void **state)
{
	struct settings settings = loaded(full, NULL);
	char text[ADDR_TEXT_SIZE];

	(void)state;
	assert_string_equal(addr_print(&settings.bind_address, text), "fd00::1");
	assert_true(settings.bind_address_hard_fail && settings.masquerade_all);
	assert_int_equal(settings.content_type, SETTINGS_CONTENT_TYPE_JSON);
	assert_int_equal(settings.log_format, SETTINGS_FORMAT_JSON);
	assert_string_equal(settings.kubeconfig, "/k");
	assert_string_equal(settings.context, "c");
	assert_true(settings.has_cluster_cidr[FAMILY_IPV4] && settings.has_cluster_cidr[FAMILY_IPV6]);
	assert_int_equal(settings.conntrack.max_per_core, 1);
	assert_int_equal(settings.conntrack.min, 2);
	assert_true(settings.conntrack.tcp_be_liberal);
	assert_int_equal(settings.conntrack.tcp_close_wait_ms, 3000);
	assert_int_equal(settings.conntrack.tcp_established_ms, 48 * 3600 * 1000);
	assert_int_equal(settings.conntrack.udp_stream_ms, 5000);
	assert_int_equal(settings.conntrack.udp_ms, 6000);
	assert_int_equal(settings.detect_local_mode, SETTINGS_DETECT_LOCAL_INTERFACE_NAME_PREFIX);
	assert_string_equal(settings.interface, "veth");
	assert_int_equal(settings.healthz.port, 1);
	assert_int_equal(settings.metrics.port, 0);
	assert_int_equal(settings.mode, SETTINGS_MODE_IPTABLES);
	assert_int_equal(settings.min_sync_period_ms, 2000);
	assert_int_equal(settings.sync_period_ms, 60000);
	assert_int_equal(settings.n_node_port_addresses, 2);
	assert_int_equal(settings.oom_score_adj, -998);
	assert_string_equal(settings.state_dir, "/s");
	assert_false(settings.own_tables || settings.monitor_tables);
	assert_int_equal(settings.verbosity, 4);
	assert_string_equal(settings.hostname, "node-1"); /* the flag overrules the file (X1) */
	assert_string_equal(
		settings.notes[SETTINGS_NOTE_WITHOUT_EFFECT],
		"clientConnection.acceptContentTypes clientConnection.burst clientConnection.qps "
		"enableProfiling iptables.masqueradeAll iptables.masqueradeBit "
		"iptables.minSyncPeriod iptables.syncPeriod iptables.localhostNodePorts ipvs.scheduler "
		"ipvs.excludeCIDRs logging.flushFrequency nftables.masqueradeBit portRange "
		"showHiddenMetricsForVersion windowsRunAsService winkernel.enableDSR featureGates.A featureGates.B");
	assert_true(settings.serve_external_ips);
	assert_string_equal(settings.notes[SETTINGS_NOTE_UNKNOWN], "");
	settings_done(&settings);
}

/* What is as by default is not named; a NUL does not hide the rest of a text. */
static void test_defaults_without_effect(void **state)
{
	static const struct {
		const char *text;
		const char *named;
	} cases[] = {
		{ "ipvs: {scheduler: \"\", excludeCIDRs: [], syncPeriod: 0s, minSyncPeriod: 0, strictARP: false}\n",
		  "" },
		{ "ipvs: {scheduler: \"\\0\", excludeCIDRs: [], syncPeriod: \"0s\\0\"}\n",
		  "ipvs.scheduler ipvs.syncPeriod" },
		{ "ipvs: {scheduler: rr}\n", "ipvs.scheduler" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		char text[300];
		struct settings settings;

		(void)snprintf(text, sizeof(text), "%s%s", HEAD, cases[i].text);
		settings = loaded(text, NULL);
		assert_string_equal(settings.notes[SETTINGS_NOTE_WITHOUT_EFFECT], cases[i].named);
		settings_done(&settings);
	}
}

/* P3: kube-proxy's feature gate; our own setting counts more. */
static void test_external_ips(void **state)
{
	static const struct {
		const char *text;
		bool served;
		const char *without_effect;
	} cases[] = {
		{ HEAD, true, "" },
		{ HEAD "featureGates: {AllowServiceExternalIPs: false}\n", false, "" },
		{ HEAD "featureGates: {AllowServiceExternalIPs: true}\n", true, "" },
		{ HEAD "featureGates: {B: false, AllowServiceExternalIPs: false, C: true}\n", false,
		  "featureGates.B featureGates.C" },
		{ HEAD "featureGates: {AllowServiceExternalIP: false}\n", true,
		  "featureGates.AllowServiceExternalIP" },
		{ HEAD "featureGates: null\n", true, "" },
		{ HEAD
		  "featureGates: {AllowServiceExternalIPs: false}\nkubeNftproxy: {serveExternalIPs: true}\n",
		  true, "" },
		{ HEAD "kubeNftproxy: {serveExternalIPs: false}\n", false, "" },
	};
	struct settings settings;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		settings = loaded(cases[i].text, NULL);
		assert_int_equal(settings.serve_external_ips, cases[i].served);
		assert_string_equal(settings.notes[SETTINGS_NOTE_WITHOUT_EFFECT], cases[i].without_effect);
		settings_done(&settings);
	}
	settings = loaded(HEAD "featureGates: {AllowServiceExternalIPs: false}\n", "--serve-external-ips");
	assert_true(settings.serve_external_ips);
	settings_done(&settings);
	settings = loaded(HEAD, "--feature-gates=AllowServiceExternalIPs=false");
	assert_true(settings.serve_external_ips);
	assert_string_equal(settings.notes[SETTINGS_NOTE_IGNORED], "--feature-gates");
	settings_done(&settings);
}

/* X1: kube-proxy would refuse such a file; fields of other versions must not prevent a start. */
static void test_lenient(void **state)
{
	struct settings settings =
		loaded(HEAD "clusterCIDR: 10.0.0.0/8\nnewThing: {a: 1}\nclusterCIDR: 11.0.0.0/8\n"
			    "nftables: {turbo: true, syncPeriod: 3s}\n",
		       NULL);
	char text[CIDR_TEXT_SIZE];

	(void)state;
	assert_string_equal(settings.notes[SETTINGS_NOTE_UNKNOWN], "newThing nftables.turbo");
	assert_string_equal(settings.notes[SETTINGS_NOTE_REPEATED], "clusterCIDR");
	assert_string_equal(cidr_print(&settings.cluster_cidr[FAMILY_IPV4], text), "11.0.0.0/8");
	assert_int_equal(settings.sync_period_ms, 3000);
	settings_done(&settings);
}

/* X1: kube-proxy's flags are ignored, but for those of the log and the node's name. Our own flags overrule the file. */
static void test_flags_beside(void **state)
{
	struct settings settings =
		loaded(HEAD "nftables: {masqueradeAll: true}\n",
		       "--masquerade-all=false --cluster-cidr=10.0.0.0/8 -v4 --state-dir=/x --profiling");

	(void)state;
	assert_true(settings.masquerade_all);
	assert_false(settings.has_cluster_cidr[FAMILY_IPV4]);
	assert_int_equal(settings.verbosity, 4);
	assert_string_equal(settings.state_dir, "/x");
	assert_string_equal(settings.notes[SETTINGS_NOTE_IGNORED], "--masquerade-all --cluster-cidr");
	assert_string_equal(settings.notes[SETTINGS_NOTE_WITHOUT_EFFECT], "--profiling");
	settings_done(&settings);
}

/* X16, X3: errors name the path of the field. */
static void test_refused(void **state)
{
	static const char *const cases[][2] = {
		{ "", "the file is empty" },
		{ "# nothing\n---\n", "the file is empty" },
		{ "a: [", "line 2: did not find expected node content" },
		{ "[]", "expected an object" },
		{ "kind: Pod\napiVersion: v1\n", "kind: \"Pod\" is not KubeProxyConfiguration" },
		{ "kind: KubeProxyConfiguration\napiVersion: v1\n",
		  "apiVersion: \"v1\" is not kubeproxy.config.k8s.io/v1alpha1" },
		{ HEAD "clusterCIDR: 7\n", "clusterCIDR: " },
		{ HEAD "clusterCIDR: 10.0.0.0/8,11.0.0.0/8\n",
		  "clusterCIDR: \"11.0.0.0/8\" is not allowed; allowed: one prefix per family" },
		{ HEAD "nodePortAddresses: [primary, here]\n",
		  "nodePortAddresses: \"here\" is not allowed; allowed: primary, all, localhost, and prefixes" },
		{ HEAD "featureGates: [A]\n", "featureGates: " },
		{ HEAD "hostnameOverride: \"a\\0b\"\n", "hostnameOverride: a NUL within a string" },
		{ HEAD "featureGates: {A: \"false\"}\n", "featureGates.A: " },
		{ HEAD "featureGates: {\"A=true,B\": false}\n",
		  "featureGates: \"A=true,B\" is not the name of a feature gate" },
		{ HEAD "nodePortAddresses: primary\n", "nodePortAddresses: " },
		{ HEAD "mode: kernelspace\n", "mode: \"kernelspace\" is not allowed" },
		{ HEAD "bindAddress: here\n",
		  "bindAddress: \"here\" is not allowed; allowed: an IP address" },
		{ HEAD "metricsBindAddress: 127.0.0.1:0\n",
		  "metricsBindAddress: \"127.0.0.1:0\" is not allowed" },
		{ HEAD "nftables: {syncPeriod: -1s}\n", "nftables.syncPeriod: \"-1s\" is not allowed" },
		{ HEAD "nftables: {minSyncPeriod: 31s}\n",
		  "nftables.minSyncPeriod: \"31s\" is longer than nftables.syncPeriod, \"30s\"" },
		{ HEAD "nftables: {syncPeriod: soon}\n",
		  "nftables.syncPeriod: \"soon\" is not a duration such as 1m30s" },
		{ HEAD "nftables: 7\n", "nftables: " },
		{ HEAD "configSyncPeriod: -1s\n", "configSyncPeriod: \"-1s\" is not allowed" },
		{ HEAD "conntrack: {min: -1}\n", "conntrack.min: \"-1\" is not allowed" },
		{ HEAD "conntrack: {udpTimeout: -1s}\n", "conntrack.udpTimeout: \"-1s\" is not allowed" },
		{ HEAD "oomScoreAdj: 1001\n", "oomScoreAdj: \"1001\" is not allowed" },
		{ HEAD "detectLocalMode: Magic\n", "detectLocalMode: \"Magic\" is not allowed" },
		{ HEAD "detectLocalMode: BridgeInterface\n",
		  "detectLocalMode: \"BridgeInterface\" needs detectLocal.bridgeInterface" },
		{ HEAD "detectLocalMode: BridgeInterface\ndetectLocal: {bridgeInterface: abcdefghijklmnop}\n",
		  "detectLocal.bridgeInterface: \"abcdefghijklmnop\" is not allowed" },
		{ HEAD "kubeNftproxy: {stateDir: here}\n", "kubeNftproxy.stateDir: \"here\" is not allowed" },
		{ HEAD "kubeNftproxy: {ownTables: 1}\n", "kubeNftproxy.ownTables: " },
	};
	char expect[ERR_TEXT_SIZE];
	struct settings settings;
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_true(load(cases[i][0], NULL, &settings, &err) < 0);
		(void)snprintf(expect, sizeof(expect), "%s: %s", path, cases[i][1]);
		if (!strstr(err.text, expect))
			fail_msg("\"%s\": \"%s\" instead of \"%s\"", cases[i][0], err.text, cases[i][1]);
	}
}

/* An error about a flag and a field names both. */
static void test_flag_against_file(void **state)
{
	struct settings settings;
	struct err err;

	(void)state;
	assert_true(load(HEAD "nftables: {syncPeriod: 20s}\n", "--min-sync-period=25s", &settings, &err) < 0);
	assert_string_equal(err.text,
			    "--min-sync-period: \"25s\" is longer than nftables.syncPeriod, \"20s\"");
}

static void test_no_file(void **state)
{
	char *argv[] = { (char *)"kube-nftproxy", (char *)"--config=/nowhere/at/all", NULL };
	struct settings settings;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(command_line_parse(2, argv, &settings, &err), -ENOENT);
	assert_string_equal(err.text, "/nowhere/at/all: No such file or directory");
}

/* X15: the written file has the same settings. */
static void test_round_trip(void **state)
{
	static const char *const texts[] = {
		full, kubeadm, HEAD "kubeNftproxy: {manifests: /m, metrics: false, healthz: false}\n"
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(texts); i++) {
		struct buf first = BUF_INIT, second = BUF_INIT;
		struct json_text one = JSON_TEXT_INIT(&first, JSON_TEXT_YAML);
		struct json_text two = JSON_TEXT_INIT(&second, JSON_TEXT_YAML);
		struct settings settings = loaded(texts[i], NULL);

		config_file_print(&settings, &one, NULL);
		settings_done(&settings);
		settings = loaded(buf_text(&first), NULL);
		assert_string_equal(settings.notes[SETTINGS_NOTE_UNKNOWN], "");
		assert_string_equal(settings.notes[SETTINGS_NOTE_WITHOUT_EFFECT], "");
		config_file_print(&settings, &two, NULL);
		assert_string_equal(buf_text(&first), buf_text(&second));
		settings_done(&settings);
		buf_done(&first);
		buf_done(&second);
	}
}

/* X2 */
static void test_same(void **state)
{
	static const struct {
		const char *text;
		bool same;
	} cases[] = {
		{ HEAD, true },
		{ HEAD "# a comment\n", true },
		{ HEAD "mode: nftables\n", true },
		{ HEAD "mode: iptables\n", true },
		{ HEAD "nftables: {masqueradeAll: false, syncPeriod: 30s}\n", true },
		{ HEAD "ipvs: {scheduler: rr}\n", true },
		{ HEAD "unknown: 1\n", true },
		{ HEAD "nftables: {masqueradeAll: true}\n", false },
		{ HEAD "nftables: {syncPeriod: 31s}\n", false },
		{ HEAD "conntrack: {udpTimeout: 1ms}\n", false },
		{ HEAD "hostnameOverride: elsewhere\n", true }, /* the flag counts */
		{ HEAD "logging: {verbosity: 2}\n", false },
		{ HEAD "kubeNftproxy: {ownTables: false}\n", false },
		{ HEAD "kubeNftproxy: {healthz: false}\n", false },
		{ HEAD "oomScoreAdj: -999\n", false },
		{ HEAD "clientConnection: {kubeconfig: /k}\n", false },
		{ HEAD "bindAddressHardFail: true\n", false },
	};
	struct settings settings = loaded(HEAD, NULL);
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct settings other = loaded(cases[i].text, NULL);

		if (config_file_same(&settings, &other) != cases[i].same)
			fail_msg("%s", cases[i].text);
		settings_done(&other);
	}
	settings_done(&settings);
}

/* X2: the content may be given, and then the file does not matter. */
static void test_given_text(void **state)
{
	char *argv[] = { (char *)"kube-nftproxy", (char *)"--config", (char *)"/nowhere", NULL };
	struct buf text = BUF_INIT;
	struct settings settings;
	struct err err = { 0 };

	(void)state;
	buf_printf(&text, HEAD "nftables: {syncPeriod: 77s}\n");
	assert_int_equal(command_line_parse_with(3, argv, &text, &settings, &err), 0);
	assert_int_equal(settings.sync_period_ms, 77000);
	assert_string_equal(settings.config, "/nowhere");
	assert_string_equal(buf_text(&settings.config_text), buf_text(&text));
	settings_done(&settings);
	buf_printf(&text, "mode: 7\n");
	assert_true(command_line_parse_with(3, argv, &text, &settings, &err) < 0);
	assert_non_null(strstr(err.text, "/nowhere: mode"));
	buf_done(&text);
}

/* The file is replaced, and keeps its mode; one beside it is not touched. */
static void test_write(void **state)
{
	struct settings settings = loaded(HEAD "nftables: {syncPeriod: 77s}\n", NULL);
	char other[sizeof(path) + 4], text[8] = "";
	struct stat st;
	FILE *file;

	(void)state;
	(void)snprintf(other, sizeof(other), "%s.new", path);
	file = fopen(other, "w+");
	assert_non_null(file);
	assert_true(fputs("mine", file) >= 0 && fflush(file) == 0);
	assert_int_equal(chmod(path, 0640), 0);
	settings.write_config_to = path;
	assert_int_equal(config_file_write(&settings, NULL), 0);
	settings_done(&settings);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_true(st.st_size > 100);
	rewind(file);
	assert_non_null(fgets(text, sizeof(text), file));
	assert_string_equal(text, "mine");
	assert_int_equal(fclose(file), 0);
	assert_int_equal(unlink(other), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kubeadm),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_defaults_without_effect),
		cmocka_unit_test(test_external_ips),
		cmocka_unit_test(test_lenient),
		cmocka_unit_test(test_flags_beside),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_flag_against_file),
		cmocka_unit_test(test_no_file),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_same),
		cmocka_unit_test(test_given_text),
		cmocka_unit_test(test_write),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
