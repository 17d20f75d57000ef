/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nfnl_set.h - set declarations and elements as netlink attributes
 *
 * Room:     backend. Looks exactly like what nft 1.0.6 sends for the text form, user data included, so that
 *           both list the same.
 */
#ifndef BACKEND_NFNL_SET_H
#define BACKEND_NFNL_SET_H

#include "base/buf.h"
#include "ruleset/client_map.h"
#include "ruleset/set.h"

struct nlmsghdr;
struct nlattr;

/** nfnl_set_put() - Attributes of a NFT_MSG_NEWSET; @id is unique in the batch. */
void nfnl_set_put(struct nlmsghdr *nlh, const char *table_name, const struct set_decl *decl,
		  enum family table, uint32_t id);
/** nfnl_set_matches() - Whether a NFT_MSG_NEWSET of a dump declares @decl. */
bool nfnl_set_matches(const struct nlmsghdr *nlh, const struct set_decl *decl, enum family table);
/**
 * nfnl_set_put_client_map() - Attributes of a NFT_MSG_NEWSET for a part of @map
 * @resize:	it is there: only raise its size (see the limits in ruleset/client_map.h)
 */
void nfnl_set_put_client_map(struct nlmsghdr *nlh, const char *table_name, const struct client_map *map,
			     size_t part, bool resize, uint32_t id);
/** nfnl_set_matches_client_map() - Whether a NFT_MSG_NEWSET of a dump declares such a part, names aside. */
bool nfnl_set_matches_client_map(const struct nlmsghdr *nlh, enum family table, size_t part);
/** nfnl_set_put_client() - One list entry of a NFT_MSG_DELSETELEM. */
void nfnl_set_put_client(struct nlmsghdr *nlh, const struct client *client);
/** nfnl_set_parse_client() - What part @part knows, from a dump's list entry; false if it is malformed. */
bool nfnl_set_parse_client(const struct nlattr *entry, enum family table, size_t part, struct client *ret);
/** nfnl_set_put_element() - One list entry of a NFT_MSG_NEWSETELEM or _DELSETELEM (@with_data false). */
void nfnl_set_put_element(struct nlmsghdr *nlh, const struct set_decl *decl, const struct element *e,
			  bool with_data);
/**
 * nfnl_set_parse_element() - Inverse, from a dump's list entry
 *
 * Return: false if the element has anything that ours never have (a timeout, flags, a foreign size).
 */
bool nfnl_set_parse_element(const struct nlattr *entry, const struct set_decl *decl, enum family table,
			    uint8_t set, struct element *ret);
/** nfnl_set_parse_element_key() - The key alone, whatever else the element has; false if it is malformed. */
bool nfnl_set_parse_element_key(const struct nlattr *entry, const struct set_decl *decl, enum family table,
				uint8_t set, struct element *ret);

#endif
