/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Just enough SCTP (RFC 9260) for a connection's first two packets. Connection tracking checks the
 * checksum and the chunk types, so both are real; the answer travels in the state cookie.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "probe.h"

#define CHUNK_INIT	 1
#define CHUNK_INIT_ACK	 2
#define PARAMETER_COOKIE 7
#define HEADER_SIZE	 12 /* ports, verification tag, checksum */
#define INIT_CHUNK_SIZE	 20 /* type, flags, length, tag, window, streams out and in, first TSN */

static uint32_t crc32c(const uint8_t *bytes, size_t size)
{
	uint32_t crc = ~0u;

	for (size_t i = 0; i < size; i++) {
		crc ^= bytes[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ 0x82f63b78u : crc >> 1;
	}
	return ~crc;
}

static void put16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void put32(uint8_t *at, uint32_t value)
{
	put16(at, (uint16_t)(value >> 16));
	put16(at + 2, (uint16_t)value);
}

static uint16_t get16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

/* The checksum is the one field of the protocol that is stored with its low byte first. */
static void put_checksum(uint8_t *packet, size_t size)
{
	uint32_t crc;

	memset(packet + 8, 0, 4);
	crc = crc32c(packet, size);
	for (int i = 0; i < 4; i++)
		packet[8 + i] = (uint8_t)(crc >> (8 * i));
}

static void put_chunk(uint8_t *chunk, uint8_t type, size_t size)
{
	memset(chunk, 0, size);
	chunk[0] = type;
	put16(chunk + 2, (uint16_t)size);
	put32(chunk + 4, (uint32_t)random() | 1); /* initiate tag: never 0 */
	put32(chunk + 8, 65536);
	put16(chunk + 12, 1);
	put16(chunk + 14, 1);
	put32(chunk + 16, (uint32_t)random());
}

size_t probe_sctp_init(uint16_t sport, uint16_t dport, uint8_t packet[PROBE_SCTP_PACKET_MAX])
{
	put16(packet, sport);
	put16(packet + 2, dport);
	put32(packet + 4, 0);
	put_chunk(packet + HEADER_SIZE, CHUNK_INIT, INIT_CHUNK_SIZE);
	put_checksum(packet, HEADER_SIZE + INIT_CHUNK_SIZE);
	return HEADER_SIZE + INIT_CHUNK_SIZE;
}

size_t probe_sctp_init_ack(const uint8_t *init, size_t size, const char *answer,
			   uint8_t packet[PROBE_SCTP_PACKET_MAX])
{
	size_t length = strlen(answer), padded = (length + 3) & ~(size_t)3;
	uint8_t *cookie = packet + HEADER_SIZE + INIT_CHUNK_SIZE;
	size_t total = HEADER_SIZE + INIT_CHUNK_SIZE + 4 + padded;

	if (size < HEADER_SIZE + INIT_CHUNK_SIZE || init[HEADER_SIZE] != CHUNK_INIT ||
	    total > PROBE_SCTP_PACKET_MAX)
		return 0;
	memcpy(packet, init + 2, 2);
	memcpy(packet + 2, init, 2);
	memcpy(packet + 4, init + HEADER_SIZE + 4, 4);
	put_chunk(packet + HEADER_SIZE, CHUNK_INIT_ACK, INIT_CHUNK_SIZE);
	put16(packet + HEADER_SIZE + 2, (uint16_t)(INIT_CHUNK_SIZE + 4 + length));
	memset(cookie, 0, 4 + padded);
	put16(cookie, PARAMETER_COOKIE);
	put16(cookie + 2, (uint16_t)(4 + length));
	memcpy(cookie + 4, answer, length);
	put_checksum(packet, total);
	return total;
}

bool probe_sctp_cookie(const uint8_t *packet, size_t size, uint16_t sport, uint16_t dport, char *ret_answer,
		       size_t answer_size)
{
	const uint8_t *cookie = packet + HEADER_SIZE + INIT_CHUNK_SIZE;
	size_t length;

	if (size < HEADER_SIZE + INIT_CHUNK_SIZE + 4 || get16(packet) != sport ||
	    get16(packet + 2) != dport || packet[HEADER_SIZE] != CHUNK_INIT_ACK ||
	    get16(cookie) != PARAMETER_COOKIE || get16(cookie + 2) < 4)
		return false;
	length = get16(cookie + 2) - 4u;
	if (HEADER_SIZE + INIT_CHUNK_SIZE + 4 + length > size || length >= answer_size)
		return false;
	memcpy(ret_answer, cookie + 4, length);
	ret_answer[length] = '\0';
	return true;
}

uint16_t probe_sctp_dport(const uint8_t *packet, size_t size)
{
	return size < HEADER_SIZE ? 0 : get16(packet + 2);
}

const uint8_t *probe_sctp_skip_ip(int family, const uint8_t *packet, size_t *size)
{
	size_t header = family == AF_INET && *size ? (packet[0] & 0x0fu) * 4u : 0;

	if (header > *size)
		header = *size;
	*size -= header;
	return packet + header;
}
