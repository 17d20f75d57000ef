/* SPDX-License-Identifier: GPL-2.0-or-later */
/* inet_checksum.h - the checksum of TCP and UDP (RFC 1071), for packets that a test makes itself */
#ifndef TESTS_LIB_INET_CHECKSUM_H
#define TESTS_LIB_INET_CHECKSUM_H

#include <arpa/inet.h>
#include <stddef.h>
#include <stdint.h>

/** inet_sum() - @sum and the 16-bit words of @data, whose size is even. */
static inline uint32_t inet_sum(const void *data, size_t size, uint32_t sum)
{
	const uint8_t *byte = data;

	for (size_t i = 0; i + 1 < size; i += 2)
		sum += (uint32_t)byte[i] << 8 | byte[i + 1];
	return sum;
}

/**
 * inet_checksum() - For the header's field, in network order
 * @header:	a TCP or UDP header that is the whole segment; its checksum is 0
 * @sum_of_addresses: inet_sum() of both addresses
 */
static inline uint16_t inet_checksum(const void *header, size_t size, int protocol, uint32_t sum_of_addresses)
{
	uint32_t sum = inet_sum(header, size, sum_of_addresses + (uint32_t)protocol + (uint32_t)size);

	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}

#endif
