# SPDX-License-Identifier: GPL-2.0-or-later
# Real packets in network namespaces: `make check-netns`, apart from `make check` as they need a kernel
# that lets us make namespaces.
check_PROGRAMS += tests/netns/probe
tests_netns_probe_SOURCES = \
	tests/netns/probe.c tests/netns/probe.h \
	tests/netns/probe_ask.c tests/netns/probe_sctp.c tests/netns/probe_serve.c

EXTRA_DIST += \
	tests/netns/lib.sh tests/netns/run

.PHONY: check-netns
check-netns: all $(check_PROGRAMS)
	top_builddir='$(abs_top_builddir)' bash $(top_srcdir)/tests/netns/run
