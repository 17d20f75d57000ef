/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plans.h - plans with fixed numbers, for tests of what follows the plan
 */
#ifndef TESTS_LIB_PLANS_H
#define TESTS_LIB_PLANS_H

#include <stddef.h>

#include "plan/plan.h"

struct arena;

/** plans_addr() - The address A.B.x.y, where x.y is @number */
struct addr plans_addr(uint8_t a, uint8_t b, size_t number);
/**
 * plans_cluster_ip() - A Service of one ClusterIP, port 80
 * @number:	of its address, 10.96.x.y
 * @n_endpoints: 0: it rejects
 * @first_endpoint: number of the first one's address, 10.244.x.y; the others follow. Port 8080
 */
struct plan *plans_cluster_ip(struct arena *arena, const char *name, size_t number, size_t n_endpoints,
			      size_t first_endpoint);

#endif
