/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: One table has all fields, by their paths. The document is walked, not the table: so what is not in the table is
 * found, too.
 */
#include "config.h"
#include "config/proxy_config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <yaml.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/duration.h"
#include "decode/field.h"
#include "decode/yaml_tree.h"

#define API_VERSION   "kubeproxy.config.k8s.io/v1alpha1"
#define KIND	      "KubeProxyConfiguration"
#define PATH_SIZE     192
#define ADDRESSES_MAX 64

enum type {
	TYPE_STRING,
	TYPE_STRINGS,
	TYPE_BOOL,
	TYPE_NUMBER,
	TYPE_DURATION,
	TYPE_KNOWN,	     /* read elsewhere, or of no interest whatever it says */
	TYPE_WITHOUT_EFFECT, /* and so is everything in it */
};

struct row {
	const char *path;
	enum type type;
	size_t offset;
};

#define ROW(path, type, member)                                          \
	{                                                                \
		path, TYPE_##type, offsetof(struct proxy_config, member) \
	}
#define WITHOUT_EFFECT(path)                 \
	{                                    \
		path, TYPE_WITHOUT_EFFECT, 0 \
	}

static const struct row rows[] = {
	{ "apiVersion", TYPE_KNOWN, 0 },
	{ "kind", TYPE_KNOWN, 0 },
	ROW("bindAddress", STRING, bind_address),
	ROW("bindAddressHardFail", BOOL, bind_address_hard_fail),
	ROW("clientConnection.kubeconfig", STRING, kubeconfig),
	ROW("clientConnection.contentType", STRING, content_type),
	WITHOUT_EFFECT("clientConnection.acceptContentTypes"),
	WITHOUT_EFFECT("clientConnection.qps"),
	WITHOUT_EFFECT("clientConnection.burst"),
	ROW("clusterCIDR", STRING, cluster_cidr),
	ROW("configSyncPeriod", DURATION, config_sync_period_ms),
	ROW("conntrack.maxPerCore", NUMBER, conntrack_max_per_core),
	ROW("conntrack.min", NUMBER, conntrack_min),
	ROW("conntrack.tcpEstablishedTimeout", DURATION, conntrack_tcp_established_ms),
	ROW("conntrack.tcpCloseWaitTimeout", DURATION, conntrack_tcp_close_wait_ms),
	ROW("conntrack.tcpBeLiberal", BOOL, conntrack_tcp_be_liberal),
	ROW("conntrack.udpTimeout", DURATION, conntrack_udp_ms),
	ROW("conntrack.udpStreamTimeout", DURATION, conntrack_udp_stream_ms),
	ROW("detectLocal.bridgeInterface", STRING, bridge_interface),
	ROW("detectLocal.interfaceNamePrefix", STRING, interface_name_prefix),
	ROW("detectLocalMode", STRING, detect_local_mode),
	WITHOUT_EFFECT("enableProfiling"),
	WITHOUT_EFFECT("featureGates"),
	ROW("healthzBindAddress", STRING, healthz_bind_address),
	ROW("hostnameOverride", STRING, hostname_override),
	WITHOUT_EFFECT("iptables"),
	WITHOUT_EFFECT("ipvs"),
	ROW("kubeNftproxy.context", STRING, context),
	ROW("kubeNftproxy.controlSocket", STRING, control_socket),
	ROW("kubeNftproxy.healthz", BOOL, healthz),
	ROW("kubeNftproxy.manifests", STRING, manifests),
	ROW("kubeNftproxy.metrics", BOOL, metrics),
	ROW("kubeNftproxy.ownTables", BOOL, own_tables),
	ROW("kubeNftproxy.stateDir", STRING, state_dir),
	WITHOUT_EFFECT("logging.flushFrequency"),
	ROW("logging.format", STRING, log_format),
	WITHOUT_EFFECT("logging.options"),
	ROW("logging.verbosity", NUMBER, verbosity),
	WITHOUT_EFFECT("logging.vmodule"),
	ROW("metricsBindAddress", STRING, metrics_bind_address),
	ROW("mode", STRING, mode),
	ROW("nftables.masqueradeAll", BOOL, masquerade_all),
	WITHOUT_EFFECT("nftables.masqueradeBit"),
	ROW("nftables.minSyncPeriod", DURATION, min_sync_period_ms),
	ROW("nftables.syncPeriod", DURATION, sync_period_ms),
	ROW("nodePortAddresses", STRINGS, node_port_addresses),
	ROW("oomScoreAdj", NUMBER, oom_score_adj),
	WITHOUT_EFFECT("portRange"),
	WITHOUT_EFFECT("showHiddenMetricsForVersion"),
	WITHOUT_EFFECT("windowsRunAsService"),
	WITHOUT_EFFECT("winkernel"),
};

