/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which features a kernel is said to have, against kernels that refuse one thing or another. */
#include "config.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>

#include "backend/nfnl_probe.h"
#include "base/cleanup.h"

/* A kernel that knows everything but what is named here. */
struct fake_kernel {
	const char *no_expression; /* refused with -ENOENT, as without its module */
	bool no_ipv6;
	bool no_destroy;
	bool no_persist;
	int always;  /* said to every batch */
	size_t room; /* more bytes than these are refused with -ENOMEM */
	unsigned int n_batches;
	unsigned int n_undone; /* batches whose tables are all deleted */
};

static const uint32_t *fake_attr_u32(const struct nlmsghdr *nlh, uint16_t type)
{
	size_t at = NLMSG_LENGTH(sizeof(struct nfgenmsg));

	while (at + sizeof(struct nlattr) <= nlh->nlmsg_len) {
		const struct nlattr *attr = (const struct nlattr *)((const char *)nlh + at);

		if ((attr->nla_type & NLA_TYPE_MASK) == type)
			return (const uint32_t *)(attr + 1);
		at += NLA_ALIGN(attr->nla_len);
	}
	return NULL;
}

/* An attribute of type 1: the name of an expression, or of the set that it looks up. */
static bool fake_names(const struct nlmsghdr *nlh, const char *name)
{
	size_t size = strlen(name) + 1;
	char attr[32];
	uint16_t type = 1;

	memcpy(attr, &type, sizeof(type));
	memcpy(attr + sizeof(type), name, size);
	return memmem(nlh, nlh->nlmsg_len, attr, sizeof(type) + size);
}

/* What this kernel says to one message. */
static int fake_message(const struct fake_kernel *kernel, const struct nlmsghdr *nlh)
{
	const struct nfgenmsg *nfg = NLMSG_DATA(nlh);
	uint16_t type = NFNL_MSG_TYPE(nlh->nlmsg_type);

	if (kernel->always)
		return kernel->always;
	if (NFNL_SUBSYS_ID(nlh->nlmsg_type) != NFNL_SUBSYS_NFTABLES)
		return 0;
	if (kernel->no_destroy && type == 30)
		return -EINVAL;
	if (kernel->no_persist && type == NFT_MSG_NEWTABLE &&
	    ntohl(*fake_attr_u32(nlh, NFTA_TABLE_FLAGS)) & 4)
		return -524;
	if (kernel->no_ipv6 && nfg->nfgen_family == NFPROTO_IPV6 && type == NFT_MSG_NEWCHAIN)
		return -ENOENT;
	if (kernel->no_expression && type == NFT_MSG_NEWRULE && fake_names(nlh, kernel->no_expression))
		return -ENOENT;
	return 0;
}

/* The families of the messages of @type; *@ret_error: the first one. */
static unsigned int fake_batch(const struct fake_kernel *kernel, const struct buf *batch, uint16_t type,
			       int *ret_error)
{
	unsigned int families = 0;
	size_t at = 0;

	while (at < batch->size) {
		const struct nlmsghdr *nlh = (const struct nlmsghdr *)(batch->data + at);
		const struct nfgenmsg *nfg = NLMSG_DATA(nlh);

		if (nlh->nlmsg_type == (NFNL_SUBSYS_NFTABLES << 8 | type))
			families |= 1u << nfg->nfgen_family;
		if (!*ret_error)
			*ret_error = fake_message(kernel, nlh);
		at += NLMSG_ALIGN(nlh->nlmsg_len);
	}
	return families;
}

static int fake_send(void *ctx, const struct buf *batch, const struct buf *undo)
{
	struct fake_kernel *kernel = ctx;
	int first = kernel->room && batch->size > kernel->room ? -ENOMEM : 0, r = 0;

	kernel->n_batches++;
	kernel->n_undone += fake_batch(kernel, batch, NFT_MSG_NEWTABLE, &first) ==
			    fake_batch(kernel, undo, NFT_MSG_DELTABLE, &r);
	return first;
}

