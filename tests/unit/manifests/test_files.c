/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "manifests/files.h"
#include "model/service.h"

/* A directory of its own for each test, and what the sink heard since it was last asked. */
struct diff {
	char dir[64];
	struct buf heard;
	struct files *files;
};

static void on_put(void *ctx, struct object *object)
{
	struct diff *stage = ctx;

	buf_printf(&stage->heard, "put %s %s/%s", object->kind_name, object->namespace, object->name);
	if (object->kind == OBJECT_KIND_SERVICE && object->service->n_ports)
		buf_printf(&stage->heard, ":%u", object->service->ports[0].port);
	buf_printf(&stage->heard, "\n");
}

static void on_del(void *ctx, enum object_kind kind, const char *namespace, const char *name)
{
	struct diff *stage = ctx;

	buf_printf(&stage->heard, "del %s %s/%s\n", store_kind_name(kind), namespace, name);
}

/* Without the name of the directory, which is another one each time. */
static void hear_text(struct diff *stage, const char *text)
{
	size_t len = strlen(stage->dir);

	for (; *text; text++) {
		if (strncmp(text, stage->dir, len) == 0) {
			buf_add(&stage->heard, "DIR", 3);
			text += len - 1;
		} else {
			buf_add(&stage->heard, text, 1);
		}
	}
	buf_add(&stage->heard, "\n", 1);
}

static void on_refused(void *ctx, const struct object *object, const struct err *err)
{
	struct diff *stage = ctx;

	buf_printf(&stage->heard, "refused %s %s/%s: ", object->kind_name, object->namespace, object->name);
	hear_text(stage, err->text);
}

static void on_replace(void *ctx, enum object_kind kind)
{
	(void)ctx;
	(void)kind;
	fail();
}

static void on_synced(void *ctx, enum object_kind kind)
{
	struct diff *stage = ctx;

	buf_printf(&stage->heard, "synced %s\n", store_kind_name(kind));
}

static void on_degraded(void *ctx, const char *origin, const struct err *err)
{
	struct diff *stage = ctx;
	struct buf line = BUF_INIT;

	buf_printf(&stage->heard, "degraded ");
	buf_printf(&line, "%s: %s", origin, err->text);
	hear_text(stage, buf_text(&line));
	buf_done(&line);
}

static void on_recovered(void *ctx, const char *origin)
{
	struct diff *stage = ctx;

	buf_printf(&stage->heard, "recovered ");
	hear_text(stage, origin);
}

static void on_skipped(void *ctx, const char *kind, unsigned int count)
{
	struct diff *stage = ctx;

	buf_printf(&stage->heard, "%s %u\n", kind, count);
}

#define SYNCED "synced Service\nsynced EndpointSlice\nsynced Node\nsynced ServiceCIDR\n"

static int setup(void **state)
{
	struct diff *stage = calloc(1, sizeof(*stage));

	assert_non_null(stage);
	(void)snprintf(stage->dir, sizeof(stage->dir), "/tmp/test_files.XXXXXX");
	assert_non_null(mkdtemp(stage->dir));
	*state = stage;
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
	struct diff *stage = *state;

	(void)files_free(stage->files);
	buf_done(&stage->heard);
	remove_tree(stage->dir);
	free(stage);
	return 0;
}

static char *path_of(const struct diff *stage, const char *name)
{
	static char paths[4][128];
	static unsigned int turn;
	char *path = paths[turn++ % 4];

	(void)snprintf(path, sizeof(paths[0]), "%s/%s", stage->dir, name);
	return path;
}

static void write_bytes(const struct diff *stage, const char *name, const char *bytes, size_t size)
{
	FILE *f = fopen(path_of(stage, name), "w");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, size, f), size);
	assert_int_equal(fclose(f), 0);
}

static void write_file(const struct diff *stage, const char *name, const char *text)
{
	write_bytes(stage, name, text, strlen(text));
}

static void rename_file(const struct diff *stage, const char *from, const char *to)
{
	assert_int_equal(rename(path_of(stage, from), path_of(stage, to)), 0);
}

