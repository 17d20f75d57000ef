# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += src/model/libmodel.a
src_model_libmodel_a_SOURCES = \
	src/model/service.h \
	src/model/slice.h \
	src/model/node.h \
	src/model/store.h
