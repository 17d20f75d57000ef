/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "config/flags.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

enum flags_takes {
	FLAGS_TAKES_VALUE,
	FLAGS_TAKES_BOOL,
};

static const struct flags_flag {
	const char *name;
	enum flags_takes takes;
	enum flags_kind kind;
	enum setting setting;
} flags[] = {
	{ "bind-address", FLAGS_TAKES_VALUE, FLAGS_KUBE_PROXYS, SETTING_BIND_ADDRESS },
	{ "bind-address-hard-fail", FLAGS_TAKES_BOOL, FLAGS_KUBE_PROXYS, SETTING_BIND_ADDRESS_HARD_FAIL },
	{ "cleanup", FLAGS_TAKES_BOOL, FLAGS_CLEANUP, 0 },
	{ "cluster-cidr", FLAGS_TAKES_VALUE, FLAGS_KUBE_PROXYS, SETTING_CLUSTER_CIDR },
	{ "config", FLAGS_TAKES_VALUE, FLAGS_CONFIG, 0 },
	{ "config-sync-period", FLAGS_TAKES_VALUE, FLAGS_KUBE_PROXYS, SETTING_CONFIG_SYNC_PERIOD },
	{ "conntrack-max-per-core", FLAGS_TAKES_VALUE, FLAGS_KUBE_PROXYS, SETTING_CONNTRACK_MAX_PER_CORE },
	{ "conntrack-min", FLAGS_TAKES_VALUE, FLAGS_KUBE_PROXYS, SETTING_CONNTRACK_MIN },
	{ "conntrack-tcp-be-liberal", FLAGS_TAKES_BOOL, FLAGS_KUBE_PROXYS, SETTING_CONNTRACK_TCP_BE_LIBERAL },
	{ "conntrack-tcp-timeout-close-wait", FLAGS_TAKES_VALUE, FLAGS_KUBE_PROXYS,
	  SETTING_CONNTRACK_TCP_CLOSE_WAIT },
	{ "conntrack-tcp-timeout-established", FLAGS_TAKES_VALUE, FLAGS_KUBE_PROXYS,
	  SETTING_CONNTRACK_TCP_ESTABLISHED },
	{ "conntrack-udp-timeout", FLAGS_TAKES_VALUE, FLAGS_KUBE_PROXYS, SETTING_CONNTRACK_UDP },
	{ "conntrack-udp-timeout-stream", FLAGS_TAKES_VALUE, FLAGS_KUBE_PROXYS,
	  SETTING_CONNTRACK_UDP_STREAM },
	{ "control-socket", FLAGS_TAKES_VALUE, FLAGS_OURS, SETTING_CONTROL_SOCKET },
	{ "context", FLAGS_TAKES_VALUE, FLAGS_OURS, SETTING_CONTEXT },
	{ "detect-local-mode", FLAGS_TAKES_VALUE, FLAGS_KUBE_PROXYS, SETTING_DETECT_LOCAL_MODE },
	{ "dry-run", FLAGS_TAKES_BOOL, FLAGS_DRY_RUN, 0 },
	{ "from", FLAGS_TAKES_VALUE, FLAGS_OURS, SETTING_FROM },
	{ "healthz-bind-address", FLAGS_TAKES_VALUE, FLAGS_KUBE_PROXYS, SETTING_HEALTHZ_BIND_ADDRESS },
	{ "healthz-port", FLAGS_TAKES_VALUE, FLAGS_KUBE_PROXYS, SETTING_HEALTHZ_PORT },
	{ "help", FLAGS_TAKES_BOOL, FLAGS_HELP, 0 },
	{ "hostname-override", FLAGS_TAKES_VALUE, FLAGS_OURS, SETTING_HOSTNAME_OVERRIDE },
	{ "init-only", FLAGS_TAKES_BOOL, FLAGS_INIT_ONLY, 0 },
	{ "iptables-min-sync-period", FLAGS_TAKES_VALUE, FLAGS_KUBE_PROXYS, SETTING_MIN_SYNC_PERIOD },
	{ "iptables-sync-period", FLAGS_TAKES_VALUE, FLAGS_KUBE_PROXYS, SETTING_SYNC_PERIOD },
	{ "kube-api-content-type", FLAGS_TAKES_VALUE, FLAGS_KUBE_PROXYS, SETTING_CONTENT_TYPE },
	{ "kubeconfig", FLAGS_TAKES_VALUE, FLAGS_KUBE_PROXYS, SETTING_KUBECONFIG },
	{ "log-format", FLAGS_TAKES_VALUE, FLAGS_OURS, SETTING_LOG_FORMAT },
	{ "logging-format", FLAGS_TAKES_VALUE, FLAGS_OURS, SETTING_LOG_FORMAT },
	{ "manifests", FLAGS_TAKES_VALUE, FLAGS_OURS, SETTING_MANIFESTS },
	{ "masquerade-all", FLAGS_TAKES_BOOL, FLAGS_KUBE_PROXYS, SETTING_MASQUERADE_ALL },
	{ "master", FLAGS_TAKES_VALUE, FLAGS_OURS, SETTING_MASTER },
	{ "metrics-bind-address", FLAGS_TAKES_VALUE, FLAGS_KUBE_PROXYS, SETTING_METRICS_BIND_ADDRESS },
	{ "metrics-port", FLAGS_TAKES_VALUE, FLAGS_KUBE_PROXYS, SETTING_METRICS_PORT },
	{ "min-sync-period", FLAGS_TAKES_VALUE, FLAGS_OURS, SETTING_MIN_SYNC_PERIOD },
	{ "nodeport-addresses", FLAGS_TAKES_VALUE, FLAGS_KUBE_PROXYS, SETTING_NODE_PORT_ADDRESSES },
	{ "oom-score-adj", FLAGS_TAKES_VALUE, FLAGS_KUBE_PROXYS, SETTING_OOM_SCORE_ADJ },
	{ "output", FLAGS_TAKES_VALUE, FLAGS_OURS, SETTING_OUTPUT },
	{ "own-tables", FLAGS_TAKES_BOOL, FLAGS_OURS, SETTING_OWN_TABLES },
	{ "pod-bridge-interface", FLAGS_TAKES_VALUE, FLAGS_KUBE_PROXYS, SETTING_BRIDGE_INTERFACE },
	{ "pod-interface-name-prefix", FLAGS_TAKES_VALUE, FLAGS_KUBE_PROXYS, SETTING_INTERFACE_NAME_PREFIX },
	{ "proxy-mode", FLAGS_TAKES_VALUE, FLAGS_KUBE_PROXYS, SETTING_MODE },
	{ "state-dir", FLAGS_TAKES_VALUE, FLAGS_OURS, SETTING_STATE_DIR },
	{ "sync-period", FLAGS_TAKES_VALUE, FLAGS_OURS, SETTING_SYNC_PERIOD },
	{ "v", FLAGS_TAKES_VALUE, FLAGS_OURS, SETTING_VERBOSITY },
	{ "version", FLAGS_TAKES_BOOL, FLAGS_VERSION, 0 },
	{ "write-config-to", FLAGS_TAKES_VALUE, FLAGS_WRITE_CONFIG_TO, 0 },
	/* kube-proxy's, of no use here. */
	{ "add-dir-header", FLAGS_TAKES_BOOL, FLAGS_WITHOUT_EFFECT, 0 },
	{ "alsologtostderr", FLAGS_TAKES_BOOL, FLAGS_WITHOUT_EFFECT, 0 },
	{ "boot-id-file", FLAGS_TAKES_VALUE, FLAGS_WITHOUT_EFFECT, 0 },
	{ "feature-gates", FLAGS_TAKES_VALUE, FLAGS_WITHOUT_EFFECT, 0 },
	{ "iptables-localhost-nodeports", FLAGS_TAKES_BOOL, FLAGS_WITHOUT_EFFECT, 0 },
	{ "iptables-masquerade-bit", FLAGS_TAKES_VALUE, FLAGS_WITHOUT_EFFECT, 0 },
	{ "ipvs-exclude-cidrs", FLAGS_TAKES_VALUE, FLAGS_WITHOUT_EFFECT, 0 },
	{ "ipvs-min-sync-period", FLAGS_TAKES_VALUE, FLAGS_WITHOUT_EFFECT, 0 },
	{ "ipvs-scheduler", FLAGS_TAKES_VALUE, FLAGS_WITHOUT_EFFECT, 0 },
	{ "ipvs-strict-arp", FLAGS_TAKES_BOOL, FLAGS_WITHOUT_EFFECT, 0 },
	{ "ipvs-sync-period", FLAGS_TAKES_VALUE, FLAGS_WITHOUT_EFFECT, 0 },
	{ "ipvs-tcp-timeout", FLAGS_TAKES_VALUE, FLAGS_WITHOUT_EFFECT, 0 },
	{ "ipvs-tcpfin-timeout", FLAGS_TAKES_VALUE, FLAGS_WITHOUT_EFFECT, 0 },
	{ "ipvs-udp-timeout", FLAGS_TAKES_VALUE, FLAGS_WITHOUT_EFFECT, 0 },
	{ "kube-api-burst", FLAGS_TAKES_VALUE, FLAGS_WITHOUT_EFFECT, 0 },
	{ "kube-api-qps", FLAGS_TAKES_VALUE, FLAGS_WITHOUT_EFFECT, 0 },
	{ "log-backtrace-at", FLAGS_TAKES_VALUE, FLAGS_WITHOUT_EFFECT, 0 },
	{ "log-dir", FLAGS_TAKES_VALUE, FLAGS_WITHOUT_EFFECT, 0 },
	{ "log-file", FLAGS_TAKES_VALUE, FLAGS_WITHOUT_EFFECT, 0 },
	{ "log-file-max-size", FLAGS_TAKES_VALUE, FLAGS_WITHOUT_EFFECT, 0 },
	{ "log-flush-frequency", FLAGS_TAKES_VALUE, FLAGS_WITHOUT_EFFECT, 0 },
	{ "log-json-info-buffer-size", FLAGS_TAKES_VALUE, FLAGS_WITHOUT_EFFECT, 0 },
	{ "log-json-split-stream", FLAGS_TAKES_BOOL, FLAGS_WITHOUT_EFFECT, 0 },
	{ "log-text-info-buffer-size", FLAGS_TAKES_VALUE, FLAGS_WITHOUT_EFFECT, 0 },
	{ "log-text-split-stream", FLAGS_TAKES_BOOL, FLAGS_WITHOUT_EFFECT, 0 },
	{ "logtostderr", FLAGS_TAKES_BOOL, FLAGS_WITHOUT_EFFECT, 0 },
	{ "machine-id-file", FLAGS_TAKES_VALUE, FLAGS_WITHOUT_EFFECT, 0 },
	{ "one-output", FLAGS_TAKES_BOOL, FLAGS_WITHOUT_EFFECT, 0 },
	{ "profiling", FLAGS_TAKES_BOOL, FLAGS_WITHOUT_EFFECT, 0 },
	{ "proxy-port-range", FLAGS_TAKES_VALUE, FLAGS_WITHOUT_EFFECT, 0 },
	{ "show-hidden-metrics-for-version", FLAGS_TAKES_VALUE, FLAGS_WITHOUT_EFFECT, 0 },
	{ "skip-headers", FLAGS_TAKES_BOOL, FLAGS_WITHOUT_EFFECT, 0 },
	{ "skip-log-headers", FLAGS_TAKES_BOOL, FLAGS_WITHOUT_EFFECT, 0 },
	{ "stderrthreshold", FLAGS_TAKES_VALUE, FLAGS_WITHOUT_EFFECT, 0 },
	{ "vmodule", FLAGS_TAKES_VALUE, FLAGS_WITHOUT_EFFECT, 0 },
};

