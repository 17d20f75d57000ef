# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += src/backend/libbackend.a
src_backend_libbackend_a_SOURCES = \
	src/backend/backend.h \
	src/backend/ctflush.c src/backend/ctflush.h \
	src/backend/diff_text.c src/backend/diff_text.h \
	src/backend/fake.c src/backend/fake.h \
	src/backend/knowledge.c src/backend/knowledge.h \
	src/backend/nfnl.c src/backend/nfnl.h \
	src/backend/nfnl_batch.c src/backend/nfnl_batch.h \
	src/backend/nfnl_chain.c src/backend/nfnl_chain.h \
	src/backend/nfnl_check.c src/backend/nfnl_check.h \
	src/backend/nfnl_clients.c src/backend/nfnl_clients.h \
	src/backend/nfnl_commit.c src/backend/nfnl_commit.h \
	src/backend/nfnl_dump.c src/backend/nfnl_dump.h \
	src/backend/nfnl_element.c src/backend/nfnl_element.h \
	src/backend/nfnl_empty.c src/backend/nfnl_empty.h \
	src/backend/nfnl_found.c src/backend/nfnl_found.h \
	src/backend/nfnl_internal.h \
	src/backend/nfnl_lock.c src/backend/nfnl_lock.h \
	src/backend/nfnl_lookup.c src/backend/nfnl_lookup.h \
	src/backend/nfnl_mark.c src/backend/nfnl_mark.h \
	src/backend/nfnl_monitor.c src/backend/nfnl_monitor.h \
	src/backend/nfnl_probe.c src/backend/nfnl_probe.h \
	src/backend/nfnl_read.c src/backend/nfnl_read.h \
	src/backend/nfnl_request.c src/backend/nfnl_request.h \
	src/backend/nfnl_rule.c src/backend/nfnl_rule.h \
	src/backend/nfnl_set.c src/backend/nfnl_set.h \
	src/backend/nfnl_socket.c src/backend/nfnl_socket.h \
	src/backend/nfnl_tables.c src/backend/nfnl_tables.h \
	src/backend/text.c src/backend/text.h
src_backend_libbackend_a_CFLAGS = $(AM_CFLAGS) $(NFTNL_CFLAGS) $(NFCT_CFLAGS) $(MNL_CFLAGS)
