/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Committing
 *
 * The kernel handles a batch within sendmsg(): when that returns, every error and the acknowledgement are in
 * the receive queue. So the queue is read until it is empty, without waiting.
 *
 *   ERESTART for the begin message: the ruleset has another generation. If no notification names our tables,
 *     the new generation is asked for and the same batch is sent again; else -ESTALE. Where other processes commit all the time, the
 *     generation may never be the one that was asked for. So after NFNL_COMMIT_RESTARTS_MAX of these errors, the batch is sent without a
 *     generation. Afterwards notifications say whether another process has changed our tables; what they name is read back.
 *   Errors for other messages: one failure rolls the whole batch back. A message holds hundreds of elements;
 *     to find the one at fault, the batch is built again with one element a message. That costs only on a
 *     refusal, and works on every kernel.
 *   No acknowledgement, or ENOBUFS: answers were lost, so our tables are not known: -ESTALE.
 *
 * A new table is filled in parts, and its base chains come with the last part: until then no packet meets the table, so
 * for the traffic all parts are one transaction. Reason: the kernel's hash tables grow from a worker, which waits for the
 * end of a transaction; in one transaction of 100,000 elements half of the time would go into searching a table
 * that is far too small. These parts carry no generation: on a busy node other processes change the ruleset in between,
 * and Services must not wait for them. Whether they did is checked at the end, as after any large commit. If a part fails,
 * the earlier parts stay in the kernel, unreachable for packets, until they are read back.
 *
 * A table that is replaced, because an older version left it, has a gap without more. A packet asks our base chains one after the
 * other, those of the new table first, and each look-up reads the generation anew. If the transaction is committed in between, the
 * new chain had no rules for the packet yet, and the old one has none, or empty maps, any more: the packet goes on as it
 * came, and conntrack keeps that for its retransmissions. So each new base chain gets a late copy, with the next priority. A packet that
 * comes to it has met the old chain before: if that one has missed the packet, the new generation is in force, and the copy
 * has its rules. Packets that are translated already do not meet it. A second transaction deletes the copies.
 *
 * If the kernel lets only us change our tables (nfnl_own()), the generation does not matter, and notifications are not
 * subscribed. Else they are, because only they say whether another commit concerned our tables. While any process is subscribed,
 * the kernel composes a notification for every element, also of our own changes; so we unsubscribe for
 * very large changes. Afterwards the generation shows whether another process has changed the ruleset in between.
 *
 * The setting to do without notifications (backend/nfnl_check.h) leaves out the generation as well: else any commit to any other
 * table would have everything read back. A change of our tables by others can let a transaction fail, because an element
 * to be deleted does not exist or the reverse; the caller then reads everything back.
 */
#include "config.h"
#include "backend/nfnl_commit.h"

#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libmnl/libmnl.h>

#include "backend/nfnl_batch.h"
#include "backend/nfnl_internal.h"
#include "base/alloc.h"
#include "base/monotonic.h"

#define NFNL_COMMIT_RESTARTS_MAX	 3
#define NFNL_COMMIT_SUBSCRIBED_STEPS_MAX 20000 /* 8 KB of kernel memory for the notification of each */
#define NFNL_COMMIT_PART_ELEMENTS	 2000  /* see "in parts" above; a batch of 80 to 150 KB */

#ifndef ERESTART
#define ERESTART 85
#endif

/*
 * One transaction: the changes from @first to before @end.
 * @unseen: number of changes that may be sent ahead: change_n_unseen()
 * @on_any: it is sent without a generation, because others commit all the time
 */
struct nfnl_commit_part {
	size_t first;
	size_t end;
	size_t unseen;
	bool on_any;
};

/* The kernel's answer to one batch. */
struct nfnl_commit_answer {
	const struct nfnl_batch *batch;
	bool acknowledged;
	bool restart;
	int error;	   /* the first one, negative */
	uint32_t sequence; /* of the message that it names */
	size_t n_more;	   /* further messages with the same error */
	uint32_t more[BACKEND_ALSO_FAILED_MAX];
	char text[128]; /* from the kernel, if any */
};

