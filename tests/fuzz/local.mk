# SPDX-License-Identifier: GPL-2.0-or-later
# Each target is built twice: replay_NAME runs its corpus in `make check`; `make fuzz` makes fuzz_NAME with
# clang and libFuzzer, from the sources, so that all of them are instrumented. Run one with
#	tests/fuzz/fuzz_NAME -max_total_time=300 NEW_FOLDER $(top_srcdir)/tests/fuzz/corpus/NAME
fuzz_replays = \
	tests/fuzz/replay_exec_credential \
	tests/fuzz/replay_json \
	tests/fuzz/replay_json_stream \
	tests/fuzz/replay_kubeconfig \
	tests/fuzz/replay_pem \
	tests/fuzz/replay_protobuf \
	tests/fuzz/replay_protobuf_stream \
	tests/fuzz/replay_saved \
	tests/fuzz/replay_yaml
check_PROGRAMS += $(fuzz_replays)
TESTS += $(fuzz_replays)
fuzz_libs = src/intake/libintake.a src/kubeapi/libkubeapi.a src/decode/libdecode.a src/model/libmodel.a src/base/libbase.a $(JANSSON_LIBS) $(YAML_LIBS)
fuzz_common = tests/fuzz/replay.c tests/fuzz/fuzz.h

tests_fuzz_replay_json_SOURCES = tests/fuzz/fuzz_json.c $(fuzz_common)
tests_fuzz_replay_json_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/fuzz
tests_fuzz_replay_json_LDADD = $(fuzz_libs)
tests_fuzz_replay_json_stream_SOURCES = tests/fuzz/fuzz_json_stream.c $(fuzz_common)
tests_fuzz_replay_json_stream_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/fuzz
tests_fuzz_replay_json_stream_LDADD = $(fuzz_libs)
tests_fuzz_replay_protobuf_stream_SOURCES = tests/fuzz/fuzz_protobuf_stream.c $(fuzz_common)
tests_fuzz_replay_protobuf_stream_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/fuzz
tests_fuzz_replay_protobuf_stream_LDADD = $(fuzz_libs)
tests_fuzz_replay_protobuf_SOURCES = tests/fuzz/fuzz_protobuf.c $(fuzz_common)
tests_fuzz_replay_protobuf_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/fuzz
tests_fuzz_replay_protobuf_LDADD = $(fuzz_libs)
tests_fuzz_replay_saved_SOURCES = tests/fuzz/fuzz_saved.c $(fuzz_common)
tests_fuzz_replay_saved_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/fuzz
tests_fuzz_replay_saved_LDADD = $(fuzz_libs)
tests_fuzz_replay_yaml_SOURCES = tests/fuzz/fuzz_yaml.c $(fuzz_common)
tests_fuzz_replay_yaml_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/fuzz
tests_fuzz_replay_yaml_LDADD = $(fuzz_libs)
tests_fuzz_replay_exec_credential_SOURCES = tests/fuzz/fuzz_exec_credential.c $(fuzz_common)
tests_fuzz_replay_exec_credential_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/fuzz
tests_fuzz_replay_exec_credential_LDADD = $(fuzz_libs)
tests_fuzz_replay_pem_SOURCES = tests/fuzz/fuzz_pem.c $(fuzz_common)
tests_fuzz_replay_pem_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/fuzz
tests_fuzz_replay_pem_LDADD = $(fuzz_libs)
tests_fuzz_replay_kubeconfig_SOURCES = tests/fuzz/fuzz_kubeconfig.c $(fuzz_common)
tests_fuzz_replay_kubeconfig_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/fuzz
tests_fuzz_replay_kubeconfig_LDADD = $(fuzz_libs)

FUZZ_CC = clang
FUZZ_FLAGS = -std=gnu11 -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined
fuzz_programs = \
	tests/fuzz/fuzz_exec_credential \
	tests/fuzz/fuzz_json \
	tests/fuzz/fuzz_json_stream \
	tests/fuzz/fuzz_kubeconfig \
	tests/fuzz/fuzz_pem \
	tests/fuzz/fuzz_protobuf \
	tests/fuzz/fuzz_protobuf_stream \
	tests/fuzz/fuzz_saved \
	tests/fuzz/fuzz_yaml
# Each source is compiled once for all harnesses, and at every `make fuzz`, as make does not know their headers here. The
# linker takes what a harness needs out of the archive.
fuzz_sources = $(src_base_libbase_a_SOURCES) $(src_model_libmodel_a_SOURCES) $(src_decode_libdecode_a_SOURCES) \
	$(src_kubeapi_libkubeapi_a_SOURCES) $(src_intake_libintake_a_SOURCES)
