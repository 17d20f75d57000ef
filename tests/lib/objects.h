/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * objects.h - Services and EndpointSlices for tests, from one line of text each
 *
 * A Service is words separated by spaces:
 *
 *   type=NodePort ip=10.96.0.1 ip=fd00::1 port=http/TCP/80/30080 internal=Local external=Local
 *   external-ip=192.0.2.1 lb-ip=192.0.2.2 lb-proxy-ip=192.0.2.3 range=10.0.0.0/8 affinity=10800
 *   created=5 proxy-name headless
 *
 * The last part of a port (its node port) may be left out; a name may be empty.
 *
 * A slice is "PORTS | ENDPOINTS" or "IPv6 | PORTS | ENDPOINTS":
 *
 *   ports, separated by spaces: http/TCP/8080
 *   endpoints, separated by ';': ADDRESS[@NODE] CONDITIONS [zones=a,b] [nodes=c,d]
 *
 * Conditions are letters out of R (ready), S (serving), T (terminating), or "-" for none. A wrong text is a
 * bug of the test: an assertion fails.
 */
#ifndef TESTS_LIB_OBJECTS_H
#define TESTS_LIB_OBJECTS_H

struct arena;
struct service;
struct slice;

/** objects_service() - @name is "namespace/name"; @arena owns the Service. */
struct service *objects_service(struct arena *arena, const char *name, const char *text);
/** objects_slice() - A slice "namespace/name" of the Service @service_name in that namespace. */
struct slice *objects_slice(struct arena *arena, const char *name, const char *service_name,
			    const char *text);

#endif
