/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nfnl_element.h - elements of sets and maps as netlink attributes
 *
 * Room:     backend. Internal to the nfnl backend. Keys and data are register images already (ruleset/set.h).
 */
#ifndef BACKEND_NFNL_ELEMENT_H
#define BACKEND_NFNL_ELEMENT_H

#include "ruleset/client_map.h"
#include "ruleset/set.h"

struct nlmsghdr;
struct snapshot;
struct nlattr;

/** nfnl_element_put() - One list entry of a NFT_MSG_NEWSETELEM or _DELSETELEM (@with_data false). */
void nfnl_element_put(struct nlmsghdr *nlh, const struct set_decl *decl, const struct element *e,
		      bool with_data);
/**
 * nfnl_element_parse() - Inverse, from a dump's list entry
 *
 * Return: false if the element has anything that ours never have (a timeout, flags, another size).
 */
bool nfnl_element_parse(const struct nlattr *entry, const struct set_decl *decl, enum family table,
			uint8_t set, struct element *ret);
/**
 * nfnl_element_parse_list() - Add the elements of a NFT_MSG_NEWSETELEM to @snapshot
 * @foreign:	set to true if there is one that nfnl_element_parse() does not accept; it is left out
 *
 * Return: how many elements the message has.
 */
size_t nfnl_element_parse_list(const struct nlmsghdr *nlh, const struct set_decl *decl, enum family table,
			       uint8_t set, struct snapshot *snapshot, bool *foreign);
/** nfnl_element_parse_key() - The key alone; other attributes are ignored. False if it is malformed. */
bool nfnl_element_parse_key(const struct nlattr *entry, const struct set_decl *decl, enum family table,
			    uint8_t set, struct element *ret);
/** nfnl_element_put_client() - One list entry of a NFT_MSG_DELSETELEM. */
void nfnl_element_put_client(struct nlmsghdr *nlh, enum family table, const struct client *client);
/** nfnl_element_parse_client() - An entry of part @part of a client map, from a dump's list entry; false if it is malformed. */
bool nfnl_element_parse_client(const struct nlattr *entry, enum family table, size_t part,
			       struct client *ret);

#endif
