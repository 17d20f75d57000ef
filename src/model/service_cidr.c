/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "model/service_cidr.h"

#include <stdlib.h>

#include "model/members.h"

static const struct member service_cidr_rows[] = {
	MEMBER_STRING(struct service_cidr, name),
	MEMBER_STRING(struct service_cidr, uid),
	MEMBER_VALUES(struct service_cidr, cidrs, n_cidrs),
};
static const struct members service_cidr_list = MEMBERS(struct service_cidr, service_cidr_rows);

const struct members *service_cidr_members(void)
{
	return &service_cidr_list;
}

struct service_cidr *service_cidr_new_copy(const struct service_cidr *service_cidr)
{
	return members_new_copy(&service_cidr_list, service_cidr);
}

struct service_cidr *service_cidr_free(struct service_cidr *service_cidr)
{
	free(service_cidr);
	return NULL;
}

bool service_cidr_equal(const struct service_cidr *a, const struct service_cidr *b)
{
	return members_equal(&service_cidr_list, a, b);
}
