/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A program for the build: the completions of a shell, from the table of settings. completions bash|zsh|fish */
#include "config.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "config/setting_table.h"

static const char *offered_name(const struct setting *setting)
{
	bool offered =
		setting->flag && setting->type != SETTING_TYPE_COMMAND && (setting->brief || setting->help);

	return offered ? setting_table_name(setting) : NULL;
}

static const char *brief(const struct setting *setting)
{
	return setting->brief ? setting->brief : setting->help;
}

static void print_quoted(const char *text)
{
	for (; *text; text++) {
		if (*text == '\'')
			(void)fputs("'\\''", stdout);
		else
			(void)putchar(*text);
	}
}

/* A flag's values: "any", "bool" (behind "="), "nothing", "files", "directories", "interfaces", else words. */
static const char *values(const struct setting *setting)
{
	if (setting->type == SETTING_TYPE_BOOL)
		return setting->path ? "bool" : "nothing";
	if (setting->offer)
		return setting->offer;
	return setting->words ? setting->words : "any";
}

static bool is(const struct setting *setting, const char *kind)
{
	return strcmp(values(setting), kind) == 0;
}

static void bash_command(const struct setting *setting)
{
	(void)printf("_kube_nftproxy_commands+=(%s)\n", setting->flag);
}

static void bash_flag(const struct setting *setting)
{
	(void)printf("_kube_nftproxy_flags+=(\"--%s %s\")\n", setting_table_name(setting), values(setting));
}

static void zsh_command(const struct setting *setting)
{
	(void)printf("commands+=(%s)\n", setting->flag);
}

static void zsh_value(const struct setting *setting)
{
	const char *c;

	(void)printf("]:");
	for (c = setting->metavar; isalpha((unsigned char)*c); c++)
		(void)putchar(tolower((unsigned char)*c));
	if (is(setting, "files"))
		(void)printf(":_files");
	else if (is(setting, "directories"))
		(void)printf(":_files -/");
	else if (is(setting, "interfaces"))
		(void)printf(":_net_interfaces");
	else if (is(setting, "any"))
		(void)printf(": ");
	else
		(void)printf(":(%s)", values(setting));
	(void)printf("')\n");
}

static void zsh_flag(const struct setting *setting)
{
	bool nothing = is(setting, "nothing"), is_bool = is(setting, "bool");

	if (setting->flag[1] != '-') {
		(void)printf("flags+=('%s[", setting->flag);
		print_quoted(brief(setting));
		zsh_value(setting);
	}
	(void)printf("flags+=('--%s%s[", setting_table_name(setting), nothing ? "" : is_bool ? "=-" : "=");
	print_quoted(brief(setting));
	if (nothing)
		(void)printf("]')\n");
	else if (is_bool)
		(void)printf("]::yes or no:(true false)')\n");
	else
		zsh_value(setting);
}

static void fish_command(const struct setting *setting)
{
	(void)printf("complete -c kube-nftproxy -n __kube_nftproxy_is_first -a %s -d \"%s\"\n", setting->flag,
		     brief(setting));
}

static void fish_flag(const struct setting *setting)
{
	(void)printf("complete -c kube-nftproxy%s -l %s", setting->flag[1] == '-' ? "" : " -s v",
		     setting_table_name(setting));
	if (is(setting, "files"))
		(void)printf(" -r -F");
	else if (is(setting, "directories"))
		(void)printf(" -x -a \"(__fish_complete_directories)\"");
	else if (is(setting, "interfaces"))
		(void)printf(" -x -a \"(__fish_print_interfaces)\"");
	else if (is(setting, "any"))
		(void)printf(" -x");
	else if (setting->type != SETTING_TYPE_BOOL)
		(void)printf(" -x -a \"%s\"", values(setting));
	(void)printf(" -d \"%s\"\n", brief(setting));
}

static const struct shell {
	const char *name;
	void (*command)(const struct setting *setting);
	void (*flag)(const struct setting *setting);
} shells[] = {
	{ "bash", bash_command, bash_flag },
	{ "zsh", zsh_command, zsh_flag },
	{ "fish", fish_command, fish_flag },
};

int main(int argc, char **argv)
{
	const struct setting *flags[SETTING_TABLE_MAX], *setting;
	const struct shell *shell = shells;
	size_t i, n;

	while (argc > 1 && shell < shells + ARRAY_SIZE(shells) && strcmp(shell->name, argv[1]) != 0)
		shell++;
	if (argc != 2 || shell == shells + ARRAY_SIZE(shells))
		return EXIT_FAILURE;
	for (i = 0; (setting = setting_table_row(i)); i++)
		if (setting->type == SETTING_TYPE_COMMAND)
			shell->command(setting);
	n = setting_table_sort(offered_name, flags);
	for (i = 0; i < n; i++)
		shell->flag(flags[i]);
	return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
