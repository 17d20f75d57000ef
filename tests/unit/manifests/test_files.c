/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "manifests/files.h"
#include "model/service.h"

/* Each test has a directory of its own. @calls: of the sink since the last expect() */
struct fixture {
	char dir[64];
	struct buf calls;
	struct files *files;
};

static const char *unwatchable; /* the end of a path for which there is no watch */
static bool unreadable;		/* no directory can be opened */

/* These take the place of the library's functions. */
int inotify_add_watch(int fd, const char *path, uint32_t mask)
{
	size_t len = strlen(path), n = unwatchable ? strlen(unwatchable) : 0;

	if (n && len >= n && strcmp(path + len - n, unwatchable) == 0) {
		errno = ENOSPC;
		return -1;
	}
	return (int)syscall(SYS_inotify_add_watch, fd, path, mask);
}

DIR *opendir(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || !unreadable)
		return fd < 0 ? NULL : fdopendir(fd);
	(void)close(fd);
	errno = EACCES;
	return NULL;
}

static void on_put(void *ctx, struct object *object)
{
	struct fixture *fixture = ctx;

	buf_printf(&fixture->calls, "put %s %s/%s", object->kind_name, object->namespace, object->name);
	if (object->kind == OBJECT_KIND_SERVICE && object->service->n_ports)
		buf_printf(&fixture->calls, ":%u", object->service->ports[0].port);
	buf_printf(&fixture->calls, "\n");
}

static void on_del(void *ctx, enum object_kind kind, const char *namespace, const char *name)
{
	struct fixture *fixture = ctx;

	buf_printf(&fixture->calls, "del %s %s/%s\n", store_kind_name(kind), namespace, name);
}

/* The directory, which differs each time, is shown as DIR. */
static void sink_text(struct fixture *fixture, const char *text)
{
	size_t len = strlen(fixture->dir);

	for (; *text; text++) {
		if (strncmp(text, fixture->dir, len) == 0) {
			buf_add(&fixture->calls, "DIR", 3);
			text += len - 1;
		} else {
			buf_add(&fixture->calls, text, 1);
		}
	}
	buf_add(&fixture->calls, "\n", 1);
}

static void on_refused(void *ctx, const struct object *object, const struct err *err)
{
	struct fixture *fixture = ctx;

	buf_printf(&fixture->calls, "refused %s %s/%s: ", object->kind_name, object->namespace, object->name);
	sink_text(fixture, err->text);
}

static void on_replace(void *ctx, enum object_kind kind)
{
	(void)ctx;
	(void)kind;
	fail();
}

static void on_synced(void *ctx, enum object_kind kind)
{
	struct fixture *fixture = ctx;

	buf_printf(&fixture->calls, "synced %s\n", store_kind_name(kind));
}

static void on_degraded(void *ctx, const struct object_source *source, const struct err *err)
{
	struct fixture *fixture = ctx;
	struct buf line = BUF_INIT;

	buf_printf(&fixture->calls, "degraded ");
	buf_printf(&line, "%s: %s", source->origin, err->text);
	sink_text(fixture, buf_text(&line));
	buf_done(&line);
}

static void on_recovered(void *ctx, const struct object_source *source)
{
	struct fixture *fixture = ctx;

	buf_printf(&fixture->calls, "recovered ");
	sink_text(fixture, source->origin);
}

static void on_skipped(void *ctx, const char *kind, unsigned int count)
{
	struct fixture *fixture = ctx;

	buf_printf(&fixture->calls, "%s %u\n", kind, count);
}

#define SYNCED "synced Service\nsynced EndpointSlice\nsynced Node\nsynced ServiceCIDR\n"

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	assert_non_null(fixture);
	(void)snprintf(fixture->dir, sizeof(fixture->dir), "/tmp/test_files.XXXXXX");
	assert_non_null(mkdtemp(fixture->dir));
	*state = fixture;
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void remove_tree(const char *path)
{
	assert_int_equal(nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	unwatchable = NULL;
	unreadable = false;
	(void)files_free(fixture->files);
	buf_done(&fixture->calls);
	remove_tree(fixture->dir);
	free(fixture);
	return 0;
}

static char *path_of(const struct fixture *fixture, const char *name)
{
	static char paths[4][128];
	static unsigned int turn;
	char *path = paths[turn++ % 4];

	(void)snprintf(path, sizeof(paths[0]), "%s/%s", fixture->dir, name);
	return path;
}

static void write_bytes(const struct fixture *fixture, const char *name, const char *bytes, size_t size)
{
	FILE *f = fopen(path_of(fixture, name), "w");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, size, f), size);
	assert_int_equal(fclose(f), 0);
}

static void write_file(const struct fixture *fixture, const char *name, const char *text)
{
	write_bytes(fixture, name, text, strlen(text));
}

static void rename_file(const struct fixture *fixture, const char *from, const char *to)
{
	assert_int_equal(rename(path_of(fixture, from), path_of(fixture, to)), 0);
}

static void expect(struct fixture *fixture, const char *expected)
{
	assert_string_equal(buf_text(&fixture->calls), expected);
	buf_reset(&fixture->calls);
}

static struct object_sink sink_of(struct fixture *fixture)
{
	return (struct object_sink){
		.put = on_put,
		.del = on_del,
		.refused = on_refused,
		.replace_begin = on_replace,
		.replace_end = on_replace,
		.replace_abort = on_replace,
		.synced = on_synced,
		.degraded = on_degraded,
		.recovered = on_recovered,
		.ctx = fixture,
	};
}

static void open_path(struct fixture *fixture, const char *path, bool follow)
{
	const struct object_sink sink = sink_of(fixture);
	struct err err = { 0 };

	assert_int_equal(files_new(path, follow, &sink, &fixture->files, &err), 0);
	assert_int_equal(files_fd(fixture->files) >= 0, follow);
}

static void read_all(struct fixture *fixture)
{
	struct err err = { 0 };

	assert_int_equal(files_read_all(fixture->files, &err), 0);
}

/* @expected: of the first reading */
static void follow(struct fixture *fixture, const char *path, const char *expected)
{
	open_path(fixture, path, true);
	read_all(fixture);
	expect(fixture, expected);
}

/* Return: whether there is more to do */
static bool dispatch_once(struct fixture *fixture)
{
	struct err err = { 0 };
	bool more;

	assert_int_equal(files_dispatch(fixture->files, &more, &err), 0);
	return more;
}

static void dispatch(struct fixture *fixture)
{
	while (dispatch_once(fixture))
		;
}

/* @call: it has not been made yet */
static void dispatch_until(struct fixture *fixture, const char *call)
{
	buf_reset(&fixture->calls);
	while (!strstr(buf_text(&fixture->calls), call))
		assert_true(dispatch_once(fixture));
}

#define SERVICE(name, port) \
	"kind: Service\nmetadata: {name: " name "}\nspec: {ports: [{port: " port "}]}\n---\n"

