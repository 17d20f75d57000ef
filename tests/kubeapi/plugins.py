# SPDX-License-Identifier: GPL-2.0-or-later
"""Exec plugins: plugins.py APISERVER FOLLOW DAEMON [SCENARIO...]

Each scenario has a server that wants credentials, a plugin (a shell script that counts its runs) and a client or the
daemon. Whatever is printed on the way holds none of the secrets.
"""
import concurrent.futures
import datetime
import json
import os
import subprocess
import sys
import tempfile
import time
import traceback

from follow import Case, Failed, LIMIT_S, PKI, STATE, check, make_pki

DAEMON = sys.argv[3]
V1, V1BETA1 = ("client.authentication.k8s.io/" + version for version in ("v1", "v1beta1"))
TOKEN, SECOND = "hush-first-token", "hush-second-token"
SYSTEMD = {"NOTIFY_SOCKET": "/nowhere", "LISTEN_PID": "1", "LISTEN_FDS": "1", "LISTEN_FDNAMES": "x", "LISTEN_PIDFDID": "1",
           "WATCHDOG_PID": "1", "WATCHDOG_USEC": "30000000", "FDSTORE": "1", "JOURNAL_STREAM": "8:1"}
SCENARIOS = []


def scenario(function):
    SCENARIOS.append(function)
    return function


def answer(token=TOKEN, version=V1, left_s=None, **status):
    if token:
        status["token"] = token
    if left_s is not None:
        end = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=left_s)
        status["expirationTimestamp"] = end.strftime("%Y-%m-%dT%H:%M:%SZ")
    return json.dumps({"apiVersion": version, "kind": "ExecCredential", "status": status})


def certificate():
    with open(PKI["client.crt"]) as crt, open(PKI["client.key"]) as key:
        return {"clientCertificateData": crt.read(), "clientKeyData": key.read()}


class Plugin:
    """A plugin in the scenario's directory: what it does is said in shell, what it answers stands in a file."""

    def __init__(self, case, body='cat "$here/answer"', text=None, name="plugin"):
        self.case = case
        self.name = name
        self.answer(text or answer())
        self.does(body)

    def does(self, body):
        path = self.case.file(self.name + ".sh", '#!/bin/sh\nhere=%s\necho "$$ $(date +%%s.%%N)" >>"$here/runs"\n%s\n'
                              % (self.case.directory, body))
        os.chmod(path, 0o755)
        os.rename(path, os.path.join(self.case.directory, self.name))

    def answer(self, text):
        self.case.file("answer", text)

    def user(self, **more):
        return {"exec": dict({"apiVersion": V1, "command": "./" + self.name, "interactiveMode": "Never"}, **more)}

    def runs(self):
        """(pid, seconds) of each run that began."""
        try:
            with open(os.path.join(self.case.directory, "runs")) as file:
                return [(int(line.split()[0]), float(line.split()[1])) for line in file]
        except FileNotFoundError:
            return []

    def began(self, count=1):
        until(lambda: len(self.runs()) >= count, "run %d of the plugin" % count)
        return self.runs()[count - 1][0]


def number(case, name):
    """A plugin writes a line with a pid. The file exists a moment before its content."""
    path = os.path.join(case.directory, name)

    def lines():
        if not os.path.exists(path):
            return []
        with open(path) as file:
            return [line for line in file if line.endswith("\n")]
    until(lines, "the number in %s" % name)
    return int(lines()[0])


def until(condition, what):
    limit = time.monotonic() + LIMIT_S
    while not condition():
        if time.monotonic() > limit:
            raise Failed("%s: waited for in vain" % what)
        time.sleep(0.02)


def gone(pid):
    return not os.path.exists("/proc/%d" % pid)


def said(case, client):
    """All that it printed."""
    with client.changed:
        return "\n".join(client.lines)


def look(text):
    with open(PKI["client.key"]) as file:
        words = ["hush"] + [line for line in file.read().splitlines() if "---" not in line]
    for word in words:
        at = text.find(word)
        check(at < 0, "%r is shown: %r" % (word, text[max(at - 80, 0):at + 80]))


