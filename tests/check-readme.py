#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""README.md: its lines have at most 100 columns, and what it links to is there. Its pictures stand by themselves: no script,
nothing from elsewhere, and colours for a dark background."""
import os
import re
import sys
import unittest
import xml.etree.ElementTree

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
COLUMNS = 100


def read(path):
    with open(os.path.join(TOP, path), encoding="utf-8") as file:
        return file.read()


def anchors(text):
    """The fragments that GitHub gives to the headings."""
    return [re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-")
            for title in re.findall(r"^#+ (.*)$", text, re.M)]


class Readme(unittest.TestCase):
    def setUp(self):
        self.text = read("README.md")

    def test_columns(self):
        long = [n for n, line in enumerate(self.text.split("\n"), 1) if len(line) > COLUMNS]
        self.assertEqual(long, [], f"lines with more than {COLUMNS} columns")

    def test_links(self):
        links = re.findall(r"(?:\]\(|^\[[^]]+\]: )([^)\s]+)", self.text, re.M)
        self.assertGreater(len(links), 5)
        for link in links:
            if re.match(r"[a-z]+:", link):
                continue
            path, _, fragment = link.partition("#")
            with self.subTest(link):
                self.assertTrue(os.path.exists(os.path.join(TOP, path or "README.md")), "no such file")
                if fragment:
                    self.assertIn(fragment, anchors(read(path or "README.md")))

    def test_commands(self):
        for command in ("contrib/demo/run", "tests/run"):
            self.assertRegex(self.text, rf"(?m)^    {command}\b", "a command of the README")
            self.assertTrue(os.access(os.path.join(TOP, command), os.X_OK), command)

    def test_pictures(self):
        pictures = re.findall(r"!\[([^]]*)\]\(([^)]*\.svg)\)", self.text)
        self.assertGreaterEqual(len(pictures), 2)
        for words, path in pictures:
            with self.subTest(path):
                self.assertGreater(len(words), 40, "words for people who do not see the picture")
                text = read(path)
                root = xml.etree.ElementTree.fromstring(text)
                self.assertIn("prefers-color-scheme: dark", text)
                self.assertNotRegex(text, r"(?i)<script|<image|<foreignObject|@import|@font-face|javascript:|\bon\w+=")
                self.assertEqual(re.findall(r"\w+://[^\s\"'<]+", text.replace(
                    'xmlns="http://www.w3.org/2000/svg"', "").replace("http://10.96.0.1", "")), [])
                self.assertTrue(root.findtext("{http://www.w3.org/2000/svg}title"))


if __name__ == "__main__":
    unittest.main(verbosity=1 if len(sys.argv) < 2 else 2)
