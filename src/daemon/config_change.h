/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * config_change.h - what to do about another content of the configuration file
 *
 * Room:     daemon. Effects: reads files, timers on the loop, the log.
 * Rule:     tests/COVERAGE.md X2. A content is checked like at a start: the file, the flags beside it, the families of this host, and
 *           whether the kubeconfig or the manifests can be read; a large manifest is read in turns of the loop. A bad content is
 *           named in the log, once, and the settings in force stay. A good one with the same effect changes nothing. Else the
 *           daemon is executed anew (daemon/reexec.h) with the content that was checked, after a delay that follows from the
 *           node's name: a ConfigMap changes on all nodes at about the same time.
 */
#ifndef DAEMON_CONFIG_CHANGE_H
#define DAEMON_CONFIG_CHANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "config/settings.h"

#define CONFIG_CHANGE_SETTLE_MS \
	100 /* from an event to the reading: a file may be made first, and written then */
#define CONFIG_CHANGE_SPREAD_MS 5000 /* the longest delay */
#define CONFIG_CHANGE_PAUSE_MS	1000 /* least time between two executions, if the file changes all the time */
#define CONFIG_CHANGE_SHORT_MS	5000 /* to the next reading, if descriptors or memory were short */
#define CONFIG_CHANGE_RETRY_MS	60000 /* after an execution that failed */
#define CONFIG_CHANGE_CHILD_MS	200   /* how often to look whether a child has ended */
#define CONFIG_CHANGE_PATIENCE_MS \
	35000 /* how long to wait for it: longer than kubeapi/child_process.h lets one run */

struct config_change;
struct sd_event;

/**
 * struct config_change_params - Borrowed
 * @settings:	in force
 * @argc, @argv: of this process
 * @family_enabled: of this host
 * @execute:	execute anew with @text as the content; returns only if this fails. -EAGAIN: not now, a child is running;
 *		not returned if @patient is false
 * @refused:	called when a content is refused, with the reason
 */
struct config_change_params {
	struct sd_event *event;
	const struct settings *settings;
	int argc;
	char *const *argv;
	const bool *family_enabled;
	int (*execute)(void *ctx, const struct buf *text, bool patient, struct err *reterr);
	void (*refused)(void *ctx, const struct err *err);
	void *ctx;
};

/** config_change_new() - The content that is known is that of @params->settings. Return: 0; negative errno without timers. */
int config_change_new(const struct config_change_params *params, struct config_change **ret,
		      struct err *reterr) __attribute__((warn_unused_result));
struct config_change *config_change_free(struct config_change *change);
DEFINE_FREEP(struct config_change, config_change_free);
/** config_change_soon() - The file may have changed: read it a little later. @ctx is the struct config_change. */
void config_change_soon(void *ctx);
/** config_change_now() - An operator asks: read it at once, name a bad content again, execute without delay. @change may be NULL. */
void config_change_now(struct config_change *change);
/** config_change_problem() - Why the file is not in force, NULL if it is. @ret_since_ms: monotonic clock. @change may be NULL. */
const char *config_change_problem(const struct config_change *change, uint64_t *ret_since_ms);
/** config_change_delay_ms() - From a good content to the execution: the same for a node each time, less than CONFIG_CHANGE_SPREAD_MS. */
uint64_t config_change_delay_ms(const char *node_name);

#endif
