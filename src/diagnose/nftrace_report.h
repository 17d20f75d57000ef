/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nftrace_report.h - what happened to a packet that was traced, and where, as text and as JSON
 *
 * Room:     diagnose. Effects: asks the kernel for rules (diagnose/nftrace_rules.h) and for names of interfaces.
 */
#ifndef DIAGNOSE_NFTRACE_REPORT_H
#define DIAGNOSE_NFTRACE_REPORT_H

#include "base/buf.h"
#include "base/json_text.h"
#include "diagnose/nftrace_packets.h"
#include "diagnose/nftrace_rules.h"
#include "diagnose/targets.h"

enum nftrace_report_outcome {
	NFTRACE_REPORT_OUTCOME_DELIVERED, /* to an endpoint of the Service */
	NFTRACE_REPORT_OUTCOME_DROPPED,
	NFTRACE_REPORT_OUTCOME_REJECTED,
	NFTRACE_REPORT_OUTCOME_LOST,	     /* no chain saw it any more */
	NFTRACE_REPORT_OUTCOME_UNTRANSLATED, /* it leaves to the front end's address */
	NFTRACE_REPORT_OUTCOME_MISDIRECTED, /* another program translated it to what is no endpoint of the Service */
};

/** struct nftrace_report - What a report is made from; all borrowed */
struct nftrace_report {
	const struct targets *targets;
	struct nftrace_rules *rules;
};

/** nftrace_report_judge() - What happened to @packet, which has ended. */
enum nftrace_report_outcome nftrace_report_judge(const struct nftrace_report *report,
						 const struct nftrace_packet *packet);
/** nftrace_report_print_text() - Append a block of lines: "packet 1: ...", then its way. @colour: as for a terminal */
void nftrace_report_print_text(const struct nftrace_report *report, size_t number,
			       const struct nftrace_packet *packet, bool colour, struct buf *to);
/** nftrace_report_print_json() - Write an object. */
void nftrace_report_print_json(const struct nftrace_report *report, const struct nftrace_packet *packet,
			       struct json_text *json);

#endif
