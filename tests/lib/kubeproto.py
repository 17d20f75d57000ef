#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Kubernetes' protobuf encoding of Services, EndpointSlices, Nodes, ServiceCIDRs, their lists, events and Status.

encode(kind, object) and so on take objects as in JSON and write what an API server writes, byte for byte, which
running this file proves on recorded answers: kubeproto.py FOLDER. It knows nothing of the C decoder's tables.
"""
import calendar
import json
import sys
import time

MAGIC = b"k8s\0"

# (JSON name, number, type, how often): "1" always written, "?" if it is there, "*" list, "m" map of strings.
MESSAGES = {
    "ListMeta": [("selfLink", 1, "s", "1"), ("resourceVersion", 2, "s", "1"), ("continue", 3, "s", "1"),
                 ("remainingItemCount", 4, "i", "?")],
    "ObjectMeta": [("name", 1, "s", "1"), ("generateName", 2, "s", "1"), ("namespace", 3, "s", "1"),
                   ("selfLink", 4, "s", "1"), ("uid", 5, "s", "1"), ("resourceVersion", 6, "s", "1"),
                   ("generation", 7, "i", "1"), ("creationTimestamp", 8, "time", "1"),
                   ("deletionTimestamp", 9, "time", "?"), ("deletionGracePeriodSeconds", 10, "i", "?"),
                   ("labels", 11, "s", "m"), ("annotations", 12, "s", "m"),
                   ("ownerReferences", 13, "OwnerReference", "*"), ("finalizers", 14, "s", "*"),
                   ("managedFields", 17, "ManagedFieldsEntry", "*")],
    "OwnerReference": [("kind", 1, "s", "1"), ("name", 3, "s", "1"), ("uid", 4, "s", "1"),
                       ("apiVersion", 5, "s", "1"), ("controller", 6, "b", "?"),
                       ("blockOwnerDeletion", 7, "b", "?")],
    "ManagedFieldsEntry": [("manager", 1, "s", "1"), ("operation", 2, "s", "1"), ("apiVersion", 3, "s", "1"),
                           ("time", 4, "time", "?"), ("fieldsType", 6, "s", "1"), ("fieldsV1", 7, "json", "?"),
                           ("subresource", 8, "s", "1")],
    "Condition": [("type", 1, "s", "1"), ("status", 2, "s", "1"), ("observedGeneration", 3, "i", "1"),
                  ("lastTransitionTime", 4, "time", "1"), ("reason", 5, "s", "1"), ("message", 6, "s", "1")],
    "Service": [("metadata", 1, "ObjectMeta", "1"), ("spec", 2, "ServiceSpec", "1"),
                ("status", 3, "ServiceStatus", "1")],
    "ServiceSpec": [("ports", 1, "ServicePort", "*"), ("selector", 2, "s", "m"), ("clusterIP", 3, "s", "1"),
                    ("type", 4, "s", "1"), ("externalIPs", 5, "s", "*"), ("sessionAffinity", 7, "s", "1"),
                    ("loadBalancerIP", 8, "s", "1"), ("loadBalancerSourceRanges", 9, "s", "*"),
                    ("externalName", 10, "s", "1"), ("externalTrafficPolicy", 11, "s", "1"),
                    ("healthCheckNodePort", 12, "i", "1"), ("publishNotReadyAddresses", 13, "b", "1"),
                    ("sessionAffinityConfig", 14, "SessionAffinityConfig", "?"), ("ipFamilyPolicy", 17, "s", "?"),
                    ("clusterIPs", 18, "s", "*"), ("ipFamilies", 19, "s", "*"),
                    ("allocateLoadBalancerNodePorts", 20, "b", "?"), ("loadBalancerClass", 21, "s", "?"),
                    ("internalTrafficPolicy", 22, "s", "?"), ("trafficDistribution", 23, "s", "?")],
    "ServicePort": [("name", 1, "s", "1"), ("protocol", 2, "s", "1"), ("port", 3, "i", "1"),
                    ("targetPort", 4, "int-or-string", "1"), ("nodePort", 5, "i", "1"),
                    ("appProtocol", 6, "s", "?")],
    "SessionAffinityConfig": [("clientIP", 1, "ClientIPConfig", "?")],
    "ClientIPConfig": [("timeoutSeconds", 1, "i", "?")],
    "ServiceStatus": [("loadBalancer", 1, "LoadBalancerStatus", "1"), ("conditions", 2, "Condition", "*")],
    "LoadBalancerStatus": [("ingress", 1, "LoadBalancerIngress", "*")],
    "LoadBalancerIngress": [("ip", 1, "s", "1"), ("hostname", 2, "s", "1"), ("ipMode", 3, "s", "?"),
                            ("ports", 4, "PortStatus", "*")],
    "PortStatus": [("port", 1, "i", "1"), ("protocol", 2, "s", "1"), ("error", 3, "s", "?")],
    "EndpointSlice": [("metadata", 1, "ObjectMeta", "1"), ("endpoints", 2, "Endpoint", "*"),
                      ("ports", 3, "EndpointPort", "*"), ("addressType", 4, "s", "1")],
    "Endpoint": [("addresses", 1, "s", "*"), ("conditions", 2, "EndpointConditions", "1"), ("hostname", 3, "s", "?"),
                 ("targetRef", 4, "ObjectReference", "?"), ("deprecatedTopology", 5, "s", "m"),
                 ("nodeName", 6, "s", "?"), ("zone", 7, "s", "?"), ("hints", 8, "EndpointHints", "?")],
    "EndpointConditions": [("ready", 1, "b", "?"), ("serving", 2, "b", "?"), ("terminating", 3, "b", "?")],
    "ObjectReference": [("kind", 1, "s", "1"), ("namespace", 2, "s", "1"), ("name", 3, "s", "1"),
                        ("uid", 4, "s", "1"), ("apiVersion", 5, "s", "1"), ("resourceVersion", 6, "s", "1"),
                        ("fieldPath", 7, "s", "1")],
    "EndpointHints": [("forZones", 1, "Named", "*"), ("forNodes", 2, "Named", "*")],
    "Named": [("name", 1, "s", "1")],
    "EndpointPort": [("name", 1, "s", "?"), ("protocol", 2, "s", "?"), ("port", 3, "i", "?"),
                     ("appProtocol", 4, "s", "?")],
    "Node": [("metadata", 1, "ObjectMeta", "1"), ("spec", 2, "NodeSpec", "1"), ("status", 3, "NodeStatus", "1")],
    "NodeSpec": [("podCIDR", 1, "s", "1"), ("externalID", 2, "s", "1"), ("providerID", 3, "s", "1"),
                 ("unschedulable", 4, "b", "1"), ("taints", 5, "Taint", "*"), ("podCIDRs", 7, "s", "*")],
    "Taint": [("key", 1, "s", "1"), ("value", 2, "s", "1"), ("effect", 3, "s", "1"), ("timeAdded", 4, "time", "?")],
    # Shortened: nobody here has capacities, images or volumes.
    "NodeStatus": [("phase", 3, "s", "1"), ("conditions", 4, "NodeCondition", "*"), ("addresses", 5, "NodeAddress", "*"),
                   ("daemonEndpoints", 6, "NodeDaemonEndpoints", "1"), ("nodeInfo", 7, "NodeSystemInfo", "1")],
    "NodeCondition": [("type", 1, "s", "1"), ("status", 2, "s", "1"), ("lastHeartbeatTime", 3, "time", "1"),
                      ("lastTransitionTime", 4, "time", "1"), ("reason", 5, "s", "1"), ("message", 6, "s", "1")],
    "NodeAddress": [("type", 1, "s", "1"), ("address", 2, "s", "1")],
    "NodeDaemonEndpoints": [("kubeletEndpoint", 1, "DaemonEndpoint", "1")],
    "DaemonEndpoint": [("Port", 1, "i", "1")],
    "NodeSystemInfo": [(name, number, "s", "1") for number, name in enumerate(
        ("machineID", "systemUUID", "bootID", "kernelVersion", "osImage", "containerRuntimeVersion",
         "kubeletVersion", "kubeProxyVersion", "operatingSystem", "architecture"), 1)],
    "ServiceCIDR": [("metadata", 1, "ObjectMeta", "1"), ("spec", 2, "ServiceCIDRSpec", "1"),
                    ("status", 3, "ServiceCIDRStatus", "1")],
    "ServiceCIDRSpec": [("cidrs", 1, "s", "*")],
    "ServiceCIDRStatus": [("conditions", 1, "Condition", "*")],
    "Status": [("metadata", 1, "ListMeta", "1"), ("status", 2, "s", "1"), ("message", 3, "s", "1"),
               ("reason", 4, "s", "1"), ("details", 5, "StatusDetails", "?"), ("code", 6, "i", "1")],
    "StatusDetails": [("name", 1, "s", "1"), ("group", 2, "s", "1"), ("kind", 3, "s", "1"),
                      ("causes", 4, "StatusCause", "*"), ("retryAfterSeconds", 5, "i", "1"), ("uid", 6, "s", "1")],
    "StatusCause": [("reason", 1, "s", "1"), ("message", 2, "s", "1"), ("field", 3, "s", "1")],
}


def varint(number):
    number &= (1 << 64) - 1
    out = bytearray()
    while number > 0x7f:
        out.append(number & 0x7f | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def number_field(no, value):
    return varint(no << 3) + varint(int(value))


def bytes_field(no, value):
    return varint(no << 3 | 2) + varint(len(value)) + value


def encode_time(text):
    """The zero time is an empty message."""
    if not text:
        return b""
    return number_field(1, calendar.timegm(time.strptime(text, "%Y-%m-%dT%H:%M:%SZ"))) + number_field(2, 0)


def encode_int_or_string(value):
    text = value if isinstance(value, str) else ""
    return (number_field(1, bool(text)) + number_field(2, 0 if text else value or 0) +
            bytes_field(3, text.encode()))


def encode_value(no, kind, value):
    # A value of a wrong type, which no server writes.
    if kind == "s" and isinstance(value, int):
        return number_field(no, value)
    if kind == "i" and isinstance(value, str):
        return bytes_field(no, value.encode())
    if kind == "s":
        return bytes_field(no, (value or "").encode())
    if kind in ("i", "b"):
        return number_field(no, value or 0)
    if kind == "time":
        return bytes_field(no, encode_time(value))
    if kind == "int-or-string":
        return bytes_field(no, encode_int_or_string(value))
    if kind == "json":
        return bytes_field(no, bytes_field(1, json.dumps(value, separators=(",", ":")).encode()))
    return bytes_field(no, encode(kind, value or {}))


def encode(kind, obj):
    """A message without its envelope."""
    out = []
    for name, no, of, often in MESSAGES[kind]:
        value = obj.get(name)
        if often == "1" or often == "?" and value is not None:
            out.append(encode_value(no, of, value))
        elif often == "*":
            out += [encode_value(no, of, element) for element in value or ()]
        elif often == "m":
            out += [bytes_field(no, bytes_field(1, key.encode()) + encode_value(2, of, value[key]))
                    for key in sorted(value or ())]
    return b"".join(out)


def envelope(kind, api_version, raw):
    type_meta = bytes_field(1, api_version.encode()) + bytes_field(2, kind.encode())
    return (MAGIC + bytes_field(1, type_meta) + bytes_field(2, raw) + bytes_field(3, b"") + bytes_field(4, b""))


def encode_list(kind, api_version, metadata, items):
    """Items are encoded messages."""
    raw = bytes_field(1, encode("ListMeta", metadata)) + b"".join(bytes_field(2, item) for item in items)
    return envelope(kind, api_version, raw)


def encode_event(change, whole):
    """A frame of a watch about an object in its envelope."""
    event = bytes_field(1, change.encode()) + bytes_field(2, bytes_field(1, whole))
    return len(event).to_bytes(4, "big") + event


def read_body(path):
    with open(path, "rb") as file:
        head, body = file.read().split(b"\r\n\r\n", 1)
    if b"Transfer-Encoding: chunked" not in head:
        return body
    out = []
    while True:
        size, body = body.split(b"\r\n", 1)
        if int(size, 16) == 0:
            return b"".join(out)
        out.append(body[:int(size, 16)])
        body = body[int(size, 16) + 2:]


def main():
    """The recorded answers in JSON, encoded, are those in protobuf."""
    folder, bad = sys.argv[1], 0
    for json_name, name in (("46j-json-services-list", "46-protobuf-services-list"),
                            ("47j-json-eps-list", "47-protobuf-eps-list"),
                            ("48j-json-servicecidrs-list", "48-protobuf-servicecidrs-list"),
                            ("48bj-json-node-list", "48b-protobuf-node-list")):
        objects = json.loads(read_body("%s/%s.http" % (folder, json_name)))
        items = [encode(objects["kind"][:-4], item) for item in objects["items"]]
        ours = encode_list(objects["kind"], objects["apiVersion"], objects["metadata"], items)
        if ours != read_body("%s/%s.http" % (folder, name)):
            print("%s: not what a server writes" % name)
            bad = 1
    ours = b"".join(encode_event(event["type"], envelope(event["object"]["kind"], event["object"]["apiVersion"],
                                                         encode(event["object"]["kind"], event["object"])))
                    for event in map(json.loads, read_body("%s/51j-json-eps-watch.http" % folder).splitlines()))
    if ours != read_body("%s/51-protobuf-eps-watch.http" % folder):
        print("51-protobuf-eps-watch: not what a server writes")
        bad = 1
    return bad


if __name__ == "__main__":
    sys.exit(main())
