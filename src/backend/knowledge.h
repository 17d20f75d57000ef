/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * knowledge.h - what is known about our tables in the kernel
 *
 * Room:     backend. Pure. struct nfnl owns the only one; no other flag says whether the tables are known.
 * States:
 *
 *   state        meaning                                    a sync                    health says
 *   INVALIDATED  the objects in @invalidated are unknown    reads them back           not intact
 *                (at first: all of both tables)
 *   READ         they were read back, but no commit has     reads them back again     not intact
 *                succeeded since
 *   CURRENT      the tables are as they were last           reads nothing             intact
 *                committed
 *   CHANGED      as CURRENT, but then another process       reads @invalidated back   not intact
 *                changed them; no repair is scheduled yet
 *
 * Reading a whole table back is one long step. So if a table still exists, what is not named there only becomes @suspect: a
 * survey compares it in steps and puts it right (sync/survey.h). Meanwhile a sync assumes it to be as last committed, and health
 * says not intact. Every step of a transaction is strict: what it adds must not exist, what it deletes or refills must exist.
 * So a wrong assumption makes the kernel refuse the whole transaction; then its objects are named and read back (nfnl_doubt()).
 *
 * nfnl_commit() sends a transaction in READ and CURRENT only; in the other two it returns -ESTALE, or 0 if there is
 * nothing to send.
 *
 * Events, and the state that follows each (- : the same):
 *
 *   function               called                                   INVALIDATED  READ         CURRENT   CHANGED
 *   knowledge_forget()     at start, after `diff` found a           INVALIDATED, all of both tables
 *                          difference, after a survey failed, and
 *                          after tables were adopted
 *   knowledge_change()     after a transaction of another           -            INVALIDATED  CHANGED   -
 *                          process that names our tables
 *   knowledge_lose()       after an answer or notifications were    the same, and all of both tables is invalidated
 *                          lost, or could not be received, or
 *                          nfnl_check() found a difference
 *   knowledge_report()     when the daemon schedules a repair       -            -            -         INVALIDATED
 *   knowledge_doubt()      after the kernel refused a transaction   INVALIDATED
 *                          because objects exist that should not,
 *                          or the reverse: its objects are named
 *   knowledge_suspect()    before a sync, if a whole table or set   -            -            -         -
 *                          is invalidated, but exists: it becomes
 *                          suspect instead
 *   knowledge_surveyed()   at the end of a survey: nothing is       -            -            -         -
 *                          suspect, if that was all since its begin
 *   knowledge_read()       when nfnl_read() begins                  READ         READ         READ      READ
 *   knowledge_confirm()    by `diff`, if it read no difference      -            CURRENT      -         -
 *                          and the state was CURRENT or CHANGED
 *   knowledge_fail()       after nfnl_read() failed, or             INVALIDATED
 *                          nfnl_commit() returned -ESTALE
 *   knowledge_commit()     after nfnl_commit() succeeded; nothing   -            CURRENT      CURRENT   INVALIDATED
 *                          is suspect after a reading of all
 */
#ifndef BACKEND_KNOWLEDGE_H
#define BACKEND_KNOWLEDGE_H

#include <stdbool.h>

#include "ruleset/invalidated.h"

enum knowledge_state {
	KNOWLEDGE_INVALIDATED,
	KNOWLEDGE_READ,
	KNOWLEDGE_CURRENT,
	KNOWLEDGE_CHANGED,
};

/**
 * struct knowledge - All zero: call knowledge_forget() first
 * @invalidated: objects that other processes changed since the last nfnl_read() began
 * @uncommitted: objects that nfnl_read() has read back since the last commit; the next nfnl_read() reads them again
 * @suspect:	objects that are not named may not be as last committed: a survey is due or under way
 * @n_suspicions: how often it was set
 * @changed_by:	process that changed our tables last, "nft (pid 123)"; "": the kernel did not say
 */
struct knowledge {
	enum knowledge_state state;
	struct invalidated invalidated;
	struct invalidated uncommitted;
	bool suspect;
	unsigned int n_suspicions;
	char changed_by[64];
};

void knowledge_done(struct knowledge *knowledge);
void knowledge_forget(struct knowledge *knowledge);
/** knowledge_change() - The caller adds to @invalidated. @changed_by: see struct knowledge; NULL: as it was. */
void knowledge_change(struct knowledge *knowledge, const char *changed_by);
void knowledge_lose(struct knowledge *knowledge, const char *changed_by);
/** knowledge_report() - True if the state was CHANGED: a repair is due. */
bool knowledge_report(struct knowledge *knowledge);
/** knowledge_doubt() - The caller adds to @invalidated: the next sync reads that back. */
void knowledge_doubt(struct knowledge *knowledge);
/** knowledge_suspect() - @whole: all of the table, also what is named; else @sets, a bit for each. They are not invalidated then. */
void knowledge_suspect(struct knowledge *knowledge, enum family table, bool whole, uint64_t sets);
/** knowledge_surveyed() - @n_suspicions: as it was when the survey began. */
void knowledge_surveyed(struct knowledge *knowledge, unsigned int n_suspicions);
/** knowledge_read() - Moves @invalidated to @uncommitted, which is to be read now. */
void knowledge_read(struct knowledge *knowledge);
/** knowledge_confirm() - Empties @uncommitted if the state was READ. */
void knowledge_confirm(struct knowledge *knowledge);
void knowledge_fail(struct knowledge *knowledge);
/** knowledge_commit() - Empties @uncommitted. */
void knowledge_commit(struct knowledge *knowledge);
/** knowledge_may_commit() - Whether a transaction that was computed from what is known may be sent. */
bool knowledge_may_commit(const struct knowledge *knowledge);

#endif
