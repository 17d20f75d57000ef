/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "decode/decode_service_cidr.h"

#include "base/arena.h"
#include "base/cidr.h"
#include "decode/field.h"
#include "decode/object.h"
#include "model/service_cidr.h"

static int read_cidrs(const struct field *root, struct service_cidr *service_cidr, struct arena *arena,
		      struct err *reterr)
{
	struct field spec = field_member(root, "spec");
	struct field cidrs = field_member(&spec, "cidrs");
	size_t i, n;
	int r;

	r = field_object(&spec, reterr);
	if (r < 0)
		return r;
	r = field_array(&cidrs, OBJECT_SERVICE_CIDRS_MAX, &n, reterr);
	if (r < 0)
		return r;
	service_cidr->cidrs = arena_array(arena, n, sizeof(*service_cidr->cidrs));
	for (i = 0; i < n; i++) {
		struct field element = field_element(&cidrs, i);
		char shown[FIELD_SHOWN_SIZE];
		const char *text;

		r = field_string(&element, &text, reterr);
		if (r < 0)
			return r;
		if (cidr_parse(text, &service_cidr->cidrs[service_cidr->n_cidrs]))
			service_cidr->n_cidrs++;
		else
			field_remark(&element, "\"%s\" is not a prefix", field_shown(text, shown));
	}
	return 0;
}

int decode_service_cidr_read(const struct field *root, const char *name, struct arena *arena,
			     struct service_cidr **ret, struct err *reterr)
{
	struct service_cidr service_cidr = { .name = name };
	struct field metadata = field_member(root, "metadata");
	struct field uid = field_member(&metadata, "uid");
	int r;

	r = field_name(&uid, &service_cidr.uid, reterr);
	if (r < 0)
		return r;
	r = read_cidrs(root, &service_cidr, arena, reterr);
	if (r < 0)
		return r;
	*ret = service_cidr_new_copy(&service_cidr);
	return 0;
}
