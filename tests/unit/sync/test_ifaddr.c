/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <string.h>

#include <cmocka.h>

#include "sync/ifaddr.h"

/** held() - Whether the list has what getifaddrs() names. */
static int held(const struct addr *list, size_t n_list, const struct sockaddr *sa)
{
	struct addr addr = { 0 };
	size_t i;

	if (sa->sa_family == AF_INET) {
		addr.family = FAMILY_IPV4;
		memcpy(addr.bytes, &((const struct sockaddr_in *)(const void *)sa)->sin_addr, 4);
	} else {
		addr.family = FAMILY_IPV6;
		memcpy(addr.bytes, &((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr, 16);
	}
	for (i = 0; i < n_list; i++)
		if (addr_equal(&list[i], &addr))
			return 1;
	return 0;
}

static void test_list_is_what_the_kernel_has(void **state)
{
	_cleanup_(ifaddr_freep) struct ifaddr *ifaddr = NULL;
	struct ifaddrs *all, *one;
	const struct addr *list;
	struct err err;
	size_t n_list, i;
	bool changed;

	(void)state;
	assert_int_equal(ifaddr_new(&ifaddr, &err), 0);
	assert_true(ifaddr_fd(ifaddr) >= 0);
	list = ifaddr_list(ifaddr, &n_list);
	assert_int_equal(n_list, 0);
	assert_int_equal(ifaddr_refresh(ifaddr, &err), 0);
	list = ifaddr_list(ifaddr, &n_list);
	assert_int_equal(getifaddrs(&all), 0);
	for (one = all; one; one = one->ifa_next)
		if (one->ifa_addr &&
		    (one->ifa_addr->sa_family == AF_INET || one->ifa_addr->sa_family == AF_INET6))
			assert_true(held(list, n_list, one->ifa_addr));
	freeifaddrs(all);
	for (i = 1; i < n_list; i++)
		assert_true(addr_cmp(&list[i - 1], &list[i]) < 0);
	assert_int_equal(ifaddr_dispatch(ifaddr, &changed, &err), 0);
	assert_int_equal(ifaddr_refresh(ifaddr, &err), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_list_is_what_the_kernel_has),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
