/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "daemon/host_check.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/log.h"
#include "base/monotonic.h"

void host_check_families(bool family_enabled[_FAMILY_MAX])
{
	char text[2] = "";
	FILE *file;

	family_enabled[FAMILY_IPV4] = true;
	family_enabled[FAMILY_IPV6] = access("/proc/net/if_inet6", F_OK) == 0;
	file = fopen("/proc/sys/net/ipv6/conf/all/disable_ipv6", "re");
	if (!file)
		return;
	if (fgets(text, sizeof(text), file) && text[0] == '1')
		family_enabled[FAMILY_IPV6] = false;
	(void)fclose(file);
	if (!family_enabled[FAMILY_IPV6])
		log_info("daemon", "no IPv6 on this host, serving only IPv4");
}

/* tests/COVERAGE.md X17: otherwise all pod traffic would be masqueraded, without a warning. */
int host_check_cluster_cidr(const struct settings *settings, const bool family_enabled[_FAMILY_MAX],
			    struct err *reterr)
{
	enum family only = family_enabled[FAMILY_IPV4] ? FAMILY_IPV4 : FAMILY_IPV6;

	if (settings->detect_local_mode != SETTINGS_DETECT_LOCAL_CLUSTER_CIDR ||
	    family_enabled[FAMILY_IPV4] == family_enabled[FAMILY_IPV6] || settings->has_cluster_cidr[only] ||
	    !(settings->has_cluster_cidr[FAMILY_IPV4] || settings->has_cluster_cidr[FAMILY_IPV6]))
		return 0;
	(void)err_set(reterr, -EINVAL, "%s: no prefix of %s, the only family of this host",
		      settings->config ? "clusterCIDR" : "--cluster-cidr", addr_family_name(only));
	return settings->config ? err_wrap(reterr, "%s", settings->config) : -EINVAL;
}

/* tests/COVERAGE.md O4, O11: it may be intended, or forgotten. */
void host_check_warn_node_ports(const struct settings *settings, const bool family_enabled[_FAMILY_MAX])
{
	bool listed[_FAMILY_MAX] = { false };
	size_t i;

	if (settings->node_port_primary)
		return;
	for (i = 0; i < settings->n_node_port_addresses; i++)
		listed[settings->node_port_addresses[i].addr.family] = true;
	for (i = 0; i < _FAMILY_MAX; i++) {
		if (family_enabled[i] && !listed[i])
			log_warn(
				"daemon",
				"--nodeport-addresses lists no prefix of this family: node ports are served on "
				"all its addresses",
				LOG_TEXT("family", addr_family_name((enum family)i)));
	}
}

/* tests/COVERAGE.md M3, M16, E23: pod traffic is treated as if it came from outside. */
void host_check_warn_cluster_cidr(const struct settings *settings, const bool family_enabled[_FAMILY_MAX])
{
	size_t i;

	if (settings->detect_local_mode != SETTINGS_DETECT_LOCAL_CLUSTER_CIDR)
		return;
	for (i = 0; i < _FAMILY_MAX; i++) {
		if (family_enabled[i] && !settings->has_cluster_cidr[i])
			/* A cluster of one family on a host with both is usual. */
			log_write(
				settings->has_cluster_cidr[1 - i] ? LOG_LEVEL_INFO : LOG_LEVEL_WARN, "daemon",
				settings->masquerade_all
					? "no cluster CIDR of this family: pods count as outside the cluster, for "
					  "externalTrafficPolicy Local"
					: "no cluster CIDR of this family: traffic to ClusterIPs from outside the "
					  "cluster is not masqueraded, and pods count as outside, for "
					  "externalTrafficPolicy Local",
				LOG_TEXT("family", addr_family_name((enum family)i)));
	}
}

uint64_t host_check_seed(const struct settings *settings)
{
	return hash_add_string(HASH_START ^ (uint64_t)getpid() ^ monotonic_ms() << 20, settings->hostname);
}
