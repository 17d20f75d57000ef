/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * journal.h - lines of the log as entries of systemd's journal, with their fields
 *
 * Room:     daemon (base/log.h -> sd-journal).
 * Form:     MESSAGE is the line as text; PRIORITY, SYSLOG_IDENTIFIER, MESSAGE_ID (the same for the same message of the same
 *           module, in every version), NFTPROXY_MOD, and NFTPROXY_KEY for each field of the line.
 */
#ifndef DAEMON_JOURNAL_H
#define DAEMON_JOURNAL_H

#include <stdbool.h>

/** journal_is_there() - Whether standard error goes to the journal, as systemd says in JOURNAL_STREAM. */
bool journal_is_there(void);
/** journal_start() - Log there from now on; what the journal does not take goes to standard error. */
void journal_start(void);

#endif
