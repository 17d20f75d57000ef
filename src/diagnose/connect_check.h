/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * connect_check.h - whether endpoints take TCP connections on their ports
 *
 * Room:     diagnose. Effects: opens a TCP connection from this node to each endpoint, and closes it.
 * Limits:   CONNECT_CHECK_TIMEOUT_MS for all of them together: they are opened at the same time.
 */
#ifndef DIAGNOSE_CONNECT_CHECK_H
#define DIAGNOSE_CONNECT_CHECK_H

#include <stddef.h>

#include "diagnose/finding.h"
#include "diagnose/targets.h"

#define CONNECT_CHECK_TIMEOUT_MS 2000

/** connect_check_endpoints() - Try the first @n endpoints, and add findings */
void connect_check_endpoints(const struct targets *targets, size_t n, struct findings *findings);

#endif
