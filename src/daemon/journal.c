/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "daemon/journal.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <systemd/sd-journal.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/sha256.h"

#define JOURNAL_FIELDS_MAX 24
#define JOURNAL_SOCKET	   "/run/systemd/journal/socket"

bool journal_is_there(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	uintmax_t device, inode;
	struct stat st;

	return stream && sscanf(stream, "%ju:%ju", &device, &inode) == 2 && fstat(STDERR_FILENO, &st) == 0 &&
	       st.st_dev == device && st.st_ino == inode;
}

/* The numbers of syslog. */
static int journal_priority(enum log_level level)
{
	switch (level) {
	case LOG_LEVEL_ERROR:
		return 3;
	case LOG_LEVEL_WARN:
		return 4;
	case LOG_LEVEL_INFO:
		return 6;
	case LOG_LEVEL_DEBUG:
		return 7;
	}
	return 6;
}

/* @starts: where each field begins in @text */
struct journal_entry {
	struct buf text;
	size_t n;
	size_t starts[JOURNAL_FIELDS_MAX + 1];
};

static void journal_begin_field(struct journal_entry *entry)
{
	entry->starts[entry->n++] = entry->text.size;
}

static void journal_message_id(struct journal_entry *entry, const char *mod, const char *msg)
{
	struct buf name = BUF_INIT;
	uint8_t hash[SHA256_SIZE];
	size_t i;

	buf_printf(&name, "kube-nftproxy %s %s", mod, msg);
	sha256_of(name.data, name.size, hash);
	buf_done(&name);
	journal_begin_field(entry);
	buf_printf(&entry->text, "MESSAGE_ID=");
	for (i = 0; i < 16; i++)
		buf_printf(&entry->text, "%02x", hash[i]);
}

static void journal_add_field(struct journal_entry *entry, const struct log_field *field)
{
	const char *p;

	journal_begin_field(entry);
	buf_printf(&entry->text, "NFTPROXY_");
	for (p = field->key; *p; p++)
		buf_printf(&entry->text, "%c", toupper((unsigned char)*p));
	if (field->is_text)
		buf_printf(&entry->text, "=%s", field->text ? field->text : "");
	else if (field->micro)
		buf_printf(&entry->text, "=%" PRId64 ".%03" PRId64, field->number / 1000,
			   field->number % 1000);
	else
		buf_printf(&entry->text, "=%" PRId64, field->number);
}

static bool journal_send(enum log_level level, const char *mod, const char *msg,
			 const struct log_field *fields, const char *line)
{
	struct journal_entry entry = { .text = BUF_INIT };
	struct iovec parts[JOURNAL_FIELDS_MAX];
	size_t i;
	int r;

	/* sd_journal_sendv() succeeds even if there is no journal. */
	if (access(JOURNAL_SOCKET, W_OK) != 0)
		return false;
	journal_begin_field(&entry);
	buf_printf(&entry.text, "MESSAGE=%s", line);
	journal_begin_field(&entry);
	buf_printf(&entry.text, "PRIORITY=%d", journal_priority(level));
	journal_begin_field(&entry);
	buf_printf(&entry.text, "SYSLOG_IDENTIFIER=kube-nftproxy");
	journal_message_id(&entry, mod, msg);
	journal_begin_field(&entry);
	buf_printf(&entry.text, "NFTPROXY_MOD=%s", mod);
	for (; fields && fields->key && entry.n < JOURNAL_FIELDS_MAX; fields++)
		journal_add_field(&entry, fields);
	entry.starts[entry.n] = entry.text.size;
	for (i = 0; i < entry.n; i++) {
		parts[i].iov_base = entry.text.data + entry.starts[i];
		parts[i].iov_len = entry.starts[i + 1] - entry.starts[i];
	}
	r = sd_journal_sendv(parts, (int)entry.n);
	buf_done(&entry.text);
	return r >= 0;
}

void journal_start(void)
{
	log_set_sink(journal_send);
}