def command(client, line):
    client.process.stdin.write(line + "\n")
    client.process.stdin.flush()


def start(case, plugin, *options, server=None, user=None, environment=None, speed=10, **cluster):
    server = server or case.server("--token", TOKEN, *options)
    client = case.client(case.kubeconfig(server, user or plugin.user(), **cluster), "--verbose", speed=speed,
                         environment=environment)
    return server, client


def users(server):
    return {r["user"] for r in server.requests()}


# --- what it is for

@scenario
def token(case):
    """One run serves all requests; the next one comes when the credentials are refused, not before."""
    plugin = Plugin(case)
    server, client = start(case, plugin)
    client.ready()
    client.until(STATE)
    check(users(server) == {"token:" + TOKEN}, "users %r" % users(server))
    server.post("drop")
    command(client, "pass 3600000")
    until(lambda: len(server.requests()) >= 8, "new requests")
    client.until(STATE)
    check(len(plugin.runs()) == 1, "%d runs" % len(plugin.runs()))
    check(client.count("^degraded .*401") == 0, "401")


@scenario
def beta(case):
    """The older version, which has a mode by default; found in PATH."""
    plugin = Plugin(case, text=answer(version=V1BETA1), name="kube-nftproxy-test-plugin")
    user = {"exec": {"apiVersion": V1BETA1, "command": plugin.name}}
    _, client = start(case, plugin, user=user, environment={"PATH": case.directory + ":" + os.environ["PATH"]})
    client.ready()


@scenario
def client_certificate(case):
    plugin = Plugin(case, text=answer(None, **certificate()))
    server = case.server("--client-ca", PKI["ca.crt"])
    _, client = start(case, plugin, server=server)
    client.ready()
    check(users(server) == {"certificate:proxy"}, "users %r" % users(server))


@scenario
def encrypted_key(case):
    """It cannot be used. The credentials in use stay."""
    plugin = Plugin(case, text=answer(None, **certificate()))
    server = case.server("--client-ca", PKI["ca.crt"])
    _, client = start(case, plugin, server=server)
    client.ready()
    for name in ("pkcs8.key", "traditional.key"):
        with open(PKI[name]) as file:
            plugin.answer(answer(None, **dict(certificate(), clientKeyData=file.read())))
        command(client, "reload")
        client.wait("^degraded .*its answer: status.clientKeyData: line 1: the private key is encrypted")
        plugin.answer(answer(None, **certificate()))
        client.until(STATE)
    check(users(server) == {"certificate:proxy"}, "users %r" % users(server))


