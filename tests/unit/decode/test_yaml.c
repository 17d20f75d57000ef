/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "decode/yaml.h"
#include "model/service.h"
#include "model/slice.h"

/* The results of a text, a line for each object: "3 Service default/web" or "3 refused Service default/web: ...".
 */
struct seen {
	struct buf text;
	struct err err;
	int result;
};

static void on_object(void *ctx, struct object *object, size_t line)
{
	struct seen *seen = ctx;

	buf_printf(&seen->text, "%zu %s%s %s/%s", line, object->skipped ? "skipped " : "", object->kind_name,
		   object->namespace, object->name);
	if (object->kind == OBJECT_KIND_SERVICE && object->service->n_ports)
		buf_printf(&seen->text, " :%u %s", object->service->ports[0].port,
			   object->service->ports[0].name);
	buf_printf(&seen->text, "\n");
}

static void on_refused(void *ctx, const struct object *object, const struct err *err, size_t line)
{
	struct seen *seen = ctx;

	assert_true(err->code == -EINVAL || err->code == -E2BIG);
	buf_printf(&seen->text, "%zu refused %s %s/%s: %s\n", line, object->kind_name, object->namespace,
		   object->name, err->text);
}

static void read_bytes(struct seen *seen, const char *bytes, size_t size)
{
	const struct yaml_sink sink = { on_object, on_refused, seen };

	seen->text = (struct buf)BUF_INIT;
	seen->err = (struct err){ 0 };
	seen->result = yaml_decode_documents(bytes, size, &sink, &seen->err);
}

static void gives(const char *text, const char *expected)
{
	struct seen seen;

	read_bytes(&seen, text, strlen(text));
	assert_string_equal(seen.err.text, "");
	assert_int_equal(seen.result, 0);
	assert_string_equal(buf_text(&seen.text), expected);
	buf_done(&seen.text);
}

static void is_no_yaml(const char *bytes, size_t size, const char *message)
{
	struct seen seen;

	read_bytes(&seen, bytes, size);
	assert_int_equal(seen.result, -EBADMSG);
	assert_int_equal(seen.err.code, -EBADMSG);
	assert_string_equal(seen.err.text, message);
	buf_done(&seen.text);
}

#define WEB "kind: Service\nmetadata: {name: web}\nspec: {ports: [{port: 80}]}\n"

static void several_documents(void **state)
{
	(void)state;
	gives("---\n" WEB
	      "---\n\n---\n# only a comment\n---\nnull\n---\nkind: Node\nmetadata: {name: n1}\n...\n",
	      "2 Service default/web :80 \n12 Node /n1\n");
	gives("", "");
	gives("# nothing\n", "");
	gives("\xef\xbb\xbf" WEB, "1 Service default/web :80 \n");
	gives("kind: ConfigMap\nmetadata: {name: c}\ndata: {kind: Service}\n", "1 skipped ConfigMap /c\n");
}

static void scalars_as_the_core_schema_reads_them(void **state)
{
	(void)state;
	gives("kind: Service\nmetadata: {name: web}\nspec: {ports: [{port: 0x50, name: on}]}\n",
	      "1 Service default/web :80 on\n");
	gives("kind: Service\nmetadata: {name: web}\nspec: {ports: [{port: 0o120, name: yes}]}\n",
	      "1 Service default/web :80 yes\n");
	gives("kind: 'Service'\nmetadata: {name: \"web\"}\nspec: {ports: [{port: +80, name: ~}], clusterIP: null}\n",
	      "1 Service default/web :80 \n");
	gives("kind: Service\nmetadata: {name: web}\nspec: {ports: [{port: \"80\"}]}\n",
	      "1 refused Service default/web: spec.ports[0].port: expected a whole number\n");
	gives("kind: Service\nmetadata: {name: web}\nspec: {ports: [{port: 80.0}]}\n",
	      "1 refused Service default/web: spec.ports[0].port: expected a whole number\n");
	gives("kind: Service\nmetadata: {name: web}\nspec: {ports: [{port: 99999999999999999999}]}\n",
	      "1 refused Service default/web: spec.ports[0].port: expected a whole number\n");
	gives("kind: Service\nmetadata: {name: 7}\nspec: {ports: [{port: 80}]}\n",
	      "1 refused Service default/: metadata.name: expected a string\n");
	gives("kind: Service\nmetadata: {name: \"7\"}\nspec: {ports: [{port: 80, name: true}]}\n",
	      "1 refused Service default/7: spec.ports[0].name: expected a string\n");
	gives("kind: Service\nmetadata: {name: !!str 7}\nspec: {ports: [{port: !!int \"80\"}]}\n",
	      "1 Service default/7 :80 \n");
	/* A time without quotes is a string too. */
	gives("kind: Service\nmetadata: {name: web, creationTimestamp: 2024-02-29T12:00:00Z}\nspec: {ports: [{port: 80}]}\n",
	      "1 Service default/web :80 \n");
	gives("kind: Service\nmetadata: {name: web, creationTimestamp: null}\nspec:\n  ports:\n  - port: 80\n"
	      "    name: |-\n      http\n",
	      "1 Service default/web :80 http\n");
}

