/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages of a kernel (Linux 6.18) about two packets, as they were received: who has seen them, and how they ended. */
#include "config.h"

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netlink.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "diagnose/nftrace_event.h"
#include "diagnose/nftrace_packets.h"

#define MESSAGE_SIZE 1024

/* clang-format off */
/* From 172.18.0.100 to a ClusterIP; table inet filter drops it behind its translation. */
static const char *const dropped[] = {
	"c0000000110a000000000000000000000100000008000f0000000002080004000000000308000600b4aa6ed809"
	"0002006d61726b000000001c0001006b7562652d6e667470726f78792d74726163652d323031000c0003000000"
	"0000000000060c00050008000100ffffffff08000a000000000206000b0000010000180008004500003cb70840"
	"004006ccdcac1200640a6000011800090080010050c0f000bc00000000a002faf0b70500001200070092435d7b"
	"b52b4e3bc600155808000000",
	"60000000110a000000000000000000000100000008000f0000000002080004000000000308000600b4aa6ed809"
	"0002006d61726b000000001c0001006b7562652d6e667470726f78792d74726163652d323031000c0005000800"
	"0100ffffffff",
	"64000000110a000000000000000000000100000008000f0000000002080004000000000308000600b4aa6ed80f"
	"000200707265726f7574696e6700001c0001006b7562652d6e667470726f78792d74726163652d323031000c00"
	"050008000100ffffffff",
	"60000000110a000000000000000000000100000008000f0000000002080004000000000108000600b4aa6ed80f"
	"000200707265726f7574696e6700001c0001006b7562652d6e667470726f78792d74726163652d323031000800"
	"100000000001",
	"e4000000110a000000000000000000000200000008000f0000000002080004000000000308000600b4aa6ed80f"
	"000200707265726f7574696e670000120001006b7562652d6e667470726f78790000000c000300000000000000"
	"00bb1c00050008000100fffffffd0d0002006c622d7463702d310000000008000a000000000206000b00000100"
	"00180008004500003cb70840004006ccdcac1200640a6000011800090080010050c0f000bc00000000a002faf0"
	"b70500001200070092435d7bb52b4e3bc600155808000000080015000000000805001300000000000800120064"
	"d8374c",
	"68000000110a000000000000000000000200000008000f0000000002080004000000000308000600b4aa6ed80d"
	"0002006c622d7463702d3100000000120001006b7562652d6e667470726f78790000000c000300000000000000"
	"00a50c0005000800010000000001",
	"e0000000110a000000000000000000000100000008000f0000000002080004000000000308000600b4aa6ed80c"
	"000200666f7277617264000b00010066696c74657200000c00030000000000000000020c000500080001000000"
	"000008000a000000000206000b000001000008000c000000000406000d0000010000180008004500003cb70840"
	"003f06cc3eac1200640af4010b1800090080011f90c0f000bc00000000a002faf0b8a300001200070092435d7b"
	"b52b4e3bc600155808000000080015000000000805001300000000000800120064d8374c0800140000000120",
};

