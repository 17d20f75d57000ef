/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * explain.h - what becomes of a Service on this node, and why
 *
 * Room:     report. Pure. Who finds it out is serve/explainer.h.
 * Shapes:   text of at most 80 columns, or JSON.
 */
#ifndef REPORT_EXPLAIN_H
#define REPORT_EXPLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/service_name.h"

struct buf;

/**
 * struct explain_endpoint - One endpoint, and its part in the two lists
 * @cluster, @local: the selection's word for its reason: "ready", "other-node", ...
 */
struct explain_endpoint {
	const char *where; /* "10.244.1.11:8080" */
	bool here;
	bool in_cluster;
	bool in_local;
	const char *cluster;
	const char *local;
};

/** struct explain_walk - What a packet from a given address meets at a front end */
struct explain_walk {
	const char *outcome;	 /* "translated", "rejected", "dropped", "left alone" */
	const char *to;		 /* "one of 3 endpoints", "" */
	const char *masqueraded; /* "yes", "no", "only when it reaches itself" */
	const char *steps;	 /* a line for each rule that matched */
};

/**
 * struct explain_frontend - One address and port, or one node port
 * @kind:	"ClusterIP", "externalIP", "loadBalancerIP", "nodePort"
 * @on:		of a node port: the addresses; NULL otherwise
 * @owner:	another Service that has it; unset: it is this one's
 * @verdict:	for everybody, or for pods and this node where @local_verdict is there: "cluster list, 3 endpoints"
 * @local_verdict: for all others; NULL: as above
 * @masquerade:	in words
 * @source_ranges: "" if everybody is admitted
 * @walk:	NULL: nobody asked, or it is not this Service's
 */
struct explain_frontend {
	const char *kind;
	const char *where;
	const char *on;
	struct service_name owner;
	const char *verdict;
	const char *local_verdict;
	const char *masquerade;
	const char *source_ranges;
	uint32_t affinity_timeout_s;
	const struct explain_walk *walk;
};

/** struct explain_port - One Service port in one family; @topology: what hints decided, "" if nothing */
struct explain_port {
	const char *name;
	const char *protocol;
	const char *family;
	uint16_t port;
	const char *topology;
	size_t n_frontends;
	struct explain_frontend *frontends;
	size_t n_endpoints;
	struct explain_endpoint *endpoints;
	size_t n_notes;
	const char **notes;
};

/**
 * struct explain - One Service
 * @not_served:	why not at all, NULL: it is
 * @notes:	what is worth knowing besides: refused objects, ...
 * @from:	whose packets are walked, NULL: nobody's
 * @from_is:	what that address is taken for
 */
struct explain {
	struct service_name service;
	const char *type;
	const char *internal_policy;
	const char *external_policy;
	const char *not_served;
	size_t n_slices;
	size_t n_notes;
	const char **notes;
	const char *from;
	const char *from_is;
	size_t n_ports;
	struct explain_port *ports;
};

void explain_print_text(const struct explain *explain, bool colour, struct buf *to);
void explain_print_json(const struct explain *explain, struct buf *to);

#endif