static void reads_a_directory_in_name_order(void **state)
{
	struct fixture *fixture = *state;

	write_file(fixture, "b.yaml", SERVICE("b", "2"));
	write_file(
		fixture, "a.json",
		"{\"kind\":\"Node\",\"metadata\":{\"name\":\"n1\"}}\n"
		"{\"kind\":\"Service\",\"metadata\":{\"name\":\"a\"},\"spec\":{\"ports\":[{\"port\":1}]}}");
	write_file(fixture, "c.yml", SERVICE("c", "3") "# nothing\n---\n");
	write_file(fixture, "d.txt", SERVICE("d", "4"));
	write_file(fixture, ".e.yaml", SERVICE("e", "5"));
	write_file(fixture, "empty.yaml", "");
	write_file(fixture, "empty.json", " \n");
	assert_int_equal(mkdir(path_of(fixture, "sub.yaml"), 0700), 0);
	write_file(fixture, "sub.yaml/f.yaml", SERVICE("f", "6"));
	open_path(fixture, fixture->dir, false);
	read_all(fixture);
	expect(fixture,
	       "put Node /n1\nput Service default/a:1\nput Service default/b:2\nput Service default/c:3\n" SYNCED);
	dispatch(fixture);
	expect(fixture, "");
}

static void reads_lists(void **state)
{
	struct fixture *fixture = *state;

	write_file(
		fixture, "a.json",
		"\xef\xbb\xbf{\"kind\":\"List\",\"items\":[{\"kind\":\"Node\",\"metadata\":{\"name\":\"n1\"}},7]}"
		"{\"items\":[{\"metadata\":{\"name\":\"n2\"}}],\"kind\":\"NodeList\"}"
		"{\"items\":null,\"kind\":\"List\"}");
	write_file(fixture, "b.yaml", "items:\n- metadata: {name: n3}\nkind: NodeList\n");
	open_path(fixture, fixture->dir, false);
	read_all(fixture);
	expect(fixture,
	       "put Node /n1\nrefused  /: expected an object (DIR/a.json, line 1)\nput Node /n2\nput Node /n3\n" SYNCED);
}

static void bad_objects_are_named_and_the_others_served(void **state)
{
	struct fixture *fixture = *state;

	write_file(
		fixture, "a.yaml",
		SERVICE("one", "1") SERVICE(
			"two",
			"70000") "kind: Service\nmetadata: {name: three}\n---\n"
				 "kind: EndpointSlice\nmetadata: {name: four, namespace: shop}\naddressType: IPv4\n"
				 "endpoints: [{addresses: [\"fd00::1\"]}]\n---\n" SERVICE("five", "5"));
	write_file(
		fixture, "b.json",
		"{\"kind\":\"Node\",\"metadata\":{\"name\":\"N1\"}}\n\n{\"kind\":\"Node\",\n\"metadata\":{\"name\":\"n2\",\"name\":\"n3\"}}\n"
		"{\"kind\":\"Node\",\"metadata\":{\"name\":\"n4\"}}");
	open_path(fixture, fixture->dir, false);
	read_all(fixture);
	expect(fixture,
	       "put Service default/one:1\n"
	       "refused Service default/two: spec.ports[0].port: 70000 is not in 1..65535 (DIR/a.yaml, line 5)\n"
	       "refused Service default/three: spec.ports: a Service needs at least one port (DIR/a.yaml, line 9)\n"
	       "refused EndpointSlice shop/four: endpoints[0].addresses[0]: fd00::1 is not IPv4 (DIR/a.yaml, line 12)\n"
	       "put Service default/five:5\n"
	       "refused Node /N1: metadata.name: \"N1\" is not a DNS name (DIR/b.json, line 1)\n"
	       "refused Node /n3: duplicate object key near '\"name\"' (line 2 of it) (DIR/b.json, line 3)\n"
	       "put Node /n4\n" SYNCED);
}

static void other_kinds_are_counted(void **state)
{
	struct fixture *fixture = *state;

	write_file(fixture, "a.yaml", "kind: Pod\n---\nkind: ConfigMap\n---\nkind: Pod\n");
	write_file(fixture, "b.yaml", "kind: Pod\n---\n" SERVICE("b", "2"));
	follow(fixture, fixture->dir, "put Service default/b:2\n" SYNCED);
	files_each_skipped(fixture->files, on_skipped, fixture);
	expect(fixture, "ConfigMap 1\nPod 3\n");
	write_file(fixture, "a.yaml", "kind: Secret\n");
	dispatch(fixture);
	files_each_skipped(fixture->files, on_skipped, fixture);
	expect(fixture, "Pod 1\nSecret 1\n");
}

/* Files are read in the order of their names, each once, in whatever order the events come. */
static void a_round_goes_by_name(void **state)
{
	struct fixture *fixture = *state;

	write_file(fixture, "m.yaml", SERVICE("m", "5"));
	follow(fixture, fixture->dir, "put Service default/m:5\n" SYNCED);
	write_file(fixture, "z.yaml", SERVICE("z", "1"));
	write_file(fixture, "m.yaml", SERVICE("m", "6"));
	write_file(fixture, "a.yaml", SERVICE("a", "2"));
	write_file(fixture, "z.yaml", SERVICE("z", "3"));
	dispatch(fixture);
	expect(fixture, "put Service default/a:2\nput Service default/m:6\nput Service default/z:3\n");
	dispatch(fixture);
	expect(fixture, "");
}

static void what_is_no_manifest_is_named(void **state)
{
	static const char elf[] = "\x7f"
				  "ELF\n\0\0\n";
	struct fixture *fixture = *state;

	write_bytes(fixture, "a.yaml", elf, sizeof(elf) - 1);
	write_bytes(fixture, "b.json", elf, sizeof(elf) - 1);
	write_file(fixture, "c.yaml", SERVICE("c", "1") "a: b: c\n");
	write_file(fixture, "d.json",
		   "{\"kind\":\"Node\",\"metadata\":{\"name\":\"n1\"}}\n{\"kind\" \"Node\"}\n");
	write_file(fixture, "e.json", "{\"kind\":\"Node\",\"metadata\":{\"name\":\"n1\"}}\n\n[1, 2]\n");
	write_file(fixture, "f.json", "{\"kind\":\"Node\",\"metadata\":{\"name\":\"n1\"}");
	write_file(
		fixture, "g.json",
		"{\"kind\":\"List\",\"items\":[{\"kind\":\"Node\",\"metadata\":{\"name\":\"n1\"}},\n{\"a\" 1}]}");
	assert_int_equal(mkfifo(path_of(fixture, "h.yaml"), 0600), 0);
	write_file(fixture, "i.yaml", SERVICE("i", "1"));
	open_path(fixture, fixture->dir, false);
	read_all(fixture);
	expect(fixture, "degraded DIR/a.yaml: line 2: not a text file: it contains a NUL byte\n"
			"degraded DIR/b.json: line 2: not a text file: it contains a NUL byte\n"
			"degraded DIR/c.yaml: line 5: mapping values are not allowed in this context\n"
			"degraded DIR/d.json: line 2: byte 8: expected :\n"
			"degraded DIR/e.json: line 3: byte 0: expected {\n"
			"degraded DIR/f.json: line 1: byte 39: the end comes inside a value\n"
			"degraded DIR/g.json: line 2: not JSON: ':' expected near '1' (line 1 of it)\n"
			"degraded DIR/h.yaml: not a regular file\n"
			"put Service default/i:1\n" SYNCED);
}

