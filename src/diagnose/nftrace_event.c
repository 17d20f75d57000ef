/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "diagnose/nftrace_event.h"

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>
#include <string.h>

#include <libmnl/libmnl.h>
#include <libnftnl/trace.h>

#include "base/alloc.h"

#define NFTRACE_EVENT_IPV4_SIZE 20
#define NFTRACE_EVENT_IPV6_SIZE 40

static void nftrace_event_copy(const struct nftnl_trace *trace, uint16_t attr,
			       char ret[NFTRACE_EVENT_NAME_SIZE])
{
	const char *text = nftnl_trace_is_set(trace, attr) ? nftnl_trace_get_str(trace, attr) : NULL;

	(void)snprintf(ret, NFTRACE_EVENT_NAME_SIZE, "%s", text ? text : "");
}

static bool nftrace_event_network(const uint8_t *header, size_t size, struct nftrace_event_flow *ret)
{
	if (size >= NFTRACE_EVENT_IPV4_SIZE && header[0] >> 4 == 4) {
		ret->protocol = header[9];
		ret->source.family = ret->destination.family = FAMILY_IPV4;
		memcpy(ret->source.bytes, header + 12, 4);
		memcpy(ret->destination.bytes, header + 16, 4);
		return true;
	}
	if (size >= NFTRACE_EVENT_IPV6_SIZE && header[0] >> 4 == 6) {
		ret->protocol = header[6];
		ret->source.family = ret->destination.family = FAMILY_IPV6;
		memcpy(ret->source.bytes, header + 8, 16);
		memcpy(ret->destination.bytes, header + 24, 16);
		return true;
	}
	return false;
}

static void nftrace_event_read_flow(const struct nftnl_trace *trace, struct nftrace_event *ret)
{
	uint32_t size = 0;
	const uint8_t *header = nftnl_trace_get_data(trace, NFTNL_TRACE_NETWORK_HEADER, &size);

	ret->has_flow = header && nftrace_event_network(header, size, &ret->flow);
	header = nftnl_trace_get_data(trace, NFTNL_TRACE_TRANSPORT_HEADER, &size);
	/* All three protocols of Services begin with the ports. */
	if (!ret->has_flow || !header || size < 4 ||
	    (ret->flow.protocol != PROTOCOL_TCP && ret->flow.protocol != PROTOCOL_UDP &&
	     ret->flow.protocol != PROTOCOL_SCTP))
		return;
	ret->flow.source_port = (uint16_t)(header[0] << 8 | header[1]);
	ret->flow.destination_port = (uint16_t)(header[2] << 8 | header[3]);
}

static bool nftrace_event_fill(const struct nftnl_trace *trace, struct nftrace_event *ret)
{
	if (!nftnl_trace_is_set(trace, NFTNL_TRACE_ID) || !nftnl_trace_is_set(trace, NFTNL_TRACE_TYPE))
		return false;
	switch (nftnl_trace_get_u32(trace, NFTNL_TRACE_TYPE)) {
	case NFT_TRACETYPE_RULE:
		ret->type = NFTRACE_EVENT_TYPE_RULE;
		ret->handle = nftnl_trace_get_u64(trace, NFTNL_TRACE_RULE_HANDLE);
		break;
	case NFT_TRACETYPE_RETURN:
		ret->type = NFTRACE_EVENT_TYPE_RETURN;
		break;
	case NFT_TRACETYPE_POLICY:
		ret->type = NFTRACE_EVENT_TYPE_POLICY;
		break;
	default:
		return false;
	}
	ret->verdict = (int)nftnl_trace_get_u32(
		trace, ret->type == NFTRACE_EVENT_TYPE_POLICY ? NFTNL_TRACE_POLICY : NFTNL_TRACE_VERDICT);
	ret->id = nftnl_trace_get_u32(trace, NFTNL_TRACE_ID);
	ret->family = nftnl_trace_get_u32(trace, NFTNL_TRACE_FAMILY);
	nftrace_event_copy(trace, NFTNL_TRACE_TABLE, ret->table);
	nftrace_event_copy(trace, NFTNL_TRACE_CHAIN, ret->chain);
	nftrace_event_copy(trace, NFTNL_TRACE_JUMP_TARGET, ret->target);
	ret->in =
		nftnl_trace_is_set(trace, NFTNL_TRACE_IIF) ? nftnl_trace_get_u32(trace, NFTNL_TRACE_IIF) : 0;
	ret->out =
		nftnl_trace_is_set(trace, NFTNL_TRACE_OIF) ? nftnl_trace_get_u32(trace, NFTNL_TRACE_OIF) : 0;
	nftrace_event_read_flow(trace, ret);
	return true;
}

bool nftrace_event_read(const struct nlmsghdr *nlh, struct nftrace_event *ret)
{
	struct nftnl_trace *trace;
	bool good;

	*ret = (struct nftrace_event){ .id = 0 };
	if (nlh->nlmsg_type != (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_TRACE) ||
	    nlh->nlmsg_len < MNL_NLMSG_HDRLEN + sizeof(struct nfgenmsg))
		return false;
	trace = nftnl_trace_alloc();
	if (!trace)
		alloc_failed();
	good = nftnl_trace_nlmsg_parse(nlh, trace) >= 0 && nftrace_event_fill(trace, ret);
	nftnl_trace_free(trace);
	return good;
}

bool nftrace_event_same_destination(const struct nftrace_event_flow *a, const struct nftrace_event_flow *b)
{
	return addr_equal(&a->destination, &b->destination) && a->destination_port == b->destination_port;
}

bool nftrace_event_same_source(const struct nftrace_event_flow *a, const struct nftrace_event_flow *b)
{
	return addr_equal(&a->source, &b->source) && a->source_port == b->source_port;
}
