/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "daemon/journal.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/plain_text.h"
#include "base/sha256.h"

#define JOURNAL_SOCKET "/run/systemd/journal/socket"

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
	case LOG_LEVEL_NOTICE:
	case LOG_LEVEL_INFO:
		return 6;
	case LOG_LEVEL_DEBUG:
		return 7;
	}
	return 6;
}

static void journal_message_id(struct buf *entry, const char *mod, const char *msg)
{
	struct buf name = BUF_INIT;
	uint8_t hash[SHA256_SIZE];
	size_t i;

	buf_printf(&name, "kube-nftproxy %s %s", mod, msg);
	sha256_of(name.data, name.size, hash);
	buf_done(&name);
	buf_printf(entry, "MESSAGE_ID=");
	for (i = 0; i < 16; i++)
		buf_printf(entry, "%02x", hash[i]);
	buf_add(entry, "\n", 1);
}

/* Cleaned, so that it has no line feed. */
static void journal_add_field(struct buf *entry, const struct log_field *field)
{
	const char *p;

	buf_printf(entry, "NFTPROXY_");
	for (p = field->key; *p; p++)
		buf_printf(entry, "%c", toupper((unsigned char)*p));
	buf_add(entry, "=", 1);
	if (field->is_text)
		plain_text_add(entry, field->text ? field->text : "");
	else if (field->micro)
		buf_printf(entry, "%" PRId64 ".%03" PRId64, field->number / 1000, field->number % 1000);
	else
		buf_printf(entry, "%" PRId64, field->number);
	buf_add(entry, "\n", 1);
}

/* sd_journal_sendv() would wait for a journal that does not read. */
static bool journal_write(const struct buf *entry)
{
	static const struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = JOURNAL_SOCKET };
	static int fd = -1;

	if (fd < 0)
		fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	return fd >= 0 && sendto(fd, entry->data, entry->size, MSG_NOSIGNAL,
				 (const struct sockaddr *)&address, sizeof(address)) >= 0;
}

static bool journal_send(enum log_level level, const char *mod, const char *msg,
			 const struct log_field *fields, const char *line)
{
	struct buf entry = BUF_INIT;
	bool sent;

	buf_printf(&entry, "MESSAGE=%s\nPRIORITY=%d\nSYSLOG_IDENTIFIER=kube-nftproxy\n", line,
		   journal_priority(level));
	journal_message_id(&entry, mod, msg);
	buf_printf(&entry, "NFTPROXY_MOD=%s\n", mod);
	for (; fields && fields->key; fields++)
		journal_add_field(&entry, fields);
	sent = journal_write(&entry);
	buf_done(&entry);
	return sent;
}

void journal_start(void)
{
	log_set_sink(journal_send);
}
