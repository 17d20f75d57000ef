/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nfnl_batch.h - changes to one netlink transaction
 *
 * Room:     backend. Internal to the nfnl backend. Both families go into one batch: all or nothing.
 */
#ifndef BACKEND_NFNL_BATCH_H
#define BACKEND_NFNL_BATCH_H

#include "backend/nfnl_socket.h"
#include "ruleset/change.h"

/** struct nfnl_batch_step - Message @sequence belongs to change @change; in the order of messages. */
struct nfnl_batch_step {
	uint32_t sequence;
	size_t change;
};

/**
 * struct nfnl_batch - Bytes ready to send
 * @first_sequence: of the begin message
 * @last_sequence: of the message that is acknowledged
 */
struct nfnl_batch {
	struct buf bytes;
	uint32_t first_sequence;
	uint32_t last_sequence;
	size_t n_steps;
	struct nfnl_batch_step *steps;
};

/* Table flags that the headers of Debian 12 lack. */
#define NFNL_BATCH_TABLE_F_OWNER   0x2u
#define NFNL_BATCH_TABLE_F_PERSIST 0x4u /* Linux 6.9 */

/* The kernel headers of Debian 12 lack it: an element that does not exist is no error. */
#define NFNL_BATCH_MSG_DESTROYSETELEM 30 /* Linux 6.3 */

/* Ours have six in each family, and while tables are replaced a late copy of each. */
#define NFNL_BATCH_BASE_CHAINS_MAX 32

struct nfnl_batch_base_chain {
	uint8_t table;
	char name[RULE_NAME_MAX + 1];
};

/**
 * struct nfnl_batch_tables - How to write changes of our tables
 * @name:	of our tables
 * @flags:	of new tables
 * @adopt:	by family: set @flags on the existing table first, unless it is deleted
 * @replaced:	other tables that the transaction deletes, by family: @replaces
 * @unhooks:	it deletes only their base chains, @base_chains
 * @destroy:	the kernel has NFNL_BATCH_MSG_DESTROYSETELEM: use it for clients, which may have timed out
 */
struct nfnl_batch_tables {
	const char *name;
	uint32_t flags;
	bool adopt[_FAMILY_MAX];
	const char *replaced;
	bool replaces[_FAMILY_MAX];
	bool unhooks;
	size_t n_base_chains;
	struct nfnl_batch_base_chain base_chains[NFNL_BATCH_BASE_CHAINS_MAX];
	bool destroy;
};

/**
 * nfnl_batch_build() - Write the changes from @first to before @end, which may be none if a table is adopted
 * @generation:	the kernel refuses the batch if the ruleset has another one; NULL: any will do
 * @one_by_one:	one element a message, so that a refusal names it; else as many as fit
 */
void nfnl_batch_build(struct nfnl_socket *s, const struct changes *changes, size_t first, size_t end,
		      const struct nfnl_batch_tables *tables, const uint32_t *generation, bool one_by_one,
		      struct nfnl_batch *ret);
void nfnl_batch_done(struct nfnl_batch *batch);
/** nfnl_batch_replace_nothing() - Further batches leave other tables alone. */
void nfnl_batch_replace_nothing(struct nfnl_batch_tables *tables);
/** nfnl_batch_change() - The change that message @sequence belongs to, SIZE_MAX if none. */
size_t nfnl_batch_change(const struct nfnl_batch *batch, uint32_t sequence);
/**
 * nfnl_batch_late_chain() - The late copy that nfnl_batch_build() writes beside a new base chain; see nfnl_commit.c for what it is good for
 *
 * Return: whether @change has one: it adds a base chain to a table that @changes or @tables replace. @ret borrows the rules.
 */
bool nfnl_batch_late_chain(const struct changes *changes, const struct nfnl_batch_tables *tables,
			   const struct change *change, struct chain *ret);
/** nfnl_batch_hook() - The kernel's number of a hook. */
uint32_t nfnl_batch_hook(enum rule_hook hook);

#endif
