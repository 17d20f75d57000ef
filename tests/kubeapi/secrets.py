# SPDX-License-Identifier: GPL-2.0-or-later
"""No secret is shown: secrets.py APISERVER FOLLOW DAEMON

The daemon itself (a dry run), and the client that follows, print all they can while they use each kind of secret and
meet each kind of failure. In what they print there is none of the secrets, in no form in which they are used.
"""
import base64
import concurrent.futures
import os
import subprocess
import sys
import tempfile
import types

from follow import Case, Failed, LIMIT_S, PKI, check, make_pki

DAEMON = sys.argv[3]
TOKEN, FILE_TOKEN, PASSWORD, PROXY_PASSWORD, URL_PASSWORD = (
    "hush-token-5b1f", "hush-file-77c0", "hush-password-e2", "hush-proxy-90aa", "hush-url-41d3")


def secrets():
    """Everything that must not be seen."""
    words = ["hush", TOKEN, FILE_TOKEN, PASSWORD, PROXY_PASSWORD, URL_PASSWORD]
    words += [base64.b64encode(text.encode()).decode().rstrip("=")
              for text in (TOKEN, FILE_TOKEN, PASSWORD, "me:" + PASSWORD, "me:" + PROXY_PASSWORD,
                           "me:" + URL_PASSWORD)]
    with open(PKI["client.key"]) as file:
        words += [line for line in file.read().splitlines() if "---" not in line]
    words.append(PKI["client.key.b64"][:60])
    words.append(PKI["client.key.b64"][-30:])
    return words


def look(what, text):
    for word in secrets():
        at = text.find(word)
        check(at < 0, "%s: %r is shown: %r" % (what, word, text[max(at - 80, 0):at + 80]))
    return text


def daemon(case, what, kubeconfig, expected, environment=None):
    env = {k: v for k, v in os.environ.items() if "proxy" not in k.lower() and not k.startswith("KUBE")}
    env.update(environment or {})
    done = subprocess.run([DAEMON, "--dry-run", "-v", "9", "--hostname-override", "node-0", "--kubeconfig",
                           kubeconfig], env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=LIMIT_S, text=True, errors="replace")
    text = look(what, done.stdout)
    check(expected in text, "%s: nothing says %r: %s" % (what, expected, text[-400:]))
    # A secret that is not read shows nothing, either: debug lines prove that the run came so far.
    check(done.returncode == 0 or "error" in text, "%s: exit status %d" % (what, done.returncode))


def users(case):
    """Each kind of identity, as a kubeconfig has it."""
    case.file("token", FILE_TOKEN + "\n")
    case.file("client.key", open(PKI["client.key"]).read())
    return {"token": {"token": TOKEN}, "token file": {"tokenFile": "token"},
            "basic": {"username": "me", "password": PASSWORD},
            "certificate": {"client-certificate": PKI["client.crt"], "client-key": "client.key"},
            "inline certificate": {"client-certificate-data": PKI["client.crt.b64"],
                                   "client-key-data": PKI["client.key.b64"]}}


ACCEPTED = ["--token", TOKEN, "--token", FILE_TOKEN, "--basic", "me:" + PASSWORD]


def good_runs(case):
    server = case.server(*ACCEPTED, "--client-ca", PKI["ca.crt"])
    for kind, user in users(case).items():
        daemon(case, kind, case.kubeconfig(server, user), "table ip kube-nftproxy")
    check(len({r["user"] for r in server.requests()}) == 4, "users %r" % {r["user"] for r in server.requests()})


def refused(case):
    server = case.server("--token", "another")
    for kind, user in users(case).items():
        daemon(case, kind + ", 401", case.kubeconfig(server, user), "401")


def unreachable(case):
    server = case.server(*ACCEPTED)
    server.post("stop")
    for kind, user in users(case).items():
        daemon(case, kind + ", unreachable", case.kubeconfig(server, user), "onnect")


def other_authority(case):
    server = case.server(*ACCEPTED)
    for kind, user in users(case).items():
        daemon(case, kind + ", TLS", case.kubeconfig(server, user, **{"certificate-authority": PKI["other.crt"]}),
               "certificate")


