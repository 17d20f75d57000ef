/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "daemon/sysctls.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"

#define SYSCTLS_CONNTRACK_MAX 1048576 /* a larger table is the operator's decision */
#define SYSCTLS_HASHSIZE      "/sys/module/nf_conntrack/parameters/hashsize"
#define SYSCTLS_NETFILTER     "/proc/sys/net/netfilter/"

int64_t sysctls_conntrack_max(const struct settings_conntrack *conntrack, int64_t n_processors)
{
	int64_t scaled;

	if (!conntrack->max_per_core)
		return 0;
	scaled = conntrack->max_per_core * n_processors;
	if (scaled > SYSCTLS_CONNTRACK_MAX)
		return SYSCTLS_CONNTRACK_MAX;
	return scaled > conntrack->min ? scaled : conntrack->min;
}

bool sysctls_is_enough(int64_t now, int64_t max)
{
	return !now || now >= max;
}

static int sysctls_read(const char *path, int64_t *ret)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	char text[32];
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read(fd, text, sizeof(text) - 1);
	if (n <= 0)
		return n < 0 ? -errno : -EIO;
	text[n] = '\0';
	*ret = strtoll(text, NULL, 10);
	return 0;
}

static int sysctls_put(const char *path, int64_t value)
{
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CLOEXEC);
	char text[32];
	int len = snprintf(text, sizeof(text), "%" PRId64 "\n", value);

	if (fd < 0)
		return -errno;
	return write(fd, text, (size_t)len) == len ? 0 : -errno;
}

/* Returns whether the setting has @value now. */
static bool sysctls_set(const char *path, int64_t value)
{
	int64_t now = 0;
	int r = sysctls_read(path, &now);

	if (!r && now == value)
		return true;
	if (!r)
		r = sysctls_put(path, value);
	if (r < 0)
		log_warn("daemon", "cannot write a kernel setting", LOG_TEXT("key", path),
			 LOG_NUMBER("wanted", value), LOG_NUMBER("is", now), LOG_TEXT("err", strerror(-r)));
	else
		log_info("daemon", "kernel setting written", LOG_TEXT("key", path),
			 LOG_NUMBER("value", value), LOG_NUMBER("was", now));
	return r >= 0;
}

/* The kernel counts in seconds. 0: leave it alone. Returns how many could not be written. */
static unsigned int sysctls_set_timeout(const char *path, int64_t ms)
{
	return ms && !sysctls_set(path, (ms + 999) / 1000);
}

/* The hash table is global: if nf_conntrack_max cannot be set (in a network namespace of our own), leave its size alone, too. */
static unsigned int sysctls_set_max(int64_t max)
{
	int64_t hashsize, now;

	if (!max)
		return 0;
	if (sysctls_read(SYSCTLS_NETFILTER "nf_conntrack_max", &now) == 0 && sysctls_is_enough(now, max))
		log_debug("daemon", "kernel setting left as it is, which is enough",
			  LOG_TEXT("key", SYSCTLS_NETFILTER "nf_conntrack_max"), LOG_NUMBER("wanted", max),
			  LOG_NUMBER("is", now));
	else if (!sysctls_set(SYSCTLS_NETFILTER "nf_conntrack_max", max))
		return 1;
	return sysctls_read(SYSCTLS_HASHSIZE, &hashsize) == 0 && hashsize < max / 4 &&
	       !sysctls_set(SYSCTLS_HASHSIZE, max / 4);
}

unsigned int sysctls_write(const struct settings_conntrack *conntrack)
{
	unsigned int n = sysctls_set_max(sysctls_conntrack_max(conntrack, sysconf(_SC_NPROCESSORS_CONF)));

	n += sysctls_set_timeout(SYSCTLS_NETFILTER "nf_conntrack_tcp_timeout_established",
				 conntrack->tcp_established_ms);
	n += sysctls_set_timeout(SYSCTLS_NETFILTER "nf_conntrack_tcp_timeout_close_wait",
				 conntrack->tcp_close_wait_ms);
	n += sysctls_set_timeout(SYSCTLS_NETFILTER "nf_conntrack_udp_timeout", conntrack->udp_ms);
	n += sysctls_set_timeout(SYSCTLS_NETFILTER "nf_conntrack_udp_timeout_stream",
				 conntrack->udp_stream_ms);
	n += conntrack->tcp_be_liberal && !sysctls_set(SYSCTLS_NETFILTER "nf_conntrack_tcp_be_liberal", 1);
	return n;
}
