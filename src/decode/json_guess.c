/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "decode/json_guess.h"

#include <stdbool.h>
#include <string.h>

#include "decode/object_tree.h"

#define GUESS_DEPTH    3  /* object.metadata.name */
#define GUESS_KEY_SIZE 16 /* longer than every key that is looked for */

/* The fields that are looked for, by their path. */
enum guess_field {
	GUESS_KIND,
	GUESS_API_VERSION,
	GUESS_NAMESPACE,
	GUESS_NAME,
	_GUESS_MAX,
};

static const char *const guess_paths[_GUESS_MAX][2] = {
	[GUESS_KIND] = { "kind", NULL },
	[GUESS_API_VERSION] = { "apiVersion", NULL },
	[GUESS_NAMESPACE] = { "metadata", "namespace" },
	[GUESS_NAME] = { "metadata", "name" },
};

struct guess {
	const char *p;
	const char *end;
	size_t depth;
	char keys[GUESS_DEPTH + 1][GUESS_KEY_SIZE]; /* [depth]: the current key, "" in an array */
	char found[_GUESS_MAX][OBJECT_NAME_MAX + 1];
};

/* Read a string whose opening quote was read; false if its end is missing. */
static bool take_string(struct guess *guess, const char **ret, size_t *ret_len)
{
	*ret = guess->p;
	for (; guess->p < guess->end; guess->p++) {
		if (*guess->p == '\\')
			guess->p++;
		else if (*guess->p == '"') {
			*ret_len = (size_t)(guess->p++ - *ret);
			return true;
		}
	}
	return false;
}

static bool colon_follows(const struct guess *guess)
{
	const char *p = guess->p;

	while (p < guess->end && (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r'))
		p++;
	return p < guess->end && *p == ':';
}

static void take_value(struct guess *guess, const char *text, size_t len, size_t base)
{
	enum guess_field field;

	if (guess->depth <= base || guess->depth > GUESS_DEPTH || len > OBJECT_NAME_MAX ||
	    memchr(text, '\\', len))
		return;
	if (base && strcmp(guess->keys[1], "object") != 0)
		return;
	for (field = 0; field < _GUESS_MAX; field++) {
		const char *const *path = guess_paths[field];
		size_t n = path[1] ? 2 : 1;

		if (guess->depth != base + n || strcmp(guess->keys[base + 1], path[0]) != 0 ||
		    (path[1] && strcmp(guess->keys[base + 2], path[1]) != 0))
			continue;
		memcpy(guess->found[field], text, len);
		guess->found[field][len] = '\0';
	}
}

static void set_key(struct guess *guess, const char *text, size_t len)
{
	if (guess->depth > GUESS_DEPTH)
		return;
	if (len >= GUESS_KEY_SIZE)
		len = 0;
	memcpy(guess->keys[guess->depth], text, len);
	guess->keys[guess->depth][len] = '\0';
}

static void guess_scan(struct guess *guess, size_t base)
{
	while (guess->p < guess->end) {
		const char *text;
		size_t len;

		switch (*guess->p++) {
		case '{':
		case '[':
			guess->depth++;
			set_key(guess, "", 0);
			break;
		case '}':
		case ']':
			if (guess->depth)
				guess->depth--;
			break;
		case '"':
			if (!take_string(guess, &text, &len))
				return;
			if (colon_follows(guess))
				set_key(guess, text, len);
			else
				take_value(guess, text, len, base);
			break;
		default:
			break;
		}
	}
}

static void guess_text(const char *head, size_t size, size_t base, const char *default_kind,
		       struct object *ret)
{
	struct guess guess = { .p = head, .end = head + size };
	const char *kind = guess.found[GUESS_KIND];

	object_unread(ret);
	guess_scan(&guess, base);
	if (!*kind && default_kind)
		kind = default_kind;
	(void)object_tree_name(ret, kind, guess.found[GUESS_API_VERSION], guess.found[GUESS_NAMESPACE],
			       guess.found[GUESS_NAME]);
}

void json_guess_object(const char *head, size_t size, const char *default_kind, struct object *ret)
{
	guess_text(head, size, 0, default_kind, ret);
}

void json_guess_event(const char *head, size_t size, struct object *ret)
{
	guess_text(head, size, 1, NULL, ret);
}
