/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * setting_table.h - all settings, a row each
 *
 * Room:     config. Pure.
 * Shapes:   a row says how a setting is called as a flag and in the configuration file, which values it may have, where in
 *           struct settings it is kept, and how it is described. The command line, the file, --write-config-to, /configz, --help,
 *           the completions and the texts of errors follow the table.
 * Not here: what the types mean (config/setting_value.h); which settings must fit together (config/command_line.h).
 */
#ifndef CONFIG_SETTING_TABLE_H
#define CONFIG_SETTING_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** enum setting_type - In parentheses: the type of the member of struct settings. */
enum setting_type {
	SETTING_TYPE_BOOL,	   /* true or false (bool) */
	SETTING_TYPE_TEXT,	   /* any text (const char *, NULL if it is empty) */
	SETTING_TYPE_FILE,	   /* any text that is not empty (const char *) */
	SETTING_TYPE_PATH,	   /* an absolute path of at most @max bytes, or nothing (char[@max + 1]) */
	SETTING_TYPE_WORD,	   /* one of @words (an enum in their order) */
	SETTING_TYPE_MODE,	   /* one of @words, written as the first (an enum in their order) */
	SETTING_TYPE_NUMBER,	   /* a whole number in @min..@max (int64_t) */
	SETTING_TYPE_DURATION,	   /* in @min..@max milliseconds (int64_t or uint64_t) */
	SETTING_TYPE_NODE_NAME,	   /* in lower case (char[SETTINGS_NODE_NAME_SIZE]) */
	SETTING_TYPE_ADDRESS,	   /* an IP address (struct addr) */
	SETTING_TYPE_ADDRESS_TEXT, /* an IP address (const char *) */
	SETTING_TYPE_LISTEN,	   /* an address, and a port or that of @standard (struct settings_listen) */
	SETTING_TYPE_LISTEN_PORT,  /* the port alone (struct settings_listen) */
	SETTING_TYPE_LISTEN_ON,	   /* false: the port becomes 0 (struct settings_listen) */
	SETTING_TYPE_CLUSTER_CIDR, /* a prefix for each family (has_cluster_cidr, and cluster_cidr) */
	SETTING_TYPE_NODE_PORT_ADDRESSES, /* words and prefixes; a flag that is repeated adds to them (three members) */
	SETTING_TYPE_FEATURE_GATES, /* kube-proxy's; only AllowServiceExternalIPs has an effect (bool: it is off) */
	SETTING_TYPE_CONSTANT,		  /* a field of the file that is always @standard */
	SETTING_TYPE_WITHOUT_EFFECT,	  /* kube-proxy's, of no use here, and so are all fields below it */
	SETTING_TYPE_WITHOUT_EFFECT_BOOL, /* likewise; the flag may be without a value */
	SETTING_TYPE_COMMAND,		  /* no setting, but a first word of the command line */
	SETTING_TYPE_HEADING,		  /* no setting, but a line of --help above those that follow */
	_SETTING_TYPE_MAX,
};

/**
 * struct setting - A row; members that do not apply are NULL or zero
 * @flag:	"--cluster-cidr"; "-v" is "--v", too
 * @path:	of the field in the configuration file, "nftables.syncPeriod"
 * @kube_proxy:	a flag of kube-proxy's that is ignored beside a configuration file (X1)
 * @zero_is_default: an empty word, and 0 in the file, stand for the default
 * @place:	offset in struct settings; 0: the value is checked and not kept
 * @given_by:	offset in struct settings of a const char *: the flag or field that gave the value; NULL: it is the default
 * @words:	separated by blanks
 * @allowed:	what an error names as allowed; NULL: follows from the type
 * @standard:	the default, as a flag's value; NULL: zero or empty
 * @metavar:	how --help calls the value; the one of a BOOL follows the flag without a blank
 * @help:	text of --help, in lines of at most 49 characters; "%s" stands for @standard. With neither it nor @metavar
 *		the row is not in --help.
 * @brief:	the description in the shells' completions, NULL: @help; with neither the row is not offered there
 * @offer:	the values that these offer: "files", "directories", "interfaces" or words; NULL: @words
 */
struct setting {
	const char *flag;
	const char *path;
	enum setting_type type;
	bool kube_proxy;
	bool zero_is_default;
	size_t place;
	size_t given_by;
	int64_t min;
	int64_t max;
	const char *words;
	const char *allowed;
	const char *standard;
	const char *metavar;
	const char *help;
	const char *brief;
	const char *offer;
};

#define SETTING_TABLE_MAX 128

/** setting_table_row() - NULL behind the last. Where a row overrules another, it comes later. */
const struct setting *setting_table_row(size_t index);
/** setting_table_name() - The flag without its dashes */
const char *setting_table_name(const struct setting *setting);
/** setting_table_find_flag() - The flag with this name of @len characters, where `_' counts as `-'; NULL: none. */
const struct setting *setting_table_find_flag(const char *name, size_t len);
/** setting_table_find_path() - NULL: no such field. */
const struct setting *setting_table_find_path(const char *path);
/** setting_table_is_section() - Whether there are fields below @path. */
bool setting_table_is_section(const char *path);
/** setting_table_takes_bool() - Whether the flag may be without a value. */
bool setting_table_takes_bool(const struct setting *setting);
/** setting_table_has_effect() - False for kube-proxy's flags and fields that have none here. */
bool setting_table_has_effect(const struct setting *setting);
/** typedef setting_table_name_fn - What to sort a row by; NULL leaves it out */
typedef const char *setting_table_name_fn(const struct setting *setting);
/** setting_table_sort() - The rows in the order of their names. Returns how many. */
size_t setting_table_sort(setting_table_name_fn *name, const struct setting *ret[SETTING_TABLE_MAX]);

#endif