static bool flags_same(const char *word, size_t len, const char *name)
{
	size_t i;

	for (i = 0; i < len && name[i]; i++)
		if (word[i] != name[i] && !(word[i] == '_' && name[i] == '-'))
			return false;
	return i == len && !name[i];
}

static const struct flags_flag *flags_find(const char *word, size_t len)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(flags); i++)
		if (flags_same(word, len, flags[i].name))
			return &flags[i];
	return NULL;
}

/* Names as the user sees them; they live as long as the process. */
static const char *flags_where(const struct flags_flag *flag)
{
	static char names[ARRAY_SIZE(flags)][48];
	size_t index = (size_t)(flag - flags);

	if (flag->setting == SETTING_VERBOSITY)
		return "-v";
	(void)snprintf(names[index], sizeof(names[index]), "--%s", flag->name);
	return names[index];
}

/* The flag that @word is, and the value within it, or NULL. */
static const struct flags_flag *flags_read(const char *word, const char **ret_value)
{
	size_t len = strcspn(word, "=");

	*ret_value = word[len] ? word + len + 1 : NULL;
	if (word[1] == '-')
		return flags_find(word + 2, len - 2);
	if (strcmp(word, "-h") == 0)
		return flags_find("help", strlen("help"));
	if (word[1] != 'v')
		return NULL;
	*ret_value = word[2] == '=' ? word + 3 : word[2] ? word + 2 : NULL;
	return flags_find("v", 1);
}

int flags_next(struct flags_line *line, struct err *reterr)
{
	const struct flags_flag *flag;
	const char *word = line->at + 1 < line->argc ? line->argv[line->at + 1] : "";

	if (word[0] != '-' || !word[1])
		return 0;
	line->at++;
	if (strcmp(word, "--") == 0)
		return 0;
	flag = flags_read(word, &line->value);
	if (!flag)
		return err_set(reterr, -EINVAL, "%s: unknown flag; --help lists them all", word);
	if (flag->takes == FLAGS_TAKES_VALUE && !line->value) {
		if (line->at + 1 >= line->argc)
			return err_set(reterr, -EINVAL, "%s: needs a value; --help says which", word);
		line->value = line->argv[++line->at];
	}
	line->kind = flag->kind;
	line->setting = flag->setting;
	line->where = flags_where(flag);
	return 1;
}
