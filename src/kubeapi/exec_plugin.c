/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "kubeapi/exec_plugin.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/log.h"
#include "kubeapi/child_process.h"
#include "kubeapi/exec_credential.h"
#include "kubeapi/kubeconfig_exec.h"
#include "kubeapi/secret.h"

#define EXEC_PLUGIN_INFO       "KUBERNETES_EXEC_INFO"
#define EXEC_PLUGIN_SHOWN_SIZE 64  /* of the command's name, in an error */
#define EXEC_PLUGIN_TAIL_SIZE  128 /* of its standard error or the install hint, in an error */

/**
 * struct exec_plugin
 * @child:	the plugin; NULL: it does not run
 * @failure:	of the last run, until exec_plugin_get() returns it; code 0: none
 * @given:	credentials are in place
 * @fresh:	no request has used them: the requests that waited for them may, however soon they expire
 * @expires_ms: -1: never
 * @not_before_ms: no run starts earlier
 * @n_useless:	runs in a row that failed, or whose credentials were refused
 */
struct exec_plugin {
	const struct kubeapi_loop *loop;
	struct credentials *credentials;
	struct child_process *child;
	struct err failure;
	bool given;
	bool fresh;
	int64_t expires_ms;
	int64_t not_before_ms;
	unsigned int n_useless;
	unsigned int generation;
};

static int64_t exec_plugin_now(const struct exec_plugin *plugin)
{
	return plugin->loop->now_ms(plugin->loop->ctx);
}

struct exec_plugin *exec_plugin_new(const struct kubeapi_loop *loop, struct credentials *credentials)
{
	struct exec_plugin *plugin = alloc_zeroed(1, sizeof(*plugin));

	plugin->loop = loop;
	plugin->credentials = credentials;
	plugin->not_before_ms = exec_plugin_now(plugin);
	return plugin;
}

struct exec_plugin *exec_plugin_free(struct exec_plugin *plugin)
{
	if (!plugin)
		return NULL;
	child_process_free(plugin->child);
	free(plugin);
	return NULL;
}

unsigned int exec_plugin_generation(const struct exec_plugin *plugin)
{
	return plugin->generation;
}

int64_t exec_plugin_end_deadline(const struct exec_plugin *plugin)
{
	return plugin->child ? child_process_deadline(plugin->child) : -1;
}

int64_t exec_plugin_deadline(const struct exec_plugin *plugin)
{
	return plugin->child ? exec_plugin_end_deadline(plugin) : plugin->not_before_ms;
}

static void exec_plugin_back_off(struct exec_plugin *plugin)
{
	int64_t wait_ms = EXEC_PLUGIN_WAIT_MIN_MS;
	unsigned int i;

	for (i = 0; i < plugin->n_useless && wait_ms < EXEC_PLUGIN_WAIT_MAX_MS; i++)
		wait_ms *= 2;
	if (wait_ms > EXEC_PLUGIN_WAIT_MAX_MS)
		wait_ms = EXEC_PLUGIN_WAIT_MAX_MS;
	plugin->n_useless++;
	plugin->not_before_ms = exec_plugin_now(plugin) + wait_ms;
}

void exec_plugin_refused(struct exec_plugin *plugin, unsigned int generation)
{
	if (!plugin->given || generation != plugin->generation)
		return;
	plugin->given = false;
	exec_plugin_back_off(plugin);
}

void exec_plugin_accepted(struct exec_plugin *plugin)
{
	plugin->n_useless = 0;
}

/* For errors: one line of printable ASCII; of a longer @text the end if @tail, else the beginning. */
static const char *exec_plugin_printable(const char *text, bool tail, char *ret, size_t size)
{
	size_t len = strlen(text), i, n;

	n = len < size ? len : size - 1;
	if (tail)
		text += len - n;
	for (i = 0; i < n; i++)
		ret[i] = text[i] >= ' ' && text[i] <= '~' ? text[i]
			 : text[i] > 0 && text[i] < ' '	  ? ' '
							  : '?';
	ret[n] = '\0';
	if (n < len)
		memcpy(tail ? ret : ret + n - 3, "...", 3);
	return ret;
}