@scenario
def what_it_is_told(case):
    """Arguments, environment, the cluster; no terminal, no descriptors, no signals of ours, a group of its own."""
    plugin = Plugin(case, 'printf "%s\\n" "$@" >"$here/args"; env >"$here/env"; '
                    # By the shell itself: while it makes another process, it blocks all signals.
                    'while IFS= read -r line; do printf "%s\\n" "$line"; done </proc/$$/status >"$here/status"\n'
                    'ls -l /proc/$$/fd >"$here/fds"; cat >"$here/stdin"; cut -d" " -f5 /proc/$$/stat >"$here/group"\n'
                    'cat "$here/answer"')
    user = plugin.user(args=["get", "", "two words"], provideClusterInfo=True,
                       env=[{"name": "REGION", "value": "moon"}, {"name": "KEEP", "value": ""},
                            {"name": "REGION", "value": "mars"}])
    _, client = start(case, plugin, user=user, environment={"REGION": "earth", "OURS": "1", **SYSTEMD}, **{
        "tls-server-name": "api.test",
        "extensions": [{"name": "other", "extension": 1},
                       {"name": "client.authentication.k8s.io/exec", "extension": {"audience": "a", "n": [1, None]}}]})
    client.ready()

    def read(name):
        with open(os.path.join(case.directory, name)) as file:
            return file.read()
    check(read("args") == "get\n\ntwo words\n", "arguments %r" % read("args"))
    env = dict(line.split("=", 1) for line in read("env").splitlines() if "=" in line)
    check(env["REGION"] == "mars" and env["KEEP"] == "" and env["OURS"] == "1", "environment %r" % env)
    check(read("env").count("REGION=") == 1, "a variable twice")
    # What systemd tells its service is not for others: a plugin could say READY=1 or take the listening sockets.
    check(not set(SYSTEMD) & set(env), "of systemd %r" % sorted(set(SYSTEMD) & set(env)))
    with open(os.path.join(case.directory, "kubeconfig")) as file:
        url = json.load(file)["clusters"][0]["cluster"]["server"]
    check(json.loads(env["KUBERNETES_EXEC_INFO"]) == {
        "apiVersion": V1, "kind": "ExecCredential", "spec": {"interactive": False, "cluster": {
            "server": url, "tls-server-name": "api.test", "certificate-authority-data": PKI["ca.crt.b64"],
            "config": {"audience": "a", "n": [1, None]}}}}, "told %r" % env["KUBERNETES_EXEC_INFO"])
    fds = [line.split(" -> ")[0].split()[-1] for line in read("fds").splitlines() if " -> " in line]
    check(set(fds) <= {"0", "1", "2", "10", "11", "255"}, "descriptors %r" % read("fds"))
    check("0 -> /dev/null" in read("fds") and read("stdin") == "", "standard input")
    status = dict(line.split(":\t", 1) for line in read("status").splitlines() if ":\t" in line)
    # Its own two, 32 and 33, are ignored wherever glibc spawns.
    check(int(status["SigBlk"], 16) == 0 and int(status["SigIgn"], 16) & ~(3 << 31) == 0, "signals %r" % status)
    check(int(read("group")) == plugin.runs()[0][0], "group %s" % read("group"))


@scenario
def not_told(case):
    """Without provideClusterInfo the cluster is none of its business."""
    plugin = Plugin(case, 'printf "%s" "$KUBERNETES_EXEC_INFO" >"$here/info"; cat "$here/answer"')
    _, client = start(case, plugin)
    client.ready()
    with open(os.path.join(case.directory, "info")) as file:
        check(json.load(file)["spec"] == {"interactive": False}, "told more")


@scenario
def expiry(case):
    """New credentials before the old ones end, and only then."""
    plugin = Plugin(case, text=answer(left_s=7200))
    server, client = start(case, plugin)
    client.ready()
    command(client, "pass 3600000")
    server.post("drop")
    until(lambda: len(server.requests()) >= 8, "new requests")
    check(len(plugin.runs()) == 1, "%d runs" % len(plugin.runs()))
    plugin.answer(answer(left_s=7200))
    command(client, "pass 3600000")
    server.post("drop")
    until(lambda: len(server.requests()) >= 12, "new requests")
    client.until(STATE)
    check(len(plugin.runs()) == 2, "%d runs" % len(plugin.runs()))
    check(client.count("^degraded .*401") == 0, "401")


@scenario
def ends_at_once(case):
    """What has ended when it comes is tried all the same: clocks differ."""
    plugin = Plugin(case, text=answer(left_s=-3600))
    _, client = start(case, plugin)
    client.ready()
    client.until(STATE)


@scenario
def refused(case):
    """401: another run, other credentials."""
    accepted = case.file("accepted", TOKEN)
    plugin = Plugin(case)
    server, client = start(case, plugin, server=case.server("--token", "@" + accepted))
    client.ready()
    case.file("accepted", SECOND)
    plugin.answer(answer(SECOND))
    server.post("drop")
    client.wait("^degraded .*401")
    client.wait("^recovered")
    until(lambda: "token:" + SECOND in users(server), "the second token")
    client.until(STATE)
    check(len(plugin.runs()) == 2, "%d runs" % len(plugin.runs()))


