/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "sync/ifaddr.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include "base/alloc.h"

#define IFADDR_LIST_MAX	    65536
#define IFADDR_READ_SIZE    32768
#define IFADDR_DUMP_TRIES   8
#define IFADDR_TIMEOUT_S    5
#define IFADDR_DISPATCH_MAX 64 /* messages in one call, so that a storm of them does not block the loop */

/*
 * Each dump has its own socket: answers and notifications never mix, and a dump that is given up half-way leaves no
 * answers for the next one.
 */
struct ifaddr {
	struct mnl_socket *events;
	struct addr *list;
	size_t n_list;
};

/** struct ifaddr_dump - The addresses of a dump so far. */
struct ifaddr_dump {
	struct addr *list;
	size_t n_list;
	bool interrupted;
};

static int ifaddr_open(unsigned int groups, int flags, struct mnl_socket **ret, struct err *reterr)
{
	struct mnl_socket *socket = mnl_socket_open2(NETLINK_ROUTE, flags | SOCK_CLOEXEC);
	int r;

	if (!socket)
		return err_set(reterr, -errno, "cannot open a routing netlink socket: %s", strerror(errno));
	if (mnl_socket_bind(socket, groups, MNL_SOCKET_AUTOPID) < 0) {
		r = err_set(reterr, -errno, "cannot bind a routing netlink socket: %s", strerror(errno));
		(void)mnl_socket_close(socket);
		return r;
	}
	*ret = socket;
	return 0;
}

static void ifaddr_closep(struct mnl_socket **socket)
{
	if (*socket)
		(void)mnl_socket_close(*socket);
}

int ifaddr_new(struct ifaddr **ret, struct err *reterr)
{
	struct ifaddr *ifaddr;
	struct mnl_socket *events;
	int r;

	r = ifaddr_open(RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR, SOCK_NONBLOCK, &events, reterr);
	if (r < 0)
		return r;
	ifaddr = alloc_zeroed(1, sizeof(*ifaddr));
	ifaddr->events = events;
	*ret = ifaddr;
	return 0;
}

struct ifaddr *ifaddr_free(struct ifaddr *ifaddr)
{
	if (!ifaddr)
		return NULL;
	(void)mnl_socket_close(ifaddr->events);
	free(ifaddr->list);
	free(ifaddr);
	return NULL;
}

int ifaddr_fd(const struct ifaddr *ifaddr)
{
	return mnl_socket_get_fd(ifaddr->events);
}

int ifaddr_dispatch(struct ifaddr *ifaddr, bool *ret_changed, struct err *reterr)
{
	_cleanup_free_ char *buffer = alloc_bytes(IFADDR_READ_SIZE);
	unsigned int i;

	*ret_changed = false;
	for (i = 0; i < IFADDR_DISPATCH_MAX; i++) {
		ssize_t size = mnl_socket_recvfrom(ifaddr->events, buffer, IFADDR_READ_SIZE);

		if (size > 0) {
			/* No need to parse it: these groups have only address messages. */
			*ret_changed = true;
			continue;
		}
		if (size == 0 || errno == EAGAIN)
			return 0;
		if (errno == EINTR)
			continue;
		/* ENOBUFS: notifications were lost. ENOSPC: one was longer than the buffer. */
		if (errno == ENOBUFS || errno == ENOSPC) {
			*ret_changed = true;
			continue;
		}
		return err_set(reterr, -errno, "cannot read address changes: %s", strerror(errno));
	}
	return 0;
}

static void ifaddr_add(struct ifaddr_dump *dump, enum family family, const struct nlattr *attr)
{
	struct addr addr = { .family = (uint8_t)family };

	if (mnl_attr_get_payload_len(attr) != addr_size(family) || dump->n_list == IFADDR_LIST_MAX)
		return;
	memcpy(addr.bytes, mnl_attr_get_payload(attr), addr_size(family));
	*ALLOC_APPEND(dump->list, dump->n_list) = addr;
}

static int ifaddr_message(const struct nlmsghdr *header, void *data)
{
	const struct ifaddrmsg *message = mnl_nlmsg_get_payload(header);
	const struct nlattr *attr, *local = NULL, *address = NULL;
	struct ifaddr_dump *dump = data;

	if (header->nlmsg_type != RTM_NEWADDR || mnl_nlmsg_get_payload_len(header) < sizeof(*message))
		return MNL_CB_OK;
	if (message->ifa_family != AF_INET && message->ifa_family != AF_INET6)
		return MNL_CB_OK;
	mnl_attr_for_each(attr, header, sizeof(*message))
	{
		if (mnl_attr_get_type(attr) == IFA_LOCAL)
			local = attr;
		else if (mnl_attr_get_type(attr) == IFA_ADDRESS)
			address = attr;
	}
	/* On a point-to-point link IFA_ADDRESS is the peer and IFA_LOCAL ours. */
	if (!local)
		local = address;
	if (local)
		ifaddr_add(dump, message->ifa_family == AF_INET ? FAMILY_IPV4 : FAMILY_IPV6, local);
	return MNL_CB_OK;
}

