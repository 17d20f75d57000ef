/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "kubeapi/transfer.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include <curl/curl.h>

#include "base/alloc.h"
#include "base/buf.h"

/*
 * Together 21 s, and twice that in the worst case: data that is sent just before keepalive gives up (over HTTP/2
 * another request, for example) ends the probing, and then has the same time again. Each of the kernel's timers of
 * this length may be half a second late.
 */
#define TRANSFER_KEEP_IDLE_S	 9
#define TRANSFER_KEEP_INTERVAL_S 4
#define TRANSFER_KEEP_COUNT	 3
#define TRANSFER_RETRY_MAX_S	 86400
/*
 * Over HTTP/2, libcurl reads up to 100 buffers before it returns to the loop, and what is read is decoded at once: 1 MB of JSON takes
 * about 16 ms. A compressed list has more than ten times as many bytes when it is not compressed.
 */
#define TRANSFER_BUFFER_SIZE		8192
#define TRANSFER_BUFFER_SIZE_COMPRESSED 1024

/*
 * DOC: connections that are no longer trusted
 *
 * Over HTTP/2 a closed request leaves its connection open, and the next request would use the same one. libcurl
 * cannot drop a connection that other requests still use; but connections belong to a multi handle. So a pool has
 * one set of connections for new requests, and older sets, each of which is freed after its last request.
 */

/**
 * struct transfer_set - A multi handle: requests, and the connections that they may share
 * @next:	older ones
 */
struct transfer_set {
	struct transfer_pool *pool;
	struct transfer_set *next;
	CURLM *multi;
	int64_t deadline_ms;
	size_t n_transfers;
};

/** struct transfer_pool - @sets: never empty, the first is for new requests */
struct transfer_pool {
	const struct kubeapi_loop *loop;
	struct transfer_set *sets;
};

struct transfer {
	struct transfer_set *set;
	struct transfer_handler handler;
	CURL *easy;
	struct curl_slist *headers;
	struct curl_slist *connect_to;
	bool answered;
	char location[sizeof(((struct transfer_response *)NULL)->location)];
	char error[CURL_ERROR_SIZE];
};

/* For calls of libcurl that fail only without memory, or if its build lacks an option. */
static void transfer_must(CURLcode code)
{
	if (code == CURLE_OUT_OF_MEMORY)
		alloc_failed();
	assert(code == CURLE_OK);
}

static int transfer_on_socket(CURL *easy, curl_socket_t fd, int what, void *ctx, void *fd_ctx)
{
	struct transfer_set *set = ctx;
	const struct kubeapi_loop *loop = set->pool->loop;

	(void)easy;
	(void)fd_ctx;
	switch (what) {
	case CURL_POLL_IN:
		loop->watch_fd(loop->ctx, fd, KUBEAPI_EVENT_READ);
		break;
	case CURL_POLL_OUT:
		loop->watch_fd(loop->ctx, fd, KUBEAPI_EVENT_WRITE);
		break;
	case CURL_POLL_INOUT:
		loop->watch_fd(loop->ctx, fd, KUBEAPI_EVENT_READ | KUBEAPI_EVENT_WRITE);
		break;
	case CURL_POLL_REMOVE:
		loop->unwatch_fd(loop->ctx, fd);
		break;
	}
	return 0;
}

static int transfer_on_timer(CURLM *multi, long timeout_ms, void *ctx)
{
	struct transfer_set *set = ctx;
	const struct kubeapi_loop *loop = set->pool->loop;

	(void)multi;
	/* One millisecond later, against rounding: if called too early, libcurl does nothing and sets no new timer. */
	if (timeout_ms < 0)
		set->deadline_ms = -1;
	else
		set->deadline_ms = loop->now_ms(loop->ctx) + timeout_ms + (timeout_ms > 0);
	return 0;
}

