/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "diagnose/route_check.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>

#include <libmnl/libmnl.h>

#include "base/arena.h"
#include "diagnose/host_settings.h"

/* An answer. @error: positive errno, 0: there is a route. @source: the one that the kernel would choose, if @has_source */
struct route_check_answer {
	int error;
	unsigned char type;
	uint32_t interface;
	bool has_source;
	struct addr source;
};

/* A question. @from NULL: as if this node sent the packet; else it comes from there by @interface */
struct route_check_question {
	const struct addr *to;
	const struct addr *from;
	uint32_t interface;
};

static void route_check_put_addr(struct nlmsghdr *nlh, uint16_t type, const struct addr *addr)
{
	mnl_attr_put(nlh, type, addr_size(addr->family), addr->bytes);
}

static int route_check_send(struct mnl_socket *socket, const struct route_check_question *question)
{
	char message[MNL_NLMSG_HDRLEN + 256] __attribute__((aligned(4)));
	unsigned char bits = (unsigned char)(8 * addr_size(question->to->family));
	struct nlmsghdr *nlh;
	struct rtmsg *rtm;

	memset(message, 0, sizeof(message));
	nlh = mnl_nlmsg_put_header(message);
	nlh->nlmsg_type = RTM_GETROUTE;
	nlh->nlmsg_flags = NLM_F_REQUEST;
	rtm = mnl_nlmsg_put_extra_header(nlh, sizeof(*rtm));
	rtm->rtm_family = question->to->family == FAMILY_IPV4 ? AF_INET : AF_INET6;
	rtm->rtm_dst_len = bits;
	route_check_put_addr(nlh, RTA_DST, question->to);
	if (question->from) {
		rtm->rtm_src_len = bits;
		route_check_put_addr(nlh, RTA_SRC, question->from);
		mnl_attr_put_u32(nlh, RTA_IIF, question->interface);
	}
	return mnl_socket_sendto(socket, nlh, nlh->nlmsg_len) < 0 ? -errno : 0;
}

static void route_check_read(const struct nlmsghdr *nlh, enum family family, struct route_check_answer *ret)
{
	const struct rtmsg *rtm = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *attr;

	ret->type = rtm->rtm_type;
	mnl_attr_for_each(attr, nlh, sizeof(*rtm))
	{
		uint16_t type = mnl_attr_get_type(attr);

		if (type == RTA_OIF && mnl_attr_get_payload_len(attr) == sizeof(uint32_t))
			ret->interface = mnl_attr_get_u32(attr);
		if (type == RTA_PREFSRC && mnl_attr_get_payload_len(attr) == addr_size(family)) {
			ret->has_source = true;
			ret->source = (struct addr){ .family = family };
			memcpy(ret->source.bytes, mnl_attr_get_payload(attr), addr_size(family));
		}
	}
}

/* Return: 0, also if there is no route; negative errno if the kernel did not answer. */
static int route_check_ask(struct mnl_socket *socket, const struct route_check_question *question,
			   struct route_check_answer *ret)
{
	char buffer[8192] __attribute__((aligned(4)));
	const struct nlmsghdr *nlh = (const struct nlmsghdr *)buffer;
	int r = route_check_send(socket, question);
	ssize_t n;

	*ret = (struct route_check_answer){ .type = RTN_UNSPEC };
	if (r < 0)
		return r;
	n = mnl_socket_recvfrom(socket, buffer, sizeof(buffer));
	if (n < 0)
		return -errno;
	if (!mnl_nlmsg_ok(nlh, (int)n))
		return -EPROTO;
	if (nlh->nlmsg_type == NLMSG_ERROR) {
		ret->error = -((const struct nlmsgerr *)mnl_nlmsg_get_payload(nlh))->error;
		return 0;
	}
	if (nlh->nlmsg_type != RTM_NEWROUTE || nlh->nlmsg_len < MNL_NLMSG_HDRLEN + sizeof(struct rtmsg))
		return -EPROTO;
	route_check_read(nlh, (enum family)question->to->family, ret);
	return 0;
}

static const char *route_check_trouble(const struct route_check_answer *answer)
{
	if (answer->error)
		return strerror(answer->error);
	switch (answer->type) {
	case RTN_UNREACHABLE:
		return "its route says unreachable";
	case RTN_BLACKHOLE:
		return "its route is a blackhole";
	case RTN_PROHIBIT:
		return "its route says prohibited";
	}
	return NULL;
}

static void route_check_add(struct findings *findings, enum finding_check check, enum finding_verdict verdict,
			    const char *why, const struct addr *addr, const char *format, const char *detail,
			    const char *fix)
{
	char text[ADDR_TEXT_SIZE];
	const char *address = arena_string(findings->arena, addr_print(addr, text));

	finding_add(findings, &(struct finding){ .check = check,
						 .verdict = verdict,
						 .reason = why,
						 .text = arena_printf(findings->arena, "%s%s: %s", format,
								      address, detail),
						 .fix = fix,
						 .family = addr_family_name((enum family)addr->family),
						 .address = address });
}

