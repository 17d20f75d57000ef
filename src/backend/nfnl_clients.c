/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "backend/nfnl_clients.h"

#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>
#include <string.h>

#include <libmnl/libmnl.h>

#include "backend/nfnl_element.h"
#include "backend/nfnl_internal.h"
#include "backend/nfnl_request.h"

/* One dump of a client map, part by part. */
struct nfnl_clients_part {
	const struct client_map *map;
	size_t part;
	struct buf *clients; /* struct client */
};

static int nfnl_clients_reply(void *ctx, const struct nlmsghdr *nlh)
{
	struct nfnl_clients_part *read = ctx;
	const struct nlattr *attr, *entry;
	struct client client;

	mnl_attr_for_each(attr, nlh, sizeof(struct nfgenmsg))
	{
		if (mnl_attr_get_type(attr) != NFTA_SET_ELEM_LIST_ELEMENTS)
			continue;
		mnl_attr_for_each_nested(entry, attr)
		{
			if (nfnl_element_parse_client(entry, read->map->table, read->part, &client))
				buf_add(read->clients, &client, sizeof(client));
		}
	}
	return 0;
}

static int nfnl_clients_cmp(const void *a, const void *b)
{
	const struct client *x = a, *y = b;

	return addr_cmp(&x->client, &y->client);
}

/* Join the parts of each client. */
static size_t nfnl_clients_join(struct client *clients, size_t n)
{
	size_t kept = 0, i;

	if (n > 1)
		qsort(clients, n, sizeof(*clients), nfnl_clients_cmp);
	for (i = 0; i < n; i++) {
		struct client *last = kept ? &clients[kept - 1] : NULL;

		if (!last || !addr_equal(&last->client, &clients[i].client)) {
			clients[kept++] = clients[i];
			continue;
		}
		if (clients[i].has_addr) {
			last->has_addr = true;
			last->addr = clients[i].addr;
		}
		if (clients[i].has_port) {
			last->has_port = true;
			last->port = clients[i].port;
		}
	}
	return kept;
}

int nfnl_clients_read(struct nfnl *nfnl, const struct client_map *map, struct client **ret, size_t *ret_n,
		      struct err *reterr)
{
	struct buf clients = BUF_INIT;
	struct nfnl_clients_part read = { .map = map, .clients = &clients };
	char name[CLIENT_MAP_PART_NAME_SIZE];
	int r = 0;

	for (; !r && read.part < client_map_n_parts(map->table); read.part++)
		r = nfnl_request_content(nfnl, map->table, NFT_MSG_GETSETELEM,
					 client_map_part_name(map->table, map->name, read.part, name),
					 nfnl_clients_reply, &read);
	if (r < 0) {
		buf_done(&clients);
		return err_set(reterr, r, "cannot read map %s: %s", map->name, strerror(-r));
	}
	*ret = (struct client *)clients.data;
	*ret_n = nfnl_clients_join(*ret, clients.size / sizeof(**ret));
	return 0;
}