static void hears(struct diff *stage, const char *expected)
{
	assert_string_equal(buf_text(&stage->heard), expected);
	buf_reset(&stage->heard);
}

static void open_path(struct diff *stage, const char *path, bool follow)
{
	const struct object_sink sink = {
		.put = on_put,
		.del = on_del,
		.refused = on_refused,
		.replace_begin = on_replace,
		.replace_end = on_replace,
		.replace_abort = on_replace,
		.synced = on_synced,
		.degraded = on_degraded,
		.recovered = on_recovered,
		.ctx = stage,
	};
	struct err err = { 0 };

	assert_int_equal(files_new(path, follow, &sink, &stage->files, &err), 0);
	assert_int_equal(files_fd(stage->files) >= 0, follow);
}

static void read_all(struct diff *stage)
{
	struct err err = { 0 };

	assert_int_equal(files_read_all(stage->files, &err), 0);
}

static void dispatch(struct diff *stage)
{
	struct err err = { 0 };

	assert_int_equal(files_dispatch(stage->files, &err), 0);
}

#define SERVICE(name, port) \
	"kind: Service\nmetadata: {name: " name "}\nspec: {ports: [{port: " port "}]}\n---\n"

static void reads_a_directory_in_name_order(void **state)
{
	struct diff *stage = *state;

	write_file(stage, "b.yaml", SERVICE("b", "2"));
	write_file(
		stage, "a.json",
		"{\"kind\":\"Node\",\"metadata\":{\"name\":\"n1\"}}\n"
		"{\"kind\":\"Service\",\"metadata\":{\"name\":\"a\"},\"spec\":{\"ports\":[{\"port\":1}]}}");
	write_file(stage, "c.yml", SERVICE("c", "3") "# nothing\n---\n");
	write_file(stage, "d.txt", SERVICE("d", "4"));
	write_file(stage, ".e.yaml", SERVICE("e", "5"));
	write_file(stage, "empty.yaml", "");
	write_file(stage, "empty.json", " \n");
	assert_int_equal(mkdir(path_of(stage, "sub.yaml"), 0700), 0);
	write_file(stage, "sub.yaml/f.yaml", SERVICE("f", "6"));
	open_path(stage, stage->dir, false);
	read_all(stage);
	hears(stage,
	      "put Node /n1\nput Service default/a:1\nput Service default/b:2\nput Service default/c:3\n" SYNCED);
	dispatch(stage);
	hears(stage, "");
}

static void reads_lists(void **state)
{
	struct diff *stage = *state;

	write_file(
		stage, "a.json",
		"\xef\xbb\xbf{\"kind\":\"List\",\"items\":[{\"kind\":\"Node\",\"metadata\":{\"name\":\"n1\"}},7]}"
		"{\"items\":[{\"metadata\":{\"name\":\"n2\"}}],\"kind\":\"NodeList\"}"
		"{\"items\":null,\"kind\":\"List\"}");
	write_file(stage, "b.yaml", "items:\n- metadata: {name: n3}\nkind: NodeList\n");
	open_path(stage, stage->dir, false);
	read_all(stage);
	hears(stage,
	      "put Node /n1\nrefused  /: expected an object (DIR/a.json, line 1)\nput Node /n2\nput Node /n3\n" SYNCED);
}