/*
 * A strict rp_filter may refuse what comes back: the kernel then answers EXDEV, and since 6.13 EINVAL, which it also answers for
 * addresses that cannot be a source.
 */
static void route_check_back(struct mnl_socket *socket, const struct addr *endpoint,
			     const struct route_check_answer *there, struct findings *findings)
{
	const struct route_check_question question = { .to = &there->source,
						       .from = endpoint,
						       .interface = there->interface };
	struct route_check_answer answer;
	char name[IF_NAMESIZE];

	if (endpoint->family != FAMILY_IPV4 || !there->has_source || !there->interface ||
	    !if_indextoname(there->interface, name) || !host_settings_is_strict("", name) ||
	    route_check_ask(socket, &question, &answer) < 0 ||
	    (answer.error != EXDEV && answer.error != EINVAL))
		return;
	route_check_add(
		findings, FINDING_CHECK_RP_FILTER, FINDING_VERDICT_TROUBLE, "strict", endpoint,
		"rp_filter drops the answers of ",
		arena_printf(findings->arena, "they come by %s, and the route back is another one", name),
		arena_printf(findings->arena, "set net.ipv4.conf.%s.rp_filter to 2", name));
}

/* Return: whether there is a route, or that is not known; either is a finding of its own otherwise. */
static bool route_check_one(struct mnl_socket *socket, const struct addr *endpoint, bool *ret_is_local,
			    struct findings *findings)
{
	const struct route_check_question question = { .to = endpoint };
	struct route_check_answer answer;
	const char *trouble;
	int r = route_check_ask(socket, &question, &answer);

	if (r < 0) {
		route_check_add(findings, FINDING_CHECK_ROUTE, FINDING_VERDICT_UNKNOWN, "unreadable",
				endpoint, "the kernel does not say the route to ", strerror(-r), NULL);
		return false;
	}
	trouble = route_check_trouble(&answer);
	if (trouble) {
		route_check_add(findings, FINDING_CHECK_ROUTE, FINDING_VERDICT_TROUBLE, "no-route", endpoint,
				"no route to ", trouble,
				"look at the pod network (CNI) of this node, and at `ip route`");
		return false;
	}
	*ret_is_local = answer.type == RTN_LOCAL;
	if (!*ret_is_local)
		route_check_back(socket, endpoint, &answer, findings);
	return true;
}

static void route_check_all(struct mnl_socket *socket, const struct targets *targets, size_t n,
			    bool *ret_is_local, struct findings *findings)
{
	size_t i, n_addresses = 0, n_good = 0;

	/* Sorted by address: an endpoint with several ports is asked for once. */
	for (i = 0; i < n; i++) {
		if (i && addr_equal(&targets->endpoints[i].addr, &targets->endpoints[i - 1].addr)) {
			ret_is_local[i] = ret_is_local[i - 1];
			continue;
		}
		n_addresses++;
		n_good += route_check_one(socket, &targets->endpoints[i].addr, &ret_is_local[i], findings);
	}
	if (n_good && n_good == n_addresses)
		finding_add(findings,
			    &(struct finding){ .check = FINDING_CHECK_ROUTE,
					       .text = arena_printf(findings->arena,
								    "there is a route to each of %zu "
								    "endpoint address%s",
								    n_good, n_good == 1 ? "" : "es"),
					       .has_value = true,
					       .value = (int64_t)n_good });
}

void route_check_endpoints(const struct targets *targets, size_t n, bool *ret_is_local,
			   struct findings *findings)
{
	struct mnl_socket *socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);

	memset(ret_is_local, 0, n * sizeof(*ret_is_local));
	if (socket && mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) == 0)
		route_check_all(socket, targets, n, ret_is_local, findings);
	else
		finding_add(findings, &(struct finding){ .check = FINDING_CHECK_ROUTE,
							 .verdict = FINDING_VERDICT_UNKNOWN,
							 .reason = "unreadable",
							 .text = "the kernel's routes cannot be asked for" });
	if (socket)
		mnl_socket_close(socket);
}

void route_check_frontends(const struct targets *targets, size_t n, enum fact *ret_is_local)
{
	struct mnl_socket *socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	bool open = socket && mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) == 0;
	struct route_check_answer answer;
	size_t i;

	for (i = 0; i < n; i++) {
		const struct route_check_question question = { .to = &targets->frontends[i].addr };

		ret_is_local[i] = FACT_PERHAPS;
		if (!open || targets->frontends[i].node_port ||
		    route_check_ask(socket, &question, &answer) < 0)
			continue;
		/* Without a route it is none of this node's, either. */
		ret_is_local[i] = !answer.error && answer.type == RTN_LOCAL ? FACT_YES : FACT_NO;
	}
	if (socket)
		mnl_socket_close(socket);
}

bool route_check_client(const struct addr *from, struct findings *findings)
{
	struct mnl_socket *socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	bool local = false;

	if (socket && mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) == 0)
		(void)route_check_one(socket, from, &local, findings);
	if (socket)
		mnl_socket_close(socket);
	return local;
}