/* All but those listed are available; the list ends with _NFNL_PROBE_MAX. @untried: the error of what could not be tried */
static void expect_missing(struct fake_kernel *kernel, int untried, const enum nfnl_probe_feature *missing)
{
	bool available[_NFNL_PROBE_MAX], expected[_NFNL_PROBE_MAX];
	int feature, said = 1;

	for (feature = 0; feature < _NFNL_PROBE_MAX; feature++)
		expected[feature] = true;
	for (; *missing != _NFNL_PROBE_MAX; missing++)
		expected[*missing] = false;
	assert_int_equal(nfnl_probe_run(fake_send, kernel, available, &said, NULL), 0);
	assert_int_equal(said, untried);
	for (feature = 0; feature < _NFNL_PROBE_MAX; feature++)
		if (available[feature] != expected[feature])
			fail_msg("%s is said to be %s", nfnl_probe_describe(feature)->name,
				 available[feature] ? "available" : "missing");
	assert_int_equal(kernel->n_undone, kernel->n_batches);
}

#define EXPECT_MISSING(kernel, ...) \
	expect_missing(kernel, 0,   \
		       (const enum nfnl_probe_feature[]){ __VA_ARGS__ __VA_OPT__(, ) _NFNL_PROBE_MAX })

static void test_nothing_missing(void **state)
{
	struct fake_kernel kernel = { 0 };

	(void)state;
	EXPECT_MISSING(&kernel);
	assert_int_equal(kernel.n_batches, 1);
}

static void test_new_features_missing(void **state)
{
	struct fake_kernel kernel = { .no_destroy = true, .no_persist = true };

	(void)state;
	EXPECT_MISSING(&kernel, NFNL_PROBE_DESTROY_ELEMENT, NFNL_PROBE_TABLE_PERSIST);
}

static void test_no_ipv6(void **state)
{
	struct fake_kernel kernel = { .no_ipv6 = true };

	(void)state;
	EXPECT_MISSING(&kernel, NFNL_PROBE_IPV6);
}

static void test_an_expression_missing(void **state)
{
	struct fake_kernel no_fib = { .no_expression = "fib" };
	struct fake_kernel no_reject = { .no_expression = "reject" };
	struct fake_kernel no_ct = { .no_expression = "ct" };
	struct fake_kernel no_dynset = { .no_expression = "dynset" };
	struct fake_kernel no_hash = { .no_expression = "hash" };
	struct fake_kernel no_nat = { .no_expression = "nat" };

	(void)state;
	EXPECT_MISSING(&no_fib, NFNL_PROBE_FIB, NFNL_PROBE_IPV6);
	EXPECT_MISSING(&no_reject, NFNL_PROBE_REJECT, NFNL_PROBE_IPV6);
	EXPECT_MISSING(&no_ct, NFNL_PROBE_CT, NFNL_PROBE_IPV6);
	EXPECT_MISSING(&no_dynset, NFNL_PROBE_LEARNING);
	EXPECT_MISSING(&no_hash, NFNL_PROBE_LEARNING);
	EXPECT_MISSING(&no_nat, NFNL_PROBE_NAT, NFNL_PROBE_IPV6);
}

static void test_no_permission(void **state)
{
	struct fake_kernel kernel = { .always = -EPERM };
	bool available[_NFNL_PROBE_MAX];
	struct err err = { 0 };
	int untried;

	(void)state;
	assert_int_equal(nfnl_probe_run(fake_send, &kernel, available, &untried, &err), -EPERM);
	assert_non_null(strstr(err.text, "cannot ask the kernel"));
	assert_int_equal(kernel.n_batches, 1);
}

/*
 * Not now is not never. But what the kernel may lack is not used if there is another way: our tables would never be made with a flag
 * that it does not know.
 */
static void test_no_memory(void **state)
{
	static const enum nfnl_probe_feature missing[] = { NFNL_PROBE_DESTROY_ELEMENT, NFNL_PROBE_TABLE_OWNER,
							   NFNL_PROBE_TABLE_PERSIST, _NFNL_PROBE_MAX };
	struct fake_kernel kernel = { .always = -ENOMEM };

	(void)state;
	expect_missing(&kernel, -ENOMEM, missing);
}

/* Features for which all together there is no memory are tried in parts. */
static void test_little_memory(void **state)
{
	struct fake_kernel kernel = { .room = 4096 }, old = { .room = 4096, .no_persist = true };

	(void)state;
	EXPECT_MISSING(&kernel);
	assert_true(kernel.n_batches > 1);
	EXPECT_MISSING(&old, NFNL_PROBE_TABLE_PERSIST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_missing), cmocka_unit_test(test_new_features_missing),
		cmocka_unit_test(test_no_ipv6),		cmocka_unit_test(test_an_expression_missing),
		cmocka_unit_test(test_no_permission),	cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_little_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
