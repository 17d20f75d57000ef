/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "config/subject.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool subject_take(const char *text, size_t len, char ret[SUBJECT_NAME_MAX + 1])
{
	if (!len || len > SUBJECT_NAME_MAX)
		return false;
	(void)snprintf(ret, SUBJECT_NAME_MAX + 1, "%.*s", (int)len, text);
	return true;
}

static bool subject_is_port(const char *text)
{
	size_t len = strspn(text, "0123456789");

	return len && len <= 5 && !text[len] && *text != '0' && strtoul(text, NULL, 10) <= 65535;
}

/* An address in @text up to @len. */
static bool subject_addr(const char *text, size_t len, struct subject *ret)
{
	char addr[ADDR_TEXT_SIZE];

	if (len >= sizeof(addr))
		return false;
	(void)snprintf(addr, sizeof(addr), "%.*s", (int)len, text);
	return addr_parse(addr, &ret->addr);
}

/* "10.96.1.1:80", "[fd00::1]", "[fd00::1]:80", or one without a port. */
static bool subject_parse_address(const char *text, struct subject *ret)
{
	const char *end = *text == '[' ? strchr(text, ']') : strrchr(text, ':');
	const char *port = end && *end == ']' ? end + 1 : end;

	ret->kind = SUBJECT_KIND_ADDRESS;
	if (subject_addr(text, strlen(text), ret))
		return true;
	if (!end || !subject_addr(text + (*text == '['), (size_t)(end - text) - (*text == '['), ret) ||
	    (*text == '[') != (ret->addr.family == FAMILY_IPV6))
		return false;
	if (!*port)
		return true;
	return *port == ':' && subject_is_port(port + 1) &&
	       subject_take(port + 1, strlen(port + 1), ret->port);
}

/* "[namespace/]name[:port]", without "/" and ":" elsewhere; none of the names is empty. */
static bool subject_parse_service(const char *text, struct subject *ret)
{
	size_t len = strcspn(text, "/:");

	if (text[len] == '/') {
		if (!subject_take(text, len, ret->namespace))
			return false;
		text += len + 1;
		len = strcspn(text, "/:");
	}
	if (!subject_take(text, len, ret->name) || text[len] == '/')
		return false;
	/* An empty port is none. */
	return !text[len] || !text[len + 1] ||
	       (!strpbrk(text + len + 1, "/:") &&
		subject_take(text + len + 1, strlen(text + len + 1), ret->port));
}

bool subject_parse(const char *text, struct subject *ret)
{
	*ret = (struct subject){ .kind = SUBJECT_KIND_NODE_PORT };
	if (subject_is_port(text))
		return subject_take(text, strlen(text), ret->port);
	if (subject_parse_address(text, ret))
		return true;
	*ret = (struct subject){ .kind = SUBJECT_KIND_SERVICE };
	return subject_parse_service(text, ret);
}