struct reader {
	proxy_config_noted *noted;
	void *ctx;
	struct arena *arena;
	struct proxy_config *config;
};

static void tree_done(json_t **tree)
{
	json_decref(*tree);
}

static const struct row *find_row(const char *path)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		if (strcmp(rows[i].path, path) == 0)
			return &rows[i];
	return NULL;
}

/* Whether some row lies below @path. */
static bool is_section(const char *path)
{
	size_t len = strlen(path), i;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		if (strncmp(rows[i].path, path, len) == 0 && rows[i].path[len] == '.')
			return true;
	return false;
}

static bool is_default(const json_t *value)
{
	static const char *const words[] = { "", "0", "0s" };
	const json_t *element;
	const char *key;
	size_t i;

	switch (json_typeof(value)) {
	case JSON_NULL:
	case JSON_FALSE:
		return true;
	case JSON_TRUE:
		return false;
	case JSON_INTEGER:
	case JSON_REAL:
		return json_number_value(value) == 0;
	case JSON_STRING:
		for (i = 0; i < ARRAY_SIZE(words); i++)
			if (strcmp(json_string_value(value), words[i]) == 0)
				return true;
		return false;
	case JSON_ARRAY:
		return json_array_size(value) == 0;
	case JSON_OBJECT:
		json_object_foreach((json_t *)value, key, element) {
			if (!is_default(element))
				return false;
		}
		return true;
	}
	return false;
}

/* What of it says something: "ipvs.scheduler" rather than "ipvs". */
static void note_without_effect(const struct reader *reader, const char *path, const json_t *value)
{
	const json_t *element;
	char below[PATH_SIZE];
	const char *key;

	if (is_default(value))
		return;
	if (!json_is_object(value)) {
		reader->noted(reader->ctx, PROXY_CONFIG_NOTE_WITHOUT_EFFECT, path);
		return;
	}
	json_object_foreach((json_t *)value, key, element) {
		(void)snprintf(below, sizeof(below), "%s.%s", path, key);
		note_without_effect(reader, below, element);
	}
}

static void read_strings(const struct reader *reader, const struct field *field, const char **ret)
{
	size_t n = field_array(field, ADDRESSES_MAX), i;
	struct buf joined = BUF_INIT;

	for (i = 0; i < n; i++) {
		struct field element = field_element(field, i);

		buf_printf(&joined, "%s%s", i ? "," : "", field_string(&element));
	}
	if (n)
		*ret = arena_string(reader->arena, buf_text(&joined));
	buf_done(&joined);
}

static void read_duration(const struct field *field, struct proxy_config_number *ret)
{
	const char *text = field_string(field);

	ret->given = duration_parse(text, &ret->value);
	if (!ret->given)
		field_fail_value(field, text, "a duration such as 1m30s");
}

static void read_row(const struct reader *reader, const struct row *row, const struct field *field)
{
	void *member = (char *)reader->config + row->offset;
	struct proxy_config_number *number = member;
	const char *text;

	if (!field_given(field))
		return;
	switch (row->type) {
	case TYPE_STRING:
		text = field_string(field);
		if (*text)
			*(const char **)member = arena_string(reader->arena, text);
		return;
	case TYPE_STRINGS:
		read_strings(reader, field, member);
		return;
	case TYPE_BOOL:
		*number = (struct proxy_config_number){ true, field_bool(field, false) };
		return;
	case TYPE_NUMBER:
		number->given = true;
		number->value = field_number(field, INT32_MIN, INT32_MAX, 0);
		return;
	case TYPE_DURATION:
		read_duration(field, number);
		return;
	case TYPE_KNOWN:
	case TYPE_WITHOUT_EFFECT:
		break;
	}
}

