/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fields of a YAML document that people write: scalars as written, errors with file and line. */
#include "config.h"

#include <dlfcn.h>
#include <errno.h>
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <yaml.h>

#include "decode/field.h"
#include "decode/yaml_value.h"

static unsigned int n_scalars, n_wiped;

/* libyaml's function, but it looks at a scalar before it is freed. */
void yaml_event_delete(yaml_event_t *event)
{
	void (*original)(yaml_event_t *) = NULL;
	size_t i, n_zero = 0;

	if (event->type == YAML_SCALAR_EVENT) {
		for (i = 0; i < event->data.scalar.length; i++)
			n_zero += event->data.scalar.value[i] == 0;
		n_scalars++;
		n_wiped += n_zero == event->data.scalar.length;
	}
	*(void **)&original = dlsym(RTLD_NEXT, "yaml_event_delete");
	assert_non_null(original);
	original(event);
}

static struct yaml_value_document *load(const char *text)
{
	struct yaml_value_document *document = NULL;
	struct err err;

	assert_int_equal(yaml_value_load("f", text, strlen(text), &document, &err), 0);
	return document;
}

static void scalars(void **state)
{
	_cleanup_(yaml_value_freep) struct yaml_value_document *document =
		load("token: 0123\nempty: ''\nnone: ~\ntwo:\nyes: 'true'\nno: false\nlist:\n- a\n- null\n");
	struct field_reading reading = { .file = "f" };
	struct field root = field_root_yaml(document, &reading), field, element;

	(void)state;
	field_object(&root);
	field = field_member(&root, "token");
	assert_string_equal(field_string(&field), "0123");
	assert_int_equal(field_line(&field), 1);
	field = field_member(&root, "empty");
	assert_true(field_given(&field));
	assert_string_equal(field_string(&field), "");
	field = field_member(&root, "none");
	assert_false(field_given(&field));
	field = field_member(&root, "two");
	assert_false(field_given(&field));
	field = field_member(&root, "yes");
	assert_true(field_bool(&field, false));
	field = field_member(&root, "no");
	assert_false(field_bool(&field, true));
	field = field_member(&root, "missing");
	assert_true(field_bool(&field, true));
	/* The line of what it is missing in. */
	assert_int_equal(field_line(&field), 1);
	field = field_member(&root, "list");
	assert_int_equal(field_array(&field, 2), 2);
	element = field_element(&field, 0);
	assert_int_equal(field_line(&element), 8);
	element = field_element(&field, 1);
	assert_false(field_given(&element));
	assert_false(field_failed(&root));
}

/* The error of the field that @keys lead to, read as a bool. */
static void refused(const char *text, const char *const *keys, const char *expect)
{
	_cleanup_(yaml_value_freep) struct yaml_value_document *document = load(text);
	struct err err = { 0 };
	struct field_reading reading = { .file = "f", .err = &err };
	struct field fields[8];
	size_t i;

	fields[0] = field_root_yaml(document, &reading);
	for (i = 0; keys[i]; i++) {
		field_object(&fields[i]);
		fields[i + 1] = field_member(&fields[i], keys[i]);
	}
	(void)field_bool(&fields[i], false);
	assert_int_equal(reading.code, -EINVAL);
	assert_string_equal(err.text, expect);
}

static void errors(void **state)
{
	const char *const keys[] = { "a", "b", NULL };
	const char *const none[] = { NULL };
	struct yaml_value_document *document = NULL;
	struct err err;

	(void)state;
	refused("a:\n  b: maybe\n", keys, "f:2: a.b: expected true or false");
	refused("a:\n  b: [true]\n", keys, "f:2: a.b: expected true or false");
	refused("a:\n- b\n", keys, "f:2: a: expected an object");
	refused("- a\n", keys, "f:1: expected an object");
	refused("a:\n  b: true\n  b: true\n", keys, "f:3: a.b: given twice");
	refused("a:\n  b: \"tr\\0ue\"\n", keys, "f:2: a.b: expected true or false");
	refused("x", none, "f:1: expected true or false");
	assert_int_equal(yaml_value_load("f", "a: b\n\tc: d", 10, &document, &err), -EBADMSG);
	assert_int_equal(strncmp(err.text, "f:2: ", 5), 0);
	assert_null(yaml_value_free(NULL));
}

static void expect_json(const char *text, const char *expect)
{
	_cleanup_(yaml_value_freep) struct yaml_value_document *document = load(text);
	struct yaml_value root = yaml_value_root(document), bad = { 0 };
	const char *reason = NULL;
	json_t *json = yaml_value_json(&root, 8, 3, &bad, &reason);
	char *print = json_dumps(json, JSON_COMPACT);

	if (json)
		assert_string_equal(print, expect);
	else
		assert_string_equal(reason, expect);
	assert_int_equal(!json, bad.node != NULL);
	free(print);
	json_decref(json);
}

static void to_json(void **state)
{
	(void)state;
	expect_json("a: 1\nb: [x, '1', null, true, 1.5]\n", "{\"a\":1,\"b\":[\"x\",\"1\",null,true,1.5]}");
	expect_json("a: &x 5\nb: *x\n", "{\"a\":5,\"b\":5}");
	expect_json("a: &x [*x]\n", "too large");
	expect_json("[[[1]]]", "[[[1]]]");
	expect_json("[[[[1]]]]", "too large");
	expect_json("[1, 2, 3, 4, 5, 6, 7]", "[1,2,3,4,5,6,7]");
	expect_json("[1, 2, 3, 4, 5, 6, 7, 8]", "too large");
	expect_json("a: 1\na: 2\n", "a key is given twice");
	expect_json("<<: {a: 1}\n", "a merge key");
	expect_json("[1]: 2\n", "a key that is not a string");
	expect_json("a: \"\\0\"\n", "a NUL within a string");
	expect_json("a: !odd b\n", "an unknown tag");
}

/* What the events of the first reading own is overwritten, as the document is in the end. */
static void secrets(void **state)
{
	struct yaml_value_document *document;

	(void)state;
	n_scalars = n_wiped = 0;
	document = load("token: secret\nkeys:\n- &a 'more'\n- *a\n");
	assert_int_equal(n_scalars, 4);
	assert_int_equal(n_wiped, 4);
	yaml_value_free(document);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scalars),
		cmocka_unit_test(secrets),
		cmocka_unit_test(errors),
		cmocka_unit_test(to_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
