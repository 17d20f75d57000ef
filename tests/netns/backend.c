/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's side of the nfnl backend: backend CASE, in a network namespace of its own, with `nft` at hand.
 *
 *   lost      notifications overflow our receive queue, and the next nfnl_read() finishes
 *   deaf      a large transaction was refused; changes by other processes until we subscribe again are read back
 *   parts     the last part of a new table is refused: the change at fault is named, the table has no base chain, and it is
 *             read back
 *   harass    not a case: delete the daemon's tables for a second, a hundred times. Unlike nft, which waits until the
 *             ruleset holds still
 *
 * Prints what is wrong and ends with 1, or ends with 0.
 */
#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libmnl/libmnl.h>

#include "backend/nfnl.h"
#include "backend/nfnl_commit.h"
#include "backend/nfnl_read.h"
#include "backend/nfnl_socket.h"
#include "ruleset/change.h"

#define STEPS	 2000  /* too many to stay subscribed */
#define ELEMENTS 20100 /* several parts, and the last one small */

static const struct set_decl sets[] = { { .name = "s", .kind = SET_KIND_SET, .key = { SET_FIELD_ADDR } } };
static const struct skeleton skeleton = { .table_name = "backend-test", .n_sets = 1, .sets = sets };

static void expect(bool good, const char *what, const struct err *err)
{
	if (good)
		return;
	printf("%s%s%s\n", what, *err->text ? ": " : "", err->text);
	exit(1);
}

static void others(const char *command)
{
	struct err none = { 0 };

	expect(system(command) == 0, command, &none);
}

/* A connection that is subscribed. */
static struct nfnl *begin(void)
{
	struct backend_report report;
	struct err err = { 0 };
	struct snapshot snapshot;
	struct changes changes;
	struct nfnl *nfnl;

	expect(nfnl_new(skeleton.table_name, &nfnl, &err) == 0, "no socket", &err);
	expect(nfnl_read(nfnl, NULL, 0, true, &snapshot, &err) == 0, "nothing can be read", &err);
	snapshot_done(&snapshot);
	change_init(&changes, &skeleton);
	expect(nfnl_commit(nfnl, &changes, &report, &err) == 0, "nothing cannot be written", &err);
	change_done(&changes);
	return nfnl;
}

static void lost(void)
{
	struct nfnl *nfnl = begin();
	struct snapshot snapshot;
	struct err err = { 0 };

	others("awk 'BEGIN { print \"table ip other { set s { type ipv4_addr; }; }\"; for (i = 0; i < 600; i++) {"
	       " printf \"add element ip other s { 10.%d.%d.0\", i / 250, i % 250;"
	       " for (j = 1; j < 250; j++) printf \", 10.%d.%d.%d\", i / 250, i % 250, j;"
	       " print \" }\" } }' | nft -f -");
	/* It would wait for an answer that the kernel has dropped. */
	(void)alarm(60);
	expect(nfnl_read(nfnl, NULL, 0, false, &snapshot, &err) == 0, "it cannot be read", &err);
	expect(!snapshot.partial[FAMILY_IPV4] && !snapshot.partial[FAMILY_IPV6], "not all of it was read",
	       &err);
	snapshot_done(&snapshot);
	nfnl_free(nfnl);
}

static void deaf(void)
{
	struct nfnl *nfnl = begin();
	struct backend_report report;
	struct snapshot snapshot;
	struct changes changes;
	struct err err = { 0 };
	size_t i;

	change_init(&changes, &skeleton);
	for (i = 0; i < STEPS; i++)
		change_add_table(&changes, CHANGE_OP_TABLE_DEL, FAMILY_IPV6);
	change_add_table(&changes, CHANGE_OP_TABLE_ADD, FAMILY_IPV6);
	change_add_table(&changes, CHANGE_OP_TABLE_ADD, FAMILY_IPV6);
	expect(nfnl_commit(nfnl, &changes, &report, &err) < 0, "the same table is made twice", &err);
	change_done(&changes);
	others("nft add table ip backend-test");
	expect(nfnl_read(nfnl, NULL, 0, false, &snapshot, &err) == 0, "it cannot be read", &err);
	expect(!snapshot.partial[FAMILY_IPV4] && snapshot.table[FAMILY_IPV4] != SNAPSHOT_TABLE_ABSENT,
	       "the foreign change was not read", &err);
	snapshot_done(&snapshot);
	nfnl_free(nfnl);
}

