# SPDX-License-Identifier: GPL-2.0-or-later
"""The same Services as manifests and as rulesets of other layouts, for packets.py; one family and one protocol."""
import hashlib
import ipaddress
import json
import os
import re
import subprocess

NODE = "node-0"
PORT, TARGET_PORT, NODE_PORT = 80, 8080, 30080

# Between two parts of a ruleset that are loaded one after the other. As one transaction, 10,000 chains with a map each
# take the kernel three times as long, because it looks for each map in a list of all maps of the transaction. And the
# kernel may need 8 KB for each element until the transaction ends.
NEXT_PART = "# next part\n"
CHAINS_OF_A_PART = SERVICES_OF_A_PART = 2000


def parts(ruleset):
    return ruleset.split(NEXT_PART)


def in_parts(dump):
    """Our dump, with at most so many Services in a part; a comment is before each Service."""
    head, *services = re.split(r"^(?=# Service )", dump, flags=re.M)
    blocks = ["".join(services[i:i + SERVICES_OF_A_PART]) for i in range(0, len(services), SERVICES_OF_A_PART)]
    return NEXT_PART.join([head + "".join(blocks[:1]), *blocks[1:]])


class Network:
    """The addresses of one family."""

    def __init__(self, family, node, server, gateway, client, pods, pod, first_endpoint, services, first_service,
                 outside, unknown):
        self.family, self.node, self.server, self.gateway, self.client = family, node, server, gateway, client
        self.pods, self.outside, self.unknown, self.pod, self.services = pods, outside, unknown, pod, services
        self.first_endpoint = ipaddress.ip_address(first_endpoint)
        self.first_service = ipaddress.ip_address(first_service)
        self.table = "ip" if family == 4 else "ip6"
        self.type = "ipv4_addr" if family == 4 else "ipv6_addr"
        self.length = 24 if family == 4 else 64

    def endpoint(self, number):
        return str(self.first_endpoint + number)

    def service(self, number):
        return str(self.first_service + number)


NETWORKS = {
    4: Network(4, node="172.16.0.1", server="172.16.0.2", gateway="172.16.1.1", client="172.16.1.2",
               pods="10.128.0.0/10", pod="10.128.0.2", first_endpoint="10.129.0.1", services="10.96.0.0/12",
               first_service="10.96.0.10", outside="198.18.0.1", unknown="203.0.113.9"),
    6: Network(6, node="fd00:16::1", server="fd00:16::2", gateway="fd00:17::1", client="fd00:17::2",
               pods="fd00:128::/32", pod="fd00:128::2", first_endpoint="fd00:128:1::1", services="fd00:96::/108",
               first_service="fd00:96::10", outside="2001:db8:1::1", unknown="2001:db8:9::9"),
}


class Cluster:
    """Services with one port and as many endpoints each; the first one has a node port."""

    def __init__(self, family, protocol, n_services, n_endpoints):
        self.network, self.protocol = NETWORKS[family], protocol
        self.n_services, self.n_endpoints = n_services, n_endpoints

    def endpoints(self, service):
        return [self.network.endpoint(service * self.n_endpoints + i) for i in range(self.n_endpoints)]


def service_objects(cluster, i):
    network, protocol = cluster.network, cluster.protocol.upper()
    name, address = "service-%d" % i, network.service(i)
    port = {"protocol": protocol, "port": PORT, "targetPort": TARGET_PORT}
    if i == 0:
        port["nodePort"] = NODE_PORT
    family = "IPv%d" % network.family
    yield {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": "bench"},
           "spec": {"type": "NodePort" if i == 0 else "ClusterIP", "clusterIP": address, "clusterIPs": [address],
                    "ipFamilies": [family], "ports": [port]}}
    yield {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": family,
           "metadata": {"name": name, "namespace": "bench", "labels": {"kubernetes.io/service-name": name}},
           "ports": [{"name": "", "protocol": protocol, "port": TARGET_PORT}],
           "endpoints": [{"addresses": [a], "conditions": {"ready": True}} for a in cluster.endpoints(i)]}


