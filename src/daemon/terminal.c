/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "daemon/terminal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/plain_text.h"
#include "report/words.h"

bool terminal_print(FILE *to, struct buf *text, bool colours)
{
	plain_text_clean(text, 0, colours ? words_colours() : NULL);
	return fwrite(buf_text(text), 1, text->size, to) == text->size && fflush(to) == 0;
}

void terminal_complain(const char *text)
{
	struct buf line = BUF_INIT;

	buf_printf(&line, PACKAGE_NAME ": %s\n", text);
	(void)terminal_print(stderr, &line, false);
	buf_done(&line);
}

bool terminal_has_colours(enum settings_color color)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

	switch (color) {
	case SETTINGS_COLOR_ALWAYS:
		return true;
	case SETTINGS_COLOR_NEVER:
		return false;
	case SETTINGS_COLOR_AUTO:
		break;
	}
	return isatty(STDOUT_FILENO) && !(no_color && *no_color) && !(term && strcmp(term, "dumb") == 0);
}

size_t terminal_columns(void)
{
	struct winsize size;

	return isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}
