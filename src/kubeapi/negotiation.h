/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * negotiation.h - which format a kind's answers come in: protobuf, or JSON
 *
 * Room:     kubeapi. Pure: the time is an argument.
 * Rule:     protobuf is asked for, and JSON accepted; the Content-Type of each answer decides, so a server
 *           that is replaced by another, or a proxy that changes the request, needs no attention. Only where
 *           that ends in nothing of use (406, 415, an ill-formed body) JSON alone is asked for, for
 *           NEGOTIATION_JSON_MS. Each kind has one of these, since an aggregated API may differ.
 */
#ifndef KUBEAPI_NEGOTIATION_H
#define KUBEAPI_NEGOTIATION_H

#include <stdbool.h>
#include <stdint.h>

#include "kubeapi/response_body.h"

#define NEGOTIATION_JSON_MS 3600000

/**
 * struct negotiation - One kind's; zeroed: protobuf is wanted
 * @json_only:	JSON is all that is wanted
 * The rest is private.
 */
struct negotiation {
	bool json_only;
	bool asked; /* the last request was for protobuf */
	bool failed;
	int64_t failed_ms;
};

/** negotiation_accept() - The Accept header of a request that is about to be made. */
const char *negotiation_accept(struct negotiation *negotiation, bool watch, int64_t now_ms);
/** negotiation_format() - The format of an answer of that Content-Type, which may be "". */
enum response_body_format negotiation_format(const char *content_type);
/** negotiation_refused() - Whether an answer of that HTTP code is about the formats that we asked for. */
bool negotiation_refused(const struct negotiation *negotiation, int http_code);
/** negotiation_failed() - The answer is of no use for its format: ask for JSON from now on. */
void negotiation_failed(struct negotiation *negotiation, int64_t now_ms);
/** negotiation_forget() - The server may be another: begin anew. */
void negotiation_forget(struct negotiation *negotiation);

#endif
