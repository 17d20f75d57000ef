/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * diff_kept.h - what a Service has that stays as it is installed
 *
 * Room:     render. Pure.
 * Rule:     see state_keep(). Before the first commit, the elements of a snapshot that belong to a front end which the Service
 *           owns become its installed elements, and the session affinity whose chains they lead to becomes its own. What another
 *           process has changed in its chains is put right: their rules follow from these elements.
 * Left out: front ends that lead to chains of another one's port (they have changed hands meanwhile), to source ranges that are not
 *           known, or to a list without endpoints: they never were this Service's, or admit or reach nobody knows whom.
 */
#ifndef RENDER_DIFF_KEPT_H
#define RENDER_DIFF_KEPT_H

#include <stdbool.h>
#include <stddef.h>

struct service_elements;
struct state;
struct state_part;

/** diff_kept_forget_formers() - All kept Services are taken over: which chains of ports that are gone they have. */
void diff_kept_forget_formers(struct state *state);
/**
 * diff_kept_stays() - Whether @part, which is kept, is certain to stay as it is: nothing of it need be compared
 *
 * So if what is installed is known, and @part owns all front ends that it asks for.
 */
bool diff_kept_stays(const struct state *state, const struct state_part *part);
/**
 * diff_kept_foreign() - The front ends of @part, which is kept, that lead to chains of another one's port
 * @ret:	their positions in its plan; state->scratch owns it
 *
 * Return: how many.
 */
size_t diff_kept_foreign(struct state *state, const struct state_part *part, size_t **ret);
/** diff_kept_elements() - What @part, which is kept, has after the open transaction; state->scratch owns it. */
void diff_kept_elements(struct state *state, const struct state_part *part, struct service_elements *ret);

#endif
