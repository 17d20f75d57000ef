/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "backend/nfnl.h"

#include <stdio.h>
#include <stdlib.h>

#include "backend/nfnl_internal.h"
#include "base/alloc.h"
#include "ruleset/change.h"

int nfnl_new(const char *table_name, struct nfnl **ret, struct err *reterr)
{
	struct nfnl *nfnl = alloc_zeroed(1, sizeof(*nfnl));
	int r = nfnl_socket_open(&nfnl->socket, reterr);

	(void)snprintf(nfnl->names[0], sizeof(nfnl->names[0]), "%s", table_name);
	(void)snprintf(nfnl->names[1], sizeof(nfnl->names[1]), "%s-2", table_name);
	nfnl->table_name = nfnl->tables.name = nfnl->names[0];
	nfnl->monitor = (struct nfnl_monitor){
		.table_name = nfnl->table_name,
		.port = nfnl->socket.port,
		.knowledge = &nfnl->knowledge,
	};
	knowledge_forget(&nfnl->knowledge);
	if (!r)
		r = nfnl_monitor_open(&nfnl->monitor, reterr);
	if (r < 0) {
		nfnl_free(nfnl);
		return r;
	}
	*ret = nfnl;
	return 0;
}

struct nfnl *nfnl_free(struct nfnl *nfnl)
{
	if (!nfnl)
		return NULL;
	nfnl_monitor_close(&nfnl->monitor);
	nfnl_socket_close(&nfnl->socket);
	knowledge_done(&nfnl->knowledge);
	free(nfnl);
	return NULL;
}

void nfnl_own(struct nfnl *nfnl)
{
	nfnl->own = true;
	nfnl->tables.flags = NFNL_BATCH_TABLE_F_OWNER | NFNL_BATCH_TABLE_F_PERSIST;
}

int nfnl_fd(const struct nfnl *nfnl)
{
	return nfnl_socket_fd(&nfnl->monitor.socket);
}

bool nfnl_foreign_change(struct nfnl *nfnl)
{
	nfnl_monitor_take_some(&nfnl->monitor);
	return knowledge_report(&nfnl->knowledge);
}

const char *nfnl_changed_by(const struct nfnl *nfnl)
{
	return nfnl->knowledge.changed_by;
}

enum knowledge_state nfnl_knowledge(const struct nfnl *nfnl)
{
	return nfnl->knowledge.state;
}

void nfnl_forget(struct nfnl *nfnl)
{
	knowledge_forget(&nfnl->knowledge);
}

/* Half of what can be named: notifications may name others meanwhile. */
static bool nfnl_can_name(const struct changes *changes)
{
	size_t n_chains = 0, i;

	for (i = 0; i < changes->n; i++)
		n_chains += changes->list[i].op == CHANGE_OP_CHAIN_ADD ||
			    changes->list[i].op == CHANGE_OP_CHAIN_REFILL ||
			    changes->list[i].op == CHANGE_OP_CHAIN_DEL;
	return changes->n_elements_added + changes->n_elements_deleted <= INVALIDATED_ELEMENTS_MAX / 2 &&
	       n_chains <= INVALIDATED_CHAINS_MAX / 2;
}

static void nfnl_doubt_element(struct nfnl *nfnl, const struct element *e)
{
	struct invalidated *invalidated = &nfnl->knowledge.invalidated;
	const char *chain = set_data_chain(e);

	invalidated_add_element(invalidated, e);
	if (chain && invalidated->n_chains < INVALIDATED_CHAINS_MAX)
		invalidated_add_chain(invalidated, e->table, chain);
}

bool nfnl_doubt(struct nfnl *nfnl, const struct changes *changes)
{
	struct element e;
	size_t i;

	if (!nfnl_can_name(changes))
		return false;
	for (i = 0; i < changes->n; i++) {
		const struct change *change = &changes->list[i];

		switch ((enum change_op)change->op) {
		case CHANGE_OP_ELEMENT_ADD:
		case CHANGE_OP_ELEMENT_DEL:
			change_element(changes, change, &e);
			nfnl_doubt_element(nfnl, &e);
			break;
		case CHANGE_OP_CHAIN_ADD:
		case CHANGE_OP_CHAIN_REFILL:
		case CHANGE_OP_CHAIN_DEL:
			invalidated_add_chain(&nfnl->knowledge.invalidated, change->table,
					      change->chain->name);
			break;
		case CHANGE_OP_TABLE_ADD:
		case CHANGE_OP_TABLE_DEL:
		case CHANGE_OP_CLIENT_MAP_ADD:
		case CHANGE_OP_CLIENT_MAP_DEL:
		case CHANGE_OP_CLIENT_DEL:
			break;
		}
	}
	knowledge_doubt(&nfnl->knowledge);
	return true;
}

void nfnl_drain(struct nfnl *nfnl)
{
	nfnl_monitor_drain(&nfnl->monitor);
}

bool nfnl_unknown(const struct nfnl *nfnl, enum family table, uint64_t *ret_sets)
{
	const struct knowledge *knowledge = &nfnl->knowledge;

	*ret_sets = knowledge->invalidated.sets[table] | knowledge->uncommitted.sets[table];
	return knowledge->invalidated.tables[table] || knowledge->uncommitted.tables[table];
}

void nfnl_suspect(struct nfnl *nfnl, enum family table, bool whole, uint64_t sets)
{
	/* Changes from now on are announced, or found by the next nfnl_check(). */
	if (!nfnl->check.enabled && !nfnl->exclusive)
		(void)nfnl_monitor_subscribe(&nfnl->monitor);
	knowledge_suspect(&nfnl->knowledge, table, whole, sets);
}

bool nfnl_is_suspect(const struct nfnl *nfnl, unsigned int *ret_n)
{
	*ret_n = nfnl->knowledge.n_suspicions;
	return nfnl->knowledge.suspect;
}

void nfnl_surveyed(struct nfnl *nfnl, unsigned int n)
{
	knowledge_surveyed(&nfnl->knowledge, n);
}

void nfnl_confirm(struct nfnl *nfnl)
{
	knowledge_confirm(&nfnl->knowledge);
}
