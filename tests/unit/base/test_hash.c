/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/hash.h"
#include "base/hash_table.h"

struct item {
	char name[8];
	UT_hash_handle hh;
};

static uint64_t hash_of(const char *text)
{
	return hash_keyed(0, text, strlen(text));
}

/* The values are CPython's hash() of bytes with PYTHONHASHSEED=0, and for the second key Rust's test of siphash13. */
static void test_vectors(void **state)
{
	uint8_t key[HASH_KEY_SIZE] = { 0 };
	size_t i;

	(void)state;
	hash_set_key(key);
	assert_true(hash_of("abc") == 0xc03bc3a0042630f2);
	assert_true(hash_of("kube-system") == 0x541c1a20b8650cfe);
	assert_true(hash_of("default/kubernetes-12345678") == 0x1ffb086dc7025ab7);
	for (i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)i;
	hash_set_key(key);
	assert_true(hash_of("") == 0xabac0158050fc4dc);
}

/* The tables of uthash use the key, too, and a walk does not follow it. */
static void test_tables(void **state)
{
	uint8_t key[HASH_KEY_SIZE] = { 0 };
	struct item items[2][100], *table, *item;
	unsigned int hashes[2];
	size_t i, at;

	(void)state;
	for (key[0] = 0; key[0] < 2; key[0]++) {
		hash_set_key(key);
		table = NULL;
		memset(items, 0, sizeof(items));
		for (i = 0; i < 100; i++) {
			item = &items[key[0]][i];
			item->name[0] = (char)('a' + i % 10);
			item->name[1] = (char)('a' + i / 10);
			HASH_ADD_STR(table, name, item);
		}
		for (item = table, at = 0; item; item = item->hh.next)
			assert_ptr_equal(item, &items[key[0]][at++]);
		assert_int_equal(at, 100);
		hashes[key[0]] = table->hh.hashv;
		HASH_CLEAR(hh, table);
	}
	assert_int_not_equal(hashes[0], hashes[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
