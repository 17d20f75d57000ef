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

#define NFNL_MONITOR_TURN_MAX 64 /* datagrams of one nfnl_monitor_take_some() */

/**
 * struct nfnl_monitor - Borrows all that it points to
 * @socket:	for notifications only. A filter drops those about our own transactions in the kernel.
 * @subscribed:	the kernel sends notifications. It composes one for each element of each transaction of any process while
 *		any process is subscribed, which costs 8 KB of kernel memory an element; so do not be without need.
 * @port:	netlink port of our transactions: their notifications are ignored
 * @sets:	declarations of our sets, to read the keys of their elements; notifications about other sets name no object
 * @names_us:	the transaction that is being announced is about our tables
 * @knowledge:	is updated
 */
struct nfnl_monitor {
	struct nfnl_socket socket;
	bool subscribed;
	const char *table_name;
	uint32_t port;
	const struct set_decl *sets;
	size_t n_sets;
	bool names_us;
	struct knowledge *knowledge;
};

/** nfnl_monitor_open() - Open the socket; the other members are set, and nothing is subscribed. */
int nfnl_monitor_open(struct nfnl_monitor *monitor, struct err *reterr) __attribute__((warn_unused_result));
void nfnl_monitor_close(struct nfnl_monitor *monitor);
/** nfnl_monitor_subscribe() - Have the kernel send notifications. Return: false: it refuses. */
bool nfnl_monitor_subscribe(struct nfnl_monitor *monitor);
/** nfnl_monitor_unsubscribe() - Take in what has arrived, and have the kernel send no more. */
void nfnl_monitor_unsubscribe(struct nfnl_monitor *monitor);
/**
 * nfnl_monitor_drain() - Take in the notifications that have arrived, without waiting
 *
 * The kernel sends those of a transaction before the next one can begin. So all that concern a generation have arrived once
 * the generation was asked for.
 */
void nfnl_monitor_drain(struct nfnl_monitor *monitor);
/**
 * nfnl_monitor_take_some() - The same for at most NFNL_MONITOR_TURN_MAX datagrams
 *
 * A program that commits all the time could keep nfnl_monitor_drain() busy, and with it the event loop.
 */
void nfnl_monitor_take_some(struct nfnl_monitor *monitor);

#endif
