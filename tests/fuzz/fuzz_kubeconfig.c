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
	const struct kubeconfig_cluster *cluster = NULL;
	const struct kubeconfig_user *user = NULL;
	struct err err = { 0 };
	int r = kubeconfig_resolve(config, context, &cluster, &user, &err);

	assert(r == 0 || r == -ENOENT || r == -EINVAL || r == -EOPNOTSUPP);
	if (r < 0) {
		assert(*err.text);
		return;
	}
	assert(cluster && cluster->server && *cluster->server);
	assert(!user || !user->unsupported);
	assert(!user || !user->exec || (user->exec->command && user->exec->api_version));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(kubeconfig_freep) struct kubeconfig *config = NULL;
	struct kubeconfig *again = NULL;
	struct err err = { 0 };
	size_t i;
	int r;

	r = kubeconfig_parse("f", (const char *)data, size, &config, &err);
	assert(r == 0 || r == -EBADMSG || r == -EINVAL || r == -E2BIG);
	assert((r == 0) == (config != NULL));
	if (r < 0)
		return 0;
	resolve(config, NULL);
	for (i = 0; i < config->n_contexts; i++)
		resolve(config, config->contexts[i].name);
	r = kubeconfig_parse("g", (const char *)data, size, &again, &err);
	assert(r == 0);
	i = config->n_users;
	kubeconfig_merge(config, again);
	assert(config->n_users == i);
	return 0;
}
