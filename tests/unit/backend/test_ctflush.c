/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading and forgetting flows, against a kernel that is played: libmnl's calls for a socket are answered here,
 * by one end of a pair of sockets whose other end is the kernel's. Rows C9, C12.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <libmnl/libmnl.h>
#include <libnetfilter_conntrack/libnetfilter_conntrack.h>

#include "backend/ctflush.h"
#include "base/monotonic.h"

#define MESSAGE_SIZE 16384

/* --- the kernel ------------------------------------------------------------------------------------------ */

static struct mnl_socket {
	int fds[2]; /* ours, the kernel's */
} played;

struct mnl_socket *mnl_socket_open2(int bus, int flags)
{
	(void)bus;
	return socketpair(AF_UNIX, SOCK_SEQPACKET | flags, 0, played.fds) ? NULL : &played;
}

int mnl_socket_bind(struct mnl_socket *nl, unsigned int groups, pid_t pid)
{
	(void)nl;
	(void)groups;
	(void)pid;
	return 0;
}

int mnl_socket_get_fd(const struct mnl_socket *nl)
{
	return nl->fds[0];
}

ssize_t mnl_socket_sendto(const struct mnl_socket *nl, const void *buf, size_t len)
{
	return send(nl->fds[0], buf, len, 0);
}

int mnl_socket_close(struct mnl_socket *nl)
{
	(void)close(nl->fds[1]);
	return close(nl->fds[0]);
}

/* The time goes on only while a flow is judged. */
static uint64_t now_us;

uint64_t monotonic_us(void)
{
	return now_us;
}

/* What the kernel was asked: one datagram, empty if there is none. */
static size_t asked(char request[MESSAGE_SIZE])
{
	ssize_t n = recv(played.fds[1], request, MESSAGE_SIZE, MSG_DONTWAIT);

	return n > 0 ? (size_t)n : 0;
}

static int asked_type(const char *request)
{
	return ((const struct nlmsghdr *)(const void *)request)->nlmsg_type & 0xff;
}

/* The header of a message in answer to @request, of this type. */
static struct nlmsghdr *answer_header(char *at, const char *request, int type, uint16_t flags)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(at);

	nlh->nlmsg_type = (uint16_t)type;
	nlh->nlmsg_flags = flags;
	nlh->nlmsg_seq = ((const struct nlmsghdr *)(const void *)request)->nlmsg_seq;
	return nlh;
}

static struct nlmsghdr *answer_flow(char *at, const char *request, uint16_t flags, uint8_t protocol,
				    uint16_t sport)
{
	struct nlmsghdr *nlh = answer_header(at, request, NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_NEW,
					     NLM_F_MULTI | flags);
	struct nf_conntrack *ct = nfct_new();
	struct nfgenmsg *nfg;

	nfg = mnl_nlmsg_put_extra_header(nlh, sizeof(*nfg));
	nfg->nfgen_family = AF_INET;
	nfct_set_attr_u8(ct, ATTR_ORIG_L3PROTO, AF_INET);
	nfct_set_attr_u32(ct, ATTR_ORIG_IPV4_SRC, inet_addr("192.0.2.9"));
	nfct_set_attr_u32(ct, ATTR_ORIG_IPV4_DST, inet_addr("10.96.0.1"));
	nfct_set_attr_u8(ct, ATTR_ORIG_L4PROTO, protocol);
	nfct_set_attr_u16(ct, ATTR_ORIG_PORT_SRC, htons(sport));
	nfct_set_attr_u16(ct, ATTR_ORIG_PORT_DST, htons(53));
	nfct_set_attr_u8(ct, ATTR_REPL_L3PROTO, AF_INET);
	nfct_set_attr_u32(ct, ATTR_REPL_IPV4_SRC, inet_addr("10.0.0.1"));
	nfct_set_attr_u32(ct, ATTR_REPL_IPV4_DST, inet_addr("192.0.2.9"));
	nfct_set_attr_u8(ct, ATTR_REPL_L4PROTO, protocol);
	nfct_set_attr_u16(ct, ATTR_REPL_PORT_SRC, htons(5353));
	nfct_set_attr_u16(ct, ATTR_REPL_PORT_DST, htons(sport));
	assert_int_equal(nfct_nlmsg_build(nlh, ct), 0);
	nfct_destroy(ct);
	return nlh;
}

