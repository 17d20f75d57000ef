/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Committing
 *
 * The kernel handles a batch within sendmsg(): when it returns, every error and the acknowledgement are in
 * the receive queue. So the queue is read until it is empty, without waiting.
 *
 *   ERESTART for the begin message: another generation. If the notifications say that our tables were not
 *     touched, the new generation is asked for and the same batch is sent again; else -ESTALE.
 *   Errors for other messages: one failure rolls the whole batch back. A message holds hundreds of elements;
 *     to name the one at fault, the batch is built again with an element a message. That costs only on a
 *     refusal, and works on every kernel.
 *   No acknowledgement, or ENOBUFS: answers were lost, so what stands is not known: -ESTALE.
 *
 * A table that does not stand yet is filled in parts, and its base chains come with the last one: until then no packet
 * can meet it, so for the traffic it is one transaction all the same. The kernel's hash tables grow from a worker, which
 * waits for the end of a transaction; in one of 100,000 elements half of the time would go into searching all of the
 * small generations of a table that should have grown long ago. The generation is not insisted on then: on a busy node
 * others come in between, and Services are not to wait for them. Whether they did is seen at the end, as after any large
 * commit. Should a part fail, what the earlier ones made stands, leads nowhere, and is read back like anything else.
 *
 * While a socket listens, the kernel composes a notification for every element, ours included. So we do not
 * listen during the first commit nor during large ones; afterwards the generation shows whether somebody came
 * in between.
 */
#include "config.h"
#include "backend/nfnl.h"

#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libmnl/libmnl.h>
#include <libnftnl/rule.h>

#include "backend/nfnl_batch.h"
#include "backend/nfnl_internal.h"
#include "backend/nfnl_rule.h"
#include "base/alloc.h"
#include "base/monotonic.h"

#define NFNL_RESTARTS_MAX     20
#define NFNL_LISTEN_STEPS_MAX 1000 /* their notifications fit the receive buffer many times */
#define NFNL_PART_ELEMENTS    2000 /* see "in parts" above; a batch of 80 to 150 KB */

#ifndef ERESTART
#define ERESTART 85
#endif

static void nfnl_know_nothing(struct nfnl *nfnl)
{
	nfnl_monitor_take(nfnl, NULL);
}

/* The same, of what was known before. */
static void nfnl_lose(struct nfnl *nfnl)
{
	nfnl_know_nothing(nfnl);
	nfnl->socket.disturbed = true;
}

int nfnl_new(const char *table_name, struct nfnl **ret, struct err *reterr)
{
	struct nfnl *nfnl = alloc_zeroed(1, sizeof(*nfnl));
	int r = nfnl_socket_open(&nfnl->socket, table_name, reterr);

	if (r < 0) {
		free(nfnl);
		return r;
	}
	nfnl->table_name = table_name;
	nfnl_know_nothing(nfnl);
	nfnl->socket.news = nfnl_monitor_take;
	nfnl->socket.news_ctx = nfnl;
	*ret = nfnl;
	return 0;
}

struct nfnl *nfnl_free(struct nfnl *nfnl)
{
	if (!nfnl)
		return NULL;
	nfnl_socket_close(&nfnl->socket);
	invalidated_done(&nfnl->news);
	invalidated_done(&nfnl->asked);
	free(nfnl);
	return NULL;
}

void nfnl_own(struct nfnl *nfnl)
{
	nfnl->own = true;
	nfnl->tables.flags = NFNL_BATCH_TABLE_F_OWNER | NFNL_BATCH_TABLE_F_PERSIST;
}

int nfnl_fd(const struct nfnl *nfnl)
{
	return nfnl_socket_fd(&nfnl->socket);
}

void nfnl_dispatch(struct nfnl *nfnl)
{
	(void)nfnl_socket_drain(&nfnl->socket, NULL, NULL);
}

bool nfnl_disturbed(const struct nfnl *nfnl)
{
	return nfnl->socket.disturbed;
}

const char *nfnl_disturber(const struct nfnl *nfnl)
{
	return nfnl->socket.disturber;
}

/*
 * What one transaction is about: changes from @first to before @end.
 * @unseen: of all changes, how many may go ahead: change_n_unseen()
 */