static void nfnl_commit_answer_text(struct nfnl_commit_answer *answer, const struct nlmsghdr *nlh)
{
	size_t skip = sizeof(struct nlmsgerr);
	const struct nlattr *attr;

	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	/* With NETLINK_CAP_ACK the message that failed is not repeated. */
	mnl_attr_for_each(attr, nlh, skip)
	{
		if (mnl_attr_get_type(attr) == NLMSGERR_ATTR_MSG &&
		    mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) >= 0)
			(void)snprintf(answer->text, sizeof(answer->text), " (%s)", mnl_attr_get_str(attr));
	}
}

static int nfnl_commit_reply(void *ctx, const struct nlmsghdr *nlh)
{
	struct nfnl_commit_answer *answer = ctx;
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
		nfnl_commit_answer_text(answer, nlh);
	} else if (e->error == answer->error && answer->n_more < BACKEND_ALSO_FAILED_MAX) {
		answer->more[answer->n_more++] = nlh->nlmsg_seq;
	}
	return 0;
}

static int nfnl_commit_refused(const struct changes *changes, const struct nfnl_commit_answer *answer,
			       struct backend_report *report, struct err *reterr)
{
	char owner[SERVICE_NAME_TEXT_SIZE];
	struct buf what = BUF_INIT;
	const struct change *change;
	size_t i, also;

	report->n_also_failed = 0;
	if (answer->error == -EPERM)
		return err_set(reterr, -EPERM,
			       "the kernel refused the transaction: CAP_NET_ADMIN is missing, or the "
			       "table belongs to another process");
	report->failed = nfnl_batch_change(answer->batch, answer->sequence);
	if (report->failed == SIZE_MAX)
		return err_set(reterr, answer->error, "the kernel refused the transaction: %s%s",
			       strerror(-answer->error), answer->text);
	for (i = 0; i < answer->n_more; i++) {
		also = nfnl_batch_change(answer->batch, answer->more[i]);
		if (also != SIZE_MAX)
			report->also_failed[report->n_also_failed++] = also;
	}
	change = &changes->list[report->failed];
	change_describe(changes, change, &what);
	err_set(reterr, answer->error, "the kernel refused %s%s%s: %s%s", buf_text(&what),
		service_name_is_set(change->owner) ? " of Service " : "",
		service_name_print(change->owner, owner), strerror(-answer->error), answer->text);
	buf_done(&what);
	return answer->error;
}

static int nfnl_commit_stale(const struct nfnl *nfnl, struct err *reterr)
{
	return err_set(reterr, -ESTALE, "our tables were changed by %s",
		       *nfnl->knowledge.changed_by ? nfnl->knowledge.changed_by : "another process");
}

static int nfnl_commit_restart(struct nfnl *nfnl, struct err *reterr)
{
	int r = nfnl_socket_generation(&nfnl->socket, &nfnl->generation, reterr);

	if (r < 0)
		return r;
	/* Notifications of that generation may still be in the queue. */
	nfnl_monitor_drain(&nfnl->monitor);
	if (!nfnl->monitor.subscribed)
		knowledge_lose(&nfnl->knowledge, NULL);
	return knowledge_may_commit(&nfnl->knowledge) ? 0 : nfnl_commit_stale(nfnl, reterr);
}

/* Whether another process has changed the ruleset since our last transaction or reading. */
static bool nfnl_commit_overtaken(struct nfnl *nfnl)
{
	uint32_t generation = 0;

	return nfnl_socket_generation(&nfnl->socket, &generation, NULL) < 0 || generation != nfnl->generation;
}

/*
 * Whether another process may be the cause of @error, because the batch carried no generation: it may have changed our tables
 * after they were read, or since the last part.
 */
static bool nfnl_commit_doubts(const struct nfnl *nfnl, const struct nfnl_commit_part *part, int error)
{
	if (nfnl->check.enabled && (error == -ENOENT || error == -EEXIST))
		return true;
	return part->first && part->unseen && !nfnl->exclusive;
}

static int nfnl_commit_send(struct nfnl *nfnl, const struct changes *changes,
			    const struct nfnl_commit_part *part, bool one_by_one,
			    struct backend_report *report, struct err *reterr)
{
	struct nfnl_batch_tables tables = nfnl->tables;
	struct nfnl_batch batch;
	struct nfnl_commit_answer answer = { .batch = &batch };
	uint64_t start;
	int r;

