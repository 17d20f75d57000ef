/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "kubeapi/pem.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "decode/base64.h"
#include "kubeapi/der.h"

#define PEM_LINE_SIZE 64 /* of base64 */

static const char pem_begin[] = "-----BEGIN ", pem_end[] = "-----END ", pem_dashes[] = "-----";
static const char pem_certificate[] = "CERTIFICATE", pem_key[] = "PRIVATE KEY";

/* The rest of the line at @reader, without blanks at its end. False: nothing is left. */
static bool pem_line(struct pem_reader *reader, const char **ret, size_t *ret_size)
{
	const char *start = reader->at, *stop = memchr(start, '\n', (size_t)(reader->end - start));

	if (start == reader->end)
		return false;
	reader->at = stop ? stop + 1 : reader->end;
	reader->line++;
	if (!stop)
		stop = reader->end;
	while (stop > start && strchr(" \t\r", stop[-1]) && stop[-1])
		stop--;
	*ret = start;
	*ret_size = (size_t)(stop - start);
	return true;
}

/* Whether a line is @prefix, a type and dashes. */
static bool pem_is_mark(const char *line, size_t size, const char *prefix, const char **ret_type,
			size_t *ret_type_size)
{
	size_t before = strlen(prefix), after = strlen(pem_dashes);

	if (size < before + after || memcmp(line, prefix, before) != 0 ||
	    memcmp(line + size - after, pem_dashes, after) != 0)
		return false;
	*ret_type = line + before;
	*ret_type_size = size - before - after;
	return true;
}

static void pem_read_header(const char *line, size_t size, struct pem_block *block)
{
	static const char name[] = "Proc-Type:", value[] = "ENCRYPTED";

	block->headers = true;
	if (size >= strlen(name) && memcmp(line, name, strlen(name)) == 0 &&
	    memmem(line, size, value, strlen(value)))
		block->encrypted = true;
}

/* The lines of a block whose first one was read. False: it has no end. */
static bool pem_read_block(struct pem_reader *reader, struct pem_block *block)
{
	const char *line, *type;
	size_t size, type_size;

	block->body = reader->at;
	while (pem_line(reader, &line, &size)) {
		if (pem_is_mark(line, size, pem_begin, &type, &type_size))
			return false;
		if (pem_is_mark(line, size, pem_end, &type, &type_size)) {
			block->body_size = (size_t)(line - block->body);
			return type_size == block->type_size && memcmp(type, block->type, type_size) == 0;
		}
		if (block->body != line)
			continue;
		if (memchr(line, ':', size))
			pem_read_header(line, size, block);
		/* An empty line ends the headers; a header that goes on begins with a blank. */
		if (block->headers && (memchr(line, ':', size) || size == 0 || *line == ' ' || *line == '\t'))
			block->body = reader->at;
	}
	return false;
}

bool pem_next(struct pem_reader *reader, struct pem_block *ret)
{
	struct pem_reader inside;
	const char *line;
	size_t size;

	while (pem_line(reader, &line, &size)) {
		*ret = (struct pem_block){ .line = reader->line - 1 };
		if (!pem_is_mark(line, size, pem_begin, &ret->type, &ret->type_size))
			continue;
		inside = *reader;
		if (pem_read_block(&inside, ret)) {
			*reader = inside;
			return true;
		}
	}
	return false;
}

static struct pem_reader pem_reader(const char *bytes, size_t size)
{
	return (struct pem_reader){ .at = bytes, .end = bytes + size, .line = 1 };
}

static bool pem_is(const struct pem_block *block, const char *type)
{
	return block->type_size == strlen(type) && memcmp(block->type, type, block->type_size) == 0;
}

/* "PRIVATE KEY", or a word before it. */
static bool pem_is_key(const struct pem_block *block)
{
	size_t size = strlen(pem_key);

	return block->type_size >= size &&
	       memcmp(block->type + block->type_size - size, pem_key, size) == 0 &&
	       (block->type_size == size || block->type[block->type_size - size - 1] == ' ');
}

