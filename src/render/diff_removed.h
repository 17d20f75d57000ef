/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * diff_removed.h - endpoints that were removed, but that clients of session affinity may still be bound to
 *
 * Room:     render. Pure.
 * Rule:     tests/COVERAGE.md A6. Only the kernel knows the clients, and to read a client map takes up to seconds
 *           (sync/client_expiry.h). So from the transaction on that removes an endpoint from both lists of a Service port, it is in the
 *           set removed-endpoints, and its address stays in affinity-addresses: the learning
 *           chain drops a packet that a client map has sent there. Its sender sends it again. When the clients are deleted,
 *           state_forget_removed() is called, and the next plan of the Service leaves these elements out.
 * Left out: an endpoint that left one list and is in the other: it answers. Its clients of the one list are sent there until
 *           they are deleted.
 */
#ifndef RENDER_DIFF_REMOVED_H
#define RENDER_DIFF_REMOVED_H

struct service_elements;
struct state;
struct state_part;

/** diff_removed_add() - Add to @wanted what @part needs for removed endpoints; state->scratch owns the new list. */
void diff_removed_add(struct state *state, const struct state_part *part, struct service_elements *wanted);

#endif