fuzz_objects = $(patsubst %.c,tests/fuzz/objects/%.o,$(filter %.c,$(fuzz_sources)))
fuzz_harnesses = $(fuzz_programs:%=tests/fuzz/objects/%.o)
fuzz_archive = tests/fuzz/objects/libfuzzed.a
fuzz_compile = $(FUZZ_CC) $(DEFS) $(DEFAULT_INCLUDES) $(AM_CPPFLAGS) -I$(srcdir)/tests/fuzz $(FUZZ_FLAGS)
.PHONY: fuzz $(fuzz_objects) $(fuzz_harnesses)
fuzz: $(fuzz_programs)
$(fuzz_objects) $(fuzz_harnesses): tests/fuzz/objects/%.o: %.c
	@$(MKDIR_P) $(@D); echo "  FUZZ     $@"; \
	$(fuzz_compile) $(JANSSON_CFLAGS) $(YAML_CFLAGS) $(CURL_CFLAGS) $(SYSTEMD_CFLAGS) -c -o $@ $<
$(fuzz_archive): $(fuzz_objects)
	@rm -f $@; $(AR) rcs $@ $(fuzz_objects)
$(fuzz_programs): tests/fuzz/%: tests/fuzz/objects/tests/fuzz/%.o $(fuzz_archive)
	@echo "  FUZZ     $@"; \
	$(fuzz_compile) -o $@ $< $(fuzz_archive) $(JANSSON_LIBS) $(YAML_LIBS)
CLEANFILES += $(fuzz_programs) $(fuzz_objects) $(fuzz_harnesses) $(fuzz_archive)

