/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * First packets of connections, for packets.py.
 *
 *   packets send tcp|udp COUNT SOURCE <TARGETS   sends COUNT packets, each of a new connection, and prints the ns that each took.
 *                                                TARGETS has lines "ADDRESS PORT", which are used in turn
 *   packets flush                                deletes all connections of this network namespace from connection tracking
 *
 * Each packet has a source port of its own, so COUNT is limited. SOURCE need not be assigned, and answers are not read.
 * All packets are made before the clock starts, and are sent 64 at a time: so little else is measured.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netlink.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "lib/inet_checksum.h"

#define PACKETS_PORT_FIRST 1024
#define PACKETS_MAX	   60000
#define PACKETS_PART	   500 /* shorter than a turn of the scheduler */
#define PACKETS_AT_ONCE	   64

struct packets_address {
	int family;
	size_t size;
	uint8_t bytes[16];
	uint16_t port; /* network order, like bytes */
};

static void packets_die(const char *what)
{
	fprintf(stderr, "packets: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void packets_parse(const char *text, struct packets_address *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->family = strchr(text, ':') ? AF_INET6 : AF_INET;
	ret->size = ret->family == AF_INET ? 4 : 16;
	errno = EINVAL;
	if (inet_pton(ret->family, text, ret->bytes) != 1)
		packets_die(text);
}

static struct packets_address *packets_read_targets(size_t *ret_n)
{
	struct packets_address *targets = NULL;
	char text[INET6_ADDRSTRLEN];
	unsigned int port;
	size_t n = 0;

	while (scanf("%45s %u", text, &port) == 2) {
		targets = realloc(targets, (n + 1) * sizeof(*targets));
		if (!targets)
			packets_die("memory");
		packets_parse(text, &targets[n]);
		targets[n++].port = htons((uint16_t)port);
	}
	errno = EINVAL;
	if (!n)
		packets_die("no targets on standard input");
	*ret_n = n;
	return targets;
}

/* Returns its size. The checksum is the real one: connection tracking looks at it. */
static size_t packets_transport(uint8_t *at, int protocol, uint16_t sport, uint16_t dport,
				uint32_t sum_of_addresses)
{
	if (protocol == IPPROTO_TCP) {
		struct tcphdr tcp = { .source = sport,
				      .dest = dport,
				      .seq = htonl(1),
				      .doff = 5,
				      .syn = 1,
				      .window = htons(65535) };

		tcp.check = inet_checksum(&tcp, sizeof(tcp), protocol, sum_of_addresses);
		memcpy(at, &tcp, sizeof(tcp));
		return sizeof(tcp);
	}
	struct udphdr udp = { .source = sport, .dest = dport, .len = htons(sizeof(udp)) };

	udp.check = inet_checksum(&udp, sizeof(udp), protocol, sum_of_addresses);
	memcpy(at, &udp, sizeof(udp));
	return sizeof(udp);
}

static size_t packets_make(uint8_t *packet, int protocol, const struct packets_address *from, uint16_t sport,
			   const struct packets_address *to)
{
	uint32_t sum = inet_sum(to->bytes, to->size, inet_sum(from->bytes, from->size, 0));
	size_t size;

	if (to->family == AF_INET) {
		struct iphdr ip = { .version = 4, .ihl = 5, .ttl = 64, .protocol = (uint8_t)protocol };

		memcpy(&ip.saddr, from->bytes, 4);
		memcpy(&ip.daddr, to->bytes, 4);
		size = packets_transport(packet + sizeof(ip), protocol, sport, to->port, sum);
		ip.tot_len = htons((uint16_t)(sizeof(ip) + size));
		memcpy(packet, &ip, sizeof(ip));
		return sizeof(ip) + size;
	}
	struct ip6_hdr ip = { 0 };

	ip.ip6_vfc = 6 << 4;
	ip.ip6_nxt = (uint8_t)protocol;
	ip.ip6_hlim = 64;
	memcpy(&ip.ip6_src, from->bytes, 16);
	memcpy(&ip.ip6_dst, to->bytes, 16);
	size = packets_transport(packet + sizeof(ip), protocol, sport, to->port, sum);
	ip.ip6_plen = htons((uint16_t)size);
	memcpy(packet, &ip, sizeof(ip));
	return sizeof(ip) + size;
}

static void packets_fill_name(const struct packets_address *to, struct mmsghdr *message)
{
	union {
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} *name = message->msg_hdr.msg_name;

	memset(name, 0, sizeof(*name));
	if (to->family == AF_INET) {
		name->v4.sin_family = AF_INET;
		memcpy(&name->v4.sin_addr, to->bytes, 4);
		message->msg_hdr.msg_namelen = sizeof(name->v4);
	} else {
		name->v6.sin6_family = AF_INET6;
		memcpy(&name->v6.sin6_addr, to->bytes, 16);
		message->msg_hdr.msg_namelen = sizeof(name->v6);
	}
}

/* Messages for @n packets; they point into one block of memory. */
static struct mmsghdr *packets_prepare(int protocol, const struct packets_address *from, size_t n)
{
	const size_t room = sizeof(struct ip6_hdr) + sizeof(struct tcphdr);
	struct mmsghdr *messages = calloc(n, sizeof(*messages));
	struct sockaddr_in6 *names = calloc(n, sizeof(*names));
	struct iovec *parts = calloc(n, sizeof(*parts));
	uint8_t *packets = calloc(n, room);
	struct packets_address *targets;
	size_t i, n_targets;

	if (!messages || !names || !parts || !packets)
		packets_die("memory");
	targets = packets_read_targets(&n_targets);
	for (i = 0; i < n; i++) {
		const struct packets_address *to = &targets[i % n_targets];

		errno = EAFNOSUPPORT;
		if (to->family != from->family)
			packets_die("source and target");
		parts[i].iov_base = packets + i * room;
		parts[i].iov_len = packets_make(parts[i].iov_base, protocol, from,
						htons((uint16_t)(PACKETS_PORT_FIRST + i)), to);
		messages[i].msg_hdr.msg_iov = &parts[i];
		messages[i].msg_hdr.msg_iovlen = 1;
		messages[i].msg_hdr.msg_name = &names[i];
		packets_fill_name(to, &messages[i]);
	}
	free(targets);
	return messages;
}

static double packets_now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* Returns the ns for each packet. */
static double packets_send_part(int fd, struct mmsghdr *messages, size_t n)
{
	double start = packets_now_ns();
	size_t sent = 0;

	while (sent < n) {
		size_t left = n - sent;
		int r = sendmmsg(fd, messages + sent,
				 (unsigned int)(left < PACKETS_AT_ONCE ? left : PACKETS_AT_ONCE), 0);

		if (r < 1)
			packets_die("sendmmsg");
		sent += (size_t)r;
	}
	return (packets_now_ns() - start) / (double)n;
}

static int packets_send(const char *protocol_name, const char *count, const char *source)
{
	int protocol = strcmp(protocol_name, "udp") == 0 ? IPPROTO_UDP : IPPROTO_TCP, fd, r = 1 << 24;
	size_t n = strtoul(count, NULL, 10), sent = 0;
	struct packets_address from;
	struct mmsghdr *messages;
	double best = 0;

	errno = EINVAL;
	if (n < 1 || n > PACKETS_MAX)
		packets_die("COUNT");
	packets_parse(source, &from);
	messages = packets_prepare(protocol, &from, n);
	fd = socket(from.family, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	if (fd < 0)
		packets_die("socket");
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &r, sizeof(r));
	while (sent < n) {
		size_t end = n - sent < 2 * PACKETS_PART ? n : sent + PACKETS_PART;
		double ns = packets_send_part(fd, messages + sent, end - sent);

		if (!sent || ns < best)
			best = ns;
		sent = end;
	}
	printf("%.0f\n", best);
	return 0;
}

static int packets_flush(void)
{
	struct {
		struct nlmsghdr header;
		struct nfgenmsg family;
	} request = { .header = { .nlmsg_len = sizeof(request),
				  .nlmsg_type = NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_DELETE,
				  .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK } };
	struct {
		struct nlmsghdr header;
		struct nlmsgerr error;
	} answer = { 0 };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);

	if (fd < 0 || send(fd, &request, sizeof(request), 0) < 0 || recv(fd, &answer, sizeof(answer), 0) < 0)
		packets_die("netlink");
	errno = -answer.error.error;
	if (errno)
		packets_die("flush");
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 5 && strcmp(argv[1], "send") == 0)
		return packets_send(argv[2], argv[3], argv[4]);
	if (argc == 2 && strcmp(argv[1], "flush") == 0)
		return packets_flush();
	fprintf(stderr, "usage: packets send tcp|udp COUNT SOURCE <TARGETS | packets flush\n");
	return 2;
}
