# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += src/base/libbase.a
src_base_libbase_a_SOURCES = \
	src/base/addr.c src/base/addr.h \
	src/base/alloc.c src/base/alloc.h \
	src/base/arena.c src/base/arena.h \
	src/base/base32.c src/base/base32.h \
	src/base/buf.c src/base/buf.h \
	src/base/cidr.c src/base/cidr.h \
	src/base/cleanup.h \
	src/base/duration.c src/base/duration.h \
	src/base/err.c src/base/err.h \
	src/base/flow.h \
	src/base/forked.c src/base/forked.h \
	src/base/hash.c src/base/hash.h \
	src/base/hash_table.h \
	src/base/json_text.c src/base/json_text.h \
	src/base/log.c src/base/log.h \
	src/base/log_output.c src/base/log_output.h \
	src/base/log_ratelimit.c src/base/log_ratelimit.h \
	src/base/merge.c src/base/merge.h \
	src/base/monotonic.c src/base/monotonic.h \
	src/base/plain_text.c src/base/plain_text.h \
	src/base/service_name.c src/base/service_name.h \
	src/base/sha256.c src/base/sha256.h \
	src/base/similar.c src/base/similar.h \
	src/base/special.c src/base/special.h \
	src/base/wall.c src/base/wall.h