/* The answer to a dump in one datagram: @n flows, and the end; @flags of all messages. */
static void answer_dump_of(const char *request, uint16_t flags, uint8_t protocol, uint16_t sport, int n)
{
	char bytes[32 * 1024] __attribute__((aligned(8))) = { 0 };
	struct nlmsghdr *nlh;
	size_t size = 0;
	int i;

	for (i = 0; i < n; i++) {
		nlh = answer_flow(bytes + size, request, flags, protocol, (uint16_t)(sport + i));
		size += MNL_ALIGN(nlh->nlmsg_len);
	}
	nlh = answer_header(bytes + size, request, NLMSG_DONE, NLM_F_MULTI | flags);
	*(int *)mnl_nlmsg_put_extra_header(nlh, sizeof(int)) = 0;
	assert_true(send(played.fds[1], bytes, size + nlh->nlmsg_len, 0) > 0);
}

static void answer_dump(const char *request, uint16_t flags, uint8_t protocol, uint16_t sport)
{
	answer_dump_of(request, flags, protocol, sport, 1);
}

/* The answer to the question of how many flows the table has. */
static void answer_count(const char *request, uint32_t n)
{
	char bytes[128] __attribute__((aligned(8))) = { 0 };
	struct nlmsghdr *nlh =
		answer_header(bytes, request, NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_GET_STATS, 0);

	(void)mnl_nlmsg_put_extra_header(nlh, sizeof(struct nfgenmsg));
	mnl_attr_put_u32(nlh, CTA_STATS_GLOBAL_ENTRIES, htonl(n));
	assert_true(send(played.fds[1], bytes, nlh->nlmsg_len, 0) > 0);
}

/* The answer to each message of a batch: @error, 0 for done. */
static void answer_each(const char *request, size_t size, int error)
{
	const struct nlmsghdr *to = (const void *)request;
	int left = (int)size;

	for (; mnl_nlmsg_ok(to, left); to = mnl_nlmsg_next(to, &left)) {
		char bytes[128] __attribute__((aligned(8))) = { 0 };
		struct nlmsghdr *nlh = mnl_nlmsg_put_header(bytes);
		struct nlmsgerr *answer = mnl_nlmsg_put_extra_header(nlh, sizeof(*answer));

		nlh->nlmsg_type = NLMSG_ERROR;
		nlh->nlmsg_seq = to->nlmsg_seq;
		answer->error = error;
		answer->msg = *to;
		assert_true(send(played.fds[1], bytes, nlh->nlmsg_len, 0) > 0);
	}
}

/* --- the cases ------------------------------------------------------------------------------------------- */

static struct ctflush *ctflush;

static int setup(void **state)
{
	struct err err = { 0 };

	(void)state;
	return ctflush_new(&ctflush, &err);
}

static int teardown(void **state)
{
	(void)state;
	ctflush = ctflush_free(ctflush);
	return 0;
}

static uint64_t judging_us; /* how long that takes for one flow */
static bool are_stale;

static bool is_stale(void *ctx, const struct flow *flow)
{
	(void)ctx;
	now_us += judging_us;
	return are_stale && flow->dport == 53;
}

static int step(struct ctflush_report *report)
{
	struct err err = { 0 };

	return ctflush_dispatch(ctflush, report, &err);
}

/* A round of a table with @n flows, until the first dump is asked for. */
static void start_with(bool ipv6, uint32_t n)
{
	const bool wanted[_FAMILY_MAX] = { [FAMILY_IPV4] = true, [FAMILY_IPV6] = ipv6 };
	char request[MESSAGE_SIZE] __attribute__((aligned(8)));
	struct ctflush_report report = { 0 };
	struct err err = { 0 };

	judging_us = 0;
	are_stale = true;
	assert_int_equal(ctflush_start(ctflush, wanted, is_stale, NULL, &err), 0);
	assert_true(asked(request) > 0);
	assert_int_equal(asked_type(request), IPCTNL_MSG_CT_GET_STATS);
	answer_count(request, n);
	assert_int_equal(step(&report), -EINPROGRESS);
}

static void start(void)
{
	start_with(false, 1000);
}

/* Answer as many dumps as are asked for, with these flags; returns how many that were. */
static int answer_dumps(uint16_t flags, int n_interrupted, struct ctflush_report *report)
{
	char request[MESSAGE_SIZE] __attribute__((aligned(8)));
	int n = 0;

	while (n < 20 && asked(request) && asked_type(request) == IPCTNL_MSG_CT_GET) {
		answer_dump(request, n < n_interrupted ? flags : 0, IPPROTO_UDP, (uint16_t)(1000 + n));
		n++;
		assert_int_equal(step(report), -EINPROGRESS);
		if (recv(played.fds[1], request, sizeof(request), MSG_DONTWAIT | MSG_PEEK) > 0 &&
		    asked_type(request) == IPCTNL_MSG_CT_DELETE)
			break;
	}
	return n;
}

