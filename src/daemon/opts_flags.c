/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "daemon/opts_flags.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

enum opts_flags_takes {
	OPTS_FLAGS_TAKES_VALUE,
	OPTS_FLAGS_TAKES_BOOL,
};

static const struct opts_flags_flag {
	const char *name;
	enum opts_flags_takes takes;
	enum opts_flags_kind kind;
	enum opts_setting setting;
} opts_flags[] = {
	{ "bind-address", OPTS_FLAGS_TAKES_VALUE, OPTS_FLAGS_KUBE_PROXYS, OPTS_SETTING_BIND_ADDRESS },
	{ "bind-address-hard-fail", OPTS_FLAGS_TAKES_BOOL, OPTS_FLAGS_KUBE_PROXYS,
	  OPTS_SETTING_BIND_ADDRESS_HARD_FAIL },
	{ "cleanup", OPTS_FLAGS_TAKES_BOOL, OPTS_FLAGS_CLEANUP, 0 },
	{ "cluster-cidr", OPTS_FLAGS_TAKES_VALUE, OPTS_FLAGS_KUBE_PROXYS, OPTS_SETTING_CLUSTER_CIDR },
	{ "config", OPTS_FLAGS_TAKES_VALUE, OPTS_FLAGS_CONFIG, 0 },
	{ "config-sync-period", OPTS_FLAGS_TAKES_VALUE, OPTS_FLAGS_KUBE_PROXYS,
	  OPTS_SETTING_CONFIG_SYNC_PERIOD },
	{ "conntrack-max-per-core", OPTS_FLAGS_TAKES_VALUE, OPTS_FLAGS_KUBE_PROXYS,
	  OPTS_SETTING_CONNTRACK_MAX_PER_CORE },
	{ "conntrack-min", OPTS_FLAGS_TAKES_VALUE, OPTS_FLAGS_KUBE_PROXYS, OPTS_SETTING_CONNTRACK_MIN },
	{ "conntrack-tcp-be-liberal", OPTS_FLAGS_TAKES_BOOL, OPTS_FLAGS_KUBE_PROXYS,
	  OPTS_SETTING_CONNTRACK_TCP_BE_LIBERAL },
	{ "conntrack-tcp-timeout-close-wait", OPTS_FLAGS_TAKES_VALUE, OPTS_FLAGS_KUBE_PROXYS,
	  OPTS_SETTING_CONNTRACK_TCP_CLOSE_WAIT },
	{ "conntrack-tcp-timeout-established", OPTS_FLAGS_TAKES_VALUE, OPTS_FLAGS_KUBE_PROXYS,
	  OPTS_SETTING_CONNTRACK_TCP_ESTABLISHED },
	{ "conntrack-udp-timeout", OPTS_FLAGS_TAKES_VALUE, OPTS_FLAGS_KUBE_PROXYS,
	  OPTS_SETTING_CONNTRACK_UDP },
	{ "conntrack-udp-timeout-stream", OPTS_FLAGS_TAKES_VALUE, OPTS_FLAGS_KUBE_PROXYS,
	  OPTS_SETTING_CONNTRACK_UDP_STREAM },
	{ "control-socket", OPTS_FLAGS_TAKES_VALUE, OPTS_FLAGS_OURS, OPTS_SETTING_CONTROL_SOCKET },
	{ "context", OPTS_FLAGS_TAKES_VALUE, OPTS_FLAGS_OURS, OPTS_SETTING_CONTEXT },
	{ "detect-local-mode", OPTS_FLAGS_TAKES_VALUE, OPTS_FLAGS_KUBE_PROXYS,
	  OPTS_SETTING_DETECT_LOCAL_MODE },
	{ "dry-run", OPTS_FLAGS_TAKES_BOOL, OPTS_FLAGS_DRY_RUN, 0 },
	{ "from", OPTS_FLAGS_TAKES_VALUE, OPTS_FLAGS_OURS, OPTS_SETTING_FROM },
	{ "healthz-bind-address", OPTS_FLAGS_TAKES_VALUE, OPTS_FLAGS_KUBE_PROXYS,
	  OPTS_SETTING_HEALTHZ_BIND_ADDRESS },
	{ "healthz-port", OPTS_FLAGS_TAKES_VALUE, OPTS_FLAGS_KUBE_PROXYS, OPTS_SETTING_HEALTHZ_PORT },
	{ "help", OPTS_FLAGS_TAKES_BOOL, OPTS_FLAGS_HELP, 0 },
	{ "hostname-override", OPTS_FLAGS_TAKES_VALUE, OPTS_FLAGS_OURS, OPTS_SETTING_HOSTNAME_OVERRIDE },
	{ "init-only", OPTS_FLAGS_TAKES_BOOL, OPTS_FLAGS_INIT_ONLY, 0 },
	{ "iptables-min-sync-period", OPTS_FLAGS_TAKES_VALUE, OPTS_FLAGS_KUBE_PROXYS,
	  OPTS_SETTING_MIN_SYNC_PERIOD },
	{ "iptables-sync-period", OPTS_FLAGS_TAKES_VALUE, OPTS_FLAGS_KUBE_PROXYS, OPTS_SETTING_SYNC_PERIOD },
	{ "kube-api-content-type", OPTS_FLAGS_TAKES_VALUE, OPTS_FLAGS_KUBE_PROXYS,
	  OPTS_SETTING_CONTENT_TYPE },
	{ "kubeconfig", OPTS_FLAGS_TAKES_VALUE, OPTS_FLAGS_KUBE_PROXYS, OPTS_SETTING_KUBECONFIG },
	{ "log-format", OPTS_FLAGS_TAKES_VALUE, OPTS_FLAGS_OURS, OPTS_SETTING_LOG_FORMAT },
	{ "logging-format", OPTS_FLAGS_TAKES_VALUE, OPTS_FLAGS_OURS, OPTS_SETTING_LOG_FORMAT },
	{ "manifests", OPTS_FLAGS_TAKES_VALUE, OPTS_FLAGS_OURS, OPTS_SETTING_MANIFESTS },
	{ "masquerade-all", OPTS_FLAGS_TAKES_BOOL, OPTS_FLAGS_KUBE_PROXYS, OPTS_SETTING_MASQUERADE_ALL },
	{ "master", OPTS_FLAGS_TAKES_VALUE, OPTS_FLAGS_OURS, OPTS_SETTING_MASTER },
	{ "metrics-bind-address", OPTS_FLAGS_TAKES_VALUE, OPTS_FLAGS_KUBE_PROXYS,
	  OPTS_SETTING_METRICS_BIND_ADDRESS },
	{ "metrics-port", OPTS_FLAGS_TAKES_VALUE, OPTS_FLAGS_KUBE_PROXYS, OPTS_SETTING_METRICS_PORT },
	{ "min-sync-period", OPTS_FLAGS_TAKES_VALUE, OPTS_FLAGS_OURS, OPTS_SETTING_MIN_SYNC_PERIOD },
	{ "nodeport-addresses", OPTS_FLAGS_TAKES_VALUE, OPTS_FLAGS_KUBE_PROXYS,
	  OPTS_SETTING_NODE_PORT_ADDRESSES },
	{ "oom-score-adj", OPTS_FLAGS_TAKES_VALUE, OPTS_FLAGS_KUBE_PROXYS, OPTS_SETTING_OOM_SCORE_ADJ },
	{ "output", OPTS_FLAGS_TAKES_VALUE, OPTS_FLAGS_OURS, OPTS_SETTING_OUTPUT },
	{ "own-tables", OPTS_FLAGS_TAKES_BOOL, OPTS_FLAGS_OURS, OPTS_SETTING_OWN_TABLES },
	{ "pod-bridge-interface", OPTS_FLAGS_TAKES_VALUE, OPTS_FLAGS_KUBE_PROXYS,
	  OPTS_SETTING_BRIDGE_INTERFACE },
	{ "pod-interface-name-prefix", OPTS_FLAGS_TAKES_VALUE, OPTS_FLAGS_KUBE_PROXYS,
	  OPTS_SETTING_INTERFACE_NAME_PREFIX },
	{ "proxy-mode", OPTS_FLAGS_TAKES_VALUE, OPTS_FLAGS_KUBE_PROXYS, OPTS_SETTING_MODE },
	{ "state-dir", OPTS_FLAGS_TAKES_VALUE, OPTS_FLAGS_OURS, OPTS_SETTING_STATE_DIR },
	{ "sync-period", OPTS_FLAGS_TAKES_VALUE, OPTS_FLAGS_OURS, OPTS_SETTING_SYNC_PERIOD },
	{ "v", OPTS_FLAGS_TAKES_VALUE, OPTS_FLAGS_OURS, OPTS_SETTING_VERBOSITY },
	{ "version", OPTS_FLAGS_TAKES_BOOL, OPTS_FLAGS_VERSION, 0 },
	{ "write-config-to", OPTS_FLAGS_TAKES_VALUE, OPTS_FLAGS_WRITE_CONFIG_TO, 0 },
	/* kube-proxy's, of no use here. */
	{ "add-dir-header", OPTS_FLAGS_TAKES_BOOL, OPTS_FLAGS_WITHOUT_EFFECT, 0 },
	{ "alsologtostderr", OPTS_FLAGS_TAKES_BOOL, OPTS_FLAGS_WITHOUT_EFFECT, 0 },
	{ "boot-id-file", OPTS_FLAGS_TAKES_VALUE, OPTS_FLAGS_WITHOUT_EFFECT, 0 },
	{ "feature-gates", OPTS_FLAGS_TAKES_VALUE, OPTS_FLAGS_WITHOUT_EFFECT, 0 },
	{ "iptables-localhost-nodeports", OPTS_FLAGS_TAKES_BOOL, OPTS_FLAGS_WITHOUT_EFFECT, 0 },
	{ "iptables-masquerade-bit", OPTS_FLAGS_TAKES_VALUE, OPTS_FLAGS_WITHOUT_EFFECT, 0 },
	{ "ipvs-exclude-cidrs", OPTS_FLAGS_TAKES_VALUE, OPTS_FLAGS_WITHOUT_EFFECT, 0 },
	{ "ipvs-min-sync-period", OPTS_FLAGS_TAKES_VALUE, OPTS_FLAGS_WITHOUT_EFFECT, 0 },
	{ "ipvs-scheduler", OPTS_FLAGS_TAKES_VALUE, OPTS_FLAGS_WITHOUT_EFFECT, 0 },
	{ "ipvs-strict-arp", OPTS_FLAGS_TAKES_BOOL, OPTS_FLAGS_WITHOUT_EFFECT, 0 },
	{ "ipvs-sync-period", OPTS_FLAGS_TAKES_VALUE, OPTS_FLAGS_WITHOUT_EFFECT, 0 },
	{ "ipvs-tcp-timeout", OPTS_FLAGS_TAKES_VALUE, OPTS_FLAGS_WITHOUT_EFFECT, 0 },
	{ "ipvs-tcpfin-timeout", OPTS_FLAGS_TAKES_VALUE, OPTS_FLAGS_WITHOUT_EFFECT, 0 },
	{ "ipvs-udp-timeout", OPTS_FLAGS_TAKES_VALUE, OPTS_FLAGS_WITHOUT_EFFECT, 0 },
	{ "kube-api-burst", OPTS_FLAGS_TAKES_VALUE, OPTS_FLAGS_WITHOUT_EFFECT, 0 },
	{ "kube-api-qps", OPTS_FLAGS_TAKES_VALUE, OPTS_FLAGS_WITHOUT_EFFECT, 0 },
	{ "log-backtrace-at", OPTS_FLAGS_TAKES_VALUE, OPTS_FLAGS_WITHOUT_EFFECT, 0 },
	{ "log-dir", OPTS_FLAGS_TAKES_VALUE, OPTS_FLAGS_WITHOUT_EFFECT, 0 },
	{ "log-file", OPTS_FLAGS_TAKES_VALUE, OPTS_FLAGS_WITHOUT_EFFECT, 0 },
	{ "log-file-max-size", OPTS_FLAGS_TAKES_VALUE, OPTS_FLAGS_WITHOUT_EFFECT, 0 },
	{ "log-flush-frequency", OPTS_FLAGS_TAKES_VALUE, OPTS_FLAGS_WITHOUT_EFFECT, 0 },
	{ "log-json-info-buffer-size", OPTS_FLAGS_TAKES_VALUE, OPTS_FLAGS_WITHOUT_EFFECT, 0 },
	{ "log-json-split-stream", OPTS_FLAGS_TAKES_BOOL, OPTS_FLAGS_WITHOUT_EFFECT, 0 },
	{ "log-text-info-buffer-size", OPTS_FLAGS_TAKES_VALUE, OPTS_FLAGS_WITHOUT_EFFECT, 0 },
	{ "log-text-split-stream", OPTS_FLAGS_TAKES_BOOL, OPTS_FLAGS_WITHOUT_EFFECT, 0 },
	{ "logtostderr", OPTS_FLAGS_TAKES_BOOL, OPTS_FLAGS_WITHOUT_EFFECT, 0 },
	{ "machine-id-file", OPTS_FLAGS_TAKES_VALUE, OPTS_FLAGS_WITHOUT_EFFECT, 0 },
	{ "one-output", OPTS_FLAGS_TAKES_BOOL, OPTS_FLAGS_WITHOUT_EFFECT, 0 },
	{ "profiling", OPTS_FLAGS_TAKES_BOOL, OPTS_FLAGS_WITHOUT_EFFECT, 0 },
	{ "proxy-port-range", OPTS_FLAGS_TAKES_VALUE, OPTS_FLAGS_WITHOUT_EFFECT, 0 },
	{ "show-hidden-metrics-for-version", OPTS_FLAGS_TAKES_VALUE, OPTS_FLAGS_WITHOUT_EFFECT, 0 },
	{ "skip-headers", OPTS_FLAGS_TAKES_BOOL, OPTS_FLAGS_WITHOUT_EFFECT, 0 },
	{ "skip-log-headers", OPTS_FLAGS_TAKES_BOOL, OPTS_FLAGS_WITHOUT_EFFECT, 0 },
	{ "stderrthreshold", OPTS_FLAGS_TAKES_VALUE, OPTS_FLAGS_WITHOUT_EFFECT, 0 },
	{ "vmodule", OPTS_FLAGS_TAKES_VALUE, OPTS_FLAGS_WITHOUT_EFFECT, 0 },
};

