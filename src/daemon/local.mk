# SPDX-License-Identifier: GPL-2.0-or-later
sbin_PROGRAMS += src/daemon/kube-nftproxy
src_daemon_kube_nftproxy_SOURCES = src/daemon/main.c
src_daemon_kube_nftproxy_CFLAGS = $(AM_CFLAGS) $(SYSTEMD_CFLAGS)
src_daemon_kube_nftproxy_LDADD = \
	src/backend/libbackend.a src/render/librender.a src/ruleset/libruleset.a src/plan/libplan.a \
	src/select/libselect.a src/source/libsource.a src/decode/libdecode.a src/model/libmodel.a \
	src/base/libbase.a \
	$(NFTNL_LIBS) $(MNL_LIBS) $(CURL_LIBS) $(JANSSON_LIBS) $(YAML_LIBS) $(SYSTEMD_LIBS)
