/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * http_socket.h - the listening sockets of our HTTP servers
 *
 * Room:     serve. Effects: descriptors; a Unix socket is a file. Nothing blocks.
 * Rule:     tests/COVERAGE.md H1: an unspecified address means all addresses of both families, whichever family it is of. Without
 *           IPv6 in the kernel it means all IPv4 addresses.
 */
#ifndef SERVE_HTTP_SOCKET_H
#define SERVE_HTTP_SOCKET_H

#include <stdbool.h>

#include "base/err.h"
#include "config/settings.h"

/* Descriptors that servers leave to the other parts of the daemon. */
#define HTTP_SOCKET_RESERVE 128

struct kept_sockets;

/** http_socket_is_last() - @fd is among the last HTTP_SOCKET_RESERVE that this process may have, or half of a low limit. */
bool http_socket_is_last(int fd);
/**
 * http_socket_listen() - Listen on @at
 * @one_family:	an unspecified address means all addresses of its own family
 * @kept:	a socket in it that listens there already is used; NULL: none
 *
 * Return: 0; negative errno, such as -EADDRINUSE; -EMFILE if too few descriptors would be left.
 */
int http_socket_listen(const struct settings_listen *at, bool one_family, struct kept_sockets *kept, int *ret,
		       struct err *reterr) __attribute__((warn_unused_result));
/**
 * http_socket_listen_local() - Listen on a Unix socket
 *
 * It can be used by root, our own user and its group. Its directory is made if it is missing. A socket of our own user at
 * @path on which no process listens is replaced; anything else there stays.
 *
 * Return: 0; negative errno, such as -EADDRINUSE if another process listens there; -EEXIST if @path is something else.
 */
int http_socket_listen_local(const char *path, struct kept_sockets *kept, int *ret, struct err *reterr)
	__attribute__((warn_unused_result));

#endif
