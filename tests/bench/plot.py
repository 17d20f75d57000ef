# SPDX-License-Identifier: GPL-2.0-or-later
"""A picture of the cost of first packets by the number of Services: plot.py JSON >SVG

JSON is what packets.py --sizes --json has written, for one family, protocol and origin. The picture has a panel for each
kind of destination. It is readable in light and in dark themes, and its description tells the figures to readers who
cannot see it.
"""
import json
import math
import re
import sys
from xml.sax.saxutils import escape

PANELS = (("cluster-ip", "To one ClusterIP"), ("cluster-ips", "To ClusterIPs in turn"),
          ("no-service", "To no Service’s address"), ("node-port", "To a node port, the whole packet"))
# The name in JSON, its label and its class. The marker is another way than colour to tell the lines apart.
RULESETS = (("kube-proxy", "kube-proxy", "theirs"), ("ours", "kube-nftproxy", "ours"),
            ("static", "one dnat rule", "static"))
WIDTH, HEIGHT = 960, 660
PANEL_WIDTH, PANEL_HEIGHT = 290, 190
PANEL_LEFT, PANEL_TOP = (70, 550), (110, 400)
LABEL_DISTANCE = 16
# Without variables of CSS, which not every program knows that shows pictures.
COLOURS = {"text": ("#1f2328", "#f0f6fc"), ".faint": ("#59636e", "#9198a1"), ".ours": ("#0550ae", "#79c0ff"),
           ".theirs": ("#bc4c00", "#ffa657"), ".static": ("#59636e", "#9198a1"), ".page": ("#ffffff", "#0d1117")}
GRID = ("#d1d9e0", "#3d444d")
SHAPES = """
svg { font: 13px system-ui, sans-serif; }
.title { font-size: 18px; font-weight: 600; } .panel { font-size: 14px; font-weight: 600; } .tick { font-size: 11px; }
.grid { stroke-width: 1; } .line { stroke-width: 2.5; }
.line.theirs { stroke-dasharray: 7 4; } .line.static { stroke-dasharray: 2 4; }
"""


def colours(theme):
    """The rules of CSS for the light theme (0) or the dark one (1)."""
    rules = ["%s { fill: %s; }" % (name, pair[theme]) for name, pair in COLOURS.items()]
    rules += [".line%s { fill: none; stroke: %s; }" % (name, COLOURS[name][theme])
              for name in (".ours", ".theirs", ".static")]
    return "\n".join([*rules, ".grid { stroke: %s; }" % GRID[theme]])


STYLE = SHAPES + colours(0) + "\n@media (prefers-color-scheme: dark) {\n" + colours(1) + "\n}\n"


class PlotError(Exception):
    """The file has no figures that can be shown."""


def series(data, case):
    """{ruleset: [(number of Services, us)]}, sorted; a ruleset without a figure for a size has no point there."""
    found = {}
    for line in data["lines"]:
        if line["case"] == case:
            for name, ns in line["ns"].items():
                found.setdefault(name, []).append((line["services"], ns / 1000))
    return {name: sorted(points) for name, points in found.items()}


def step_of(top, n_steps=5):
    """The smallest of 1, 2 and 5 times a power of ten with which at most so many steps reach the top."""
    power = 10 ** math.floor(math.log10(top / n_steps))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power * n_steps >= top * (1 - 1e-9))


def spread(places, distance):
    """Places for labels, in the same order: near to the wanted ones, and at least so far from each other."""
    order = sorted(range(len(places)), key=lambda i: places[i])
    placed = []
    for i in order:
        placed.append(max(places[i], placed[-1] + distance) if placed else places[i])
    # Labels were only moved down; all go up by the mean of that.
    shift = sum(placed[n] - places[i] for n, i in enumerate(order)) / max(len(places), 1)
    result = [0.0] * len(places)
    for n, i in enumerate(order):
        result[i] = placed[n] - shift
    return result


def count(number):
    return format(number, ",")


def text(x, y, content, *classes, anchor="start", extra=""):
    return '<text x="%.1f" y="%.1f" text-anchor="%s"%s%s>%s</text>' % (
        x, y, anchor, ' class="%s"' % " ".join(classes) if classes else "", extra, escape(content))


def marker(kind, x, y):
    if kind == "ours":
        return '<circle class="ours" cx="%.1f" cy="%.1f" r="4"/>' % (x, y)
    if kind == "theirs":
        return '<rect class="theirs" x="%.1f" y="%.1f" width="7" height="7"/>' % (x - 3.5, y - 3.5)
    return '<path class="static" d="M%.1f %.1fl4 7h-8z"/>' % (x, y - 4)


