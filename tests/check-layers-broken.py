#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""check-layers.py notices when a rule is broken: a small tree that keeps to all rules, then each broken in turn.

Exit status 77 without a C compiler ($CC, or cc).
"""

import contextlib
import io
import os
import runpy
import shutil
import subprocess
import sys
import tempfile

CHECK = os.path.join(os.path.dirname(os.path.realpath(__file__)), "check-layers.py")
COMPILER = (os.environ.get("CC") or "cc").split()

TREE = {
    "LAYERS": "# a comment\nbase:\nlow:\nhigh: low\n@jansson.h: high\n!pure: low\n",
    "base/log.h": "void log_text(void);\n",
    "low/a.h": "struct a { int n; };\nint a_get(void);\n",
    "low/a.c": '#include "low/a.h"\n#include "low/pair_internal.h"\nint a_get(void)\n{\n\treturn 1;\n}\n',
    "low/b.h": "int b_get(void);\n",
    "low/b.c": '#include "low/b.h"\n#include "low/a.h"\n#include "low/pair_internal.h"\n'
               "int b_get(void)\n{\n\treturn a_get();\n}\n",
    "low/pair_internal.h": "/* int a_comment(void); */\n#define PAIR(x) pair(x)\nstruct pair {\n\tint (*callback)(int);\n};\n"
                           "typedef int pair_function(int);\nstatic inline int pair(int n)\n{\n\tif (n) {\n\t\treturn 1;\n"
                           "\t}\n\treturn n;\n}\nenum pair_kind { PAIR_ONE };\n",
    "high/c.h": "int c_get(void);\n",
    "high/c.c": '#include "config.h"\n#include "high/c.h"\n#include <jansson.h>\n#include "base/log.h"\n#include "low/b.h"\n'
                "int c_get(void)\n{\n\treturn b_get();\n}\n",
}

# What is added to which file, and what check-layers.py must say then.
BREAKS = [
    ("LAYERS", "middle: top\ntop: middle\n", "LAYERS: middle may not name top, which is not on a line above it"),
    ("LAYERS", "low:\n", "LAYERS: low has two lines"),
    ("LAYERS", "@yaml.h: lwo\n", "LAYERS: there is no room lwo"),
    ("other/d.c", "int d_get;\n", "other/d.c: room other is not in src/LAYERS"),
    ("low/a.h", '#include "b.h"\n', 'low/a.h includes "b.h" without its room'),
    ("low/a.c", '#include "high/c.h"\n', "low/a.c may not include high/c.h (low may use: base)"),
    ("low/a.c", "#include <jansson.h>\n", "low/a.c may not include <jansson.h> (only: high)"),
    ("high/c.h", "#include <jansson.h>\n", "high/c.h: no header of ours includes <jansson.h>"),
    ("low/a.c", "#include <time.h>\n", "low/a.c:7: #include <time.h>: room low is pure: no log, clock or I/O"),
    ("low/a.c", '#include "base/log.h"\n', 'low/a.c:7: #include "base/log.h": room low is pure'),
    ("low/pair_internal.h", "int pair_get(struct pair *pair, int n) __attribute__((warn_unused_result));\n",
     "low/pair_internal.h declares the function pair_get: an _internal.h has types alone"),
    ("low/pair_internal.h", "pair_function pair_call;\n", "low/pair_internal.h declares the function pair_call"),
    ("low/a.c", "int b_get(void);\nint a_again(void)\n{\n\treturn b_get();\n}\n",
     "low: a circle of files: a, b\nlayers:     a -> b: b_get\nlayers:     b -> a: b.c includes low/a.h; a_get"),
    ("low/a.h", '#include "low/b.h"\n',
     "low: a circle of files: a, b\nlayers:     a -> b: a.h includes low/b.h\nlayers:     b -> a: b.c includes low/a.h; a_get"),
    ("low/a.c", '#include "low/d.h"\nint a_again(void)\n{\n\treturn d_get();\n}\n',
     "low: a circle of files: a, b, d\nlayers:     a -> d: a.c includes low/d.h; d_get\n"
     "layers:     b -> a: b.c includes low/a.h; a_get\nlayers:     d -> b: d.c includes low/b.h; b_get"),
]
# The third file of that last circle.
THIRD = {
    "low/d.h": "int d_get(void);\n",
    "low/d.c": '#include "low/d.h"\n#include "low/b.h"\nint d_get(void)\n{\n\treturn b_get();\n}\n',
}


objects = {}  # (file, its text): its object


def compiled(top, name, text):
    """No header that is broken here makes another object of a file, so each text is compiled once."""
    if (name, text) not in objects:
        source = os.path.join(top, "src", name)
        command = COMPILER + ["-w", "-c", "-I" + top, "-I" + os.path.join(top, "src"), "-I" + os.path.dirname(source),
                              "-o", os.path.join(top, "object"), source]
        subprocess.run(command, check=True)
        with open(os.path.join(top, "object"), "rb") as file:
            objects[name, text] = file.read()
    return objects[name, text]


def write(path, content):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(content)


def look_at(tree):
    """What check-layers.py says of these files, built"""
    with tempfile.TemporaryDirectory() as top:
        for name, text in tree.items():
            write(os.path.join(top, "src", name), text.encode())
        for name in ("config.h", "jansson.h"):
            write(os.path.join(top, name), b"")
        for name, text in tree.items():
            if name.endswith(".c"):
                write(os.path.join(top, "src", name[:-1] + "o"), compiled(top, name, text))
        os.environ.update(top_srcdir=top, top_builddir=top)
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            failed = runpy.run_path(CHECK)["main"]()
        return failed, said.getvalue()


def main():
    if not shutil.which(COMPILER[0]):
        print("skipped: no compiler %s" % COMPILER[0])
        return 77
    failed, said = look_at(TREE)
    failed = failed or said != "layers: ok\n"
    if failed:
        print("not ok: a tree that keeps to the rules:\n%s" % said)
    for name, text, wanted in BREAKS:
        tree = dict(TREE, **(THIRD if "low/d.h" in text else {}))
        tree[name] = tree.get(name, "") + text
        noticed, said = look_at(tree)
        if not noticed or wanted not in said:
            print("not ok: %s with %r:\n%sinstead of\n%s" % (name, text, said, wanted))
            failed = True
    if not failed:
        print("layers: each of %d broken rules is noticed" % len(BREAKS))
    return failed


if __name__ == "__main__":
    sys.exit(main())