static void transfer_push_set(struct transfer_pool *pool)
{
	struct transfer_set *set = alloc_zeroed(1, sizeof(*set));

	set->multi = curl_multi_init();
	if (!set->multi)
		alloc_failed();
	set->pool = pool;
	set->deadline_ms = -1;
	(void)curl_multi_setopt(set->multi, CURLMOPT_SOCKETFUNCTION, transfer_on_socket);
	(void)curl_multi_setopt(set->multi, CURLMOPT_SOCKETDATA, set);
	(void)curl_multi_setopt(set->multi, CURLMOPT_TIMERFUNCTION, transfer_on_timer);
	(void)curl_multi_setopt(set->multi, CURLMOPT_TIMERDATA, set);
	set->next = pool->sets;
	pool->sets = set;
}

static void transfer_free_set(struct transfer_set *set)
{
	(void)curl_multi_cleanup(set->multi);
	free(set);
}

/* An older set is freed with its last transfer. */
static void transfer_leave_set(struct transfer_set *set)
{
	struct transfer_set **p = &set->pool->sets;

	if (--set->n_transfers > 0 || *p == set)
		return;
	while (*p != set)
		p = &(*p)->next;
	*p = set->next;
	transfer_free_set(set);
}

int transfer_pool_new(const struct kubeapi_loop *loop, struct transfer_pool **ret, struct err *reterr)
{
	struct transfer_pool *pool;

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return err_set(reterr, -ENOSYS, "libcurl cannot be initialised");
	pool = alloc_zeroed(1, sizeof(*pool));
	pool->loop = loop;
	transfer_push_set(pool);
	*ret = pool;
	return 0;
}

struct transfer_pool *transfer_pool_free(struct transfer_pool *pool)
{
	struct transfer_set *set, *next;

	if (!pool)
		return NULL;
	for (set = pool->sets; set; set = next) {
		next = set->next;
		transfer_free_set(set);
	}
	curl_global_cleanup();
	free(pool);
	return NULL;
}

int64_t transfer_pool_deadline(const struct transfer_pool *pool)
{
	const struct transfer_set *set;
	int64_t deadline_ms = -1;

	for (set = pool->sets; set; set = set->next)
		if (set->deadline_ms >= 0 && (deadline_ms < 0 || set->deadline_ms < deadline_ms))
			deadline_ms = set->deadline_ms;
	return deadline_ms;
}

static int transfer_errno(CURLcode code)
{
	switch (code) {
	case CURLE_WRITE_ERROR:
		return -ECANCELED;
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_ISSUER_ERROR:
		return -EKEYREJECTED;
	case CURLE_COULDNT_CONNECT:
		return -ECONNREFUSED;
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
		return -EHOSTUNREACH;
	case CURLE_OPERATION_TIMEDOUT:
		return -ETIMEDOUT;
	case CURLE_OUT_OF_MEMORY:
		return -EMSGSIZE;
	default: /* libcurl's enumeration, which grows */
		return -ECONNRESET;
	}
}

/* libcurl quotes a proxy's URL that it cannot parse, with the password. Use its general text then. */
static const char *transfer_error_text(const struct transfer *transfer, CURLcode code)
{
	static const char quoting[] = "Unsupported proxy";

	/* libcurl calls it so whenever one of its buffers has reached its limit, which a server can cause. */
	if (code == CURLE_OUT_OF_MEMORY)
		return "a header of the answer, or the request, is larger than libcurl takes";
	if (!*transfer->error || strchr(transfer->error, '@') ||
	    strncmp(transfer->error, quoting, strlen(quoting)) == 0)
		return curl_easy_strerror(code);
	return transfer->error;
}

static void transfer_ended(CURL *easy, CURLcode code)
{
	struct transfer *transfer = NULL;
	struct err err = { 0 };

	if (curl_easy_getinfo(easy, CURLINFO_PRIVATE, &transfer) != CURLE_OK || !transfer)
		return;
	if (code != CURLE_OK)
		(void)err_set(&err, transfer_errno(code), "%s", transfer_error_text(transfer, code));
	else if (!transfer->answered)
		(void)err_set(&err, -EPROTO, "the answer has no status line");
	transfer->handler.end(transfer->handler.ctx, &err);
}

