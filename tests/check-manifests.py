#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The objects in contrib/kubernetes: fields that exist, of their types, and what they promise about rights.

The schema is Kubernetes' own (apps/v1, core/v1, rbac.authorization.k8s.io/v1) as far as these objects use it: a field
that is not in it is taken for a slip. Needs python3-yaml; exit status 77 without it.
"""

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

STRING, NUMBER, BOOL = str, int, bool
STRINGS = {"*": STRING}
META = {"name": STRING, "namespace": STRING, "labels": STRINGS}
PROBE = {
    "httpGet": {"path": STRING, "port": NUMBER},
    "tcpSocket": {"port": NUMBER},
    "periodSeconds": NUMBER,
    "failureThreshold": NUMBER,
}
CONTAINER = {
    "name": STRING,
    "image": STRING,
    "args": [STRING],
    "env": [{"name": STRING, "valueFrom": {"fieldRef": {"fieldPath": STRING}}}],
    "ports": [{"name": STRING, "containerPort": NUMBER, "hostPort": NUMBER, "protocol": STRING}],
    "readinessProbe": PROBE,
    "livenessProbe": PROBE,
    "resources": {"requests": STRINGS, "limits": STRINGS},
    "securityContext": {
        "privileged": BOOL,
        "allowPrivilegeEscalation": BOOL,
        "readOnlyRootFilesystem": BOOL,
        "capabilities": {"drop": [STRING], "add": [STRING]},
    },
    "volumeMounts": [{"name": STRING, "mountPath": STRING, "readOnly": BOOL}],
}
POD = {
    "priorityClassName": STRING,
    "serviceAccountName": STRING,
    "hostNetwork": BOOL,
    "dnsPolicy": STRING,
    "nodeSelector": STRINGS,
    "tolerations": [{"key": STRING, "operator": STRING, "effect": STRING}],
    "terminationGracePeriodSeconds": NUMBER,
    "securityContext": {
        "runAsNonRoot": BOOL,
        "runAsUser": NUMBER,
        "runAsGroup": NUMBER,
        "fsGroup": NUMBER,
        "seccompProfile": {"type": STRING},
    },
    "containers": [CONTAINER],
    "volumes": [{"name": STRING, "configMap": {"name": STRING}, "emptyDir": {"medium": STRING}}],
}
HEAD = {"apiVersion": STRING, "kind": STRING, "metadata": META}
SCHEMAS = {
    ("v1", "ServiceAccount"): HEAD,
    ("v1", "ConfigMap"): dict(HEAD, data=STRINGS),
    ("rbac.authorization.k8s.io/v1", "ClusterRole"): dict(
        HEAD, rules=[{"apiGroups": [STRING], "resources": [STRING], "verbs": [STRING]}]
    ),
    ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding"): dict(
        HEAD,
        roleRef={"apiGroup": STRING, "kind": STRING, "name": STRING},
        subjects=[{"kind": STRING, "name": STRING, "namespace": STRING}],
    ),
    ("apps/v1", "DaemonSet"): dict(
        HEAD,
        spec={
            "selector": {"matchLabels": STRINGS},
            "updateStrategy": {"type": STRING, "rollingUpdate": {"maxUnavailable": STRING}},
            "template": {"metadata": META, "spec": POD},
        },
    ),
    ("kustomize.config.k8s.io/v1beta1", "Kustomization"): {
        "apiVersion": STRING,
        "kind": STRING,
        "namespace": STRING,
        "resources": [STRING],
        "images": [{"name": STRING, "newTag": STRING}],
        "patches": [{"path": STRING}],
    },
}

failures = []


def complain(text):
    failures.append(text)
    print("manifests: " + text)


def check(value, schema, path):
    if isinstance(schema, dict):
        if not isinstance(value, dict):
            return complain("%s is no object" % path)
        for key, inner in value.items():
            if key not in schema and "*" not in schema:
                complain("%s has no field %s" % (path, key))
            else:
                check(inner, schema.get(key, schema.get("*")), "%s.%s" % (path, key))
    elif isinstance(schema, list):
        if not isinstance(value, list):
            return complain("%s is no list" % path)
        for i, inner in enumerate(value):
            check(inner, schema[0], "%s[%d]" % (path, i))
    elif type(value) is not schema:
        complain("%s is %r, which is no %s" % (path, value, schema.__name__))
    return None


def documents(name):
    with open(os.path.join(WHERE, name), encoding="utf-8") as file:
        return [(name, one) for one in yaml.safe_load_all(file) if one]


def all_objects():
    objects = []
    for folder, _, names in os.walk(WHERE):
        for name in sorted(names):
            if name.endswith(".yaml"):
                objects += documents(os.path.relpath(os.path.join(folder, name), WHERE))
    return objects


def find(kind, name="kube-nftproxy"):
    found = [one for where, one in all_objects() if one["kind"] == kind and "/" not in where
             and one["metadata"]["name"] == name]
    return found[0]


def check_promises():
    pod = find("DaemonSet")["spec"]["template"]["spec"]
    container = pod["containers"][0]
    rights = container["securityContext"]
    promises = {
        "privileged": rights["privileged"] is False,
        "capabilities": rights["capabilities"] == {"drop": ["ALL"], "add": ["NET_ADMIN"]},
        "a read-only root": rights["readOnlyRootFilesystem"] is True,
        "not root": pod["securityContext"]["runAsNonRoot"] is True and pod["securityContext"]["runAsUser"] > 0,
        "the priority class": pod["priorityClassName"] == "system-node-critical",
        "every taint": {"operator": "Exists"} in pod["tolerations"],
        "the host's network": pod["hostNetwork"] is True,
        "the account": pod["serviceAccountName"] == find("ServiceAccount")["metadata"]["name"],
        "no directory of the host": all("hostPath" not in volume for volume in pod["volumes"]),
        "volumes": {m["name"] for m in container["volumeMounts"]} == {v["name"] for v in pod["volumes"]},
        "the ConfigMap": pod["volumes"][0]["configMap"]["name"] == find("ConfigMap")["metadata"]["name"],
        "the labels": find("DaemonSet")["spec"]["selector"]["matchLabels"]
        == find("DaemonSet")["spec"]["template"]["metadata"]["labels"],
    }
    for name, kept in promises.items():
        if not kept:
            complain("the DaemonSet breaks a promise: " + name)


def check_configuration():
    """What is in the ConfigMap is read by the program without a word."""
    program = os.path.join(os.environ.get("top_builddir", TOP), "src/daemon/kube-nftproxy")
    if not os.access(program, os.X_OK):
        print("manifests: %s is not built, the configuration was not read" % program)
        return
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "config.conf")
        with open(path, "w", encoding="utf-8") as file:
            file.write(find("ConfigMap")["data"]["config.conf"])
        done = subprocess.run([program, "--config", path, "--write-config-to", os.path.join(directory, "out")],
                              capture_output=True, text=True, check=False)
    if done.returncode != 0 or re.search(r"level=(warn|error)", done.stderr):
        complain("the program does not like the configuration: " + done.stderr)
    yaml.safe_load(find("ConfigMap")["data"]["kubeconfig.conf"])


def main():
    for name, one in all_objects():
        schema = SCHEMAS.get((one.get("apiVersion"), one.get("kind")))
        if not schema:
            complain("%s: %s of %s is not known here" % (name, one.get("kind"), one.get("apiVersion")))
        else:
            check(one, schema, "%s: %s" % (name, one["kind"]))
    for name in ("kustomization.yaml", "kubeadm/kustomization.yaml"):
        folder = os.path.dirname(os.path.join(WHERE, name))
        one = documents(name)[0][1]
        for path in one["resources"] + [patch["path"] for patch in one.get("patches", [])]:
            if not os.path.exists(os.path.join(folder, path)):
                complain("%s names %s, which is not there" % (name, path))
    check_promises()
    check_configuration()
    print("manifests: %s" % ("ok" if not failures else "%d complaints" % len(failures)))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
