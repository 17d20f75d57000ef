# SPDX-License-Identifier: GPL-2.0-or-later
check_PROGRAMS += tests/kubeapi/follow
tests_kubeapi_follow_SOURCES = tests/kubeapi/follow.c
tests_kubeapi_follow_LDADD = \
	src/kubeapi/libkubeapi.a src/decode/libdecode.a src/model/libmodel.a src/base/libbase.a \
	$(CURL_LIBS) $(MNL_LIBS) $(JANSSON_LIBS) $(YAML_LIBS)
kubeapi_checks = \
	tests/kubeapi/check-follow.sh tests/kubeapi/check-faults.sh tests/kubeapi/check-cycles.sh \
	tests/kubeapi/check-plugins.sh tests/kubeapi/check-secrets.sh
dist_check_SCRIPTS += $(kubeapi_checks) tests/kubeapi/check-follow-json.sh
SLOW_TESTS += $(kubeapi_checks)
# With sanitizers only with protobuf: the rest is the same code, and the JSON decoder has unit tests.
if !ENABLE_SANITIZERS
SLOW_TESTS += tests/kubeapi/check-follow-json.sh
endif
EXTRA_DIST += tests/kubeapi/prepare.sh tests/kubeapi/follow.py tests/kubeapi/faults.py tests/kubeapi/cycles.py \
	tests/kubeapi/plugins.py tests/kubeapi/secrets.py
