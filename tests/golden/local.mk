# SPDX-License-Identifier: GPL-2.0-or-later
dist_check_SCRIPTS += tests/golden/run.sh tests/golden/kernel.sh
TESTS += tests/golden/run.sh
EXTRA_DIST += tests/golden/lib.sh tests/golden/canonical.py
EXTRA_DIST += \
	tests/golden/conflicts \
	tests/golden/detect-bridge \
	tests/golden/detect-interface-prefix \
	tests/golden/detect-node-cidr \
	tests/golden/detect-none \
	tests/golden/detect-one-family \
	tests/golden/dual-stack \
	tests/golden/external-addresses \
	tests/golden/hints \
	tests/golden/internal-policy-local \
	tests/golden/ipv6-only \
	tests/golden/masquerade-all \
	tests/golden/my-service \
	tests/golden/named-ports-and-slices \
	tests/golden/no-endpoints \
	tests/golden/node-ports \
	tests/golden/node-ports-by-cidr \
	tests/golden/node-ports-everywhere \
	tests/golden/not-ours \
	tests/golden/own-lists \
	tests/golden/service-cidrs \
	tests/golden/session-affinity \
	tests/golden/session-affinity-local \
	tests/golden/shared-endpoints \
	tests/golden/shop \
	tests/golden/source-ranges \
	tests/golden/terminating \
	tests/golden/udp-sctp

.PHONY: golden-update check-golden-kernel
golden-update: src/daemon/kube-nftproxy
	top_builddir='$(abs_top_builddir)' $(srcdir)/tests/golden/run.sh --update

# Needs root or user namespaces.
check-golden-kernel: src/daemon/kube-nftproxy
	top_builddir='$(abs_top_builddir)' $(srcdir)/tests/golden/kernel.sh
