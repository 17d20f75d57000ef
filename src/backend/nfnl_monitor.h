/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nfnl_monitor.h - notifications of nf_tables: which of our objects another process has changed
 *
 * Room:     backend. Internal to the nfnl backend.
 */
#ifndef BACKEND_NFNL_MONITOR_H
#define BACKEND_NFNL_MONITOR_H

#include "backend/knowledge.h"
#include "backend/nfnl_socket.h"
#include "ruleset/set.h"

/**
 * struct nfnl_monitor - Borrows all that it points to
 * @port:	our own netlink port: notifications about our own changes are ignored
 * @sets:	declarations of our sets, to read the keys of their elements; notifications about other sets name no object
 * @names_us:	the transaction that is being announced is about our tables
 * @knowledge:	is updated
 */
struct nfnl_monitor {
	const char *table_name;
	uint32_t port;
	const struct set_decl *sets;
	size_t n_sets;
	bool names_us;
	struct knowledge *knowledge;
};

/** nfnl_monitor_take() - Take in a notification; @ctx is a struct nfnl_monitor. */
nfnl_socket_notification nfnl_monitor_take;

#endif
