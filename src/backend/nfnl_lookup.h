/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nfnl_lookup.h - ask the kernel for elements by their keys
 *
 * Room:     backend. Part of backend/nfnl.h.
 * Reason:   a dump of a set costs the square of its size, because the kernel walks the set from its start for each message.
 *           A look-up costs the same for each element, 1 us, however large the set is.
 */
#ifndef BACKEND_NFNL_LOOKUP_H
#define BACKEND_NFNL_LOOKUP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "ruleset/set.h"

struct nfnl;
struct snapshot;

/**
 * nfnl_lookup() - Add those of the elements that are in the kernel to a snapshot
 * @sets:	declarations of our sets
 * @elements:	@n of them, sorted by set_element_cmp(), each key once; their data is ignored
 * @snapshot:	gets the elements as the kernel has them; the caller seals it. Instead of a range that does not exist, it may get
 *		another one that contains the first address
 * @foreign:	set to true if an element has anything that ours never have; it is left out
 *
 * A set that does not exist has no elements.
 *
 * Return: 0; negative errno.
 */
int nfnl_lookup(struct nfnl *nfnl, const struct set_decl *sets, const struct element *elements, size_t n,
		struct snapshot *snapshot, bool *foreign, struct err *reterr)
	__attribute__((warn_unused_result));

#endif
