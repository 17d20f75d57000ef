/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * page.h - what status, list and explain say, as one page for a browser
 *
 * Room:     report. Pure.
 * Shapes:   HTML without scripts, and without anything from elsewhere, so a browser that shows only text shows all of it. page_begin(),
 *           page_explain() if a Service was asked for, page_list(), page_end().
 * Rule:     every string from an object or a request is escaped.
 */
#ifndef REPORT_PAGE_H
#define REPORT_PAGE_H

#include <stdbool.h>

struct buf;
struct list;

#define PAGE_LINES_MAX 500 /* front ends shown; the filter finds the others */

/** enum page_mood - The colour of the verdict */
enum page_mood {
	PAGE_MOOD_GOOD,
	PAGE_MOOD_TROUBLE,
	PAGE_MOOD_BAD,
	PAGE_MOOD_UNKNOWN,
};

/** page_begin() - @node: the title. @status: the text of status, whose first line is the verdict */
void page_begin(const char *node, const char *status, enum page_mood mood, struct buf *to);
/** page_explain() - @service: "shop/web"; @text: that of explain, or the error */
void page_explain(const char *service, const char *text, struct buf *to);
/**
 * page_list() - The front ends, and a form for the filter
 * @filter:	"": all; else those of which a column contains it
 * @problems:	@list has only those that are not served
 */
void page_list(const struct list *list, const char *filter, bool problems, struct buf *to);
void page_end(struct buf *to);

#endif
