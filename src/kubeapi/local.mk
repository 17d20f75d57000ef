# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += src/kubeapi/libkubeapi.a
src_kubeapi_libkubeapi_a_SOURCES = \
	src/kubeapi/backoff.c src/kubeapi/backoff.h \
	src/kubeapi/child_process.c src/kubeapi/child_process.h \
	src/kubeapi/credentials.c src/kubeapi/credentials.h \
	src/kubeapi/der.c src/kubeapi/der.h \
	src/kubeapi/env_proxy.c src/kubeapi/env_proxy.h \
	src/kubeapi/exec_credential.c src/kubeapi/exec_credential.h \
	src/kubeapi/exec_plugin.c src/kubeapi/exec_plugin.h \
	src/kubeapi/kubeapi.c src/kubeapi/kubeapi.h \
	src/kubeapi/kubeapi_caller.h \
	src/kubeapi/kubeapi_session.c src/kubeapi/kubeapi_session.h \
	src/kubeapi/kubeapi_stream.c src/kubeapi/kubeapi_stream.h \
	src/kubeapi/kubeconfig.c src/kubeapi/kubeconfig.h \
	src/kubeapi/kubeconfig_exec.c src/kubeapi/kubeconfig_exec.h \
	src/kubeapi/list_doubt.c src/kubeapi/list_doubt.h \
	src/kubeapi/negotiation.c src/kubeapi/negotiation.h \
	src/kubeapi/pem.c src/kubeapi/pem.h \
	src/kubeapi/reflector.c src/kubeapi/reflector.h \
	src/kubeapi/request.c src/kubeapi/request.h \
	src/kubeapi/response_body.c src/kubeapi/response_body.h \
	src/kubeapi/secret.c src/kubeapi/secret.h \
	src/kubeapi/token.c src/kubeapi/token.h \
	src/kubeapi/transfer.c src/kubeapi/transfer.h \
	src/kubeapi/write_request.c src/kubeapi/write_request.h
src_kubeapi_libkubeapi_a_CFLAGS = $(AM_CFLAGS) $(CURL_CFLAGS) $(JANSSON_CFLAGS)
