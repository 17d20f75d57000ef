/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any text as a kubeconfig, alone and merged with itself. */
#include "config.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "kubeapi/kubeconfig.h"
#include "kubeapi/kubeconfig_exec.h"
#include "fuzz.h"

static void resolve(const struct kubeconfig *config, const char *context)
{
	struct kubeconfig_cluster *cluster = NULL;
	struct kubeconfig_user *user = NULL;
	struct err err = { 0 };
	int r = kubeconfig_resolve(config, context, &cluster, &user, &err);

	assert(r == 0 || r == -ENOENT || r == -EINVAL || r == -EOPNOTSUPP);
	if (r < 0) {
		assert(*err.text);
		return;
	}
	assert(cluster && cluster->server && *cluster->server);
	assert(!user || !user->unsupported);
	assert(!user || !user->exec || (*user->exec->argv[0] && user->exec->api_version));
}

static size_t count(const struct kubeconfig_entry *entry)
{
	size_t n = 0;

	for (; entry; entry = entry->next)
		n++;
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(kubeconfig_freep) struct kubeconfig *config = NULL;
	const struct kubeconfig_entry *context;
	struct kubeconfig *again = NULL;
	struct err err = { 0 };
	size_t n_users;
	int r;

	r = kubeconfig_parse("f", (const char *)data, size, &config, &err);
	assert(r == 0 || r == -EBADMSG || r == -EINVAL || r == -E2BIG);
	assert((r == 0) == (config != NULL));
	if (r < 0)
		return 0;
	resolve(config, NULL);
	for (context = config->entries[KUBECONFIG_KIND_CONTEXT]; context; context = context->next)
		resolve(config, context->name);
	r = kubeconfig_parse("g", (const char *)data, size, &again, &err);
	assert(r == 0);
	n_users = count(config->entries[KUBECONFIG_KIND_USER]);
	kubeconfig_merge(config, again);
	assert(count(config->entries[KUBECONFIG_KIND_USER]) == n_users);
	return 0;
}
