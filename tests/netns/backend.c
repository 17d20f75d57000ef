/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's side of the nfnl backend: backend CASE, in a network namespace of its own, with `nft` at hand.
 *
 *   lost      notifications overflow our receive queue, and the next nfnl_read() finishes
 *   flood     notifications of others are taken in over several turns of the loop, and then those about our tables
 *   deaf      a large transaction was refused; changes by other processes until we subscribe again are read back
 *   parts     the last part of a new table is refused: the change at fault is named, the table has no base chain, and it is
 *             read back
 *   chains    a chain is read by its name, with its rules; the names of all are read, datagram by datagram
 *   compare   a reading for a comparison loses no notification
 *   check     without notifications: what the check finds on any kernel, and that nothing is subscribed
 *   count     the same, what it finds if the kernel reports the number of elements
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
#include "backend/nfnl_chain.h"
#include "backend/nfnl_check.h"
#include "backend/nfnl_commit.h"
#include "backend/nfnl_dump.h"
#include "backend/nfnl_monitor.h"
#include "backend/nfnl_read.h"
#include "backend/nfnl_socket.h"
#include "ruleset/change.h"

#define STEPS	 20100 /* too many to stay subscribed */
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
	expect(nfnl_read(nfnl, NULL, 0, NFNL_READ_ALL, &snapshot, &err) == 0, "nothing can be read", &err);
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
	expect(nfnl_read(nfnl, NULL, 0, NFNL_READ_UNKNOWN, &snapshot, &err) == 0, "it cannot be read", &err);
	expect(!snapshot.partial[FAMILY_IPV4] && !snapshot.partial[FAMILY_IPV6], "not all of it was read",
	       &err);
	snapshot_done(&snapshot);
	nfnl_free(nfnl);
}

