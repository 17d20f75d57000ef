/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SYNs of new connections, as fast as they can be sent, to several targets in turn. Each comes from another address, which need
 * not be assigned, and answers are not read. Headers are made here, so that nothing but the network is between two SYNs.
 * Prints how many it has sent.
 */
#include <errno.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/inet_checksum.h"
#include "probe.h"

#define SYNS_SPORT 20000

static void syns_tcp(struct tcphdr *tcp, uint16_t dport, uint32_t number, uint32_t sum_of_addresses)
{
	*tcp = (struct tcphdr){ .source = htons(SYNS_SPORT),
				.dest = dport,
				.seq = htonl(number),
				.doff = 5,
				.syn = 1,
				.window = htons(65535) };
	tcp->check = inet_checksum(tcp, sizeof(*tcp), IPPROTO_TCP, sum_of_addresses);
}

/* Each returns the size of the packet. The last four bytes of the source address count up by @number. */
static size_t syns_ipv4(uint8_t *packet, const struct sockaddr_in *from, const struct sockaddr_in *to,
			uint32_t number)
{
	struct iphdr ip = { .version = 4,
			    .ihl = 5,
			    .ttl = 64,
			    .protocol = IPPROTO_TCP,
			    .saddr = htonl(ntohl(from->sin_addr.s_addr) + number),
			    .daddr = to->sin_addr.s_addr };
	struct tcphdr tcp;

	syns_tcp(&tcp, to->sin_port, number, inet_sum(&ip.saddr, 8, 0));
	memcpy(packet, &ip, sizeof(ip));
	memcpy(packet + sizeof(ip), &tcp, sizeof(tcp));
	return sizeof(ip) + sizeof(tcp);
}

static size_t syns_ipv6(uint8_t *packet, const struct sockaddr_in6 *from, const struct sockaddr_in6 *to,
			uint32_t number)
{
	struct ip6_hdr ip = { .ip6_src = from->sin6_addr, .ip6_dst = to->sin6_addr };
	struct tcphdr tcp;

	ip.ip6_vfc = 6 << 4;
	ip.ip6_plen = htons(sizeof(tcp));
	ip.ip6_nxt = IPPROTO_TCP;
	ip.ip6_hlim = 64;
	ip.ip6_src.s6_addr32[3] = htonl(ntohl(ip.ip6_src.s6_addr32[3]) + number);
	syns_tcp(&tcp, to->sin6_port, number, inet_sum(&ip.ip6_src, 32, 0));
	memcpy(packet, &ip, sizeof(ip));
	memcpy(packet + sizeof(ip), &tcp, sizeof(tcp));
	return sizeof(ip) + sizeof(tcp);
}

int probe_syns(int ms, const struct sockaddr_storage *from, const struct probe_target *targets,
	       size_t n_targets)
{
	int fd = socket(from->ss_family, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	uint8_t packet[sizeof(struct ip6_hdr) + sizeof(struct tcphdr)];
	long long until_ms = probe_now_ms() + ms;
	struct sockaddr_storage to;
	uint32_t sent = 0;
	size_t size;

	if (fd < 0)
		probe_die("socket");
	for (; sent % 64 || probe_now_ms() < until_ms; sent++) {
		const struct probe_target *target = &targets[sent % n_targets];

		to = target->addr;
		if (to.ss_family == AF_INET) {
			size = syns_ipv4(packet, (const struct sockaddr_in *)from,
					 (const struct sockaddr_in *)&to, sent);
		} else {
			size = syns_ipv6(packet, (const struct sockaddr_in6 *)from,
					 (const struct sockaddr_in6 *)&to, sent);
			/* A raw socket takes a port for a protocol. */
			((struct sockaddr_in6 *)&to)->sin6_port = 0;
		}
		if (sendto(fd, packet, size, 0, (const struct sockaddr *)&to, target->addr_size) < 0 &&
		    errno != ENOBUFS)
			probe_die("sendto");
	}
	(void)close(fd);
	printf("%u\n", sent);
	return 0;
}
