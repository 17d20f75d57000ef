/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * encode.h - model objects to bytes that protobuf_object_item() reads
 *
 * Room:     decode. Pure. The inverse of the decoders, for the saved state (intake/saved_state.h).
 * Shapes:   the API's protobuf messages, with the fields that we use.
 * Rule:     reading gives an object equal to the one written (but for slice.trigger_us, which is not written).
 */
#ifndef DECODE_ENCODE_H
#define DECODE_ENCODE_H

struct buf;
struct node;
struct service;
struct service_cidr;
struct slice;

/** encode_*() - Append the message, without an envelope, to @to. */
void encode_service(const struct service *service, struct buf *to);
void encode_slice(const struct slice *slice, struct buf *to);
void encode_node(const struct node *node, struct buf *to);
void encode_service_cidr(const struct service_cidr *service_cidr, struct buf *to);

#endif
