/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "daemon/manifest_check.h"

#include <errno.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "decode/object_sink.h"
#include "manifests/files.h"

/* @problem: the first one */
struct manifest_check {
	struct files *files;
	struct err problem;
};

static void manifest_check_ignore_put(void *ctx, struct object *object)
{
	(void)ctx;
	(void)object;
}

static void manifest_check_ignore_del(void *ctx, enum object_kind kind, const char *namespace,
				      const char *name)
{
	(void)ctx;
	(void)kind;
	(void)namespace;
	(void)name;
}

static void manifest_check_ignore_refused(void *ctx, const struct object *object, const struct err *err)
{
	(void)ctx;
	(void)object;
	(void)err;
}

static void manifest_check_ignore_synced(void *ctx, enum object_kind kind)
{
	(void)ctx;
	(void)kind;
}

static void manifest_check_degraded(void *ctx, const struct object_source *source, const struct err *err)
{
	struct manifest_check *check = ctx;

	if (!check->problem.code)
		(void)err_set(&check->problem, err->code, "%s: %s", source->origin, err->text);
}

int manifest_check_new(const char *path, struct manifest_check **ret, struct err *reterr)
{
	_cleanup_(manifest_check_freep) struct manifest_check *check = alloc_zeroed(1, sizeof(*check));
	const struct object_sink sink = {
		.put = manifest_check_ignore_put,
		.del = manifest_check_ignore_del,
		.refused = manifest_check_ignore_refused,
		.synced = manifest_check_ignore_synced,
		.degraded = manifest_check_degraded,
		.ctx = check,
	};
	int r = files_new(path, false, &sink, &check->files, reterr);

	if (r < 0)
		return r;
	files_reload(check->files);
	*ret = TAKE_PTR(check);
	return 0;
}

struct manifest_check *manifest_check_free(struct manifest_check *check)
{
	if (!check)
		return NULL;
	files_free(check->files);
	free(check);
	return NULL;
}

int manifest_check_step(struct manifest_check *check, struct err *reterr)
{
	bool more;
	int r = files_dispatch(check->files, &more, reterr);

	if (r < 0)
		return r;
	if (check->problem.code)
		return err_set(reterr, check->problem.code, "%s", check->problem.text);
	return more ? -EINPROGRESS : 0;
}
