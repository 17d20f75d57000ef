/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "serve/process.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"

/* The kernel allocates memory for a descriptor only when it is opened. */
#define PROCESS_FDS_MAX 1048576

static double process_seconds(const struct timeval *time)
{
	return (double)time->tv_sec + (double)time->tv_usec / 1e6;
}

/* Field 22 of /proc/self/stat: ticks since boot. Field 2 is the program's name in parentheses, which may contain anything. */
static double process_start(void)
{
	unsigned long long ticks = 0;
	struct timespec wall, boot;
	char line[1024];
	const char *p;
	FILE *file = fopen("/proc/self/stat", "re");
	int field;

	if (!file)
		return 0;
	p = fgets(line, sizeof(line), file) ? strrchr(line, ')') : NULL;
	for (field = 2; p && field < 22; field++) {
		p = strchr(p, ' ');
		p = p ? p + 1 : NULL;
	}
	(void)fclose(file);
	if (!p || sscanf(p, "%llu", &ticks) != 1)
		return 0;
	(void)clock_gettime(CLOCK_REALTIME, &wall);
	(void)clock_gettime(CLOCK_BOOTTIME, &boot);
	return (double)(wall.tv_sec - boot.tv_sec) + (double)(wall.tv_nsec - boot.tv_nsec) / 1e9 +
	       (double)ticks / (double)sysconf(_SC_CLK_TCK);
}

static uint64_t process_count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	const struct dirent *entry;
	uint64_t n = 0;

	if (!dir)
		return 0;
	while ((entry = readdir(dir)))
		n += entry->d_name[0] != '.';
	(void)closedir(dir);
	return n ? n - 1 : 0; /* without that of opendir() */
}

void process_measure(struct metrics_process *ret)
{
	unsigned long long size = 0, resident = 0, page = (unsigned long long)sysconf(_SC_PAGESIZE);
	struct rlimit limit = { 0 };
	struct rusage usage;
	FILE *file = fopen("/proc/self/statm", "re");

	*ret = (struct metrics_process){ .start_s = process_start(), .open_fds = process_count_fds() };
	if (file) {
		if (fscanf(file, "%llu %llu", &size, &resident) == 2) {
			ret->virtual_bytes = size * page;
			ret->resident_bytes = resident * page;
		}
		(void)fclose(file);
	}
	if (getrusage(RUSAGE_SELF, &usage) == 0)
		ret->cpu_s = process_seconds(&usage.ru_utime) + process_seconds(&usage.ru_stime);
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
		ret->max_fds = limit.rlim_cur;
}

void process_raise_fds(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max < PROCESS_FDS_MAX ? limit.rlim_max : PROCESS_FDS_MAX;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

void process_set_oom_score_adj(int64_t value)
{
	static const char path[] = "/proc/self/oom_score_adj";
	FILE *file = fopen(path, "we");
	int written = 0;

	if (file)
		written = fprintf(file, "%" PRId64 "\n", value);
	/* stdio writes at fclose(). */
	if (!file || fclose(file) != 0 || written < 0)
		log_warn("daemon", "cannot write a kernel setting", LOG_TEXT("key", path),
			 LOG_NUMBER("wanted", value), LOG_TEXT("err", strerror(errno)));
}