def ours(cluster, program, directory):
    """What our program prints for these Services."""
    items = [{"apiVersion": "v1", "kind": "Node", "metadata": {"name": NODE},
              "status": {"addresses": [{"type": "InternalIP", "address": cluster.network.node}]}},
             {"apiVersion": "networking.k8s.io/v1", "kind": "ServiceCIDR", "metadata": {"name": "kubernetes"},
              "spec": {"cidrs": [cluster.network.services]}}]
    for i in range(cluster.n_services):
        items += service_objects(cluster, i)
    path = os.path.join(directory, "manifests.json")
    with open(path, "w") as file:
        json.dump({"apiVersion": "v1", "kind": "List", "items": items}, file)
    done = subprocess.run([program, "--dry-run", "--manifests", path, "--hostname-override", NODE, "--cluster-cidr",
                           cluster.network.pods], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        raise SystemExit("packets: %s --dry-run: %s" % (program, done.stderr.strip()))
    return in_parts(done.stdout)


def bare(cluster):
    """Connection tracking alone; a rule asks for it, else the kernel does not do it."""
    return ("table %s bare { chain forward { type filter hook forward priority 0; ct state invalid drop; }; }\n"
            % cluster.network.table)


def static(cluster):
    """One rule that translates to one endpoint."""
    rule = "%s dport %d dnat to %s" % (cluster.protocol, PORT, ("%s:%d" if cluster.network.family == 4 else "[%s]:%d")
                                       % (cluster.network.endpoint(0), TARGET_PORT))
    return "table %s static {\n%s}\n" % (cluster.network.table, "".join(
        "chain %s { type nat hook %s priority -100; %s; }\n" % (hook, hook, rule) for hook in ("prerouting", "output")))


# The base chains and the chains that all Services share, as kube-proxy 1.36 writes them.
KUBE_PROXY = """
chain filter-prerouting-pre-dnat { type filter hook prerouting priority -110; ct state new jump firewall-check; }
chain filter-output-pre-dnat { type filter hook output priority -110; ct state new jump firewall-check; }
chain filter-input {
	type filter hook input priority 0
	ct state new jump nodeport-endpoints-check
	ct state new jump service-endpoints-check
}
chain filter-forward {
	type filter hook forward priority 0
	ct state new jump service-endpoints-check
	ct state new jump cluster-ips-check
}
chain filter-output {
	type filter hook output priority 0
	ct state new jump service-endpoints-check
	ct state new jump cluster-ips-check
}
chain nat-prerouting { type nat hook prerouting priority -100; jump services; }
chain nat-output { type nat hook output priority -100; jump services; }
chain nat-postrouting { type nat hook postrouting priority 100; jump masquerading; }
chain nodeport-endpoints-check { IP daddr @nodeport-ips meta l4proto . th dport vmap @no-endpoint-nodeports; }
chain service-endpoints-check { IP daddr . meta l4proto . th dport vmap @no-endpoint-services; }
chain firewall-check { IP daddr . meta l4proto . th dport vmap @firewall-ips; }
chain services {
	IP daddr @cluster-ips IP saddr != PODS meta mark set meta mark or 0x4000
	IP daddr . meta l4proto . th dport vmap @service-ips
	IP daddr @nodeport-ips meta l4proto . th dport vmap @service-nodeports
}
chain masquerading {
	meta mark and 0x4000 != 0 meta mark set meta mark xor 0x4000 masquerade fully-random
	ct status dnat IP saddr . IP daddr . meta l4proto . th dport @hairpin-connections masquerade fully-random
}
chain cluster-ips-check { IP daddr @cluster-ips reject; }
chain reject-chain { reject; }
"""


def kube_proxy_chain(cluster, i):
    digest = hashlib.sha256(b"%d" % i).hexdigest()[:8].upper()
    return "service-%s-bench/service-%d/%s/" % (digest, i, cluster.protocol)


def kube_proxy(cluster):
    """A chain for each Service with a map of its own, and verdict maps by front end; no Service has local endpoints."""
    network, frontend = cluster.network, "%s . inet_proto . inet_service" % cluster.network.type
    numbers = range(cluster.n_services)
    chains = ["chain %s { meta l4proto %s dnat %s to numgen random mod %d map { %s }; }\n" % (
        kube_proxy_chain(cluster, i), cluster.protocol, network.table, cluster.n_endpoints,
        ", ".join("%d : %s . %d" % (n, a, TARGET_PORT) for n, a in enumerate(cluster.endpoints(i)))) for i in numbers]
    external = kube_proxy_chain(cluster, 0).replace("service-", "external-", 1)
    chains.append("chain %s { meta mark set meta mark or 0x4000; goto %s; }\n"
                  % (external, kube_proxy_chain(cluster, 0)))
    sets = ["set cluster-ips { type %s; elements = { %s }; }\n" % (network.type, ", ".join(map(network.service, numbers))),
            "set nodeport-ips { type %s; elements = { %s }; }\n" % (network.type, network.node),
            "set hairpin-connections { type %s . %s; }\n" % (network.type, frontend),
            "map firewall-ips { type %s : verdict; }\n" % frontend,
            "map no-endpoint-services { type %s : verdict; }\n" % frontend,
            "map no-endpoint-nodeports { type inet_proto . inet_service : verdict; }\n",
            "map service-ips { type %s : verdict; elements = { %s }; }\n" % (frontend, ", ".join(
                "%s . %s . %d : goto %s" % (network.service(i), cluster.protocol, PORT, kube_proxy_chain(cluster, i))
                for i in numbers)),
            "map service-nodeports { type inet_proto . inet_service : verdict; elements = { %s . %d : goto %s }; }\n"
            % (cluster.protocol, NODE_PORT, external)]
    shared = KUBE_PROXY.replace("IP ", network.table + " ").replace("PODS", network.pods)
    blocks = ["".join(chains[i:i + CHAINS_OF_A_PART]) for i in range(0, len(chains), CHAINS_OF_A_PART)]
    return NEXT_PART.join("table %s kube-proxy {\n%s}\n" % (network.table, block)
                          for block in (*blocks, "".join(sets) + shared))