class Panel:
    """One diagram: a logarithmic axis of Services, and us from zero on."""

    def __init__(self, left, top, title, figures, sizes):
        self.left, self.top, self.title, self.figures, self.sizes = left, top, title, figures, sizes
        highest = max(us for points in figures.values() for _, us in points)
        self.step = step_of(highest)
        self.highest = self.step * math.ceil(highest / self.step - 1e-9)

    def x(self, services):
        first, last = math.log(self.sizes[0]), math.log(self.sizes[-1])
        return self.left + PANEL_WIDTH * ((math.log(services) - first) / (last - first) if last > first else 0.5)

    def y(self, us):
        return self.top + PANEL_HEIGHT * (1 - us / self.highest)

    def axes(self, n_endpoints):
        yield text(self.left, self.top - 14, self.title, "panel")
        for i in range(round(self.highest / self.step) + 1):
            y = self.y(i * self.step)
            yield '<path class="grid" d="M%.1f %.1fh%d"/>' % (self.left, y, PANEL_WIDTH)
            yield text(self.left - 8, y + 4, "%g" % (i * self.step), "faint", anchor="end")
        for size in self.sizes:
            yield text(self.x(size), self.top + PANEL_HEIGHT + 20, count(size), "faint", "tick", anchor="middle")
        yield text(self.left + PANEL_WIDTH / 2, self.top + PANEL_HEIGHT + 40,
                   "Services, with %d endpoints each" % n_endpoints, "faint", anchor="middle")
        middle = self.top + PANEL_HEIGHT / 2
        yield text(self.left - 46, middle, "µs for each packet", "faint", anchor="middle",
                   extra=' transform="rotate(-90 %.1f %.1f)"' % (self.left - 46, middle))

    def lines(self):
        shown = [(self.figures[name], label, kind) for name, label, kind in RULESETS if self.figures.get(name)]
        places = spread([self.y(points[-1][1]) for points, _, _ in shown], LABEL_DISTANCE)
        for (points, label, kind), place in zip(shown, places):
            at = [(self.x(services), self.y(us)) for services, us in points]
            yield '<path class="line %s" d="M%s"/>' % (kind, "L".join("%.1f %.1f" % xy for xy in at))
            yield from (marker(kind, *xy) for xy in at)
            # All at the right edge: a label behind a line that ends earlier could cover another line.
            yield text(self.left + PANEL_WIDTH + 10, place + 4, label, kind)


def description(data):
    sentences = []
    for case, title in PANELS:
        figures = series(data, case)
        parts = ["%s %.2f µs with %s Services and %.2f with %s" %
                 (label, figures[name][0][1], count(figures[name][0][0]), figures[name][-1][1],
                  count(figures[name][-1][0]))
                 for name, label, _ in RULESETS if figures.get(name)]
        if parts:
            sentences.append("%s: %s." % (title, "; ".join(parts)))
    return " ".join(sentences)


def svg(data):
    if not data.get("lines"):
        raise PlotError("there are no figures")
    where = {(line["family"], line["protocol"], line["origin"]) for line in data["lines"]}
    if len(where) > 1:
        raise PlotError("there are several families, protocols or origins: measure with one of each")
    (family, protocol, origin), = where
    sizes = sorted({line["services"] for line in data["lines"]})
    title = "What the rules add to the first packet of a connection, by the number of Services"
    subtitle = ("IPv%d, %s, from %s; Linux %s, %s; minima of %d rounds of %s packets; "
                "without connection tracking itself") % (
        family, protocol.upper(), {"pod": "a pod", "node": "the node", "outside": "outside"}[origin],
        re.match(r"(\d+\.\d+)?", data["kernel"]).group() or data["kernel"], data["date"],
        data["rounds"], count(data["packets"]))
    parts = ['<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" role="img" aria-labelledby="title desc">'
             % (WIDTH, HEIGHT),
             '<title id="title">%s</title>' % escape(title), '<desc id="desc">%s</desc>' % escape(description(data)),
             "<style>%s</style>" % STYLE, '<rect class="page" width="%d" height="%d"/>' % (WIDTH, HEIGHT),
             text(24, 36, title, "title"), text(24, 60, subtitle, "faint")]
    for i, (case, name) in enumerate(PANELS):
        figures = series(data, case)
        if figures:
            panel = Panel(PANEL_LEFT[i % 2], PANEL_TOP[i // 2], name, figures, sizes)
            parts += [*panel.axes(data["endpoints"]), *panel.lines()]
    return "\n".join([*parts, "</svg>", ""])


def main():
    try:
        with open(sys.argv[1], encoding="utf-8") as file:
            sys.stdout.write(svg(json.load(file)))
    except KeyError as error:
        sys.exit("plot: %s: there is no field %s" % (sys.argv[1], error))
    except (OSError, ValueError, PlotError) as error:
        sys.exit("plot: %s: %s" % (sys.argv[1], error))


if __name__ == "__main__":
    main()
