/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "report/event.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/json_text.h"
#include "base/wall.h"

#define EVENT_CONTROLLER   "kube-nftproxy"
#define EVENT_INSTANCE_MAX 127 /* bytes, the API's limit */
#define EVENT_NAME_MAX	   253
#define EVENT_NAME_HASH	   16 /* hexadecimal digits */

/* Events about an object without a namespace are in this one. */
static const char *event_namespace(const struct event *event)
{
	return *event->namespace ? event->namespace : "default";
}

/* "web.1f0c...": the object's name, with what the API does not allow replaced, and a part of @id. */
static void event_print_name(const struct event *event, const uint8_t id[SHA256_SIZE], struct buf *to)
{
	char name[EVENT_NAME_MAX - EVENT_NAME_HASH];
	size_t i, len = strlen(event->name);

	if (len > sizeof(name) - 1)
		len = sizeof(name) - 1;
	for (i = 0; i < len; i++) {
		char c = event->name[i];
		bool good = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.';

		name[i] = good ? c : '-';
	}
	while (len > 0 && (name[len - 1] == '-' || name[len - 1] == '.'))
		len--;
	buf_printf(to, "%.*s.", (int)(len ? len : 1), len ? name : "x");
	for (i = 0; i < EVENT_NAME_HASH / 2; i++)
		buf_printf(to, "%02x", id[i]);
}

void event_print_path(const struct event *event, const uint8_t id[SHA256_SIZE], bool patch, struct buf *to)
{
	const char *p;

	buf_printf(to, "/apis/events.k8s.io/v1/namespaces/");
	for (p = event_namespace(event); *p; p++)
		buf_printf(to, strchr("/?#% ", *p) ? "%%%02X" : "%c", (unsigned char)*p);
	buf_printf(to, "/events");
	if (!patch)
		return;
	buf_printf(to, "/");
	event_print_name(event, id, to);
}

static void event_print_regarding(const struct event *event, struct json_text *json)
{
	json_text_begin(json, "regarding", '{');
	json_text_string(json, "apiVersion", event->api_version);
	json_text_string(json, "kind", event->kind);
	if (*event->namespace)
		json_text_string(json, "namespace", event->namespace);
	json_text_string(json, "name", event->name);
	if (*event->uid)
		json_text_string(json, "uid", event->uid);
	json_text_end(json, '}');
}

void event_print_new(const struct event *event, const uint8_t id[SHA256_SIZE], const char *node_name,
		     int64_t time_us, struct buf *to)
{
	struct json_text json = JSON_TEXT_INIT(to, 0);
	char time[WALL_TEXT_SIZE], instance[EVENT_INSTANCE_MAX + 1];
	struct buf name = BUF_INIT;

	event_print_name(event, id, &name);
	(void)snprintf(instance, sizeof(instance), EVENT_CONTROLLER "-%s", node_name);
	json_text_begin(&json, NULL, '{');
	json_text_string(&json, "apiVersion", "events.k8s.io/v1");
	json_text_string(&json, "kind", "Event");
	json_text_begin(&json, "metadata", '{');
	json_text_string(&json, "name", buf_text(&name));
	json_text_string(&json, "namespace", event_namespace(event));
	json_text_end(&json, '}');
	json_text_string(&json, "eventTime", wall_print_micro(time_us, time));
	json_text_string(&json, "reportingController", EVENT_CONTROLLER);
	json_text_string(&json, "reportingInstance", instance);
	json_text_string(&json, "action", event->action);
	json_text_string(&json, "reason", event->reason);
	event_print_regarding(event, &json);
	json_text_string(&json, "note", event->note);
	json_text_string(&json, "type", event->type == EVENT_TYPE_WARNING ? "Warning" : "Normal");
	json_text_end(&json, '}');
	buf_done(&name);
}

void event_print_series(uint64_t count, int64_t time_us, struct buf *to)
{
	struct json_text json = JSON_TEXT_INIT(to, 0);
	char time[WALL_TEXT_SIZE];

	json_text_begin(&json, NULL, '{');
	json_text_begin(&json, "series", '{');
	json_text_number(&json, "count", (int64_t)count);
	json_text_string(&json, "lastObservedTime", wall_print_micro(time_us, time));
	json_text_end(&json, '}');
	json_text_end(&json, '}');
}
