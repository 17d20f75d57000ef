/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "intake/state_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "model/node.h"
#include "model/service.h"
#include "model/service_cidr.h"
#include "model/slice.h"
#include "model/store.h"

#define NAME	    "state"
#define NAME_NEW    "state.new"
#define NAME_BEHIND "state.behind"
#define PIECE_SIZE  (64u * 1024) /* of one read or write */
#define FILE_MODE   (S_IRUSR | S_IWUSR)

static int failed(struct err *reterr, const char *dir, const char *name, const char *what)
{
	int code = -errno;

	return err_set(reterr, code, "%s/%s: cannot %s: %s", dir, name, what, strerror(-code));
}

int state_file_prepare(const char *dir, struct err *reterr)
{
	struct stat st;

	if (mkdir(dir, S_IRWXU) < 0 && errno != EEXIST)
		return err_set(reterr, -errno, "%s: cannot be made: %s", dir, strerror(errno));
	if (stat(dir, &st) < 0)
		return err_set(reterr, -errno, "%s: %s", dir, strerror(errno));
	if (!S_ISDIR(st.st_mode))
		return err_set(reterr, -ENOTDIR, "%s: is no directory", dir);
	return 0;
}

static int open_dir(const char *dir, struct err *reterr)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? err_set(reterr, -errno, "%s: %s", dir, strerror(errno)) : fd;
}

/* A write in progress; @error: of the first write() that failed, 0: none; @size: bytes written. */
struct write_request {
	struct saved_state_writer writer;
	const struct state_file_content *content;
	int fd;
	int error;
	uint64_t size;
};

static void flush(struct write_request *w, size_t at_least)
{
	const char *from = w->writer.out.data;
	size_t left = w->writer.out.size;
	ssize_t n;

	if (left < at_least)
		return;
	while (left && !w->error) {
		n = write(w->fd, from, left);
		if (n < 0 && errno != EINTR)
			w->error = -errno;
		if (n <= 0)
			continue;
		from += n;
		left -= (size_t)n;
		w->size += (uint64_t)n;
	}
	buf_reset(&w->writer.out);
}

/* Before each object. */
static void write_manifest(struct write_request *w, enum object_kind kind, const char *namespace,
			   const char *name)
{
	const char *manifest = NULL;

	if (w->content->manifest_of)
		manifest = w->content->manifest_of(w->content->ctx, kind, namespace, name);
	if (manifest)
		saved_state_add_manifest(&w->writer, manifest);
}

static void write_group(void *ctx, const struct store_group *group)
{
	struct write_request *w = ctx;
	size_t i;

	if (group->service) {
		write_manifest(w, OBJECT_KIND_SERVICE, group->service->namespace, group->service->name);
		saved_state_add_service(&w->writer, group->service);
	}
	for (i = 0; i < group->n_slices; i++) {
		write_manifest(w, OBJECT_KIND_ENDPOINT_SLICE, group->slices[i]->namespace,
			       group->slices[i]->name);
		saved_state_add_slice(&w->writer, group->slices[i]);
	}
	flush(w, PIECE_SIZE);
}

static void write_service_cidr(void *ctx, const struct service_cidr *service_cidr)
{
	struct write_request *w = ctx;

	write_manifest(w, OBJECT_KIND_SERVICE_CIDR, "", service_cidr->name);
	saved_state_add_service_cidr(&w->writer, service_cidr);
	flush(w, PIECE_SIZE);
}

static int write_all(int fd, const struct state_file_content *content, uint64_t *ret_size,
		     uint8_t ret_checksum[SHA256_SIZE])
{
	const struct node *node = store_find_node(content->store, content->node_name);
	struct write_request w = { .fd = fd, .content = content };

	saved_state_begin(&w.writer, content->time_s, content->origin, content->node_name);
	store_each_group(content->store, write_group, &w);
	if (node) {
		write_manifest(&w, OBJECT_KIND_NODE, "", node->name);
		saved_state_add_node(&w.writer, node);
	}
	store_each_service_cidr(content->store, write_service_cidr, &w);
	saved_state_end(&w.writer);
	memcpy(ret_checksum, w.writer.checksum, SHA256_SIZE);
	flush(&w, 0);
	buf_done(&w.writer.out);
	/* state_file_read() would not read it. */
	if (!w.error && w.size > SAVED_STATE_SIZE_MAX)
		w.error = -EFBIG;
	if (!w.error && fsync(fd) < 0)
		w.error = -errno;
	*ret_size = w.size;
	return w.error;
}

int state_file_write(const char *dir, const struct state_file_content *content, uint64_t *ret_size,
		     uint8_t ret_checksum[SHA256_SIZE], struct err *reterr)
{
	_cleanup_close_ int dir_fd = open_dir(dir, reterr);
	_cleanup_close_ int fd = -1;
	int r;

	if (dir_fd < 0)
		return dir_fd;
	fd = openat(dir_fd, NAME_NEW, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);
	if (fd < 0)
		return failed(reterr, dir, NAME_NEW, "open");
	/* A file that existed before keeps its mode. */
	if (fchmod(fd, FILE_MODE) < 0)
		return failed(reterr, dir, NAME_NEW, "have a mode");
	r = write_all(fd, content, ret_size, ret_checksum);
	if (r < 0) {
		errno = -r;
		(void)failed(reterr, dir, NAME_NEW, "write");
		(void)unlinkat(dir_fd, NAME_NEW, 0);
		return r;
	}
	if (renameat(dir_fd, NAME_NEW, dir_fd, NAME) < 0)
		return failed(reterr, dir, NAME, "be replaced");
	if (fsync(dir_fd) < 0)
		return failed(reterr, dir, NAME, "reach the disk");
	return 0;
}

