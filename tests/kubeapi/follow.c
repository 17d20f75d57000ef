/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * follow.c - the API client under a poll() loop, for tests
 *
 * Puts the objects into a store and prints one line for each call of the sink, and "gone KIND NAME" for
 * each object that a complete list removed from the store. Commands come on standard input: "dump" prints the
 * store's content, sorted, between "dump" and "."; "reload" reads the credentials again; "usage" prints what
 * of the process grows if something is not given back; "pass MS" lets time pass at once; "speed N" changes the speed;
 * "timer" is a timer that comes too early; "write" writes an Event; the end of the input ends the program.
 *
 * Usage: follow [--once] [--node NAME] [--speed N] [--quiet] [--verbose] KUBECONFIG
 * --speed: let time run N times as fast, so that backoffs pass quickly. With 0 it stands still, and only "pass" moves it.
 */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/log.h"
#include "kubeapi/kubeapi.h"
#include "model/node.h"
#include "model/service.h"
#include "model/service_cidr.h"
#include "model/slice.h"
#include "model/store.h"

#define FOLLOW_FDS_MAX 64

struct daemon {
	struct store *store;
	struct kubeapi *kubeapi;
	const char *node_name;
	struct pollfd fds[FOLLOW_FDS_MAX];
	size_t n_fds;
	int64_t deadline_ms;
	int64_t speed;
	int64_t passed_ms; /* beside the clock's */
	bool quiet;
	struct buf input;
};

static void follow_watch(void *ctx, int fd, unsigned int events)
{
	struct daemon *follow = ctx;
	short mask = (short)((events & KUBEAPI_EVENT_READ ? POLLIN : 0) |
			     (events & KUBEAPI_EVENT_WRITE ? POLLOUT : 0));
	size_t i;

	for (i = 0; i < follow->n_fds && follow->fds[i].fd != fd; i++)
		;
	if (i == FOLLOW_FDS_MAX)
		abort();
	if (i == follow->n_fds)
		follow->n_fds++;
	follow->fds[i] = (struct pollfd){ .fd = fd, .events = mask };
}

static void follow_unwatch(void *ctx, int fd)
{
	struct daemon *follow = ctx;
	size_t i;

	for (i = 0; i < follow->n_fds; i++) {
		if (follow->fds[i].fd != fd)
			continue;
		follow->fds[i] = follow->fds[--follow->n_fds];
		return;
	}
}

static void follow_timer(void *ctx, int64_t deadline_ms)
{
	struct daemon *follow = ctx;

	follow->deadline_ms = deadline_ms;
}

