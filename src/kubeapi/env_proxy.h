/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * env_proxy.h - which proxy the environment means for a server
 *
 * Room:     kubeapi. Pure: the variables are arguments.
 * Rule:     that of Go (golang.org/x/net/http/httpproxy), because kubectl and the other components on a node follow it;
 *           libcurl's own rule is another one. A server on loopback never has a proxy. $ALL_PROXY does not count.
 */
#ifndef KUBEAPI_ENV_PROXY_H
#define KUBEAPI_ENV_PROXY_H

/**
 * struct env_proxy - The variables, in upper case or else in lower case; NULL or "" if not set
 * @no_proxy:	separated by commas: "*", or addresses, CIDRs, and domains with their subdomains (those that begin with
 *		"." or "*.": the subdomains alone); a ":port" may follow, but not behind a CIDR
 */
struct env_proxy {
	const char *http_proxy;
	const char *https_proxy;
	const char *no_proxy;
};

/**
 * env_proxy_choose() - The proxy for requests to @server, "https://host:port/path"
 *
 * Return: its URL, which may contain a password; free() it. NULL: none.
 */
char *env_proxy_choose(const struct env_proxy *environment, const char *server)
	__attribute__((warn_unused_result));

#endif
