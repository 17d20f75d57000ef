# SPDX-License-Identifier: GPL-2.0-or-later
EXTRA_DIST += tests/bench/bench.py tests/bench/cluster.py tests/bench/cost.py tests/bench/delays.py \
	tests/bench/elements.py tests/bench/livez.py tests/bench/loads.py tests/bench/packets.py tests/bench/plot.py \
	tests/bench/rulesets.py tests/bench/soak.py tests/bench/soak_load.py

# Debian's modules are its own python's, whatever other stands before it.
python_for_bench = PYTHONDONTWRITEBYTECODE=1 $(if $(wildcard /usr/bin/python3),/usr/bin/python3,python3)

# As root; BENCH_ARGS="--sizes 1000 --runs 1" for less.
BENCH_ARGS =
.PHONY: bench
bench: src/daemon/kube-nftproxy
	$(python_for_bench) $(top_srcdir)/tests/bench/bench.py src/daemon/kube-nftproxy \
		$(top_srcdir)/tests/lib/apiserver.py $(BENCH_ARGS)

# In namespaces of its own; the first packets of connections, beside a layout like kube-proxy's, one rule, and none.
# BENCH_ARGS="--families 4 --protocols tcp --origins pod" for less, --help for what else there is.
check_PROGRAMS += tests/bench/packets
tests_bench_packets_SOURCES = tests/bench/packets.c tests/lib/inet_checksum.h
tests_bench_packets_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
.PHONY: bench-packets
bench-packets: src/daemon/kube-nftproxy tests/bench/packets
	$(python_for_bench) $(top_srcdir)/tests/bench/packets.py src/daemon/kube-nftproxy tests/bench/packets $(BENCH_ARGS)

# The picture in the README, of figures that were measured with --sizes and --json.
figures = $(top_srcdir)/contrib/figures/first-packets
.PHONY: plot
plot:
	$(python_for_bench) $(top_srcdir)/tests/bench/plot.py $(figures).json >$(figures).svg.new
	mv $(figures).svg.new $(figures).svg

# What one node costs an API server, and 5,000 do; no privilege. COST_ARGS="--services 10000" for more.
COST_ARGS =
.PHONY: bench-server
bench-server: tests/kubeapi/follow
	$(python_for_bench) $(top_srcdir)/tests/bench/cost.py tests/kubeapi/follow \
		$(top_srcdir)/tests/lib/apiserver.py $(COST_ARGS)

# As root; changes, faults and neighbours for 20 minutes, then delays, ruleset and memory are judged. SOAK_ARGS="--seconds 120"
# for less, --help for what can be left out.
SOAK_ARGS =
.PHONY: soak
soak: src/daemon/kube-nftproxy tests/netns/foreign tests/netns/probe
	$(python_for_bench) $(top_srcdir)/tests/bench/soak.py src/daemon/kube-nftproxy \
		$(top_srcdir)/tests/lib/apiserver.py $(SOAK_ARGS)