@scenario
def refused_again_and_again(case):
    """The plugin is not run more often than the backoff lets it."""
    plugin = Plugin(case)
    _, client = start(case, plugin, server=case.server("--token", "another"))
    plugin.began(5)
    times = [seconds for _, seconds in plugin.runs()]
    for i in range(4):
        gap = times[i + 1] - times[i]
        check(gap > 0.9 * 0.08 * 2 ** i, "run %d comes %.3f s after the one before" % (i + 2, gap))
    check(client.count("^degraded .*401") > 0, "no 401")


# --- what can go wrong

def fails(body, *expected, text=None, **user):
    """A plugin that fails is named with the reason; mended, it serves."""
    def function(case):
        plugin = Plugin(case, body, text)
        _, client = start(case, plugin, user=plugin.user(**user))
        client.wait("^degraded .*exec plugin .*/plugin: ")
        for words in expected:
            client.wait("^degraded .*" + words)
        plugin.answer(answer())
        plugin.does('cat "$here/answer"')
        client.ready()
        client.wait("^recovered")
        client.until(STATE)
    return function


for name, function in {
        "exit_status": fails('cat "$here/answer"; echo "cannot reach\033[31m the login service" >&2; exit 1',
                             r"exit status 1: cannot reach \[31m the login service; tried again in"),
        "signal": fails('cat "$here/answer"; kill -9 $$', r"killed by signal 9 \(SIGKILL\)"),
        "flood_of_output": fails('while :; do echo %s; done' % (TOKEN * 50), "more than 1048576 bytes"),
        "garbage": fails('cat "$here/answer"', "its answer: not JSON", text="token: " + TOKEN),
        "cut_off": fails('cat "$here/answer"', "its answer: not JSON", text=answer()[:-1]),
        "silent": fails('true', "its answer: empty"),
        "other_version": fails('cat "$here/answer"', "its answer: apiVersion: not client.authentication.k8s.io/v1,",
                               text=answer(version=V1BETA1)),
        "half_a_pair": fails('cat "$here/answer"', "clientKeyData: one is missing",
                             text=json.dumps({"apiVersion": V1, "kind": "ExecCredential",
                                              "status": {"clientKeyData": "hush"}})),
        "header_lines": fails('cat "$here/answer"', "status.token: contains blanks", text=answer(TOKEN + "\r\nX: hush")),
}.items():
    function.__name__ = name
    scenario(function)


@scenario
def flood_of_errors(case):
    """Standard error is read and thrown away, but for its end."""
    plugin = Plugin(case, 'head -c 20000000 /dev/zero | tr "\\0" x >&2; echo the end >&2; cat "$here/answer"; exit 3')
    _, client = start(case, plugin, speed=1)
    client.wait("^degraded .*exit status 3: .*xxxthe end")
    plugin.does('head -c 2000000 /dev/zero | tr "\\0" x >&2; cat "$here/answer"')
    client.ready()


@scenario
def hangs(case):
    """Meanwhile we live; after 30 s it does not."""
    plugin = Plugin(case, "sleep 1000 & echo $! >$here/sleeper; wait")
    # The clock stands still, so it does not matter how fast the machine is.
    _, client = start(case, plugin, speed=0)
    pid = plugin.began()
    sleeper = number(case, "sleeper")
    check(client.dump() == [], "something came")
    command(client, "pass 29999")
    client.dump()  # Timers are looked at between two dumps.
    check(client.dump() == [] and not gone(pid), "it is gone too early")
    plugin.does('cat "$here/answer"')
    command(client, "pass 1")
    client.wait("^degraded .*still running after 30 s, killed")
    until(lambda: gone(pid) and gone(sleeper), "the end of its processes")
    command(client, "speed 10")
    client.ready()
    check(client.count("silent") == 0, "silence of the server")


