# SPDX-License-Identifier: GPL-2.0-or-later
EXTRA_DIST += tests/platform/check-kernels

# Boots Debian's kernels under qemu; minutes each, and not part of `make check`.
.PHONY: check-kernels
check-kernels: src/daemon/kube-nftproxy tests/netns/probe
	top_srcdir='$(abs_top_srcdir)' top_builddir='$(abs_top_builddir)' $(srcdir)/tests/platform/check-kernels
