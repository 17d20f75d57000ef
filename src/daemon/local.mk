# SPDX-License-Identifier: GPL-2.0-or-later
# The daemon is a library, so that tests link the real objects; main.c is all that it lacks.
noinst_LIBRARIES += src/daemon/libdaemon.a
src_daemon_libdaemon_a_SOURCES = \
	src/daemon/abilities.c src/daemon/abilities.h \
	src/daemon/asking.c src/daemon/asking.h \
	src/daemon/config_file.c src/daemon/config_file.h \
	src/daemon/config_watch.c src/daemon/config_watch.h \
	src/daemon/explainer.c src/daemon/explainer.h \
	src/daemon/facts.c src/daemon/facts.h \
	src/daemon/flows.c src/daemon/flows.h \
	src/daemon/follow.c src/daemon/follow.h \
	src/daemon/health_check_ports.c src/daemon/health_check_ports.h \
	src/daemon/healthz.c src/daemon/healthz.h \
	src/daemon/instance.c src/daemon/instance.h \
	src/daemon/intake.c src/daemon/intake.h \
	src/daemon/journal.c src/daemon/journal.h \
	src/daemon/keeper.c src/daemon/keeper.h \
	src/daemon/listener.c src/daemon/listener.h \
	src/daemon/loop.c src/daemon/loop.h \
	src/daemon/machine.c src/daemon/machine.h \
	src/daemon/metricsz.c src/daemon/metricsz.h \
	src/daemon/no_local.c src/daemon/no_local.h \
	src/daemon/node_view.c src/daemon/node_view.h \
	src/daemon/once.c src/daemon/once.h \
	src/daemon/opts.c src/daemon/opts.h \
	src/daemon/opts_flags.c src/daemon/opts_flags.h \
	src/daemon/opts_set.c src/daemon/opts_set.h \
	src/daemon/origin.c src/daemon/origin.h \
	src/daemon/pacer.c src/daemon/pacer.h \
	src/daemon/process.c src/daemon/process.h \
	src/daemon/programming.c src/daemon/programming.h \
	src/daemon/purges.c src/daemon/purges.h \
	src/daemon/quiet.c src/daemon/quiet.h \
	src/daemon/recorder.c src/daemon/recorder.h \
	src/daemon/refusals.c src/daemon/refusals.h \
	src/daemon/serving.c src/daemon/serving.h \
	src/daemon/standin.c src/daemon/standin.h \
	src/daemon/sync.c src/daemon/sync.h \
	src/daemon/sysctls.c src/daemon/sysctls.h
src_daemon_libdaemon_a_CFLAGS = $(AM_CFLAGS) $(SYSTEMD_CFLAGS)

# In the order of the layers, for the linker.
ALL_ROOMS = \
	src/daemon/libdaemon.a src/report/libreport.a src/serve/libserve.a src/backend/libbackend.a src/render/librender.a src/ruleset/libruleset.a \
	src/plan/libplan.a src/select/libselect.a src/source/libsource.a src/decode/libdecode.a \
	src/model/libmodel.a src/base/libbase.a
ALL_LIBS = $(NFTNL_LIBS) $(NFCT_LIBS) $(MNL_LIBS) $(CURL_LIBS) $(JANSSON_LIBS) $(YAML_LIBS) $(SYSTEMD_LIBS) $(MICROHTTPD_LIBS)

sbin_PROGRAMS += src/daemon/kube-nftproxy
src_daemon_kube_nftproxy_SOURCES = src/daemon/main.c
src_daemon_kube_nftproxy_LDADD = $(ALL_ROOMS) $(ALL_LIBS)
