/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "report/page.h"

#include <stddef.h>
#include <string.h>

#include "base/buf.h"
#include "report/list.h"

static const char page_style[] =
	":root{color-scheme:light dark}"
	"body{font:15px/1.45 system-ui,sans-serif;margin:1.5rem auto;max-width:72rem;padding:0 1rem}"
	"h1{border-left:.5rem solid;padding-left:.6rem;font-size:1.5rem}"
	"h2{font-size:1.1rem;margin-top:2rem}"
	".good{color:#1a7f37}.trouble{color:#9a6700}.bad{color:#cf222e}.unknown{color:#8250df}"
	"@media(prefers-color-scheme:dark){.good{color:#4ac26b}.trouble{color:#d4a72c}.bad{color:#ff8182}.unknown{color:#c297ff}}"
	"pre{overflow-x:auto;padding:.8rem;border:1px solid #8886;border-radius:.4rem;font-size:13px;line-height:1.35}"
	".wide{overflow-x:auto}"
	"table{border-collapse:collapse;width:100%}"
	"th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #8884;vertical-align:top}"
	"td.n{text-align:right;white-space:nowrap}"
	"form{margin:.6rem 0}input[type=search]{font:inherit;padding:.25rem .5rem;width:20rem;max-width:60%}";

static void page_escape(struct buf *to, const char *text)
{
	for (; *text; text++)
		switch (*text) {
		case '&':
			buf_printf(to, "&amp;");
			break;
		case '<':
			buf_printf(to, "&lt;");
			break;
		case '>':
			buf_printf(to, "&gt;");
			break;
		case '"':
			buf_printf(to, "&quot;");
			break;
		case '\'':
			buf_printf(to, "&#39;");
			break;
		default:
			buf_add(to, text, 1);
		}
}

/* A part of a URL's query. */
static void page_encode(struct buf *to, const char *text)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/:";

	for (; *text; text++)
		if (strchr(plain, *text))
			buf_add(to, text, 1);
		else
			buf_printf(to, "%%%02X", (unsigned char)*text);
}

static const char *page_class(enum page_mood mood)
{
	switch (mood) {
	case PAGE_MOOD_GOOD:
		return "good";
	case PAGE_MOOD_TROUBLE:
		return "trouble";
	case PAGE_MOOD_BAD:
		return "bad";
	case PAGE_MOOD_UNKNOWN:
		break;
	}
	return "unknown";
}

void page_begin(const char *node, const char *status, enum page_mood mood, struct buf *to)
{
	size_t len = strcspn(status, "\n");
	struct buf verdict = BUF_INIT;

	buf_add(&verdict, status, len);
	buf_printf(to, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		       "<meta name=\"viewport\" content=\"width=device-width\">\n"
		       "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
		       "style-src 'unsafe-inline'; form-action 'self'\">\n<title>");
	page_escape(to, buf_text(&verdict));
	buf_printf(to, " - ");
	page_escape(to, node);
	buf_printf(to, "</title>\n<style>%s</style>\n</head>\n<body>\n<h1 class=\"%s\">", page_style,
		   page_class(mood));
	page_escape(to, buf_text(&verdict));
	buf_printf(to, "</h1>\n<pre>");
	page_escape(to, status + len + (status[len] == '\n'));
	buf_printf(to, "</pre>\n");
	buf_done(&verdict);
}

void page_explain(const char *service, const char *text, struct buf *to)
{
	buf_printf(to, "<h2 id=\"explain\">");
	page_escape(to, service);
	buf_printf(to, "</h2>\n<pre>");
	page_escape(to, text);
	buf_printf(to, "</pre>\n");
}

static void page_form(const char *filter, bool problems, struct buf *to)
{
	buf_printf(to, "<form method=\"get\" action=\"statusz\">\n<label>Filter <input type=\"search\" "
		       "name=\"filter\" value=\"");
	page_escape(to, filter);
	buf_printf(to,
		   "\" placeholder=\"Service, address or verdict\"></label>\n<label><input "
		   "type=\"checkbox\" name=\"problems\" value=\"1\"%s> only what is not served</label>\n"
		   "<button>Show</button>\n</form>\n",
		   problems ? " checked" : "");
}

static bool page_matches(const struct list_line *line, const char *filter)
{
	char service[SERVICE_NAME_TEXT_SIZE];

	return !*filter || strstr(service_name_print(line->service, service), filter) ||
	       strstr(line->address, filter) || strstr(line->kind, filter) ||
	       strcmp(line->protocol, filter) == 0 || strstr(list_verdict_name(line->verdict), filter);
}

static void page_line(const struct list_line *line, const char *filter, bool problems, struct buf *to)
{
	bool good = line->verdict == LIST_VERDICT_SERVED;
	char service[SERVICE_NAME_TEXT_SIZE];

	(void)service_name_print(line->service, service);
	buf_printf(to, "<tr><td><a href=\"?service=");
	page_encode(to, service);
	if (*filter) {
		buf_printf(to, "&amp;filter=");
		page_encode(to, filter);
	}
	buf_printf(to, "%s#explain\">", problems ? "&amp;problems=1" : "");
	page_escape(to, service);
	buf_printf(to, "</a></td><td>");
	page_escape(to, line->address);
	buf_printf(to, " %s</td><td>%s</td><td class=\"n\">%zu of %zu</td><td class=\"%s\">%s",
		   line->protocol, line->kind, line->n_used, line->n_all, good ? "good" : "bad",
		   list_verdict_name(line->verdict));
	if (line->drops_outside)
		buf_printf(to, "; dropped from outside: no endpoint is on this node");
	if (line->why) {
		buf_printf(to, ": ");
		page_escape(to, line->why);
	}
	buf_printf(to, "</td></tr>\n");
}

void page_list(const struct list *list, const char *filter, bool problems, struct buf *to)
{
	struct buf head = BUF_INIT;
	size_t i, n = 0;

	buf_printf(to, "<h2>Front ends</h2>\n");
	page_form(filter, problems, to);
	buf_printf(to, "<p>");
	list_print_head(list, &head);
	page_escape(to, buf_text(&head));
	buf_done(&head);
	buf_printf(
		to,
		"</p>\n<div class=\"wide\"><table>\n<thead><tr><th>Service</th><th>Address</th><th>Kind</th>"
		"<th>Endpoints</th><th>Verdict</th></tr></thead>\n<tbody>\n");
	for (i = 0; i < list_n(list); i++) {
		if (!page_matches(list_at(list, i), filter))
			continue;
		if (n++ < PAGE_LINES_MAX)
			page_line(list_at(list, i), filter, problems, to);
	}
	buf_printf(to, "</tbody>\n</table></div>\n");
	if (n > PAGE_LINES_MAX)
		buf_printf(to, "<p>and %zu more: filter them, or see the command list</p>\n",
			   n - PAGE_LINES_MAX);
	if (!n)
		buf_printf(to, "<p>none</p>\n");
}

void page_end(struct buf *to)
{
	buf_printf(to, "</body>\n</html>\n");
}