static void transfer_collect(struct transfer_set *set)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(set->multi, &left)))
		if (message->msg == CURLMSG_DONE)
			transfer_ended(message->easy_handle, message->data.result);
}

void transfer_pool_dispatch_fd(struct transfer_pool *pool, int fd, unsigned int events)
{
	struct transfer_set *set;
	int mask = 0, running;

	if (events & KUBEAPI_EVENT_READ)
		mask |= CURL_CSELECT_IN;
	if (events & KUBEAPI_EVENT_WRITE)
		mask |= CURL_CSELECT_OUT;
	if (events & KUBEAPI_EVENT_ERROR)
		mask |= CURL_CSELECT_ERR;
	/* libcurl ignores a descriptor that the set does not have. */
	for (set = pool->sets; set; set = set->next) {
		(void)curl_multi_socket_action(set->multi, fd, mask, &running);
		transfer_collect(set);
	}
}

void transfer_pool_dispatch_timer(struct transfer_pool *pool)
{
	struct transfer_set *set;
	int running;

	for (set = pool->sets; set; set = set->next) {
		if (set->deadline_ms < 0 || pool->loop->now_ms(pool->loop->ctx) < set->deadline_ms)
			continue;
		set->deadline_ms = -1;
		(void)curl_multi_socket_action(set->multi, CURL_SOCKET_TIMEOUT, 0, &running);
		transfer_collect(set);
	}
}

static void transfer_describe(struct transfer *transfer, long http_code, struct transfer_response *ret)
{
	curl_off_t retry_after = 0;
	char *type = NULL;
	size_t i;

	*ret = (struct transfer_response){ .http_code = (int)http_code };
	if (http_code >= 300 && http_code < 400)
		memcpy(ret->location, transfer->location, sizeof(ret->location));
	if (curl_easy_getinfo(transfer->easy, CURLINFO_RETRY_AFTER, &retry_after) == CURLE_OK &&
	    retry_after > 0)
		ret->retry_after_s =
			retry_after < TRANSFER_RETRY_MAX_S ? (unsigned int)retry_after : TRANSFER_RETRY_MAX_S;
	if (curl_easy_getinfo(transfer->easy, CURLINFO_CONTENT_TYPE, &type) != CURLE_OK || !type)
		return;
	for (i = 0; i < sizeof(ret->content_type) - 1 && type[i] && !strchr("; \t", type[i]); i++)
		ret->content_type[i] = (char)tolower((unsigned char)type[i]);
}

/* libcurl says where a redirect leads only after the end of the body. */
static void transfer_note_location(struct transfer *transfer, const char *line, size_t size)
{
	static const char name[] = "location:";
	size_t i, n = 0;

	if (size < strlen(name) || strncasecmp(line, name, strlen(name)) != 0)
		return;
	/* A query may have secrets. */
	for (i = strlen(name); i < size && line[i] != '?' && n < sizeof(transfer->location) - 1; i++)
		if (line[i] > ' ' && line[i] <= '~')
			transfer->location[n++] = line[i];
	transfer->location[memchr(line, '@', size) ? 0 : n] = '\0';
}

/* Called for each header line; the empty line is the last. */
static size_t transfer_on_header(char *line, size_t size, size_t n, void *ctx)
{
	struct transfer_response response;
	struct transfer *transfer = ctx;
	long http_code = 0;

	size *= n;
	if (!transfer->answered)
		transfer_note_location(transfer, line, size);
	if (transfer->answered || size == 0 || size > 2 || line[size - 1] != '\n')
		return size;
	(void)curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &http_code);
	if (http_code < 200)
		return size;
	transfer->answered = true;
	transfer_describe(transfer, http_code, &response);
	transfer->handler.response(transfer->handler.ctx, &response);
	return size;
}

static size_t transfer_on_data(char *bytes, size_t size, size_t n, void *ctx)
{
	struct transfer *transfer = ctx;

	if (!transfer->answered)
		return 0;
	return transfer->handler.data(transfer->handler.ctx, bytes, size * n) < 0 ? 0 : size * n;
}