EXTRA_DIST += \
	tests/fuzz/corpus/kubeconfig/anchors \
	tests/fuzz/corpus/kubeconfig/deep \
	tests/fuzz/corpus/kubeconfig/encrypted-key \
	tests/fuzz/corpus/kubeconfig/endless \
	tests/fuzz/corpus/kubeconfig/exec \
	tests/fuzz/corpus/kubeconfig/json \
	tests/fuzz/corpus/kubeconfig/kubeadm \
	tests/fuzz/corpus/kubeconfig/laughs \
	tests/fuzz/corpus/kubeconfig/nobody \
	tests/fuzz/corpus/kubeconfig/nul \
	tests/fuzz/corpus/kubeconfig/users \
	tests/fuzz/corpus/exec_credential/beta \
	tests/fuzz/corpus/exec_credential/certificate \
	tests/fuzz/corpus/exec_credential/encrypted-key \
	tests/fuzz/corpus/exec_credential/half \
	tests/fuzz/corpus/exec_credential/header \
	tests/fuzz/corpus/exec_credential/nul-unread \
	tests/fuzz/corpus/exec_credential/nulls \
	tests/fuzz/corpus/exec_credential/spec \
	tests/fuzz/corpus/exec_credential/token \
	tests/fuzz/corpus/exec_credential/twice \
	tests/fuzz/corpus/json/bad-port \
	tests/fuzz/corpus/json/deep \
	tests/fuzz/corpus/json/duplicate \
	tests/fuzz/corpus/json/endless-string \
	tests/fuzz/corpus/json/event-added \
	tests/fuzz/corpus/json/event-bookmark \
	tests/fuzz/corpus/json/event-deleted \
	tests/fuzz/corpus/json/event-error \
	tests/fuzz/corpus/json/huge-numbers \
	tests/fuzz/corpus/json/node \
	tests/fuzz/corpus/json/not-utf8 \
	tests/fuzz/corpus/json/nul \
	tests/fuzz/corpus/json/nul-unread \
	tests/fuzz/corpus/json/service-dual \
	tests/fuzz/corpus/json/service-lb \
	tests/fuzz/corpus/json/slice-term-sssss \
	tests/fuzz/corpus/json/slice-web-v4-aaaaa \
	tests/fuzz/corpus/json/status-403 \
	tests/fuzz/corpus/json/status-410 \
	tests/fuzz/corpus/json/unknown-words \
	tests/fuzz/corpus/json/words \
	tests/fuzz/corpus/json_stream/brackets \
	tests/fuzz/corpus/json_stream/continue-long \
	tests/fuzz/corpus/json_stream/continue-nul \
	tests/fuzz/corpus/json_stream/escapes \
	tests/fuzz/corpus/json_stream/list \
	tests/fuzz/corpus/json_stream/list-kind-last \
	tests/fuzz/corpus/json_stream/nul \
	tests/fuzz/corpus/json_stream/null-items \
	tests/fuzz/corpus/json_stream/status \
	tests/fuzz/corpus/json_stream/twice \
	tests/fuzz/corpus/json_stream/values \
	tests/fuzz/corpus/pem/broken \
	tests/fuzz/corpus/pem/bundle \
	tests/fuzz/corpus/pem/cut \
	tests/fuzz/corpus/pem/der \
	tests/fuzz/corpus/pem/encrypted \
	tests/fuzz/corpus/pem/encrypted-traditional \
	tests/fuzz/corpus/pem/headers \
	tests/fuzz/corpus/pem/indefinite \
	tests/fuzz/corpus/pem/key \
	tests/fuzz/corpus/pem/long-lengths \
	tests/fuzz/corpus/pem/nested-marks \
	tests/fuzz/corpus/protobuf/event-added \
	tests/fuzz/corpus/protobuf/event-bookmark \
	tests/fuzz/corpus/protobuf/event-bookmark-status \
	tests/fuzz/corpus/protobuf/event-deleted \
	tests/fuzz/corpus/protobuf/event-error \
	tests/fuzz/corpus/protobuf/event-modified \
	tests/fuzz/corpus/protobuf/groups \
	tests/fuzz/corpus/protobuf/long-varint \
	tests/fuzz/corpus/protobuf/node \
	tests/fuzz/corpus/protobuf/service-cidr-extra \
	tests/fuzz/corpus/protobuf/service-cidr-kubernetes \
	tests/fuzz/corpus/protobuf/service-ext \
	tests/fuzz/corpus/protobuf/service-lb \
	tests/fuzz/corpus/protobuf/service-lb-cluster \
	tests/fuzz/corpus/protobuf/service-np \
	tests/fuzz/corpus/protobuf/service-sticky \
	tests/fuzz/corpus/protobuf/service-web \
	tests/fuzz/corpus/protobuf/slice-dns-kkkkk \
	tests/fuzz/corpus/protobuf/slice-fqdn-ooooo \
	tests/fuzz/corpus/protobuf/slice-nullport-ppppp \
	tests/fuzz/corpus/protobuf/slice-orphan-qqqqq \
	tests/fuzz/corpus/protobuf/slice-term-sssss \
	tests/fuzz/corpus/protobuf/slice-v6only-rrrrr \
	tests/fuzz/corpus/protobuf/status-410 \
	tests/fuzz/corpus/protobuf/status-504 \
	tests/fuzz/corpus/protobuf/twice \
	tests/fuzz/corpus/protobuf/wire-types \
	tests/fuzz/corpus/protobuf_stream/continue-long \
	tests/fuzz/corpus/protobuf_stream/continue-nul \
	tests/fuzz/corpus/protobuf_stream/frames \
	tests/fuzz/corpus/protobuf_stream/kind-last \
	tests/fuzz/corpus/protobuf_stream/list \
	tests/fuzz/corpus/protobuf_stream/list-empty \
	tests/fuzz/corpus/protobuf_stream/list-of-pods \
	tests/fuzz/corpus/protobuf_stream/status \
	tests/fuzz/corpus/protobuf_stream/unknown-fields \
	tests/fuzz/corpus/protobuf_stream/watch \
	tests/fuzz/corpus/protobuf_stream/watch-error \
	tests/fuzz/corpus/protobuf_stream/watch-node \
	tests/fuzz/corpus/saved/all \
	tests/fuzz/corpus/saved/cut \
	tests/fuzz/corpus/saved/empty \
	tests/fuzz/corpus/saved/flipped \
	tests/fuzz/corpus/saved/newer \
	tests/fuzz/corpus/saved/signed \
	tests/fuzz/corpus/saved/twice \
	tests/fuzz/corpus/yaml/abandoned \
	tests/fuzz/corpus/yaml/abandoned-keys \
	tests/fuzz/corpus/yaml/aliases \
	tests/fuzz/corpus/yaml/anchors-many \
	tests/fuzz/corpus/yaml/blanks \
	tests/fuzz/corpus/yaml/bom \
	tests/fuzz/corpus/yaml/breaks \
	tests/fuzz/corpus/yaml/broken \
	tests/fuzz/corpus/yaml/deep \
	tests/fuzz/corpus/yaml/directives \
	tests/fuzz/corpus/yaml/items-first \
	tests/fuzz/corpus/yaml/keys \
	tests/fuzz/corpus/yaml/kinds-last \
	tests/fuzz/corpus/yaml/laughs \
	tests/fuzz/corpus/yaml/list \
	tests/fuzz/corpus/yaml/nul \
	tests/fuzz/corpus/yaml/nul-key \
	tests/fuzz/corpus/yaml/nul-unread \
	tests/fuzz/corpus/yaml/scalars \
	tests/fuzz/corpus/yaml/scalars2 \
	tests/fuzz/corpus/yaml/special
