/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The requests, letter by letter, as kube-proxy sends them. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kubeapi/request.h"

static void expect(enum object_kind kind, const struct reflector *reflector, const char *path)
{
	struct buf buf = BUF_INIT;

	request_path(kind, reflector, "node/0 ä", &buf);
	assert_string_equal(buf_text(&buf), path);
	buf_done(&buf);
}

static void test_streaming(void **state)
{
	char version[] = "";
	struct reflector reflector = {
		.state = REFLECTOR_STATE_STREAMING,
		.resource_version = version,
		.paged = true,
		.timeout_s = 517,
	};

	(void)state;
	reflector.field_selector = request_selector(OBJECT_KIND_SERVICE);
	expect(OBJECT_KIND_SERVICE, &reflector,
	       "/api/v1/services?allowWatchBookmarks=true&fieldSelector=spec.clusterIP%21%3DNone&labelSelector="
	       "%21service.kubernetes.io%2Fservice-proxy-name&resourceVersionMatch=NotOlderThan&sendInitialEvents=true"
	       "&timeoutSeconds=517&watch=true");
	reflector.field_selector = request_selector(OBJECT_KIND_ENDPOINT_SLICE);
	expect(OBJECT_KIND_ENDPOINT_SLICE, &reflector,
	       "/apis/discovery.k8s.io/v1/endpointslices?allowWatchBookmarks=true&labelSelector="
	       "%21service.kubernetes.io%2Fheadless&resourceVersionMatch=NotOlderThan&sendInitialEvents=true"
	       "&timeoutSeconds=517&watch=true");
	reflector.field_selector = request_selector(OBJECT_KIND_NODE);
	expect(OBJECT_KIND_NODE, &reflector,
	       "/api/v1/nodes?allowWatchBookmarks=true&fieldSelector=metadata.name%3Dnode%2F0%20%C3%A4"
	       "&resourceVersionMatch=NotOlderThan&sendInitialEvents=true&timeoutSeconds=517&watch=true");
	reflector.field_selector = request_selector(OBJECT_KIND_SERVICE_CIDR);
	expect(OBJECT_KIND_SERVICE_CIDR, &reflector,
	       "/apis/networking.k8s.io/v1/servicecidrs?allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan"
	       "&sendInitialEvents=true&timeoutSeconds=517&watch=true");
	assert_true(request_optional(OBJECT_KIND_SERVICE_CIDR));
	assert_false(request_optional(OBJECT_KIND_SERVICE));
}

static void test_lists(void **state)
{
	char zero[] = "0", some[] = "97&3", newest[] = "", token[] = "a+b=";
	struct reflector reflector = {
		.state = REFLECTOR_STATE_LISTING,
		.resource_version = zero,
		.paged = true,
		.field_selector = REFLECTOR_SELECTOR_NONE,
	};

	(void)state;
	expect(OBJECT_KIND_SERVICE, &reflector,
	       "/api/v1/services?labelSelector=%21service.kubernetes.io%2Fservice-proxy-name&limit=500&resourceVersion=0");
	reflector.resource_version = some;
	expect(OBJECT_KIND_ENDPOINT_SLICE, &reflector,
	       "/apis/discovery.k8s.io/v1/endpointslices?labelSelector=%21service.kubernetes.io%2Fheadless&limit=500"
	       "&resourceVersion=97%263&resourceVersionMatch=NotOlderThan");
	reflector.continue_token = token;
	expect(OBJECT_KIND_ENDPOINT_SLICE, &reflector,
	       "/apis/discovery.k8s.io/v1/endpointslices?continue=a%2Bb%3D&labelSelector="
	       "%21service.kubernetes.io%2Fheadless&limit=500");
	reflector.continue_token = NULL;
	reflector.resource_version = newest;
	reflector.paged = false;
	expect(OBJECT_KIND_NODE, &reflector, "/api/v1/nodes");
}

static void test_watch(void **state)
{
	char version[] = "979";
	const struct reflector reflector = {
		.state = REFLECTOR_STATE_WATCHING,
		.resource_version = version,
		.paged = true,
		.timeout_s = 300,
		.field_selector = REFLECTOR_SELECTOR_NONE,
	};

	(void)state;
	expect(OBJECT_KIND_ENDPOINT_SLICE, &reflector,
	       "/apis/discovery.k8s.io/v1/endpointslices?allowWatchBookmarks=true&labelSelector="
	       "%21service.kubernetes.io%2Fheadless&resourceVersion=979&timeoutSeconds=300&watch=true");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_streaming),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_watch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