static void tags_of_others_are_refused(void **state)
{
	(void)state;
	gives("kind: Service\nmetadata: {name: web}\nspec: !mine {ports: [{port: 80}]}\n",
	      "1 refused Service default/web: line 3: unknown tag, or not a value for it: !mine\n");
	gives("kind: Service\nmetadata: {name: web}\nspec: {ports: !!set [{port: 80}]}\n",
	      "1 refused Service default/web: line 3: unknown tag, or not a value for it: tag:yaml.org,2002:set\n");
	gives("kind: Service\nmetadata: {name: web}\nspec: {ports: [{port: !!int x}]}\n",
	      "1 refused Service default/web: line 3: unknown tag, or not a value for it: tag:yaml.org,2002:int\n");
	gives("kind: Service\nmetadata: !!map {name: web}\nspec: {ports: !!seq [{port: 80}]}\n",
	      "1 Service default/web :80 \n");
}

static void bad_keys_are_refused(void **state)
{
	(void)state;
	gives("kind: Service\nmetadata: {name: web}\nspec:\n  type: NodePort\n  type: ClusterIP\n  ports: [{port: 80}]\n",
	      "1 refused Service default/web: line 5: given twice: type\n");
	gives("kind: Service\nkind: Node\nmetadata: {name: web}\n",
	      "1 refused Service default/web: line 2: given twice: kind\n");
	gives("kind: Service\nmetadata: {name: web}\n? [a, b]\n: 1\n",
	      "1 refused Service default/web: line 3: a key that is not a scalar\n");
	gives("kind: Service\nmetadata: {name: web}\n? {a: [b]}\n: {c: d}\nspec: {ports: [{port: 80}]}\n",
	      "1 refused Service default/web: line 3: a key that is not a scalar\n");
}

/* Only a value that is read is judged. */
static void nul_in_strings(void **state)
{
	(void)state;
	gives("kind: Service\nmetadata: {name: web, annotations: {\"a\\0b\": 1, c: \"\\0\", ? \"\\0\" : {d: [e]}}}\n"
	      "spec: {ports: [{port: 80}]}\n",
	      "1 Service default/web :80 \n");
	/* Such a key is none of ours, and does not take the place of one. */
	gives("kind: Service\nmetadata: {\"name\\0\": api, name: web, \"name\\0x\": api}\nspec: {ports: [{port: 80}]}\n",
	      "1 Service default/web :80 \n");
	gives("kind: Service\nmetadata: {name: \"we\\0b\"}\n",
	      "1 refused Service default/: metadata.name: a NUL within a string\n");
	gives("kind: Service\nmetadata: {name: web}\nspec: {ports: [{port: !!int \"80\\0\"}]}\n",
	      "1 refused Service default/web: line 3: unknown tag, or not a value for it: tag:yaml.org,2002:int\n");
	/* Neither a list's kind nor a merge key is cut at it. */
	gives("kind: \"ServiceList\\0\"\nitems: [{metadata: {name: web}, spec: {ports: [{port: 80}]}}]\n",
	      "2 refused  /web: kind: missing\n");
	gives("items: [{metadata: {name: web}, spec: {ports: [{port: 80}]}}]\nkind: \"ServiceList\\0\"\n",
	      "1 refused  /web: kind: missing\n");
	gives("kind: Service\nmetadata: {name: web}\n\"<<\\0\": 7\nspec: {ports: [{port: 80}]}\n",
	      "1 Service default/web :80 \n");
}

static void the_others_are_served(void **state)
{
	(void)state;
	gives("kind: Service\nmetadata: {name: bad}\nspec: {ports: [{port: 70000}]}\n---\n" WEB
	      "---\n- a list\n---\nplain\n---\nkind: Node\nmetadata: {name: n1}\n",
	      "1 refused Service default/bad: spec.ports[0].port: 70000 is not in 1..65535\n"
	      "5 Service default/web :80 \n"
	      "9 refused  /: expected an object\n"
	      "11 refused  /: expected an object\n"
	      "13 Node /n1\n");
}

