/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Changes by other processes
 *
 * A notification names its object: a chain by itself and by each of its rules, an element by its key. Only the
 * named objects are read back (nfnl_read.c), so a repair costs as much as the damage. The content in a notification
 * is ignored: later changes may be on their way.
 *
 * What is invalidated whole is not read back in one step, but surveyed, if it still exists (backend/knowledge.h).
 *
 * A new chain may be a renamed one, and no notification has the old name; so a new chain invalidates the whole table,
 * as a set that is added or deleted does. An element that cannot be ours invalidates its set.
 *
 * The kernel sends the notifications of a transaction first, then NEWGEN with the process that sent it.
 */
#include "config.h"
#include "backend/nfnl_monitor.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <libmnl/libmnl.h>

#include "backend/nfnl_element.h"
#include "base/cleanup.h"

static void nfnl_monitor_take_elements(struct nfnl_monitor *monitor, enum family family,
				       const struct nlmsghdr *nlh)
{
	const char *name = nfnl_socket_string(nlh, NFTA_SET_ELEM_LIST_SET);
	struct invalidated *invalidated = &monitor->knowledge->invalidated;
	const struct nlattr *attr, *entry;
	struct element e;
	size_t set;

	for (set = 0; set < monitor->n_sets; set++)
		if (strcmp(monitor->sets[set].name, name) == 0)
			break;
	/* A client map: its entries are learnt by rules, and not compared. */
	if (set == monitor->n_sets)
		return;
	mnl_attr_for_each(attr, nlh, sizeof(struct nfgenmsg))
	{
		if (mnl_attr_get_type(attr) != NFTA_SET_ELEM_LIST_ELEMENTS)
			continue;
		mnl_attr_for_each_nested(entry, attr)
		{
			if (nfnl_element_parse_key(entry, &monitor->sets[set], family, (uint8_t)set, &e))
				invalidated_add_element(invalidated, &e);
			else
				invalidated_add_set(invalidated, family, (uint8_t)set);
		}
	}
}

static void nfnl_monitor_take_change(struct nfnl_monitor *monitor, enum family family,
				     const struct nlmsghdr *nlh)
{
	struct invalidated *invalidated = &monitor->knowledge->invalidated;

	switch (NFNL_MSG_TYPE(nlh->nlmsg_type)) {
	case NFT_MSG_NEWRULE:
	case NFT_MSG_DELRULE:
		invalidated_add_chain(invalidated, family, nfnl_socket_string(nlh, NFTA_RULE_CHAIN));
		break;
	case NFT_MSG_DELCHAIN:
		invalidated_add_chain(invalidated, family, nfnl_socket_string(nlh, NFTA_CHAIN_NAME));
		break;
	case NFT_MSG_NEWSETELEM:
	case NFT_MSG_DELSETELEM:
		nfnl_monitor_take_elements(monitor, family, nlh);
		break;
	default:
		invalidated_add_table(invalidated, family);
	}
}

/* NEWGEN ends a transaction. */
static void nfnl_monitor_take_generation(struct nfnl_monitor *monitor, const struct nlmsghdr *nlh)
{
	const struct nlattr *attr;
	uint32_t pid = 0;
	char process[64];

	if (!monitor->names_us)
		return;
	monitor->names_us = false;
	mnl_attr_for_each(attr, nlh, sizeof(struct nfgenmsg))
	{
		if (mnl_attr_get_type(attr) == NFTA_GEN_PROC_PID)
			pid = nfnl_socket_u32(attr);
	}
	(void)snprintf(process, sizeof(process), "%.20s (pid %u)",
		       nfnl_socket_string(nlh, NFTA_GEN_PROC_NAME), pid);
	knowledge_change(monitor->knowledge, process);
}

static int nfnl_monitor_take(void *ctx, const struct nlmsghdr *nlh)
{
	struct nfnl_monitor *monitor = ctx;
	const struct nfgenmsg *nfg = mnl_nlmsg_get_payload(nlh);

	if (nlh->nlmsg_pid == monitor->port || NFNL_SUBSYS_ID(nlh->nlmsg_type) != NFNL_SUBSYS_NFTABLES ||
	    nlh->nlmsg_len < NLMSG_LENGTH(sizeof(*nfg)))
		return 0;
	if (NFNL_MSG_TYPE(nlh->nlmsg_type) == NFT_MSG_NEWGEN) {
		nfnl_monitor_take_generation(monitor, nlh);
		return 0;
	}
	if (nfg->nfgen_family != NFPROTO_IPV4 && nfg->nfgen_family != NFPROTO_IPV6)
		return 0;
	/* The table is attribute 1 of every message. */
	if (strcmp(nfnl_socket_string(nlh, NFTA_TABLE_NAME), monitor->table_name) != 0)
		return 0;
	monitor->names_us = true;
	nfnl_monitor_take_change(monitor, nfg->nfgen_family == NFPROTO_IPV4 ? FAMILY_IPV4 : FAMILY_IPV6, nlh);
	return 0;
}

/* All messages of a datagram are of one transaction, so its first message tells whose it is. */
static void nfnl_monitor_filter(const struct nfnl_monitor *monitor)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct nlmsghdr, nlmsg_pid)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htonl(monitor->port), 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
	};
	const struct sock_fprog program = { .len = ARRAY_SIZE(code), .filter = code };

	/* Without the filter the notifications are ignored later, but a large transaction overflows the queue. */
	(void)setsockopt(nfnl_socket_fd(&monitor->socket), SOL_SOCKET, SO_ATTACH_FILTER, &program,
			 sizeof(program));
}

int nfnl_monitor_open(struct nfnl_monitor *monitor, struct err *reterr)
{
	int r = nfnl_socket_open(&monitor->socket, reterr);

	if (!r)
		nfnl_monitor_filter(monitor);
	return r;
}

void nfnl_monitor_close(struct nfnl_monitor *monitor)
{
	nfnl_socket_close(&monitor->socket);
	monitor->subscribed = false;
}

bool nfnl_monitor_subscribe(struct nfnl_monitor *monitor)
{
	if (!monitor->subscribed)
		monitor->subscribed = nfnl_socket_join(&monitor->socket, true) == 0;
	return monitor->subscribed;
}

void nfnl_monitor_unsubscribe(struct nfnl_monitor *monitor)
{
	if (monitor->subscribed)
		(void)nfnl_socket_join(&monitor->socket, false);
	monitor->subscribed = false;
	nfnl_monitor_drain(monitor);
}

void nfnl_monitor_drain(struct nfnl_monitor *monitor)
{
	if (nfnl_socket_drain(&monitor->socket, nfnl_monitor_take, monitor) < 0)
		knowledge_lose(monitor->knowledge, "unknown (notifications lost)");
}

void nfnl_monitor_take_some(struct nfnl_monitor *monitor)
{
	int i, r = 1;

	for (i = 0; i < NFNL_MONITOR_TURN_MAX && (r > 0 || r == -ENOBUFS); i++) {
		r = nfnl_socket_receive(&monitor->socket, nfnl_monitor_take, monitor);
		if (r < 0)
			knowledge_lose(monitor->knowledge, "unknown (notifications lost)");
	}
}
