/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * explain.h - prints what becomes of a Service on this node and why, as text or as JSON
 *
 * Room:     report. Pure. serve/explainer.h fills the structs.
 * Shapes:   text of at most WORDS_COLUMNS columns, or JSON. All strings are borrowed, and in the words of the text.
 */
#ifndef REPORT_EXPLAIN_H
#define REPORT_EXPLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/service_name.h"

struct buf;

/** struct explain_slots - Slots of an endpoint in a list: @n of @n_all. @n_all 0: each endpoint of the list has one */
struct explain_slots {
	size_t n;
	size_t n_all;
};

/**
 * struct explain_endpoint - One endpoint, and its part in the two lists
 * @where:	"10.244.1.11:8080"
 * @here:	on this node
 * @in_cluster, @in_local: whether it is in the list for Cluster, for Local
 * @cluster, @local: why or why not, as pick_reason_name(): "ready", "other-node", ...
 * @cluster_slots, @local_slots: in these lists
 */
struct explain_endpoint {
	const char *where;
	bool here;
	bool in_cluster;
	bool in_local;
	const char *cluster;
	const char *local;
	struct explain_slots cluster_slots;
	struct explain_slots local_slots;
};

/** struct explain_walk - What the rules do to a packet from a given address to a front end */
struct explain_walk {
	const char *outcome; /* "translated", "rejected", "dropped", "left alone" */
	const char *to;	     /* "one of 3 endpoints", "" */
	const char *source;  /* which of the source ranges admits it, or that none does; "": there are none */
	const char *masqueraded; /* "yes", "no", "only when it reaches itself" */
	const char *steps;	 /* a line for each rule that matched */
};

/**
 * struct explain_frontend - One address and port, or one node port
 * @kind:	"ClusterIP", "externalIP", "loadBalancerIP", "nodePort"
 * @where:	"10.96.0.1:80"; of a node port its number
 * @on:		of a node port: the addresses on which it is served; else NULL
 * @owner:	the other Service that owns it; not set: this Service owns it
 * @why:	if @owner is set: why it does
 * @verdict:	"the list for Cluster, 3 endpoints", ...; if @local_verdict is set, for pods and this node only
 * @local_verdict: for all other sources; NULL: as @verdict
 * @masquerade:	which sources are replaced
 * @source_ranges: allowed sources, separated by blanks; "": all
 * @affinity_timeout_s: session affinity; 0: none
 * @walk:	NULL: the question names no source, or another Service owns the front end
 */
struct explain_frontend {
	const char *kind;
	const char *where;
	const char *on;
	struct service_name owner;
	const char *why;
	const char *verdict;
	const char *local_verdict;
	const char *masquerade;
	const char *source_ranges;
	uint32_t affinity_timeout_s;
	const struct explain_walk *walk;
};

/**
 * struct explain_port - One Service port in one family
 * @topology:	which hints decide, "": none
 * @notes:	slices that have endpoints but not this port
 */
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
 * @type, @internal_policy, @external_policy: as in the API; "" if the Service is unknown
 * @not_served:	why it has no front ends at all; NULL: it has
 * @n_slices:	its EndpointSlices
 * @notes:	sentences about rejected objects and other peculiarities
 * @from:	source address of the packets; NULL: none
 * @from_family: its family; "" without @from
 * @from_is:	how the rules classify it
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
	const char *from_family;
	const char *from_is;
	size_t n_ports;
	struct explain_port *ports;
};

/** explain_print_text() - @colour: with escape sequences of a terminal */
void explain_print_text(const struct explain *explain, bool colour, struct buf *to);
void explain_print_json(const struct explain *explain, struct buf *to);

#endif
