/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * explain_verdict.h - the first line of explain: what becomes of connections to the Service on this node
 *
 * Room:     report. Pure.
 * Rule:     what is not known comes first, then what is not in the kernel yet, then what the rules do. So no line says more than is
 *           certain.
 */
#ifndef REPORT_EXPLAIN_VERDICT_H
#define REPORT_EXPLAIN_VERDICT_H

#include <stdbool.h>

struct buf;
struct explain;

/** enum explain_verdict - The name for programs, which never changes, and the exit status */
enum explain_verdict {
	EXPLAIN_VERDICT_SERVES,	       /* "serves": each front end leads to endpoints; 0 */
	EXPLAIN_VERDICT_NOT_SERVED,    /* "not-served": it is not for us, for instance headless; 0 */
	EXPLAIN_VERDICT_SERVES_PARTLY, /* "serves-partly": some front ends do not; 1 */
	EXPLAIN_VERDICT_REFUSES,       /* "refuses": no front end has an endpoint; 1 */
	EXPLAIN_VERDICT_DROPS,	       /* "drops": there are endpoints, but none that may be used here; 1 */
	EXPLAIN_VERDICT_WAITS,	       /* "waits": its newest version is not in the kernel; 1 */
	EXPLAIN_VERDICT_REJECTED, /* "rejected": the object cannot be used, and there is no good version; 1 */
	EXPLAIN_VERDICT_UNKNOWN,  /* "unknown": something was never listed; 2 */
	_EXPLAIN_VERDICT_MAX,
};

enum explain_verdict explain_verdict(const struct explain *explain);
/** explain_verdict_name() - For programs. */
const char *explain_verdict_name(enum explain_verdict verdict);
/** explain_verdict_print() - "shop/web: refuses everyone: 2 endpoints, none ready", and the end of the line. @colour as in explain_text_print() */
void explain_verdict_print(const struct explain *explain, bool colour, struct buf *to);

#endif
