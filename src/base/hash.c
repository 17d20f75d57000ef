/* SPDX-License-Identifier: GPL-2.0-or-later */
/* DOC: SipHash-1-3: https://www.aumasson.jp/siphash/siphash.pdf. Tables need no more rounds. */
#include "config.h"
#include "base/hash.h"

#include <endian.h>
#include <string.h>

struct hash_state {
	uint64_t v0, v1, v2, v3;
};

/* Zero until hash_set_key(). */
static uint64_t hash_key[2];

void hash_set_key(const uint8_t key[HASH_KEY_SIZE])
{
	memcpy(hash_key, key, sizeof(hash_key));
	hash_key[0] = le64toh(hash_key[0]);
	hash_key[1] = le64toh(hash_key[1]);
}

static uint64_t hash_rotate(uint64_t value, unsigned int bits)
{
	return value << bits | value >> (64 - bits);
}

static void hash_round(struct hash_state *s)
{
	s->v0 += s->v1;
	s->v1 = hash_rotate(s->v1, 13) ^ s->v0;
	s->v0 = hash_rotate(s->v0, 32);
	s->v2 += s->v3;
	s->v3 = hash_rotate(s->v3, 16) ^ s->v2;
	s->v0 += s->v3;
	s->v3 = hash_rotate(s->v3, 21) ^ s->v0;
	s->v2 += s->v1;
	s->v1 = hash_rotate(s->v1, 17) ^ s->v2;
	s->v2 = hash_rotate(s->v2, 32);
}

static void hash_word(struct hash_state *s, uint64_t word)
{
	s->v3 ^= word;
	hash_round(s);
	s->v0 ^= word;
}

uint64_t hash_keyed(uint64_t start, const void *bytes, size_t size)
{
	struct hash_state s = {
		.v0 = hash_key[0] ^ 0x736f6d6570736575u,
		.v1 = hash_key[1] ^ start ^ 0x646f72616e646f6du,
		.v2 = hash_key[0] ^ 0x6c7967656e657261u,
		.v3 = hash_key[1] ^ start ^ 0x7465646279746573u,
	};
	const uint8_t *p = bytes;
	uint64_t last = (uint64_t)size << 56, word;
	size_t i, n_words = size / sizeof(word);

	for (i = 0; i < n_words; i++) {
		memcpy(&word, p + i * sizeof(word), sizeof(word));
		hash_word(&s, le64toh(word));
	}
	for (i = n_words * sizeof(word); i < size; i++)
		last |= (uint64_t)p[i] << (8 * (i % sizeof(word)));
	hash_word(&s, last);
	s.v2 ^= 0xff;
	hash_round(&s);
	hash_round(&s);
	hash_round(&s);
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}
