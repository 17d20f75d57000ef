# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += src/intake/libintake.a
src_intake_libintake_a_SOURCES = \
	src/intake/intake.c src/intake/intake.h \
	src/intake/lacking_objects.c src/intake/lacking_objects.h \
	src/intake/last_lines.c src/intake/last_lines.h \
	src/intake/list_progress.c src/intake/list_progress.h \
	src/intake/offline_start.c src/intake/offline_start.h \
	src/intake/outages.c src/intake/outages.h \
	src/intake/programming_latency.c src/intake/programming_latency.h \
	src/intake/recorder.c src/intake/recorder.h \
	src/intake/refused_at_start.c src/intake/refused_at_start.h \
	src/intake/rejected_objects.c src/intake/rejected_objects.h \
	src/intake/saved_state.c src/intake/saved_state.h \
	src/intake/state_file.c src/intake/state_file.h \
	src/intake/state_mark.c src/intake/state_mark.h \
	src/intake/state_saver.c src/intake/state_saver.h
src_intake_libintake_a_CFLAGS = $(AM_CFLAGS) $(SYSTEMD_CFLAGS)
