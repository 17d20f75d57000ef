/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * service_name.h - which Service: its namespace and its name
 *
 * Room:   base. Pure.
 * Shapes: two borrowed strings, or NULL and NULL for no Service. The text form is "namespace/name".
 */
#ifndef BASE_SERVICE_NAME_H
#define BASE_SERVICE_NAME_H

#include <stdbool.h>
#include <stddef.h>

struct arena;

/* "namespace/name" and a NUL; each part has at most 253 characters (decode/object.h). */
#define SERVICE_NAME_TEXT_SIZE 512

/** struct service_name - Both members are set, or both are NULL: no Service. */
struct service_name {
	const char *namespace;
	const char *name;
};

#define SERVICE_NAME_NONE ((struct service_name){ NULL, NULL })

/** service_name_print() - "namespace/name" into @text, which is returned; "" for no Service. */
const char *service_name_print(struct service_name service, char text[SERVICE_NAME_TEXT_SIZE]);
/** service_name_is_set() - Whether @service names a Service. */
static inline bool service_name_is_set(struct service_name service)
{
	return service.name != NULL;
}
/** service_name_cmp() - As strcmp() of the two texts; no Service sorts first. */
int service_name_cmp(struct service_name a, struct service_name b);
bool service_name_equal(struct service_name a, struct service_name b);
/** service_name_copy() - A copy in one heap block, "namespace" NUL "name" NUL; free it with service_name_free(). */
struct service_name service_name_copy(struct service_name service);
void service_name_free(struct service_name copy);
/** service_name_copy_to() - A copy whose strings @arena owns. */
struct service_name service_name_copy_to(struct arena *arena, struct service_name service);

#endif
