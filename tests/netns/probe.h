/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * probe.h - the packet tests' own client and server
 *
 * Needs nothing but libc, so that it runs in a bare initramfs as well as in a network namespace.
 * SCTP goes through sockets where the kernel has them; elsewhere hand-made INIT and INIT ACK chunks go
 * through raw sockets, which is enough to see a connection translated, refused or dropped.
 */
#ifndef NETNS_PROBE_H
#define NETNS_PROBE_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#define PROBE_ANSWER_MAX  256
#define PROBE_TARGETS_MAX 64
/* A datagram that asks for the sender's port, too: "NAME saw ADDRESS port PORT". */
#define PROBE_WHENCE "whence\n"

enum probe_protocol {
	PROBE_PROTOCOL_TCP,
	PROBE_PROTOCOL_UDP,
	PROBE_PROTOCOL_SCTP,
	PROBE_PROTOCOL_SCTP_RAW, /* what "sctp" becomes on a kernel without SCTP sockets */
};

struct probe_target {
	enum probe_protocol protocol;
	struct sockaddr_storage addr;
	socklen_t addr_size;
};

struct probe_options {
	struct sockaddr_storage from; /* ss_family 0: any */
	int timeout_ms;
	int count;
	bool tally;
};

/** probe_target_parse() - Dies with a message on bad input. */
void probe_target_parse(const char *protocol, const char *addr, const char *port, struct probe_target *ret);
void probe_addr_parse(const char *text, uint16_t port, struct sockaddr_storage *ret, socklen_t *ret_size);
/** probe_addr_print() - The address alone, an IPv4-mapped one as IPv4. */
void probe_addr_print(const struct sockaddr_storage *addr, char *text, size_t size);
uint16_t probe_addr_port(const struct sockaddr_storage *addr);
int probe_socket(const struct probe_target *target);
const char *probe_protocol_name(const struct probe_target *target);
/** probe_outcome() - One word for an errno: refused, reset, timeout, ... */
const char *probe_outcome(int error);
long long probe_now_ms(void);
long long probe_now_us(void);
/** probe_clock_print() - The time of day as bash's EPOCHREALTIME has it: "SECONDS.MICROSECONDS". */
void probe_clock_print(char *text, size_t size);
_Noreturn void probe_die(const char *what);

/* probe_ask.c */
int probe_ask(const struct probe_target *target, const struct probe_options *options);
int probe_load(const struct probe_target *target, const struct probe_options *options);
int probe_spray(const struct probe_target *target, const struct probe_options *options);
int probe_hold(const struct probe_target *target, const struct probe_options *options);

/* probe_rate.c: ends with "total N ok N refused N ... max_ms N", and "name NAME N" for each that answered */
int probe_rate(int per_second, int timeout_ms, const struct probe_target *targets, size_t n_targets);

/* probe_flood.c */
int probe_flood(int per_second, const struct probe_target *target, const struct probe_options *options);

/* probe_syns.c: @ms milliseconds long, each from the next address after @from */
int probe_syns(int ms, const struct sockaddr_storage *from, const struct probe_target *targets,
	       size_t n_targets);

/* probe_steady.c: "started"; "broken TIME ..." on stderr at once; in the end "held N moved N ..." for all others */
int probe_steady(int timeout_ms, bool may_move, const struct probe_target *targets, size_t n_targets);

/* probe_serve.c: SIGTERM is answered as by a good server: whoever is there is still served */
int probe_serve(const char *name, const struct probe_target *targets, size_t n_targets);

/* probe_sctp.c: the chunks that raw sockets need */
#define PROBE_SCTP_PACKET_MAX 512
/** probe_sctp_init() - An INIT from @sport to @dport. Returns its size. */
size_t probe_sctp_init(uint16_t sport, uint16_t dport, uint8_t packet[PROBE_SCTP_PACKET_MAX]);
/** probe_sctp_init_ack() - The INIT ACK for @init, with @answer in its cookie; 0 if @init is no INIT. */
size_t probe_sctp_init_ack(const uint8_t *init, size_t size, const char *answer,
			   uint8_t packet[PROBE_SCTP_PACKET_MAX]);
/** probe_sctp_cookie() - What an INIT ACK to @dport from @sport carries; false if it is not that. */
bool probe_sctp_cookie(const uint8_t *packet, size_t size, uint16_t sport, uint16_t dport, char *ret_answer,
		       size_t answer_size);
uint16_t probe_sctp_dport(const uint8_t *packet, size_t size);
/** probe_sctp_skip_ip() - Raw IPv4 sockets deliver the IP header, too: step over it. */
const uint8_t *probe_sctp_skip_ip(int family, const uint8_t *packet, size_t *size);

#endif
