/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "report/status.h"

bool status_kind_fails(const struct metrics_kind *kind)
{
	return kind->trouble && !kind->not_believed;
}

bool status_kind_is_known(const struct status *status, const struct metrics_kind *kind)
{
	return (kind->listed && !kind->absent) || status->saved_s >= 0;
}

static bool status_any_kind(const struct status *status, bool (*is)(const struct metrics_kind *kind))
{
	size_t i;

	for (i = 0; i < METRICS_KINDS_MAX && status->kinds[i].name; i++)
		if (is(&status->kinds[i]))
			return true;
	return false;
}

static bool status_kind_is_doubted(const struct metrics_kind *kind)
{
	return kind->doubted;
}

bool status_has_trouble(const struct status *status, enum status_trouble trouble)
{
	switch (trouble) {
	case STATUS_TROUBLE_SYNC_FAILS:
		return status->n_failed;
	case STATUS_TROUBLE_REQUESTS_FAIL:
		return status_any_kind(status, status_kind_fails);
	case STATUS_TROUBLE_DATA_DOUBTED:
		return status_any_kind(status, status_kind_is_doubted);
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
		[STATUS_TROUBLE_SYNC_FAILS] = "sync-fails",
		[STATUS_TROUBLE_REQUESTS_FAIL] = "requests-fail",
		[STATUS_TROUBLE_DATA_DOUBTED] = "data-doubted",
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
