/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plugin.h - credentials from an exec plugin: when it runs, and for how long its answer counts
 *
 * Room:     source. Effects: runs a program (child.h), reads the wall clock.
 * Rule:     as client-go. It runs when a request needs credentials and there are none, or they end within
 *           PLUGIN_LEEWAY_MS, or the server refused them; never twice at a time. After a run that was of
 *           no use (it failed, or the server refused what it gave) the next one waits: 0.8 s, and twice
 *           as long each time, up to 30 s.
 * Errors:   name the command and the end of its standard error; never its standard output.
 * Not here: what a kubeconfig says (decode/kubeconfig_exec.h), the answer's form (decode/exec_credential.h).
 */
#ifndef SOURCE_PLUGIN_H
#define SOURCE_PLUGIN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "source/credentials.h"
#include "source/kubeapi.h"

#define PLUGIN_LEEWAY_MS   10000
#define PLUGIN_WAIT_MIN_MS 800
#define PLUGIN_WAIT_MAX_MS 30000

struct plugin;

/**
 * plugin_new() - Nothing runs yet
 * @loop, @credentials: outlive the result. @credentials->exec says what to run; token, certificate and key
 *		are set in there.
 */
struct plugin *plugin_new(const struct kubeapi_loop *loop, struct credentials *credentials);
/** plugin_free() - Kills what runs. */
struct plugin *plugin_free(struct plugin *plugin);
DEFINE_FREEP(struct plugin, plugin_free);
/** plugin_dispatch_fd() - Does nothing if @fd is another's. */
void plugin_dispatch_fd(struct plugin *plugin, int fd);
void plugin_dispatch_timer(struct plugin *plugin);
/** plugin_deadline() - When to call plugin_dispatch_timer() and plugin_get(), as somebody waits; -1: no need. */
int64_t plugin_deadline(const struct plugin *plugin);
/**
 * plugin_get() - Credentials for requests, now
 *
 * Return: 0: they are in place; -EINPROGRESS: ask again after the next dispatch; other negative errno: the
 * plugin failed, which is said once for each run.
 */
int plugin_get(struct plugin *plugin, struct err *reterr) __attribute__((warn_unused_result));
/** plugin_generation() - A number for the credentials in place. */
unsigned int plugin_generation(const struct plugin *plugin);
/** plugin_refused() - The server refused those of @generation (401); others are left alone. */
void plugin_refused(struct plugin *plugin, unsigned int generation);
/** plugin_accepted() - The server took those that are in place. */
void plugin_accepted(struct plugin *plugin);

#endif