/**
 * struct state_file_reader - A read in progress
 * @size:	of the file at the start
 * @saved:	NULL until all bytes are read
 */
struct state_file_reader {
	const char *dir;
	int fd;
	size_t size;
	struct buf bytes;
	struct saved_state_reader *saved;
};

/* Return: the descriptor; negative errno. @ret_size: what it has now, in case that another process appends to it. */
static int state_file_open(const char *dir, size_t *ret_size, struct err *reterr)
{
	_cleanup_close_ int dir_fd = open_dir(dir, reterr);
	_cleanup_close_ int fd = -1;
	struct stat st;
	int r;

	if (dir_fd < 0)
		return dir_fd;
	fd = openat(dir_fd, NAME, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return failed(reterr, dir, NAME, "open");
	if (fstat(fd, &st) < 0)
		return failed(reterr, dir, NAME, "be looked at");
	if (!S_ISREG(st.st_mode))
		return err_set(reterr, -EINVAL, "%s/" NAME ": is no file", dir);
	if (st.st_size > (off_t)SAVED_STATE_SIZE_MAX)
		return err_set(reterr, -E2BIG, "%s/" NAME ": larger than %u MiB", dir,
			       SAVED_STATE_SIZE_MAX / (1024 * 1024));
	*ret_size = (size_t)st.st_size;
	r = fd;
	fd = -1;
	return r;
}

int state_file_peek(const char *dir, struct state_file_stamp *ret, struct err *reterr)
{
	size_t size = 0;
	_cleanup_close_ int fd = state_file_open(dir, &size, reterr);
	char head[SAVED_STATE_PEEK];

	if (fd < 0)
		return fd;
	if (size < sizeof(head) + SHA256_SIZE || pread(fd, head, sizeof(head), 0) != (ssize_t)sizeof(head) ||
	    pread(fd, ret->checksum, SHA256_SIZE, (off_t)(size - SHA256_SIZE)) != SHA256_SIZE)
		return err_set(reterr, -EBADMSG, "%s/" NAME ": cannot be read, or is damaged", dir);
	ret->time_s = saved_state_peek_time(head);
	if (ret->time_s < 0)
		return err_set(reterr, -EBADMSG, "%s/" NAME ": this is no saved state of kube-nftproxy", dir);
	return 0;
}

int state_file_reader_new(const char *dir, struct state_file_reader **ret, struct err *reterr)
{
	_cleanup_(state_file_reader_freep) struct state_file_reader *reader =
		alloc_zeroed(1, sizeof(*reader));
	int r;

	reader->dir = dir;
	reader->fd = r = state_file_open(dir, &reader->size, reterr);
	if (r < 0)
		return r;
	(void)buf_reserve(&reader->bytes, reader->size + 1);
	*ret = TAKE_PTR(reader);
	return 0;
}

struct state_file_reader *state_file_reader_free(struct state_file_reader *reader)
{
	if (!reader)
		return NULL;
	saved_state_reader_free(reader->saved);
	buf_done(&reader->bytes);
	if (reader->fd >= 0)
		(void)close(reader->fd);
	free(reader);
	return NULL;
}

static int read_piece(struct state_file_reader *reader, struct err *reterr)
{
	size_t left = reader->size - reader->bytes.size;
	ssize_t n = read(reader->fd, reader->bytes.data + reader->bytes.size,
			 left < PIECE_SIZE ? left : PIECE_SIZE);

	if (n < 0 && errno != EINTR)
		return failed(reterr, reader->dir, NAME, "read");
	if (n == 0)
		reader->size = reader->bytes.size;
	else if (n > 0)
		reader->bytes.size += (size_t)n;
	return -EINPROGRESS;
}

int state_file_reader_step(struct state_file_reader *reader, struct saved_state *ret, struct err *reterr)
{
	int r;

	if (reader->bytes.size < reader->size)
		return read_piece(reader, reterr);
	if (reader->saved) {
		r = saved_state_reader_step(reader->saved, ret, reterr);
	} else {
		r = saved_state_reader_new(reader->bytes.data, reader->bytes.size, &reader->saved, reterr);
		if (r == 0)
			return -EINPROGRESS;
	}
	if (r < 0 && r != -EINPROGRESS)
		(void)err_wrap(reterr, "%s/" NAME, reader->dir);
	return r;
}

int state_file_clear_behind(const char *dir, struct err *reterr)
{
	_cleanup_close_ int dir_fd = open_dir(dir, reterr);

	if (dir_fd < 0)
		return dir_fd;
	if (unlinkat(dir_fd, NAME_BEHIND, 0) < 0 && errno != ENOENT)
		return failed(reterr, dir, NAME_BEHIND, "remove");
	return 0;
}

bool state_file_is_behind(const char *dir)
{
	_cleanup_close_ int dir_fd = open_dir(dir, NULL);
	struct stat st;

	return dir_fd < 0 || fstatat(dir_fd, NAME_BEHIND, &st, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT;
}
