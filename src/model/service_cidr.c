/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "model/service_cidr.h"

#include <stdlib.h>
#include <string.h>

#include "model/pack.h"

struct service_cidr *service_cidr_new_copy(const struct service_cidr *service_cidr)
{
	struct service_cidr *copy;
	struct pack pack;

	pack_init(&pack);
	pack_count(&pack, 1, sizeof(*service_cidr));
	pack_count(&pack, service_cidr->n_cidrs, sizeof(*service_cidr->cidrs));
	pack_count_string(&pack, service_cidr->name);
	pack_count_string(&pack, service_cidr->uid);
	pack_begin(&pack);
	copy = pack_copy(&pack, service_cidr, 1, sizeof(*service_cidr));
	copy->cidrs =
		pack_copy(&pack, service_cidr->cidrs, service_cidr->n_cidrs, sizeof(*service_cidr->cidrs));
	copy->name = pack_string(&pack, service_cidr->name);
	copy->uid = pack_string(&pack, service_cidr->uid);
	pack_done(&pack);
	return copy;
}

struct service_cidr *service_cidr_free(struct service_cidr *service_cidr)
{
	free(service_cidr);
	return NULL;
}

bool service_cidr_equal(const struct service_cidr *a, const struct service_cidr *b)
{
	size_t i;

	if (strcmp(a->name, b->name) != 0 || strcmp(a->uid, b->uid) != 0 || a->n_cidrs != b->n_cidrs)
		return false;
	for (i = 0; i < a->n_cidrs; i++) {
		if (!cidr_equal(&a->cidrs[i], &b->cidrs[i]))
			return false;
	}
	return true;
}