static void a_large_object_is_refused_by_name(void **state)
{
	struct fixture *fixture = *state;
	struct buf text = BUF_INIT;

	buf_printf(&text, "{\"kind\":\"Node\",\"metadata\":{\"name\":\"large\"},\"x\":\"");
	memset(buf_reserve(&text, 20 * 1024 * 1024), 'x', 20 * 1024 * 1024);
	text.size += 20 * 1024 * 1024;
	buf_printf(&text, "\"}");
	write_bytes(fixture, "a.json", text.data, text.size);
	buf_printf(&text, "\n{\"kind\":\"Node\",\"metadata\":{\"name\":\"n1\"}}\n");
	write_bytes(fixture, "b.json", text.data, text.size);
	buf_done(&text);
	buf_printf(&text, "{\"kind\":\"NodeList\",\"items\":[{\"metadata\":{\"name\":\"n2\"}},\n"
			  "{\"metadata\":{\"name\":\"large\",\"x\":\"");
	memset(buf_reserve(&text, 20 * 1024 * 1024), 'x', 20 * 1024 * 1024);
	text.size += 20 * 1024 * 1024;
	buf_printf(&text, "\"}},{\"metadata\":{\"name\":\"n3\"}}]}");
	write_bytes(fixture, "c.json", text.data, text.size);
	buf_done(&text);
	open_path(fixture, fixture->dir, false);
	read_all(fixture);
	expect(fixture,
	       "refused Node /large: larger than 4 MiB (DIR/a.json, line 1)\n"
	       "refused Node /large: larger than 4 MiB (DIR/b.json, line 1)\nput Node /n1\n"
	       "put Node /n2\nrefused Node /large: larger than 4 MiB (DIR/c.json, line 2)\nput Node /n3\n" SYNCED);
}

static void follows_changes(void **state)
{
	struct fixture *fixture = *state;

	write_file(fixture, "a.yaml", SERVICE("a", "1") SERVICE("b", "2"));
	write_file(fixture, "z.yaml", SERVICE("z", "9"));
	follow(fixture, fixture->dir,
	       "put Service default/a:1\nput Service default/b:2\nput Service default/z:9\n" SYNCED);
	dispatch(fixture);
	expect(fixture, "");
	/* Only the changed file is read again. */
	write_file(fixture, "a.yaml", SERVICE("a", "11") SERVICE("c", "3"));
	dispatch(fixture);
	expect(fixture, "put Service default/a:11\nput Service default/c:3\ndel Service default/b\n");
	/* A new file, one renamed into place, one deleted. */
	write_file(fixture, "m.yaml", SERVICE("m", "5"));
	write_file(fixture, ".tmp", SERVICE("z", "99"));
	dispatch(fixture);
	expect(fixture, "put Service default/m:5\n");
	rename_file(fixture, ".tmp", "z.yaml");
	dispatch(fixture);
	expect(fixture, "put Service default/z:99\n");
	assert_int_equal(unlink(path_of(fixture, "m.yaml")), 0);
	dispatch(fixture);
	expect(fixture, "del Service default/m\n");
	rename_file(fixture, "a.yaml", "a.off");
	dispatch(fixture);
	expect(fixture, "del Service default/a\ndel Service default/c\n");
	read_all(fixture);
	expect(fixture, "put Service default/z:99\n");
}

static void a_file_is_read_when_its_writer_is_done(void **state)
{
	struct fixture *fixture = *state;
	FILE *f;

	follow(fixture, fixture->dir, SYNCED);
	f = fopen(path_of(fixture, "a.yaml"), "w");
	assert_non_null(f);
	assert_true(fputs(SERVICE("a", "1") "broken: [", f) >= 0);
	assert_int_equal(fflush(f), 0);
	dispatch(fixture);
	expect(fixture, "");
	assert_true(fputs("]\nkind: ConfigMap\n", f) >= 0);
	assert_int_equal(fclose(f), 0);
	dispatch(fixture);
	expect(fixture, "put Service default/a:1\n");
	/* A link is read at once. */
	assert_int_equal(link(path_of(fixture, "a.yaml"), path_of(fixture, "hard.yaml")), 0);
	dispatch(fixture);
	expect(fixture, "refused Service default/a: DIR/a.yaml defines it already (DIR/hard.yaml, line 1)\n");
}

static void last_good_objects_stand(void **state)
{
	struct fixture *fixture = *state;

	write_file(fixture, "a.yaml", SERVICE("a", "1") SERVICE("b", "2"));
	follow(fixture, fixture->dir, "put Service default/a:1\nput Service default/b:2\n" SYNCED);
	/* A bad file keeps all its objects. */
	write_file(fixture, "a.yaml", SERVICE("a", "11") "x: y: z\n");
	dispatch(fixture);
	expect(fixture, "degraded DIR/a.yaml: line 5: mapping values are not allowed in this context\n");
	/* A bad object keeps its last good version. */
	write_file(fixture, "a.yaml", SERVICE("a", "70000") SERVICE("c", "3"));
	dispatch(fixture);
	expect(fixture,
	       "recovered DIR/a.yaml\n"
	       "refused Service default/a: spec.ports[0].port: 70000 is not in 1..65535 (DIR/a.yaml, line 1)\n"
	       "put Service default/c:3\ndel Service default/b\n");
	/* A file that was never good has no objects. */
	write_file(fixture, "b.yaml", SERVICE("d", "70000"));
	dispatch(fixture);
	expect(fixture,
	       "refused Service default/d: spec.ports[0].port: 70000 is not in 1..65535 (DIR/b.yaml, line 1)\n");
	assert_int_equal(unlink(path_of(fixture, "b.yaml")), 0);
	dispatch(fixture);
	expect(fixture, "");
	write_file(fixture, "a.yaml", "");
	dispatch(fixture);
	expect(fixture, "del Service default/a\ndel Service default/c\n");
}

static void two_files_may_not_define_one_object(void **state)
{
	struct fixture *fixture = *state;

	write_file(fixture, "a.yaml", SERVICE("x", "1"));
	write_file(fixture, "b.yaml", SERVICE("x", "2") SERVICE("b", "3") SERVICE("b", "4"));
	follow(fixture, fixture->dir,
	       "put Service default/x:1\n"
	       "refused Service default/x: DIR/a.yaml defines it already (DIR/b.yaml, line 1)\n"
	       "put Service default/b:3\n"
	       "refused Service default/b: the file defines it twice (DIR/b.yaml, line 9)\n" SYNCED);
	/* When the first file drops the object, that of the second is used. */
	write_file(fixture, "a.yaml", SERVICE("y", "5"));
	dispatch(fixture);
	expect(fixture, "put Service default/y:5\nput Service default/x:2\nput Service default/b:3\n"
			"refused Service default/b: the file defines it twice (DIR/b.yaml, line 9)\n");
}

