# SPDX-License-Identifier: GPL-2.0-or-later
EXTRA_DIST += contrib/systemd/kube-nftproxy.service.in contrib/container/Containerfile .containerignore

# Documentation and examples, below the documentation's directory as in the source: so the paths that README.md and the manual name
# exist there, too.
nobase_dist_doc_DATA = README.md NEWS SECURITY.md \
	contrib/kubernetes/README.md contrib/kubernetes/configmap.yaml contrib/kubernetes/kustomization.yaml \
	contrib/kubernetes/base/daemonset.yaml contrib/kubernetes/base/kustomization.yaml contrib/kubernetes/base/rbac.yaml \
	contrib/kubernetes/kubeadm/daemonset.yaml contrib/kubernetes/kubeadm/kustomization.yaml \
	contrib/kubernetes/CONFORMANCE.md \
	contrib/kubernetes/components/close-wait/daemonset.yaml contrib/kubernetes/components/close-wait/kustomization.yaml \
	contrib/kubernetes/components/kube-proxy-label/daemonset.yaml \
	contrib/kubernetes/components/kube-proxy-label/kustomization.yaml \
	contrib/kubernetes/components/no-privilege-escalation/daemonset.yaml \
	contrib/kubernetes/components/no-privilege-escalation/kustomization.yaml \
	contrib/schemas/check.json contrib/schemas/diff.json contrib/schemas/explain.json contrib/schemas/list.json contrib/schemas/status.json contrib/schemas/trace.json \
	contrib/monitoring/alerts.yaml contrib/monitoring/dashboard.json \
	contrib/figures/first-packets.json contrib/figures/first-packets.svg contrib/figures/packet-path.svg

bashcompletiondir = $(datadir)/bash-completion/completions
zshcompletiondir = $(datadir)/zsh/site-functions
fishcompletiondir = $(datadir)/fish/vendor_completions.d
dist_bashcompletion_DATA = contrib/completions/kube-nftproxy
dist_zshcompletion_DATA = contrib/completions/_kube-nftproxy
dist_fishcompletion_DATA = contrib/completions/kube-nftproxy.fish
completions = $(dist_bashcompletion_DATA) $(dist_zshcompletion_DATA) $(dist_fishcompletion_DATA)
completions_in = contrib/completions/kube-nftproxy.in contrib/completions/_kube-nftproxy.in contrib/completions/kube-nftproxy.fish.in
EXTRA_DIST += $(completions_in)
CLEANFILES += $(completions)
$(completions): src/config/completions$(EXEEXT) $(completions_in) Makefile
	$(AM_V_GEN)case $@ in *.fish) shell=fish ;; */_*) shell=zsh ;; *) shell=bash ;; esac && $(MKDIR_P) $(@D) && \
	src/config/completions$(EXEEXT) $$shell >$@.rows && \
	$(SED) -e '/^@ROWS[@]$$/r $@.rows' -e '/^@ROWS[@]$$/d' $(top_srcdir)/$@.in >$@.tmp && rm $@.rows && mv $@.tmp $@

EXTRA_DIST += contrib/debian/build contrib/debian/changelog contrib/debian/control.in contrib/debian/copyright \
	contrib/debian/kube-nftproxy.default contrib/debian/lintian-overrides contrib/debian/postinst contrib/debian/postrm contrib/debian/prerm \
	contrib/rpm/kube-nftproxy.spec.in
.PHONY: deb rpm-spec
deb:
	$(top_srcdir)/contrib/debian/build '$(abs_top_srcdir)' '$(abs_top_builddir)/deb' '$(PACKAGE_VERSION)'
rpm-spec: kube-nftproxy.spec
kube-nftproxy.spec: contrib/rpm/kube-nftproxy.spec.in Makefile
	$(AM_V_GEN)$(SED) -e 's|@VERSION[@]|$(PACKAGE_VERSION)|g' $(top_srcdir)/contrib/rpm/kube-nftproxy.spec.in >$@.tmp && \
	mv $@.tmp $@
CLEANFILES += kube-nftproxy.spec
clean-local:
	rm -rf deb

# Below the prefix, like kmod's own files: /usr/lib/modules-load.d in a package.
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
