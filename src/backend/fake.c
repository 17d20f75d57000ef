/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "backend/fake.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/alloc.h"

/*
 * Rough sizes in netlink bytes of a message, a rule's statement and an element. Exact enough to see whether a batch grows
 * with the change or with the cluster.
 */
#define FAKE_MESSAGE_SIZE   64
#define FAKE_STATEMENT_SIZE 160
#define FAKE_ELEMENT_SIZE   24

struct fake {
	struct image *image;
	size_t n_commits;
	bool fails;
	size_t fail_step;
	int fail_code;
};

struct fake *fake_new(void)
{
	struct fake *fake = alloc_zeroed(1, sizeof(*fake));

	fake->image = image_new();
	return fake;
}

struct fake *fake_free(struct fake *fake)
{
	if (!fake)
		return NULL;
	(void)image_free(fake->image);
	free(fake);
	return NULL;
}

static size_t fake_chain_size(const struct chain *chain)
{
	size_t size = FAKE_MESSAGE_SIZE, i;

	for (i = 0; i < chain->n_rules; i++)
		size += FAKE_MESSAGE_SIZE + chain->rules[i].n_statements * FAKE_STATEMENT_SIZE;
	return size;
}

static size_t fake_size(const struct changes *changes)
{
	size_t size = 2 * FAKE_MESSAGE_SIZE, i;
	struct element e;

	for (i = 0; i < changes->n; i++) {
		switch ((enum change_op)changes->list[i].op) {
		case CHANGE_OP_TABLE_DEL:
		case CHANGE_OP_CHAIN_DEL:
		case CHANGE_OP_CLIENT_DEL:
		case CHANGE_OP_CLIENT_MAP_ADD:
		case CHANGE_OP_CLIENT_MAP_DEL:
			size += FAKE_MESSAGE_SIZE;
			break;
		case CHANGE_OP_TABLE_ADD:
			size += FAKE_MESSAGE_SIZE * (1 + changes->skeleton->n_sets);
			break;
		case CHANGE_OP_CHAIN_ADD:
		case CHANGE_OP_CHAIN_REFILL:
			size += fake_chain_size(changes->list[i].chain);
			break;
		case CHANGE_OP_ELEMENT_DEL:
		case CHANGE_OP_ELEMENT_ADD:
			change_element(changes, &changes->list[i], &e);
			size += FAKE_ELEMENT_SIZE + e.key_size + e.data_size;
			break;
		}
	}
	return size;
}

int fake_commit(struct fake *fake, const struct changes *changes, struct backend_report *ret_report,
		struct err *reterr)
{
	int r;

	*ret_report = (struct backend_report){ .failed = SIZE_MAX };
	if (!changes->n)
		return 0;
	ret_report->bytes = fake_size(changes);
	if (fake->fails) {
		fake->fails = false;
		if (fake->fail_step < changes->n)
			ret_report->failed = fake->fail_step;
		return err_set(reterr, fake->fail_code, "refused, as was asked for");
	}
	r = image_apply(fake->image, changes, reterr);
	ret_report->failed = image_failed_step(fake->image);
	if (!r)
		fake->n_commits++;
	return r;
}

void fake_fail_at(struct fake *fake, size_t step, int code)
{
	fake->fails = code;
	fake->fail_step = step;
	fake->fail_code = code;
}

static uint32_t fake_timeout_s(const struct chain *chain)
{
	size_t i, k;

	for (i = 0; i < chain->n_rules; i++)
		for (k = 0; k < chain->rules[i].n_statements; k++)
			if (chain->rules[i].statements[k].timeout_s)
				return chain->rules[i].statements[k].timeout_s;
	return 0;
}

static void fake_add_sources(struct snapshot_chain *to, const struct chain *chain)
{
	size_t i;

	for (i = 0; i < chain->n_rules; i++)
		if (chain->rules[i].n_statements == 2 &&
		    chain->rules[i].statements[0].kind == RULE_STATEMENT_MATCH_CIDR &&
		    chain->rules[i].statements[1].kind == RULE_STATEMENT_RETURN)
			snapshot_add_source(to, &chain->rules[i].statements[0].cidr);
}

static void fake_fingerprint(void *ctx, const struct chain *chain, struct buf *text)
{
	const struct set_decl *sets = image_skeleton(((const struct fake *)ctx)->image)->sets;
	size_t i;

	if (chain->hook != RULE_HOOK_NONE)
		buf_printf(text, "%s %d %s", rule_hook_name(chain->hook), chain->priority, chain->comment);
	buf_printf(text, "\n");
	for (i = 0; i < chain->n_rules; i++) {
		rule_print(text, sets, chain->table, &chain->rules[i]);
		buf_printf(text, "\n");
	}
}

static void fake_add_chain(struct snapshot *ret, const struct chain *chain)
{
	struct snapshot_chain *added;
	struct buf text = BUF_INIT;

	fake_fingerprint(ret->ctx, chain, &text);
	(void)buf_text(&text);
	added = snapshot_add_chain(ret, chain->table, chain->name, text.data);
	added->timeout_s = fake_timeout_s(chain);
	fake_add_sources(added, chain);
}

void fake_read(const struct fake *fake, struct snapshot *ret)
{
	const struct chain *chain = NULL;
	const struct client_map *map = NULL;
	const struct element *e = NULL;
	size_t set;
	int family;

	ret->fingerprint = fake_fingerprint;
	ret->ctx = (void *)fake;
	for (family = 0; family < _FAMILY_MAX; family++) {
		if (!image_has_table(fake->image, family))
			continue;
		ret->table[family] = SNAPSHOT_TABLE_OURS;
		while ((chain = image_each_chain(fake->image, family, chain)))
			if (snapshot_knows_chain(ret, family, chain->name))
				fake_add_chain(ret, chain);
		while ((map = image_each_client_map(fake->image, family, map)))
			if (snapshot_knows_client_maps(ret, family))
				snapshot_add_client_map(ret, map);
		for (set = 0; set < image_skeleton(fake->image)->n_sets; set++)
			while ((e = image_each_element(fake->image, family, (uint8_t)set, e)))
				if (snapshot_knows_element(ret, e))
					snapshot_add_element(ret, e);
	}
}

struct image *fake_image(struct fake *fake)
{
	return fake->image;
}

size_t fake_n_commits(const struct fake *fake)
{
	return fake->n_commits;
}
