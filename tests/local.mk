# SPDX-License-Identifier: GPL-2.0-or-later
# Unit tests link the room's library and only those the layers allow: the link line proves them.
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
include tests/unit/intake/local.mk
include tests/unit/sync/local.mk
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

dist_check_SCRIPTS += tests/check-layers.sh tests/check-house.sh tests/check-coverage.sh tests/check-rbac.sh tests/check-completions.sh tests/check-manifests.py tests/check-kustomizations.sh tests/check-monitoring.sh tests/check-manual.sh tests/cli.sh
TESTS += tests/check-layers.sh tests/check-house.sh tests/check-coverage.sh tests/check-rbac.sh tests/check-completions.sh tests/check-manifests.py tests/check-kustomizations.sh tests/check-monitoring.sh tests/check-manual.sh tests/cli.sh
EXTRA_DIST += tests/run .ci/run tests/mutate tests/mutate.quick tests/mutate.survivors \
	tests/coverage tests/coverage.rows tests/COVERAGE.md \
	tests/schema/kubernetes.json tests/schema/reduce tests/schema/LICENSE
AM_TESTS_ENVIRONMENT = top_srcdir='$(abs_top_srcdir)' top_builddir='$(abs_top_builddir)'; export top_srcdir top_builddir;