static void a_moved_object_never_goes(void **state)
{
	struct fixture *fixture = *state;

	write_file(fixture, "a.yaml", SERVICE("x", "1"));
	follow(fixture, fixture->dir, "put Service default/x:1\n" SYNCED);
	/* The whole file, in both orders of names. */
	rename_file(fixture, "a.yaml", "b.yaml");
	dispatch(fixture);
	expect(fixture, "put Service default/x:1\n");
	rename_file(fixture, "b.yaml", "a.yaml");
	dispatch(fixture);
	expect(fixture, "put Service default/x:1\n");
	/* An object moves from file to file. */
	write_file(fixture, "b.yaml", SERVICE("x", "2"));
	write_file(fixture, "a.yaml", "");
	dispatch(fixture);
	expect(fixture, "put Service default/x:2\n");
	write_file(fixture, "a.yaml", SERVICE("x", "3"));
	write_file(fixture, "b.yaml", "");
	dispatch(fixture);
	expect(fixture, "refused Service default/x: DIR/b.yaml defines it already (DIR/a.yaml, line 1)\n"
			"put Service default/x:3\n");
}

static void follows_the_swap_of_a_volume(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(mkdir(path_of(fixture, "..1"), 0700), 0);
	write_file(fixture, "..1/a.yaml", SERVICE("a", "1"));
	write_file(fixture, "..1/b.yaml", SERVICE("b", "2"));
	assert_int_equal(symlink("..1", path_of(fixture, "..data")), 0);
	assert_int_equal(symlink("..data/a.yaml", path_of(fixture, "a.yaml")), 0);
	assert_int_equal(symlink("..data/b.yaml", path_of(fixture, "b.yaml")), 0);
	follow(fixture, fixture->dir, "put Service default/a:1\nput Service default/b:2\n" SYNCED);

	assert_int_equal(mkdir(path_of(fixture, "..2"), 0700), 0);
	write_file(fixture, "..2/a.yaml", SERVICE("a", "11"));
	assert_int_equal(symlink("..2", path_of(fixture, "..data_tmp")), 0);
	rename_file(fixture, "..data_tmp", "..data");
	assert_int_equal(unlink(path_of(fixture, "b.yaml")), 0);
	dispatch(fixture);
	expect(fixture, "put Service default/a:11\ndel Service default/b\n");
}

#define N_LINKS 20000
/* Of CPU: all of a swap takes 600 ms, one step 20. A shared processor may count more, and sanitizers are slow. */
#ifdef __SANITIZE_ADDRESS__
#define SWAP_MS 100000
#define STEP_MS 2000
#else
#define SWAP_MS 10000
#define STEP_MS 300
#endif

/* Move the directory into memory, where tens of thousands of files are quickly made. */
static void use_memory(struct fixture *fixture)
{
	if (access("/dev/shm", W_OK) < 0)
		skip();
	remove_tree(fixture->dir);
	(void)snprintf(fixture->dir, sizeof(fixture->dir), "/dev/shm/test_files.XXXXXX");
	assert_non_null(mkdtemp(fixture->dir));
}

