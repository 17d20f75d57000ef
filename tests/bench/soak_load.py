# SPDX-License-Identifier: GPL-2.0-or-later
"""What a soak has beside the changes: another program's commits, clients of session affinity, expensive Services."""
import copy
import subprocess

import elements

FLOODED_IP = "10.127.255.3"
FLOODED_TIMEOUT_S = 30
MONSTER_IP = "10.127.255.4"
CLIENTS_FROM = "100.64.0.1"
FAULT_S = 40  # the longest fault of the API server, and what the program then waits


def quietly(*command):
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


class Neighbours:
    """Processes that are ended with the soak."""

    def __init__(self):
        self.processes = []
        self.foreign = None

    def start(self, *command):
        self.processes.append(subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True))
        return self.processes[-1]

    def network(self):
        """A way for packets to endpoints, at whose end nothing answers."""
        end = self.start("unshare", "-n", "sh", "-c", "echo; exec sleep 1000000")
        end.stdout.readline()
        quietly("ip", "link", "add", "pods", "type", "veth", "peer", "name", "node", "netns", str(end.pid))
        quietly("nsenter", "-t", str(end.pid), "-n", "ip", "link", "set", "node", "up")
        quietly("ip", "link", "set", "pods", "up", "arp", "off")
        quietly("ip", "route", "add", "default", "dev", "pods")

    def commits(self, program, per_second):
        self.foreign = self.start(program, str(per_second))

    def clients(self, program, per_second, n):
        return self.start(program, "flood", str(per_second), "udp", FLOODED_IP, "80", "--from", CLIENTS_FROM,
                          "-n", str(min(n, 1000000)))

    def end_commits(self):
        """What the other program says of itself, or None if there was none."""
        if not self.foreign:
            return None
        self.foreign.terminate()
        said, _ = self.foreign.communicate()
        return said.strip()

    def stop(self):
        for process in self.processes:
            process.kill()
            process.wait()


class Flooded:
    """The Service that the clients ask; one of its endpoints is replaced now and then."""

    def __init__(self, template, n_endpoints):
        self.service, self.endpoints = (copy.deepcopy(obj) for obj in template[:2])
        for obj in (self.service, self.endpoints):
            obj["metadata"]["name"] = "flooded"
            obj["metadata"].pop("uid", None)
        self.service["spec"].update(
            clusterIP=FLOODED_IP, clusterIPs=[FLOODED_IP], sessionAffinity="ClientIP",
            sessionAffinityConfig={"clientIP": {"timeoutSeconds": FLOODED_TIMEOUT_S}},
            ports=[{"name": "http", "protocol": "UDP", "port": 80, "targetPort": 8080}])
        self.endpoints["metadata"]["labels"] = {"kubernetes.io/service-name": "flooded"}
        self.endpoints["ports"] = [{"name": "http", "protocol": "UDP", "port": 8080}]
        del self.endpoints["endpoints"][n_endpoints:]


class Monsters:
    """One expensive Service after the other: it appears, is there for half of the time, and goes."""

    KINDS = (  # name, ports, external IPs, endpoints, whether it is served
        ("40,000 front ends", 100, 400, 0, True),
        ("200,000 front ends", 400, 500, 0, False),
        ("4,000 ports x 10 endpoints", 4000, 0, 10, True),
        ("400 front ends x 250 endpoints", 4, 100, 250, True),
    )

    def __init__(self, server, delays, every_s, program, control):
        self.server, self.delays, self.every_s = server, delays, every_s
        self.program, self.control = program, control
        self.n, self.at = 0, every_s / 4
        self.objects = self.key = self.change = None
        self.versions = []
        self.limit = 0.0
        self.bad, self.met = [], {}

    def make(self, kind):
        _, n_ports, n_ips, n_endpoints, _ = kind
        name = "monster-%d" % self.n
        ports = [{"name": "p%d" % i, "protocol": "TCP", "port": i + 1, "targetPort": 8080} for i in range(n_ports)]
        service = {"kind": "Service", "apiVersion": "v1", "metadata": {"name": name, "namespace": "monsters"},
                   "spec": {"type": "ClusterIP", "clusterIP": MONSTER_IP, "clusterIPs": [MONSTER_IP], "ports": ports,
                            "externalIPs": ["198.18.%d.%d" % (i // 250, i % 250 + 1) for i in range(n_ips)]}}
        endpoints = {"kind": "EndpointSlice", "apiVersion": "discovery.k8s.io/v1",
                     "metadata": {"name": name + "-1", "namespace": "monsters",
                                  "labels": {"kubernetes.io/service-name": name}},
                     "addressType": "IPv4", "ports": [{"name": port["name"], "protocol": "TCP", "port": 8080} for port in ports],
                     "endpoints": [{"addresses": ["10.199.%d.%d" % (i // 250, i % 250 + 1)], "conditions": {"ready": True}}
                                   for i in range(n_endpoints)]}
        return service, endpoints

    def go_on(self, now):
        """To be called often; NOW is in seconds."""
        if now < self.at:
            return
        if not self.objects:
            self.come(self.KINDS[self.n % len(self.KINDS)])
            self.at = now + self.every_s / 2
            self.limit = now + self.every_s / 2 + FAULT_S
        elif now < self.limit and self.state():
            self.at = now + 1  # the server may have a fault
        elif self.state() and not self.delays.sent.all_were_sent(self.versions):
            self.at, self.limit = now + 5, now + 10  # the program does not know it yet
        else:
            self.go()
            self.at = now + self.every_s / 2

    def come(self, kind):
        self.objects = self.make(kind)
        self.key = ("services", elements.frontend_key(MONSTER_IP, "TCP", kind[1]))
        self.change = self.delays.expect("monster", self.key, True, late=True) if kind[4] else None
        # The slice first: rules for the Service without endpoints are not made in between.
        self.versions = [("endpointslices", self.server.put(self.objects[1])), ("services", self.server.put(self.objects[0]))]
        if self.change:
            self.change.versions += self.versions
        self.met[kind[0]] = self.met.get(kind[0], 0) + 1

    def state(self):
        """What is wrong with the one that is there; None: nothing."""
        name, _, _, _, served = self.KINDS[self.n % len(self.KINDS)]
        said = subprocess.run([self.program, "status", "--control-socket", self.control], stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True).stdout
        there, refused = self.delays.has(self.key), "monsters/monster-%d" % self.n in said
        if there == served and refused != served:
            return None
        return "%s (monster-%d): %s in the kernel, %s by status" % (
            name, self.n, "is" if there else "is not", "refused" if refused else "not refused")

    def go(self, judge=True):
        wrong = judge and self.state()
        if wrong:
            self.bad.append(wrong)
        if self.change:
            self.delays.forget(self.change)
        change = self.delays.expect("monster", self.key, None, late=True) if self.delays.has(self.key) else None
        version = self.server.delete("services", self.objects[0])
        self.server.delete("endpointslices", self.objects[1])
        if change:
            change.versions.append(("services", version))
        self.objects = None
        self.n += 1

    def end(self):
        """The last one goes, too. It may have come during a fault, so that the program does not know it yet."""
        if self.objects:
            self.go(judge=self.delays.sent.all_were_sent(self.versions))
