# SPDX-License-Identifier: GPL-2.0-or-later
# Real packets in network namespaces: `make check-netns`, apart from `make check` as they need a kernel
# that lets us make namespaces.
check_PROGRAMS += tests/netns/probe
tests_netns_probe_SOURCES = \
	tests/netns/probe.c tests/netns/probe.h \
	tests/netns/probe_ask.c tests/netns/probe_flood.c tests/netns/probe_rate.c tests/netns/probe_sctp.c tests/netns/probe_serve.c tests/netns/probe_syns.c \
	tests/netns/probe_steady.c tests/lib/inet_checksum.h
tests_netns_probe_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
# It writes nftables as other programs of a node do.
check_PROGRAMS += tests/netns/foreign
tests_netns_foreign_SOURCES = tests/netns/foreign.c
tests_netns_foreign_CFLAGS = $(AM_CFLAGS) $(MNL_CFLAGS)
tests_netns_foreign_LDADD = $(MNL_LIBS)
# Preloaded, it makes the kernel refuse what Linux before 6.3 refuses.
check_PROGRAMS += tests/netns/no-destroy.so
tests_netns_no_destroy_so_SOURCES = tests/netns/no_destroy.c
tests_netns_no_destroy_so_CFLAGS = $(AM_CFLAGS) $(MNL_CFLAGS) -fPIC
tests_netns_no_destroy_so_LDFLAGS = -shared
# Preloaded, it makes the kernel refuse what Linux before 5.12 refuses.
check_PROGRAMS += tests/netns/no-owner.so
tests_netns_no_owner_so_SOURCES = tests/netns/no_owner.c
tests_netns_no_owner_so_CFLAGS = $(AM_CFLAGS) -fPIC
tests_netns_no_owner_so_LDFLAGS = -shared
# Preloaded, it lets no program be executed.
check_PROGRAMS += tests/netns/no-exec.so
tests_netns_no_exec_so_SOURCES = tests/netns/no_exec.c
tests_netns_no_exec_so_CFLAGS = $(AM_CFLAGS) -fPIC
tests_netns_no_exec_so_LDFLAGS = -shared
# Preloaded, it sets the clock of the day, or hides IPv6.
check_PROGRAMS += tests/netns/as-if.so
tests_netns_as_if_so_SOURCES = tests/netns/as_if.c
tests_netns_as_if_so_CFLAGS = $(AM_CFLAGS) -fPIC
tests_netns_as_if_so_LDFLAGS = -shared
check_PROGRAMS += tests/netns/backend
tests_netns_backend_SOURCES = tests/netns/backend.c
tests_netns_backend_CFLAGS = $(AM_CFLAGS) $(NFTNL_CFLAGS) $(MNL_CFLAGS)
tests_netns_backend_LDADD = \
	src/backend/libbackend.a src/ruleset/libruleset.a src/base/libbase.a \
	$(NFTNL_LIBS) $(NFCT_LIBS) $(MNL_LIBS)

# The daemon, but with slots.
check_PROGRAMS += tests/netns/daemon-with-slots
tests_netns_daemon_with_slots_SOURCES = src/daemon/main.c tests/netns/slots.c
tests_netns_daemon_with_slots_CPPFLAGS = $(AM_CPPFLAGS)
tests_netns_daemon_with_slots_CFLAGS = $(AM_CFLAGS) $(SYSTEMD_CFLAGS)
tests_netns_daemon_with_slots_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=build_plan
tests_netns_daemon_with_slots_LDADD = $(ALL_ROOMS) $(ALL_LIBS)

# A shared object that is preloaded into the daemon.
check_PROGRAMS += tests/netns/refuse.so
tests_netns_refuse_so_SOURCES = tests/netns/refuse.c
tests_netns_refuse_so_CFLAGS = $(AM_CFLAGS) -fPIC
tests_netns_refuse_so_LDFLAGS = -shared
tests_netns_refuse_so_LDADD = -ldl

