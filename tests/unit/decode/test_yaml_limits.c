/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Texts that would cost libyaml or us a time that is quadratic in their size. */
#include "config.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "base/buf.h"
#include "decode/document.h"
#include "decode/yaml.h"
#include "decode/yaml_value.h"

#define SIZE   (100u * 1024)
#define CPU_MS 2000 /* for SIZE and for twice SIZE; the linear ones take up to 200 ms */

struct seen {
	struct buf text;
	size_t n;
};

static void on_object(void *ctx, struct object *object, size_t line)
{
	struct seen *seen = ctx;

	if (seen->n++ < 4)
		buf_printf(&seen->text, "%zu %s %s/%s\n", line, object->kind_name, object->namespace,
			   object->name);
}

static void on_refused(void *ctx, const struct object *object, const struct err *err, size_t line)
{
	struct seen *seen = ctx;

	assert_true(err->code == -EINVAL || err->code == -E2BIG);
	if (seen->n++ < 4)
		buf_printf(&seen->text, "%zu refused %s %s/%s: %s\n", line, object->kind_name,
			   object->namespace, object->name, err->text);
}

static void on_repeated(void *ctx, const char *key)
{
	(void)ctx;
	(void)key;
}

static unsigned int cpu_ms(void)
{
	struct rusage usage;

	assert_int_equal(getrusage(RUSAGE_SELF, &usage), 0);
	return (unsigned int)((usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000 +
			      (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1000);
}

static void repeat(struct buf *text, const char *unit, size_t size)
{
	size_t n;

	for (n = size / strlen(unit); n; n--)
		buf_add(text, unit, strlen(unit));
}

static void repeat_numbered(struct buf *text, const char *before, const char *after, size_t size)
{
	size_t end = text->size + size, i;

	for (i = 0; text->size < end; i++)
		buf_printf(text, "%s%zu%s", before, i, after);
}

/* Read @text as manifests, as the configuration and as a kubeconfig. */
static void read_all_ways(const struct buf *text)
{
	struct seen seen = { BUF_INIT, 0 };
	const struct yaml_sink sink = { on_object, on_refused, &seen };
	struct yaml_value_document *value = NULL;
	struct document *document = NULL;
	struct err err;

	if (yaml_decode_documents(text->data, text->size, &sink, &err) < 0)
		assert_int_equal(err.code, -EBADMSG);
	buf_done(&seen.text);
	(void)!document_read(text->data, text->size, on_repeated, NULL, &document, &err);
	(void)document_free(document);
	(void)!yaml_value_load("f", text->data, text->size, &value, &err);
	(void)yaml_value_free(value);
}

struct hostile {
	const char *head;
	const char *unit;
	const char *unit_after; /* not NULL: a number comes between @unit and this */
	const char *middle;
	const char *unit_behind;
};

static const struct hostile hostile[] = {
	{ .head = "x: ", .unit = "[" },
	{ .head = "x: ", .unit = "[\n" },
	{ .head = "x: ", .unit = "{a: " },
	{ .head = "x: ", .unit = "[", .unit_behind = "]" },
	{ .head = "{", .unit = "? " },
	{ .unit = "- " },
	{ .unit = "? " },
	{ .unit = "---\n[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\n" },
	{ .unit = "a", .unit_after = ": &a 1\n" },
	{ .unit = "- &a", .unit_after = " 1\n" },
	{ .head = "a: &a 1\nb:\n", .unit = "- *a\n" },
	{ .unit = "%TAG !a", .unit_after = "! b\n", .middle = "---\na: 1\n" },
	{ .unit = "%YAML 1.1\n", .middle = "---\na: 1\n" },
	{ .head = "a: b", .unit = " ", .middle = "c", .unit_behind = " c" },
	{ .head = "a: \"b", .unit = " ", .middle = "c", .unit_behind = " c" },
	{ .head = "a: 'b", .unit = "\n", .middle = " c", .unit_behind = "\n c" },
	{ .head = "a: b", .unit = "\n", .middle = " c", .unit_behind = "\n c" },
	{ .head = "a: b", .unit = "\r", .middle = " c", .unit_behind = "\n c" },
	{ .head = "a: b", .unit = "\xc2\x85", .middle = " c", .unit_behind = "\n c" },
	{ .head = "a: |\n b\n", .unit = "\n", .middle = " c\n", .unit_behind = " c\n" },
	{ .head = "a: >\n b\n", .unit = "\n", .middle = " c\n", .unit_behind = " c\n" },
	{ .unit = "items:\n- {}\nkind: List\n---\n" },
	{ .unit = "items:\n- {}\nkind: List\n...\n" },
	{ .unit = "---\n" },
	{ .unit = "...\n" },
	{ .unit = "---\nkind: k", .unit_after = "\n" },
	{ .unit = "#\n" },
	{ .unit = "\n" },
	{ .unit = "\t" },
	{ .unit = "a\n" },
	{ .head = "a: \"", .unit = "\\x41" },
	{ .head = "a: !<", .unit = "%41" },
};

static void time_is_linear(void **state)
{
	size_t i, n;

	(void)state;
	for (i = 0; i < sizeof(hostile) / sizeof(*hostile); i++) {
		for (n = 1; n <= 2; n++) {
			const struct hostile *h = &hostile[i];
			struct buf text = BUF_INIT;
			unsigned int start, used;

			buf_printf(&text, "%s", h->head ? h->head : "");
			if (h->unit_after)
				repeat_numbered(&text, h->unit, h->unit_after, n * SIZE);
			else
				repeat(&text, h->unit, n * SIZE);
			buf_printf(&text, "%s", h->middle ? h->middle : "");
			if (h->unit_behind)
				repeat(&text, h->unit_behind, n * SIZE);
			start = cpu_ms();
			read_all_ways(&text);
			used = cpu_ms() - start;
			if (used > CPU_MS)
				fail_msg("%s%s...: %u ms of CPU for %zu bytes", h->head ? h->head : "",
					 h->unit, used, text.size);
			buf_done(&text);
		}
	}
}

static void gives(const struct buf *text, const char *expected)
{
	struct seen seen = { BUF_INIT, 0 };
	const struct yaml_sink sink = { on_object, on_refused, &seen };
	struct err err = { 0 };

	assert_int_equal(yaml_decode_documents(text->data, text->size, &sink, &err), 0);
	assert_string_equal(buf_text(&seen.text), expected);
	buf_done(&seen.text);
}

#define NODE(name) "kind: Node\nmetadata: {name: " name "}\n"

static void the_documents_behind_are_read(void **state)
{
	struct buf text = BUF_INIT;

	(void)state;
	buf_printf(&text, NODE("a") "x: ");
	repeat(&text, "[", 2000);
	buf_printf(&text, "\n--- # the next one\n" NODE("b") "x: ");
	repeat(&text, "{? ", 9000);
	buf_printf(&text, "\n...\n" NODE("c"));
	gives(&text, "1 refused Node /a: nested deeper than 64 levels\n"
		     "5 refused Node /b: line 7: a key that is not a scalar\n"
		     "9 Node /c\n");
	buf_reset(&text);
	buf_printf(&text, NODE("a") "x: \"a");
	repeat(&text, "\n", 9000);
	buf_printf(&text, " b\"\n---\n" NODE("b"));
	gives(&text,
	      "1 refused Node /a: line 9003: more blanks in a row than 8192; the rest of the document is skipped\n"
	      "9005 Node /b\n");
	/* Blanks between documents cost nothing. */
	buf_reset(&text);
	buf_printf(&text, NODE("a"));
	repeat(&text, "\n", 9000);
	buf_printf(&text, "---\n" NODE("b"));
	gives(&text, "1 Node /a\n9004 Node /b\n");
	buf_reset(&text);
	buf_printf(&text, NODE("a") "x: \"");
	repeat(&text, "a", 9u * 1024 * 1024);
	buf_printf(&text, "\"\n---\n" NODE("b"));
	gives(&text, "1 refused Node /a: larger than 4 MiB\n5 Node /b\n");
	buf_done(&text);
}

static void the_number_of_values_is_limited(void **state)
{
	struct buf text = BUF_INIT;

	(void)state;
	buf_printf(&text, NODE("a") "x: [");
	repeat(&text, "1,", 2 * 250000);
	buf_printf(&text, "]\n---\n" NODE("b"));
	gives(&text, "1 refused Node /a: more than 250000 values\n5 Node /b\n");
	buf_done(&text);
}

static void the_rest_of_a_list_is_missed(void **state)
{
	struct buf text = BUF_INIT;

	(void)state;
	buf_printf(&text, "kind: NodeList\nitems:\n- metadata: {name: a}\n- metadata: {name: b}\n  x: ");
	repeat(&text, "[", 2000);
	buf_printf(&text, "\n- metadata: {name: c}\n---\n" NODE("d"));
	gives(&text,
	      "3 Node /a\n4 refused Node /b: nested deeper than 64 levels\n"
	      "1 refused NodeList /: line 5: nested deeper than 128; the rest of the document is skipped\n"
	      "8 Node /d\n");
	buf_done(&text);
}

static void directives_belong_to_the_next_document(void **state)
{
	struct buf text = BUF_INIT;
	size_t i;

	(void)state;
	buf_printf(&text,
		   "# first\n%%YAML 1.1\n# then\n---\n" NODE("a") "...\n%%YAML 1.1\n%%TAG !e! x\n---\n" NODE(
			   "b") "%%YAML 1.1\n---\n" NODE("c"));
	gives(&text, "5 Node /a\n11 Node /b\n15 Node /c\n");
	buf_reset(&text);
	buf_printf(&text, NODE("a") "...\n");
	for (i = 0; i < 65; i++)
		buf_printf(&text, "%%TAG !e%zu! x\n", i);
	buf_printf(&text, "---\n" NODE("b") "---\n" NODE("c"));
	gives(&text, "1 Node /a\n"
		     "68 refused  /: line 68: more directives than 64; the rest of the document is skipped\n"
		     "73 Node /c\n");
	buf_done(&text);
}

static void a_kubeconfig_has_limits(void **state)
{
	struct yaml_value_document *value = NULL;
	struct buf text = BUF_INIT;
	struct err err;

	(void)state;
	repeat_numbered(&text, "a", ": &a 1\n", SIZE);
	assert_int_equal(yaml_value_load("f", text.data, text.size, &value, &err), -EBADMSG);
	assert_string_equal(err.text, "f:1025: more than 1024 anchors");
	buf_reset(&text);
	buf_printf(&text, "a: 1\nb: ");
	repeat(&text, "[", SIZE);
	assert_int_equal(yaml_value_load("f", text.data, text.size, &value, &err), -EBADMSG);
	assert_string_equal(err.text,
			    "f: line 2: nested deeper than 128; the rest of the document is skipped");
	buf_done(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(time_is_linear),
		cmocka_unit_test(the_documents_behind_are_read),
		cmocka_unit_test(the_number_of_values_is_limited),
		cmocka_unit_test(the_rest_of_a_list_is_missed),
		cmocka_unit_test(directives_belong_to_the_next_document),
		cmocka_unit_test(a_kubeconfig_has_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
