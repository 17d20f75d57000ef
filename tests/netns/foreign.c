/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Another program that writes nftables: foreign COMMITS_PER_SECOND, in a network namespace of its own.
 *
 * It creates and deletes a table "foreign" in turn, one commit each, until it is ended by a signal. Then it prints how
 * many commits it made.
 */
#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <libmnl/libmnl.h>

static volatile sig_atomic_t ended;

static void on_signal(int number)
{
	(void)number;
	ended = 1;
}

static struct nlmsghdr *put(char *at, uint16_t type, uint16_t flags, uint8_t family, uint16_t resource)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(at);
	struct nfgenmsg *nfg = mnl_nlmsg_put_extra_header(nlh, sizeof(*nfg));

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	nfg->nfgen_family = family;
	nfg->version = NFNETLINK_V0;
	nfg->res_id = htons(resource);
	return nlh;
}

/* Returns whether the kernel took it. */
static int commit(struct mnl_socket *nl, uint16_t type)
{
	static char batch[4096], answer[8192];
	struct nlmsghdr *nlh;
	size_t size = 0;
	ssize_t n;

	nlh = put(batch, NFNL_MSG_BATCH_BEGIN, 0, NFPROTO_UNSPEC, NFNL_SUBSYS_NFTABLES);
	size += nlh->nlmsg_len;
	nlh = put(batch + size, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type), NLM_F_ACK, NFPROTO_IPV4, 0);
	mnl_attr_put_strz(nlh, NFTA_TABLE_NAME, "foreign");
	size += nlh->nlmsg_len;
	nlh = put(batch + size, NFNL_MSG_BATCH_END, 0, NFPROTO_UNSPEC, NFNL_SUBSYS_NFTABLES);
	size += nlh->nlmsg_len;
	if (mnl_socket_sendto(nl, batch, size) < 0)
		return 0;
	n = mnl_socket_recvfrom(nl, answer, sizeof(answer));
	if (n < (ssize_t)(NLMSG_HDRLEN + sizeof(struct nlmsgerr)))
		return 0;
	nlh = (struct nlmsghdr *)answer;
	return nlh->nlmsg_type == NLMSG_ERROR && !((struct nlmsgerr *)mnl_nlmsg_get_payload(nlh))->error;
}

int main(int argc, char **argv)
{
	double rate = argc > 1 ? atof(argv[1]) : 0;
	struct sigaction action = { .sa_handler = on_signal };
	struct mnl_socket *nl = mnl_socket_open(NETLINK_NETFILTER);
	unsigned long n = 0, failed = 0;
	struct timespec next;
	long period_ns;

	if (rate <= 0 || rate > 100000 || !nl || mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0) {
		fprintf(stderr, "foreign: COMMITS_PER_SECOND is missing, or there is no netlink: %s\n",
			strerror(errno));
		return 2;
	}
	(void)sigaction(SIGTERM, &action, NULL);
	(void)sigaction(SIGINT, &action, NULL);
	period_ns = (long)(1e9 / rate);
	(void)clock_gettime(CLOCK_MONOTONIC, &next);
	while (!ended) {
		if (commit(nl, n % 2 ? NFT_MSG_DELTABLE : NFT_MSG_NEWTABLE))
			n++;
		else
			failed++;
		next.tv_nsec += period_ns % 1000000000;
		next.tv_sec += period_ns / 1000000000 + next.tv_nsec / 1000000000;
		next.tv_nsec %= 1000000000;
		(void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
	}
	if (n % 2)
		n += (unsigned long)commit(nl, NFT_MSG_DELTABLE);
	printf("%lu commits, %lu failed\n", n, failed);
	mnl_socket_close(nl);
	return failed ? 1 : 0;
}