/* Keepalive detects a dead peer while we wait, the user timeout while we send. */
static int transfer_on_connection(void *ctx, curl_socket_t fd, curlsocktype purpose)
{
	const unsigned int dead_ms =
		1000 * (TRANSFER_KEEP_IDLE_S + TRANSFER_KEEP_COUNT * TRANSFER_KEEP_INTERVAL_S);
	const int count = TRANSFER_KEEP_COUNT;

	_Static_assert(2 * (TRANSFER_KEEP_IDLE_S + TRANSFER_KEEP_COUNT * TRANSFER_KEEP_INTERVAL_S) + 3 <=
			       TRANSFER_DEAD_S,
		       "too late");
	(void)ctx;
	(void)purpose;
	(void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof(count));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &dead_ms, sizeof(dead_ms));
	return CURL_SOCKOPT_OK;
}

static void transfer_set_connection(struct transfer *transfer)
{
	CURL *easy = transfer->easy;

	transfer_must(curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer));
	transfer_must(curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->error));
	transfer_must(curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L));
	/*
	 * libcurl looks names up in a thread. Without this, closing a request waits for the thread, minutes if no DNS
	 * server answers; with it, the thread ends on its own.
	 */
	transfer_must(curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L));
	transfer_must(curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https"));
	transfer_must(curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L));
	transfer_must(curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS));
	transfer_must(curl_easy_setopt(easy, CURLOPT_USERAGENT, PACKAGE_NAME "/" PACKAGE_VERSION));
	transfer_must(curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)TRANSFER_CONNECT_MS));
	transfer_must(curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, (long)TRANSFER_BUFFER_SIZE));
	transfer_must(curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L));
	transfer_must(curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L));
	transfer_must(curl_easy_setopt(easy, CURLOPT_TCP_KEEPIDLE, (long)TRANSFER_KEEP_IDLE_S));
	transfer_must(curl_easy_setopt(easy, CURLOPT_TCP_KEEPINTVL, (long)TRANSFER_KEEP_INTERVAL_S));
	transfer_must(curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, transfer_on_connection));
	transfer_must(curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, transfer_on_header));
	transfer_must(curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer));
	transfer_must(curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, transfer_on_data));
	transfer_must(curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer));
}

static void transfer_set_blob(CURL *easy, CURLoption option, const struct secret_bytes *bytes)
{
	struct curl_blob copy = { .data = bytes->data, .len = bytes->size, .flags = CURL_BLOB_COPY };

	if (bytes->data)
		transfer_must(curl_easy_setopt(easy, option, &copy));
}

static void transfer_add_header(struct curl_slist **list, const char *line)
{
	struct curl_slist *longer = curl_slist_append(*list, line);

	if (!longer)
		alloc_failed();
	*list = longer;
}

static void transfer_free_headers(struct curl_slist *list)
{
	struct curl_slist *entry;

	for (entry = list; entry; entry = entry->next)
		explicit_bzero(entry->data, strlen(entry->data));
	curl_slist_free_all(list);
}

/*
 * On a connection of its own, with HTTP/1.1 so that no other request shares it. On the connection of the watches it
 * would delay keepalive: while sent data is unacknowledged, no probe is sent, and the time starts again.
 */
static void transfer_set_body(struct transfer *transfer, const struct transfer_request *request)
{
	CURL *easy = transfer->easy;
	struct buf line = BUF_INIT;

	buf_printf(&line, "Content-Type: %s", request->content_type);
	transfer_add_header(&transfer->headers, line.data);
	buf_done(&line);
	/* Our bodies are small: do not wait for "100 Continue". */
	transfer_add_header(&transfer->headers, "Expect:");
	transfer_must(curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1));
	transfer_must(curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L));
	transfer_must(curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L));
	transfer_must(curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, (long)request->body_size));
	transfer_must(curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, request->body));
	transfer_must(curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method));
}

