# SPDX-License-Identifier: GPL-2.0-or-later
"""An API server's discovery documents for kubectl: the kinds, their paths, and their fields.

They are made from an OpenAPI document, such as tests/schema/kubernetes.json. kubectl reads /openapi/v2 only in protobuf (gnostic's
OpenAPIv2.proto); the fields that validation needs are written.
"""
import json

from kubeproto import bytes_field

GVK = "x-kubernetes-group-version-kind"
OPENAPI_PROTOBUF = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"


def text_field(no, text):
    return bytes_field(no, text.encode())


def named(no, name, value):
    """A field that is a NamedSchema or a NamedAny."""
    return bytes_field(no, text_field(1, name) + bytes_field(2, value))


def encode_schema(schema):
    out = b""
    for key, no in ("$ref", 1), ("format", 2):
        if key in schema:
            out += text_field(no, schema[key])
    for name in schema.get("required", []):
        out += text_field(19, name)
    if "additionalProperties" in schema:
        out += bytes_field(21, bytes_field(1, encode_schema(schema["additionalProperties"])))
    if "type" in schema:
        out += bytes_field(22, text_field(1, schema["type"]))
    if "items" in schema:
        out += bytes_field(23, bytes_field(1, encode_schema(schema["items"])))
    if "properties" in schema:
        out += bytes_field(25, b"".join(named(1, name, encode_schema(inner))
                                        for name, inner in schema["properties"].items()))
    for key, value in schema.items():
        if key.startswith("x-"):
            out += named(31, key, text_field(2, json.dumps(value)))
    return out


def encode_document(document):
    info = text_field(1, document["info"]["title"]) + text_field(2, document["info"]["version"])
    definitions = b"".join(named(1, name, encode_schema(schema)) for name, schema in document["definitions"].items())
    return text_field(1, document["swagger"]) + bytes_field(2, info) + bytes_field(8, b"") + bytes_field(9, definitions)


class Discovery:
    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            document = json.load(file)
        self.openapi = encode_document(document)
        self.answers = {"/version": {"major": "1", "minor": "30", "gitVersion": document["info"]["version"] + ".0"},
                        "/api": {"kind": "APIVersions", "versions": ["v1"]}}
        groups = []
        for path, operation in document["paths"].items():
            row = operation["post"][GVK]
            version = (row["group"] + "/" if row["group"] else "") + row["version"]
            where = "/apis/" + version if row["group"] else "/api/" + version
            if where not in self.answers:
                self.answers[where] = {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": version,
                                       "resources": []}
                if row["group"]:
                    one = {"groupVersion": version, "version": row["version"]}
                    groups.append({"name": row["group"], "versions": [one], "preferredVersion": one})
            self.answers[where]["resources"].append(
                {"name": path.rsplit("/", 1)[1], "singularName": row["kind"].lower(), "kind": row["kind"],
                 "namespaced": "{namespace}" in path, "verbs": ["create", "get", "list", "patch"]})
        self.answers["/apis"] = {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}

    def answer(self, path):
        """A body and its type, or None."""
        if path == "/openapi/v2":
            return self.openapi, OPENAPI_PROTOBUF
        if path in self.answers:
            return json.dumps(self.answers[path]).encode(), "application/json"
        return None