static void bad_objects_are_named_and_the_others_served(void **state)
{
	struct diff *stage = *state;

	write_file(
		stage, "a.yaml",
		SERVICE("one", "1") SERVICE(
			"two",
			"70000") "kind: Service\nmetadata: {name: three}\n---\n"
				 "kind: EndpointSlice\nmetadata: {name: four, namespace: shop}\naddressType: IPv4\n"
				 "endpoints: [{addresses: [\"fd00::1\"]}]\n---\n" SERVICE("five", "5"));
	write_file(
		stage, "b.json",
		"{\"kind\":\"Node\",\"metadata\":{\"name\":\"N1\"}}\n\n{\"kind\":\"Node\",\n\"metadata\":{\"name\":\"n2\",\"name\":\"n3\"}}\n"
		"{\"kind\":\"Node\",\"metadata\":{\"name\":\"n4\"}}");
	open_path(stage, stage->dir, false);
	read_all(stage);
	hears(stage,
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
	struct diff *stage = *state;

	write_file(stage, "a.yaml", "kind: Pod\n---\nkind: ConfigMap\n---\nkind: Pod\n");
	write_file(stage, "b.yaml", "kind: Pod\n---\n" SERVICE("b", "2"));
	open_path(stage, stage->dir, true);
	read_all(stage);
	hears(stage, "put Service default/b:2\n" SYNCED);
	files_each_skipped(stage->files, on_skipped, stage);
	hears(stage, "ConfigMap 1\nPod 3\n");
	write_file(stage, "a.yaml", "kind: Secret\n");
	dispatch(stage);
	files_each_skipped(stage->files, on_skipped, stage);
	hears(stage, "Pod 1\nSecret 1\n");
}

/* Whatever the order of the events, files are read in the order of their names; each once. */
static void a_round_goes_by_name(void **state)
{
	struct diff *stage = *state;

	write_file(stage, "m.yaml", SERVICE("m", "5"));
	open_path(stage, stage->dir, true);
	read_all(stage);
	hears(stage, "put Service default/m:5\n" SYNCED);
	write_file(stage, "z.yaml", SERVICE("z", "1"));
	write_file(stage, "m.yaml", SERVICE("m", "6"));
	write_file(stage, "a.yaml", SERVICE("a", "2"));
	write_file(stage, "z.yaml", SERVICE("z", "3"));
	dispatch(stage);
	hears(stage, "put Service default/a:2\nput Service default/m:6\nput Service default/z:3\n");
	dispatch(stage);
	hears(stage, "");
}

static void what_is_no_manifest_is_named(void **state)
{
	static const char elf[] = "\x7f"
				  "ELF\n\0\0\n";
	struct diff *stage = *state;

	write_bytes(stage, "a.yaml", elf, sizeof(elf) - 1);
	write_bytes(stage, "b.json", elf, sizeof(elf) - 1);
	write_file(stage, "c.yaml", SERVICE("c", "1") "a: b: c\n");
	write_file(stage, "d.json",
		   "{\"kind\":\"Node\",\"metadata\":{\"name\":\"n1\"}}\n{\"kind\" \"Node\"}\n");
	write_file(stage, "e.json", "{\"kind\":\"Node\",\"metadata\":{\"name\":\"n1\"}}\n\n[1, 2]\n");
	write_file(stage, "f.json", "{\"kind\":\"Node\",\"metadata\":{\"name\":\"n1\"}");
	write_file(
		stage, "g.json",
		"{\"kind\":\"List\",\"items\":[{\"kind\":\"Node\",\"metadata\":{\"name\":\"n1\"}},\n{\"a\" 1}]}");
	assert_int_equal(mkfifo(path_of(stage, "h.yaml"), 0600), 0);
	write_file(stage, "i.yaml", SERVICE("i", "1"));
	open_path(stage, stage->dir, false);
	read_all(stage);
	hears(stage, "degraded DIR/a.yaml: line 2: not a text file: it has a NUL byte\n"
		     "degraded DIR/b.json: line 2: not a text file: it has a NUL byte\n"
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
	struct diff *stage = *state;
	struct buf text = BUF_INIT;

	buf_printf(&text, "{\"kind\":\"Node\",\"metadata\":{\"name\":\"large\"},\"x\":\"");
	memset(buf_reserve(&text, 20 * 1024 * 1024), 'x', 20 * 1024 * 1024);
	text.size += 20 * 1024 * 1024;
	buf_printf(&text, "\"}");
	write_bytes(stage, "a.json", text.data, text.size);
	buf_printf(&text, "\n{\"kind\":\"Node\",\"metadata\":{\"name\":\"n1\"}}\n");
	write_bytes(stage, "b.json", text.data, text.size);
	buf_done(&text);
	buf_printf(&text, "{\"kind\":\"NodeList\",\"items\":[{\"metadata\":{\"name\":\"n2\"}},\n"
			  "{\"metadata\":{\"name\":\"large\",\"x\":\"");
	memset(buf_reserve(&text, 20 * 1024 * 1024), 'x', 20 * 1024 * 1024);
	text.size += 20 * 1024 * 1024;
	buf_printf(&text, "\"}},{\"metadata\":{\"name\":\"n3\"}}]}");
	write_bytes(stage, "c.json", text.data, text.size);
	buf_done(&text);
	open_path(stage, stage->dir, false);
	read_all(stage);
	hears(stage,
	      "refused Node /large: larger than 8 MiB (DIR/a.json, line 1)\n"
	      "refused Node /large: larger than 8 MiB (DIR/b.json, line 1)\nput Node /n1\n"
	      "put Node /n2\nrefused Node /large: larger than 8 MiB (DIR/c.json, line 2)\nput Node /n3\n" SYNCED);
}

static void follows_changes(void **state)
{
	struct diff *stage = *state;

	write_file(stage, "a.yaml", SERVICE("a", "1") SERVICE("b", "2"));
	write_file(stage, "z.yaml", SERVICE("z", "9"));
	open_path(stage, stage->dir, true);
	read_all(stage);
	hears(stage, "put Service default/a:1\nput Service default/b:2\nput Service default/z:9\n" SYNCED);
	dispatch(stage);
	hears(stage, "");
	/* Only what changed is read again. */
	write_file(stage, "a.yaml", SERVICE("a", "11") SERVICE("c", "3"));
	dispatch(stage);
	hears(stage, "put Service default/a:11\nput Service default/c:3\ndel Service default/b\n");
	/* A new file, one renamed into place, one that goes. */
	write_file(stage, "m.yaml", SERVICE("m", "5"));
	write_file(stage, ".tmp", SERVICE("z", "99"));
	dispatch(stage);
	hears(stage, "put Service default/m:5\n");
	rename_file(stage, ".tmp", "z.yaml");
	dispatch(stage);
	hears(stage, "put Service default/z:99\n");
	assert_int_equal(unlink(path_of(stage, "m.yaml")), 0);
	dispatch(stage);
	hears(stage, "del Service default/m\n");
	rename_file(stage, "a.yaml", "a.off");
	dispatch(stage);
	hears(stage, "del Service default/a\ndel Service default/c\n");
	read_all(stage);
	hears(stage, "put Service default/z:99\n");
}

static void a_file_is_read_when_its_writer_is_done(void **state)
{
	struct diff *stage = *state;
	FILE *f;

	open_path(stage, stage->dir, true);
	read_all(stage);
	hears(stage, SYNCED);
	f = fopen(path_of(stage, "a.yaml"), "w");
	assert_non_null(f);
	assert_true(fputs(SERVICE("a", "1") "broken: [", f) >= 0);
	assert_int_equal(fflush(f), 0);
	dispatch(stage);
	hears(stage, "");
	assert_true(fputs("]\nkind: ConfigMap\n", f) >= 0);
	assert_int_equal(fclose(f), 0);
	dispatch(stage);
	hears(stage, "put Service default/a:1\n");
	/* A link is there at once. */
	assert_int_equal(link(path_of(stage, "a.yaml"), path_of(stage, "hard.yaml")), 0);
	dispatch(stage);
	hears(stage, "refused Service default/a: DIR/a.yaml defines it already (DIR/hard.yaml, line 1)\n");
}

static void last_good_objects_stand(void **state)
{
	struct diff *stage = *state;

	write_file(stage, "a.yaml", SERVICE("a", "1") SERVICE("b", "2"));
	open_path(stage, stage->dir, true);
	read_all(stage);
	hears(stage, "put Service default/a:1\nput Service default/b:2\n" SYNCED);
	/* A bad file keeps all. */
	write_file(stage, "a.yaml", SERVICE("a", "11") "x: y: z\n");
	dispatch(stage);
	hears(stage, "degraded DIR/a.yaml: line 5: mapping values are not allowed in this context\n");
	/* A bad object keeps itself. */
	write_file(stage, "a.yaml", SERVICE("a", "70000") SERVICE("c", "3"));
	dispatch(stage);
	hears(stage,
	      "recovered DIR/a.yaml\n"
	      "refused Service default/a: spec.ports[0].port: 70000 is not in 1..65535 (DIR/a.yaml, line 1)\n"
	      "put Service default/c:3\ndel Service default/b\n");
	/* One that was never good has nothing to keep. */
	write_file(stage, "b.yaml", SERVICE("d", "70000"));
	dispatch(stage);
	hears(stage,
	      "refused Service default/d: spec.ports[0].port: 70000 is not in 1..65535 (DIR/b.yaml, line 1)\n");
	assert_int_equal(unlink(path_of(stage, "b.yaml")), 0);
	dispatch(stage);
	hears(stage, "");
	write_file(stage, "a.yaml", "");
	dispatch(stage);
	hears(stage, "del Service default/a\ndel Service default/c\n");
}

static void two_files_may_not_define_one_object(void **state)
{
	struct diff *stage = *state;

	write_file(stage, "a.yaml", SERVICE("x", "1"));
	write_file(stage, "b.yaml", SERVICE("x", "2") SERVICE("b", "3") SERVICE("b", "4"));
	open_path(stage, stage->dir, true);
	read_all(stage);
	hears(stage, "put Service default/x:1\n"
		     "refused Service default/x: DIR/a.yaml defines it already (DIR/b.yaml, line 1)\n"
		     "put Service default/b:3\n"
		     "refused Service default/b: it is there twice (DIR/b.yaml, line 9)\n" SYNCED);
	/* When the first lets go, the second's counts. */
	write_file(stage, "a.yaml", SERVICE("y", "5"));
	dispatch(stage);
	hears(stage, "put Service default/y:5\nput Service default/x:2\nput Service default/b:3\n"
		     "refused Service default/b: it is there twice (DIR/b.yaml, line 9)\n");
}

static void a_moved_object_never_goes(void **state)
{
	struct diff *stage = *state;

	write_file(stage, "a.yaml", SERVICE("x", "1"));
	open_path(stage, stage->dir, true);
	read_all(stage);
	hears(stage, "put Service default/x:1\n" SYNCED);
	/* The whole file, either way round in the order of names. */
	rename_file(stage, "a.yaml", "b.yaml");
	dispatch(stage);
	hears(stage, "put Service default/x:1\n");
	rename_file(stage, "b.yaml", "a.yaml");
	dispatch(stage);
	hears(stage, "put Service default/x:1\n");
	/* From file to file. */
	write_file(stage, "b.yaml", SERVICE("x", "2"));
	write_file(stage, "a.yaml", "");
	dispatch(stage);
	hears(stage, "put Service default/x:2\n");
	write_file(stage, "a.yaml", SERVICE("x", "3"));
	write_file(stage, "b.yaml", "");
	dispatch(stage);
	hears(stage, "refused Service default/x: DIR/b.yaml defines it already (DIR/a.yaml, line 1)\n"
		     "put Service default/x:3\n");
}

static void follows_the_swap_of_a_volume(void **state)
{
	struct diff *stage = *state;

	assert_int_equal(mkdir(path_of(stage, "..1"), 0700), 0);
	write_file(stage, "..1/a.yaml", SERVICE("a", "1"));
	write_file(stage, "..1/b.yaml", SERVICE("b", "2"));
	assert_int_equal(symlink("..1", path_of(stage, "..data")), 0);
	assert_int_equal(symlink("..data/a.yaml", path_of(stage, "a.yaml")), 0);
	assert_int_equal(symlink("..data/b.yaml", path_of(stage, "b.yaml")), 0);
	open_path(stage, stage->dir, true);
	read_all(stage);
	hears(stage, "put Service default/a:1\nput Service default/b:2\n" SYNCED);

	assert_int_equal(mkdir(path_of(stage, "..2"), 0700), 0);
	write_file(stage, "..2/a.yaml", SERVICE("a", "11"));
	assert_int_equal(symlink("..2", path_of(stage, "..data_tmp")), 0);
	rename_file(stage, "..data_tmp", "..data");
	assert_int_equal(unlink(path_of(stage, "b.yaml")), 0);
	dispatch(stage);
	hears(stage, "put Service default/a:11\ndel Service default/b\n");
}

static void follows_what_links_lead_to(void **state)
{
	struct diff *stage = *state;

	assert_int_equal(mkdir(path_of(stage, "real"), 0700), 0);
	write_file(stage, "real/one", SERVICE("a", "1"));
	assert_int_equal(symlink("real/one", path_of(stage, "a.yaml")), 0);
	open_path(stage, stage->dir, true);
	read_all(stage);
	hears(stage, "put Service default/a:1\n" SYNCED);
	write_file(stage, "real/one", SERVICE("a", "11"));
	dispatch(stage);
	hears(stage, "put Service default/a:11\n");
	/* Another file in its place. */
	write_file(stage, "real/two", SERVICE("a", "22"));
	rename_file(stage, "real/two", "real/one");
	dispatch(stage);
	hears(stage, "put Service default/a:22\n");
	write_file(stage, "real/one", SERVICE("a", "33"));
	dispatch(stage);
	hears(stage, "put Service default/a:33\n");
	assert_int_equal(unlink(path_of(stage, "a.yaml")), 0);
	dispatch(stage);
	hears(stage, "del Service default/a\n");
	write_file(stage, "real/one", SERVICE("a", "44"));
	dispatch(stage);
	hears(stage, "");
}

static void follows_one_file(void **state)
{
	struct diff *stage = *state;

	write_file(stage, "one", SERVICE("a", "1"));
	open_path(stage, path_of(stage, "one"), true);
	read_all(stage);
	hears(stage, "put Service default/a:1\n" SYNCED);
	write_file(stage, "two.yaml", SERVICE("b", "2"));
	dispatch(stage);
	hears(stage, "");
	write_file(stage, "one", "{\"kind\":\"Node\",\"metadata\":{\"name\":\"n1\"}}");
	dispatch(stage);
	hears(stage, "put Node /n1\ndel Service default/a\n");
	/* It was not read without its objects: they stand. */
	assert_int_equal(unlink(path_of(stage, "one")), 0);
	dispatch(stage);
	hears(stage, "degraded DIR/one: No such file or directory\n");
	rename_file(stage, "two.yaml", "one");
	dispatch(stage);
	hears(stage, "recovered DIR/one\nput Service default/b:2\ndel Node /n1\n");
}

static void waits_for_a_directory_that_went(void **state)
{
	struct diff *stage = *state;

	assert_int_equal(mkdir(path_of(stage, "m"), 0700), 0);
	write_file(stage, "m/a.yaml", SERVICE("a", "1"));
	open_path(stage, path_of(stage, "m"), true);
	read_all(stage);
	hears(stage, "put Service default/a:1\n" SYNCED);
	rename_file(stage, "m", "away");
	dispatch(stage);
	hears(stage, "degraded DIR/m: the directory is gone; its last objects stand until it is back\n");
	write_file(stage, "away/a.yaml", SERVICE("a", "2"));
	dispatch(stage);
	hears(stage, "");
	assert_int_equal(mkdir(path_of(stage, "new"), 0700), 0);
	write_file(stage, "new/b.yaml", SERVICE("b", "3"));
	rename_file(stage, "new", "m");
	dispatch(stage);
	hears(stage, "put Service default/b:3\ndel Service default/a\nrecovered DIR/m\n");
	write_file(stage, "m/b.yaml", SERVICE("b", "4"));
	dispatch(stage);
	hears(stage, "put Service default/b:4\n");
}

static void what_can_not_be_opened(void **state)
{
	struct diff *stage = *state;
	const struct object_sink sink = {
		.put = on_put,
		.del = on_del,
		.refused = on_refused,
		.replace_begin = on_replace,
		.replace_end = on_replace,
		.replace_abort = on_replace,
		.synced = on_synced,
		.degraded = on_degraded,
		.recovered = on_recovered,
		.ctx = stage,
	};
	struct files *files = NULL;
	struct err err;

	assert_int_equal(files_new(path_of(stage, "none"), false, &sink, &files, &err), -ENOENT);
	assert_non_null(strstr(err.text, "/none: No such file or directory"));
	assert_null(files);
	assert_int_equal(mkdir(path_of(stage, "m"), 0700), 0);
	open_path(stage, path_of(stage, "m"), false);
	assert_int_equal(rmdir(path_of(stage, "m")), 0);
	assert_int_equal(files_read_all(stage->files, &err), -ENOENT);
	hears(stage, "");
	assert_null(files_free(NULL));
}

/* To go on as if it were empty would take every Service away that stands. */
static void one_broken_file_is_no_empty_one(void **state)
{
	struct diff *stage = *state;
	struct err err;

	write_file(stage, "one.yaml", SERVICE("a", "1") "x: y: z\n");
	open_path(stage, path_of(stage, "one.yaml"), true);
	assert_int_equal(files_read_all(stage->files, &err), -EBADMSG);
	assert_non_null(strstr(err.text, "/one.yaml: line 5: mapping values are not allowed"));
	hears(stage, "");
	write_file(stage, "one.yaml", SERVICE("a", "1"));
	read_all(stage);
	hears(stage, "recovered DIR/one.yaml\nput Service default/a:1\n" SYNCED);
	write_file(stage, "one.yaml", "x: y: z\n");
	read_all(stage);
	hears(stage, "degraded DIR/one.yaml: line 1: mapping values are not allowed in this context\n");
}

static void reads_standard_input_once(void **state)
{
	struct diff *stage = *state;
	int fd, saved = dup(STDIN_FILENO);

	write_file(stage, "in", " {\"kind\":\"Node\",\"metadata\":{\"name\":\"n1\"}} {\"kind\":\"Node\"}");
	fd = open(path_of(stage, "in"), O_RDONLY);
	assert_true(fd >= 0);
	assert_int_equal(dup2(fd, STDIN_FILENO), STDIN_FILENO);
	assert_int_equal(close(fd), 0);
	open_path(stage, "-", false);
	read_all(stage);
	hears(stage,
	      "put Node /n1\nrefused Node /: metadata.name: missing (standard input, line 1)\n" SYNCED);
	read_all(stage);
	hears(stage, "");
	(void)dup2(saved, STDIN_FILENO);
	(void)close(saved);
}

/* What a command that failed leaves behind must not take every Service away. */
static void empty_standard_input_is_no_cluster(void **state)
{
	struct diff *stage = *state;
	int fd, saved = dup(STDIN_FILENO);
	struct err err;

	write_file(stage, "in", " \n");
	fd = open(path_of(stage, "in"), O_RDONLY);
	assert_true(fd >= 0);
	assert_int_equal(dup2(fd, STDIN_FILENO), STDIN_FILENO);
	assert_int_equal(close(fd), 0);
	open_path(stage, "-", false);
	assert_int_equal(files_read_all(stage->files, &err), -ENODATA);
	assert_string_equal(err.text, "standard input: it is empty");
	hears(stage, "");
	(void)dup2(saved, STDIN_FILENO);
	(void)close(saved);
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
		cmocka_unit_test_setup_teardown(follows_what_links_lead_to, setup, teardown),
		cmocka_unit_test_setup_teardown(follows_one_file, setup, teardown),
		cmocka_unit_test_setup_teardown(waits_for_a_directory_that_went, setup, teardown),
		cmocka_unit_test_setup_teardown(what_can_not_be_opened, setup, teardown),
		cmocka_unit_test_setup_teardown(one_broken_file_is_no_empty_one, setup, teardown),
		cmocka_unit_test_setup_teardown(reads_standard_input_once, setup, teardown),
		cmocka_unit_test_setup_teardown(empty_standard_input_is_no_cluster, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