static void exec_plugin_failed(struct exec_plugin *plugin, int code, const char *what, const char *why)
{
	char command[EXEC_PLUGIN_SHOWN_SIZE];

	(void)exec_plugin_printable(plugin->credentials->exec->argv[0], true, command, sizeof(command));
	(void)err_set(&plugin->failure, code, "exec plugin %s: %s%s%s", command, what, *why ? ": " : "", why);
	exec_plugin_back_off(plugin);
}

static bool exec_plugin_names(const char *entry, size_t len, const char *name)
{
	return len == strlen(name) && memcmp(entry, name, len) == 0;
}

/* What systemd tells a service of its own: who may say that it is ready or alive, and which sockets it gets. */
static bool exec_plugin_is_private(const char *entry)
{
	static const char *const names[] = { "NOTIFY_SOCKET",  "WATCHDOG_PID", "WATCHDOG_USEC",
					     "LISTEN_PID",     "LISTEN_FDS",   "LISTEN_FDNAMES",
					     "LISTEN_PIDFDID", "FDSTORE",      "JOURNAL_STREAM" };
	size_t len = strcspn(entry, "="), i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (exec_plugin_names(entry, len, names[i]))
			return true;
	return false;
}

/* Whether we set a variable of the same name as @entry ("NAME=VALUE"). */
static bool exec_plugin_replaced(const struct kubeconfig_exec *exec, const char *entry)
{
	size_t len = strcspn(entry, "="), i;

	if (exec_plugin_names(entry, len, EXEC_PLUGIN_INFO))
		return true;
	for (i = 0; i < exec->n_env; i++)
		if (strcspn(exec->env[i], "=") == len && memcmp(exec->env[i], entry, len) == 0)
			return true;
	return false;
}

/* Our own variables without those of systemd, those of the kubeconfig (the last of a name counts), and @info. The strings are not copied. */
static char **exec_plugin_environment(const struct kubeconfig_exec *exec, char *info)
{
	size_t n = 0, i, j;
	char **envp;

	while (environ && environ[n])
		n++;
	envp = alloc_zeroed(n + exec->n_env + 2, sizeof(*envp));
	for (i = 0, j = 0; i < n; i++)
		if (!exec_plugin_is_private(environ[i]) && !exec_plugin_replaced(exec, environ[i]))
			envp[j++] = environ[i];
	for (i = exec->n_env; i-- > 0;) {
		const struct kubeconfig_exec later = { .env = exec->env + i + 1,
						       .n_env = exec->n_env - i - 1 };

		if (!exec_plugin_replaced(&later, exec->env[i]))
			envp[j++] = exec->env[i];
	}
	envp[j] = info;
	return envp;
}

static char *exec_plugin_info(const struct credentials *credentials)
{
	const struct exec_credential_cluster cluster = {
		.server = credentials->server,
		.tls_server_name = credentials->tls_server_name,
		.insecure = credentials->insecure,
		.disable_compression = credentials->disable_compression,
		.ca = credentials->ca.data,
		.ca_size = credentials->ca.size,
		.proxy_url = credentials->proxy_url,
		.config = credentials->exec_config,
	};

	return exec_credential_request(credentials->exec->api_version,
				       credentials->exec->provide_cluster_info ? &cluster : NULL);
}

static void exec_plugin_start(struct exec_plugin *plugin)
{
	const struct kubeconfig_exec *exec = plugin->credentials->exec;
	struct child_process_params params = { .path = exec->argv[0],
					       .argv = exec->argv,
					       .out_size_max = EXEC_CREDENTIAL_SIZE_MAX };
	char *info = exec_plugin_info(plugin->credentials), hint[EXEC_PLUGIN_TAIL_SIZE];
	struct buf variable = BUF_INIT;
	struct err err = { 0 };
	char **envp;
	int r;

	(void)buf_reserve(&variable,
			  strlen(info) + sizeof(EXEC_PLUGIN_INFO) + 1); /* growing would leave copies */
	buf_printf(&variable, EXEC_PLUGIN_INFO "=%s", info);
	envp = exec_plugin_environment(exec, variable.data);
	params.envp = envp;
	log_debug("plugin", "run", LOG_TEXT("command", exec->argv[0]));
	r = child_process_start(plugin->loop, &params, &plugin->child, &err);
	if (r < 0)
		exec_plugin_failed(
			plugin, r, err.text,
			r == -ENOENT && exec->install_hint
				? exec_plugin_printable(exec->install_hint, false, hint, sizeof(hint))
				: "");
	free(envp);
	explicit_bzero(variable.data, variable.size);
	buf_done(&variable);
	secret_wipe(&info);
}