static void flood(void)
{
	struct nfnl *nfnl = begin();
	struct err none = { 0 };
	int turns = 1;

	others("for i in $(seq 150); do nft add table ip other$i; done; nft add table ip backend-test");
	while (!nfnl_foreign_change(nfnl) && turns < 20)
		turns++;
	expect(turns > 150 / NFNL_MONITOR_TURN_MAX, "all is taken in at once", &none);
	expect(turns < 20, "what came last is not taken in", &none);
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
	expect(nfnl_read(nfnl, NULL, 0, NFNL_READ_UNKNOWN, &snapshot, &err) == 0, "it cannot be read", &err);
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

static void compare(void)
{
	struct nfnl *nfnl = begin();
	struct backend_report report;
	struct snapshot snapshot;
	struct changes changes;
	struct err err = { 0 };
	size_t n;
	uint32_t i;

	change_init(&changes, &skeleton);
	change_add_table(&changes, CHANGE_OP_TABLE_ADD, FAMILY_IPV4);
	for (i = 1; i <= 3; i++)
		add(&changes, 0x0a000000 + i);
	expect(nfnl_commit(nfnl, &changes, &report, &err) == 0, "a table is refused", &err);
	change_done(&changes);
	/* As many elements as before. */
	others("nft 'delete element ip backend-test s { 10.0.0.2 }; add element ip backend-test s { 10.0.0.9 }'");
	expect(nfnl_read(nfnl, sets, 1, NFNL_READ_COMPARE, &snapshot, &err) == 0, "it cannot be read", &err);
	n = snapshot.n_in_set[FAMILY_IPV4][0];
	expect(snapshot.table[FAMILY_IPV4] == SNAPSHOT_TABLE_OURS && !snapshot.n_elements &&
		       (n == 3 || n == SIZE_MAX),
	       "it is not read as it is", &err);
	snapshot_done(&snapshot);
	expect(nfnl_knowledge(nfnl) == KNOWLEDGE_CURRENT, "what is known has changed", &err);
	expect(nfnl_foreign_change(nfnl), "the change by another process is lost", &err);
	nfnl_free(nfnl);
	others("nft delete table ip backend-test");
}

/* More chains than one datagram has, and as many in another table. */
#define CHAINS 1000

static void chains(void)
{
	struct chain chain = { .table = FAMILY_IPV4, .n_rules = 0 }, *added = calloc(CHAINS, sizeof(*added));
	struct rule rule = { .n_statements = 0 };
	struct nfnl *nfnl = begin();
	struct backend_report report;
	struct nfnl_dump *dump;
	struct snapshot snapshot;
	struct changes changes;
	struct err err = { 0 };
	bool foreign = false;
	int i, r, n_steps = 0;

	expect(added, "no memory", &err);
	(void)rule_add_statement(&rule, RULE_STATEMENT_DROP);
	change_init(&changes, &skeleton);
	change_add_table(&changes, CHANGE_OP_TABLE_ADD, FAMILY_IPV4);
	for (i = 0; i < CHAINS; i++) {
		added[i] = chain;
		(void)snprintf(added[i].name, sizeof(added[i].name), "chain-%d", i);
		added[i].rules = &rule;
		added[i].n_rules = 1;
		change_add_chain(&changes, CHANGE_OP_CHAIN_ADD, SERVICE_NAME_NONE, &added[i]);
	}
	expect(nfnl_commit(nfnl, &changes, &report, &err) == 0, "a table is refused", &err);
	change_done(&changes);
	others("{ echo 'add table ip other'; for i in $(seq 1000); do echo add chain ip other c$i; done; } | nft -f -");
	expect(nfnl_read(nfnl, sets, 1, NFNL_READ_COMPARE, &snapshot, &err) == 0, "it cannot be read", &err);
	expect(snapshot.n_chains_in[FAMILY_IPV4] == CHAINS, "the chains are not counted", &err);
	snapshot_done(&snapshot);
	snapshot_init(&snapshot);
	expect(nfnl_chain_read(nfnl, FAMILY_IPV4, "chain-1000", &snapshot, &err) == 0,
	       "a chain exists that does not", &err);
	expect(nfnl_chain_read(nfnl, FAMILY_IPV4, "chain-999", &snapshot, &err) == 1,
	       "a chain cannot be read", &err);
	expect(snapshot_same_chain(&snapshot, &snapshot.chains[0], &added[CHAINS - 1]), "it is another",
	       &err);
	others("nft add rule ip backend-test chain-999 accept");
	expect(nfnl_chain_read(nfnl, FAMILY_IPV4, "chain-999", &snapshot, &err) == 1,
	       "a chain cannot be read", &err);
	expect(!snapshot_same_chain(&snapshot, &snapshot.chains[1], &added[CHAINS - 1]), "a rule is not read",
	       &err);
	snapshot_done(&snapshot);
	snapshot_init(&snapshot);
	dump = nfnl_dump_new(nfnl);
	expect(nfnl_dump_start_chains(dump, FAMILY_IPV4, &err) == 0, "names cannot be read", &err);
	while ((r = nfnl_dump_step_chains(dump, &snapshot, &foreign, &err)) > 0)
		n_steps++;
	expect(!r && n_steps > 1 && !foreign, "names are not read in steps", &err);
	expect(snapshot.n_chains == CHAINS && !nfnl_dump_interrupted(dump), "names are missing", &err);
	expect(nfnl_dump_start_chains(dump, FAMILY_IPV4, &err) == 0, "names cannot be read", &err);
	expect(nfnl_dump_step_chains(dump, &snapshot, &foreign, &err) == 1, "all names are in one datagram",
	       &err);
	others("nft add chain ip other another");
	while ((r = nfnl_dump_step_chains(dump, &snapshot, &foreign, &err)) > 0)
		continue;
	expect(!r && nfnl_dump_interrupted(dump), "an interruption is not noticed", &err);
	snapshot_done(&snapshot);
	nfnl_dump_free(dump);
	nfnl_free(nfnl);
	free(added);
	others("nft 'delete table ip backend-test; delete table ip other'");
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

	expect(nfnl_read(nfnl, sets, 1, NFNL_READ_UNKNOWN, &snapshot, &err) == 0, "it cannot be read", &err);
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

/* --- without notifications --- */

#define TABLE "ip backend-test"

/* One transaction of ours: the table if @table, and the elements @first to before @end, added or deleted. */
static int change(struct nfnl *nfnl, bool table, enum change_op op, uint32_t first, uint32_t end)
{
	struct backend_report report;
	struct changes changes;
	struct err err = { 0 };
	uint32_t i;
	int r;

	change_init(&changes, &skeleton);
	if (table)
		change_add_table(&changes, CHANGE_OP_TABLE_ADD, FAMILY_IPV4);
	for (i = first; i < end; i++)
		add(&changes, 0x0a000000 + i);
	for (i = 0; i < changes.n; i++)
		if (changes.list[i].op == CHANGE_OP_ELEMENT_ADD)
			changes.list[i].op = (uint8_t)op;
	change_finish(&changes);
	r = nfnl_commit(nfnl, &changes, &report, &err);
	change_done(&changes);
	return r;
}

static void read_all(struct nfnl *nfnl)
{
	struct snapshot snapshot;
	struct err err = { 0 };

	nfnl_forget(nfnl);
	expect(nfnl_read(nfnl, sets, 1, true, &snapshot, &err) == 0, "it cannot be read", &err);
	snapshot_done(&snapshot);
}

static void make_anew(struct nfnl *nfnl)
{
	struct err err = { 0 };

	others("for family in ip ip6; do"
	       " nft \"add table $family backend-test; delete table $family backend-test\"; done");
	read_all(nfnl);
	expect(change(nfnl, true, CHANGE_OP_ELEMENT_ADD, 1, 4) == 0, "no table can be made", &err);
	expect(nfnl_knowledge(nfnl) == KNOWLEDGE_CURRENT, "the new table is unknown", &err);
}

static void expect_no_listener(void)
{
	/* The sockets of netfilter, and the groups that they listen to. */
	others("awk '$2 == 12 && $4 !~ /^0+$/ { print; found = 1 } END { exit found }' /proc/net/netlink");
}

static struct nfnl *begin_unmonitored(void)
{
	struct err err = { 0 };
	struct nfnl *nfnl;

	expect(nfnl_new(skeleton.table_name, &nfnl, &err) == 0, "no socket", &err);
	nfnl_check_enable(nfnl);
	make_anew(nfnl);
	return nfnl;
}

/* @n: elements of the only set, of IPv4 */
static void ask(struct nfnl *nfnl, size_t n)
{
	const size_t none = 0, *n_in_sets[_FAMILY_MAX] = { [FAMILY_IPV4] = &n, [FAMILY_IPV6] = &none };

	nfnl_check(nfnl, n_in_sets);
}

static void expect_found(struct nfnl *nfnl, size_t n, const char *what)
{
	struct err none = { 0 };

	ask(nfnl, n);
	expect(nfnl_foreign_change(nfnl), what, &none);
	make_anew(nfnl);
}

static void expect_intact(struct nfnl *nfnl, size_t n, const char *what)
{
	struct err none = { 0 };

	ask(nfnl, n);
	expect(!nfnl_foreign_change(nfnl) && nfnl_knowledge(nfnl) == KNOWLEDGE_CURRENT, what, &none);
}

static void check(void)
{
	struct nfnl *nfnl = begin_unmonitored();
	struct err none = { 0 };

	expect_intact(nfnl, 3, "our own transaction counts as foreign");
	others("nft add table ip other");
	expect_intact(nfnl, 3, "another table counts as ours");
	expect(change(nfnl, false, CHANGE_OP_ELEMENT_ADD, 4, 5) == 0, "an element is refused", &none);
	others("nft delete table ip other");
	expect(change(nfnl, false, CHANGE_OP_ELEMENT_ADD, 5, 6) == 0,
	       "the change of another table refuses ours", &none);
	expect_intact(nfnl, 5, "transactions of ours and of others in turn");

	others("nft delete table " TABLE);
	expect_found(nfnl, 3, "a deleted table is not found");
	others("nft add chain " TABLE " c");
	expect_found(nfnl, 3, "an added chain is not found");
	others("nft add set " TABLE " t '{ type ipv4_addr; }'");
	expect_found(nfnl, 3, "an added set is not found");
	others("nft 'add table " TABLE " { flags dormant; }'");
	expect_found(nfnl, 3, "a dormant table is not found");
	others("nft list table " TABLE " >table && nft delete table " TABLE " && nft -f table");
	expect_found(nfnl, 3, "a table made anew is not found");
	others("nft add table ip6 backend-test");
	expect_found(nfnl, 3, "a table that we have not made is not found");

	others("nft delete element " TABLE " s '{ 10.0.0.2 }'");
	expect(change(nfnl, false, CHANGE_OP_ELEMENT_DEL, 2, 3) == -ESTALE,
	       "an element that others have deleted is no reason to read back", &none);
	make_anew(nfnl);
	others("nft add element " TABLE " s '{ 10.0.0.9 }'");
	expect(change(nfnl, false, CHANGE_OP_ELEMENT_ADD, 9, 10) == -ESTALE,
	       "an element that others have added is no reason to read back", &none);
	read_all(nfnl);
	expect_no_listener();
	expect(change(nfnl, false, CHANGE_OP_ELEMENT_ADD, 10, 11) == 0, "an element is refused", &none);
	expect_no_listener();
	nfnl_free(nfnl);
}

static void count(void)
{
	struct nfnl *nfnl = begin_unmonitored();

	others("nft delete element " TABLE " s '{ 10.0.0.2 }'");
	expect_found(nfnl, 3, "a deleted element is not found");
	others("nft add element " TABLE " s '{ 10.0.0.9 }'");
	expect_found(nfnl, 3, "an added element is not found");
	others("nft flush set " TABLE " s");
	expect_found(nfnl, 3, "a flushed set is not found");
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
	else if (strcmp(name, "flood") == 0)
		flood();
	else if (strcmp(name, "deaf") == 0)
		deaf();
	else if (strcmp(name, "chains") == 0)
		chains();
	else if (strcmp(name, "compare") == 0)
		compare();
	else if (strcmp(name, "parts") == 0)
		parts();
	else if (strcmp(name, "check") == 0)
		check();
	else if (strcmp(name, "count") == 0)
		count();
	else if (strcmp(name, "harass") == 0)
		harass();
	else
		return 2;
	return 0;
}
