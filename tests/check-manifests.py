#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The objects in contrib/kubernetes fit the API's own schema and have no more rights than they promise.

    check-manifests.py            the files, as they are written
    check-manifests.py FILE...    whole sets of objects, as `kubectl kustomize` writes them

The schema is tests/schema/kubernetes.json, Kubernetes' own: an object has only fields of the schema, each of the right
type, and all that the schema requires. (A patch may leave out any.) Needs python3-yaml; exit status 77 without it.
"""

import json
import os
import re
import subprocess
import sys
import tempfile

try:
    import yaml
except ImportError:
    print("skipped: python3-yaml is not installed")
    sys.exit(77)

TOP = os.environ.get("top_srcdir") or os.path.join(os.path.dirname(os.path.realpath(__file__)), "..")
WHERE = os.path.join(TOP, "contrib", "kubernetes")

with open(os.path.join(TOP, "tests", "schema", "kubernetes.json"), encoding="utf-8") as schema_file:
    SCHEMA = json.load(schema_file)
GVK = "x-kubernetes-group-version-kind"
TYPES = {"string": str, "integer": int, "boolean": bool, "number": float}
# As the API's documentation of Quantity has it.
QUANTITY = re.compile(r"[+-]?(\d+|\d+\.\d*|\.\d+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?\d+)?")

failures = []


def complain(text):
    failures.append(text)
    print("manifests: " + text)


def gvk(row):
    return (row["group"] + "/" if row["group"] else "") + row["version"], row["kind"]


DEFINITIONS = {gvk(row): schema for schema in SCHEMA["definitions"].values() for row in schema.get(GVK, [])}
NAMESPACED = {gvk(operation["post"][GVK]): "{namespace}" in path for path, operation in SCHEMA["paths"].items()}


def check(value, schema, path, partial):
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        if name.endswith(".Quantity"):
            if type(value) not in (str, int, float) or not QUANTITY.fullmatch(str(value)):
                complain("%s is %r, which is no quantity" % (path, value))
            return
        schema = SCHEMA["definitions"][name]
    if schema.get("type", "object") == "object":
        check_object(value, schema, path, partial)
    elif schema["type"] == "array":
        check_list(value, schema, path, partial)
    elif schema.get("format") == "int-or-string":
        if type(value) not in (int, str):
            complain("%s is %r, which is neither a number nor a string" % (path, value))
    elif type(value) is not TYPES[schema["type"]]:
        complain("%s is %r, which is no %s" % (path, value, schema["type"]))


def check_object(value, schema, path, partial):
    properties, others = schema.get("properties"), schema.get("additionalProperties")
    if not isinstance(value, dict):
        complain("%s is no object" % path)
        return
    for key, inner in value.items():
        if partial and key == "$patch":
            continue
        one = (properties or {}).get(key, others)
        if one:
            check(inner, one, "%s.%s" % (path, key), partial)
        elif properties is not None:
            complain("%s has no field %s" % (path, key))
    for key in schema.get("required", []):
        if key not in value and not partial:
            complain("%s lacks %s" % (path, key))


def check_list(value, schema, path, partial):
    if not isinstance(value, list):
        complain("%s is no list" % path)
        return
    for i, inner in enumerate(value):
        check(inner, schema["items"], "%s[%d]" % (path, i), partial)
    keys = schema.get("x-kubernetes-list-map-keys")
    if keys:
        seen = [tuple(inner.get(key) for key in keys) for inner in value if isinstance(inner, dict)]
        for twice in {one for one in seen if seen.count(one) > 1}:
            complain("%s has %s twice" % (path, ", ".join(str(key) for key in twice)))


def documents(path):
    with open(path, encoding="utf-8") as file:
        return [one for one in yaml.safe_load_all(file) if one]


def check_objects(where, objects, partial=False):
    for one in objects:
        kind = one.get("apiVersion"), one.get("kind")
        if kind not in DEFINITIONS:
            complain("%s: %s of %s is not known here" % (where, kind[1], kind[0]))
            continue
        check(one, DEFINITIONS[kind], "%s: %s" % (where, kind[1]), partial)
        if (one["metadata"].get("namespace") == "kube-system") != NAMESPACED[kind]:
            complain("%s: %s is in the namespace %s" % (where, kind[1], one["metadata"].get("namespace")))


def find(objects, kind):
    found = [one for one in objects if one["kind"] == kind and one["metadata"]["name"] == "kube-nftproxy"]
    return found[0] if len(found) == 1 else None


def check_promises(where, objects):
    try:
        for name, kept in promises(objects).items():
            if not kept:
                complain("%s: the DaemonSet breaks a promise: %s" % (where, name))
    except KeyError as missing:
        complain("%s: nothing is said of %s" % (where, missing))


def promises(objects):
    daemonset, account, binding = (find(objects, kind) for kind in ("DaemonSet", "ServiceAccount", "ClusterRoleBinding"))
    if not daemonset or not account or not binding or not find(objects, "ClusterRole"):
        return {"one object of each kind": False}
    # A cluster of kubeadm's has the ConfigMap already.
    configuration = find(objects, "ConfigMap") or {"metadata": {"name": "kube-proxy"}}
    pod = daemonset["spec"]["template"]["spec"]
    container = pod["containers"][0]
    rights = container["securityContext"]
    mounts = {mount["mountPath"]: mount["name"] for mount in container["volumeMounts"]}
    config = re.search(r"--config=(\S*)/", " ".join(container["args"])).group(1)
    return {
        "one container": len(pod["containers"]) == 1,
        "an init container is only that of close-wait, and writes settings": all(
            (one["name"], one["args"][0]) == ("close-wait", "--init-only") for one in pod.get("initContainers", [])),
        "the same image": {one["image"].rsplit(":")[0] for one in pod.get("initContainers", []) + pod["containers"]}
        == {"kube-nftproxy"},
        "a stopped process is restarted": container["livenessProbe"]["httpGet"] == {"path": "/livez", "port": 10256},
        "no warning at each start": container["startupProbe"]["httpGet"] == {"path": "/livez", "port": 10256}
        and container["startupProbe"]["initialDelaySeconds"] >= 3,
        "readiness": container["readinessProbe"]["httpGet"] == {"path": "/healthz", "port": 10256},
        "privileged": rights["privileged"] is False,
        "capabilities": rights["capabilities"] == {"drop": ["ALL"], "add": ["NET_ADMIN"]},
        "a read-only root": rights["readOnlyRootFilesystem"] is True,
        "not root": pod["securityContext"]["runAsNonRoot"] is True and pod["securityContext"]["runAsUser"] > 0,
        "system calls": pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"},
        "the priority class": pod["priorityClassName"] == "system-node-critical",
        "every taint": {"operator": "Exists"} in pod["tolerations"],
        "the host's network": pod["hostNetwork"] is True,
        "the account": pod["serviceAccountName"] == account["metadata"]["name"],
        "the account's rights": [(one["kind"], one["name"], one["namespace"]) for one in binding["subjects"]]
        == [("ServiceAccount", account["metadata"]["name"], account["metadata"]["namespace"])],
        "no directory of the host": all("hostPath" not in volume for volume in pod["volumes"]),
        "volumes": sorted(mounts.values()) == sorted(volume["name"] for volume in pod["volumes"]),
        "where the configuration is": mounts.get(config) == "config",
        "the ConfigMap": [volume["configMap"]["name"] for volume in pod["volumes"] if volume["name"] == "config"]
        == [configuration["metadata"]["name"]],
        "the labels": daemonset["spec"]["selector"]["matchLabels"] == daemonset["spec"]["template"]["metadata"]["labels"],
    }


def check_configuration(configmap):
    """What is in the ConfigMap is read by the program without a word."""
    program = os.path.join(os.environ.get("top_builddir", TOP), "src/daemon/kube-nftproxy")
    if not os.access(program, os.X_OK):
        print("manifests: %s is not built, the configuration was not read" % program)
        return
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "config.conf")
        with open(path, "w", encoding="utf-8") as file:
            file.write(configmap["data"]["config.conf"])
        done = subprocess.run([program, "--config", path, "--write-config-to", os.path.join(directory, "out")],
                              capture_output=True, text=True, check=False)
    if done.returncode != 0 or re.search(r"level=(warn|error)", done.stderr):
        complain("the program does not like the configuration: " + done.stderr)
    yaml.safe_load(configmap["data"]["kubeconfig.conf"])


def check_files():
    """Each file by itself; those that make up contrib/kubernetes as a set, too."""
    files, patches, whole = {}, set(), []
    for folder, _, names in os.walk(WHERE):
        for name in sorted(names):
            path = os.path.join(folder, name)
            if name == "kustomization.yaml":
                patches |= {os.path.join(folder, one["path"]) for one in documents(path)[0].get("patches", [])}
            elif name.endswith(".yaml"):
                files[path] = documents(path)
    for path, objects in files.items():
        check_objects(os.path.relpath(path, WHERE), objects, path in patches)
        if path not in patches:
            whole += objects
    check_promises("the files", whole)
    check_configuration(find(whole, "ConfigMap"))


def main():
    if len(sys.argv) == 1:
        check_files()
    for path in sys.argv[1:]:
        check_objects(path, documents(path))
        check_promises(path, documents(path))
    print("manifests: %s" % ("ok" if not failures else "%d complaints" % len(failures)))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
