/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * forked.h - a child process that works on its copy of our memory, and sends the result through a pipe
 *
 * Room:     base. Effects: descriptors and the priority of this process.
 * Rule:     the child uses no descriptor of the parent's but its end of the pipe and the standard ones, and ends with _exit(). A
 *           descriptor of netlink or epoll is one for both: the child could take away what the parent waits for.
 */
#ifndef BASE_FORKED_H
#define BASE_FORKED_H

/** forked_begin() - In the child, right after fork(): keep only @fd. Return: what it is now. */
int forked_begin(int fd);

#endif
