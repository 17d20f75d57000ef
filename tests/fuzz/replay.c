/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Feed the files of a corpus to a fuzz target: the folder corpus/NAME beside this file for the program
 * replay_NAME, or the files that are named. Each file also loses its last bytes, one after another, so that
 * texts that end unexpectedly are tried without a fuzzer.
 */
#include "config.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

#define INPUT_MAX (1024 * 1024)
#define CUT_MAX	  4096 /* larger inputs are not cut at every byte */

static int run_file(const char *path)
{
	FILE *f = fopen(path, "r");
	char *bytes = malloc(INPUT_MAX);
	size_t size, n;

	if (!f || !bytes) {
		(void)fprintf(stderr, "%s: can't be read\n", path);
		free(bytes);
		if (f)
			(void)fclose(f);
		return 1;
	}
	size = fread(bytes, 1, INPUT_MAX, f);
	(void)fclose(f);
	for (n = size <= CUT_MAX ? 0 : size; n <= size; n++) {
		/* Of exactly this size, so that valgrind sees reads beyond it. */
		uint8_t *input = malloc(n ? n : 1);

		if (!input)
			abort();
		memcpy(input, bytes, n);
		(void)LLVMFuzzerTestOneInput(input, n);
		free(input);
	}
	free(bytes);
	return 0;
}

static int run_corpus(const char *name)
{
	const char *top = getenv("top_srcdir");
	struct dirent *entry;
	char path[1024];
	size_t n = 0;
	int bad = 0;
	DIR *dir;

	(void)snprintf(path, sizeof(path), "%s/tests/fuzz/corpus/%s", top ? top : ".", name);
	dir = opendir(path);
	if (!dir) {
		(void)fprintf(stderr, "%s: no such corpus\n", path);
		return 1;
	}
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		(void)snprintf(path, sizeof(path), "%s/tests/fuzz/corpus/%s/%s", top ? top : ".", name,
			       entry->d_name);
		bad |= run_file(path);
		n++;
	}
	(void)closedir(dir);
	(void)printf("%s: %zu inputs\n", name, n);
	return bad || !n;
}

int main(int argc, char **argv)
{
	const char *name = strstr(argv[0], "replay_");
	int i, bad = 0;

	if (argc == 1)
		return name ? run_corpus(name + strlen("replay_")) : 1;
	for (i = 1; i < argc; i++)
		bad |= run_file(argv[i]);
	return bad;
}