static void expect_deletions(size_t expected, int error)
{
	char request[MESSAGE_SIZE] __attribute__((aligned(8)));
	size_t size = asked(request), n = 0;
	const struct nlmsghdr *nlh = (void *)request;
	int left = (int)size;

	for (; mnl_nlmsg_ok(nlh, left); nlh = mnl_nlmsg_next(nlh, &left)) {
		assert_int_equal(nlh->nlmsg_type, NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_DELETE);
		n++;
	}
	assert_int_equal(n, expected);
	answer_each(request, size, error);
}

static void test_whole(void **state)
{
	struct ctflush_report report = { 0 };

	(void)state;
	start();
	assert_int_equal(answer_dumps(0, 0, &report), 1);
	expect_deletions(1, 0);
	assert_int_equal(step(&report), 0);
	assert_int_equal(report.n_deleted, 1);
	assert_int_equal(report.n_flows, 1);
}

/* C12: read again, and what the interrupted dump found is not counted twice. */
static void test_interrupted_once(void **state)
{
	struct ctflush_report report = { 0 };

	(void)state;
	start();
	assert_int_equal(answer_dumps(NLM_F_DUMP_INTR, 1, &report), 2);
	expect_deletions(1, 0);
	assert_int_equal(step(&report), 0);
	assert_int_equal(report.n_found, 1);
}

/* C12: after five times what was found by then is deleted, and the caller learns that it is not all. */
static void test_interrupted_for_ever(void **state)
{
	struct ctflush_report report = { 0 };

	(void)state;
	start();
	assert_int_equal(answer_dumps(NLM_F_DUMP_INTR, 100, &report), CTFLUSH_TRIES_MAX);
	expect_deletions(1, 0);
	assert_int_equal(step(&report), -EINTR);
	assert_int_equal(report.n_deleted, 1);
	/* The next round begins anew. */
	start();
	assert_int_equal(answer_dumps(0, 0, &report), 1);
	expect_deletions(1, -ENOENT);
	assert_int_equal(step(&report), 0);
	assert_int_equal(report.n_deleted, 0);
	assert_int_equal(report.n_refused, 0);
}

/* Kernels that cannot filter send all protocols; C9: of others nothing is deleted. */
static void test_other_protocols(void **state)
{
	char request[MESSAGE_SIZE] __attribute__((aligned(8)));
	struct ctflush_report report = { 0 };

	(void)state;
	start();
	assert_true(asked(request) > 0);
	answer_dump(request, 0, IPPROTO_TCP, 1000);
	assert_int_equal(step(&report), 0);
	assert_int_equal(asked(request), 0);
	assert_int_equal(report.n_flows, 1);
	assert_int_equal(report.n_found, 0);
}

/* Any other error ends the round. */
static void test_refused(void **state)
{
	char request[MESSAGE_SIZE] __attribute__((aligned(8)));
	struct ctflush_report report = { 0 };
	size_t size;

	(void)state;
	start();
	size = asked(request);
	answer_each(request, size, -EPERM);
	assert_int_equal(step(&report), -EPERM);
	assert_int_equal(asked(request), 0);
}

static int asked_family(const char *request)
{
	return ((const struct nfgenmsg *)mnl_nlmsg_get_payload((const void *)request))->nfgen_family;
}

static bool asked_filter(const char *request)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, (const struct nlmsghdr *)(const void *)request, sizeof(struct nfgenmsg))
	{
		if (mnl_attr_get_type(attr) == CTA_FILTER)
			return true;
	}
	return false;
}

