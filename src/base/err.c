/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int err_set(struct err *err, int code, const char *format, ...)
{
	va_list ap;

	if (!err)
		return code;
	err->code = code;
	va_start(ap, format);
	(void)vsnprintf(err->text, sizeof(err->text), format, ap);
	va_end(ap);
	return code;
}

int err_wrap(struct err *err, const char *format, ...)
{
	char prefix[ERR_TEXT_SIZE];
	size_t len, old;
	va_list ap;

	if (!err)
		return -1;
	va_start(ap, format);
	(void)vsnprintf(prefix, sizeof(prefix), format, ap);
	va_end(ap);
	len = strlen(prefix);
	if (len + 2 >= sizeof(err->text))
		return err->code;
	old = strlen(err->text);
	if (old > sizeof(err->text) - len - 3)
		old = sizeof(err->text) - len - 3;
	memmove(err->text + len + 2, err->text, old);
	err->text[len + 2 + old] = '\0';
	memcpy(err->text, prefix, len);
	memcpy(err->text + len, ": ", 2);
	return err->code;
}

bool err_is_shortage(int code)
{
	return code == -EMFILE || code == -ENFILE || code == -ENOMEM || code == -EIO;
}
