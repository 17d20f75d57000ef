/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "kubeapi/negotiation.h"

#include <string.h>

#define JSON	 "application/json"
#define PROTOBUF "application/vnd.kubernetes.protobuf"

const char *negotiation_accept(struct negotiation *negotiation, bool watch, int64_t now_ms)
{
	if (negotiation->failed && now_ms - negotiation->failed_ms >= NEGOTIATION_JSON_MS)
		negotiation->failed = false;
	negotiation->asked = !negotiation->json_only && !negotiation->failed;
	if (!negotiation->asked)
		return JSON;
	return watch ? PROTOBUF ";stream=watch," JSON : PROTOBUF "," JSON;
}

/* Without a type, or with an unknown one, it is JSON, as it was before Kubernetes had protobuf. */
enum response_body_format negotiation_format(const char *content_type)
{
	return strcmp(content_type, PROTOBUF) == 0 ? RESPONSE_BODY_FORMAT_PROTOBUF
						   : RESPONSE_BODY_FORMAT_JSON;
}

bool negotiation_refused(const struct negotiation *negotiation, int http_code)
{
	return negotiation->asked && (http_code == 406 || http_code == 415);
}

void negotiation_failed(struct negotiation *negotiation, int64_t now_ms)
{
	negotiation->failed = true;
	negotiation->failed_ms = now_ms;
}

void negotiation_forget(struct negotiation *negotiation)
{
	negotiation->failed = false;
}
