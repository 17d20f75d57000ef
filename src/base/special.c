/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "base/special.h"

#include <stddef.h>

#include "base/cleanup.h"

static const struct {
	struct cidr cidr;
	const char *addr;
	const char *range;
} special_list[] = {
	{ { { FAMILY_IPV4, { 0 } }, 32 }, "may not be unspecified", "has the unspecified address" },
	{ { { FAMILY_IPV6, { 0 } }, 128 }, "may not be unspecified", "has the unspecified address" },
	{ { { FAMILY_IPV4, { 127 } }, 8 },
	  "may not be in the loopback range (127.0.0.0/8)",
	  "has addresses of the loopback range (127.0.0.0/8)" },
	{ { { FAMILY_IPV6, { [15] = 1 } }, 128 },
	  "may not be the loopback address",
	  "has the loopback address" },
	{ { { FAMILY_IPV4, { 169, 254 } }, 16 },
	  "may not be in the link-local range (169.254.0.0/16)",
	  "has addresses of the link-local range (169.254.0.0/16)" },
	{ { { FAMILY_IPV6, { 0xfe, 0x80 } }, 10 },
	  "may not be in the link-local range (fe80::/10)",
	  "has addresses of the link-local range (fe80::/10)" },
	{ { { FAMILY_IPV4, { 224 } }, 4 },
	  "may not be in the multicast range (224.0.0.0/4)",
	  "has addresses of the multicast range (224.0.0.0/4)" },
	{ { { FAMILY_IPV6, { 0xff } }, 8 },
	  "may not be in the multicast range (ff00::/8)",
	  "has addresses of the multicast range (ff00::/8)" },
	{ { { FAMILY_IPV4, { 255, 255, 255, 255 } }, 32 },
	  "may not be the broadcast address",
	  "has the broadcast address" },
};

const char *special_addr(const struct addr *addr)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(special_list); i++)
		if (cidr_contains(&special_list[i].cidr, addr))
			return special_list[i].addr;
	return NULL;
}

const char *special_range(const struct cidr *cidr)
{
	size_t i;

	if (cidr->addr.family == FAMILY_IPV4 && cidr->prefix_len < SPECIAL_RANGE_PREFIX_MIN_IPV4)
		return "a prefix shorter than /8 is no range of ClusterIPs";
	if (cidr->addr.family == FAMILY_IPV6 && cidr->prefix_len < SPECIAL_RANGE_PREFIX_MIN_IPV6)
		return "a prefix shorter than /48 is no range of ClusterIPs";
	for (i = 0; i < ARRAY_SIZE(special_list); i++)
		if (cidr_contains(&special_list[i].cidr, &cidr->addr) ||
		    cidr_contains(cidr, &special_list[i].cidr.addr))
			return special_list[i].range;
	return NULL;
}
