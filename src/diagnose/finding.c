/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "diagnose/finding.h"

#include <string.h>

#include "base/arena.h"
#include "base/json_text.h"
#include "report/words.h"

#define FINDING_INDENT 9 /* columns of "trouble  " */
#define FINDING_FIX    "         fix: "

static const char *const finding_check_words[_FINDING_CHECK_MAX] = {
	[FINDING_CHECK_IP_FORWARD] = "ip-forward",
	[FINDING_CHECK_INTERFACE_FORWARDING] = "interface-forwarding",
	[FINDING_CHECK_RP_FILTER] = "rp-filter",
	[FINDING_CHECK_CONNTRACK_FILL] = "conntrack-fill",
	[FINDING_CHECK_TCP_LOOSE] = "conntrack-tcp-loose",
	[FINDING_CHECK_TCP_BE_LIBERAL] = "conntrack-tcp-be-liberal",
	[FINDING_CHECK_FOREIGN_NAT] = "foreign-nat",
	[FINDING_CHECK_NOTRACK] = "notrack",
	[FINDING_CHECK_FOREIGN_DROP] = "foreign-drop",
	[FINDING_CHECK_ENDPOINTS] = "endpoints",
	[FINDING_CHECK_ROUTE] = "route",
	[FINDING_CHECK_CONNECTION] = "connection",
};

static const char *finding_word(enum finding_verdict verdict)
{
	switch (verdict) {
	case FINDING_VERDICT_OK:
		return "ok";
	case FINDING_VERDICT_TROUBLE:
		return "trouble";
	case FINDING_VERDICT_UNKNOWN:
		break;
	}
	return "unknown";
}

void finding_add(struct findings *findings, const struct finding *finding)
{
	if (findings->n == findings->n_allocated) {
		size_t n = findings->n_allocated ? 2 * findings->n_allocated : 32;
		struct finding *list = arena_array(findings->arena, n, sizeof(*list));

		if (findings->n)
			memcpy(list, findings->list, findings->n * sizeof(*list));
		findings->list = list;
		findings->n_allocated = n;
	}
	findings->list[findings->n++] = *finding;
}

static size_t finding_count(const struct findings *findings, enum finding_verdict verdict,
			    const struct finding **ret_first)
{
	size_t i, n = 0;

	*ret_first = NULL;
	for (i = 0; i < findings->n; i++) {
		if (findings->list[i].verdict != verdict)
			continue;
		if (!n++)
			*ret_first = &findings->list[i];
	}
	return n;
}

enum finding_verdict finding_verdict(const struct findings *findings)
{
	const struct finding *first;

	if (finding_count(findings, FINDING_VERDICT_TROUBLE, &first))
		return FINDING_VERDICT_TROUBLE;
	/* What was not looked at is not known to be fine. */
	if (finding_count(findings, FINDING_VERDICT_UNKNOWN, &first) || !findings->n)
		return FINDING_VERDICT_UNKNOWN;
	return FINDING_VERDICT_OK;
}

int finding_status(enum finding_verdict verdict)
{
	switch (verdict) {
	case FINDING_VERDICT_OK:
		return 0;
	case FINDING_VERDICT_TROUBLE:
		return 1;
	case FINDING_VERDICT_UNKNOWN:
		break;
	}
	return 2;
}

static void finding_print_first(const struct findings *findings, const char *subject, bool colour,
				struct buf *to)
{
	enum finding_verdict verdict = finding_verdict(findings);
	const struct finding *first;
	size_t n = finding_count(findings, verdict, &first);
	struct buf line = BUF_INIT;

	buf_printf(&line, "%s: ", subject);
	if (verdict == FINDING_VERDICT_OK) {
		buf_printf(&line, "no trouble found");
	} else {
		buf_printf(&line, "%s: %s", finding_word(verdict),
			   first ? first->text : "nothing was looked at");
		if (n > 1)
			buf_printf(&line, " (and %zu more)", n - 1);
	}
	words_colour(to, colour,
		     verdict == FINDING_VERDICT_OK	  ? WORDS_COLOUR_GOOD
		     : verdict == FINDING_VERDICT_TROUBLE ? WORDS_COLOUR_BAD
							  : WORDS_COLOUR_HEAD,
		     buf_text(&line));
	buf_add(to, "\n\n", 2);
	buf_done(&line);
}

static void finding_print_one(const struct finding *finding, bool colour, struct buf *to)
{
	const char *word = finding_word(finding->verdict);

	words_colour(to, colour,
		     finding->verdict == FINDING_VERDICT_TROUBLE ? WORDS_COLOUR_BAD : WORDS_COLOUR_NONE,
		     word);
	buf_printf(to, "%*s", (int)(FINDING_INDENT - strlen(word)), "");
	words_wrap(to, FINDING_INDENT, FINDING_INDENT, finding->text);
	if (finding->fix)
		words_labelled(to, FINDING_FIX, strlen(FINDING_FIX), finding->fix);
}

void finding_print_text(const struct findings *findings, const char *subject, bool colour, struct buf *to)
{
	size_t i;

	finding_print_first(findings, subject, colour, to);
	for (i = 0; i < findings->n; i++)
		finding_print_one(&findings->list[i], colour, to);
}

static void finding_string(struct json_text *json, const char *key, const char *value)
{
	if (value)
		json_text_string(json, key, value);
}

static void finding_print_one_json(const struct finding *finding, struct json_text *json)
{
	json_text_begin(json, NULL, '{');
	json_text_string(json, "check", finding_check_words[finding->check]);
	json_text_string(json, "verdict", finding_word(finding->verdict));
	finding_string(json, "reason", finding->reason);
	finding_string(json, "family", finding->family);
	finding_string(json, "interface", finding->interface);
	finding_string(json, "table", finding->table);
	finding_string(json, "chain", finding->chain);
	if (finding->handle)
		json_text_number(json, "handle", (int64_t)finding->handle);
	finding_string(json, "address", finding->address);
	if (finding->port)
		json_text_number(json, "port", finding->port);
	finding_string(json, "protocol", finding->protocol);
	if (finding->has_value)
		json_text_number(json, "value", finding->value);
	if (finding->has_limit)
		json_text_number(json, "limit", finding->limit);
	json_text_string(json, "text", finding->text);
	finding_string(json, "fix", finding->fix);
	json_text_end(json, '}');
}

void finding_print_json(const struct findings *findings, const char *service, const char *from,
			struct buf *to)
{
	struct json_text json = JSON_TEXT_INIT(to, 2);
	size_t i;

	json_text_begin(&json, NULL, '{');
	json_text_string(&json, "verdict", finding_word(finding_verdict(findings)));
	json_text_string(&json, "service", service);
	json_text_string(&json, "from", from);
	json_text_begin(&json, "checks", '[');
	for (i = 0; i < findings->n; i++)
		finding_print_one_json(&findings->list[i], &json);
	json_text_end(&json, ']');
	json_text_end(&json, '}');
	buf_add(to, "\n", 1);
}
