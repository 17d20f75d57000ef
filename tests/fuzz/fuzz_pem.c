/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as a file of certificates or keys. */
#include "config.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "kubeapi/der.h"
#include "kubeapi/pem.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *bytes = size ? (const char *)data : "";
	struct secret_bytes bundle = { 0 }, again = { 0 };
	struct err err = { 0 }, skipped;
	int r;

	r = pem_check_key(bytes, size, &err);
	assert(r == 0 || (r == -EINVAL && *err.text));
	r = pem_check_certificate(bytes, size, &err);
	assert(r == 0 || r == -EINVAL);
	r = pem_read_bundle(bytes, size, &bundle, &skipped, &err);
	assert(r == 0 || r == -EINVAL);
	/* What was taken is taken again, as it is. */
	if (r == 0) {
		assert(pem_check_certificate(bundle.data, bundle.size, &err) == 0);
		assert(pem_read_bundle(bundle.data, bundle.size, &again, &skipped, &err) == 0);
		assert(!skipped.code && again.size == bundle.size);
		assert(memcmp(again.data, bundle.data, bundle.size) == 0);
	}
	secret_wipe_bytes(&bundle);
	secret_wipe_bytes(&again);
	(void)der_is_certificate(bytes, size);
	return 0;
}
