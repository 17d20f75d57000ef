# SPDX-License-Identifier: GPL-2.0-or-later
# The daemon is a library, so that tests link the real objects; main.c is all that it lacks.
noinst_LIBRARIES += src/daemon/libdaemon.a
src_daemon_libdaemon_a_SOURCES = \
	src/daemon/check_command.c src/daemon/check_command.h \
	src/daemon/config_change.c src/daemon/config_change.h \
	src/daemon/config_watch.c src/daemon/config_watch.h \
	src/daemon/daemon.c src/daemon/daemon.h \
	src/daemon/daemon_events.c src/daemon/daemon_events.h \
	src/daemon/daemon_internal.h \
	src/daemon/host_check.c src/daemon/host_check.h \
	src/daemon/instance_lock.c src/daemon/instance_lock.h \
	src/daemon/journal.c src/daemon/journal.h \
	src/daemon/kernel_features.c src/daemon/kernel_features.h \
	src/daemon/loop.c src/daemon/loop.h \
	src/daemon/manifest_check.c src/daemon/manifest_check.h \
	src/daemon/manifest_gaps.c src/daemon/manifest_gaps.h \
	src/daemon/oneshot.c src/daemon/oneshot.h \
	src/daemon/query_command.c src/daemon/query_command.h \
	src/daemon/reexec.c src/daemon/reexec.h \
	src/daemon/setting_notes.c src/daemon/setting_notes.h \
	src/daemon/source_start.c src/daemon/source_start.h \
	src/daemon/sysctls.c src/daemon/sysctls.h \
	src/daemon/terminal.c src/daemon/terminal.h \
	src/daemon/trace_command.c src/daemon/trace_command.h
src_daemon_libdaemon_a_CFLAGS = $(AM_CFLAGS) $(SYSTEMD_CFLAGS)

# In the order of the layers, for the linker.
ALL_ROOMS = \
	src/daemon/libdaemon.a src/serve/libserve.a src/sync/libsync.a src/intake/libintake.a \
	src/diagnose/libdiagnose.a src/config/libconfig.a \
	src/report/libreport.a src/backend/libbackend.a src/render/librender.a src/ruleset/libruleset.a \
	src/plan/libplan.a src/select/libselect.a src/kubeapi/libkubeapi.a src/manifests/libmanifests.a \
	src/decode/libdecode.a src/model/libmodel.a src/base/libbase.a
ALL_LIBS = $(NFTNL_LIBS) $(NFCT_LIBS) $(MNL_LIBS) $(CURL_LIBS) $(JANSSON_LIBS) $(YAML_LIBS) $(SYSTEMD_LIBS) $(MICROHTTPD_LIBS)

sbin_PROGRAMS += src/daemon/kube-nftproxy
src_daemon_kube_nftproxy_SOURCES = src/daemon/main.c
src_daemon_kube_nftproxy_LDADD = $(ALL_ROOMS) $(ALL_LIBS)
