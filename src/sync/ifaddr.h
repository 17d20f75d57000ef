/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ifaddr.h - the addresses of this machine's interfaces, and notifications of changes
 *
 * Room:     sync. Uses rtnetlink (libmnl); needs no privilege.
 */
#ifndef SYNC_IFADDR_H
#define SYNC_IFADDR_H

#include <stddef.h>

#include "base/addr.h"
#include "base/cleanup.h"
#include "base/err.h"

struct ifaddr;

/** ifaddr_new() - Open and subscribe to address changes; ifaddr_refresh() must follow. */
int ifaddr_new(struct ifaddr **ret, struct err *reterr) __attribute__((warn_unused_result));
struct ifaddr *ifaddr_free(struct ifaddr *ifaddr);
DEFINE_FREEP(struct ifaddr, ifaddr_free);
/** ifaddr_fd() - To poll for input. */
int ifaddr_fd(const struct ifaddr *ifaddr);
/** ifaddr_dispatch() - Drain notifications; @ret_changed: some came or were lost, ifaddr_refresh() is due. */
int ifaddr_dispatch(struct ifaddr *ifaddr, bool *ret_changed, struct err *reterr)
	__attribute__((warn_unused_result));
/** ifaddr_refresh() - Dump all addresses. */
int ifaddr_refresh(struct ifaddr *ifaddr, struct err *reterr) __attribute__((warn_unused_result));
/** ifaddr_list() - @ret_n distinct addresses, sorted, loopback included; valid until the next refresh. */
const struct addr *ifaddr_list(const struct ifaddr *ifaddr, size_t *ret_n);

#endif
