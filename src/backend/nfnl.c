/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "backend/nfnl.h"

#include <stdlib.h>

#include "backend/nfnl_internal.h"
#include "base/alloc.h"

int nfnl_new(const char *table_name, struct nfnl **ret, struct err *reterr)
{
	struct nfnl *nfnl = alloc_zeroed(1, sizeof(*nfnl));
	int r = nfnl_socket_open(&nfnl->socket, reterr);

	nfnl->table_name = table_name;
	nfnl->monitor = (struct nfnl_monitor){
		.table_name = table_name,
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

void nfnl_doubt_chain(struct nfnl *nfnl, enum family table, const char *name)
{
	invalidated_add_chain(&nfnl->knowledge.invalidated, table, name);
	knowledge_doubt(&nfnl->knowledge);
}

void nfnl_confirm(struct nfnl *nfnl)
{
	knowledge_confirm(&nfnl->knowledge);
}
