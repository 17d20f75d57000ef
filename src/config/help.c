/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "config/help.h"

#include <string.h>

#include "config/setting_table.h"

#define COLUMN 31 /* where the texts begin */

static const char usage[] = "Usage: kube-nftproxy [OPTION]...\n"
			    "       kube-nftproxy status|diff [OPTION]...\n"
			    "       kube-nftproxy list [--problems] [OPTION]...\n"
			    "       kube-nftproxy explain [NAMESPACE/]NAME[:PORT] [OPTION]...\n"
			    "       kube-nftproxy check [[NAMESPACE/]NAME[:PORT]] [OPTION]...\n"
			    "       kube-nftproxy trace [NAMESPACE/]NAME[:PORT] --from ADDRESS [OPTION]...\n"
			    "Make Kubernetes Services work on this node, with nftables.\n";
static const char end[] =
	"\nkube-proxy's other flags are taken, too; one warning names those without effect.\n"
	"See kube-nftproxy(8).\n";

static void print_text(const struct setting *setting, struct buf *text)
{
	const char *p;

	for (p = setting->help; *p; p++) {
		if (*p == '\n')
			buf_printf(text, "\n%*s", COLUMN, "");
		else if (p[0] == '%' && p[1] == 's')
			buf_printf(text, "%s", (p++, setting->standard));
		else
			buf_add(text, p, 1);
	}
}

static void print_row(const struct setting *setting, struct buf *text)
{
	bool joined = setting->type == SETTING_TYPE_BOOL;
	size_t start = text->size, width;

	buf_printf(text, "  %s%s", setting->flag, strcmp(setting->flag, "-v") == 0 ? ", --v" : "");
	if (setting->metavar)
		buf_printf(text, "%s%s", joined ? "" : " ", setting->metavar);
	width = text->size - start;
	if (setting->help) {
		buf_printf(text, "%s%*s", width < COLUMN ? "" : "\n",
			   width < COLUMN ? (int)(COLUMN - width) : COLUMN, "");
		print_text(setting, text);
	} else if (setting->standard) {
		buf_printf(text, " (default %s)", setting->standard);
	}
	buf_printf(text, "\n");
}

void help_print(struct buf *text)
{
	const struct setting *setting;
	size_t i;

	buf_printf(text, "%s", usage);
	for (i = 0; (setting = setting_table_row(i)); i++) {
		if (setting->type == SETTING_TYPE_HEADING)
			buf_printf(text, "\n%s%s", setting->help, *setting->help ? "\n" : "");
		else if (setting->flag && (setting->help || setting->metavar))
			print_row(setting, text);
	}
	buf_printf(text, "%s", end);
}