struct nfnl_part {
	size_t first;
	size_t end;
	size_t unseen;
};

/* What the kernel answered to one batch. */
struct nfnl_answer {
	const struct nfnl_batch *batch;
	bool acknowledged;
	bool restart;
	int error;	   /* the first one, negative */
	uint32_t sequence; /* of the message it names */
	char text[128];	   /* the kernel's own words, if any */
};

static void nfnl_answer_text(struct nfnl_answer *answer, const struct nlmsghdr *nlh)
{
	size_t skip = sizeof(struct nlmsgerr);
	const struct nlattr *attr;

	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	/* With NETLINK_CAP_ACK the message that failed is not repeated. */
	mnl_attr_for_each(attr, nlh, skip) if (mnl_attr_get_type(attr) == NLMSGERR_ATTR_MSG &&
					       mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) >= 0)(void)
		snprintf(answer->text, sizeof(answer->text), " (%s)", mnl_attr_get_str(attr));
}

static int nfnl_answer_reply(void *ctx, const struct nlmsghdr *nlh)
{
	struct nfnl_answer *answer = ctx;
	const struct nlmsgerr *e = mnl_nlmsg_get_payload(nlh);

	if (nlh->nlmsg_type != NLMSG_ERROR || nlh->nlmsg_seq < answer->batch->first_sequence)
		return 0;
	if (!e->error) {
		if (nlh->nlmsg_seq == answer->batch->last_sequence)
			answer->acknowledged = true;
		return 0;
	}
	if (e->error == -ERESTART) {
		answer->restart = true;
		return 0;
	}
	if (!answer->error) {
		answer->error = e->error;
		answer->sequence = nlh->nlmsg_seq;
		nfnl_answer_text(answer, nlh);
	}
	return 0;
}

static int nfnl_refused(const struct changes *changes, const struct nfnl_answer *answer,
			struct backend_report *report, struct err *reterr)
{
	char owner[SERVICE_NAME_TEXT_SIZE];
	struct buf what = BUF_INIT;
	const struct change *change;

	if (answer->error == -EPERM)
		return err_set(reterr, -EPERM,
			       "the kernel refused the transaction: CAP_NET_ADMIN is missing, or the "
			       "table belongs to another process");
	report->failed = nfnl_batch_change(answer->batch, answer->sequence);
	if (report->failed == SIZE_MAX)
		return err_set(reterr, answer->error, "the kernel refused the transaction: %s%s",
			       strerror(-answer->error), answer->text);
	change = &changes->list[report->failed];
	change_describe(changes, change, &what);
	err_set(reterr, answer->error, "the kernel refused %s%s%s: %s%s", buf_text(&what),
		service_name_is_set(change->owner) ? " of Service " : "",
		service_name_print(change->owner, owner), strerror(-answer->error), answer->text);
	buf_done(&what);
	return answer->error;
}

static int nfnl_changed_by(const struct nfnl *nfnl, struct err *reterr)
{
	return err_set(reterr, -ESTALE, "our tables were changed by %s",
		       *nfnl->socket.disturber ? nfnl->socket.disturber : "somebody else");
}

static int nfnl_restart(struct nfnl *nfnl, struct err *reterr)
{
	int r = nfnl_socket_generation(&nfnl->socket, &nfnl->generation, reterr);

	if (r < 0)
		return r;
	/* The news of that generation may still be in the queue. */
	(void)nfnl_socket_drain(&nfnl->socket, NULL, NULL);
	if (!nfnl->socket.joined)
		nfnl_lose(nfnl);
	return nfnl->socket.disturbed ? nfnl_changed_by(nfnl, reterr) : 0;
}

/* Others have changed the ruleset since our last transaction, or since it was read. */
static bool nfnl_overtaken(struct nfnl *nfnl)
{
	uint32_t generation = 0;

	return nfnl_socket_generation(&nfnl->socket, &generation, NULL) < 0 || generation != nfnl->generation;
}

