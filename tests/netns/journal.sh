#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Under systemd the log goes to the journal, with fields for each line; if the journal is gone, it goes to standard
# error. Rows Y19, Y33.
. "$(dirname "$0")/lib.sh"
steady_wanted=""

mkdir -p /run/systemd/journal
exec {ready}< <(exec python3 -c '
import json, os, socket, struct
server = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
server.bind("/run/systemd/journal/socket")
print("ready", flush=True)
while True:
    data = server.recv(65536)
    entry = {}
    while data:
        line, _, data = data.partition(b"\n")
        key, equals, value = line.partition(b"=")
        if not equals:  # a value with more than one line
            size = struct.unpack("<Q", data[:8])[0]
            value, data = data[8:8 + size], data[9 + size:]
        entry[key.decode()] = value.decode()
    with open("/run/test/journal", "a") as file:
        file.write(json.dumps(entry) + "\n")
' </dev/null)
journal_pid=$!
read -r -t $((20 * ${NETNS_SLOW:-1})) -u "$ready" line || die "no journal"

has() { # has EXPRESSION - some entry, as e
	python3 -c 'import json, sys
sys.exit(not any(eval(sys.argv[1]) for e in map(json.loads, open("/run/test/journal"))))' "$1" 2>/dev/null
}
{ node && service web 1 "http:tcp:80" && slices web "http:tcp:8080" pod1; } | write web.yaml
: >"$daemon_log"
export JOURNAL_STREAM
JOURNAL_STREAM=$(stat -c %d:%i "$daemon_log")
must_start --conntrack-max-per-core 1 --conntrack-min 2000000000 # cannot be written here: a warning
check "entries with message, priority and name" wait_until 50 has 'e["MESSAGE"].startswith("level=info mod=sync msg=\"first sync\"") and e["PRIORITY"] == "6" and e["SYSLOG_IDENTIFIER"] == "kube-nftproxy"'
check "fields" has 'e.get("NFTPROXY_MOD") == "sync" and int(e.get("NFTPROXY_SERVICES", 0)) >= 1 and float(e.get("NFTPROXY_TOTAL_MS", 0)) > 0'
check "a warning's priority" has 'e["PRIORITY"] == "4" and e["NFTPROXY_KEY"].endswith("nf_conntrack_max")'
check "the same message has the same MESSAGE_ID" has 'e["MESSAGE"].startswith("level=info mod=daemon msg=starting ") and len(e["MESSAGE_ID"]) == 32'
stop_daemon
must_start -v 1
{ node && service web 1 "http:tcp:80" && slices web "http:tcp:8080" pod2; } | apply web.yaml
{ node && service web 1 "http:tcp:80" && slices web "http:tcp:8080" pod3; } | apply web.yaml
stop_daemon
check "Y19 sums of syncs, with their fields" has 'e["MESSAGE"].startswith("level=info mod=sync msg=summary ") and int(e["NFTPROXY_SYNCS"]) >= 1 and int(e["NFTPROXY_ADDED"]) >= 1 and float(e["NFTPROXY_LONGEST_MS"]) > 0 and len(e["MESSAGE_ID"]) == 32'
check "nothing is on standard error" test ! -s "$daemon_log"
must_start -v 2
kill -STOP "$journal_pid"
for n in $(seq 30); do
	service "many-$n" "$((20 + n))" ":tcp:80" | write "many-$n.yaml"
	read -r -t 0.03 <>"$work/never"
done
settle # a line is written after its rules, so it is the next change that would wait
check "Y33 a journal that does not read: rules follow the manifests" settle
kill -CONT "$journal_pid"
kill "$journal_pid"
rm /run/systemd/journal/socket
{ node && service web 1 "http:tcp:80" && slices web "http:tcp:8080" pod2; } | apply web.yaml
stop_daemon
check "a journal that is gone: standard error" log_says 'msg="stopping, rules are kept"'
must_start --log-format json
check "JSON, where that is asked for" log_says '^{"ts":"[0-9TZ:.-]*","level":"info","mod":"daemon","msg":"starting"'
stop_daemon
finish
