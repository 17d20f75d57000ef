# SPDX-License-Identifier: GPL-2.0-or-later
check_PROGRAMS += tests/unit/model/test_index
TESTS += tests/unit/model/test_index
check_PROGRAMS += tests/unit/model/test_objects tests/unit/model/test_store tests/unit/model/test_store_size
TESTS += tests/unit/model/test_objects tests/unit/model/test_store tests/unit/model/test_store_size

tests_unit_model_test_objects_SOURCES = tests/unit/model/test_objects.c
tests_unit_model_test_objects_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_model_test_objects_LDADD = src/model/libmodel.a src/base/libbase.a $(CMOCKA_LIBS)

tests_unit_model_test_store_SOURCES = tests/unit/model/test_store.c
tests_unit_model_test_store_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
tests_unit_model_test_store_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_model_test_store_LDADD = tests/lib/libobjects.a src/model/libmodel.a src/base/libbase.a \
	$(CMOCKA_LIBS)

tests_unit_model_test_store_size_SOURCES = tests/unit/model/test_store_size.c
tests_unit_model_test_store_size_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_model_test_store_size_LDADD = src/model/libmodel.a src/base/libbase.a $(CMOCKA_LIBS)

tests_unit_model_test_index_SOURCES = tests/unit/model/test_index.c tests/lib/cpu.h
tests_unit_model_test_index_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
tests_unit_model_test_index_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_model_test_index_LDADD = src/model/libmodel.a src/base/libbase.a $(CMOCKA_LIBS)
