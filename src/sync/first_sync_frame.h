/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * first_sync_frame.h - what the tables have when a first sync begins, without elements
 *
 * Room:     sync. Internal to first_sync.c: @sync->first.frame. Of the chains, only those are read that the skeleton or a step needs.
 */
#ifndef SYNC_FIRST_SYNC_FRAME_H
#define SYNC_FIRST_SYNC_FRAME_H

#include "base/err.h"

struct changes;
struct sync;
struct sync_addresses;

/**
 * first_sync_frame_look() - Read the frame of the tables in use, and set the members of @sync->first that say how they are filled
 *
 * Return: 1: they can be filled in steps; 0: one is of another version; negative errno.
 */
int first_sync_frame_look(struct sync *sync, const struct sync_addresses *addresses)
	__attribute__((warn_unused_result));
/** first_sync_frame_read_added_chains() - Chains that an earlier step has added are not added again, unless they were deleted. */
int first_sync_frame_read_added_chains(struct sync *sync, const struct changes *changes, struct err *reterr)
	__attribute__((warn_unused_result));
/** first_sync_frame_read_client_maps() - Client maps that nothing used when the steps began may have been deleted as leftovers. */
int first_sync_frame_read_client_maps(struct sync *sync, const struct changes *changes, struct err *reterr)
	__attribute__((warn_unused_result));

#endif
