/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * purges.h - clients that are to be forgotten, because their endpoint went
 *
 * Room:     daemon (render/state.h says which client maps, backend/nfnl.h reads them).
 * Rule:     behaviour.md A6: clients of endpoints that went are forgotten in the transaction that takes the endpoints away.
 *           What a map has learnt is in the kernel alone, so the maps at stake are read just before, and once more after:
 *           a packet in flight may have taught one what it should not know any more.
 */
#ifndef DAEMON_PURGES_H
#define DAEMON_PURGES_H

#include <stdbool.h>

#include "backend/backend.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "ruleset/change.h"

struct nfnl;
struct purges;
struct state;

struct purges *purges_new(void);
struct purges *purges_free(struct purges *purges);
DEFINE_FREEP(struct purges, purges_free);
/** purges_collect() - After state_changes(): copy what @state says, instead of what was collected before. */
void purges_collect(struct purges *purges, struct state *state);
/** purges_add() - Read the maps and add to @changes what they know and should not; valid until the next purges_collect(). */
int purges_add(struct purges *purges, struct nfnl *nfnl, struct changes *changes, struct err *reterr)
	__attribute__((warn_unused_result));
/** purges_client_aged() - A commit failed (@r) for a client that has aged away since it was read: it is to be repeated. */
bool purges_client_aged(const struct changes *changes, const struct backend_report *report, int r);
/** purges_again() - After a commit: what was learnt between the reading and the commit. What fails is logged. */
void purges_again(struct purges *purges, struct nfnl *nfnl, const struct skeleton *skeleton);

#endif
