/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * diff_kept.h - what a Service has that stays as it is installed
 *
 * Room:     render. Pure.
 * Rule:     see state_keep(). Before the first commit, the elements of a snapshot that belong to a front end which the Service
 *           owns become its installed elements, and the session affinity whose chains they lead to becomes its own. Its
 *           chains are known if their rules are those that follow from these elements; else only the id is certain (struct
 *           port_chains, @unknown).
 */
#ifndef RENDER_DIFF_KEPT_H
#define RENDER_DIFF_KEPT_H

#include <stdbool.h>

struct service_elements;
struct state;
struct state_part;

/**
 * diff_kept_take() - A part with these elements is done, and the lists that they are of are its own
 *
 * After a restart a kept part may lead to chains of a port that another part has now, because front ends have changed hands
 * meanwhile. The lists of a port belong to the first part only that has them; so
 * planned parts come before kept ones.
 */
void diff_kept_take(struct state *state, const struct service_elements *elements);
/** diff_kept_forget() - Of the open transaction: what diff_kept_take() noted. */
void diff_kept_forget(struct state *state);
/** diff_kept_forget_formers() - All kept Services are taken over: which chains of ports that are gone they have. */
void diff_kept_forget_formers(struct state *state);
/**
 * diff_kept_stays() - Whether @part, which is kept, is certain to stay as it is: nothing of it need be compared
 *
 * So if what is installed is known, and @part owns all front ends that it asks for.
 */
bool diff_kept_stays(const struct state *state, const struct state_part *part);
/** diff_kept_elements() - What @part, which is kept, has after the open transaction; state->scratch owns it. */
void diff_kept_elements(struct state *state, const struct state_part *part, struct service_elements *ret);

#endif
