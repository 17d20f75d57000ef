/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "decode/base64.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

static const char base64_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static int base64_value(char c)
{
	const char *p = c ? strchr(base64_alphabet, c) : NULL;

	return p ? (int)(p - base64_alphabet) : -1;
}

int base64_decode(const char *text, size_t len, char **ret, size_t *ret_size)
{
	char *bytes = alloc_bytes(len / 4 * 3 + 4);
	unsigned int n_bits = 0, n_chars = 0, n_pads = 0;
	uint32_t bits = 0;
	size_t i, n = 0;

	for (i = 0; i < len; i++) {
		int value;

		if (text[i] == '\n' || text[i] == '\r')
			continue;
		n_chars++;
		if (text[i] == '=') {
			n_pads++;
			continue;
		}
		value = base64_value(text[i]);
		if (value < 0 || n_pads)
			goto bad;
		bits = bits << 6 | (uint32_t)value;
		n_bits += 6;
		if (n_bits >= 8) {
			n_bits -= 8;
			bytes[n++] = (char)(bits >> n_bits & 0xff);
		}
	}
	if (n_chars % 4 || n_pads > 2 || n_bits >= 6 || (bits & ((1u << n_bits) - 1)))
		goto bad;
	bytes[n] = '\0';
	*ret = bytes;
	*ret_size = n;
	return 0;
bad:
	explicit_bzero(bytes, n);
	free(bytes);
	return -EINVAL;
}

char *base64_encode(const char *bytes, size_t size)
{
	char *text = alloc_bytes(size / 3 * 4 + 5), *out = text;
	size_t i, j;

	for (i = 0; i < size; i += 3) {
		size_t n = size - i < 3 ? size - i : 3;
		uint32_t bits = 0;

		for (j = 0; j < 3; j++)
			bits = bits << 8 | (j < n ? (uint8_t)bytes[i + j] : 0);
		for (j = 0; j < 4; j++)
			*out++ = j <= n ? base64_alphabet[bits >> (18 - 6 * j) & 63] : '=';
	}
	*out = '\0';
	return text;
}