/* From fd00:172:18::100 to a ClusterIP; delivered, and masqueraded. */
static const char *const delivered[] = {
	"d4000000110a000000000000000000000100000008000f000000000a0800040000000003080006003203317509"
	"0002006d61726b000000001c0001006b7562652d6e667470726f78792d74726163652d323535000c0003000000"
	"0000000000060c00050008000100ffffffff08000a000000000206000b00000100002c000800600edc8a002806"
	"40fd000172001800000000000000000100fd00001000960000000000000000000118000900800200501a94ff85"
	"00000000a002fd20fd6000001200070092435d7bb52b4e3bc600155886dd0000",
	"60000000110a000000000000000000000100000008000f000000000a0800040000000003080006003203317509"
	"0002006d61726b000000001c0001006b7562652d6e667470726f78792d74726163652d323535000c0005000800"
	"0100ffffffff",
	"64000000110a000000000000000000000100000008000f000000000a080004000000000308000600320331750f"
	"000200707265726f7574696e6700001c0001006b7562652d6e667470726f78792d74726163652d323535000c00"
	"050008000100ffffffff",
	"60000000110a000000000000000000000100000008000f000000000a080004000000000108000600320331750f"
	"000200707265726f7574696e6700001c0001006b7562652d6e667470726f78792d74726163652d323535000800"
	"100000000001",
	"f8000000110a000000000000000000000a00000008000f000000000a080004000000000308000600320331750f"
	"000200707265726f7574696e670000120001006b7562652d6e667470726f78790000000c000300000000000000"
	"00c71c00050008000100fffffffd0d0002006c622d7463702d310000000008000a000000000206000b00000100"
	"002c000800600edc8a00280640fd000172001800000000000000000100fd000010009600000000000000000001"
	"18000900800200501a94ff8500000000a002fd20fd6000001200070092435d7bb52b4e3bc600155886dd000008"
	"0015000000000805001300000000000800120072a17c04",
	"68000000110a000000000000000000000a00000008000f000000000a080004000000000308000600320331750d"
	"0002006c622d7463702d3100000000120001006b7562652d6e667470726f78790000000c000300000000000000"
	"00b10c0005000800010000000001",
	"10010000110a000000000000000000000a00000008000f000000000a0800040000000003080006003203317510"
	"000200706f7374726f7574696e6700120001006b7562652d6e667470726f78790000000c000300000000000000"
	"00cb1c00050008000100fffffffd0f0002007472616e736c61746564000008000a000000000206000b00000100"
	"0008000c000000000406000d00000100002c000800600edc8a0028063ffd000172001800000000000000000100"
	"fd0000100244000100000000000000111800090080021f901a94ff8500000000a002fd20ff1f00001200070092"
	"435d7bb52b4e3bc600155886dd0000080015000000000805001300000000000800120072a17c04080014000000"
	"0120",
	"84000000110a000000000000000000000a00000008000f000000000a080004000000000308000600320331750f"
	"0002007472616e736c617465640000120001006b7562652d6e667470726f78790000000c000300000000000000"
	"00ae2800050008000100fffffffc1a0002007472616e736c617465642d636c75737465722d6970000000",
	"74000000110a000000000000000000000a00000008000f000000000a080004000000000308000600320331751a"
	"0002007472616e736c617465642d636c75737465722d6970000000120001006b7562652d6e667470726f787900"
	"00000c00030000000000000000990c0005000800010000000001",
	"fc000000110a000000000000000000000100000008000f000000000a0800040000000003080006003203317510"
	"000200706f7374726f7574696e67001c0001006b7562652d6e667470726f78792d74726163652d323535000c00"
	"050008000100ffffffff08000a000000000206000b000001000008000c000000000406000d00000100002c0008"
	"00600edc8a0028063ffd000010024400010000000000000001fd00001002440001000000000000001118000900"
	"7e631f901a94ff8500000000a002fd20feeb00001200070092435d7bb52b4e3bc600155886dd00000800150000"
	"00000805001300000000000800120072a17c0408001400000001b0",
	"60000000110a000000000000000000000100000008000f000000000a0800040000000001080006003203317510"
	"000200706f7374726f7574696e67001c0001006b7562652d6e667470726f78792d74726163652d323535000800"
	"100000000001",
};
/* clang-format on */

static size_t message(const char *hex, uint8_t bytes[MESSAGE_SIZE])
{
	size_t n = 0;
	unsigned int byte;

	for (; sscanf(hex, "%2x", &byte) == 1; hex += 2)
		bytes[n++] = (uint8_t)byte;
	return n;
}

static struct nftrace_event event(const char *hex)
{
	uint8_t bytes[MESSAGE_SIZE] __attribute__((aligned(4)));
	struct nftrace_event event;

	(void)message(hex, bytes);
	assert_true(nftrace_event_read((const struct nlmsghdr *)bytes, &event));
	return event;
}

static void test_event(void **state)
{
	struct nftrace_event first = event(dropped[0]),
			     last = event(dropped[sizeof(dropped) / sizeof(dropped[0]) - 1]);
	char text[ADDR_TEXT_SIZE];

	(void)state;
	assert_int_equal(first.type, NFTRACE_EVENT_TYPE_RULE);
	assert_int_equal(first.family, NFPROTO_INET);
	assert_string_equal(first.table, "kube-nftproxy-trace-201");
	assert_string_equal(first.chain, "mark");
	assert_true(first.has_flow);
	assert_int_equal(first.flow.protocol, PROTOCOL_TCP);
	assert_string_equal(addr_print(&first.flow.source, text), "172.18.0.100");
	assert_string_equal(addr_print(&first.flow.destination, text), "10.96.0.1");
	assert_int_equal(first.flow.destination_port, 80);
	assert_int_not_equal(first.in, 0);
	assert_int_equal(first.out, 0);
	assert_string_equal(last.table, "filter");
	assert_string_equal(last.chain, "forward");
	assert_int_equal(last.verdict, NF_DROP);
	assert_int_equal(last.handle, 2);
	assert_int_equal(last.id, first.id);
	assert_string_equal(addr_print(&last.flow.destination, text), "10.244.1.11");
	assert_int_equal(last.flow.destination_port, 8080);
	assert_int_not_equal(last.out, 0);
}

static void test_other_message(void **state)
{
	uint8_t bytes[MESSAGE_SIZE] __attribute__((aligned(4)));
	struct nlmsghdr *nlh = (struct nlmsghdr *)bytes;
	struct nftrace_event event;

	(void)state;
	(void)message(delivered[0], bytes);
	nlh->nlmsg_type--;
	assert_false(nftrace_event_read(nlh, &event));
	nlh->nlmsg_type++;
	nlh->nlmsg_len = sizeof(*nlh);
	assert_false(nftrace_event_read(nlh, &event));
}