static void transfer_set_request(struct transfer *transfer, const struct transfer_request *request)
{
	struct buf line = BUF_INIT;

	buf_printf(&line, "Accept: %s", request->accept);
	transfer_add_header(&transfer->headers, line.data);
	buf_done(&line);
	if (request->compressed) {
		transfer_must(curl_easy_setopt(transfer->easy, CURLOPT_ACCEPT_ENCODING, "gzip"));
		transfer_must(curl_easy_setopt(transfer->easy, CURLOPT_BUFFERSIZE,
					       (long)TRANSFER_BUFFER_SIZE_COMPRESSED));
	}
	if (request->timeout_ms)
		transfer_must(curl_easy_setopt(transfer->easy, CURLOPT_TIMEOUT_MS, request->timeout_ms));
	if (request->method)
		transfer_set_body(transfer, request);
}

/* @url: NULL: none. libcurl does not look into the environment, whose rules it has in its own way. */
static void transfer_set_proxy(CURL *easy, const char *url)
{
	static const char socks[] = "socks5://";
	struct buf text = BUF_INIT;

	/* As with kubectl, the proxy resolves the server's name; libcurl has another scheme for that. */
	if (url && strncasecmp(url, socks, strlen(socks)) == 0)
		buf_printf(&text, "socks5h://%s", url + strlen(socks));
	else if (url)
		buf_printf(&text, "%s", url);
	transfer_must(curl_easy_setopt(easy, CURLOPT_PROXY, buf_text(&text)));
	transfer_must(curl_easy_setopt(easy, CURLOPT_NOPROXY, ""));
	explicit_bzero(text.data, text.size); /* it may contain a password */
	buf_done(&text);
}

static void transfer_set_identity(struct transfer *transfer, const struct credentials *credentials)
{
	CURL *easy = transfer->easy;
	struct buf line = BUF_INIT;

	if (credentials->token) {
		buf_printf(&line, "Authorization: Bearer %s", credentials->token);
		transfer_add_header(&transfer->headers, line.data);
		explicit_bzero(line.data, line.size);
	} else if (credentials->username || credentials->password) {
		transfer_must(curl_easy_setopt(easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC));
		transfer_must(curl_easy_setopt(easy, CURLOPT_USERNAME,
					       credentials->username ? credentials->username : ""));
		transfer_must(curl_easy_setopt(easy, CURLOPT_PASSWORD,
					       credentials->password ? credentials->password : ""));
	}
	buf_done(&line);
	transfer_must(curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2));
	transfer_must(curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, credentials->insecure ? 0L : 1L));
	transfer_must(curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, credentials->insecure ? 0L : 2L));
	transfer_set_blob(easy, CURLOPT_CAINFO_BLOB, &credentials->ca);
	/* Else libcurl's default directory of root certificates would be trusted as well. */
	if (credentials->ca.data)
		transfer_must(curl_easy_setopt(easy, CURLOPT_CAPATH, NULL));
	/* Without a passphrase, libcurl reads a NULL one when OpenSSL asks for it. */
	transfer_must(curl_easy_setopt(easy, CURLOPT_KEYPASSWD, ""));
	transfer_set_blob(easy, CURLOPT_SSLCERT_BLOB, &credentials->certificate);
	transfer_set_blob(easy, CURLOPT_SSLKEY_BLOB, &credentials->key);
	transfer_set_proxy(easy, credentials->proxy_url ? credentials->proxy_url : credentials->env_proxy);
}

/*
 * tls-server-name: libcurl sends and verifies the URL's host, so the name replaces the host in the URL, and
 * CURLOPT_CONNECT_TO names the real one.
 */
