/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For LD_PRELOAD: the kernel does not know the table flag owner, as before Linux 5.12. Tables with this flag get one that no
 * kernel knows, too.
 */
#include <arpa/inet.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define OWNER	0x2u
#define UNKNOWN 0x40000000u

static void spoil(struct nlmsghdr *nlh)
{
	char *end = (char *)nlh + nlh->nlmsg_len,
	     *at = (char *)NLMSG_DATA(nlh) + NLMSG_ALIGN(sizeof(struct nfgenmsg));

	while (at + NLA_HDRLEN + sizeof(uint32_t) <= end) {
		struct nlattr *attr = (struct nlattr *)at;
		uint32_t *flags = (uint32_t *)(at + NLA_HDRLEN);

		if (attr->nla_type == NFTA_TABLE_FLAGS && (*flags & htonl(OWNER)))
			*flags |= htonl(UNKNOWN);
		at += NLA_ALIGN(attr->nla_len);
	}
}

ssize_t sendto(int fd, const void *data, size_t size, int flags, const struct sockaddr *to, socklen_t to_size)
{
	char *copy = NULL;
	size_t at = 0;
	ssize_t sent;

	if (to && to->sa_family == AF_NETLINK && (copy = malloc(size + 1)))
		memcpy(copy, data, size);
	while (copy && at + sizeof(struct nlmsghdr) <= size) {
		struct nlmsghdr *nlh = (struct nlmsghdr *)(copy + at);

		if (nlh->nlmsg_type == (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWTABLE))
			spoil(nlh);
		at += NLMSG_ALIGN(nlh->nlmsg_len);
	}
	sent = syscall(SYS_sendto, fd, copy ? copy : data, size, flags, to, to_size);
	free(copy);
	return sent;
}