	/* Until the last part comes, packets meet the tables that are replaced. */
	if (part->end < changes->n)
		nfnl_batch_replace_nothing(&tables);
	nfnl_batch_build(&nfnl->socket, changes, part->first, part->end, &tables,
			 part->unseen || part->on_any || nfnl->exclusive || nfnl->check.enabled
				 ? NULL
				 : &nfnl->generation,
			 one_by_one, &batch);
	report->bytes += batch.bytes.size;
	start = monotonic_us();
	r = nfnl_socket_send_batch(&nfnl->socket, &batch.bytes, reterr);
	report->kernel_us += monotonic_us() - start;
	if (!r) {
		r = nfnl_socket_drain(&nfnl->socket, nfnl_commit_reply, &answer);
		nfnl_monitor_drain(&nfnl->monitor);
		if (answer.restart) {
			r = -ERESTART;
		} else if (answer.error &&
			   (!knowledge_may_commit(&nfnl->knowledge) ||
			    (nfnl_commit_doubts(nfnl, part, answer.error) && nfnl_commit_overtaken(nfnl)))) {
			/* Or notifications of our generation came after we had asked for it. */
			r = nfnl_commit_stale(nfnl, reterr);
		} else if (answer.error) {
			r = nfnl_commit_refused(changes, &answer, report, reterr);
		} else if (r < 0 || !answer.acknowledged) {
			knowledge_lose(&nfnl->knowledge, NULL);
			r = err_set(reterr, -ESTALE, "the kernel's answer to the transaction was lost");
		}
	}
	nfnl_batch_done(&batch);
	return r;
}

/*
 * The generation is asked for first: commits to other tables until now are known to be of no concern then. A
 * notification that the kernel sends after this is lost. But then the kernel refuses the batch, and a refusal without a
 * subscription is -ESTALE.
 */
static int nfnl_commit_unsubscribe(struct nfnl *nfnl, struct err *reterr)
{
	int r = nfnl_socket_generation(&nfnl->socket, &nfnl->generation, reterr);

	if (!r)
		nfnl_monitor_unsubscribe(&nfnl->monitor);
	return r;
}

/* Notifications before this are lost. If the generation is another one, our tables are unknown. */
static void nfnl_commit_subscribe(struct nfnl *nfnl)
{
	nfnl->exclusive = nfnl->own;
	if (nfnl->exclusive)
		nfnl_monitor_unsubscribe(&nfnl->monitor);
	else if (!nfnl->monitor.subscribed && nfnl_monitor_subscribe(&nfnl->monitor) &&
		 nfnl_commit_overtaken(nfnl))
		knowledge_lose(&nfnl->knowledge, NULL);
}

void nfnl_commit_advance(struct nfnl *nfnl)
{
	/* Zero is skipped. */
	if (!++nfnl->generation)
		nfnl->generation++;
	if (!++nfnl->check.generation)
		nfnl->check.generation++;
}

bool nfnl_commit_adopts(const struct nfnl *nfnl)
{
	uint8_t family;

	for (family = 0; family < _FAMILY_MAX; family++)
		if (nfnl->tables.adopt[family])
			return true;
	return false;
}

static int nfnl_commit_not_owner(const struct nfnl *nfnl, struct err *reterr)
{
	return err_set(
		reterr, -EBUSY,
		"table %s belongs to another process, which alone can change it: netlink port %u, which is mostly "
		"its process ID",
		nfnl->table_name, nfnl->other_port);
}

/* After a transaction without a generation: ask for the one of now, and take in all notifications until then. */
static void nfnl_commit_catch_up(struct nfnl *nfnl)
{
	if (nfnl_socket_generation(&nfnl->socket, &nfnl->generation, NULL) < 0)
		knowledge_lose(&nfnl->knowledge, NULL);
	nfnl_monitor_drain(&nfnl->monitor);
}

static int nfnl_commit_transact(struct nfnl *nfnl, const struct changes *changes,
				struct nfnl_commit_part *part, struct backend_report *report,
				struct err *reterr)
{
	bool one_by_one = false;
	int restarts = 0, r;

