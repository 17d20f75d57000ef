/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "sync/view_warnings.h"

#include "base/log.h"
#include "base/monotonic.h"
#include "sync/node_view.h"

static void view_warnings_log_prefixes(struct view_warnings *warnings, const struct settings *settings,
				       uint64_t unmatched)
{
	char text[CIDR_TEXT_SIZE];
	size_t i;

	for (i = 0; i < settings->n_node_port_addresses; i++) {
		const struct cidr *cidr = &settings->node_port_addresses[i];

		if ((unmatched & ~warnings->unmatched) >> i & 1 &&
		    log_ratelimit_may_say(&warnings->ratelimit, cidr_print(cidr, text), "unmatched",
					  monotonic_ms()))
			log_warn(
				"sync",
				"--nodeport-addresses: this node has no address in this prefix, so the prefix "
				"serves no node port",
				LOG_TEXT("prefix", text));
	}
}

void view_warnings_log(struct view_warnings *warnings, const struct settings *settings,
		       const struct node_view *view, bool has_nodes)
{
	if (view->waits_for_pod_cidr && !warnings->waits_for_pod_cidr)
		log_warn("sync",
			 "NodeCIDR: the Node has no podCIDR yet; until then no traffic counts as pod traffic",
			 LOG_TEXT("node", settings->hostname));
	if (view->unknown && !warnings->unknown)
		log_write(
			settings->manifests && !has_nodes ? LOG_LEVEL_INFO : LOG_LEVEL_WARN, "sync",
			"there is no such Node object: node ports are served on every address, zones do not "
			"count",
			LOG_TEXT("node", settings->hostname));
	if (view->unread && !warnings->unread)
		log_warn(
			"sync",
			"the Node object cannot be read, and no good version of it was seen: node ports are not "
			"served on primary addresses, zones do not count",
			LOG_TEXT("node", settings->hostname));
	if (view->skipped_loopback && !warnings->skipped_loopback)
		log_warn("sync",
			 "--nodeport-addresses: loopback addresses never serve node ports; localhost and "
			 "loopback prefixes have no effect");
	if (view->skipped_service_cidrs && !warnings->skipped_service_cidrs)
		log_warn("sync", "too many ServiceCIDRs: unused addresses of the last ones are not dropped",
			 LOG_NUMBER("max", NODE_VIEW_SERVICE_CIDRS_MAX),
			 LOG_NUMBER("left_out", view->skipped_service_cidrs));
	view_warnings_log_prefixes(warnings, settings, view->unmatched);
	warnings->unknown = view->unknown;
	warnings->unread = view->unread;
	warnings->waits_for_pod_cidr = view->waits_for_pod_cidr;
	warnings->skipped_loopback = view->skipped_loopback;
	warnings->skipped_service_cidrs = view->skipped_service_cidrs;
	warnings->unmatched = view->unmatched;
}
