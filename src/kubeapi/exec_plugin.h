/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * exec_plugin.h - credentials from an exec plugin: when it runs, and for how long its answer counts
 *
 * Room:     kubeapi. Effects: runs a program (child_process.h), reads the wall clock.
 * Rule:     as client-go. It runs when a request needs credentials and there are none, or they end within
 *           EXEC_PLUGIN_LEEWAY_MS, or the server refused them; never twice at a time. After a run that was of
 *           no use (it failed, or the server refused what it gave) the next one waits: 0.8 s, and twice
 *           as long each time, up to 30 s.
 * Errors:   name the command and the end of its standard error; never its standard output.
 * Not here: what a kubeconfig says (kubeapi/kubeconfig_exec.h), the answer's form (kubeapi/exec_credential.h).
 */
#ifndef KUBEAPI_EXEC_PLUGIN_H
#define KUBEAPI_EXEC_PLUGIN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "kubeapi/credentials.h"
#include "kubeapi/kubeapi_caller.h"

#define EXEC_PLUGIN_LEEWAY_MS	10000
#define EXEC_PLUGIN_WAIT_MIN_MS 800
#define EXEC_PLUGIN_WAIT_MAX_MS 30000

struct exec_plugin;

/**
 * exec_plugin_new() - Nothing runs yet
 * @loop, @credentials: outlive the result. @credentials->exec says what to run; token, certificate and key
 *		are set in there.
 */
struct exec_plugin *exec_plugin_new(const struct kubeapi_loop *loop, struct credentials *credentials);
/** exec_plugin_free() - Kills what runs. */
struct exec_plugin *exec_plugin_free(struct exec_plugin *plugin);
DEFINE_FREEP(struct exec_plugin, exec_plugin_free);
/** exec_plugin_dispatch_fd() - Does nothing if @fd is another's. */
void exec_plugin_dispatch_fd(struct exec_plugin *plugin, int fd);
void exec_plugin_dispatch_timer(struct exec_plugin *plugin);
/** exec_plugin_deadline() - When to call exec_plugin_dispatch_timer() and exec_plugin_get(), as somebody waits; -1: no need. */
int64_t exec_plugin_deadline(const struct exec_plugin *plugin);
/**
 * exec_plugin_get() - Credentials for requests, now
 *
 * Return: 0: they are in place; -EINPROGRESS: ask again after the next dispatch; other negative errno: the
 * plugin failed, which is said once for each run.
 */
int exec_plugin_get(struct exec_plugin *plugin, struct err *reterr) __attribute__((warn_unused_result));
/** exec_plugin_generation() - A number for the credentials in place. */
unsigned int exec_plugin_generation(const struct exec_plugin *plugin);
/** exec_plugin_refused() - The server refused those of @generation (401); others are left alone. */
void exec_plugin_refused(struct exec_plugin *plugin, unsigned int generation);
/** exec_plugin_accepted() - The server took those that are in place. */
void exec_plugin_accepted(struct exec_plugin *plugin);

#endif