static unsigned int cpu_ms(void)
{
	struct rusage usage;

	assert_int_equal(getrusage(RUSAGE_SELF, &usage), 0);
	return (unsigned int)((usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000 +
			      (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1000);
}

static void write_volume(const struct fixture *fixture, const char *dir, const char *port)
{
	char name[64], text[128];
	unsigned int i;

	assert_int_equal(mkdir(path_of(fixture, dir), 0700), 0);
	for (i = 0; i < N_LINKS; i++) {
		(void)snprintf(name, sizeof(name), "%s/%u.yaml", dir, i);
		(void)snprintf(text, sizeof(text),
			       "kind: Service\nmetadata: {name: s%u}\nspec: {ports: [{port: %s}]}\n", i,
			       port);
		write_file(fixture, name, text);
	}
}

static size_t count(const char *text, const char *part)
{
	size_t n = 0, len = strlen(part);

	/* Not strstr(): sanitizers have it read to the end of the text each time. */
	for (; *text; text++)
		n += *text == *part && strncmp(text, part, len) == 0;
	return n;
}

static bool files_are_pending(const struct fixture *fixture)
{
	struct pollfd fd = { files_fd(fixture->files), POLLIN, 0 };

	return poll(&fd, 1, 0) == 1;
}

/*
 * All links lead to other files at once: the work must not be quadratic in their number, and it is made in short steps.
 */
static void swaps_a_large_volume(void **state)
{
	struct fixture *fixture = *state;
	char name[64], target[64];
	unsigned int i, start, before = 0, longest = 0;

	use_memory(fixture);
	write_volume(fixture, "..1", "1");
	write_volume(fixture, "..2", "2");
	assert_int_equal(symlink("..1", path_of(fixture, "..data")), 0);
	for (i = 0; i < N_LINKS; i++) {
		(void)snprintf(name, sizeof(name), "%u.yaml", i);
		(void)snprintf(target, sizeof(target), "..data/%u.yaml", i);
		assert_int_equal(symlink(target, path_of(fixture, name)), 0);
	}
	open_path(fixture, fixture->dir, true);
	start = cpu_ms();
	read_all(fixture);
	assert_int_equal(count(buf_text(&fixture->calls), "put Service"), N_LINKS);
	buf_reset(&fixture->calls);

	assert_int_equal(symlink("..2", path_of(fixture, "..data_tmp")), 0);
	rename_file(fixture, "..data_tmp", "..data");
	remove_tree(path_of(fixture, "..1"));
	/* Soon after that, another manifest changes. */
	assert_true(dispatch_once(fixture));
	write_file(fixture, "other.yaml", SERVICE("other", "3"));
	while (!strstr(buf_text(&fixture->calls), "other:3")) {
		before = cpu_ms();
		assert_true(dispatch_once(fixture));
		if (cpu_ms() - before > longest)
			longest = cpu_ms() - before;
	}
	assert_true(count(buf_text(&fixture->calls), ":2\n") < N_LINKS);
	while (dispatch_once(fixture) || files_are_pending(fixture)) {
		if (cpu_ms() - before > longest)
			longest = cpu_ms() - before;
		before = cpu_ms();
	}
	assert_true(count(buf_text(&fixture->calls), ":2\n") >= N_LINKS);
	assert_in_range(longest, 0, STEP_MS);
	assert_in_range(cpu_ms() - start, 0, SWAP_MS);
}

static void follows_what_links_lead_to(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(mkdir(path_of(fixture, "real"), 0700), 0);
	write_file(fixture, "real/one", SERVICE("a", "1"));
	assert_int_equal(symlink("real/one", path_of(fixture, "a.yaml")), 0);
	follow(fixture, fixture->dir, "put Service default/a:1\n" SYNCED);
	write_file(fixture, "real/one", SERVICE("a", "11"));
	dispatch(fixture);
	expect(fixture, "put Service default/a:11\n");
	/* Another file takes its place. */
	write_file(fixture, "real/two", SERVICE("a", "22"));
	rename_file(fixture, "real/two", "real/one");
	dispatch(fixture);
	expect(fixture, "put Service default/a:22\n");
	write_file(fixture, "real/one", SERVICE("a", "33"));
	dispatch(fixture);
	expect(fixture, "put Service default/a:33\n");
	assert_int_equal(unlink(path_of(fixture, "a.yaml")), 0);
	dispatch(fixture);
	expect(fixture, "del Service default/a\n");
	write_file(fixture, "real/one", SERVICE("a", "44"));
	dispatch(fixture);
	expect(fixture, "");
}

static void a_link_that_is_not_watched_recovers(void **state)
{
	struct fixture *fixture = *state;

	write_file(fixture, "one", SERVICE("a", "1"));
	write_file(fixture, "two", SERVICE("b", "1"));
	assert_int_equal(symlink("one", path_of(fixture, "a.yaml")), 0);
	assert_int_equal(symlink("two", path_of(fixture, "b.yaml")), 0);
	open_path(fixture, fixture->dir, true);
	unwatchable = ".yaml";
	read_all(fixture);
	expect(fixture,
	       "degraded DIR/a.yaml: the target of the link cannot be watched: No space left on device\n"
	       "put Service default/a:1\n"
	       "degraded DIR/b.yaml: the target of the link cannot be watched: No space left on device\n"
	       "put Service default/b:1\n" SYNCED);
	unwatchable = NULL;
	assert_int_equal(unlink(path_of(fixture, "b.yaml")), 0);
	files_reload(fixture->files);
	dispatch(fixture);
	expect(fixture, "recovered DIR/b.yaml\nrecovered DIR/a.yaml\nput Service default/a:1\n"
			"del Service default/b\n");
	write_file(fixture, "one", SERVICE("a", "2"));
	dispatch(fixture);
	expect(fixture, "put Service default/a:2\n");
}

static void append_service(struct buf *text, const char *format, unsigned int i)
{
	if (strcmp(format, "list.json") == 0)
		buf_printf(text, "%s{\"metadata\":{\"name\":\"s%u\"},\"spec\":{\"ports\":[{\"port\":1}]}}\n",
			   i ? "," : "{\"kind\":\"ServiceList\",\"items\":[", i);
	else if (strcmp(format, "list.yaml") == 0)
		buf_printf(text, "%s- metadata: {name: s%u}\n  spec: {ports: [{port: 1}]}\n",
			   i ? "" : "items:\n", i);
	else
		buf_printf(text, "kind: Service\nmetadata: {name: s%u}\nspec: {ports: [{port: 1}]}\n---\n",
			   i);
}

static void append_services(struct buf *text, const char *format, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		append_service(text, format, i);
}

/* The longest of the steps that the changes take, in ms of CPU. */
static unsigned int longest_step(struct fixture *fixture)
{
	unsigned int start, used, longest = 0;
	bool more;

	do {
		start = cpu_ms();
		more = dispatch_once(fixture);
		used = cpu_ms() - start;
		if (used > longest)
			longest = used;
	} while (more);
	return longest;
}

static void reads_a_large_file_in_steps(void **state)
{
	static const char *const formats[] = { "documents.yaml", "list.yaml", "list.json" };
	struct fixture *fixture = *state;
	unsigned int i;

	follow(fixture, fixture->dir, SYNCED);
	for (i = 0; i < 3; i++) {
		struct buf text = BUF_INIT;

		buf_reset(&fixture->calls);
		append_services(&text, formats[i], 50000);
		buf_printf(&text, "%s", i == 0 ? "" : i == 1 ? "kind: ServiceList\n" : "]}\n");
		write_bytes(fixture, formats[i], text.data, text.size);
		assert_in_range(longest_step(fixture), 0, STEP_MS);
		assert_int_equal(count(buf_text(&fixture->calls), "put Service"), 50000);
		assert_int_equal(unlink(path_of(fixture, formats[i])), 0);
		assert_in_range(longest_step(fixture), 0, STEP_MS);
		assert_int_equal(count(buf_text(&fixture->calls), "del Service"), 50000);
		buf_done(&text);
	}
}

/* Counting the kinds that are not used must not be quadratic in their number. */
static void counts_many_kinds(void **state)
{
	struct fixture *fixture = *state;
	struct buf text = BUF_INIT;
	unsigned int i, start;

	for (i = 0; i < 100000; i++)
		buf_printf(&text, "kind: K%05u\nmetadata: {name: a}\n---\n", i * 7919 % 100000);
	write_bytes(fixture, "a.yaml", text.data, text.size);
	buf_done(&text);
	open_path(fixture, fixture->dir, false);
	start = cpu_ms();
	read_all(fixture);
	assert_in_range(cpu_ms() - start, 0, SWAP_MS);
	buf_reset(&fixture->calls);
	files_each_skipped(fixture->files, on_skipped, fixture);
	assert_int_equal(count(buf_text(&fixture->calls), "\n"), 201);
	assert_non_null(strstr(buf_text(&fixture->calls), "other kinds 99800\n"));
}

static void a_small_file_does_not_wait_for_a_large_one(void **state)
{
	struct fixture *fixture = *state;
	struct buf text = BUF_INIT;
	unsigned int i;

	follow(fixture, fixture->dir, SYNCED);
	append_services(&text, "documents.yaml", 100000);
	write_bytes(fixture, "large.yaml", text.data, text.size);
	buf_reset(&fixture->calls);
	assert_true(dispatch_once(fixture));
	for (i = 0; i < 3; i++) {
		write_file(fixture, "small.yaml", i & 1 ? SERVICE("small", "81") : SERVICE("small", "80"));
		write_file(fixture, "gone.yaml", SERVICE("gone", "1"));
		while (!strstr(buf_text(&fixture->calls), i & 1 ? "small:81\n" : "small:80\n"))
			assert_true(dispatch_once(fixture));
		assert_null(strstr(buf_text(&fixture->calls), "put Service default/s0:1"));
		buf_reset(&fixture->calls);
		assert_int_equal(unlink(path_of(fixture, "gone.yaml")), 0);
	}
	/* It is written again before it was read to its end. */
	write_bytes(fixture, "large.yaml", text.data, text.size);
	buf_done(&text);
	dispatch(fixture);
	assert_in_range(count(buf_text(&fixture->calls), "put Service default/s"), 100000, 200000);
	assert_non_null(strstr(buf_text(&fixture->calls), "del Service default/gone\n"));
}

/* A single object, almost as large as it may be, is read in steps, too. */
static void reads_a_large_object_in_steps(void **state)
{
	struct fixture *fixture = *state;
	struct buf text = BUF_INIT;
	unsigned int i;

	follow(fixture, fixture->dir, SYNCED);
	buf_printf(&text, "kind: Service\nmetadata:\n  name: s\n  annotations: {a: b}\nx:\n");
	for (i = 0; i < 249000 / 6; i++)
		buf_printf(&text, "- {a: 1, b: [x, y], c: \"%060u\"}\n", i);
	buf_printf(&text, "spec: {ports: [{port: 1}]}\n");
	write_bytes(fixture, "large.yaml", text.data, text.size);
	buf_done(&text);
	buf_reset(&fixture->calls);
	assert_in_range(longest_step(fixture), 0, STEP_MS);
	expect(fixture, "put Service default/s:1\n");
}

/* A refused object without a name may be any object of the file. */
static void deletes_nothing_if_a_name_is_missing(void **state)
{
	struct fixture *fixture = *state;
	struct buf text = BUF_INIT;
	size_t i;

	write_file(fixture, "a.yaml", SERVICE("a", "1") SERVICE("b", "2"));
	follow(fixture, fixture->dir, "put Service default/a:1\nput Service default/b:2\n" SYNCED);
	buf_printf(&text, "kind: Service\nspec: ");
	for (i = 0; i < 2000; i++)
		buf_printf(&text, "[");
	buf_printf(&text, "\nmetadata: {name: a}\n---\n" SERVICE("b", "22"));
	write_bytes(fixture, "a.yaml", text.data, text.size);
	buf_done(&text);
	dispatch(fixture);
	expect(fixture, "refused Service default/: nested deeper than 64 levels (DIR/a.yaml, line 1)\n"
			"put Service default/b:22\n");
	write_file(fixture, "a.yaml", SERVICE("b", "23"));
	dispatch(fixture);
	expect(fixture, "put Service default/b:23\ndel Service default/a\n");
}

/* As if the saved state had this Service. @used: whether it is used */
static void restore(struct fixture *fixture, const char *file, const char *service, bool used)
{
	struct object object = { .kind = OBJECT_KIND_SERVICE,
				 .kind_name = (char *)"Service",
				 .namespace = (char *)"default",
				 .name = (char *)service,
				 .service = &(struct service){ .name = service } };

	assert_int_equal(files_restore(fixture->files, file, &object), used);
}

/* What was good before the start is used for files and objects that are bad at the start, and for no others. */
static void restores_what_was_good(void **state)
{
	struct fixture *fixture = *state;

	write_file(fixture, "a.yaml", SERVICE("a", "1") "x: y: z\n");
	write_file(fixture, "b.yaml", SERVICE("b", "2") SERVICE("c", "70000"));
	write_file(fixture, "d.yaml", SERVICE("d", "4"));
	open_path(fixture, fixture->dir, true);
	read_all(fixture);
	buf_reset(&fixture->calls);
	assert_true(files_has_gaps(fixture->files));
	assert_string_equal(files_gap(fixture->files), path_of(fixture, "a.yaml"));
	restore(fixture, "a.yaml", "a", true);
	restore(fixture, "a.yaml", "a", false);
	restore(fixture, "a.yaml", "aa", true);
	restore(fixture, "a.yaml", "d", false);
	restore(fixture, "b.yaml", "b", false);
	restore(fixture, "b.yaml", "bb", false);
	restore(fixture, "b.yaml", "c", true);
	restore(fixture, "d.yaml", "dd", false);
	restore(fixture, "gone.yaml", "e", false);
	expect(fixture, "put Service default/a\nput Service default/aa\nput Service default/c\n");
	assert_string_equal(files_manifest_of(fixture->files, OBJECT_KIND_SERVICE, "default", "a"), "a.yaml");
	assert_string_equal(files_manifest_of(fixture->files, OBJECT_KIND_SERVICE, "default", "c"), "b.yaml");
	assert_null(files_manifest_of(fixture->files, OBJECT_KIND_SERVICE, "default", "e"));
	/* Still bad: they stay. Then the file has only one of them. */
	write_file(fixture, "a.yaml", SERVICE("a", "1") "x: y: z\n\n");
	write_file(fixture, "b.yaml", SERVICE("b", "2") SERVICE("c", "70000") "\n");
	dispatch(fixture);
	assert_null(strstr(buf_text(&fixture->calls), "del "));
	buf_reset(&fixture->calls);
	write_file(fixture, "a.yaml", SERVICE("a", "1"));
	write_file(fixture, "b.yaml", SERVICE("b", "2"));
	dispatch(fixture);
	expect(fixture, "recovered DIR/a.yaml\nput Service default/a:1\nput Service default/b:2\n"
			"del Service default/aa\ndel Service default/c\n");
	assert_false(files_has_gaps(fixture->files));
	assert_null(files_gap(fixture->files));
	restore(fixture, "a.yaml", "aa", false);
}

/* A file with an object whose name cannot be read may lack any object. */
static void restores_what_has_no_name(void **state)
{
	struct fixture *fixture = *state;

	write_file(fixture, "a.yaml", "kind: Service\nspec: {ports: [{port: 1}]}\n---\n" SERVICE("b", "2"));
	open_path(fixture, fixture->dir, true);
	read_all(fixture);
	buf_reset(&fixture->calls);
	assert_string_equal(files_gap(fixture->files), path_of(fixture, "a.yaml"));
	restore(fixture, "a.yaml", "a", true);
	expect(fixture, "put Service default/a\n");
	assert_int_equal(unlink(path_of(fixture, "a.yaml")), 0);
	dispatch(fixture);
	assert_null(files_gap(fixture->files));
	expect(fixture, "del Service default/b\ndel Service default/a\n");
}

static void follows_one_file(void **state)
{
	struct fixture *fixture = *state;

	write_file(fixture, "one", SERVICE("a", "1"));
	follow(fixture, path_of(fixture, "one"), "put Service default/a:1\n" SYNCED);
	write_file(fixture, "two.yaml", SERVICE("b", "2"));
	dispatch(fixture);
	expect(fixture, "");
	write_file(fixture, "one", "{\"kind\":\"Node\",\"metadata\":{\"name\":\"n1\"}}");
	dispatch(fixture);
	expect(fixture, "put Node /n1\ndel Service default/a\n");
	/* It was never read without its objects, so they are kept. */
	assert_int_equal(unlink(path_of(fixture, "one")), 0);
	dispatch(fixture);
	expect(fixture, "degraded DIR/one: No such file or directory\n");
	rename_file(fixture, "two.yaml", "one");
	dispatch(fixture);
	expect(fixture, "recovered DIR/one\nput Service default/b:2\ndel Node /n1\n");
}

#define GONE(dir) "degraded DIR/" dir ": the directory is gone; its last objects are kept until it is back\n"

static void waits_for_a_directory_that_went(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(mkdir(path_of(fixture, "m"), 0700), 0);
	write_file(fixture, "m/a.yaml", SERVICE("a", "1"));
	follow(fixture, path_of(fixture, "m"), "put Service default/a:1\n" SYNCED);
	rename_file(fixture, "m", "away");
	dispatch(fixture);
	expect(fixture, GONE("m"));
	write_file(fixture, "away/a.yaml", SERVICE("a", "2"));
	dispatch(fixture);
	expect(fixture, "");
	assert_int_equal(mkdir(path_of(fixture, "new"), 0700), 0);
	write_file(fixture, "new/b.yaml", SERVICE("b", "3"));
	rename_file(fixture, "new", "m");
	dispatch(fixture);
	expect(fixture, "put Service default/b:3\ndel Service default/a\nrecovered DIR/m\n");
	write_file(fixture, "m/b.yaml", SERVICE("b", "4"));
	dispatch(fixture);
	expect(fixture, "put Service default/b:4\n");
}

static void make_dirs(struct fixture *fixture, const char *const *names)
{
	for (; *names; names++)
		assert_int_equal(mkdir(path_of(fixture, *names), 0700), 0);
}

/* Its parent and the parent of that went, too. */
static void waits_for_a_directory_whose_parent_went(void **state)
{
	static const char *const dirs[] = { "p", "p/q", "p/q/m", NULL };
	struct fixture *fixture = *state;

	make_dirs(fixture, dirs);
	write_file(fixture, "p/q/m/a.yaml", SERVICE("a", "1"));
	follow(fixture, path_of(fixture, "p/q/m"), "put Service default/a:1\n" SYNCED);
	rename_file(fixture, "p/q/m", "away");
	dispatch(fixture);
	expect(fixture, GONE("p/q/m"));
	remove_tree(path_of(fixture, "p"));
	dispatch(fixture);
	expect(fixture, "");
	assert_int_equal(mkdir(path_of(fixture, "p"), 0700), 0);
	dispatch(fixture);
	make_dirs(fixture, dirs + 1);
	write_file(fixture, "p/q/m/b.yaml", SERVICE("b", "2"));
	dispatch(fixture);
	expect(fixture, "put Service default/b:2\ndel Service default/a\nrecovered DIR/p/q/m\n");
	write_file(fixture, "p/q/m/b.yaml", SERVICE("b", "3"));
	dispatch(fixture);
	expect(fixture, "put Service default/b:3\n");
	rename_file(fixture, "p/q/m", "away2");
	remove_tree(path_of(fixture, "p"));
	dispatch(fixture);
	expect(fixture, GONE("p/q/m"));
}

/* It went after it was listed, and before all of its files were read. */
static void a_directory_that_went_in_a_round_is_not_recovered(void **state)
{
	struct fixture *fixture = *state;
	struct buf text = BUF_INIT;

	assert_int_equal(mkdir(path_of(fixture, "m"), 0700), 0);
	follow(fixture, path_of(fixture, "m"), SYNCED);
	append_services(&text, "documents.yaml", 100000);
	write_bytes(fixture, "m/large.yaml", text.data, text.size);
	buf_done(&text);
	files_reload(fixture->files);
	buf_reset(&fixture->calls);
	assert_true(dispatch_once(fixture));
	rename_file(fixture, "m", "away");
	dispatch(fixture);
	assert_int_equal(count(buf_text(&fixture->calls), "put Service"), 100000);
	assert_non_null(strstr(buf_text(&fixture->calls), "degraded DIR/m: the directory is gone"));
	assert_null(strstr(buf_text(&fixture->calls), "recovered"));
	buf_reset(&fixture->calls);
	rename_file(fixture, "away", "m");
	dispatch(fixture);
	assert_non_null(strstr(buf_text(&fixture->calls), "recovered DIR/m\n"));
}

static void the_directory_of_one_file_recovers(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(mkdir(path_of(fixture, "m"), 0700), 0);
	write_file(fixture, "m/one", SERVICE("a", "1"));
	follow(fixture, path_of(fixture, "m/one"), "put Service default/a:1\n" SYNCED);
	rename_file(fixture, "m", "away");
	dispatch(fixture);
	expect(fixture, GONE("m"));
	rename_file(fixture, "away", "m");
	dispatch(fixture);
	expect(fixture, "put Service default/a:1\nrecovered DIR/m\n");
}

static void a_directory_is_listed_when_it_is_readable(void **state)
{
	struct fixture *fixture = *state;

	follow(fixture, fixture->dir, SYNCED);
	unreadable = true;
	files_reload(fixture->files);
	dispatch(fixture);
	expect(fixture, "degraded DIR: DIR: Permission denied\n");
	unreadable = false;
	assert_int_equal(chmod(fixture->dir, 0755), 0);
	dispatch(fixture);
	expect(fixture, "recovered DIR\n");
	assert_int_equal(chmod(fixture->dir, 0700), 0);
	dispatch(fixture);
	expect(fixture, "");
}

#define N_FILES	 100000
#define TOO_MANY "degraded DIR: DIR: more than 100000 files\n"

/* Most are links to one file. While this file does not exist, they are listed and counted, but not read: this is quick. */
static void too_many_files_are_told(void **state)
{
	struct fixture *fixture = *state;
	char name[64];
	unsigned int i;

	use_memory(fixture);
	write_file(fixture, "0.yaml", SERVICE("a", "1"));
	follow(fixture, fixture->dir, "put Service default/a:1\n" SYNCED);
	assert_int_equal(link(path_of(fixture, "0.yaml"), path_of(fixture, "1.yaml")), 0);
	for (i = 2; i <= N_FILES; i++) {
		(void)snprintf(name, sizeof(name), "%u.yaml", i);
		assert_int_equal(symlink("target", path_of(fixture, name)), 0);
	}
	/* The others are read again. */
	files_reload(fixture->files);
	dispatch(fixture);
	assert_non_null(strstr(buf_text(&fixture->calls), TOO_MANY));
	assert_non_null(strstr(buf_text(&fixture->calls), "put Service default/a:1\n"));
	assert_null(strstr(buf_text(&fixture->calls), "recovered"));
	buf_reset(&fixture->calls);
	assert_int_equal(unlink(path_of(fixture, "1.yaml")), 0);
	dispatch(fixture);
	files_reload(fixture->files);
	dispatch(fixture);
	assert_non_null(strstr(buf_text(&fixture->calls), "recovered DIR\n"));
	/* Now all of them are files. One more comes after the listing. */
	write_file(fixture, "target", "");
	files_reload(fixture->files);
	dispatch_until(fixture, "put Service default/a:1\n");
	write_file(fixture, "b.yaml", SERVICE("b", "1"));
	dispatch_until(fixture, TOO_MANY);
}

/* The way to it was moved, of which no event tells. */
static void a_reload_follows_the_directory_again(void **state)
{
	static const char *const dirs[] = { "p", "p/q", "p/q/m", NULL };
	struct fixture *fixture = *state;

	make_dirs(fixture, dirs);
	follow(fixture, path_of(fixture, "p/q/m"), SYNCED);
	assert_int_equal(rmdir(path_of(fixture, "p/q/m")), 0);
	dispatch(fixture);
	expect(fixture, GONE("p/q/m"));
	rename_file(fixture, "p", "away");
	files_reload(fixture->files);
	dispatch(fixture);
	expect(fixture, "degraded DIR/p/q/m: DIR/p/q/m: cannot be watched: No such file or directory\n");
	make_dirs(fixture, dirs);
	write_file(fixture, "p/q/m/a.yaml", SERVICE("a", "1"));
	rename_file(fixture, "p", "p2");
	rename_file(fixture, "p2", "p");
	files_reload(fixture->files);
	dispatch(fixture);
	expect(fixture, "put Service default/a:1\nrecovered DIR/p/q/m\n");
	write_file(fixture, "p/q/m/a.yaml", SERVICE("a", "2"));
	dispatch(fixture);
	expect(fixture, "put Service default/a:2\n");
}

static void a_link_to_the_directory_hides_no_change(void **state)
{
	struct fixture *fixture = *state;

	follow(fixture, fixture->dir, SYNCED);
	assert_int_equal(symlink(".", path_of(fixture, "x.yaml")), 0);
	dispatch(fixture);
	expect(fixture, "degraded DIR/x.yaml: not a regular file\n");
	write_file(fixture, ".tmp", SERVICE("a", "1"));
	rename_file(fixture, ".tmp", "a.yaml");
	dispatch(fixture);
	expect(fixture, "put Service default/a:1\n");
	assert_int_equal(unlink(path_of(fixture, "x.yaml")), 0);
	dispatch(fixture);
	expect(fixture, "recovered DIR/x.yaml\n");
	write_file(fixture, "a.yaml", SERVICE("a", "2"));
	dispatch(fixture);
	expect(fixture, "put Service default/a:2\n");
}

static void what_can_not_be_opened(void **state)
{
	struct fixture *fixture = *state;
	const struct object_sink sink = sink_of(fixture);
	struct files *files = NULL;
	struct err err;

	assert_int_equal(files_new(path_of(fixture, "none"), false, &sink, &files, &err), -ENOENT);
	assert_non_null(strstr(err.text, "/none: No such file or directory"));
	assert_null(files);
	assert_int_equal(mkdir(path_of(fixture, "m"), 0700), 0);
	open_path(fixture, path_of(fixture, "m"), false);
	assert_int_equal(rmdir(path_of(fixture, "m")), 0);
	assert_int_equal(files_read_all(fixture->files, &err), -ENOENT);
	expect(fixture, "");
	assert_null(files_free(NULL));
}

/* Going on as if it were empty would delete every Service. */
static void one_broken_file_is_no_empty_one(void **state)
{
	struct fixture *fixture = *state;
	struct err err;

	write_file(fixture, "one.yaml", SERVICE("a", "1") "x: y: z\n");
	open_path(fixture, path_of(fixture, "one.yaml"), true);
	assert_int_equal(files_read_all(fixture->files, &err), -EBADMSG);
	assert_non_null(strstr(err.text, "/one.yaml: line 5: mapping values are not allowed"));
	expect(fixture, "");
	write_file(fixture, "one.yaml", SERVICE("a", "1"));
	read_all(fixture);
	expect(fixture, "recovered DIR/one.yaml\nput Service default/a:1\n" SYNCED);
	write_file(fixture, "one.yaml", "x: y: z\n");
	files_reload(fixture->files);
	dispatch(fixture);
	expect(fixture, "degraded DIR/one.yaml: line 1: mapping values are not allowed in this context\n");
}

/* Return: the former standard input */
static int replace_stdin(const struct fixture *fixture, const char *text)
{
	int fd, former = dup(STDIN_FILENO);

	write_file(fixture, "in", text);
	fd = open(path_of(fixture, "in"), O_RDONLY);
	assert_true(fd >= 0);
	assert_int_equal(dup2(fd, STDIN_FILENO), STDIN_FILENO);
	assert_int_equal(close(fd), 0);
	return former;
}

static void restore_stdin(int former)
{
	(void)dup2(former, STDIN_FILENO);
	(void)close(former);
}

static void reads_standard_input_once(void **state)
{
	struct fixture *fixture = *state;
	int former;

	former = replace_stdin(fixture,
			       " {\"kind\":\"Node\",\"metadata\":{\"name\":\"n1\"}} {\"kind\":\"Node\"}");
	open_path(fixture, "-", false);
	read_all(fixture);
	expect(fixture,
	       "put Node /n1\nrefused Node /: metadata.name: missing (standard input, line 1)\n" SYNCED);
	files_reload(fixture->files);
	dispatch(fixture);
	expect(fixture, "");
	restore_stdin(former);
}

/* The empty output of a command that failed must not delete every Service. */
static void empty_standard_input_is_no_cluster(void **state)
{
	struct fixture *fixture = *state;
	int former;
	struct err err;

	former = replace_stdin(fixture, " \n");
	open_path(fixture, "-", false);
	assert_int_equal(files_read_all(fixture->files, &err), -ENODATA);
	assert_string_equal(err.text, "standard input: it is empty");
	expect(fixture, "");
	restore_stdin(former);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(reads_a_directory_in_name_order, setup, teardown),
		cmocka_unit_test_setup_teardown(reads_lists, setup, teardown),
		cmocka_unit_test_setup_teardown(bad_objects_are_named_and_the_others_served, setup, teardown),
		cmocka_unit_test_setup_teardown(other_kinds_are_counted, setup, teardown),
		cmocka_unit_test_setup_teardown(a_round_goes_by_name, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_no_manifest_is_named, setup, teardown),
		cmocka_unit_test_setup_teardown(a_large_object_is_refused_by_name, setup, teardown),
		cmocka_unit_test_setup_teardown(follows_changes, setup, teardown),
		cmocka_unit_test_setup_teardown(a_file_is_read_when_its_writer_is_done, setup, teardown),
		cmocka_unit_test_setup_teardown(last_good_objects_stand, setup, teardown),
		cmocka_unit_test_setup_teardown(two_files_may_not_define_one_object, setup, teardown),
		cmocka_unit_test_setup_teardown(a_moved_object_never_goes, setup, teardown),
		cmocka_unit_test_setup_teardown(follows_the_swap_of_a_volume, setup, teardown),
		cmocka_unit_test_setup_teardown(swaps_a_large_volume, setup, teardown),
		cmocka_unit_test_setup_teardown(reads_a_large_file_in_steps, setup, teardown),
		cmocka_unit_test_setup_teardown(a_small_file_does_not_wait_for_a_large_one, setup, teardown),
		cmocka_unit_test_setup_teardown(counts_many_kinds, setup, teardown),
		cmocka_unit_test_setup_teardown(reads_a_large_object_in_steps, setup, teardown),
		cmocka_unit_test_setup_teardown(deletes_nothing_if_a_name_is_missing, setup, teardown),
		cmocka_unit_test_setup_teardown(restores_what_was_good, setup, teardown),
		cmocka_unit_test_setup_teardown(restores_what_has_no_name, setup, teardown),
		cmocka_unit_test_setup_teardown(follows_what_links_lead_to, setup, teardown),
		cmocka_unit_test_setup_teardown(follows_one_file, setup, teardown),
		cmocka_unit_test_setup_teardown(waits_for_a_directory_that_went, setup, teardown),
		cmocka_unit_test_setup_teardown(waits_for_a_directory_whose_parent_went, setup, teardown),
		cmocka_unit_test_setup_teardown(a_reload_follows_the_directory_again, setup, teardown),
		cmocka_unit_test_setup_teardown(a_link_to_the_directory_hides_no_change, setup, teardown),
		cmocka_unit_test_setup_teardown(a_link_that_is_not_watched_recovers, setup, teardown),
		cmocka_unit_test_setup_teardown(a_directory_that_went_in_a_round_is_not_recovered, setup,
						teardown),
		cmocka_unit_test_setup_teardown(the_directory_of_one_file_recovers, setup, teardown),
		cmocka_unit_test_setup_teardown(a_directory_is_listed_when_it_is_readable, setup, teardown),
		cmocka_unit_test_setup_teardown(too_many_files_are_told, setup, teardown),
		cmocka_unit_test_setup_teardown(what_can_not_be_opened, setup, teardown),
		cmocka_unit_test_setup_teardown(one_broken_file_is_no_empty_one, setup, teardown),
		cmocka_unit_test_setup_teardown(reads_standard_input_once, setup, teardown),
		cmocka_unit_test_setup_teardown(empty_standard_input_is_no_cluster, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
