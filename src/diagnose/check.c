/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "diagnose/check.h"

#include "backend/nfnl_dump.h"
#include "base/arena.h"
#include "diagnose/connect_check.h"
#include "diagnose/host_settings.h"
#include "diagnose/route_check.h"
#include "render/layout.h"

static void check_element(void *ctx, const struct nlattr *entry)
{
	(void)entry;
	*(bool *)ctx = true;
}

/* Whether our rules have a front end of @family. If they cannot be read, no. */
static bool check_serves(enum family family)
{
	_cleanup_(nfnl_dump_freep) struct nfnl_dump *dump = nfnl_dump_new_of(LAYOUT_TABLE_NAME);
	struct err err = { 0 };
	bool found = false;
	int r = nfnl_dump_start(dump, family, "services", &err);

	if (!r)
		r = 1;
	while (r > 0 && !found)
		r = nfnl_dump_step(dump, check_element, &found, &err);
	return found;
}

static void check_endpoints(const struct targets *targets, size_t n, struct findings *findings)
{
	struct finding finding = { .check = FINDING_CHECK_ENDPOINTS,
				   .has_value = true,
				   .value = (int64_t)targets->n_endpoints };

	if (targets->unknown) {
		finding.verdict = FINDING_VERDICT_UNKNOWN;
		finding.reason = "incomplete";
		finding.text = "not all endpoints of the Service are known";
		finding.fix = "`kube-nftproxy explain` says why";
	} else if (targets->not_served || !targets->n_frontends) {
		finding.verdict = FINDING_VERDICT_TROUBLE;
		finding.reason = "not-served";
		finding.text = "the Service has no front end on this node";
		finding.fix = "`kube-nftproxy explain` says why";
	} else if (!targets->n_endpoints) {
		finding.verdict = FINDING_VERDICT_TROUBLE;
		finding.reason = "no-endpoints";
		finding.text = "no endpoint of the Service is used";
		finding.fix = "`kube-nftproxy explain` says why";
	} else if (n < targets->n_endpoints) {
		finding.verdict = FINDING_VERDICT_UNKNOWN;
		finding.reason = "limit";
		finding.has_limit = true;
		finding.limit = (int64_t)n;
		finding.text = arena_printf(findings->arena, "only %zu of %zu endpoints were looked at", n,
					    targets->n_endpoints);
	} else {
		finding.text =
			arena_printf(findings->arena, "%zu endpoint%s used", n, n == 1 ? " is" : "s are");
	}
	finding_add(findings, &finding);
}

static void check_service(const struct targets *targets, const struct addr *from, struct findings *findings)
{
	size_t n = targets->n_endpoints < CHECK_ENDPOINTS_MAX ? targets->n_endpoints : CHECK_ENDPOINTS_MAX;
	const bool family_used[_FAMILY_MAX] = {
		[FAMILY_IPV4] = targets_has_family(targets, FAMILY_IPV4),
		[FAMILY_IPV6] = targets_has_family(targets, FAMILY_IPV6),
	};
	struct findings routes = { .arena = findings->arena };
	bool *is_local = arena_array(findings->arena, n + 1, sizeof(*is_local));
	enum fact frontend_is_local[FOREIGN_CHECK_FRONTENDS_MAX];
	struct foreign_check foreign = { .targets = targets,
					 .is_local = is_local,
					 .from = from,
					 .frontend_is_local = frontend_is_local,
					 .family_used = family_used };
	size_t i;

	host_settings_check("", family_used, findings);
	route_check_frontends(targets,
			      targets->n_frontends < FOREIGN_CHECK_FRONTENDS_MAX
				      ? targets->n_frontends
				      : FOREIGN_CHECK_FRONTENDS_MAX,
			      frontend_is_local);
	/* The routes say which endpoints are here, which is asked for before. */
	route_check_endpoints(targets, n, is_local, &routes);
	if (from)
		foreign.from_is_local = route_check_client(from, &routes);
	foreign_check_run(&foreign, findings);
	check_endpoints(targets, n, findings);
	for (i = 0; i < routes.n; i++)
		finding_add(findings, &routes.list[i]);
	connect_check_endpoints(targets, n, findings);
}

void check_run(const struct targets *targets, const struct addr *from, struct findings *findings)
{
	bool family_used[_FAMILY_MAX];
	const struct foreign_check foreign = { .family_used = family_used };

	if (targets) {
		check_service(targets, from, findings);
		return;
	}
	family_used[FAMILY_IPV6] = check_serves(FAMILY_IPV6);
	family_used[FAMILY_IPV4] = !family_used[FAMILY_IPV6] || check_serves(FAMILY_IPV4);
	host_settings_check("", family_used, findings);
	foreign_check_run(&foreign, findings);
}
