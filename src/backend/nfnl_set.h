/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nfnl_set.h - set declarations as netlink attributes
 *
 * Room:     backend. Internal to the nfnl backend.
 * Rule:     the attributes are exactly those that nft 1.0.6 sends for the text form, user data included, so that
 *           `nft list` prints the same for both. Elements: backend/nfnl_element.h.
 */
#ifndef BACKEND_NFNL_SET_H
#define BACKEND_NFNL_SET_H

#include <stddef.h>

#include "ruleset/client_map.h"
#include "ruleset/set.h"

struct nlmsghdr;

/** nfnl_set_put() - Attributes of a NFT_MSG_NEWSET; @id is unique in the batch. */
void nfnl_set_put(struct nlmsghdr *nlh, const char *table_name, const struct set_decl *decl,
		  enum family table, uint32_t id);
/** nfnl_set_matches() - Whether a NFT_MSG_NEWSET of a dump declares @decl. */
bool nfnl_set_matches(const struct nlmsghdr *nlh, const struct set_decl *decl, enum family table);
/** nfnl_set_count() - How many elements the set of a NFT_MSG_NEWSET of a dump has; SIZE_MAX: the kernel does not say it. */
size_t nfnl_set_count(const struct nlmsghdr *nlh);
/**
 * nfnl_set_put_client_map() - Attributes of a NFT_MSG_NEWSET for a part of @map
 * @resize:	the map exists: only raise its size (see the limits in ruleset/client_map.h)
 */
void nfnl_set_put_client_map(struct nlmsghdr *nlh, const char *table_name, const struct client_map *map,
			     size_t part, bool resize, uint32_t id);
/** nfnl_set_matches_client_map() - Whether a NFT_MSG_NEWSET of a dump declares part @part of a client map, whatever its name. */
bool nfnl_set_matches_client_map(const struct nlmsghdr *nlh, enum family table, size_t part);
/** nfnl_set_data_size() - The kernel's size of data: only a concatenation is padded to registers. */
size_t nfnl_set_data_size(const struct set_decl *decl, enum family table);

#endif
