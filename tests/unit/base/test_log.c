/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines on standard error: the time in front (Y36), and which levels a verbosity shows (Y37). */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <unistd.h>

#include "base/log.h"

static char text[4096];
static int saved_stderr = -1;
static FILE *file;

/* From now on, standard error is a file. */
static int setup(void **state)
{
	(void)state;
	file = tmpfile();
	saved_stderr = dup(STDERR_FILENO);
	return file && dup2(fileno(file), STDERR_FILENO) >= 0 ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	log_set_stamps(false);
	log_set_json(false);
	log_set_sink(NULL);
	log_set_level(LOG_LEVEL_INFO);
	(void)dup2(saved_stderr, STDERR_FILENO);
	(void)close(saved_stderr);
	return fclose(file);
}

/* What was written since the last call. */
static const char *written(void)
{
	ssize_t n = pread(STDERR_FILENO, text, sizeof(text) - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	assert_int_equal(ftruncate(STDERR_FILENO, 0), 0);
	assert_int_equal(lseek(STDERR_FILENO, 0, SEEK_SET), 0);
	return text;
}

static bool is_stamp(const char *stamp)
{
	static const char form[] = "ts=0000-00-00T00:00:00.000Z ";
	size_t i;

	for (i = 0; form[i]; i++)
		if (form[i] == '0' ? stamp[i] < '0' || stamp[i] > '9' : stamp[i] != form[i])
			return false;
	return true;
}

static void test_stamps(void **state)
{
	(void)state;
	log_warn("sync", "first");
	assert_string_equal(written(), "level=warn mod=sync msg=first\n");
	log_set_stamps(true);
	log_warn("sync", "second", LOG_NUMBER("n", 2));
	assert_true(is_stamp(written()));
	assert_string_equal(strchr(text, ' '), " level=warn mod=sync msg=second n=2\n");
	/* JSON has its own. */
	log_set_json(true);
	log_warn("sync", "third");
	assert_ptr_equal(strstr(written(), "{\"ts\":\""), text);
}

static char taken[256];

static bool take(enum log_level level, const char *mod, const char *msg, const struct log_field *fields,
		 const char *line)
{
	(void)level;
	(void)mod;
	(void)fields;
	(void)snprintf(taken, sizeof(taken), "%s", line);
	return strcmp(msg, "full") != 0;
}

/* The journal has the time of each entry. What it does not take goes to standard error. */
static void test_sink(void **state)
{
	(void)state;
	log_set_stamps(true);
	log_set_sink(take);
	log_info("sync", "first");
	assert_string_equal(taken, "level=info mod=sync msg=first");
	assert_string_equal(written(), "");
	log_info("sync", "full");
	assert_true(is_stamp(written()));
}

static void all_levels(void)
{
	log_error("a", "error");
	log_warn("a", "warn");
	log_notice("a", "notice");
	log_info("a", "info");
	log_debug("a", "debug");
}

#define ERROR_LINE   "level=error mod=a msg=error\n"
#define UP_TO_NOTICE ERROR_LINE "level=warn mod=a msg=warn\nlevel=info mod=a msg=notice\n"
#define UP_TO_INFO   UP_TO_NOTICE "level=info mod=a msg=info\n"

static void test_verbosity(void **state)
{
	static const char *const wanted[] = { UP_TO_NOTICE, UP_TO_INFO, UP_TO_INFO, UP_TO_INFO,
					      UP_TO_INFO "level=debug mod=a msg=debug\n" };
	int i;

	(void)state;
	for (i = 0; i <= 4; i++) {
		log_set_level(log_level_of(i));
		all_levels();
		assert_string_equal(written(), wanted[i]);
	}
	assert_int_equal(log_level_of(99), LOG_LEVEL_DEBUG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_stamps, setup, teardown),
		cmocka_unit_test_setup_teardown(test_sink, setup, teardown),
		cmocka_unit_test_setup_teardown(test_verbosity, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