int pem_check_certificate(const char *bytes, size_t size, struct err *reterr)
{
	struct pem_reader reader = pem_reader(bytes, size);
	struct pem_block block;

	while (pem_next(&reader, &block))
		if (pem_is(&block, pem_certificate))
			return 0;
	return err_set(reterr, -EINVAL, "no certificate in PEM");
}

int pem_check_key(const char *bytes, size_t size, struct err *reterr)
{
	struct pem_reader reader = pem_reader(bytes, size);
	struct pem_block block;

	while (pem_next(&reader, &block)) {
		if (!pem_is_key(&block))
			continue;
		if (block.encrypted || pem_is(&block, "ENCRYPTED PRIVATE KEY"))
			return err_set(
				reterr, -EINVAL,
				"line %u: the private key is encrypted, and its passphrase cannot be given",
				block.line);
		return 0;
	}
	return err_set(reterr, -EINVAL, "no private key in PEM");
}

/* base64_decode() skips line breaks; here there may be blanks, too. */
static int pem_decode(const struct pem_block *block, char **ret, size_t *ret_size)
{
	char *text = alloc_bytes(block->body_size + 1);
	size_t i, size = 0;
	int r;

	for (i = 0; i < block->body_size; i++)
		if (block->body[i] != ' ' && block->body[i] != '\t')
			text[size++] = block->body[i];
	r = base64_decode(text, size, ret, ret_size);
	free(text);
	return r;
}

/*
 * NULL if @block is a certificate, which is added to @ret; else why not. It is written anew, so that OpenSSL reads what was
 * checked.
 */
static const char *pem_add_certificate(const struct pem_block *block, struct buf *ret)
{
	char *der = NULL, *text;
	size_t der_size, size, at;

	if (block->headers)
		return "it has header lines";
	if (pem_decode(block, &der, &der_size) < 0)
		return "not base64";
	if (!der_is_certificate(der, der_size)) {
		free(der);
		return "its bytes are no certificate";
	}
	text = base64_encode(der, der_size);
	size = strlen(text);
	buf_printf(ret, "%s%s%s\n", pem_begin, pem_certificate, pem_dashes);
	for (at = 0; at < size; at += PEM_LINE_SIZE) {
		buf_add(ret, text + at, size - at < PEM_LINE_SIZE ? size - at : PEM_LINE_SIZE);
		buf_add(ret, "\n", 1);
	}
	buf_printf(ret, "%s%s%s\n", pem_end, pem_certificate, pem_dashes);
	free(text);
	free(der);
	return NULL;
}

int64_t pem_read_expiry(const char *bytes, size_t size)
{
	struct pem_reader reader = pem_reader(bytes, size);
	struct pem_block block;
	size_t der_size;
	int64_t expiry;
	char *der;

	while (pem_next(&reader, &block)) {
		if (!pem_is(&block, pem_certificate))
			continue;
		if (pem_decode(&block, &der, &der_size) < 0)
			return -1;
		expiry = der_is_certificate(der, der_size) ? der_read_expiry(der, der_size) : -1;
		free(der);
		return expiry;
	}
	return -1;
}

int pem_read_bundle(const char *bytes, size_t size, struct secret_bytes *ret, struct err *retskipped,
		    struct err *reterr)
{
	struct pem_reader reader = pem_reader(bytes, size);
	struct buf bundle = BUF_INIT;
	struct pem_block block;
	const char *why;

	*retskipped = (struct err){ 0 };
	while (pem_next(&reader, &block)) {
		if (!pem_is(&block, pem_certificate))
			continue;
		why = pem_add_certificate(&block, &bundle);
		if (why && !retskipped->code)
			(void)err_set(retskipped, -EINVAL, "line %u: the certificate cannot be read: %s",
				      block.line, why);
	}
	if (!bundle.size) {
		buf_done(&bundle);
		return err_set(reterr, -EINVAL, "%s",
			       retskipped->code ? retskipped->text : "no certificate in PEM");
	}
	(void)buf_text(&bundle);
	*ret = (struct secret_bytes){ bundle.data, bundle.size };
	return 0;
}