def proxies(case):
    """Of the kubeconfig and of the environment: one that works, refuses, is not there, or is no URL."""
    server = case.server(*ACCEPTED)
    # Loopback would be reached without the environment's proxy. Only a proxy knows the name.
    named = types.SimpleNamespace(url=server.url.replace("127.0.0.1", "api.test"))
    good, bad = case.proxy(), case.proxy(refuses=True)
    user = {"token": TOKEN}
    for address, expected in (("@" + good.address, "table ip kube-nftproxy"), ("@" + bad.address, "407"),
                              ("@127.0.0.1:1", "onnect"), ("@127.0.0.1:none", "proxy"), ("", "proxy")):
        url = "http://me:%s%s" % (PROXY_PASSWORD, address)
        daemon(case, "proxy-url " + address, case.kubeconfig(server, user, **{"proxy-url": url}), expected)
        daemon(case, "HTTPS_PROXY " + address, case.kubeconfig(named, user), expected, {"HTTPS_PROXY": url})


def broken_files(case):
    """A kubeconfig that is wrong right where a secret stands, and keys that are none."""
    server = case.server(*ACCEPTED)
    good = {"token": TOKEN}
    for kind, user in (("a list", {"token": [TOKEN]}), ("a map", {"password": {PASSWORD: PASSWORD}}),
                       ("no base64", {"client-certificate-data": PKI["client.crt.b64"],
                                      "client-key-data": "!" + PASSWORD}),
                       ("no key", {"client-certificate-data": PKI["client.crt.b64"],
                                   "client-key-data": base64.b64encode(PASSWORD.encode()).decode()}),
                       ("a key alone", {"client-key-data": PKI["client.key.b64"]}),
                       ("a token with a line's end", {"token": TOKEN + "\nX-Other: " + PASSWORD}),
                       ("no such file", {"tokenFile": "nowhere", "password": PASSWORD, "username": "me"})):
        daemon(case, kind, case.kubeconfig(server, user), "")
    text = open(case.kubeconfig(server, good)).read()
    for kind, bad in (("cut off", text[:text.index(TOKEN) + 4]), ("no quote", text.replace(TOKEN + '"', TOKEN)),
                      ("a tab", "users:\n- name: u\n  user:\n\ttoken: %s\n" % TOKEN),
                      ("an alias", "users:\n- name: u\n  user:\n    token: *%s\n" % TOKEN)):
        daemon(case, kind, case.file("broken", bad), "broken:")
    name = "https://me:%s@%s" % (URL_PASSWORD, server.url[len("https://"):])
    for url in (name, name.rsplit(":", 1)[0] + ":1"):
        server.url = url
        daemon(case, "a password in the server's URL", case.kubeconfig(server, good), "server")


def follower(case):
    """For longer: refused, cut off, refreshed, reloaded."""
    accepted = case.file("accepted", FILE_TOKEN)
    case.file("token", FILE_TOKEN + "\n")
    server = case.server("--token", "@" + accepted)
    client = case.client(case.kubeconfig(server, {"tokenFile": "token"}), "--verbose")
    client.ready()
    case.file("accepted", "another")
    server.post("drop")
    client.wait("^degraded .*401", count=2)
    client.process.stdin.write("reload\n")
    client.process.stdin.flush()
    client.wait("^reload: done")
    os.unlink(os.path.join(case.directory, "token"))
    client.wait("^degraded .*token")
    server.post("stop")
    client.wait("^degraded .*onnect")
    look("follower", "\n".join(client.lines))


def run(function, directory):
    os.mkdir(directory)
    case = Case(directory)
    try:
        function(case)
        return None
    except (Failed, subprocess.TimeoutExpired) as error:
        return str(error)
    finally:
        case.close()


def main():
    bad = 0
    with tempfile.TemporaryDirectory(prefix="hidden-") as directory:
        make_pki(directory)
        with concurrent.futures.ThreadPoolExecutor(max_workers=3) as pool:
            jobs = {f.__name__: pool.submit(run, f, os.path.join(directory, f.__name__))
                    for f in (good_runs, refused, unreachable, other_authority, proxies, broken_files, follower)}
            for name, job in jobs.items():
                problem = job.result()
                print("%s %s" % ("not ok" if problem else "ok", name), flush=True)
                if problem:
                    print(problem)
                    bad += 1
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
