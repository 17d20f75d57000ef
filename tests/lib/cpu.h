/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cpu.h - whether the CPU time of something is linear in its size
 *
 * A test measures size n and size CPU_GROWTH x n. Linear work takes CPU_GROWTH times as long, quadratic work CPU_GROWTH
 * squared; the limit lies between, far from both. CPU time, and the shortest of some runs, because the machine may be busy. What
 * is above the limit is measured again some times: other processes take the caches away, but never make quadratic work linear.
 */
#ifndef TESTS_LIB_CPU_H
#define TESTS_LIB_CPU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>

#define CPU_GROWTH	  8
#define CPU_GROWTH_MAX	  (3 * CPU_GROWTH)
#define CPU_RUNS	  3
#define CPU_TRIES	  6
#define CPU_RESOLUTION_US 200

static inline uint64_t cpu_us(void)
{
	struct rusage usage;

	(void)getrusage(RUSAGE_SELF, &usage);
	return (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 +
	       (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

/** cpu_of() - Microseconds of CPU time of @run(@n). */
static inline uint64_t cpu_of(void (*run)(size_t n), size_t n)
{
	uint64_t best = UINT64_MAX, start, us;
	int i;

	for (i = 0; i < CPU_RUNS; i++) {
		start = cpu_us();
		run(n);
		us = cpu_us() - start;
		if (us < best)
			best = us;
	}
	return best;
}

static inline bool cpu_is_linear(uint64_t small_us, uint64_t large_us)
{
	return large_us <= CPU_GROWTH_MAX * (small_us + CPU_RESOLUTION_US);
}

/** assert_linear() - For tests with cmocka. */
#define assert_linear(run, n)                                                                 \
	do {                                                                                  \
		uint64_t small_us, large_us;                                                  \
		int tries = 0;                                                                \
                                                                                              \
		do {                                                                          \
			small_us = cpu_of(run, n);                                            \
			large_us = cpu_of(run, (n)*CPU_GROWTH);                               \
		} while (!cpu_is_linear(small_us, large_us) && ++tries < CPU_TRIES);          \
		if (!cpu_is_linear(small_us, large_us))                                       \
			fail_msg("%s: %zu take %llu us, %zu take %llu us", #run, (size_t)(n), \
				 (unsigned long long)small_us, (size_t)(n)*CPU_GROWTH,        \
				 (unsigned long long)large_us);                               \
	} while (0)

#endif