static int64_t follow_now(void *ctx)
{
	const struct daemon *follow = ctx;
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return ((int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000) * follow->speed + follow->passed_ms;
}

static void follow_change_speed(struct daemon *follow, int64_t speed)
{
	int64_t now_ms = follow_now(follow);

	follow->speed = speed;
	follow->passed_ms += now_ms - follow_now(follow);
}

static void follow_print(const struct daemon *follow, const char *what, enum object_kind kind,
			 const char *namespace, const char *name)
{
	if (!follow->quiet)
		printf("%s %s %s/%s\n", what, store_kind_name(kind), namespace ? namespace : "",
		       name ? name : "");
}

static int follow_compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void follow_dump_group(const struct store_group *group, struct buf *lines)
{
	size_t i;

	if (group->service)
		buf_printf(lines, "Service %s/%s %s %u\n", group->namespace, group->name,
			   service_type_name((enum service_type)group->service->type),
			   group->service->n_ports);
	for (i = 0; i < group->n_slices; i++)
		buf_printf(lines, "EndpointSlice %s/%s %u\n", group->slices[i]->namespace,
			   group->slices[i]->name, group->slices[i]->n_endpoints);
}

static void follow_dump_service_cidr(void *ctx, const struct service_cidr *service_cidr)
{
	char text[CIDR_TEXT_SIZE];
	struct buf *lines = ctx;
	size_t i;

	buf_printf(lines, "ServiceCIDR %s", service_cidr->name);
	for (i = 0; i < service_cidr->n_cidrs; i++)
		buf_printf(lines, " %s", cidr_print(&service_cidr->cidrs[i], text));
	buf_printf(lines, "\n");
}

/* The sorted lines of the store's content; they point into @text, free() the array. */
static char **follow_content(const struct daemon *follow, struct buf *text, size_t *ret_n)
{
	const struct store_group *group;
	char **lines, *line, *state = NULL;
	size_t n = 0;

	store_mark_all_dirty(follow->store);
	while ((group = store_dirty_next(follow->store)))
		follow_dump_group(group, text);
	if (follow->node_name && store_find_node(follow->store, follow->node_name))
		buf_printf(text, "Node %s %s\n", follow->node_name,
			   store_find_node(follow->store, follow->node_name)->zone);
	store_each_service_cidr(follow->store, follow_dump_service_cidr, text);
	lines = alloc_zeroed(text->size + 1, sizeof(*lines));
	if (text->size)
		for (line = strtok_r((char *)buf_text(text), "\n", &state); line;
		     line = strtok_r(NULL, "\n", &state))
			lines[n++] = line;
	qsort(lines, n, sizeof(*lines), follow_compare);
	*ret_n = n;
	return lines;
}

static void follow_put(void *ctx, struct object *object)
{
	struct daemon *follow = ctx;

	follow_print(follow, "put", object->kind, object->namespace, object->name);
	switch (object->kind) {
	case OBJECT_KIND_SERVICE:
		store_put_service(follow->store, TAKE_PTR(object->service));
		break;
	case OBJECT_KIND_ENDPOINT_SLICE:
		store_put_slice(follow->store, TAKE_PTR(object->slice));
		break;
	case OBJECT_KIND_NODE:
		store_put_node(follow->store, TAKE_PTR(object->node));
		break;
	case OBJECT_KIND_SERVICE_CIDR:
		store_put_service_cidr(follow->store, TAKE_PTR(object->service_cidr));
		break;
	case _OBJECT_KIND_MAX:
		break;
	}
}

static void follow_del(void *ctx, enum object_kind kind, const char *namespace, const char *name)
{
	struct daemon *follow = ctx;

	follow_print(follow, "del", kind, namespace, name);
	store_del(follow->store, kind, namespace, name);
}

static void follow_refused(void *ctx, const struct object *object, const struct err *err)
{
	struct daemon *follow = ctx;

	printf("refused %s %s/%s: %s\n", object->kind_name ? object->kind_name : "?",
	       object->namespace ? object->namespace : "", object->name ? object->name : "", err->text);
	if (object->name && *object->name)
		store_keep(follow->store, object->kind, object->namespace ? object->namespace : "",
			   object->name);
}

static void follow_begin(void *ctx, enum object_kind kind)
{
	struct daemon *follow = ctx;

	printf("begin %s\n", store_kind_name(kind));
	store_replace_begin(follow->store, kind);
}

static void follow_end(void *ctx, enum object_kind kind)
{
	struct daemon *follow = ctx;

	struct buf old_text = BUF_INIT, new_text = BUF_INIT;
	size_t n_old, n_new, i, j;
	char **old, **new;

	printf("end %s\n", store_kind_name(kind));
	if (follow->quiet) {
		store_replace_end(follow->store, kind);
		return;
	}
	old = follow_content(follow, &old_text, &n_old);
	store_replace_end(follow->store, kind);
	new = follow_content(follow, &new_text, &n_new);
	for (i = 0, j = 0; i < n_old; i++) {
		while (j < n_new && strcmp(new[j], old[i]) < 0)
			j++;
		if (j == n_new || strcmp(new[j], old[i]) != 0)
			printf("gone %s\n", old[i]);
	}
	free(old);
	free(new);
	buf_done(&old_text);
	buf_done(&new_text);
}

static void follow_abort(void *ctx, enum object_kind kind)
{
	struct daemon *follow = ctx;

	printf("abort %s\n", store_kind_name(kind));
	store_replace_abort(follow->store, kind);
}

static void daemon_synced(void *ctx, enum object_kind kind)
{
	(void)ctx;
	printf("synced %s\n", store_kind_name(kind));
}

static void follow_degraded(void *ctx, const struct object_source *source, const struct err *err)
{
	(void)ctx;
	printf("degraded %s: %s\n", source->origin, err->text);
}

static void follow_recovered(void *ctx, const struct object_source *source)
{
	(void)ctx;
	printf("recovered %s\n", source->origin);
}

static void follow_absent(void *ctx, enum object_kind kind, const struct err *err)
{
	(void)ctx;
	printf("absent %s: %s\n", store_kind_name(kind), err->text);
}

static void follow_dump(struct daemon *follow)
{
	struct buf text = BUF_INIT;
	size_t n, i;
	char **lines = follow_content(follow, &text, &n);

	printf("dump\n");
	for (i = 0; i < n; i++)
		printf("%s\n", lines[i]);
	printf(".\n");
	free(lines);
	buf_done(&text);
}

/* Open descriptors, and bytes of the heap in use, with those that are mapped for large pieces. */
static void follow_usage(void)
{
	struct mallinfo2 info = mallinfo2();
	DIR *directory = opendir("/proc/self/fd");
	unsigned int n = 0;

	/* Itself, "." and ".." are no descriptors of ours. */
	while (directory && readdir(directory))
		n++;
	if (directory)
		(void)closedir(directory);
	printf("usage %u %zu\n", n < 3 ? 0 : n - 3, info.uordblks + info.hblkhd);
}

static void follow_written(void *ctx, int http_code, unsigned int retry_after_s, const struct err *err)
{
	(void)ctx;
	(void)retry_after_s;
	printf("written %d %s\n", http_code, err->text);
}

static void follow_write(struct daemon *follow)
{
	static const char body[] =
		"{\"apiVersion\":\"events.k8s.io/v1\",\"kind\":\"Event\",\"metadata\":{\"name\":\"it\","
		"\"namespace\":\"shop\"},\"regarding\":{\"namespace\":\"shop\"},\"action\":\"a\",\"reason\":\"r\","
		"\"eventTime\":\"2026-01-01T00:00:00.000000Z\",\"reportingController\":\"c\","
		"\"reportingInstance\":\"i\",\"note\":\"\",\"type\":\"Normal\"}";
	const struct kubeapi_write write = {
		.path = "/apis/events.k8s.io/v1/namespaces/shop/events",
		.body = body,
		.body_size = sizeof(body) - 1,
	};
	struct err err = { 0 };

	printf("write: %s\n", kubeapi_write(follow->kubeapi, &write, &err) < 0 ? err.text : "sent");
}

static void follow_command(struct daemon *follow, const char *line)
{
	struct err err = { 0 };

	if (strcmp(line, "dump") == 0)
		follow_dump(follow);
	else if (strcmp(line, "reload") == 0)
		printf("reload: %s\n",
		       kubeapi_reload_credentials(follow->kubeapi, &err) < 0 ? err.text : "done");
	else if (strcmp(line, "usage") == 0)
		follow_usage();
	else if (strcmp(line, "timer") == 0)
		kubeapi_dispatch_timer(follow->kubeapi);
	else if (strcmp(line, "write") == 0)
		follow_write(follow);
	else if (strncmp(line, "pass ", 5) == 0)
		follow->passed_ms += strtol(line + 5, NULL, 10);
	else if (strncmp(line, "speed ", 6) == 0)
		follow_change_speed(follow, strtol(line + 6, NULL, 10));
	else
		printf("unknown command\n");
}

/* False at the end of the input. */
static bool follow_input(struct daemon *follow)
{
	char bytes[512], *end;
	ssize_t n = read(STDIN_FILENO, bytes, sizeof(bytes));

	if (n <= 0)
		return false;
	buf_add(&follow->input, bytes, (size_t)n);
	while ((end = memchr(follow->input.data, '\n', follow->input.size))) {
		*end = '\0';
		follow_command(follow, follow->input.data);
		buf_drop_front(&follow->input, (size_t)(end - follow->input.data) + 1);
	}
	return true;
}

static int follow_wait_ms(struct daemon *follow)
{
	int64_t left_ms;

	if (follow->deadline_ms < 0)
		return -1;
	left_ms = follow->deadline_ms - follow_now(follow);
	if (left_ms <= 0)
		return 0;
	if (follow->speed == 0)
		return -1;
	left_ms = (left_ms + follow->speed - 1) / follow->speed;
	return left_ms > 60000 ? 60000 : (int)left_ms;
}

static void follow_dispatch(struct daemon *follow, const struct pollfd *ready, size_t n_ready)
{
	size_t i;

	for (i = 0; i < n_ready; i++) {
		unsigned int events = 0;

		if (ready[i].revents & POLLIN)
			events |= KUBEAPI_EVENT_READ;
		if (ready[i].revents & POLLOUT)
			events |= KUBEAPI_EVENT_WRITE;
		if (ready[i].revents & (POLLERR | POLLHUP | POLLNVAL))
			events |= KUBEAPI_EVENT_ERROR;
		if (events)
			kubeapi_dispatch_fd(follow->kubeapi, ready[i].fd, events);
	}
	if (follow->deadline_ms >= 0 && follow_now(follow) >= follow->deadline_ms)
		kubeapi_dispatch_timer(follow->kubeapi);
}

static int daemon_run(struct daemon *follow, bool once)
{
	struct pollfd ready[FOLLOW_FDS_MAX + 1];
	struct err err = { 0 };
	bool open = true;
	int r;

	kubeapi_start(follow->kubeapi);
	for (;;) {
		size_t n = follow->n_fds;

		r = kubeapi_finished(follow->kubeapi, &err);
		if (once && r != -EINPROGRESS)
			break;
		if (!open)
			return 0;
		memcpy(ready, follow->fds, n * sizeof(*ready));
		ready[n] = (struct pollfd){ .fd = once ? -1 : STDIN_FILENO, .events = POLLIN };
		fflush(stdout);
		if (poll(ready, n + 1, follow_wait_ms(follow)) < 0 && errno != EINTR)
			return 1;
		follow_dispatch(follow, ready, n);
		if (ready[n].revents)
			open = follow_input(follow);
	}
	if (r < 0)
		printf("failed: %s\n", err.text);
	follow_dump(follow);
	return r < 0 ? 1 : 0;
}

int main(int argc, char **argv)
{
	struct daemon follow = { .deadline_ms = -1, .speed = 1 };
	const struct kubeapi_loop loop = { follow_watch, follow_unwatch, follow_timer, follow_now, &follow };
	const struct object_sink sink = {
		.put = follow_put,
		.del = follow_del,
		.refused = follow_refused,
		.replace_begin = follow_begin,
		.replace_end = follow_end,
		.replace_abort = follow_abort,
		.synced = daemon_synced,
		.degraded = follow_degraded,
		.recovered = follow_recovered,
		.absent = follow_absent,
		.ctx = &follow,
	};
	struct kubeapi_config config = { .follow = true,
					 .seed = (uint64_t)getpid(),
					 .written = follow_written };
	struct err err = { 0 };
	int i, r = 0;

	credentials_environment(&config.credentials);
	for (i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--once") == 0)
			config.follow = false;
		else if (strcmp(argv[i], "--json") == 0)
			config.json_only = true;
		else if (strcmp(argv[i], "--quiet") == 0)
			follow.quiet = true;
		else if (strcmp(argv[i], "--verbose") == 0)
			log_set_level(LOG_LEVEL_DEBUG);
		else if (strcmp(argv[i], "--node") == 0 && i + 1 < argc)
			config.node_name = argv[++i];
		else if (strcmp(argv[i], "--service-account") == 0 && i + 1 < argc)
			config.credentials.service_account = argv[++i];
		else if (strcmp(argv[i], "--master") == 0 && i + 1 < argc)
			config.credentials.master = argv[++i];
		else if (strcmp(argv[i], "--speed") == 0 && i + 1 < argc)
			follow.speed = strtol(argv[++i], NULL, 10);
		else
			config.credentials.kubeconfig = argv[i];
	}
	(void)signal(SIGPIPE, SIG_IGN);
	follow.node_name = config.node_name;
	follow.store = store_new();
	if (kubeapi_new(&config, &loop, &sink, &follow.kubeapi, &err) < 0) {
		printf("failed: %s\n", err.text);
		r = 1;
	} else {
		r = daemon_run(&follow, !config.follow);
	}
	kubeapi_free(follow.kubeapi);
	store_free(follow.store);
	buf_done(&follow.input);
	return r;
}
