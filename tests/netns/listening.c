/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What others do to the tables while we cannot hear it: listening CASE, in a network namespace of its own, with `nft` at hand.
 *
 *   lost      notifications overflow our queue, and the next reading comes to its end
 *   deaf      a large transaction was refused, and what others do until we listen again is read
 *
 * Prints what is wrong and ends with 1, or ends with 0.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/nfnl.h"
#include "ruleset/change.h"

#define STEPS 2000 /* too many to listen meanwhile */

static const struct skeleton skeleton = { .table_name = "listening" };

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

/* From nothing to listening. */
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
	expect(!snapshot.narrow[FAMILY_IPV4] && !snapshot.narrow[FAMILY_IPV6], "not all of it was read",
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
	others("nft add table ip listening");
	expect(nfnl_read(nfnl, NULL, 0, false, &snapshot, &err) == 0, "it cannot be read", &err);
	expect(!snapshot.narrow[FAMILY_IPV4] && snapshot.table[FAMILY_IPV4] != SNAPSHOT_TABLE_ABSENT,
	       "what came meanwhile was not read", &err);
	snapshot_done(&snapshot);
	nfnl_free(nfnl);
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "";

	if (strcmp(name, "lost") == 0)
		lost();
	else if (strcmp(name, "deaf") == 0)
		deaf();
	else
		return 2;
	return 0;
}
