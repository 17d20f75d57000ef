/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "diagnose/nftrace_report.h"

#include <inttypes.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "diagnose/foreign_rules.h"
#include "render/layout.h"
#include "report/words.h"

#define NFTRACE_REPORT_END_SIZE 64 /* "[fd00::1]:8080" */

static const char *const nftrace_report_words[] = {
	[NFTRACE_REPORT_OUTCOME_DELIVERED] = "delivered",
	[NFTRACE_REPORT_OUTCOME_DROPPED] = "dropped",
	[NFTRACE_REPORT_OUTCOME_REJECTED] = "rejected",
	[NFTRACE_REPORT_OUTCOME_LOST] = "lost",
	[NFTRACE_REPORT_OUTCOME_UNTRANSLATED] = "untranslated",
	[NFTRACE_REPORT_OUTCOME_MISDIRECTED] = "misdirected",
};

static const char *nftrace_report_end(const struct addr *addr, uint16_t port,
				      char text[NFTRACE_REPORT_END_SIZE])
{
	char address[ADDR_TEXT_SIZE];

	(void)addr_print(addr, address);
	if (port)
		(void)snprintf(text, NFTRACE_REPORT_END_SIZE,
			       addr->family == FAMILY_IPV6 ? "[%s]:%u" : "%s:%u", address, port);
	else
		(void)snprintf(text, NFTRACE_REPORT_END_SIZE, "%s", address);
	return text;
}

static const char *nftrace_report_protocol(uint8_t protocol, char text[16])
{
	if (protocol == PROTOCOL_TCP || protocol == PROTOCOL_UDP || protocol == PROTOCOL_SCTP)
		return addr_protocol_name((enum protocol)protocol);
	(void)snprintf(text, 16, "protocol %u", protocol);
	return text;
}

static const char *nftrace_report_interface(uint32_t index, char text[IF_NAMESIZE])
{
	if (!if_indextoname(index, text))
		(void)snprintf(text, IF_NAMESIZE, "#%" PRIu32, index);
	return text;
}

/* --- judgement -------------------------------------------------------------------------------------------
 */

static bool nftrace_report_translated(const struct nftrace_packet *packet)
{
	return packet->has_flow && !nftrace_event_same_destination(&packet->first, &packet->last);
}

static bool nftrace_report_is_endpoint(const struct targets *targets, const struct nftrace_event_flow *flow)
{
	size_t i;

	for (i = 0; i < targets->n_endpoints; i++)
		if (addr_equal(&targets->endpoints[i].addr, &flow->destination) &&
		    targets->endpoints[i].port == flow->destination_port)
			return true;
	return false;
}

/* The rule that translated @packet; NULL: none did, or it is unknown. */
static const struct nftrace_event *nftrace_report_translator(const struct nftrace_report *report,
							     const struct nftrace_packet *packet)
{
	enum nftrace_rules_kind kind;
	size_t i;

	for (i = 0; i < packet->n_steps; i++) {
		if (packet->steps[i].type != NFTRACE_EVENT_TYPE_RULE)
			continue;
		(void)nftrace_rules_text(report->rules, &packet->steps[i], &kind);
		if (kind == NFTRACE_RULES_KIND_DNAT)
			return &packet->steps[i];
	}
	return NULL;
}

static bool nftrace_report_is_ours(const struct nftrace_event *event)
{
	size_t len = strlen(LAYOUT_TABLE_NAME);

	return strncmp(event->table, LAYOUT_TABLE_NAME, len) == 0 &&
	       (!event->table[len] || event->table[len] == '-');
}

enum nftrace_report_outcome nftrace_report_judge(const struct nftrace_report *report,
						 const struct nftrace_packet *packet)
{
	enum nftrace_rules_kind kind = NFTRACE_RULES_KIND_OTHER;
	const struct nftrace_event *translator;

	switch (packet->end) {
	case NFTRACE_PACKETS_END_DROPPED:
		if (packet->where.type == NFTRACE_EVENT_TYPE_RULE)
			(void)nftrace_rules_text(report->rules, &packet->where, &kind);
		return kind == NFTRACE_RULES_KIND_REJECT ? NFTRACE_REPORT_OUTCOME_REJECTED
							 : NFTRACE_REPORT_OUTCOME_DROPPED;
	case NFTRACE_PACKETS_END_NONE:
	case NFTRACE_PACKETS_END_LOST:
		return NFTRACE_REPORT_OUTCOME_LOST;
	case NFTRACE_PACKETS_END_DELIVERED:
		break;
	}
	if (nftrace_report_is_endpoint(report->targets, &packet->last))
		return NFTRACE_REPORT_OUTCOME_DELIVERED;
	if (!nftrace_report_translated(packet))
		return NFTRACE_REPORT_OUTCOME_UNTRANSLATED;
	/* Our rules, or a connection that exists, may still lead to an endpoint that is going. */
	translator = nftrace_report_translator(report, packet);
	return translator && !nftrace_report_is_ours(translator) ? NFTRACE_REPORT_OUTCOME_MISDIRECTED
								 : NFTRACE_REPORT_OUTCOME_DELIVERED;
}