EXTRA_DIST += \
	tests/netns/run \
	tests/netns/affinity-flood.sh tests/netns/anew.sh tests/netns/anew-foreign.sh \
	tests/netns/api-server.sh tests/netns/asking.sh \
	tests/netns/api-server-addresses.sh \
	tests/netns/bad-input.sh \
	tests/netns/bench-packets.sh \
	tests/netns/bridge-netfilter.sh \
	tests/netns/check.sh \
	tests/netns/broken-at-start.sh \
	tests/netns/busy-node.sh \
	tests/netns/cleanup.sh \
	tests/netns/cluster-ip.sh tests/netns/cluster-ranges.sh tests/netns/config-file.sh \
	tests/netns/dead-dns.sh \
	tests/netns/dead-peer.sh \
	tests/netns/detectors.sh tests/netns/disruption.sh \
	tests/netns/dual-stack.sh \
	tests/netns/end-to-end.sh \
	tests/netns/end-to-end-policies.sh \
	tests/netns/established.sh \
	tests/netns/events.sh tests/netns/external-addresses.sh \
	tests/netns/external-traffic-policy.sh \
	tests/netns/failures.sh \
	tests/netns/filling.sh tests/netns/first-sync.sh tests/netns/generations.sh \
	tests/netns/hairpin.sh \
	tests/netns/health.sh tests/netns/health-check-ports.sh \
	tests/netns/hooks.sh tests/netns/hostile-connections.sh tests/netns/hostile.py \
	tests/netns/in-use.sh tests/netns/instance-lock.sh \
	tests/netns/internal-traffic-policy.sh \
	tests/netns/journal.sh tests/netns/kernel-features.sh \
	tests/netns/lib.sh tests/netns/livez.py tests/netns/log.sh tests/netns/backend.sh \
	tests/netns/masquerade.sh tests/netns/meanwhile.sh tests/netns/metrics.sh tests/netns/missed.sh \
	tests/netns/monitor-tables.sh \
	tests/netns/monsters.sh \
	tests/netns/neighbour-cni.sh \
	tests/netns/neighbour-dns.sh \
	tests/netns/neighbour-kube-proxy.sh \
	tests/netns/neighbour-policies.sh \
	tests/netns/neighbour-proxy.sh \
	tests/netns/no-endpoints.sh \
	tests/netns/nodeport-addresses.sh \
	tests/netns/nodeport.sh \
	tests/netns/ownership.sh \
	tests/netns/readiness.sh \
	tests/netns/reexec.sh \
	tests/netns/refusals.sh \
	tests/netns/repair.sh \
	tests/netns/restart.sh \
	tests/netns/saved-state.sh \
	tests/netns/services.sh tests/netns/shortages.sh tests/netns/silence.sh tests/netns/silence.bash tests/netns/silence-kept.sh tests/netns/monster.bash \
	tests/netns/session-affinity.sh \
	tests/netns/session-affinity-changes.sh tests/netns/session-affinity-learning.sh \
	tests/netns/outages.sh tests/netns/own-lists.sh tests/netns/session-affinity-policies.sh \
	tests/netns/slices.sh tests/netns/slots.sh \
	tests/netns/small-buffers.sh \
	tests/netns/source-ranges.sh \
	tests/netns/kube-proxy-tables.bash tests/netns/switch-over.sh tests/netns/topology.sh tests/netns/trace.sh tests/netns/truth-explain.sh tests/netns/truth-status.sh \
	tests/netns/udp-flows.sh \
	tests/netns/unit.sh tests/netns/machine.bash \
	tests/netns/unprivileged.sh tests/netns/as-in-the-unit.py tests/netns/client-key.py \
	tests/netns/unused-addresses.sh \
	tests/netns/upgrade.sh tests/netns/upgrade-large.sh tests/netns/upgrade.bash tests/netns/upgrade.nft \
	tests/netns/persistent-table.py tests/netns/process.sh

.PHONY: check-netns
check-netns: all $(check_PROGRAMS)
	top_builddir='$(abs_top_builddir)' bash $(top_srcdir)/tests/netns/run
