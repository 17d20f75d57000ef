/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * finding.h - what the command `check` found: one finding for each thing that it looked at
 *
 * Room:     diagnose. Pure.
 * Shapes:   text of at most WORDS_COLUMNS columns, or JSON. The first line of the text is the verdict and its cause.
 * Rule:     what could not be read is unknown, never fine.
 */
#ifndef DIAGNOSE_FINDING_H
#define DIAGNOSE_FINDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct buf;

enum finding_verdict {
	FINDING_VERDICT_OK,
	FINDING_VERDICT_TROUBLE,
	FINDING_VERDICT_UNKNOWN,
};

/** enum finding_check - What was looked at; in the order of the output */
enum finding_check {
	FINDING_CHECK_IP_FORWARD,
	FINDING_CHECK_INTERFACE_FORWARDING,
	FINDING_CHECK_RP_FILTER,
	FINDING_CHECK_CONNTRACK_FILL,
	FINDING_CHECK_TCP_LOOSE,
	FINDING_CHECK_TCP_BE_LIBERAL,
	FINDING_CHECK_FOREIGN_NAT,
	FINDING_CHECK_NOTRACK,
	FINDING_CHECK_FOREIGN_DROP,
	FINDING_CHECK_ENDPOINTS,
	FINDING_CHECK_ROUTE,
	FINDING_CHECK_CONNECTION,
	_FINDING_CHECK_MAX,
};

/**
 * struct finding - One of them. Strings are borrowed; those that do not apply are NULL
 * @reason:	a word for programs: "refused", "rule", "policy", ...
 * @text:	one sentence for people, without a full stop
 * @fix:	what to do about it
 * @family:	"IPv4" or "IPv6"
 * @interface:	of the kernel
 * @table, @chain: "ip filter", "forward"
 * @handle:	of the rule; 0: there is none
 * @address, @port, @protocol: of a front end or an endpoint; @port 0: there is none
 * @value, @limit: of a setting or a counter; @has_value, @has_limit
 */
struct finding {
	enum finding_check check;
	enum finding_verdict verdict;
	const char *reason;
	const char *text;
	const char *fix;
	const char *family;
	const char *interface;
	const char *table;
	const char *chain;
	uint64_t handle;
	const char *address;
	uint16_t port;
	const char *protocol;
	bool has_value;
	int64_t value;
	bool has_limit;
	int64_t limit;
};

/**
 * struct findings - All of them, in the order in which they were added
 * @arena:	owns the list; borrowed
 */
struct findings {
	struct arena *arena;
	struct finding *list;
	size_t n;
	size_t n_allocated;
};

/** finding_add() - Append a copy of @finding. */
void finding_add(struct findings *findings, const struct finding *finding);
/** finding_verdict() - Trouble, if anything is; else unknown, if anything is; else fine. */
enum finding_verdict finding_verdict(const struct findings *findings);
/** finding_status() - The exit status of a verdict: 0 fine, 1 trouble, 2 unknown. */
int finding_status(enum finding_verdict verdict);
/** finding_print_text() - @subject: "shop/web", or "this node"; @colour: with escape sequences of a terminal */
void finding_print_text(const struct findings *findings, const char *subject, bool colour, struct buf *to);
/** finding_print_json() - @service: "shop/web"; NULL: no Service was named. @from: the client's address; NULL: any */
void finding_print_json(const struct findings *findings, const char *service, const char *from,
			struct buf *to);

#endif
