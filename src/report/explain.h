/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * explain.h - what becomes of a Service on this node, and why
 *
 * Room:     report. Pure. serve/explainer.h fills the structs, report/explain_text.h and report/explain_json.h print them.
 * Shapes:   all strings are borrowed, and in the words of the text.
 */
#ifndef REPORT_EXPLAIN_H
#define REPORT_EXPLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/service_name.h"

/** struct explain_slots - Slots of an endpoint in a list: @n of @n_all. @n_all 0: each endpoint of the list has one */
struct explain_slots {
	size_t n;
	size_t n_all;
};

/**
 * struct explain_endpoint - One endpoint, and its part in the two lists
 * @where:	"10.244.1.11:8080"
 * @here:	on this node
 * @node:	its node; NULL: its EndpointSlice does not say
 * @in_cluster, @in_local: whether it is in the list for Cluster, for Local
 * @cluster, @local: why or why not, as pick_reason_name(): "ready", "other-node", ...
 * @cluster_slots, @local_slots: in these lists
 */
struct explain_endpoint {
	const char *where;
	const char *node;
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

/** enum explain_outcome - What becomes of a new connection to a front end; the words are for programs, and never change */
enum explain_outcome {
	EXPLAIN_OUTCOME_SERVED,	 /* "served" */
	EXPLAIN_OUTCOME_REFUSED, /* "refused" */
	EXPLAIN_OUTCOME_DROPPED, /* "dropped" */
	EXPLAIN_OUTCOME_LOST,	 /* "lost": another Service owns the front end */
	_EXPLAIN_OUTCOME_MAX,
};

/**
 * struct explain_frontend - One address and port, or one node port
 * @kind:	"ClusterIP", "externalIP", "loadBalancerIP", "nodePort"
 * @where:	"10.96.0.1:80"; of a node port its number
 * @on:		of a node port: the addresses on which it is served; else NULL
 * @owner:	the other Service that owns it; not set: this Service owns it
 * @why:	if @owner is set: why it does
 * @outcome:	for pods and this node, and for all others, if @outside does not differ
 * @outside:	for all others
 * @n_endpoints, @n_outside: endpoints behind the front end, for the same sources
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
	enum explain_outcome outcome;
	enum explain_outcome outside;
	size_t n_endpoints;
	size_t n_outside;
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

/** struct explain_unknown - A kind of objects that was never listed. @why: the error of its last request, NULL: there was none */
struct explain_unknown {
	const char *kind; /* "EndpointSlice" */
	const char *why;
};

#define EXPLAIN_INSTALLED_MAX 3 /* endpoints named in the first line */

/**
 * struct explain_waiting - The newest version of the Service is not in the kernel
 * @why:	NULL: it is, or no daemon runs
 * @since_s:	for so long; -1: not known
 * @installed:	the @n_installed endpoints that the kernel has of it, as "10.244.1.11:8080", each once
 */
struct explain_waiting {
	const char *why;
	double since_s;
	size_t n_installed;
	const char **installed;
};

/**
 * struct explain - One Service
 * @type, @internal_policy, @external_policy: as in the API; "" if the Service is unknown
 * @not_served:	why it has no front ends at all; NULL: it has
 * @rejected:	with @not_served: because the object cannot be used
 * @unknown:	@n_unknown kinds that decide about the Service, and are not known
 * @in_force:	with these, or with @waiting: which rules are in force, if they were not made since the start; NULL: those that were
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
	bool rejected;
	size_t n_unknown;
	struct explain_unknown *unknown;
	const char *in_force;
	struct explain_waiting waiting;
	size_t n_slices;
	size_t n_notes;
	const char **notes;
	const char *from;
	const char *from_family;
	const char *from_is;
	size_t n_ports;
	struct explain_port *ports;
};

/** explain_outcome_name() - For programs. */
const char *explain_outcome_name(enum explain_outcome outcome);
/** explain_says_slots() - Nothing is said of one slot. */
bool explain_says_slots(const struct explain_slots *slots);
/** explain_next_step() - The next line of @steps of struct explain_walk, without its newline; false at the end. */
#define EXPLAIN_STEP_SIZE 512
bool explain_next_step(const char **rest, char ret[EXPLAIN_STEP_SIZE]);

#endif
