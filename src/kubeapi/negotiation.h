/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * negotiation.h - the format of the answers for a kind: protobuf or JSON
 *
 * Room:     kubeapi. Pure: the time is an argument.
 * Rule:     ask for protobuf, accept JSON; the Content-Type of each answer decides. So no state is wrong when
 *           the server is replaced, or a proxy changes the request. Only if the answer is of no use (406, 415,
 *           an ill-formed body), ask for JSON alone for NEGOTIATION_JSON_MS. Each kind has a negotiation of its
 *           own, since an aggregated API may differ.
 */
#ifndef KUBEAPI_NEGOTIATION_H
#define KUBEAPI_NEGOTIATION_H

#include <stdbool.h>
#include <stdint.h>

#include "kubeapi/response_body.h"

#define NEGOTIATION_JSON_MS 3600000

/**
 * struct negotiation - One kind's; zeroed: protobuf is preferred
 * @json_only:	never ask for protobuf
 * The rest is private.
 */
struct negotiation {
	bool json_only;
	bool asked; /* the last request accepted protobuf */
	bool failed;
	int64_t failed_ms;
};

/** negotiation_accept() - The Accept header of the next request. */
const char *negotiation_accept(struct negotiation *negotiation, bool watch, int64_t now_ms);
/** negotiation_format() - The format of an answer with this Content-Type, which may be "". */
enum response_body_format negotiation_format(const char *content_type);
/** negotiation_refused() - Whether an answer with this HTTP code refuses protobuf. */
bool negotiation_refused(const struct negotiation *negotiation, int http_code);
/** negotiation_failed() - Protobuf was refused or ill-formed: ask for JSON from now on. */
void negotiation_failed(struct negotiation *negotiation, int64_t now_ms);
/** negotiation_forget() - The server may be another one: ask for protobuf again. */
void negotiation_forget(struct negotiation *negotiation);

#endif
