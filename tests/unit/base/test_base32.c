/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/base32.h"

/* RFC 4648, section 10, in small letters and without padding. */
static void test_vectors(void **state)
{
	static const struct {
		const char *bytes, *letters;
	} vectors[] = {
		{ "fooba", "mzxw6ytb" },
		{ "foobarfoob", "mzxw6ytbojtg633c" },
		{ "\xff\xff\xff\xff\xff", "77777777" },
	};
	char letters[16];
	size_t i, n;

	(void)state;
	for (i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		n = strlen(vectors[i].letters);
		base32_encode((const uint8_t *)vectors[i].bytes, n, letters);
		assert_memory_equal(letters, vectors[i].letters, n);
	}
	/* "foobar" has 48 bits: nine letters, and three bits of a tenth. */
	base32_encode((const uint8_t *)"foobar\0", 10, letters);
	assert_memory_equal(letters, "mzxw6ytboi", 10);
}

static void test_number(void **state)
{
	static const uint8_t bytes[] = { 0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0xff, 0xff };
	char letters[16];

	(void)state;
	base32_encode(bytes, sizeof(letters), letters);
	assert_true(base32_number(letters) == 0x0123456789abcdef);
	assert_true(base32_number("aaaaaaaaaaaaa") == 0);
	assert_true(base32_number("7777777777777") == UINT64_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
