/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "intake/state_mark.h"

#include <stdio.h>
#include <string.h>

#include "intake/state_file.h"

#define STATE_MARK_DIGITS 16 /* bytes of the checksum */

static void state_mark_print(const uint8_t checksum[SHA256_SIZE], char ret[NFNL_MARK_SIZE])
{
	size_t n, i;

	n = (size_t)snprintf(ret, NFNL_MARK_SIZE, "no rule is newer than the saved state ");
	for (i = 0; i < STATE_MARK_DIGITS; i++)
		n += (size_t)snprintf(ret + n, NFNL_MARK_SIZE - n, "%02x", checksum[i]);
}

void state_mark_init(struct state_mark *mark, struct nfnl *nfnl)
{
	*mark = (struct state_mark){ .nfnl = nfnl };
	mark->unknown = nfnl_mark_read(nfnl, mark->text, NULL) < 0;
}

static bool state_mark_is(const struct state_mark *mark, const uint8_t checksum[SHA256_SIZE])
{
	char text[NFNL_MARK_SIZE];

	state_mark_print(checksum, text);
	return !mark->unknown && strcmp(text, mark->text) == 0;
}

bool state_mark_covers(const struct state_mark *mark, const char *dir, const uint8_t checksum[SHA256_SIZE])
{
	return state_mark_is(mark, checksum) && !state_file_is_behind(dir);
}

static int state_mark_write(struct state_mark *mark, const char *text, struct err *reterr)
{
	int r = nfnl_mark_write(mark->nfnl, *text ? text : NULL, reterr);

	/* The answer may be lost, too. */
	mark->unknown = r < 0;
	if (!r)
		(void)snprintf(mark->text, sizeof(mark->text), "%s", text);
	return r;
}

int state_mark_set(struct state_mark *mark, const uint8_t checksum[SHA256_SIZE], struct err *reterr)
{
	char text[NFNL_MARK_SIZE];

	if (state_mark_is(mark, checksum))
		return 0;
	state_mark_print(checksum, text);
	return state_mark_write(mark, text, reterr);
}

int state_mark_clear(struct state_mark *mark, struct err *reterr)
{
	return mark->unknown || *mark->text ? state_mark_write(mark, "", reterr) : 0;
}