static bool opts_flags_same(const char *word, size_t len, const char *name)
{
	size_t i;

	for (i = 0; i < len && name[i]; i++)
		if (word[i] != name[i] && !(word[i] == '_' && name[i] == '-'))
			return false;
	return i == len && !name[i];
}

static const struct opts_flags_flag *opts_flags_find(const char *word, size_t len)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(opts_flags); i++)
		if (opts_flags_same(word, len, opts_flags[i].name))
			return &opts_flags[i];
	return NULL;
}

/* Names as the user sees them; they live as long as the process. */
static const char *opts_flags_where(const struct opts_flags_flag *flag)
{
	static char names[ARRAY_SIZE(opts_flags)][48];
	size_t index = (size_t)(flag - opts_flags);

	if (flag->setting == OPTS_SETTING_VERBOSITY)
		return "-v";
	(void)snprintf(names[index], sizeof(names[index]), "--%s", flag->name);
	return names[index];
}

/* The flag that @word is, and the value within it, or NULL. */
static const struct opts_flags_flag *opts_flags_read(const char *word, const char **ret_value)
{
	size_t len = strcspn(word, "=");

	*ret_value = word[len] ? word + len + 1 : NULL;
	if (word[1] == '-')
		return opts_flags_find(word + 2, len - 2);
	if (strcmp(word, "-h") == 0)
		return opts_flags_find("help", strlen("help"));
	if (word[1] != 'v')
		return NULL;
	*ret_value = word[2] == '=' ? word + 3 : word[2] ? word + 2 : NULL;
	return opts_flags_find("v", 1);
}

int opts_flags_next(struct opts_flags_line *line, struct err *reterr)
{
	const struct opts_flags_flag *flag;
	const char *word = line->at + 1 < line->argc ? line->argv[line->at + 1] : "";

	if (word[0] != '-' || !word[1])
		return 0;
	line->at++;
	if (strcmp(word, "--") == 0)
		return 0;
	flag = opts_flags_read(word, &line->value);
	if (!flag)
		return err_set(reterr, -EINVAL, "%s: unknown flag; --help lists them all", word);
	if (flag->takes == OPTS_FLAGS_TAKES_VALUE && !line->value) {
		if (line->at + 1 >= line->argc)
			return err_set(reterr, -EINVAL, "%s: needs a value; --help says which", word);
		line->value = line->argv[++line->at];
	}
	line->kind = flag->kind;
	line->setting = flag->setting;
	line->where = opts_flags_where(flag);
	return 1;
}
