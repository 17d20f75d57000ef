/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "decode/object.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "model/node.h"
#include "model/service.h"
#include "model/service_cidr.h"
#include "model/slice.h"

void object_unread(struct object *object)
{
	*object = (struct object){
		.kind = _OBJECT_KIND_MAX,
		.kind_name = alloc_string(""),
		.namespace = alloc_string(""),
		.name = alloc_string(""),
		.resource_version = alloc_string(""),
	};
}

void object_done(struct object *object)
{
	switch (object->kind) {
	case OBJECT_KIND_SERVICE:
		(void)service_free(object->service);
		break;
	case OBJECT_KIND_ENDPOINT_SLICE:
		(void)slice_free(object->slice);
		break;
	case OBJECT_KIND_NODE:
		(void)node_free(object->node);
		break;
	case OBJECT_KIND_SERVICE_CIDR:
		(void)service_cidr_free(object->service_cidr);
		break;
	case _OBJECT_KIND_MAX:
		break;
	}
	free(object->kind_name);
	free(object->namespace);
	free(object->name);
	free(object->resource_version);
	free(object->service_name);
	warnings_free(object->warnings);
	memset(object, 0, sizeof(*object));
}