static int nfnl_send(struct nfnl *nfnl, const struct changes *changes, const struct nfnl_part *part,
		     bool one_by_one, struct backend_report *report, struct err *reterr)
{
	struct nfnl_batch batch;
	struct nfnl_answer answer = { .batch = &batch };
	uint64_t start;
	int r;

	nfnl_batch_build(&nfnl->socket, changes, part->first, part->end, &nfnl->tables,
			 part->unseen ? NULL : &nfnl->generation, one_by_one, &batch);
	report->bytes += batch.bytes.size;
	start = monotonic_us();
	r = nfnl_socket_send_batch(&nfnl->socket, &batch.bytes, reterr);
	report->kernel_us += monotonic_us() - start;
	if (!r) {
		r = nfnl_socket_drain(&nfnl->socket, nfnl_answer_reply, &answer);
		if (answer.restart) {
			r = -ERESTART;
		} else if (answer.error &&
			   (nfnl->socket.disturbed || (part->unseen && nfnl_overtaken(nfnl)))) {
			/*
			 * The generation was known before its news was: the kernel tells it last. Or it was not
			 * insisted on.
			 */
			r = nfnl_changed_by(nfnl, reterr);
		} else if (answer.error) {
			r = nfnl_refused(changes, &answer, report, reterr);
		} else if (r < 0 || !answer.acknowledged) {
			nfnl_lose(nfnl);
			r = err_set(reterr, -ESTALE, "the kernel's answer to the transaction was lost");
		}
	}
	nfnl_batch_done(&batch);
	return r;
}

/*
 * Stop listening. What is told after the queue was drained and before this is lost: the generation that the
 * batch carries is from before, so the kernel refuses it then, and a refusal while not listening is -ESTALE.
 */
static void nfnl_deafen(struct nfnl *nfnl)
{
	nfnl_socket_leave(&nfnl->socket);
	(void)nfnl_socket_drain(&nfnl->socket, NULL, NULL);
}

/* Start to listen. Since the generation we know somebody may have come in: then what stands is unknown. */
static void nfnl_listen(struct nfnl *nfnl)
{
	if (nfnl->socket.joined || nfnl_socket_join(&nfnl->socket, NULL) < 0)
		return;
	if (nfnl_overtaken(nfnl))
		nfnl_lose(nfnl);
}

/* After a transaction the generation is the next one; zero is left out. */
static void nfnl_advance(struct nfnl *nfnl)
{
	if (!++nfnl->generation)
		nfnl->generation++;
	memset(nfnl->tables.adopt, 0, sizeof(nfnl->tables.adopt));
}

static bool nfnl_adopts(const struct nfnl *nfnl)
{
	uint8_t family;

	for (family = 0; family < _FAMILY_MAX; family++)
		if (nfnl->tables.adopt[family])
			return true;
	return false;
}

static int nfnl_others(const struct nfnl *nfnl, struct err *reterr)
{
	return err_set(
		reterr, -EBUSY,
		"table %s belongs to another process, which alone can change it: netlink port %u, which mostly "
		"is its process ID",
		nfnl->table_name, nfnl->other_port);
}

static int nfnl_transact(struct nfnl *nfnl, const struct changes *changes, const struct nfnl_part *part,
			 struct backend_report *report, struct err *reterr)
{
	bool one_by_one = false;
	int restarts, r;

	for (restarts = 0; restarts < NFNL_RESTARTS_MAX; restarts++) {
		if (nfnl->socket.disturbed)
			return nfnl_changed_by(nfnl, reterr);
		r = nfnl_send(nfnl, changes, part, one_by_one, report, reterr);
		if (r == -ERESTART) {
			r = nfnl_restart(nfnl, reterr);
			if (r < 0)
				return r;
			continue;
		}
		if (!r) {
			nfnl_advance(nfnl);
			return 0;
		}
		if (r == -ESTALE || r == -EMSGSIZE || r == -EPERM || one_by_one)
			return r;
		/* Somewhere in a message of many elements: find out which. */
		one_by_one = true;
	}
	return err_set(reterr, -ESTALE, "the ruleset was changed %d times while ours was being sent",
		       restarts);
}

/* Chains lead to each other, so all that comes before the elements is of the first part. */
static void nfnl_part_measure(struct nfnl_part *part, const struct changes *changes)
{
	part->end = part->first;
	while (part->end < part->unseen && changes->list[part->end].op != CHANGE_OP_ELEMENT_ADD)
		part->end++;
	if (part->end < part->unseen && part->unseen - part->end > NFNL_PART_ELEMENTS)
		part->end += NFNL_PART_ELEMENTS;
	else
		part->end = changes->n;
}