static void add(struct changes *changes, uint32_t number)
{
	struct addr addr = { .family = FAMILY_IPV4 };
	struct element e;
	size_t i;

	for (i = 0; i < 4; i++)
		addr.bytes[i] = (uint8_t)(number >> (24 - 8 * i));
	set_element_init(&e, FAMILY_IPV4, 0);
	set_key_addr(&e, &addr);
	change_add_element(changes, CHANGE_OP_ELEMENT_ADD, (struct service_name){ "team", "web" }, &e);
}

static void parts(void)
{
	struct chain base = { .table = FAMILY_IPV4, .name = "base", .hook = RULE_HOOK_OUTPUT };
	struct nfnl *nfnl = begin();
	struct backend_report report;
	struct snapshot snapshot;
	struct changes changes;
	struct err err = { 0 };
	uint32_t i;

	change_init(&changes, &skeleton);
	change_add_table(&changes, CHANGE_OP_TABLE_ADD, FAMILY_IPV4);
	change_add_chain(&changes, CHANGE_OP_CHAIN_ADD, SERVICE_NAME_NONE, &base);
	for (i = 0; i < ELEMENTS; i++)
		add(&changes, 0x0a000000 + i);
	add(&changes, 0x0a000000);
	change_finish(&changes);
	expect(nfnl_commit(nfnl, &changes, &report, &err) == -EEXIST, "one element twice", &err);
	expect(report.failed == changes.n - 2, "another change is said to be at fault", &err);
	others("nft list table ip backend-test >table; grep -q 10.0.0.99, table && ! grep hook table");
	expect(nfnl_knowledge(nfnl) != KNOWLEDGE_CURRENT, "the incomplete table counts as known", &err);
	change_done(&changes);

	expect(nfnl_read(nfnl, sets, 1, false, &snapshot, &err) == 0, "it cannot be read", &err);
	expect(snapshot.table[FAMILY_IPV4] == SNAPSHOT_TABLE_OURS && !snapshot.partial[FAMILY_IPV4],
	       "it is not read", &err);
	expect(snapshot.n_elements >= ELEMENTS / 2 && snapshot.n_elements < ELEMENTS, "not by parts", &err);
	change_init(&changes, &skeleton);
	change_add_chain(&changes, CHANGE_OP_CHAIN_ADD, SERVICE_NAME_NONE, &base);
	for (i = (uint32_t)snapshot.n_elements; i < ELEMENTS; i++)
		add(&changes, 0x0a000000 + i);
	change_finish(&changes);
	snapshot_done(&snapshot);
	expect(nfnl_commit(nfnl, &changes, &report, &err) == 0, "the rest is refused", &err);
	expect(nfnl_knowledge(nfnl) == KNOWLEDGE_CURRENT, "the complete table counts as unknown", &err);
	others("nft list table ip backend-test >table; grep -q 10.0.78.31 table && grep -q 'hook output' table");
	change_done(&changes);
	nfnl_free(nfnl);
}

static void delete_table(struct nfnl_socket *socket, uint8_t nfproto)
{
	struct nlmsghdr *nlh;
	struct nfgenmsg *nfg;
	struct buf batch = BUF_INIT;
	struct err err = { 0 };
	const uint16_t types[] = { NFNL_MSG_BATCH_BEGIN, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_DELTABLE,
				   NFNL_MSG_BATCH_END };
	size_t i;

	for (i = 0; i < 3; i++) {
		nlh = nfnl_socket_message(socket, &batch, types[i], 0, i == 1 ? nfproto : NFPROTO_UNSPEC);
		nfg = mnl_nlmsg_get_payload(nlh);
		if (i == 1)
			mnl_attr_put_strz(nlh, NFTA_TABLE_NAME, "kube-nftproxy");
		else
			nfg->res_id = htons(NFNL_SUBSYS_NFTABLES);
		nfnl_socket_message_end(&batch, nlh);
	}
	expect(nfnl_socket_send_batch(socket, &batch, &err) == 0, "no table can be deleted", &err);
	(void)nfnl_socket_drain(socket, NULL, NULL);
	buf_done(&batch);
}

static void harass(void)
{
	struct nfnl_socket socket;
	struct err err = { 0 };
	size_t i;

	expect(nfnl_socket_open(&socket, &err) == 0, "no socket", &err);
	for (i = 0; i < 100; i++) {
		delete_table(&socket, i % 2 ? NFPROTO_IPV4 : NFPROTO_IPV6);
		(void)usleep(10000);
	}
	nfnl_socket_close(&socket);
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "";

	if (strcmp(name, "lost") == 0)
		lost();
	else if (strcmp(name, "deaf") == 0)
		deaf();
	else if (strcmp(name, "parts") == 0)
		parts();
	else if (strcmp(name, "harass") == 0)
		harass();
	else
		return 2;
	return 0;
}
