# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += src/manifests/libmanifests.a
src_manifests_libmanifests_a_SOURCES = \
	src/manifests/files.c src/manifests/files.h src/manifests/files_internal.h \
	src/manifests/files_keys.c src/manifests/files_keys.h \
	src/manifests/files_reading.c src/manifests/files_reading.h \
	src/manifests/files_round.c src/manifests/files_round.h \
	src/manifests/files_watch.c src/manifests/files_watch.h \
	src/manifests/manifest.c src/manifests/manifest.h
