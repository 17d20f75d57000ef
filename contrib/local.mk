# SPDX-License-Identifier: GPL-2.0-or-later
EXTRA_DIST += contrib/systemd/kube-nftproxy.service.in contrib/kubernetes/rbac.yaml

# As kmod's own, below the prefix: /usr/lib/modules-load.d for a package.
modulesloaddir = $(prefix)/lib/modules-load.d
dist_modulesload_DATA = contrib/systemd/kube-nftproxy.conf
systemdsystemunit_DATA = contrib/systemd/kube-nftproxy.service
CLEANFILES += contrib/systemd/kube-nftproxy.service
contrib/systemd/kube-nftproxy.service: contrib/systemd/kube-nftproxy.service.in Makefile
	$(AM_V_GEN)$(MKDIR_P) $(@D) && \
	$(SED) -e 's|@sbindir[@]|$(sbindir)|g' $(top_srcdir)/contrib/systemd/kube-nftproxy.service.in >$@.tmp && \
	mv $@.tmp $@

EXTRA_DIST += \
	contrib/demo/run contrib/demo/pod.py \
	contrib/demo/manifests/empty.yaml contrib/demo/manifests/local.yaml contrib/demo/manifests/my-service.yaml \
	contrib/demo/manifests/node.yaml contrib/demo/manifests/shop.yaml contrib/demo/manifests/zones.yaml
