/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nfnl_found.h - what is in our tables in the kernel, for people
 *
 * Room:     backend. Part of backend/nfnl.h. It changes nothing, and what is known about the tables stays as it is.
 */
#ifndef BACKEND_NFNL_FOUND_H
#define BACKEND_NFNL_FOUND_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct nfnl;

/**
 * nfnl_found_hooked() - Whether packets meet a table of ours, with either name
 * @base_chain:	as for nfnl_tables_find()
 *
 * At most eight short requests.
 *
 * Return: 0; negative errno if the kernel cannot be asked.
 */
int nfnl_found_hooked(struct nfnl *nfnl, const char *base_chain, bool *ret, struct err *reterr)
	__attribute__((warn_unused_result));
#define NFNL_FOUND_COUNT_MAX 10000

/**
 * nfnl_found_count() - How many elements @set has in the tables that packets meet, of both families
 *
 * They are listed, at most NFNL_FOUND_COUNT_MAX of them: this takes about 10 ms.
 *
 * Return: as nfnl_found_hooked(). 0 elements if there is no such table or set; NFNL_FOUND_COUNT_MAX: that many, or more.
 */
int nfnl_found_count(struct nfnl *nfnl, const char *base_chain, const char *set, size_t *ret,
		     struct err *reterr) __attribute__((warn_unused_result));

#endif
