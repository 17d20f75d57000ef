#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Is FILE a complete page of HTML: each element ended in order, no script, and nothing that is loaded from elsewhere?"""

import html.parser
import sys

EMPTY = {"meta", "input", "br", "hr", "img", "link"}


class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.open = []
        self.seen = set()

    def handle_starttag(self, tag, attrs):
        self.seen.add(tag)
        for name, value in attrs:
            if name in ("src", "srcset", "data") or name.startswith("on") or "//" in (value or "").replace("http-equiv", ""):
                sys.exit(f"<{tag} {name}={value!r}>")
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            sys.exit(f"</{tag}> ends nothing")


page = Page()
page.feed(open(sys.argv[1], encoding="utf-8").read())
if page.open:
    sys.exit(f"not ended: {page.open}")
for tag in ("script", "link", "iframe", "img"):
    if tag in page.seen:
        sys.exit(f"<{tag}>")
if not {"html", "title", "h1", "table", "form"} <= page.seen:
    sys.exit(f"it has only {sorted(page.seen)}")
