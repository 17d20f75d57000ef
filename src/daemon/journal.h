/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * journal.h - log lines as entries of systemd's journal, with their fields
 *
 * Room:     daemon (base/log.h -> the journal's socket, in its native protocol). A line never waits for the journal.
 * Form:     MESSAGE is the line as text; PRIORITY, SYSLOG_IDENTIFIER, MESSAGE_ID (the same for the same message of the same
 *           module, in every version), NFTPROXY_MOD, and NFTPROXY_KEY for each field of the line.
 */
#ifndef DAEMON_JOURNAL_H
#define DAEMON_JOURNAL_H

#include <stdbool.h>

/** journal_is_there() - Whether standard error goes to the journal, according to JOURNAL_STREAM. */
bool journal_is_there(void);
/** journal_start() - Log to the journal from now on; lines that it does not accept go to standard error. */
void journal_start(void);

#endif
