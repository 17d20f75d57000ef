/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "config/setting_value.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/duration.h"

#define LISTEN_ALLOWED	     "an IP address, one with a port from 1 to 65535, or nothing"
#define CLUSTER_CIDR_ALLOWED "a prefix such as 10.244.0.0/16 or fd00::/56"
#define GATES_ALLOWED	     "NAME=true and NAME=false, separated by commas"
#define NODE_PORTS_ALLOWED \
	"primary, all, localhost, and prefixes such as 192.0.2.0/24 or 2001:db8::/64, separated by commas"

/* A value to be taken: the row, who gives it, and the text. @again: it gave one before. */
struct input {
	const struct setting *setting;
	const char *given_by;
	bool again;
	const char *value;
	struct settings *settings;
	struct err *err;
};

/* A value to be written as member @key. */
struct output {
	const struct setting *setting;
	const struct settings *settings;
	const char *key;
	struct json_text *json;
};

int setting_value_refuse(const char *given_by, const char *value, const char *allowed, struct err *reterr)
{
	return err_set(reterr, -EINVAL, "%s: \"%s\" is not allowed; allowed: %s", given_by, value, allowed);
}

/* @part: of the value, or all of it */
static int refuse(const struct input *in, const char *part, const char *allowed)
{
	return setting_value_refuse(in->given_by, part, in->setting->allowed ? in->setting->allowed : allowed,
				    in->err);
}

/* --- texts and words --------------------------------------------------------------------------------------
 */

static int parse_bool(const struct input *in, void *at)
{
	static const char *const words[][3] = { { "false", "f", "0" }, { "true", "t", "1" } };
	size_t yes, i;

	for (yes = 0; yes < ARRAY_SIZE(words); yes++) {
		for (i = 0; i < ARRAY_SIZE(words[yes]); i++) {
			if (strcasecmp(in->value, words[yes][i]) == 0) {
				*(bool *)at = yes;
				return 0;
			}
		}
	}
	return refuse(in, in->value, "true or false");
}

static void write_bool(const struct output *out, const void *at)
{
	json_text_bool(out->json, out->key, *(const bool *)at);
}

static int parse_text(const struct input *in, void *at)
{
	*(const char **)at = *in->value ? in->value : NULL;
	return 0;
}

static int parse_file(const struct input *in, void *at)
{
	return *in->value ? parse_text(in, at) : refuse(in, in->value, "a file");
}

static void write_text(const struct output *out, const void *at)
{
	const char *text = *(const char *const *)at;

	json_text_string(out->json, out->key, text ? text : "");
}

static int parse_path(const struct input *in, void *at)
{
	size_t len = strlen(in->value);
	char allowed[64];

	if (len > (size_t)in->setting->max || (len && *in->value != '/')) {
		(void)snprintf(allowed, sizeof(allowed),
			       "an absolute path of at most %" PRId64 " bytes, or nothing", in->setting->max);
		return refuse(in, in->value, allowed);
	}
	memcpy(at, in->value, len + 1);
	return 0;
}

static void write_chars(const struct output *out, const void *at)
{
	json_text_string(out->json, out->key, at);
}

/* "a or b", "one of a, b, c, d" */
static int refuse_word(const struct input *in)
{
	const char *words = in->setting->words;
	bool two = strchr(words, ' ') == strrchr(words, ' ');
	struct buf allowed = BUF_INIT;
	int r;

	buf_printf(&allowed, "%s", two ? "" : "one of ");
	for (; *words; words++)
		if (*words == ' ')
			buf_printf(&allowed, "%s", two ? " or " : ", ");
		else
			buf_add(&allowed, words, 1);
	r = refuse(in, in->value, buf_text(&allowed));
	buf_done(&allowed);
	return r;
}

static int parse_word(const struct input *in, void *at)
{
	const char *word = in->setting->words;
	size_t len = strlen(in->value);
	unsigned int index = 0;

	if (strchr(in->value, ' ') || (!len && !in->setting->zero_is_default))
		return refuse_word(in);
	while (len && (strncmp(word, in->value, len) != 0 || (word[len] && word[len] != ' '))) {
		word += strcspn(word, " ");
		if (!*word++)
			return refuse_word(in);
		index++;
	}
	memcpy(at, &index, sizeof(index));
	return 0;
}