static int ifaddr_ask(const struct mnl_socket *socket, char *buffer, struct err *reterr)
{
	/* The kernel answers at once; the limit is only there so that a bug cannot block the daemon. */
	const struct timeval timeout = { .tv_sec = IFADDR_TIMEOUT_S };
	struct nlmsghdr *header = mnl_nlmsg_put_header(buffer);
	struct ifaddrmsg *message;

	if (setsockopt(mnl_socket_get_fd(socket), SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) < 0)
		return err_set(reterr, -errno, "cannot limit a netlink socket's waiting: %s",
			       strerror(errno));
	header->nlmsg_type = RTM_GETADDR;
	header->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	header->nlmsg_seq = 1;
	message = mnl_nlmsg_put_extra_header(header, sizeof(*message));
	message->ifa_family = AF_UNSPEC;
	if (mnl_socket_sendto(socket, header, header->nlmsg_len) < 0)
		return err_set(reterr, -errno, "cannot ask for the interface addresses: %s", strerror(errno));
	return 0;
}

static int ifaddr_dump_once(char *buffer, struct ifaddr_dump *dump, struct err *reterr)
{
	_cleanup_(ifaddr_closep) struct mnl_socket *socket = NULL;
	ssize_t size;
	int r;

	r = ifaddr_open(0, 0, &socket, reterr);
	if (r == 0)
		r = ifaddr_ask(socket, buffer, reterr);
	if (r < 0)
		return r;
	do {
		do {
			size = mnl_socket_recvfrom(socket, buffer, IFADDR_READ_SIZE);
		} while (size < 0 && errno == EINTR);
		if (size < 0)
			return err_set(reterr, -errno, "cannot read the interface addresses: %s",
				       strerror(errno));
		r = mnl_cb_run(buffer, (size_t)size, 1, mnl_socket_get_portid(socket), ifaddr_message, dump);
	} while (r > MNL_CB_STOP);
	/* libmnl's errno for NLM_F_DUMP_INTR: the addresses changed during the dump. */
	if (r < 0 && errno == EINTR)
		dump->interrupted = true;
	else if (r < 0)
		return err_set(reterr, -errno, "cannot list the interface addresses: %s", strerror(errno));
	return 0;
}

static int ifaddr_cmp(const void *a, const void *b)
{
	return addr_cmp(a, b);
}

static size_t ifaddr_unique(struct addr *list, size_t n_list)
{
	size_t i, n = 0;

	if (n_list)
		qsort(list, n_list, sizeof(*list), ifaddr_cmp);
	for (i = 0; i < n_list; i++)
		if (!n || !addr_equal(&list[n - 1], &list[i]))
			list[n++] = list[i];
	return n;
}

int ifaddr_refresh(struct ifaddr *ifaddr, struct err *reterr)
{
	_cleanup_free_ char *buffer = alloc_bytes(IFADDR_READ_SIZE);
	struct ifaddr_dump dump = { 0 };
	unsigned int tries;
	int r;

	for (tries = 0; tries < IFADDR_DUMP_TRIES; tries++) {
		dump.n_list = 0;
		dump.interrupted = false;
		r = ifaddr_dump_once(buffer, &dump, reterr);
		if (r < 0) {
			free(dump.list);
			return r;
		}
		if (!dump.interrupted)
			break;
	}
	/*
	 * Addresses keep changing. Each change also sends a notification, which leads to another refresh. Until then keep the
	 * old list, because this one is incomplete.
	 */
	if (dump.interrupted) {
		free(dump.list);
		return err_set(reterr, -EAGAIN,
			       "the interface addresses change faster than they can be listed");
	}
	free(ifaddr->list);
	ifaddr->n_list = ifaddr_unique(dump.list, dump.n_list);
	ifaddr->list = dump.list;
	return 0;
}

const struct addr *ifaddr_list(const struct ifaddr *ifaddr, size_t *ret_n)
{
	*ret_n = ifaddr->n_list;
	return ifaddr->list;
}
