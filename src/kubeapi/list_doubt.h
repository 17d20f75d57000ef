/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * list_doubt.h - is a list of the API server believed?
 *
 * Room:     kubeapi. Pure: the time is an argument.
 * Shapes:   in: each object and page of a list, and the version at its end; out: whether the list is accepted so far.
 * Rule:     a list that is not accepted is given up, and nothing is deleted because of it. The caller asks for it again.
 *           PAGES_REPEAT: a page has the token of an earlier page. It is noticed at the latest when twice as many pages have
 *           come, because the token of one page only is kept. ENDLESS: more than LIST_DOUBT_SIZE_MAX objects and pages.
 *           EMPTY: there were objects before, even if only in a list that broke. BEHIND: the version is older than
 *           one that the server sent before; versions are compared only if both are decimal numbers. Both may come from a
 *           server that lost data, which must not empty the data plane at once. Such a list is accepted after
 *           LIST_DOUBT_TRIES doubts in a row; one that is both, only if the first of them was LIST_DOUBT_MS ago, too.
 */
#ifndef KUBEAPI_LIST_DOUBT_H
#define KUBEAPI_LIST_DOUBT_H

#include <stdbool.h>
#include <stdint.h>

#define LIST_DOUBT_TRIES    2
#define LIST_DOUBT_MS	    180000
#define LIST_DOUBT_SIZE_MAX 500000 /* more than intake keeps of one kind */

enum list_doubt_reason {
	LIST_DOUBT_NONE,
	LIST_DOUBT_EMPTY,
	LIST_DOUBT_BEHIND,
	LIST_DOUBT_BEHIND_AND_EMPTY,
	LIST_DOUBT_PAGES_REPEAT,
	LIST_DOUBT_ENDLESS,
};

/**
 * struct list_doubt - What is known about the lists of one kind; all zero at the start
 * @reason:	why a list was not accepted; NONE again once one is accepted
 * @lost:	the last list was BEHIND_AND_EMPTY, accepted or not, and no object has come since: the server has lost those that it had
 * The rest is private.
 */
struct list_doubt {
	enum list_doubt_reason reason;
	bool lost;
	bool had_objects;    /* the last accepted state was not empty, or objects have come since */
	uint64_t n_objects;  /* of the list so far */
	uint64_t n_pages;    /* likewise; the last one does not count */
	char *marked_token;  /* of its page 1, 2, 4, ...: a later token that is equal leads in a circle */
	unsigned int n_ends; /* doubted in a row: EMPTY and BEHIND */
	int64_t since_ms;    /* when the first of them was */
};

/** list_doubt_done() - Free what it owns. */
void list_doubt_done(struct list_doubt *doubt);
/** list_doubt_begin() - A list begins, or begins again. */
void list_doubt_begin(struct list_doubt *doubt);
/** list_doubt_watched() - An object has come in a watch. */
void list_doubt_watched(struct list_doubt *doubt);
/** list_doubt_accepts_object() - An object of the list has come. */
bool list_doubt_accepts_object(struct list_doubt *doubt);
/** list_doubt_accepts_page() - A page has ended, and @token leads to the next one. */
bool list_doubt_accepts_page(struct list_doubt *doubt, const char *token);
/**
 * list_doubt_accepts_end() - The list is complete
 * @version, @known: of the list, and the last one before; NULL or "": not known
 */
bool list_doubt_accepts_end(struct list_doubt *doubt, const char *version, const char *known, int64_t now_ms);
/** list_doubt_finds_behind() - Whether the end that was just not accepted is the first one in a row, and BEHIND. */
bool list_doubt_finds_behind(const struct list_doubt *doubt);
/** list_doubt_is_pending() - The last list was not accepted, because the server may have lost data. */
bool list_doubt_is_pending(const struct list_doubt *doubt);
/** list_doubt_is_older() - Whether both are decimal numbers, and @version is smaller than @than. */
bool list_doubt_is_older(const char *version, const char *than);

#endif
