# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += src/model/libmodel.a
src_model_libmodel_a_SOURCES = \
	src/model/index.c src/model/index.h \
	src/model/members.c src/model/members.h \
	src/model/pack.c src/model/pack.h \
	src/model/service.c src/model/service.h \
	src/model/service_cidr.c src/model/service_cidr.h \
	src/model/slice.c src/model/slice.h \
	src/model/node.c src/model/node.h \
	src/model/store.c src/model/store.h