/* --- text ------------------------------------------------------------------------------------------------
 */

/* "table inet filter, chain forward, rule handle 4 (tcp dport 80 drop)" */
static void nftrace_report_where(const struct nftrace_report *report, const struct nftrace_event *event,
				 struct buf *to)
{
	enum nftrace_rules_kind kind;
	const char *text;

	buf_printf(to, "table %s %s, chain %s", foreign_rules_family_name(event->family), event->table,
		   event->chain);
	if (event->type != NFTRACE_EVENT_TYPE_RULE) {
		buf_printf(to, ", its policy");
		return;
	}
	text = nftrace_rules_text(report->rules, event, &kind);
	buf_printf(to, ", rule handle %" PRIu64, event->handle);
	if (*text)
		buf_printf(to, " (%s)", text);
}

static void nftrace_report_translation(const struct nftrace_report *report,
				       const struct nftrace_packet *packet, bool whole, struct buf *to)
{
	const struct nftrace_event *translator = nftrace_report_translator(report, packet);

	if (!translator)
		buf_printf(to, ", translated as its connection was before");
	else if (whole) {
		buf_printf(to, ", translated by ");
		nftrace_report_where(report, translator, to);
	} else
		buf_printf(to, ", translated by table %s %s", foreign_rules_family_name(translator->family),
			   translator->table);
}

static void nftrace_report_lost(const struct nftrace_report *report, const struct nftrace_packet *packet,
				struct buf *to)
{
	char end[NFTRACE_REPORT_END_SIZE];

	buf_printf(to, "lost: no chain saw it any more");
	if (packet->n_steps) {
		buf_printf(to, " behind table %s %s, chain %s",
			   foreign_rules_family_name(packet->steps[packet->n_steps - 1].family),
			   packet->steps[packet->n_steps - 1].table,
			   packet->steps[packet->n_steps - 1].chain);
	}
	if (nftrace_report_translated(packet))
		buf_printf(to, ", on its way to %s",
			   nftrace_report_end(&packet->last.destination, packet->last.destination_port, end));
	else if (nftrace_report_translator(report, packet))
		nftrace_report_translation(report, packet, false, to);
	buf_printf(to,
		   "; forwarding, rp_filter or a route may be the cause: `kube-nftproxy check` says more");
}

static void nftrace_report_outcome(const struct nftrace_report *report, const struct nftrace_packet *packet,
				   enum nftrace_report_outcome outcome, struct buf *to)
{
	char end[NFTRACE_REPORT_END_SIZE], name[IF_NAMESIZE];

	(void)nftrace_report_end(&packet->last.destination, packet->last.destination_port, end);
	switch (outcome) {
	case NFTRACE_REPORT_OUTCOME_DELIVERED:
		buf_printf(to, "delivered to %s%s", end,
			   nftrace_report_is_endpoint(report->targets, &packet->last) ? ""
			   : report->targets->unknown				      ? ""
						      : ", which is no endpoint in use now");
		nftrace_report_translation(report, packet, false, to);
		return;
	case NFTRACE_REPORT_OUTCOME_DROPPED:
	case NFTRACE_REPORT_OUTCOME_REJECTED:
		buf_printf(to, "%s by ", nftrace_report_words[outcome]);
		nftrace_report_where(report, &packet->where, to);
		return;
	case NFTRACE_REPORT_OUTCOME_LOST:
		nftrace_report_lost(report, packet, to);
		return;
	case NFTRACE_REPORT_OUTCOME_UNTRANSLATED:
		if (packet->to_node)
			buf_printf(to, "not translated: this node takes it at %s", end);
		else
			buf_printf(to, "not translated: it leaves by %s to %s",
				   nftrace_report_interface(packet->out, name), end);
		return;
	case NFTRACE_REPORT_OUTCOME_MISDIRECTED:
		buf_printf(to, "misdirected to %s, which is %s endpoint of the Service", end,
			   report->targets->unknown ? "not known as an" : "no");
		nftrace_report_translation(report, packet, true, to);
		return;
	}
}

