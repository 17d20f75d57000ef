# SPDX-License-Identifier: GPL-2.0-or-later
"""A cluster to measure with: the objects of tests/lib/apiserver.py, as files, and as a ruleset of another layout."""
import importlib.util
import json
import os


class Objects:
    """Collects what the API server's generator makes, so that all sources hold the same objects."""

    def __init__(self, apiserver, n_services, n_endpoints):
        spec = importlib.util.spec_from_file_location("apiserver", apiserver)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        self.list = []
        module.generate(self, n_services, n_endpoints)

    def put(self, obj, bulk=False):
        assert bulk
        self.list.append(obj)

    def slice_of(self, index):
        """The EndpointSlice of Service INDEX: the generator makes pairs, the Node comes last."""
        return self.list[2 * index + 1]


def yaml_lines(value, indent, out):
    """Block style, as kubectl prints it."""
    pad = "  " * indent
    if isinstance(value, dict):
        for key, item in value.items():
            if isinstance(item, (dict, list)) and item:
                out.append("%s%s:\n" % (pad, key))
                # A list stands in its key's column.
                yaml_lines(item, indent if isinstance(item, list) else indent + 1, out)
            else:
                out.append("%s%s: %s\n" % (pad, key, json.dumps(item)))
        return
    for item in value:
        if isinstance(item, dict):
            start = len(out)
            yaml_lines(item, indent + 1, out)
            out[start] = pad + "- " + out[start][len(pad) + 2:]
        else:
            out.append("%s- %s\n" % (pad, json.dumps(item)))


def write_json(objects, path):
    with open(path, "w") as file:
        json.dump({"apiVersion": "v1", "kind": "List", "items": objects.list}, file)


def write_yaml(objects, path):
    with open(path, "w") as file:
        for obj in objects.list:
            out = ["---\n"]
            yaml_lines(obj, 0, out)
            file.writelines(out)


def write_directory(objects, directory):
    """A file for each namespace, which is a hundred Services, and one for each slice that changes."""
    files = {}
    for obj in objects.list:
        files.setdefault(obj["metadata"].get("namespace", "node"), []).append(obj)
    os.mkdir(directory)
    for name, items in files.items():
        with open(os.path.join(directory, name + ".json"), "w") as file:
            json.dump({"apiVersion": "v1", "kind": "List", "items": items}, file)


def chain_per_service(objects):
    """The layout with chains for each Service and each endpoint, for comparison, as text for nft -f."""
    text = ["table ip per-service {\n\tmap services {\n\t\ttype ipv4_addr . inet_proto . inet_service : verdict\n\t}\n"
            "\tset hairpin {\n\t\ttype ipv4_addr . ipv4_addr . inet_proto . inet_service\n\t}\n}\n"]
    elements = []
    for i in range(len(objects.list) // 2):
        service, pods = objects.list[2 * i], objects.slice_of(i)["endpoints"]
        addresses = [pod["addresses"][0] for pod in pods]
        for address in addresses:
            text.append("add chain ip per-service endpoint-%d-%s\n" % (i, address))
        text.append(service_chain(i, addresses))
        for address in addresses:
            text.append(endpoint_rules(i, address))
        elements.append("%s . tcp . 80 : goto service-%d" % (service["spec"]["clusterIP"], i))
    text.append("add element ip per-service services { %s }\n" % ",\n".join(elements))
    text.append("add chain ip per-service prerouting { type nat hook prerouting priority -100; }\n"
                "add rule ip per-service prerouting ip daddr . meta l4proto . th dport vmap @services\n")
    return "".join(text)


def service_chain(i, addresses):
    return ("add chain ip per-service service-%d\nadd rule ip per-service service-%d numgen random mod %d vmap { %s }\n"
            % (i, i, len(addresses), ", ".join("%d : goto endpoint-%d-%s" % (n, i, address)
                                               for n, address in enumerate(addresses))))


def endpoint_rules(i, address):
    return ("add rule ip per-service endpoint-%d-%s ip saddr %s meta mark set mark or 0x4000\n"
            "add rule ip per-service endpoint-%d-%s meta l4proto tcp dnat to %s:8080\n"
            % (i, address, address, i, address, address))


def replace_in_chain(i, addresses, old, new):
    """One endpoint replaced in that layout."""
    after = [new if address == old else address for address in addresses]
    return ("add chain ip per-service endpoint-%d-%s\n" % (i, new) + endpoint_rules(i, new) +
            "flush chain ip per-service service-%d\n" % i + service_chain(i, after) +
            "delete chain ip per-service endpoint-%d-%s\n" % (i, old))
