/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "decode/decode_service_cidr.h"

#include "base/arena.h"
#include "base/cidr.h"
#include "base/special.h"
#include "decode/field.h"
#include "decode/object.h"
#include "model/service_cidr.h"

static void read_cidrs(const struct field *root, struct service_cidr *service_cidr, struct arena *arena)
{
	struct field spec = field_member(root, "spec");
	struct field cidrs = field_member(&spec, "cidrs");
	size_t i, n;

	field_object(&spec);
	n = field_array(&cidrs, OBJECT_SERVICE_CIDRS_MAX);
	service_cidr->cidrs = arena_array(arena, n, sizeof(*service_cidr->cidrs));
	for (i = 0; i < n; i++) {
		struct field element = field_element(&cidrs, i);
		struct cidr *cidr = &service_cidr->cidrs[service_cidr->n_cidrs];
		const char *text = field_string(&element), *why;
		char shown[CIDR_TEXT_SIZE];

		if (!cidr_parse(text, cidr)) {
			field_warn_value(&element, text, "a prefix");
			continue;
		}
		why = special_range(cidr);
		if (why)
			field_warn(&element, "%s: %s; it is left out", cidr_print(cidr, shown), why);
		else
			service_cidr->n_cidrs++;
	}
}

struct service_cidr *decode_service_cidr_read(const struct field *root, const char *name, struct arena *arena)
{
	struct service_cidr service_cidr = { .name = name };
	struct field metadata = field_member(root, "metadata");
	struct field uid = field_member(&metadata, "uid");

	service_cidr.uid = field_name(&uid);
	read_cidrs(root, &service_cidr, arena);
	return field_failed(root) ? NULL : service_cidr_new_copy(&service_cidr);
}
