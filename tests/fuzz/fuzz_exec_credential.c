/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as the output of an exec plugin. */
#include "config.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "kubeapi/exec_credential.h"
#include "fuzz.h"

static void decode(const char *bytes, size_t size, const char *api_version)
{
	struct exec_credential credential = { 0 };
	struct err err = { 0 };
	const char *p;
	int r = exec_credential_decode(bytes, size, api_version, &credential, &err);

	assert(r == 0 || r == -E2BIG || r == -EBADMSG || r == -EINVAL);
	/* All or nothing: credentials, and they can be sent. */
	assert((r == 0) == (credential.token || credential.certificate));
	assert(!credential.certificate == !credential.key);
	for (p = credential.token; p && *p; p++)
		assert(*p > ' ' && *p <= '~');
	exec_credential_done(&credential);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	decode((const char *)data, size, EXEC_CREDENTIAL_V1);
	decode((const char *)data, size, EXEC_CREDENTIAL_V1BETA1);
	return 0;
}
