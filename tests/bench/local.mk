# SPDX-License-Identifier: GPL-2.0-or-later
EXTRA_DIST += tests/bench/bench.py tests/bench/cluster.py

# As root; BENCH_ARGS="--sizes 1000 --runs 1" for less.
BENCH_ARGS =
.PHONY: bench
bench: src/daemon/kube-nftproxy
	PYTHONDONTWRITEBYTECODE=1 python3 $(top_srcdir)/tests/bench/bench.py src/daemon/kube-nftproxy \
		$(top_srcdir)/tests/lib/apiserver.py $(BENCH_ARGS)
