#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The picture of the cost of first packets: tests/bench/plot.py; the one in the README is of the figures beside it."""
import copy
import json
import os
import sys
import unittest
import xml.etree.ElementTree as tree

sys.dont_write_bytecode = True
TOP = os.path.realpath(os.environ.get("top_srcdir") or os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
sys.path.insert(0, os.path.join(TOP, "tests", "bench"))
import plot  # pylint: disable=wrong-import-position
import rulesets  # pylint: disable=wrong-import-position

FIGURES = os.path.join(TOP, "contrib", "figures", "first-packets")
NAMES = ("one dnat rule", "kube-proxy", "kube-nftproxy")
SVG = "{http://www.w3.org/2000/svg}"


def line(case, services, **ns):
    return {"services": services, "family": 4, "protocol": "tcp", "origin": "pod", "case": case,
            "ns": {name.replace("_", "-"): value for name, value in ns.items()}}


DATA = {"date": "2026-01-02", "kernel": "6.18.4-other", "rounds": 15, "packets": 20000, "endpoints": 10,
        "lines": [line("cluster-ip", 1000, static=500, kube_proxy=1000, ours=800),
                  line("cluster-ip", 10, static=500, kube_proxy=1000, ours=800),
                  line("cluster-ip", 30000, static=500, ours=810),
                  line("node-port", 10, kube_proxy=3500, ours=3400), line("node-port", 30000, ours=3400)]}


def texts(root):
    return [element.text for element in root.iter(SVG + "text")]


class Parts(unittest.TestCase):
    """A large ruleset is loaded in several transactions."""
    def test_our_dump_is_cut_before_services(self):
        services = ["# Service a/%d\nadd element %d\n" % (i, i) for i in range(2 * rulesets.SERVICES_OF_A_PART + 1)]
        dump = "table ip x\n# this node\n" + "".join(services)
        parts = rulesets.parts(rulesets.in_parts(dump))
        self.assertEqual("".join(parts), dump)
        self.assertEqual([part.count("# Service ") for part in parts],
                         [rulesets.SERVICES_OF_A_PART, rulesets.SERVICES_OF_A_PART, 1])

    def test_no_services(self):
        self.assertEqual(rulesets.parts(rulesets.in_parts("table ip x\n")), ["table ip x\n"])


class Figures(unittest.TestCase):
    def test_series_are_sorted_and_may_have_gaps(self):
        found = plot.series(DATA, "cluster-ip")
        self.assertEqual(found["ours"], [(10, 0.8), (1000, 0.8), (30000, 0.81)])
        self.assertEqual(found["kube-proxy"], [(10, 1.0), (1000, 1.0)])
        self.assertEqual(plot.series(DATA, "cluster-ips"), {})

    def test_steps(self):
        for top, step in ((1, 0.2), (0.9, 0.2), (1.1, 0.5), (4.9, 1), (5, 1), (5.1, 2), (24, 5), (26, 10)):
            self.assertAlmostEqual(plot.step_of(top), step, msg=top)

    def test_labels_do_not_cover_each_other(self):
        self.assertEqual(plot.spread([10, 100], 16), [10, 100])
        self.assertEqual(plot.spread([100, 10], 16), [100, 10])
        placed = plot.spread([50, 50, 52], 16)
        self.assertGreaterEqual(min(placed[1] - placed[0], placed[2] - placed[1]), 16)
        self.assertLess(placed[0], 50)

    def test_places(self):
        panel = plot.Panel(70, 100, "", plot.series(DATA, "cluster-ip"), [10, 1000, 100000])
        for services, share in ((10, 0), (1000, 0.5), (100000, 1)):
            self.assertAlmostEqual(panel.x(services), 70 + share * plot.PANEL_WIDTH)
        for us, share in ((1, 0), (0.25, 0.75), (0, 1)):
            self.assertAlmostEqual(panel.y(us), 100 + share * plot.PANEL_HEIGHT)


class Picture(unittest.TestCase):
    def test_it_says_what_it_shows(self):
        root = tree.fromstring(plot.svg(DATA))
        shown = texts(root)
        for label in NAMES:
            self.assertIn(label, shown)
        self.assertEqual(shown.count("µs for each packet"), 2)
        self.assertEqual(shown.count("Services, with 10 endpoints each"), 2)
        self.assertIn("30,000", shown)
        self.assertIn("IPv4, TCP, from a pod; Linux 6.18, 2026-01-02;", " ".join(shown))
        self.assertEqual(root.get("role"), "img")
        desc = root.find(SVG + "desc").text
        self.assertIn("kube-nftproxy 0.80 µs with 10 Services and 0.81 with 30,000", desc)
        self.assertIn("kube-proxy 1.00 µs with 10 Services and 1.00 with 1,000", desc)

    def test_all_is_within_the_picture(self):
        for element in tree.fromstring(plot.svg(DATA)).iter():
            for name, limit in (("x", plot.WIDTH), ("cx", plot.WIDTH), ("y", plot.HEIGHT), ("cy", plot.HEIGHT)):
                self.assertTrue(0 <= float(element.get(name, 0)) <= limit, element.attrib)

    def test_one_size(self):
        data = copy.deepcopy(DATA)
        data["lines"] = data["lines"][:1]
        self.assertIn("1,000", texts(tree.fromstring(plot.svg(data))))

    def test_figures_that_cannot_be_shown(self):
        with self.assertRaisesRegex(plot.PlotError, "no figures"):
            plot.svg({"lines": []})
        data = copy.deepcopy(DATA)
        data["lines"][0]["family"] = 6
        with self.assertRaisesRegex(plot.PlotError, "several families"):
            plot.svg(data)

    def test_the_readme_has_the_picture_of_the_figures(self):
        with open(FIGURES + ".json", encoding="utf-8") as file:
            expected = plot.svg(json.load(file))
        with open(FIGURES + ".svg", encoding="utf-8") as file:
            self.assertEqual(file.read(), expected, "`make plot` makes it anew")
        with open(os.path.join(TOP, "README.md"), encoding="utf-8") as file:
            self.assertRegex(file.read(), r"!\[[^]]{40,}\]\(contrib/figures/first-packets\.svg\)")


if __name__ == "__main__":
    unittest.main()
