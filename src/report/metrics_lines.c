/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "report/metrics_lines.h"

#include <inttypes.h>

#include "base/buf.h"

void metrics_lines_head(struct buf *to, const char *name, const char *type, const char *help)
{
	buf_printf(to, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

void metrics_lines_number(struct buf *to, const char *name, const char *type, const char *help,
			  uint64_t value)
{
	metrics_lines_head(to, name, type, help);
	buf_printf(to, "%s %" PRIu64 "\n", name, value);
}

void metrics_lines_seconds(struct buf *to, const char *name, const char *type, const char *help, double value)
{
	metrics_lines_head(to, name, type, help);
	buf_printf(to, "%s %.6f\n", name, value);
}