@scenario
def hangs_for_a_write(case):
    """Nothing else waits for it, and a timer comes in between: it is killed all the same."""
    plugin = Plugin(case, text=answer(left_s=40))
    server, client = start(case, plugin)
    client.ready()
    plugin.does("exec sleep 1000")
    command(client, "pass 40000")
    command(client, "write")
    client.wait("^write: there are no credentials yet$")
    pid = plugin.began(2)
    command(client, "timer")
    until(lambda: gone(pid), "the end of its process")
    client.dump()  # so that all is printed that happened together with it
    check(client.count("^degraded") == 0, "a stream ran into its deadline first")
    plugin.does('cat "$here/answer"')
    command(client, "write")
    client.wait("^degraded .*exec plugin .*: still running after 30 s, killed")


@scenario
def grandchild(case):
    """What it leaves behind, the pipe open, is not waited for."""
    plugin = Plugin(case, 'sleep 1000 & echo $! >"$here/sleeper"; cat "$here/answer"')
    server, client = start(case, plugin, speed=1)
    client.ready()
    sleeper = number(case, "sleeper")
    until(lambda: gone(sleeper), "the end of the sleeper")
    plugin = Plugin(case, 'setsid sleep 1000 & echo $! >"$here/sleeper2"; sleep 0.2; cat "$here/answer"')
    before = len(server.requests())
    command(client, "reload")
    client.wait("^reload: done")
    sleeper = number(case, "sleeper2")
    until(lambda: len(server.requests()) > before, "a request with the new credentials")
    client.until(STATE)
    os.kill(sleeper, 9)  # a daemon of its own is its own business


@scenario
def stopped(case):
    """Who goes takes it along."""
    plugin = Plugin(case, "exec sleep 1000")
    _, client = start(case, plugin, speed=1)
    pid = plugin.began()
    client.close()
    check(gone(pid), "it is still there")


@scenario
def reloaded(case):
    """SIGHUP while it hangs: the new one counts."""
    plugin = Plugin(case, "exec sleep 1000")
    server, client = start(case, plugin, speed=1)
    pid = plugin.began()
    plugin.does('cat "$here/answer"')
    command(client, "reload")
    client.wait("^reload: done")
    client.ready()
    check(gone(pid), "the old one is still there")
    case.kubeconfig(server, {"token": TOKEN})
    command(client, "reload")
    client.wait("^reload: done", count=2)
    client.until(STATE)
    check(len(plugin.runs()) == 2, "%d runs" % len(plugin.runs()))


@scenario
def missing(case):
    plugin = Plugin(case)
    user = plugin.user(command="no-such-kube-nftproxy-plugin", installHint="get it at\nthe shop")
    server, client = start(case, plugin, user=user)
    client.wait("^degraded .*exec plugin no-such-kube-nftproxy-plugin: not found: get it at the shop; tried")
    os.chmod(os.path.join(case.directory, "plugin"), 0o644)
    case.kubeconfig(server, plugin.user(installHint="hint"))
    command(client, "reload")
    client.wait("^degraded .*/plugin: Permission denied; tried")
    os.chmod(os.path.join(case.directory, "plugin"), 0o755)
    client.ready()


@scenario
def nothing_leaks(case):
    """A hundred failed runs leave no descriptor, no memory and no zombie."""
    plugin = Plugin(case, 'cat "$here/answer"; echo no >&2; exit 1')
    server, client = start(case, plugin, speed=1000)

    def usage(count):
        command(client, "usage")
        line = client.lines[client.wait("^usage ", count=count) - 1]
        return [int(word) for word in line.split()[1:]]
    plugin.began(10)
    first = usage(1)
    plugin.began(60)
    second = usage(2)
    # One may be running right now: two pipes and a pidfd, and a megabyte for what it says.
    check(second[0] - first[0] <= 3 and second[1] - first[1] < 1200000, "usage %r, then %r" % (first, second))
    children = subprocess.run(["ps", "-o", "stat=", "--ppid", str(client.process.pid)], stdout=subprocess.PIPE,
                              text=True).stdout.split()
    check(len(children) <= 1, "children %r" % children)


