/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "base/base32.h"

#include <assert.h>
#include <string.h>

void base32_encode(const uint8_t *bytes, size_t n, char *ret)
{
	unsigned int bits = 0, have = 0;
	size_t i, at = 0;

	for (i = 0; i < n; i++) {
		if (have < 5) {
			bits = bits << 8 | bytes[at++];
			have += 8;
		}
		have -= 5;
		ret[i] = BASE32_LETTERS[bits >> have & 31];
	}
}

static uint64_t base32_value(char letter)
{
	const char *found = strchr(BASE32_LETTERS, letter);

	assert(letter && found);
	return (uint64_t)(found - BASE32_LETTERS);
}

/* Twelve letters have 60 bits. */
uint64_t base32_number(const char *letters)
{
	uint64_t number = 0;
	size_t i;

	for (i = 0; i < BASE32_NUMBER_LEN - 1; i++)
		number = number << 5 | base32_value(letters[i]);
	return number << 4 | base32_value(letters[i]) >> 1;
}
