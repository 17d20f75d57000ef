/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For LD_PRELOAD: the kernel does not know NFT_MSG_DESTROYSETELEM, as before Linux 6.3. Such messages get a type that
 * no kernel knows.
 */
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define DESTROYSETELEM (NFNL_SUBSYS_NFTABLES << 8 | 30)
#define UNKNOWN	       (NFNL_SUBSYS_NFTABLES << 8 | 255)

ssize_t sendto(int fd, const void *data, size_t size, int flags, const struct sockaddr *to, socklen_t to_size)
{
	char *copy = NULL;
	size_t at = 0;
	ssize_t sent;

	if (to && to->sa_family == AF_NETLINK && (copy = malloc(size + 1)))
		memcpy(copy, data, size);
	while (copy && at + sizeof(struct nlmsghdr) <= size) {
		struct nlmsghdr *nlh = (struct nlmsghdr *)(copy + at);

		if (nlh->nlmsg_type == DESTROYSETELEM)
			nlh->nlmsg_type = UNKNOWN;
		at += NLMSG_ALIGN(nlh->nlmsg_len);
	}
	sent = syscall(SYS_sendto, fd, copy ? copy : data, size, flags, to, to_size);
	free(copy);
	return sent;
}