static void nftrace_report_verdict(const struct nftrace_event *event, struct buf *to)
{
	switch (event->verdict) {
	case NF_ACCEPT:
		buf_printf(to, "accept");
		return;
	case NFT_JUMP:
		buf_printf(to, "jump %s", event->target);
		return;
	case NFT_GOTO:
		buf_printf(to, "goto %s", event->target);
		return;
	case NFT_RETURN:
		buf_printf(to, "return");
		return;
	case NFT_CONTINUE:
		buf_printf(to, "continue");
		return;
	}
	switch (event->verdict & NF_VERDICT_MASK) {
	case NF_DROP:
		buf_printf(to, "drop");
		return;
	case NF_QUEUE:
		buf_printf(to, "queue");
		return;
	case NF_STOLEN:
		buf_printf(to, "stolen");
		return;
	}
	buf_printf(to, "%d", event->verdict);
}

static bool nftrace_report_ends(const struct buf *line, const struct buf *end)
{
	return line->size >= end->size &&
	       memcmp(line->data + line->size - end->size, end->data, end->size) == 0;
}

static void nftrace_report_step(const struct nftrace_report *report, const struct nftrace_event *event,
				struct buf *to)
{
	struct buf line = BUF_INIT, verdict = BUF_INIT;
	enum nftrace_rules_kind kind;

	nftrace_report_verdict(event, &verdict);
	buf_printf(&line, "%s %s, %s", foreign_rules_family_name(event->family), event->table, event->chain);
	if (event->type == NFTRACE_EVENT_TYPE_RULE)
		buf_printf(&line, ", rule %" PRIu64 ": %s", event->handle,
			   nftrace_rules_text(report->rules, event, &kind));
	else
		buf_printf(&line, ", %s",
			   event->type == NFTRACE_EVENT_TYPE_POLICY ? "policy" : "end of the chain");
	/* Most rules end with it. */
	if (!nftrace_report_ends(&line, &verdict))
		buf_printf(&line, " -> %s", buf_text(&verdict));
	buf_printf(to, "  ");
	words_wrap(to, 2, 4, buf_text(&line));
	buf_done(&line);
	buf_done(&verdict);
}

static void nftrace_report_flow(const struct nftrace_packet *packet, struct buf *to)
{
	char source[NFTRACE_REPORT_END_SIZE], destination[NFTRACE_REPORT_END_SIZE], name[IF_NAMESIZE],
		protocol[16];
	const struct nftrace_event_flow *first = &packet->first;

	if (!packet->has_flow)
		return;
	buf_printf(to, "  %s from %s to %s, ", nftrace_report_protocol(first->protocol, protocol),
		   nftrace_report_end(&first->source, first->source_port, source),
		   nftrace_report_end(&first->destination, first->destination_port, destination));
	if (packet->in)
		buf_printf(to, "came by %s\n", nftrace_report_interface(packet->in, name));
	else
		buf_printf(to, "sent by this node\n");
}

static void nftrace_report_leaves(const struct nftrace_packet *packet, struct buf *to)
{
	char source[NFTRACE_REPORT_END_SIZE], destination[NFTRACE_REPORT_END_SIZE], name[IF_NAMESIZE];

	if (packet->end != NFTRACE_PACKETS_END_DELIVERED)
		return;
	buf_printf(to, "  %s%s, from %s to %s\n",
		   packet->to_node ? "for a process of this node" : "leaves by ",
		   packet->to_node ? "" : nftrace_report_interface(packet->out, name),
		   nftrace_report_end(&packet->last.source, packet->last.source_port, source),
		   nftrace_report_end(&packet->last.destination, packet->last.destination_port, destination));
}

