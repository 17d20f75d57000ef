#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""json-schema.py SCHEMA FILE: whether the JSON in FILE has the form that SCHEMA says.

Of JSON Schema it knows type, enum, required, properties, additionalProperties: false, items, minimum and maximum. Another
keyword that decides something is an error, so that nothing is thought to be checked that is not.
"""

import json
import sys

TYPES = {"object": dict, "array": list, "string": str, "integer": int, "number": (int, float), "boolean": bool,
         "null": type(None)}
KNOWN = {"type", "enum", "required", "properties", "additionalProperties", "items", "minimum", "maximum"}
COMMENTS = {"$schema", "$id", "title", "description"}


def is_type(value, name):
    # For Python, True is a number.
    return isinstance(value, TYPES[name]) and not (name in ("integer", "number") and isinstance(value, bool))


def faults(value, schema, where):
    for key in set(schema) - KNOWN - COMMENTS:
        yield "%s: the schema has %s, which is not checked here" % (where, key)
    types = schema.get("type", list(TYPES))
    if not any(is_type(value, name) for name in ([types] if isinstance(types, str) else types)):
        yield "%s: %r is not of type %s" % (where, value, types)
        return
    if "enum" in schema and value not in schema["enum"]:
        yield "%s: %r is not in %s" % (where, value, schema["enum"])
    if "minimum" in schema and value < schema["minimum"] or "maximum" in schema and value > schema["maximum"]:
        yield "%s: %r is out of range" % (where, value)
    if isinstance(value, dict):
        known = schema.get("properties", {})
        for key in schema.get("required", []):
            if key not in value:
                yield "%s: %s is missing" % (where, key)
        for key, member in value.items():
            if key in known:
                yield from faults(member, known[key], "%s.%s" % (where, key))
            elif schema.get("additionalProperties", True) is False:
                yield "%s: the schema does not have %s" % (where, key)
    if isinstance(value, list) and "items" in schema:
        for i, item in enumerate(value):
            yield from faults(item, schema["items"], "%s[%d]" % (where, i))


def main():
    schema, value = (json.load(open(path, encoding="utf-8")) for path in sys.argv[1:3])
    found = list(faults(value, schema, "$"))
    for fault in found:
        print(fault)
    return bool(found)


sys.exit(main())
