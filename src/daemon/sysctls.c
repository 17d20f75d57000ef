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
#define SYSCTLS_PATH_SIZE     512

/* A setting's file. */
struct sysctls_file {
	char path[SYSCTLS_PATH_SIZE];
};

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

/* @name: behind /proc/sys/net/netfilter/nf_conntrack_, if it is no path */
static struct sysctls_file sysctls_file(const char *root, const char *name)
{
	struct sysctls_file file;

	(void)snprintf(file.path, sizeof(file.path), "%s%s%s", root,
		       *name == '/' ? "" : "/proc/sys/net/netfilter/nf_conntrack_", name);
	return file;
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
static unsigned int sysctls_set_timeout(const char *root, const char *name, int64_t ms)
{
	struct sysctls_file file = sysctls_file(root, name);

	return ms && !sysctls_set(file.path, (ms + 999) / 1000);
}

/* The hash table is global: if nf_conntrack_max cannot be set (in a network namespace of our own), leave its size alone, too. */
static unsigned int sysctls_set_max(const char *root, int64_t max)
{
	struct sysctls_file file = sysctls_file(root, "max"), buckets = sysctls_file(root, SYSCTLS_HASHSIZE);
	int64_t hashsize, now;

	if (!max)
		return 0;
	if (sysctls_read(file.path, &now) == 0 && sysctls_is_enough(now, max))
		log_debug("daemon", "kernel setting left as it is, which is enough",
			  LOG_TEXT("key", file.path), LOG_NUMBER("wanted", max), LOG_NUMBER("is", now));
	else if (!sysctls_set(file.path, max))
		return 1;
	return sysctls_read(buckets.path, &hashsize) == 0 && hashsize < max / 4 &&
	       !sysctls_set(buckets.path, max / 4);
}

unsigned int sysctls_write(const char *root, const struct settings_conntrack *conntrack)
{
	struct sysctls_file liberal = sysctls_file(root, "tcp_be_liberal");
	unsigned int n =
		sysctls_set_max(root, sysctls_conntrack_max(conntrack, sysconf(_SC_NPROCESSORS_CONF)));

	n += sysctls_set_timeout(root, "tcp_timeout_established", conntrack->tcp_established_ms);
	n += sysctls_set_timeout(root, "tcp_timeout_close_wait", conntrack->tcp_close_wait_ms);
	n += sysctls_set_timeout(root, "udp_timeout", conntrack->udp_ms);
	n += sysctls_set_timeout(root, "udp_timeout_stream", conntrack->udp_stream_ms);
	n += conntrack->tcp_be_liberal && !sysctls_set(liberal.path, 1);
	return n;
}
