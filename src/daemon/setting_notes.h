/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * setting_notes.h - warnings about settings
 *
 * Room:     daemon (config/settings.h -> log).
 */
#ifndef DAEMON_SETTING_NOTES_H
#define DAEMON_SETTING_NOTES_H

struct settings;

/** setting_notes_log() - Warn about flags and fields that were accepted, but are ignored or have another effect. */
void setting_notes_log(const struct settings *settings);

#endif
