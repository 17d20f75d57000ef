/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "daemon/kernel_features.h"

#include <string.h>

#include "base/buf.h"
#include "base/log.h"

/* Without IPv6 its features do not matter. */
static bool kernel_features_is_unused(int feature, const bool family_enabled[_FAMILY_MAX])
{
	return feature == NFNL_PROBE_IPV6 && !family_enabled[FAMILY_IPV6];
}

void kernel_features_judge(const struct kernel_features *have, bool family_enabled[_FAMILY_MAX])
{
	struct buf names = BUF_INIT, lost = BUF_INIT;
	int feature;

	for (feature = 0; feature < _NFNL_PROBE_MAX; feature++) {
		const struct nfnl_probe_description *d = nfnl_probe_describe(feature);

		if (have->available[feature] || kernel_features_is_unused(feature, family_enabled))
			continue;
		if (d->needed) {
			log_error("daemon", "this kernel's nf_tables lacks what we need",
				  LOG_TEXT("missing", d->name), LOG_TEXT("lost", d->lost));
			continue;
		}
		buf_printf(&names, "%s%s", names.size ? ", " : "", d->name);
		buf_printf(&lost, "%s%s", lost.size ? "; " : "", d->lost);
	}
	if (names.size)
		log_info("daemon", "not available in this kernel's nf_tables",
			 LOG_TEXT("missing", buf_text(&names)), LOG_TEXT("lost", buf_text(&lost)));
	buf_done(&names);
	buf_done(&lost);
	if (!have->available[NFNL_PROBE_IPV6])
		family_enabled[FAMILY_IPV6] = false;
}

void kernel_features_find(struct nfnl *nfnl, bool family_enabled[_FAMILY_MAX], struct kernel_features *ret)
{
	struct err err = { 0 };
	int feature, untried = 0;

	if (nfnl_probe_kernel(nfnl, ret->available, &untried, &err) < 0) {
		log_debug("daemon", "cannot probe the features of the kernel", LOG_TEXT("err", err.text));
		for (feature = 0; feature < _NFNL_PROBE_MAX; feature++)
			ret->available[feature] = true;
	} else if (untried) {
		log_warn(
			"daemon",
			"features of the kernel's nf_tables could not be tried; until the next start, those count as missing that we can do without",
			LOG_TEXT("err", strerror(-untried)));
	}
	kernel_features_judge(ret, family_enabled);
}