def dry_run(case, user, server, expected, status, prefix=()):
    env = {k: v for k, v in os.environ.items() if "proxy" not in k.lower() and not k.startswith("KUBE")}
    done = subprocess.run([*prefix, DAEMON, "--dry-run", "-v", "9", "--hostname-override", "node-0", "--kubeconfig",
                           case.kubeconfig(server, user)], env=env, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=LIMIT_S, text=True)
    look(done.stdout)
    check(expected in done.stdout, "nothing says %r: %s" % (expected, done.stdout[-500:]))
    check((done.returncode == 0) == status, "exit status %d" % done.returncode)


@scenario
def daemon(case):
    """The daemon itself, once."""
    plugin = Plugin(case)
    server = case.server("--token", TOKEN, "--client-ca", PKI["ca.crt"])
    dry_run(case, plugin.user(), server, "table ip kube-nftproxy", True)
    plugin.answer(answer(None, **certificate()))
    dry_run(case, plugin.user(), server, "table ip kube-nftproxy", True)
    plugin.answer(answer("hush-unknown"))
    dry_run(case, plugin.user(), server, "401", False)
    dry_run(case, plugin.user(env=[{"name": "SECRET", "value": "hush"}], args=["hush"], command="./nowhere"),
            server, "/nowhere: not found", False)
    plugin.does('cat "$here/answer"; exit 7')
    dry_run(case, plugin.user(), server, "exit status 7", False)
    dry_run(case, plugin.user(interactiveMode="Always"), server, "exec.interactiveMode: Always: needs", False)
    dry_run(case, plugin.user(args=[{"hush": "hush"}]), server, "exec.args[0]: expected a string", False)


@scenario
def capabilities(case):
    """Those that the daemon is given, as its unit does, are not passed on."""
    if os.geteuid():
        return print("ok capabilities # skipped: not root")
    plugin = Plugin(case, 'cp /proc/$$/status "$here/status"; cat "$here/answer"')
    # Without the privileges that come with the user's name.
    prefix = ["setpriv", "--securebits", "+noroot", "--inh-caps", "+net_admin", "--ambient-caps", "+net_admin"]
    seen = subprocess.run(prefix + ["grep", "CapEff", "/proc/self/status"], stdout=subprocess.PIPE, text=True).stdout
    check(int(seen.split()[1], 16) == 1 << 12, "what is given is %r" % seen)
    dry_run(case, plugin.user(), case.server("--token", TOKEN), "table ip kube-nftproxy", True, prefix)
    with open(os.path.join(case.directory, "status")) as file:
        status = dict(line.split(":\t", 1) for line in file if ":\t" in line)
    check(int(status["CapEff"], 16) == 0 and int(status["CapPrm"], 16) == 0, "capabilities %r" % status)


def run(function, directory):
    os.mkdir(directory)
    case = Case(directory)
    problem = None
    try:
        function(case)
    except Exception as error:  # whatever it is, it is told
        problem = str(error) if isinstance(error, Failed) else traceback.format_exc()
    text = "\n".join("\n".join(thing.lines) for thing in case.things if hasattr(thing, "lines"))
    try:
        case.close()
        look(text)
    except Exception as error:
        problem = (problem or "") + "\nat the end: %s" % error
    return problem + "\n--- the client's lines\n" + text[-6000:] if problem else None


def main():
    wanted = sys.argv[4:]
    bad = 0
    with tempfile.TemporaryDirectory(prefix="plugins-") as directory:
        make_pki(directory)
        with concurrent.futures.ThreadPoolExecutor(max_workers=4) as pool:
            jobs = {f.__name__: pool.submit(run, f, os.path.join(directory, f.__name__))
                    for f in SCENARIOS if not wanted or f.__name__ in wanted}
            for name, job in jobs.items():
                problem = job.result()
                print("%s %s" % ("not ok" if problem else "ok", name), flush=True)
                if problem:
                    print(problem)
                    bad += 1
    print("%d scenarios, %d failed" % (len(jobs), bad))
    return 1 if bad or not jobs else 0


if __name__ == "__main__":
    sys.exit(main())