static int exec_plugin_use_answer(struct exec_plugin *plugin, const struct child_process_result *result,
				  struct err *reterr)
{
	struct exec_credential credential = { 0 };
	int64_t left_s;
	int r;

	r = exec_credential_decode(result->out, result->out_size, plugin->credentials->exec->api_version,
				   &credential, reterr);
	if (r < 0)
		return r;
	plugin->expires_ms = -1;
	if (credential.expires) {
		left_s = credential.expiration_s - (int64_t)time(NULL);
		plugin->expires_ms = left_s > 0 ? exec_plugin_now(plugin) + left_s * 1000 : 0;
		log_debug("plugin", "credentials", LOG_NUMBER("left_s", left_s));
	}
	credentials_replace(plugin->credentials, credential.token, credential.certificate, credential.key);
	exec_credential_done(&credential);
	plugin->given = true;
	plugin->fresh = true;
	plugin->generation++;
	return 0;
}

static void exec_plugin_ended(struct exec_plugin *plugin, const struct child_process_result *result)
{
	char tail[EXEC_PLUGIN_TAIL_SIZE], what[ERR_TEXT_SIZE / 2];
	struct err err = { 0 };

	(void)exec_plugin_printable(result->error, true, tail, sizeof(tail));
	if (*result->error)
		log_debug("plugin", "standard error", LOG_TEXT("text", result->error));
	if (result->timed_out)
		(void)snprintf(what, sizeof(what), "still running after %d s, killed",
			       CHILD_PROCESS_TIME_MS / 1000);
	else if (result->too_large)
		(void)snprintf(what, sizeof(what), "more than %u bytes on standard output, killed",
			       EXEC_CREDENTIAL_SIZE_MAX);
	else if (WIFSIGNALED(result->status))
		(void)snprintf(what, sizeof(what), "killed by signal %d (SIG%s)", WTERMSIG(result->status),
			       sigabbrev_np(WTERMSIG(result->status)) ?: "?");
	else if (WEXITSTATUS(result->status) != 0)
		(void)snprintf(what, sizeof(what), "exit status %d", WEXITSTATUS(result->status));
	else if (exec_plugin_use_answer(plugin, result, &err) == 0)
		return;
	else
		(void)snprintf(what, sizeof(what), "its answer: %.160s", err.text);
	exec_plugin_failed(plugin, -EACCES, what, tail);
}

static void exec_plugin_check(struct exec_plugin *plugin)
{
	struct child_process_result result;

	if (!plugin->child || !child_process_ended(plugin->child, &result))
		return;
	exec_plugin_ended(plugin, &result);
	plugin->child = child_process_free(plugin->child);
}

void exec_plugin_dispatch_fd(struct exec_plugin *plugin, int fd)
{
	if (plugin->child)
		child_process_dispatch_fd(plugin->child, fd);
	exec_plugin_check(plugin);
}

void exec_plugin_dispatch_timer(struct exec_plugin *plugin)
{
	if (plugin->child)
		child_process_dispatch_timer(plugin->child);
}

static bool exec_plugin_usable(const struct exec_plugin *plugin)
{
	if (!plugin->given)
		return false;
	return plugin->fresh || plugin->expires_ms < 0 ||
	       exec_plugin_now(plugin) < plugin->expires_ms - EXEC_PLUGIN_LEEWAY_MS;
}

int exec_plugin_get(struct exec_plugin *plugin, struct err *reterr)
{
	int code;

	if (!plugin->child && !plugin->failure.code && !exec_plugin_usable(plugin) &&
	    exec_plugin_now(plugin) >= plugin->not_before_ms)
		exec_plugin_start(plugin);
	if (plugin->failure.code) {
		*reterr = plugin->failure;
		code = plugin->failure.code;
		plugin->failure = (struct err){ 0 };
		return code;
	}
	if (plugin->child || !exec_plugin_usable(plugin))
		return -EINPROGRESS;
	plugin->fresh = false;
	return 0;
}
