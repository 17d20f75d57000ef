/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "base/addr.h"

#include <arpa/inet.h>
#include <string.h>

size_t addr_size(enum family family)
{
	return family == FAMILY_IPV4 ? 4 : 16;
}

/* Go's net.IP, and so the reference, treats ::ffff:a.b.c.d as the IPv4 address a.b.c.d. */
static void addr_unmap(struct addr *addr)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	if (addr->family != FAMILY_IPV6 || memcmp(addr->bytes, mapped, sizeof(mapped)) != 0)
		return;
	addr->family = FAMILY_IPV4;
	memmove(addr->bytes, addr->bytes + 12, 4);
	memset(addr->bytes + 4, 0, 12);
}

bool addr_parse(const char *text, struct addr *ret)
{
	struct addr addr = { 0 };

	if (inet_pton(AF_INET, text, addr.bytes) == 1) {
		addr.family = FAMILY_IPV4;
	} else if (inet_pton(AF_INET6, text, addr.bytes) == 1) {
		addr.family = FAMILY_IPV6;
		addr_unmap(&addr);
	} else {
		return false;
	}
	*ret = addr;
	return true;
}

static bool addr_parse_decimal(const char *text, struct addr *ret)
{
	struct addr addr = { .family = FAMILY_IPV4 };
	size_t part;

	for (part = 0; part < 4; part++) {
		unsigned int value = 0;
		size_t digits = 0;

		if (part && *text++ != '.')
			return false;
		for (; *text >= '0' && *text <= '9'; text++, digits++) {
			value = value * 10 + (unsigned int)(*text - '0');
			if (value > 255)
				return false;
		}
		if (!digits)
			return false;
		addr.bytes[part] = (uint8_t)value;
	}
	if (*text)
		return false;
	*ret = addr;
	return true;
}

bool addr_parse_sloppy(const char *text, struct addr *ret)
{
	return addr_parse_decimal(text, ret) || addr_parse(text, ret);
}

const char *addr_print(const struct addr *addr, char text[ADDR_TEXT_SIZE])
{
	if (!inet_ntop(addr->family == FAMILY_IPV4 ? AF_INET : AF_INET6, addr->bytes, text, ADDR_TEXT_SIZE))
		text[0] = '\0';
	return text;
}

int addr_cmp(const struct addr *a, const struct addr *b)
{
	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

bool addr_equal(const struct addr *a, const struct addr *b)
{
	return addr_cmp(a, b) == 0;
}

bool addr_is_loopback(const struct addr *addr)
{
	static const uint8_t loopback6[16] = { [15] = 1 };

	if (addr->family == FAMILY_IPV4)
		return addr->bytes[0] == 127;
	return memcmp(addr->bytes, loopback6, sizeof(loopback6)) == 0;
}

bool addr_is_unspecified(const struct addr *addr)
{
	static const uint8_t zero[16];

	return memcmp(addr->bytes, zero, sizeof(zero)) == 0;
}

const char *addr_protocol_name(enum protocol protocol)
{
	switch (protocol) {
	case PROTOCOL_TCP:
		return "tcp";
	case PROTOCOL_UDP:
		return "udp";
	case PROTOCOL_SCTP:
		return "sctp";
	}
	return "unknown";
}

const char *addr_family_name(enum family family)
{
	return family == FAMILY_IPV4 ? "IPv4" : "IPv6";
}