static int transfer_redirect(struct transfer *transfer, CURLU *url, const char *name, struct err *reterr)
{
	char *host = NULL, *port = NULL;
	struct buf text = BUF_INIT;
	int r = 0;

	if (curl_url_get(url, CURLUPART_HOST, &host, 0) != CURLUE_OK ||
	    curl_url_get(url, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) != CURLUE_OK ||
	    curl_url_set(url, CURLUPART_HOST, name, 0) != CURLUE_OK) {
		r = err_set(reterr, -EINVAL, "tls-server-name %s: not a host name", name);
	} else {
		buf_printf(&text, "%s:%s:%s:%s", name, port, host, port);
		transfer_add_header(&transfer->connect_to, text.data);
		buf_reset(&text);
		buf_printf(&text, "Host: %s:%s", host, port);
		transfer_add_header(&transfer->headers, text.data);
		transfer_must(curl_easy_setopt(transfer->easy, CURLOPT_CONNECT_TO, transfer->connect_to));
	}
	buf_done(&text);
	curl_free(host);
	curl_free(port);
	return r;
}

static int transfer_set_url(struct transfer *transfer, const struct credentials *credentials,
			    const char *path, struct err *reterr)
{
	struct buf text = BUF_INIT;
	CURLU *url = curl_url();
	char *whole = NULL;
	int r = 0;

	if (!url)
		alloc_failed();
	buf_printf(&text, "%s%s", credentials->server, path);
	if (curl_url_set(url, CURLUPART_URL, text.data, 0) != CURLUE_OK)
		r = err_set(reterr, -EINVAL, "%s: not a URL", credentials->server);
	if (r == 0 && credentials->tls_server_name)
		r = transfer_redirect(transfer, url, credentials->tls_server_name, reterr);
	if (r == 0 && curl_url_get(url, CURLUPART_URL, &whole, 0) != CURLUE_OK)
		r = err_set(reterr, -EINVAL, "%s: not a URL", credentials->server);
	if (r == 0) {
		transfer_must(curl_easy_setopt(transfer->easy, CURLOPT_URL, whole));
		/*
		 * Wait until the first connection is open instead of opening another: with HTTP/2 all requests
		 * share it. Without TLS, and so without HTTP/2, libcurl would wait for the end of the first answer.
		 */
		transfer_must(curl_easy_setopt(transfer->easy, CURLOPT_PIPEWAIT,
					       strncmp(whole, "https:", strlen("https:")) == 0 ? 1L : 0L));
	}
	curl_free(whole);
	curl_url_cleanup(url);
	buf_done(&text);
	return r;
}

int transfer_open(struct transfer_pool *pool, const struct credentials *credentials,
		  const struct transfer_request *request, const struct transfer_handler *handler,
		  struct transfer **ret, struct err *reterr)
{
	struct transfer *transfer = alloc_zeroed(1, sizeof(*transfer));
	CURLMcode code;
	int r;

	transfer->set = pool->sets;
	transfer->set->n_transfers++;
	transfer->handler = *handler;
	transfer->easy = curl_easy_init();
	if (!transfer->easy)
		alloc_failed();
	transfer_set_connection(transfer);
	transfer_set_request(transfer, request);
	transfer_set_identity(transfer, credentials);
	r = transfer_set_url(transfer, credentials, request->path, reterr);
	if (r < 0) {
		transfer_close(transfer);
		return r;
	}
	transfer_must(curl_easy_setopt(transfer->easy, CURLOPT_HTTPHEADER, transfer->headers));
	code = curl_multi_add_handle(transfer->set->multi, transfer->easy);
	if (code == CURLM_OUT_OF_MEMORY)
		alloc_failed();
	if (code != CURLM_OK) {
		r = err_set(reterr, -EIO, "cannot begin a request: %s", curl_multi_strerror(code));
		transfer_close(transfer);
		return r;
	}
	*ret = transfer;
	return 0;
}

struct transfer *transfer_close(struct transfer *transfer)
{
	if (!transfer)
		return NULL;
	(void)curl_multi_remove_handle(transfer->set->multi, transfer->easy);
	curl_easy_cleanup(transfer->easy);
	transfer_leave_set(transfer->set);
	transfer_free_headers(transfer->headers);
	curl_slist_free_all(transfer->connect_to);
	free(transfer);
	return NULL;
}

void transfer_suspect(const struct transfer *transfer)
{
	struct transfer_pool *pool = transfer->set->pool;

	if (transfer->set == pool->sets)
		transfer_push_set(pool);
}
