/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "report/status.h"

static bool status_requests_fail(const struct status *status)
{
	size_t i;

	for (i = 0; i < METRICS_KINDS_MAX && status->kinds[i].name; i++)
		if (status->kinds[i].trouble)
			return true;
	return false;
}

bool status_has_trouble(const struct status *status, enum status_trouble trouble)
{
	switch (trouble) {
	case STATUS_TROUBLE_REQUESTS_FAIL:
		return status_requests_fail(status);
	case STATUS_TROUBLE_SAVED_STATE:
		return status->saved_s >= 0;
	case STATUS_TROUBLE_NODE_INELIGIBLE:
		return status->live && !status->eligible;
	case STATUS_TROUBLE_NODE_MISSING:
		return status->node_missing;
	case STATUS_TROUBLE_NODE_UNREAD:
		return status->node_unread;
	case STATUS_TROUBLE_OBJECTS_REFUSED:
		return status->n_rejected || status->n_refused;
	case STATUS_TROUBLE_CONFLICTS:
		return status->n_conflicts;
	case STATUS_TROUBLE_CONFIG_REFUSED:
		return status->config_problem;
	case _STATUS_TROUBLE_MAX:
		break;
	}
	return false;
}

bool status_has_troubles(const struct status *status)
{
	int trouble;

	for (trouble = 0; trouble < _STATUS_TROUBLE_MAX; trouble++)
		if (status_has_trouble(status, (enum status_trouble)trouble))
			return true;
	return false;
}

const char *status_trouble_name(enum status_trouble trouble)
{
	static const char *const names[_STATUS_TROUBLE_MAX] = {
		[STATUS_TROUBLE_REQUESTS_FAIL] = "requests-fail",
		[STATUS_TROUBLE_SAVED_STATE] = "saved-state",
		[STATUS_TROUBLE_NODE_INELIGIBLE] = "node-ineligible",
		[STATUS_TROUBLE_NODE_MISSING] = "node-missing",
		[STATUS_TROUBLE_NODE_UNREAD] = "node-unread",
		[STATUS_TROUBLE_OBJECTS_REFUSED] = "objects-refused",
		[STATUS_TROUBLE_CONFLICTS] = "conflicts",
		[STATUS_TROUBLE_CONFIG_REFUSED] = "config-refused",
	};

	return names[trouble];
}