static void lists_come_item_by_item(void **state)
{
	(void)state;
	/* As kubectl writes them. */
	gives("apiVersion: v1\nitems:\n- apiVersion: v1\n  kind: Service\n  metadata:\n    name: a\n  spec:\n    ports:\n"
	      "    - port: 80\n- apiVersion: v1\n  kind: Node\n  metadata:\n    name: n1\n"
	      "kind: List\nmetadata:\n  resourceVersion: \"\"\n---\n" WEB,
	      "3 Service default/a :80 \n10 Node /n1\n18 Service default/web :80 \n");
	gives("kind: List\nitems: []\n", "");
	gives("kind: List\nitems: null\n", "1 skipped List /\n");
	gives("kind: NodeList\nitems:\n- metadata: {name: n1}\n- 7\n- kind: ConfigMap\n  metadata: {name: c}\n",
	      "3 Node /n1\n4 refused Node /: expected an object\n5 skipped ConfigMap /c\n");
	gives("kind: List\nitems:\n- metadata: {name: n1}\n", "3 refused  /n1: kind: missing\n");
	gives("kind: List\nitems:\n- kind: List\n  items: [{kind: Node, metadata: {name: n1}}]\n",
	      "3 refused List /: kind: a list within a list\n");
}

static void a_lists_kind_may_stand_behind_its_items(void **state)
{
	(void)state;
	gives("kind: PodList\nitems: []\n---\n"
	      "apiVersion: v1\nitems:\n- metadata: {name: n1, labels: {kind: x}}\n- metadata: {name: n2}\n"
	      "metadata: {kind: x, a: [kind, b]}\nother: &o [kind, b]\nalias: *o\nkind: NodeList\n",
	      "6 Node /n1\n7 Node /n2\n");
	gives("items:\n- metadata: {name: n1}\n", "2 refused  /n1: kind: missing\n");
}

static void a_list_with_something_wrong_around_it(void **state)
{
	(void)state;
	gives("kind: NodeList\nkind: List\nitems:\n- metadata: {name: n1}\n",
	      "4 Node /n1\n1 refused NodeList /: line 2: given twice: kind\n");
	gives("kind: NodeList\nitems:\n- metadata: {name: n1}\nitems:\n- metadata: {name: n2}\n",
	      "3 Node /n1\n1 refused NodeList /: line 4: given twice: items\n");
}

static void aliases_and_merge_keys(void **state)
{
	(void)state;
	gives("kind: Service\nmetadata: {name: &n web, labels: {a: *n}}\nspec:\n  ports:\n  - &p {port: 80, name: one}\n"
	      "  - {<<: *p, port: 81, name: two}\n",
	      "1 Service default/web :80 one\n");
	gives("kind: Service\nmetadata: {name: web}\nx: [&a {port: 81, name: a}, &b {port: 82, name: b, protocol: UDP}]\n"
	      "spec: {ports: [{<<: [*a, *b]}]}\n",
	      "1 Service default/web :81 a\n");
	gives("kind: List\nitems:\n- kind: Service\n  metadata: {name: a}\n  spec: &s {ports: [{port: 80}]}\n"
	      "- kind: Service\n  metadata: {name: b}\n  spec: *s\n",
	      "3 Service default/a :80 \n6 Service default/b :80 \n");
	gives("kind: Service\nmetadata: {name: web}\nspec: *s\n",
	      "1 refused Service default/web: line 3: no anchor before this alias: s\n");
	/* Of one document only. */
	gives("kind: Node\nmetadata: &m {name: n1}\n---\nkind: Node\nmetadata: *m\n",
	      "1 Node /n1\n4 refused Node /: line 5: no anchor before this alias: m\n");
	/* In itself. */
	gives("kind: Node\nmetadata: &m {name: n1, x: *m}\n",
	      "1 refused Node /n1: line 2: no anchor before this alias: m\n");
	gives("kind: Node\nmetadata: {name: n1, <<: 7}\n",
	      "1 refused Node /n1: line 2: a merge key takes a mapping, or a list of them\n");
	gives("kind: Node\nmetadata: {name: n1, \"<<\": 7}\n", "1 Node /n1\n");
	gives("kind: Node\n*x : 1\nmetadata: {name: n1}\n",
	      "1 refused Node /n1: line 2: a key that is not a scalar\n");
}

