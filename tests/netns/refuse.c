/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A kernel that refuses set elements, for the daemon that this is preloaded into (LD_PRELOAD).
 *
 * While the file $REFUSE_FILE exists, elements in batches to nf_tables are spoilt before they are sent. The file says which,
 * and which error the daemon sees:
 *
 *   ERROR             all elements
 *   ERROR ADDRESS...  those that contain one of these addresses, in the key or the data
 *
 * When the file $MEANWHILE_FILE exists, the next batch is sent, and then the file is run with sh and deleted, before the daemon goes on: as
 * if another program acted in this moment.
 *
 * While the file $BUSY_FILE exists, each batch that names a generation names a wrong one: as if another program always committed in the
 * moment before. A line is added to the file each time.
 *
 * ERROR is EINVAL, which is the kernel's own answer to a spoilt element; or ENOMEM: then the kernel's answers are changed to
 * that error, for the header of the batch, as newer kernels do it.
 */
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ADDRESSES_MAX 64

struct address {
	size_t size;
	uint8_t bytes[16];
};

static struct address addresses[ADDRESSES_MAX];
static size_t n_addresses;
static bool out_of_memory;
static uint32_t batch_sequence;

/* Read the file. Return: whether it exists. */
static bool refusing(void)
{
	const char *file = getenv("REFUSE_FILE");
	FILE *f = file ? fopen(file, "re") : NULL;
	char word[64];

	n_addresses = 0;
	out_of_memory = false;
	if (!f)
		return false;
	out_of_memory = fscanf(f, "%63s", word) == 1 && strcmp(word, "ENOMEM") == 0;
	while (n_addresses < ADDRESSES_MAX && fscanf(f, "%63s", word) == 1) {
		struct address *address = &addresses[n_addresses];
		bool v6 = strchr(word, ':') != NULL;

		address->size = v6 ? 16 : 4;
		if (inet_pton(v6 ? AF_INET6 : AF_INET, word, address->bytes) == 1)
			n_addresses++;
	}
	(void)fclose(f);
	return true;
}

static bool concerns(const uint8_t *bytes, size_t size)
{
	size_t i;

	for (i = 0; i < n_addresses; i++)
		if (memmem(bytes, size, addresses[i].bytes, addresses[i].size))
			return true;
	return !n_addresses;
}

static struct nlattr *find(uint8_t *at, const uint8_t *end, uint16_t type, const uint8_t **ret_end)
{
	while (at + NLA_HDRLEN <= end) {
		struct nlattr *attr = (struct nlattr *)at;

		if (attr->nla_len < NLA_HDRLEN || at + attr->nla_len > end)
			return NULL;
		if ((attr->nla_type & NLA_TYPE_MASK) == type) {
			*ret_end = at + attr->nla_len;
			return attr;
		}
		at += NLA_ALIGN(attr->nla_len);
	}
	return NULL;
}

/* Elements without a key are invalid. */
static void spoil_elements(struct nlmsghdr *nlh)
{
	const uint8_t *end = (const uint8_t *)nlh + nlh->nlmsg_len, *list_end, *element_end, *key_end;
	uint8_t *at = (uint8_t *)nlh + NLMSG_HDRLEN + NLMSG_ALIGN(sizeof(struct nfgenmsg));
	struct nlattr *attr = find(at, end, NFTA_SET_ELEM_LIST_ELEMENTS, &list_end), *key;

	if (!attr)
		return;
	at = (uint8_t *)attr + NLA_HDRLEN;
	while ((attr = find(at, list_end, NFTA_LIST_ELEM, &element_end))) {
		at = (uint8_t *)attr + NLA_ALIGN(attr->nla_len);
		if (!concerns((uint8_t *)attr + NLA_HDRLEN, attr->nla_len - NLA_HDRLEN))
			continue;
		key = find((uint8_t *)attr + NLA_HDRLEN, element_end, NFTA_SET_ELEM_KEY, &key_end);
		if (key)
			key->nla_type = (uint16_t)(key->nla_type + 64);
	}
}

static void spoil(void *bytes, size_t size)
{
	struct nlmsghdr *nlh = bytes;
	unsigned int left = (unsigned int)size;

	if (!NLMSG_OK(nlh, left) || nlh->nlmsg_type != NFNL_MSG_BATCH_BEGIN || !refusing())
		return;
	batch_sequence = nlh->nlmsg_seq;
	for (; NLMSG_OK(nlh, left); nlh = NLMSG_NEXT(nlh, left))
		if (nlh->nlmsg_type == (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWSETELEM))
			spoil_elements(nlh);
}

static void hurry(void *bytes, size_t size)
{
	struct nlmsghdr *nlh = bytes;
	const char *file = getenv("BUSY_FILE");
	const uint8_t *end = (uint8_t *)bytes + nlh->nlmsg_len, *attr_end;
	struct nlattr *generation;
	FILE *f;

	if (nlh->nlmsg_len > size || !file || access(file, F_OK) != 0)
		return;
	generation = find((uint8_t *)bytes + NLMSG_HDRLEN + NLMSG_ALIGN(sizeof(struct nfgenmsg)), end,
			  NFNL_BATCH_GENID, &attr_end);
	if (!generation)
		return;
	*(uint32_t *)((uint8_t *)generation + NLA_HDRLEN) ^= 0x80;
	f = fopen(file, "ae");
	if (f) {
		(void)fputs("once\n", f);
		(void)fclose(f);
	}
}

static void meanwhile(void)
{
	const char *file = getenv("MEANWHILE_FILE");
	char command[256];

	if (!file || access(file, F_OK) != 0)
		return;
	(void)snprintf(command, sizeof(command), "unset LD_PRELOAD; sh '%s'; rm '%s'", file, file);
	if (system(command) != 0)
		fprintf(stderr, "%s failed\n", file);
}

ssize_t sendto(int fd, const void *bytes, size_t size, int flags, const struct sockaddr *to,
	       socklen_t to_size)
{
	static ssize_t (*next)(int, const void *, size_t, int, const struct sockaddr *, socklen_t);
	bool batch = to && to->sa_family == AF_NETLINK &&
		     ((const struct nlmsghdr *)bytes)->nlmsg_type == NFNL_MSG_BATCH_BEGIN;
	ssize_t n;

	if (!next)
		next = dlsym(RTLD_NEXT, "sendto");
	if (batch) {
		spoil((void *)bytes, size);
		hurry((void *)bytes, size);
	}
	n = next(fd, bytes, size, flags, to, to_size);
	if (batch)
		meanwhile();
	return n;
}

ssize_t recvmsg(int fd, struct msghdr *msg, int flags)
{
	static ssize_t (*next)(int, struct msghdr *, int);
	struct nlmsghdr *nlh;
	unsigned int left;
	ssize_t n;

	if (!next)
		next = dlsym(RTLD_NEXT, "recvmsg");
	n = next(fd, msg, flags);
	if (n <= 0 || !msg->msg_name || ((struct sockaddr *)msg->msg_name)->sa_family != AF_NETLINK ||
	    !out_of_memory)
		return n;
	nlh = msg->msg_iov->iov_base;
	for (left = (unsigned int)n; NLMSG_OK(nlh, left); nlh = NLMSG_NEXT(nlh, left)) {
		struct nlmsgerr *e = NLMSG_DATA(nlh);

		if (nlh->nlmsg_type == NLMSG_ERROR && nlh->nlmsg_seq >= batch_sequence &&
		    e->error == -EINVAL) {
			e->error = -ENOMEM;
			nlh->nlmsg_seq = batch_sequence;
		}
	}
	return n;
}
