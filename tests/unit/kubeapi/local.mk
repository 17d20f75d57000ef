# SPDX-License-Identifier: GPL-2.0-or-later
kubeapi_tests = \
	tests/unit/kubeapi/test_backoff \
	tests/unit/kubeapi/test_credentials \
	tests/unit/kubeapi/test_env_proxy \
	tests/unit/kubeapi/test_exec_credential \
	tests/unit/kubeapi/test_kubeconfig \
	tests/unit/kubeapi/test_kubeconfig_exec \
	tests/unit/kubeapi/test_list_doubt \
	tests/unit/kubeapi/test_negotiation \
	tests/unit/kubeapi/test_pem \
	tests/unit/kubeapi/test_reflector \
	tests/unit/kubeapi/test_request \
	tests/unit/kubeapi/test_response_body
check_PROGRAMS += $(kubeapi_tests)
TESTS += $(kubeapi_tests)

tests_unit_kubeapi_test_backoff_SOURCES = tests/unit/kubeapi/test_backoff.c
tests_unit_kubeapi_test_backoff_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_kubeapi_test_backoff_LDADD = src/kubeapi/libkubeapi.a src/base/libbase.a $(CMOCKA_LIBS)

tests_unit_kubeapi_test_credentials_SOURCES = tests/unit/kubeapi/test_credentials.c tests/unit/kubeapi/certificate.h
tests_unit_kubeapi_test_credentials_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_kubeapi_test_credentials_LDADD = src/kubeapi/libkubeapi.a src/decode/libdecode.a \
	src/model/libmodel.a src/base/libbase.a $(JANSSON_LIBS) $(YAML_LIBS) $(CMOCKA_LIBS)

tests_unit_kubeapi_test_env_proxy_SOURCES = tests/unit/kubeapi/test_env_proxy.c
tests_unit_kubeapi_test_env_proxy_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_kubeapi_test_env_proxy_LDADD = src/kubeapi/libkubeapi.a src/base/libbase.a $(CMOCKA_LIBS)

tests_unit_kubeapi_test_exec_credential_SOURCES = tests/unit/kubeapi/test_exec_credential.c
tests_unit_kubeapi_test_exec_credential_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_kubeapi_test_exec_credential_LDADD = src/kubeapi/libkubeapi.a src/decode/libdecode.a \
	src/model/libmodel.a src/base/libbase.a $(JANSSON_LIBS) $(YAML_LIBS) $(CMOCKA_LIBS)

tests_unit_kubeapi_test_kubeconfig_SOURCES = tests/unit/kubeapi/test_kubeconfig.c
tests_unit_kubeapi_test_kubeconfig_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_kubeapi_test_kubeconfig_LDADD = src/kubeapi/libkubeapi.a src/decode/libdecode.a \
	src/model/libmodel.a src/base/libbase.a $(JANSSON_LIBS) $(YAML_LIBS) $(CMOCKA_LIBS)

tests_unit_kubeapi_test_kubeconfig_exec_SOURCES = tests/unit/kubeapi/test_kubeconfig_exec.c
tests_unit_kubeapi_test_kubeconfig_exec_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_kubeapi_test_kubeconfig_exec_LDADD = src/kubeapi/libkubeapi.a src/decode/libdecode.a \
	src/model/libmodel.a src/base/libbase.a $(JANSSON_LIBS) $(YAML_LIBS) $(CMOCKA_LIBS)

tests_unit_kubeapi_test_list_doubt_SOURCES = tests/unit/kubeapi/test_list_doubt.c
tests_unit_kubeapi_test_list_doubt_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_kubeapi_test_list_doubt_LDADD = src/kubeapi/libkubeapi.a src/base/libbase.a $(CMOCKA_LIBS)

tests_unit_kubeapi_test_negotiation_SOURCES = tests/unit/kubeapi/test_negotiation.c
tests_unit_kubeapi_test_negotiation_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_kubeapi_test_negotiation_LDADD = src/kubeapi/libkubeapi.a src/base/libbase.a $(CMOCKA_LIBS)

tests_unit_kubeapi_test_pem_SOURCES = tests/unit/kubeapi/test_pem.c tests/unit/kubeapi/certificate.h
tests_unit_kubeapi_test_pem_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_kubeapi_test_pem_LDADD = src/kubeapi/libkubeapi.a src/decode/libdecode.a src/base/libbase.a $(JANSSON_LIBS) \
	$(CMOCKA_LIBS)

tests_unit_kubeapi_test_reflector_SOURCES = tests/unit/kubeapi/test_reflector.c
tests_unit_kubeapi_test_reflector_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_kubeapi_test_reflector_LDADD = src/kubeapi/libkubeapi.a src/base/libbase.a $(CMOCKA_LIBS)

tests_unit_kubeapi_test_request_SOURCES = tests/unit/kubeapi/test_request.c
tests_unit_kubeapi_test_request_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_kubeapi_test_request_LDADD = src/kubeapi/libkubeapi.a src/base/libbase.a $(CMOCKA_LIBS)

tests_unit_kubeapi_test_response_body_SOURCES = tests/unit/kubeapi/test_response_body.c
tests_unit_kubeapi_test_response_body_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
tests_unit_kubeapi_test_response_body_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_kubeapi_test_response_body_LDADD = tests/lib/libwire.a src/kubeapi/libkubeapi.a \
	src/decode/libdecode.a src/model/libmodel.a src/base/libbase.a $(JANSSON_LIBS) $(YAML_LIBS) $(CMOCKA_LIBS)
