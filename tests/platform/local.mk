# SPDX-License-Identifier: GPL-2.0-or-later
EXTRA_DIST += tests/platform/check-kernels tests/platform/check-newcomer tests/platform/check-image

# Boots Debian's kernels under qemu; minutes each, and not part of `make check`.
.PHONY: check-kernels
check-kernels: all $(check_PROGRAMS)
	top_srcdir='$(abs_top_srcdir)' top_builddir='$(abs_top_builddir)' $(srcdir)/tests/platform/check-kernels

# The README's commands on a root file system of debootstrap's; minutes, and root.
.PHONY: check-newcomer
check-newcomer:
	top_srcdir='$(abs_top_srcdir)' top_builddir='$(abs_top_builddir)' $(srcdir)/tests/platform/check-newcomer

# The image of contrib/container, built and run; minutes, and root.
.PHONY: check-image
check-image:
	top_srcdir='$(abs_top_srcdir)' top_builddir='$(abs_top_builddir)' $(srcdir)/tests/platform/check-image