static int nfnl_commit_parts(struct nfnl *nfnl, const struct changes *changes, struct backend_report *report,
			     struct err *reterr)
{
	struct nfnl_part part = { .unseen = change_n_unseen(changes) };
	int r;

	do {
		nfnl_part_measure(&part, changes);
		r = nfnl_transact(nfnl, changes, &part, report, reterr);
		if (r < 0 && part.first)
			nfnl_lose(nfnl);
		if (r < 0)
			return r;
		part.first = part.end;
	} while (part.first < changes->n);
	return 0;
}

int nfnl_commit(struct nfnl *nfnl, const struct changes *changes, struct backend_report *ret,
		struct err *reterr)
{
	int r;

	*ret = (struct backend_report){ .failed = SIZE_MAX };
	if (nfnl->other_port)
		return nfnl_others(nfnl, reterr);
	if (changes->n || nfnl_adopts(nfnl)) {
		(void)nfnl_socket_drain(&nfnl->socket, NULL, NULL);
		if (changes->n > NFNL_LISTEN_STEPS_MAX)
			nfnl_deafen(nfnl);
		r = nfnl_commit_parts(nfnl, changes, ret, reterr);
		if (r < 0)
			return r;
	}
	invalidated_done(&nfnl->asked);
	nfnl_listen(nfnl);
	return 0;
}

int nfnl_adopt(struct nfnl *nfnl, bool *ret_adopted, struct err *reterr)
{
	struct skeleton skeleton = { .table_name = nfnl->table_name };
	struct backend_report report;
	struct snapshot snapshot;
	struct changes changes;
	bool all = true;
	int family, r;

	*ret_adopted = false;
	/* Without declarations no element is read. */
	r = nfnl_read(nfnl, NULL, 0, true, &snapshot, reterr);
	if (r < 0)
		return r;
	for (family = 0; family < _FAMILY_MAX; family++)
		all = all && (snapshot.table[family] == SNAPSHOT_TABLE_ABSENT || nfnl->tables.adopt[family]);
	snapshot_done(&snapshot);
	if (!nfnl_adopts(nfnl))
		return 0;
	change_init(&changes, &skeleton);
	r = nfnl_commit(nfnl, &changes, &report, reterr);
	change_done(&changes);
	nfnl_know_nothing(nfnl);
	*ret_adopted = !r && all;
	return r;
}

int nfnl_remove(struct nfnl *nfnl, bool *ret_removed, struct err *reterr)
{
	struct skeleton skeleton = { .table_name = nfnl->table_name };
	struct backend_report report;
	struct snapshot snapshot;
	struct changes changes;
	int family, r, tries;

	*ret_removed = false;
	for (tries = 0; tries < NFNL_RESTARTS_MAX; tries++) {
		/* No set is declared, so that a table is either absent or foreign, and its elements are not
		 * read. */
		r = nfnl_read(nfnl, NULL, 0, true, &snapshot, reterr);
		if (r < 0)
			return r;
		change_init(&changes, &skeleton);
		for (family = 0; family < _FAMILY_MAX; family++)
			if (snapshot.table[family] != SNAPSHOT_TABLE_ABSENT)
				change_add_table(&changes, CHANGE_OP_TABLE_DEL, family);
		*ret_removed = changes.n > 0;
		snapshot_done(&snapshot);
		r = nfnl_commit(nfnl, &changes, &report, reterr);
		change_done(&changes);
		if (r != -ESTALE)
			return r;
	}
	return r;
}

void nfnl_fingerprint_chain(struct nfnl *nfnl, const struct set_decl *sets, const struct chain *chain,
			    struct buf *text)
{
	size_t i;

	if (chain->hook != RULE_HOOK_NONE)
		buf_printf(text, "nat hook %s priority %d policy accept", rule_hook_name(chain->hook),
			   chain->priority);
	buf_printf(text, "\n");
	for (i = 0; i < chain->n_rules; i++) {
		struct nftnl_rule *rule = nfnl_rule_new(nfnl->table_name, sets, chain, &chain->rules[i]);

		nfnl_rule_fingerprint(rule, text);
		nftnl_rule_free(rule);
	}
}