/* C11: the kernel looks through the whole table for a filter, so only a table of some size is asked for UDP alone. */
static void test_large(void **state)
{
	char request[MESSAGE_SIZE] __attribute__((aligned(8)));
	struct ctflush_report report = { 0 };

	(void)state;
	start_with(true, CTFLUSH_FILTER_MAX);
	assert_true(asked(request) > 0);
	assert_int_equal(asked_family(request), AF_INET);
	assert_true(asked_filter(request));
	answer_dump(request, 0, IPPROTO_UDP, 1000);
	assert_int_equal(step(&report), -EINPROGRESS);
	assert_true(asked(request) > 0);
	assert_int_equal(asked_family(request), AF_INET6);
	assert_true(asked_filter(request));
	answer_dump_of(request, 0, IPPROTO_UDP, 1000, 0);
	assert_int_equal(step(&report), -EINPROGRESS);
	expect_deletions(1, 0);
	assert_int_equal(step(&report), 0);

	start_with(true, CTFLUSH_FILTER_MAX + 1);
	assert_true(asked(request) > 0);
	assert_int_equal(asked_family(request), AF_UNSPEC);
	assert_false(asked_filter(request));
	answer_dump(request, 0, IPPROTO_UDP, 1000);
	assert_int_equal(step(&report), -EINPROGRESS);
	expect_deletions(1, 0);
	assert_int_equal(step(&report), 0);
	assert_int_equal(report.n_deleted, 1);
}

/* A kernel that does not say how many flows there are is asked for them. */
static void test_not_counted(void **state)
{
	const bool wanted[_FAMILY_MAX] = { [FAMILY_IPV4] = true };
	char request[MESSAGE_SIZE] __attribute__((aligned(8)));
	struct ctflush_report report = { 0 };
	struct err err = { 0 };

	(void)state;
	assert_int_equal(ctflush_start(ctflush, wanted, is_stale, NULL, &err), 0);
	answer_each(request, asked(request), -EOPNOTSUPP);
	assert_int_equal(step(&report), -EINPROGRESS);
	assert_true(asked(request) > 0);
	assert_int_equal(asked_type(request), IPCTNL_MSG_CT_GET);
	assert_true(asked_filter(request));
}

#define STEP_MAX_US 15000

/* Go on until the socket is needed; no step is long. */
static void steps(struct ctflush_report *report, int *ret_result)
{
	uint64_t begin_us;
	int n = 0;

	do {
		begin_us = now_us;
		*ret_result = step(report);
		assert_true(now_us - begin_us <= STEP_MAX_US);
		assert_true(++n < 1000);
	} while (ctflush_pending(ctflush));
}

/* Go on to the end of the round; each batch of deletions is answered. */
static void go_on(struct ctflush_report *report)
{
	char request[MESSAGE_SIZE] __attribute__((aligned(8)));
	int r = -EINPROGRESS, n = 0;
	size_t size;

	while (r == -EINPROGRESS) {
		steps(report, &r);
		assert_true(++n < 1000);
		while ((size = asked(request)))
			answer_each(request, size, 0);
	}
	assert_int_equal(r, 0);
}

/* C11: a turn is short, however long judging takes; no flow is forgotten, and none is judged twice in a phase. */
static void test_turns(void **state)
{
	char request[MESSAGE_SIZE] __attribute__((aligned(8)));
	struct ctflush_report report = { 0 };
	uint64_t begin_us;

	(void)state;
	start();
	judging_us = 5000;
	assert_true(asked(request) > 0);
	answer_dump_of(request, 0, IPPROTO_UDP, 1000, 20);
	begin_us = now_us;
	go_on(&report);
	assert_int_equal(report.n_flows, 20);
	assert_int_equal(report.n_deleted, 20);
	assert_int_equal(now_us - begin_us, 40 * judging_us);
}

/* The same if the flows are fine again when they would be deleted. */
static void test_fine_again(void **state)
{
	char request[MESSAGE_SIZE] __attribute__((aligned(8)));
	struct ctflush_report report = { 0 };

	(void)state;
	start();
	assert_true(asked(request) > 0);
	answer_dump_of(request, 0, IPPROTO_UDP, 1000, 70);
	assert_int_equal(step(&report), -EINPROGRESS);
	expect_deletions(64, 0);
	judging_us = 5000;
	are_stale = false;
	go_on(&report);
	assert_int_equal(report.n_found, 70);
	assert_int_equal(report.n_deleted, 64);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_whole, setup, teardown),
		cmocka_unit_test_setup_teardown(test_interrupted_once, setup, teardown),
		cmocka_unit_test_setup_teardown(test_interrupted_for_ever, setup, teardown),
		cmocka_unit_test_setup_teardown(test_other_protocols, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_large, setup, teardown),
		cmocka_unit_test_setup_teardown(test_not_counted, setup, teardown),
		cmocka_unit_test_setup_teardown(test_turns, setup, teardown),
		cmocka_unit_test_setup_teardown(test_fine_again, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
