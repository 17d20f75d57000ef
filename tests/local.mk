# SPDX-License-Identifier: GPL-2.0-or-later
# Unit tests link their room's library and those that src/LAYERS allows: the link line proves the layers.
if HAVE_CMOCKA
include tests/unit/base/local.mk
include tests/unit/model/local.mk
include tests/unit/decode/local.mk
include tests/unit/manifests/local.mk
include tests/unit/kubeapi/local.mk
include tests/unit/select/local.mk
include tests/unit/plan/local.mk
include tests/unit/ruleset/local.mk
include tests/unit/render/local.mk
include tests/unit/report/local.mk
include tests/unit/backend/local.mk
include tests/unit/config/local.mk
include tests/unit/diagnose/local.mk
include tests/unit/intake/local.mk
include tests/unit/sync/local.mk
include tests/unit/serve/local.mk
include tests/unit/daemon/local.mk
endif
include tests/random/local.mk
include tests/sim/local.mk
include tests/golden/local.mk
include tests/netns/local.mk
include tests/fuzz/local.mk
include tests/bench/local.mk
include tests/platform/local.mk
include tests/lib/local.mk
include tests/kubeapi/local.mk

program_checks = \
	tests/check-completions.sh tests/check-manifests.py tests/check-manual.sh tests/cli.sh
# These look at the source and do not run our programs, so a build with sanitizers has nothing to add.
source_checks = \
	tests/check-layers.py tests/check-layers-broken.py tests/check-house.sh tests/check-coverage.sh tests/check-rbac.sh \
	tests/check-compile-commands.py tests/check-monitoring.sh tests/check-plot.py tests/check-readme.py
dist_check_SCRIPTS += $(program_checks) $(source_checks) tests/check-kustomizations.sh
TESTS += $(program_checks)
if !ENABLE_SANITIZERS
TESTS += $(source_checks)
SLOW_TESTS += tests/check-kustomizations.sh
endif
EXTRA_DIST += tests/alerts.yaml tests/lib/json-schema.py tests/run .ci/run tests/check-tarball tests/compile-commands tests/mutate tests/mutate.quick tests/mutate.survivors \
	tests/coverage tests/coverage.rows tests/COVERAGE.md \
	tests/schema/kubernetes.json tests/schema/reduce tests/schema/LICENSE
AM_TESTS_ENVIRONMENT = top_srcdir='$(abs_top_srcdir)' top_builddir='$(abs_top_builddir)'; export top_srcdir top_builddir;

# `make check` runs TESTS in less than a minute, `make check-slow` the others; `make check-quick` a part of TESTS.
if SLOW_TESTS_IN_CHECK
TESTS += $(SLOW_TESTS)
endif
QUICK_TESTS = $(filter tests/unit/% tests/golden/% tests/check-layers% tests/check-house%,$(TESTS))
.PHONY: check-quick check-slow
check-quick: all
	@$(MAKE) $(AM_MAKEFLAGS) check-TESTS TESTS='$(QUICK_TESTS)' TEST_SUITE_LOG=test-suite-quick.log
check-slow: all $(check_PROGRAMS)
	@$(MAKE) $(AM_MAKEFLAGS) check-TESTS TESTS='$(SLOW_TESTS)' TEST_SUITE_LOG=test-suite-slow.log
MOSTLYCLEANFILES += $(SLOW_TESTS:=.log) $(SLOW_TESTS:=.trs) test-suite-quick.log test-suite-slow.log
