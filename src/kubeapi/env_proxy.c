/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "kubeapi/env_proxy.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/addr.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "base/cidr.h"
#include "base/cleanup.h"

#define ENV_PROXY_BLANKS " \t\r\n\v\f"

/** struct env_proxy_server - @host in lower case, without brackets; @is_addr: it is @addr */
struct env_proxy_server {
	char *host;
	const char *port;
	bool is_addr;
	struct addr addr;
};

static void env_proxy_lower(char *text)
{
	for (; *text; text++)
		if (*text >= 'A' && *text <= 'Z')
			*text = (char)(*text - 'A' + 'a');
}

/* Cut "host:port" or "[host]:port" in two. False: there is no port, or what is before it has a colon but no brackets. */
static bool env_proxy_split(char *text, char **ret_host, const char **ret_port)
{
	char *colon = strrchr(text, ':'), *end;

	if (!colon)
		return false;
	if (*text == '[') {
		end = strchr(text, ']');
		if (!end || end + 1 != colon)
			return false;
		*end = '\0';
		text++;
	} else if (strchr(text, ':') != colon) {
		return false;
	}
	*colon = '\0';
	*ret_host = text;
	*ret_port = colon + 1;
	return true;
}

/* @authority: "host", "host:port" or with brackets; it is changed. */
static void env_proxy_read_server(char *authority, bool tls, struct env_proxy_server *ret)
{
	char *host = authority, *end;
	const char *port = "";

	if (!env_proxy_split(authority, &host, &port) && *authority == '[') {
		host = authority + 1;
		end = strchr(host, ']');
		if (end)
			*end = '\0';
	}
	ret->host = host;
	ret->port = *port ? port : tls ? "443" : "80";
	ret->is_addr = addr_parse(host, &ret->addr);
}

/* @domain ends the host's name; unless it begins with a dot, it may also be the whole name. */
static bool env_proxy_is_in_domain(const char *host, const char *domain)
{
	size_t size = strlen(domain), host_size = strlen(host);
	bool whole = *domain != '.';

	if (host_size < size || strcmp(host + host_size - size, domain) != 0)
		return false;
	return !whole || host_size == size || host[host_size - size - 1] == '.';
}

/* Whether one entry of $NO_PROXY, which is changed, means @server. */
static bool env_proxy_excepts(char *entry, const struct env_proxy_server *server)
{
	const char *port = "";
	char *host = entry;
	struct addr addr;
	struct cidr cidr;

	if (strcmp(entry, "*") == 0)
		return true;
	if (strchr(entry, '/') && cidr_parse(entry, &cidr))
		return server->is_addr && cidr_contains(&cidr, &server->addr);
	(void)env_proxy_split(entry, &host, &port);
	if (!*host || (*port && strcmp(port, server->port) != 0))
		return false;
	if (addr_parse(host, &addr))
		return server->is_addr && addr_equal(&addr, &server->addr);
	if (strncmp(host, "*.", 2) == 0)
		host++;
	return env_proxy_is_in_domain(server->host, host);
}

static bool env_proxy_is_excepted(const char *no_proxy, const struct env_proxy_server *server)
{
	_cleanup_free_ char *list = alloc_string(no_proxy);
	char *state = NULL, *entry;
	size_t size;

	if (!list)
		return false;
	env_proxy_lower(list);
	for (entry = strtok_r(list, ",", &state); entry; entry = strtok_r(NULL, ",", &state)) {
		entry += strspn(entry, ENV_PROXY_BLANKS);
		for (size = strlen(entry); size && strchr(ENV_PROXY_BLANKS, entry[size - 1]); size--)
			entry[size - 1] = '\0';
		if (size && env_proxy_excepts(entry, server))
			return true;
	}
	return false;
}

/* Without a scheme it is http. */
static char *env_proxy_url(const char *text)
{
	const char *scheme = strstr(text, "://");
	struct buf url = BUF_INIT;

	if (!scheme || scheme == text || !scheme[3] || scheme[3] == '/')
		buf_printf(&url, "http://");
	buf_printf(&url, "%s", text);
	return url.data;
}

char *env_proxy_choose(const struct env_proxy *environment, const char *server)
{
	static const char https[] = "https://", http[] = "http://";
	bool tls = strncasecmp(server, https, strlen(https)) == 0;
	const char *proxy = tls ? environment->https_proxy : environment->http_proxy;
	_cleanup_free_ char *authority = NULL;
	struct env_proxy_server parts;

	if (!proxy || !*proxy || (!tls && strncasecmp(server, http, strlen(http)) != 0))
		return NULL;
	authority = alloc_string(server + strlen(tls ? https : http));
	authority[strcspn(authority, "/?#")] = '\0';
	env_proxy_lower(authority);
	env_proxy_read_server(authority, tls, &parts);
	if (strcmp(parts.host, "localhost") == 0 || (parts.is_addr && addr_is_loopback(&parts.addr)) ||
	    env_proxy_is_excepted(environment->no_proxy, &parts))
		return NULL;
	return env_proxy_url(proxy);
}
