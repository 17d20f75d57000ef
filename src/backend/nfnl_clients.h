/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nfnl_clients.h - read the entries of a client map from the kernel
 *
 * Room:     backend. Part of backend/nfnl.h.
 */
#ifndef BACKEND_NFNL_CLIENTS_H
#define BACKEND_NFNL_CLIENTS_H

#include "base/err.h"
#include "ruleset/client_map.h"

struct nfnl;

/**
 * nfnl_clients_read() - The clients in @map, each once, by address
 * @ret:	free() it; NULL if there is none
 *
 * Return: 0; -ENOENT: there is no such map.
 */
int nfnl_clients_read(struct nfnl *nfnl, const struct client_map *map, struct client **ret, size_t *ret_n,
		      struct err *reterr) __attribute__((warn_unused_result));

#endif