/* @prefix: the path of @object, "" at the top */
static void read_section(const struct reader *reader, const struct field *object, const char *prefix)
{
	const json_t *value;
	const char *key;

	field_object(object);
	json_object_foreach((json_t *)object->json, key, value) {
		struct field field = field_member(object, key);
		const struct row *row;
		char path[PATH_SIZE];

		(void)snprintf(path, sizeof(path), "%s%s%s", prefix, *prefix ? "." : "", key);
		row = find_row(path);
		if (row && row->type == TYPE_WITHOUT_EFFECT)
			note_without_effect(reader, path, value);
		else if (row)
			read_row(reader, row, &field);
		else if (is_section(path))
			read_section(reader, &field, path);
		else
			reader->noted(reader->ctx, PROXY_CONFIG_NOTE_UNKNOWN, path);
		if (field_failed(object))
			return;
	}
}

static void check_kind(const struct field *root)
{
	struct field api_version = field_member(root, "apiVersion"), kind = field_member(root, "kind");
	const char *version_text, *kind_text;

	field_object(root);
	version_text = field_string(&api_version);
	kind_text = field_string(&kind);
	if (strcmp(kind_text, KIND) != 0)
		field_fail_value(&kind, kind_text, KIND);
	if (strcmp(version_text, API_VERSION) != 0)
		field_fail_value(&api_version, version_text, API_VERSION);
}

static void note_repeated(void *ctx, const char *key)
{
	const struct reader *reader = ctx;

	reader->noted(reader->ctx, PROXY_CONFIG_NOTE_REPEATED, key);
}

/* The first document that is not empty; a file may begin with "---" or a comment. */
static int read_tree(struct yaml_tree *tree, json_t **ret, struct err *reterr)
{
	struct yaml_tree_object about;
	yaml_event_t event;
	bool end;
	int r;

	for (;;) {
		r = yaml_tree_next(tree, &event, reterr);
		if (r < 0)
			return r;
		end = event.type == YAML_STREAM_END_EVENT;
		if (!end && event.type != YAML_DOCUMENT_START_EVENT) {
			yaml_event_delete(&event);
			continue;
		}
		yaml_event_delete(&event);
		if (end)
			return err_set(reterr, -EINVAL, "the file is empty");
		r = yaml_tree_next(tree, &event, reterr);
		if (r < 0)
			return r;
		r = yaml_tree_read(tree, &event, NULL, NULL, &about, ret, reterr);
		yaml_event_delete(&event);
		if (r < 0)
			return r;
		if (about.refusal.code) {
			*reterr = about.refusal;
			json_decref(*ret);
			*ret = NULL;
			return reterr->code;
		}
		if (!json_is_null(*ret))
			return 0;
		json_decref(*ret);
		*ret = NULL;
	}
}

int proxy_config_decode(const char *bytes, size_t size, proxy_config_noted *noted, void *ctx,
			struct arena *arena, struct proxy_config *ret, struct err *reterr)
{
	struct proxy_config config = { .kubeconfig = NULL };
	struct reader reader = { .noted = noted, .ctx = ctx, .arena = arena, .config = &config };
	_cleanup_(yaml_tree_freep) struct yaml_tree *tree = NULL;
	__attribute__((cleanup(tree_done))) json_t *root = NULL;
	struct field_reading reading = { .err = reterr };
	struct field field;
	int r;

	if (size > PROXY_CONFIG_SIZE_MAX)
		return err_set(reterr, -E2BIG, "more than %d bytes", PROXY_CONFIG_SIZE_MAX);
	if (size >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0) {
		bytes += 3;
		size -= 3;
	}
	tree = yaml_tree_new(bytes, size);
	yaml_tree_tolerate(tree, note_repeated, &reader);
	r = read_tree(tree, &root, reterr);
	if (r < 0)
		return r;
	field = field_root(root, &reading);
	check_kind(&field);
	if (!reading.code)
		read_section(&reader, &field, "");
	if (!reading.code)
		*ret = config;
	return reading.code;
}