static void write_nth_word(const struct output *out, unsigned int index)
{
	const char *words = out->setting->words;
	char word[64];

	while (index--)
		words += strcspn(words, " ") + 1;
	(void)snprintf(word, sizeof(word), "%.*s", (int)strcspn(words, " "), words);
	json_text_string(out->json, out->key, word);
}

static void write_word(const struct output *out, const void *at)
{
	unsigned int index;

	memcpy(&index, at, sizeof(index));
	write_nth_word(out, index);
}

static void write_first_word(const struct output *out, const void *at)
{
	(void)at;
	write_nth_word(out, 0);
}

static void write_constant(const struct output *out, const void *at)
{
	(void)at;
	json_text_string(out->json, out->key, out->setting->standard);
}

/* An empty name is as good as none, as in kube-proxy: manifests pass empty variables. One of blanks is not. */
static int parse_node_name(const struct input *in, void *at)
{
	const char *value = in->value + strspn(in->value, " \t");
	size_t i, len = strcspn(value, " \t");
	char *name = at;

	if (!*in->value)
		return 0;
	if (!len || len >= SETTINGS_NODE_NAME_SIZE || value[len + strspn(value + len, " \t")])
		return refuse(in, value, "a node name of 1 to 253 characters");
	for (i = 0; i < len; i++)
		name[i] = (char)(value[i] >= 'A' && value[i] <= 'Z' ? value[i] + 32 : value[i]);
	name[len] = '\0';
	if (strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-.") != len)
		return refuse(in, value, "letters, digits, `-' and `.'");
	return 0;
}

/* --- numbers ---------------------------------------------------------------------------------------------
 */

static int parse_number(const struct input *in, void *at)
{
	const struct setting *setting = in->setting;
	const char *value = in->value;
	char allowed[64], *end = NULL;
	int64_t number = 0;

	if (strlen(value) < 12 && strspn(value + (*value == '-'), "0123456789"))
		number = strtoll(value, &end, 10);
	if (!end || *end || number < setting->min || number > setting->max) {
		(void)snprintf(allowed, sizeof(allowed), "a number from %" PRId64 " to %" PRId64,
			       setting->min, setting->max);
		return refuse(in, value, allowed);
	}
	*(int64_t *)at = number;
	return 0;
}

static void write_number(const struct output *out, const void *at)
{
	json_text_number(out->json, out->key, *(const int64_t *)at);
}

static int parse_duration(const struct input *in, void *at)
{
	int64_t ms;

	if (!duration_parse(in->value, &ms) || ms < in->setting->min || ms > in->setting->max)
		return refuse(in, in->value, NULL);
	*(int64_t *)at = ms;
	return 0;
}

static void write_duration(const struct output *out, const void *at)
{
	char text[DURATION_TEXT_SIZE];

	json_text_string(out->json, out->key, duration_print(*(const int64_t *)at, text));
}

/* --- addresses -------------------------------------------------------------------------------------------
 */

static int parse_address(const struct input *in, void *at)
{
	struct addr addr;

	if (!addr_parse(in->value, &addr))
		return refuse(in, in->value, "an IP address");
	*(struct addr *)at = addr;
	return 0;
}

static int parse_address_text(const struct input *in, void *at)
{
	struct addr addr;
	int r = parse_address(in, &addr);

	return r < 0 ? r : parse_text(in, at);
}

static void write_address(const struct output *out, const void *at)
{
	char text[ADDR_TEXT_SIZE];

	json_text_string(out->json, out->key, addr_print(at, text));
}

/* False: not a number from 0 to 65535. */
static bool read_port(const char *text, uint16_t *ret)
{
	unsigned long port;

	if (!*text || strlen(text) > 5 || strspn(text, "0123456789") != strlen(text))
		return false;
	port = strtoul(text, NULL, 10);
	*ret = (uint16_t)port;
	return port <= UINT16_MAX;
}

static int parse_listen_port(const struct input *in, void *at)
{
	struct settings_listen *listen = at;

	return read_port(in->value, &listen->port) ? 0
						   : refuse(in, in->value, "a port number from 0 to 65535");
}

/* X8: "1.2.3.4", "1.2.3.4:80", "::1", "[::1]", "[::1]:80"; an address alone gets the default's port. */
static bool read_listen(const struct setting *setting, const char *value, struct settings_listen *ret)
{
	bool bracketed = *value == '[';
	const char *start = value + bracketed, *end = bracketed ? strchr(value, ']') : strrchr(value, ':');
	char text[ADDR_TEXT_SIZE];

	(void)read_port(strrchr(setting->standard, ':') + 1, &ret->port);
	if (addr_parse(value, &ret->addr))
		return true;
	if (!end || end - start >= (ptrdiff_t)sizeof(text))
		return false;
	(void)snprintf(text, sizeof(text), "%.*s", (int)(end - start), start);
	end += bracketed;
	/* "::1:80" would be an address without a port. */
	if (!addr_parse(text, &ret->addr) || (ret->addr.family == FAMILY_IPV6 && !bracketed))
		return false;
	return !*end || (*end == ':' && read_port(end + 1, &ret->port) && ret->port);
}

static int parse_listen(const struct input *in, void *at)
{
	struct settings_listen listen = { 0 };

	if (!*in->value) {
		((struct settings_listen *)at)->port = 0;
		return 0;
	}
	if (!read_listen(in->setting, in->value, &listen))
		return refuse(in, in->value, LISTEN_ALLOWED);
	*(struct settings_listen *)at = listen;
	return 0;
}

static void write_listen(const struct output *out, const void *at)
{
	const struct settings_listen *listen = at;
	char addr[ADDR_TEXT_SIZE], text[ADDR_TEXT_SIZE + 16];

	(void)snprintf(text, sizeof(text), listen->addr.family == FAMILY_IPV6 ? "[%s]:%u" : "%s:%u",
		       addr_print(&listen->addr, addr), listen->port);
	json_text_string(out->json, out->key, listen->port ? text : "");
}

static int parse_listen_on(const struct input *in, void *at)
{
	bool on = true;
	int r = parse_bool(in, &on);

	if (!on)
		((struct settings_listen *)at)->port = 0;
	return r;
}

static void write_listen_on(const struct output *out, const void *at)
{
	json_text_bool(out->json, out->key, ((const struct settings_listen *)at)->port != 0);
}

/* --- lists of prefixes -----------------------------------------------------------------------------------
 */

static int add_cluster_cidr(const struct input *in, const char *text)
{
	struct cidr cidr;

	if (!cidr_parse(text, &cidr))
		return refuse(in, text, CLUSTER_CIDR_ALLOWED);
	if (in->settings->has_cluster_cidr[cidr.addr.family])
		return refuse(in, text, "one prefix per family");
	in->settings->has_cluster_cidr[cidr.addr.family] = true;
	in->settings->cluster_cidr[cidr.addr.family] = cidr;
	return 0;
}

static int add_node_port_prefix(const struct input *in, const char *text)
{
	struct settings *settings = in->settings;
	struct cidr cidr;

	if (!cidr_parse(text, &cidr))
		return refuse(in, text, NODE_PORTS_ALLOWED);
	if (settings->n_node_port_addresses == SETTINGS_NODE_PORT_ADDRESSES_MAX)
		return refuse(in, text, "at most 64 prefixes");
	settings->node_port_addresses[settings->n_node_port_addresses++] = cidr;
	return 0;
}

/* tests/COVERAGE.md O2, O12: a word stands for prefixes, or for the Node's addresses. */
static int add_node_port_addresses(const struct input *in, const char *text)
{
	static const char *const words[][3] = {
		{ "all", "0.0.0.0/0", "::/0" },
		{ "localhost", "127.0.0.0/8", "::1/128" },
	};
	size_t i;
	int r;

	if (strcmp(text, "primary") == 0) {
		in->settings->node_port_primary = true;
		return 0;
	}
	for (i = 0; i < ARRAY_SIZE(words); i++) {
		if (strcmp(text, words[i][0]) != 0)
			continue;
		r = add_node_port_prefix(in, words[i][1]);
		return r < 0 ? r : add_node_port_prefix(in, words[i][2]);
	}
	return add_node_port_prefix(in, text);
}

/* Calls @add for each part between commas; stops at the first that is refused. None is in an empty value. */
static int parse_list(const struct input *in, int (*add)(const struct input *in, const char *text))
{
	_cleanup_free_ char *copy = alloc_string(in->value);
	char *rest = copy, *part;
	int r = 0;

	while (!r && *in->value && (part = strsep(&rest, ","))) {
		part += strspn(part, " ");
		part[strcspn(part, " ")] = '\0';
		r = add(in, part);
	}
	return r;
}

static int parse_cluster_cidr(const struct input *in, void *at)
{
	memset(at, 0, sizeof(in->settings->has_cluster_cidr));
	return parse_list(in, add_cluster_cidr);
}

static void write_cluster_cidr(const struct output *out, const void *at)
{
	const struct settings *settings = out->settings;
	struct buf text = BUF_INIT;
	char cidr[CIDR_TEXT_SIZE];
	int family;

	(void)at;
	for (family = 0; family < _FAMILY_MAX; family++)
		if (settings->has_cluster_cidr[family])
			buf_printf(&text, "%s%s", text.size ? "," : "",
				   cidr_print(&settings->cluster_cidr[family], cidr));
	json_text_string(out->json, out->key, buf_text(&text));
	buf_done(&text);
}

/* tests/COVERAGE.md O13: the first flag replaces the default, further ones add to it. */
static int parse_node_port_addresses(const struct input *in, void *at)
{
	(void)at;
	if (!in->again) {
		in->settings->n_node_port_addresses = 0;
		in->settings->node_port_primary = false;
	}
	return parse_list(in, add_node_port_addresses);
}

static void write_node_port_addresses(const struct output *out, const void *at)
{
	const struct settings *settings = out->settings;
	char cidr[CIDR_TEXT_SIZE];
	size_t i;

	(void)at;
	json_text_begin(out->json, out->key, '[');
	if (settings->node_port_primary)
		json_text_string(out->json, NULL, "primary");
	for (i = 0; i < settings->n_node_port_addresses; i++)
		json_text_string(out->json, NULL, cidr_print(&settings->node_port_addresses[i], cidr));
	json_text_end(out->json, ']');
}

/* --- feature gates -----------------------------------------------------------------------------------------
 */

/* tests/COVERAGE.md P3, X12: kube-proxy would refuse a name that it does not know; here all others have no effect. */
static int take_feature_gate(const struct input *in, const char *text)
{
	static const char external_ips[] = "AllowServiceExternalIPs";
	const char *equals = strrchr(text, '=');
	char note[SETTINGS_NOTE_SIZE];
	struct input value = *in;
	bool on = false;

	if (!equals || equals == text)
		return refuse(in, text, GATES_ALLOWED);
	value.value = equals + 1;
	if (parse_bool(&value, &on) < 0)
		return refuse(in, text, GATES_ALLOWED);
	if (strlen(external_ips) == (size_t)(equals - text) &&
	    strncmp(text, external_ips, strlen(external_ips)) == 0) {
		in->settings->external_ips_gate_off = !on;
		return 0;
	}
	(void)snprintf(note, sizeof(note), "%s%c%.*s", in->given_by, *in->given_by == '-' ? '=' : '.',
		       (int)(equals - text), text);
	settings_note(in->settings, SETTINGS_NOTE_WITHOUT_EFFECT, note);
	return 0;
}

static int parse_feature_gates(const struct input *in, void *at)
{
	(void)at;
	return parse_list(in, take_feature_gate);
}

/* --- by type ---------------------------------------------------------------------------------------------
 */

static const struct {
	enum setting_value_form form;
	int (*parse)(const struct input *in, void *at); /* NULL: there is nothing to keep */
	void (*write)(const struct output *out, const void *at);
} types[] = {
	[SETTING_TYPE_BOOL] = { SETTING_VALUE_FORM_BOOL, parse_bool, write_bool },
	[SETTING_TYPE_TEXT] = { SETTING_VALUE_FORM_STRING, parse_text, write_text },
	[SETTING_TYPE_FILE] = { SETTING_VALUE_FORM_STRING, parse_file, write_text },
	[SETTING_TYPE_PATH] = { SETTING_VALUE_FORM_STRING, parse_path, write_chars },
	[SETTING_TYPE_WORD] = { SETTING_VALUE_FORM_STRING, parse_word, write_word },
	[SETTING_TYPE_MODE] = { SETTING_VALUE_FORM_STRING, parse_word, write_first_word },
	[SETTING_TYPE_NUMBER] = { SETTING_VALUE_FORM_NUMBER, parse_number, write_number },
	[SETTING_TYPE_DURATION] = { SETTING_VALUE_FORM_DURATION, parse_duration, write_duration },
	[SETTING_TYPE_NODE_NAME] = { SETTING_VALUE_FORM_STRING, parse_node_name, write_chars },
	[SETTING_TYPE_ADDRESS] = { SETTING_VALUE_FORM_STRING, parse_address, write_address },
	[SETTING_TYPE_ADDRESS_TEXT] = { SETTING_VALUE_FORM_STRING, parse_address_text, write_text },
	[SETTING_TYPE_LISTEN] = { SETTING_VALUE_FORM_STRING, parse_listen, write_listen },
	[SETTING_TYPE_LISTEN_PORT] = { SETTING_VALUE_FORM_NUMBER, parse_listen_port, NULL },
	[SETTING_TYPE_LISTEN_ON] = { SETTING_VALUE_FORM_BOOL, parse_listen_on, write_listen_on },
	[SETTING_TYPE_CLUSTER_CIDR] = { SETTING_VALUE_FORM_STRING, parse_cluster_cidr, write_cluster_cidr },
	[SETTING_TYPE_NODE_PORT_ADDRESSES] = { SETTING_VALUE_FORM_STRINGS, parse_node_port_addresses,
					       write_node_port_addresses },
	[SETTING_TYPE_FEATURE_GATES] = { SETTING_VALUE_FORM_GATES, parse_feature_gates, NULL },
	[SETTING_TYPE_CONSTANT] = { SETTING_VALUE_FORM_STRING, NULL, write_constant },
	[SETTING_TYPE_WITHOUT_EFFECT] = { SETTING_VALUE_FORM_STRING, NULL, NULL },
	[SETTING_TYPE_WITHOUT_EFFECT_BOOL] = { SETTING_VALUE_FORM_STRING, NULL, NULL },
	[SETTING_TYPE_COMMAND] = { SETTING_VALUE_FORM_STRING, NULL, NULL },
	[SETTING_TYPE_HEADING] = { SETTING_VALUE_FORM_STRING, NULL, NULL },
};
static_assert(ARRAY_SIZE(types) == _SETTING_TYPE_MAX, "a row for each type");

enum setting_value_form setting_value_form(const struct setting *setting)
{
	return types[setting->type].form;
}

int setting_value_set(const struct setting *setting, const char *given_by, const char *value,
		      struct settings *settings, struct err *reterr)
{
	struct input in = {
		.setting = setting, .given_by = given_by, .value = value, .settings = settings, .err = reterr
	};
	int64_t unused;

	if (!types[setting->type].parse)
		return 0;
	if (setting->given_by) {
		const char **by = (const char **)((char *)settings + setting->given_by);

		in.again = *by && *by == given_by;
		*by = given_by;
	}
	return types[setting->type].parse(&in, setting->place ? (char *)settings + setting->place
							      : (void *)&unused);
}

void setting_value_set_defaults(struct settings *settings)
{
	const struct setting *setting;
	int r = 0;
	size_t i;

	for (i = 0; !r && (setting = setting_table_row(i)); i++)
		if (setting->standard)
			r = setting_value_set(setting, NULL, setting->standard, settings, NULL);
	assert(!r);
}

bool setting_value_is_written(const struct setting *setting, const struct settings *settings)
{
	const char *const *given_by = (const void *)((const char *)settings + setting->given_by);

	if (!setting->path || !types[setting->type].write)
		return false;
	if (setting->type != SETTING_TYPE_CONSTANT && !setting->place)
		return false;
	/* Without a default the kernel's own value stays. */
	return !setting->given_by || setting->standard || *given_by;
}

void setting_value_write(const struct setting *setting, const struct settings *settings, const char *key,
			 struct json_text *json)
{
	const struct output out = { setting, settings, key, json };

	types[setting->type].write(&out, (const char *)settings + setting->place);
}