static const struct nftrace_packet *feed(struct nftrace_packets *packets, const char *const *messages,
					 size_t n, uint64_t now_ms)
{
	const struct nftrace_packet *ended = NULL;
	size_t i;

	for (i = 0; i < n; i++) {
		struct nftrace_event next = event(messages[i]);
		const struct nftrace_packet *packet = nftrace_packets_add(packets, &next, now_ms);

		if (packet) {
			assert_null(ended);
			ended = packet;
		}
	}
	return ended;
}

#define ALL(messages) messages, sizeof(messages) / sizeof(messages[0])

static void test_dropped(void **state)
{
	struct nftrace_packets packets = { .own_table = "kube-nftproxy-trace-201", .max = 5 };
	const struct nftrace_packet *packet = feed(&packets, ALL(dropped), 0);
	char text[ADDR_TEXT_SIZE];

	(void)state;
	assert_non_null(packet);
	assert_int_equal(packet->end, NFTRACE_PACKETS_END_DROPPED);
	assert_string_equal(packet->where.table, "filter");
	assert_int_equal(packet->n_steps, 3);
	assert_string_equal(packet->steps[0].chain, "prerouting");
	assert_string_equal(packet->steps[0].target, "lb-tcp-1");
	assert_int_equal(packet->steps[0].verdict, NFT_JUMP);
	assert_string_equal(packet->steps[1].chain, "lb-tcp-1");
	assert_string_equal(addr_print(&packet->first.destination, text), "10.96.0.1");
	assert_string_equal(addr_print(&packet->last.destination, text), "10.244.1.11");
	assert_false(nftrace_packets_all_ended(&packets));
	packets.max = 1;
	assert_true(nftrace_packets_all_ended(&packets));
	nftrace_packets_done(&packets);
}

static void test_delivered(void **state)
{
	struct nftrace_packets packets = { .own_table = "kube-nftproxy-trace-255", .max = 5 };
	const struct nftrace_packet *packet = feed(&packets, ALL(delivered), 0);
	char text[ADDR_TEXT_SIZE];

	(void)state;
	assert_non_null(packet);
	assert_int_equal(packet->end, NFTRACE_PACKETS_END_DELIVERED);
	assert_false(packet->to_node);
	assert_string_equal(addr_print(&packet->last.destination, text), "fd00:10:244:1::11");
	assert_string_equal(addr_print(&packet->last.source, text), "fd00:10:244:1::1");
	assert_int_not_equal(packet->in, 0);
	assert_int_not_equal(packet->out, 0);
	nftrace_packets_done(&packets);
}

/* A packet that is traced by another program's table is none of ours. */
static void test_of_others(void **state)
{
	struct nftrace_packets packets = { .own_table = "kube-nftproxy-trace-1", .max = 5 };

	(void)state;
	assert_null(feed(&packets, ALL(dropped), 0));
	assert_int_equal(packets.n, 0);
	nftrace_packets_done(&packets);
}

static void test_lost(void **state)
{
	struct nftrace_packets packets = { .own_table = "kube-nftproxy-trace-255", .max = 5 };

	(void)state;
	assert_null(feed(&packets, delivered, 4, 1000));
	assert_null(nftrace_packets_expire(&packets, 1000 + NFTRACE_PACKETS_QUIET_MS - 1));
	assert_int_equal(nftrace_packets_expire(&packets, 1000 + NFTRACE_PACKETS_QUIET_MS)->end,
			 NFTRACE_PACKETS_END_LOST);
	assert_null(nftrace_packets_expire(&packets, 1000 + NFTRACE_PACKETS_QUIET_MS));
	nftrace_packets_done(&packets);
}

static void test_limits(void **state)
{
	struct nftrace_packets packets = { .own_table = "kube-nftproxy-trace-255", .max = 1 };
	struct nftrace_event step = event(delivered[0]);
	const struct nftrace_packet *packet;
	size_t i;

	(void)state;
	assert_null(nftrace_packets_add(&packets, &step, 0));
	step.id++;
	assert_null(nftrace_packets_add(&packets, &step, 0));
	assert_int_equal(packets.n, 1);
	step.id--;
	step.verdict = NFT_CONTINUE;
	(void)snprintf(step.table, sizeof(step.table), "other");
	for (i = 0; i < NFTRACE_PACKETS_STEPS_MAX + 3; i++)
		assert_null(nftrace_packets_add(&packets, &step, 0));
	step.verdict = NF_DROP;
	packet = nftrace_packets_add(&packets, &step, 0);
	assert_non_null(packet);
	assert_int_equal(packet->n_steps, NFTRACE_PACKETS_STEPS_MAX);
	assert_int_equal(packet->n_more, 4);
	nftrace_packets_done(&packets);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_event),	  cmocka_unit_test(test_other_message),
		cmocka_unit_test(test_dropped),	  cmocka_unit_test(test_delivered),
		cmocka_unit_test(test_of_others), cmocka_unit_test(test_lost),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
