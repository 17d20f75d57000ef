/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "base/cidr.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint8_t cidr_mask(unsigned int prefix_len, size_t byte)
{
	if (prefix_len >= (byte + 1) * 8)
		return 0xff;
	if (prefix_len <= byte * 8)
		return 0;
	return (uint8_t)(0xff << (8 - (prefix_len - byte * 8)));
}

bool cidr_parse(const char *text, struct cidr *ret)
{
	const char *slash = strchr(text, '/');
	char addr_text[ADDR_TEXT_SIZE + 16];
	struct cidr cidr = { 0 };
	unsigned int len = 0;
	const char *p;
	size_t i;

	if (!slash || (size_t)(slash - text) >= sizeof(addr_text) || !slash[1])
		return false;
	memcpy(addr_text, text, (size_t)(slash - text));
	addr_text[slash - text] = '\0';
	if (!addr_parse_sloppy(addr_text, &cidr.addr))
		return false;
	for (p = slash + 1; *p; p++) {
		if (*p < '0' || *p > '9')
			return false;
		len = len * 10 + (unsigned int)(*p - '0');
		if (len > 128)
			return false;
	}
	/* "::ffff:a.b.c.d/n" counts its prefix in IPv6 bits. */
	if (cidr.addr.family == FAMILY_IPV4 && strchr(addr_text, ':')) {
		if (len < 96)
			return false;
		len -= 96;
	}
	if (len > addr_size(cidr.addr.family) * 8)
		return false;
	cidr.prefix_len = (uint8_t)len;
	for (i = 0; i < sizeof(cidr.addr.bytes); i++)
		cidr.addr.bytes[i] &= cidr_mask(len, i);
	*ret = cidr;
	return true;
}

const char *cidr_print(const struct cidr *cidr, char text[CIDR_TEXT_SIZE])
{
	char addr[ADDR_TEXT_SIZE];

	(void)snprintf(text, CIDR_TEXT_SIZE, "%s/%u", addr_print(&cidr->addr, addr), cidr->prefix_len);
	return text;
}

bool cidr_contains(const struct cidr *cidr, const struct addr *addr)
{
	size_t i;

	if (cidr->addr.family != addr->family)
		return false;
	for (i = 0; i < addr_size(addr->family); i++)
		if ((addr->bytes[i] & cidr_mask(cidr->prefix_len, i)) != cidr->addr.bytes[i])
			return false;
	return true;
}

bool cidr_equal(const struct cidr *a, const struct cidr *b)
{
	return a->prefix_len == b->prefix_len && addr_equal(&a->addr, &b->addr);
}

/* A wider prefix comes before all prefixes that it covers. */
static int cidr_cmp(const void *a, const void *b)
{
	const struct cidr *x = a, *y = b;
	int cmp = addr_cmp(&x->addr, &y->addr);

	return cmp ? cmp : (int)x->prefix_len - (int)y->prefix_len;
}

size_t cidr_merge(struct cidr *list, size_t n)
{
	size_t i, kept = 0;

	if (n > 1)
		qsort(list, n, sizeof(*list), cidr_cmp);
	for (i = 0; i < n; i++)
		if (!kept || !cidr_contains(&list[kept - 1], &list[i].addr))
			list[kept++] = list[i];
	return kept;
}
