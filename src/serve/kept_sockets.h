/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kept_sockets.h - listening sockets that the previous execution of this process has left open
 *
 * Room:     serve. Effects: descriptors.
 * Rule:     the daemon executes itself anew when its configuration has changed (daemon/reexec.h). Its listening sockets stay open
 *           meanwhile, so that no connection is refused: the kernel queues them. A part of the daemon that listens asks here
 *           first. What no part has asked for is closed in the end.
 */
#ifndef SERVE_KEPT_SOCKETS_H
#define SERVE_KEPT_SOCKETS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/cleanup.h"

struct kept_sockets;

/** kept_sockets_is_listening() - Whether @fd is a listening socket. */
bool kept_sockets_is_listening(int fd);
/** kept_sockets_new() - Take over the descriptors in @list, such as "5 6 7"; those that do not listen are closed. */
struct kept_sockets *kept_sockets_new(const char *list);
/** kept_sockets_free() - Close those that were not taken. */
struct kept_sockets *kept_sockets_free(struct kept_sockets *kept);
DEFINE_FREEP(struct kept_sockets, kept_sockets_free);
/**
 * kept_sockets_take() - The socket of @type that listens on @address; the caller closes it
 * @kept:	NULL: there is none
 * @ipv6_only:	IPv6: it takes no IPv4 connections
 *
 * Return: the descriptor; -1: there is none.
 */
int kept_sockets_take(struct kept_sockets *kept, const struct sockaddr *address, socklen_t len, int type,
		      bool ipv6_only) __attribute__((warn_unused_result));
/** kept_sockets_drop_port() - Close those of TCP port @port: another address is wanted there. Return: there was one. */
bool kept_sockets_drop_port(struct kept_sockets *kept, uint16_t port);

#endif
