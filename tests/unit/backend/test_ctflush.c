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

#define MESSAGE_SIZE 4096

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

/* The answer to a dump: one flow, and the end; @flags of both. */
static void answer_dump(const char *request, uint16_t flags, uint8_t protocol, uint16_t sport)
{
	const struct nlmsghdr *to = (const void *)request;
	char bytes[MESSAGE_SIZE] __attribute__((aligned(8))) = { 0 };
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(bytes), *end;
	struct nf_conntrack *ct = nfct_new();
	struct nfgenmsg *nfg;

	nlh->nlmsg_type = NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_NEW;
	nlh->nlmsg_flags = NLM_F_MULTI | flags;
	nlh->nlmsg_seq = to->nlmsg_seq;
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
	end = (void *)(bytes + MNL_ALIGN(nlh->nlmsg_len));
	end = mnl_nlmsg_put_header(end);
	end->nlmsg_type = NLMSG_DONE;
	end->nlmsg_flags = NLM_F_MULTI | flags;
	end->nlmsg_seq = to->nlmsg_seq;
	*(int *)mnl_nlmsg_put_extra_header(end, sizeof(int)) = 0;
	assert_true(send(played.fds[1], bytes, MNL_ALIGN(nlh->nlmsg_len) + end->nlmsg_len, 0) > 0);
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

static bool is_stale(void *ctx, const struct flow *flow)
{
	(void)ctx;
	return flow->dport == 53;
}

static void start(void)
{
	const bool wanted[_FAMILY_MAX] = { [FAMILY_IPV4] = true };
	struct err err = { 0 };

	assert_int_equal(ctflush_start(ctflush, wanted, is_stale, NULL, &err), 0);
}

static int step(struct ctflush_report *report)
{
	struct err err = { 0 };

	return ctflush_dispatch(ctflush, report, &err);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_whole, setup, teardown),
		cmocka_unit_test_setup_teardown(test_interrupted_once, setup, teardown),
		cmocka_unit_test_setup_teardown(test_interrupted_for_ever, setup, teardown),
		cmocka_unit_test_setup_teardown(test_other_protocols, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