void nftrace_report_print_text(const struct nftrace_report *report, size_t number,
			       const struct nftrace_packet *packet, bool colour, struct buf *to)
{
	enum nftrace_report_outcome outcome = nftrace_report_judge(report, packet);
	struct buf line = BUF_INIT;
	size_t i;

	buf_printf(&line, "packet %zu: ", number);
	nftrace_report_outcome(report, packet, outcome, &line);
	words_colour(to, colour,
		     outcome == NFTRACE_REPORT_OUTCOME_DELIVERED ? WORDS_COLOUR_GOOD : WORDS_COLOUR_BAD,
		     buf_text(&line));
	buf_printf(to, "\n");
	nftrace_report_flow(packet, to);
	for (i = 0; i < packet->n_steps; i++)
		nftrace_report_step(report, &packet->steps[i], to);
	if (packet->n_more)
		buf_printf(to, "  and %zu more\n", packet->n_more);
	nftrace_report_leaves(packet, to);
	buf_done(&line);
}

/* --- JSON ------------------------------------------------------------------------------------------------
 */

static void nftrace_report_end_json(struct json_text *json, const char *key, const struct addr *addr,
				    uint16_t port)
{
	char text[ADDR_TEXT_SIZE];

	json_text_begin(json, key, '{');
	json_text_string(json, "address", addr_print(addr, text));
	if (port)
		json_text_number(json, "port", port);
	json_text_end(json, '}');
}

static void nftrace_report_event_json(const struct nftrace_report *report, const char *key,
				      const struct nftrace_event *event, struct json_text *json)
{
	static const char *const types[] = {
		[NFTRACE_EVENT_TYPE_RULE] = "rule",
		[NFTRACE_EVENT_TYPE_RETURN] = "return",
		[NFTRACE_EVENT_TYPE_POLICY] = "policy",
	};
	enum nftrace_rules_kind kind;
	struct buf verdict = BUF_INIT;
	char table[NFTRACE_EVENT_NAME_SIZE + 8];

	nftrace_report_verdict(event, &verdict);
	(void)snprintf(table, sizeof(table), "%s %s", foreign_rules_family_name(event->family), event->table);
	json_text_begin(json, key, '{');
	json_text_string(json, "table", table);
	json_text_string(json, "chain", event->chain);
	json_text_string(json, "type", types[event->type]);
	if (event->type == NFTRACE_EVENT_TYPE_RULE) {
		json_text_number(json, "handle", (int64_t)event->handle);
		json_text_string(json, "rule", nftrace_rules_text(report->rules, event, &kind));
	}
	json_text_string(json, "verdict", buf_text(&verdict));
	json_text_end(json, '}');
	buf_done(&verdict);
}

static void nftrace_report_interface_json(struct json_text *json, const char *key, uint32_t index)
{
	char name[IF_NAMESIZE];

	json_text_string(json, key, index ? nftrace_report_interface(index, name) : NULL);
}

void nftrace_report_print_json(const struct nftrace_report *report, const struct nftrace_packet *packet,
			       struct json_text *json)
{
	const struct nftrace_event *translator = nftrace_report_translator(report, packet);
	char protocol[16];
	size_t i;

	json_text_begin(json, NULL, '{');
	json_text_string(json, "outcome", nftrace_report_words[nftrace_report_judge(report, packet)]);
	if (packet->has_flow) {
		json_text_string(json, "protocol", nftrace_report_protocol(packet->first.protocol, protocol));
		nftrace_report_end_json(json, "from", &packet->first.source, packet->first.source_port);
		nftrace_report_end_json(json, "to", &packet->first.destination,
					packet->first.destination_port);
		nftrace_report_end_json(json, "lastFrom", &packet->last.source, packet->last.source_port);
		nftrace_report_end_json(json, "lastTo", &packet->last.destination,
					packet->last.destination_port);
	}
	nftrace_report_interface_json(json, "in", packet->in);
	nftrace_report_interface_json(json, "out", packet->out);
	json_text_bool(json, "forThisNode", packet->to_node);
	json_text_bool(json, "toEndpointInUse",
		       packet->has_flow && nftrace_report_is_endpoint(report->targets, &packet->last));
	if (packet->end == NFTRACE_PACKETS_END_DROPPED)
		nftrace_report_event_json(report, "droppedBy", &packet->where, json);
	if (translator)
		nftrace_report_event_json(report, "translatedBy", translator, json);
	json_text_begin(json, "steps", '[');
	for (i = 0; i < packet->n_steps; i++)
		nftrace_report_event_json(report, NULL, &packet->steps[i], json);
	json_text_end(json, ']');
	json_text_number(json, "moreSteps", (int64_t)packet->n_more);
	json_text_end(json, '}');
}