static void nothing_explodes(void **state)
{
	struct buf text = BUF_INIT;
	struct seen seen;
	size_t i, j;

	(void)state;
	/* A billion laughs: every line ten times the one before it. */
	buf_printf(
		&text,
		"kind: Node\nmetadata: {name: n1}\na0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n");
	for (i = 1; i < 30; i++) {
		buf_printf(&text, "a%zu: &a%zu [", i, i);
		for (j = 0; j < 10; j++)
			buf_printf(&text, "*a%zu,", i - 1);
		buf_printf(&text, "]\n");
	}
	gives(buf_text(&text), "1 Node /n1\n");
	for (; i < 70; i++)
		buf_printf(&text, "a%zu: &a%zu [*a%zu]\n", i, i, i - 1);
	gives(buf_text(&text), "1 refused Node /n1: nested deeper than 64 levels\n");
	/* Merging a large mapping again and again. */
	buf_reset(&text);
	buf_printf(&text, "kind: Node\nmetadata: {name: n1}\na: &a {");
	for (i = 0; i < 1000; i++)
		buf_printf(&text, "k%zu: 1,", i);
	buf_printf(&text, "}\nb:\n");
	for (i = 0; i < 100; i++)
		buf_printf(&text, "- <<: *a\n");
	read_bytes(&seen, text.data, text.size);
	assert_int_equal(seen.result, 0);
	assert_non_null(strstr(buf_text(&seen.text), "merge keys add too many members"));
	buf_done(&seen.text);
	/* Too many anchors. */
	buf_reset(&text);
	buf_printf(&text, "kind: Node\nmetadata: {name: n1}\na:\n");
	for (i = 0; i < 1025; i++)
		buf_printf(&text, "- &x%zu 1\n", i);
	gives(buf_text(&text), "1 refused Node /n1: line 1028: the document's anchors are too large\n");
	buf_done(&text);
}

static void deep_and_large_ones_are_refused(void **state)
{
	struct buf text = BUF_INIT;
	size_t i;

	(void)state;
	buf_printf(&text, "kind: Node\nmetadata: {name: deep}\nx: ");
	for (i = 0; i < 200; i++)
		buf_printf(&text, "[");
	for (i = 0; i < 200; i++)
		buf_printf(&text, "]");
	buf_printf(&text, "\n---\n" WEB);
	gives(buf_text(&text),
	      "1 refused Node /deep: nested deeper than 64 levels\n5 Service default/web :80 \n");

	buf_reset(&text);
	buf_printf(&text, "kind: Node\nmetadata: {name: large}\nx:\n");
	while (text.size < 20 * 1024 * 1024)
		buf_printf(&text,
			   "- 0123456789012345678901234567890123456789012345678901234567890123456789\n");
	buf_printf(&text, "---\n" WEB);
	gives(buf_text(&text), "1 refused Node /large: larger than 4 MiB\n287286 Service default/web :80 \n");
	buf_done(&text);
}

static void what_is_no_yaml(void **state)
{
	static const char nul[] = "kind: Node\nmeta\0data: {name: n1}\n";
	static const char binary[] = "\x7f"
				     "ELF\x02\x01\x01\0\0\0\0\0";
	static const char latin1[] = "kind: Node\nx: caf\xe9\n";
	static const char broken[] = "kind: Node\nmetadata: {name: n1\n---\nkind: Node\n";
	static const char tab[] = "kind: Node\nmetadata:\n\tname: n1\n";

	(void)state;
	is_no_yaml(nul, sizeof(nul) - 1, "line 2: control characters are not allowed");
	is_no_yaml(binary, sizeof(binary) - 1, "line 1: control characters are not allowed");
	is_no_yaml(latin1, sizeof(latin1) - 1, "line 2: incomplete UTF-8 octet sequence");
	is_no_yaml(broken, sizeof(broken) - 1, "line 3: did not find expected ',' or '}'");
	is_no_yaml(tab, sizeof(tab) - 1, "line 3: found character that cannot start any token");
	is_no_yaml("\xff\xfe{\0}\0", 6, "line 1: invalid leading UTF-8 octet");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(several_documents),
		cmocka_unit_test(scalars_as_the_core_schema_reads_them),
		cmocka_unit_test(tags_of_others_are_refused),
		cmocka_unit_test(bad_keys_are_refused),
		cmocka_unit_test(nul_in_strings),
		cmocka_unit_test(the_others_are_served),
		cmocka_unit_test(lists_come_item_by_item),
		cmocka_unit_test(a_lists_kind_may_stand_behind_its_items),
		cmocka_unit_test(a_list_with_something_wrong_around_it),
		cmocka_unit_test(aliases_and_merge_keys),
		cmocka_unit_test(nothing_explodes),
		cmocka_unit_test(deep_and_large_ones_are_refused),
		cmocka_unit_test(what_is_no_yaml),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