	while (knowledge_may_commit(&nfnl->knowledge)) {
		part->on_any = restarts >= NFNL_COMMIT_RESTARTS_MAX;
		r = nfnl_commit_send(nfnl, changes, part, one_by_one, report, reterr);
		if (r == -ERESTART && !part->on_any) {
			restarts++;
			r = nfnl_commit_restart(nfnl, reterr);
			if (r < 0)
				return r;
			continue;
		}
		if (!r) {
			nfnl_commit_advance(nfnl);
			if (part->on_any)
				nfnl_commit_catch_up(nfnl);
			memset(nfnl->tables.adopt, 0, sizeof(nfnl->tables.adopt));
			return 0;
		}
		if (r == -ESTALE || r == -EMSGSIZE || r == -EPERM || one_by_one)
			return r;
		/* One element in a message of many: find out which. */
		one_by_one = true;
	}
	return nfnl_commit_stale(nfnl, reterr);
}

/* The first part has all chains, because they refer to each other, and the first elements. */
static void nfnl_commit_measure(struct nfnl_commit_part *part, const struct changes *changes)
{
	part->end = part->first;
	while (part->end < part->unseen && changes->list[part->end].op != CHANGE_OP_ELEMENT_ADD)
		part->end++;
	if (part->end < part->unseen && part->unseen - part->end > NFNL_COMMIT_PART_ELEMENTS)
		part->end += NFNL_COMMIT_PART_ELEMENTS;
	else
		part->end = changes->n;
}

static int nfnl_commit_parts(struct nfnl *nfnl, const struct changes *changes, struct backend_report *report,
			     struct err *reterr)
{
	struct nfnl_commit_part part = { .unseen = change_n_unseen(changes) };
	int r;

	do {
		nfnl_commit_measure(&part, changes);
		r = nfnl_commit_transact(nfnl, changes, &part, report, reterr);
		if (r < 0 && part.first)
			knowledge_lose(&nfnl->knowledge, NULL);
		if (r < 0)
			return r;
		part.first = part.end;
	} while (part.first < changes->n);
	return 0;
}

/* A copy that cannot be deleted now is found when everything is read back. */
static void nfnl_commit_delete_late_chains(struct nfnl *nfnl, const struct changes *changes)
{
	struct nfnl_commit_part part = { .first = 0 };
	struct backend_report report = { .failed = SIZE_MAX };
	struct chain *late = NULL, one;
	struct changes deletions;
	size_t i, n = 0;

	for (i = 0; i < changes->n; i++)
		if (nfnl_batch_late_chain(changes, &nfnl->tables, &changes->list[i], &one))
			*ALLOC_APPEND(late, n) = one;
	/* That is done. */
	nfnl_batch_replace_nothing(&nfnl->tables);
	if (!n)
		return;
	change_init(&deletions, changes->skeleton);
	for (i = 0; i < n; i++)
		change_add_chain(&deletions, CHANGE_OP_CHAIN_DEL, SERVICE_NAME_NONE, &late[i]);
	part.end = deletions.n;
	if (nfnl_commit_transact(nfnl, &deletions, &part, &report, NULL) < 0)
		knowledge_lose(&nfnl->knowledge, NULL);
	change_done(&deletions);
	free(late);
}

int nfnl_commit(struct nfnl *nfnl, const struct changes *changes, struct backend_report *ret,
		struct err *reterr)
{
	int r;

	*ret = (struct backend_report){ .failed = SIZE_MAX };
	if (nfnl->other_port)
		return nfnl_commit_not_owner(nfnl, reterr);
	if (changes->n || nfnl_commit_adopts(nfnl)) {
		nfnl_monitor_drain(&nfnl->monitor);
		r = 0;
		if (nfnl->monitor.subscribed && changes->n > NFNL_COMMIT_SUBSCRIBED_STEPS_MAX)
			r = nfnl_commit_unsubscribe(nfnl, reterr);
		if (!r)
			r = nfnl_commit_parts(nfnl, changes, ret, reterr);
		if (r == -ESTALE)
			knowledge_fail(&nfnl->knowledge);
		if (r < 0)
			return r;
		nfnl_commit_delete_late_chains(nfnl, changes);
	}
	if (nfnl->check.enabled)
		nfnl_check_commit(nfnl, changes);
	else
		nfnl_commit_subscribe(nfnl);
	knowledge_commit(&nfnl->knowledge);
	if (nfnl->committed)
		nfnl->committed(nfnl->committed_ctx, changes);
	return 0;
}

void nfnl_commit_listen(struct nfnl *nfnl, nfnl_committed *committed, void *ctx)
{
	nfnl->committed = committed;
	nfnl->committed_ctx = ctx;
}
