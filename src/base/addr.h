/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * addr.h - IP addresses, families and transport protocols
 *
 * Room:  base.
 * Shapes: addresses in network order; ports everywhere in host order.
 */
#ifndef BASE_ADDR_H
#define BASE_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** enum family - Also the index of per-family arrays, and of our two tables. */
enum family {
	FAMILY_IPV4,
	FAMILY_IPV6,
	_FAMILY_MAX,
};

/** enum protocol - IANA numbers, the three that Services know. */
enum protocol {
	PROTOCOL_TCP = 6,
	PROTOCOL_UDP = 17,
	PROTOCOL_SCTP = 132,
};

#define ADDR_TEXT_SIZE 46

/**
 * struct addr - One IP address
 * @family:	enum family
 * @bytes:	network order; IPv4 uses the first four, the rest is zero
 */
struct addr {
	uint8_t family;
	uint8_t bytes[16];
};

/** addr_size() - 4 or 16. */
size_t addr_size(enum family family);
/** addr_parse() - Strict text (inet_pton) to @ret; false if @text is no address. "::ffff:1.2.3.4" is IPv4. */
bool addr_parse(const char *text, struct addr *ret);
/**
 * addr_parse_sloppy() - As older releases of the Kubernetes API allowed: IPv4 parts may have leading
 * zeros, read as decimal; IPv6 need not be canonical (tests/COVERAGE.md S13).
 */
bool addr_parse_sloppy(const char *text, struct addr *ret);
/** addr_print() - Canonical text into @text; returns @text. */
const char *addr_print(const struct addr *addr, char text[ADDR_TEXT_SIZE]);
/** addr_cmp() - Families first (IPv4 < IPv6), then bytes. */
int addr_cmp(const struct addr *a, const struct addr *b);
bool addr_equal(const struct addr *a, const struct addr *b);
/** addr_is_loopback() - 127.0.0.0/8 or ::1. */
bool addr_is_loopback(const struct addr *addr);
bool addr_is_unspecified(const struct addr *addr);

/** addr_protocol_name() - "tcp", "udp" or "sctp". */
const char *addr_protocol_name(enum protocol protocol);
/** addr_family_name() - "IPv4" or "IPv6", as the Kubernetes API writes them. */
const char *addr_family_name(enum family family);

#endif
