/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * other_tables.h - tables of ours with the other name
 *
 * Room:     sync. Internal to first_sync.c, which says why there are two names.
 * Rule:     of two tables that both exist, packets meet only one for longer than a transaction. The other one is emptied in steps
 *           and deleted (backend/nfnl_empty.h): at a start, because an earlier run has half filled it, and after new tables have replaced it.
 */
#ifndef SYNC_OTHER_TABLES_H
#define SYNC_OTHER_TABLES_H

#include "base/err.h"

struct sync;

/**
 * other_tables_choose() - Use the tables with the usual name, and set @sync->first.replaces
 *
 * If those with the second name are in force, an earlier run or phase has not come to its end: they are replaced like those of
 * another version.
 *
 * Return: 1: half filled ones are to be deleted first, with other_tables_step(); 0; negative errno.
 */
int other_tables_choose(struct sync *sync) __attribute__((warn_unused_result));
/** other_tables_replaced() - The tables in use have replaced those with the other name: they are to be deleted with other_tables_step(). */
void other_tables_replaced(struct sync *sync);
/** other_tables_step() - Return: 1: there is more to do; 0: they are gone; negative errno: they cannot be deleted. */
int other_tables_step(struct sync *sync, struct err *reterr) __attribute__((warn_unused_result));

#endif
