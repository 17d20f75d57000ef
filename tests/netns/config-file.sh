#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# kube-proxy's configuration file, and how its fields change what the daemon does. Rows X1 to X3, X5 to X8, X10, X12,
# X15, X17, D5, C14, C15, H12, Y17.
. "$(dirname "$0")/lib.sh"

command -v curl >/dev/null || { echo "skipped: curl is not installed"; exit 77; }
steady_wanted="" # a family goes and comes
config=$work/etc/config.conf
mkdir -p "$work/etc/..one" "$work/etc/..two"
default_daemon_args=(--state-dir "") # the file says the rest
daemon_source=(--config "$config")

config() { # config [LINE...]
	printf '%s\n' "apiVersion: kubeproxy.config.k8s.io/v1alpha1" "kind: KubeProxyConfiguration" \
		"clusterCIDR: $cluster_cidr" "kubeNftproxy: {manifests: $manifests, ownTables: false}" "$@"
}
sysctl_is() { # sysctl_is NAME VALUE
	[ "$(in_ns node cat "/proc/sys/net/netfilter/$1")" = "$2" ]
}
configz() { # configz EXPRESSION - of what it says as c
	in_ns node curl -s --max-time 5 http://127.0.0.1:10249/configz | python3 -c '
import json, sys
c = json.load(sys.stdin)["kubeproxy.config.k8s.io"]
sys.exit(not eval(sys.argv[1]))' "$1"
}

{
	node
	service web 1 "http:tcp:80:30080"
	slices web "http:tcp:8080" pod1
	service checked 2 "http:tcp:80:30081" "type: LoadBalancer" "externalTrafficPolicy: Local" "healthCheckNodePort: 31000"
	slices checked "http:tcp:8080" pod1
} | write web.yaml
conntrack_max=$(cat /proc/sys/net/netfilter/nf_conntrack_max)
config "mode: iptables" "conntrack: {tcpEstablishedTimeout: 7m, udpTimeout: 11s, maxPerCore: 1000, min: $((conntrack_max + 1))}" \
	"featureGates: {Other: true}" "hostnameOverride: elsewhere" >"$config"
must_start --cluster-cidr 10.0.0.0/8
answers() { expect_answer "X1 X5 what the file says is served" client tcp "$(vip 1)" 80 pod1; }
for family in ${NETNS_FAMILIES:-4 6}; do answers; done
check "X3 another mode is told of" log_says 'level=warn .*proxy mode not supported, using nftables" mode=iptables'
check "X12 what has no effect is told of" log_says 'level=warn .*settings without effect here" names=featureGates.Other'
check "X1 a flag beside the file is told of" log_says 'level=warn .*flags are ignored beside a configuration file" names=--cluster-cidr'
check "X10 --hostname-override counts more" log_says "msg=starting .*node=$node_name"
check "C15 a time-out of connection tracking" sysctl_is nf_conntrack_tcp_timeout_established 420
check "C15 another one" sysctl_is nf_conntrack_udp_timeout 11
check "C15 one that is by default" sysctl_is nf_conntrack_tcp_timeout_close_wait 3600
# The size of conntrack's table is a setting of the whole machine: it cannot be written in another network namespace.
check "C14 the size cannot be written here: told, with its name and value" log_says \
	'level=warn .*cannot write a kernel setting" key=/proc/sys/net/netfilter/nf_conntrack_max wanted='$((conntrack_max + 1))' '
config "conntrack: {udpTimeout: 13s, maxPerCore: 1000, min: $((conntrack_max - 1))}" >"$work/etc/lower.yaml"
in_ns node "$DAEMON" --config "$work/etc/lower.yaml" --init-only 2>"$work/err"
check "C14 the size is not lowered" grep -q "msg=\"kernel settings written\"" "$work/err"
refute "C14 and nothing is said of it" grep -q nf_conntrack_max "$work/err"
in_ns node sh -c 'echo 11 >/proc/sys/net/netfilter/nf_conntrack_udp_timeout'
check "H12 /configz is what was read" configz 'c["kind"] == "KubeProxyConfiguration" and c["conntrack"]["udpTimeout"] == "11s" and c["hostnameOverride"] == "this-node"'
check "X15 /configz has what was left open, too" configz 'c["nftables"]["syncPeriod"] == "30s" and c["metricsBindAddress"] == "127.0.0.1:10249"'

# X2. Writing the same file again is no change, and neither is another content with the same effect.
anew() { [ "$(grep -c 'msg="starting anew with another configuration"' "$daemon_log")" = "$1" ]; } # anew TIMES
masquerade_all() { configz "c['nftables']['masqueradeAll'] == $1"; }
replace() { config "$@" >"$work/etc/new" && mv "$work/etc/new" "$config"; } # replace LINE...
same="conntrack: {udpTimeout: 11s}"
stop_daemon
replace "$same"
must_start
cp "$config" "$work/etc/new" && mv "$work/etc/new" "$config"
sleep 0.5
replace "$same" "mode: iptables" "featureGates: {Some: true}"
check "X2 another content with the same effect is told of" wait_until 50 log_says 'msg="the configuration file has changed, with the same settings" file=.*config.conf'
check "X2 and so are its fields without effect" log_says 'names=featureGates.Some'
refute "X2 and nothing is executed" log_says "executing this program anew"

# A broken file is named once, and the old settings stay.
refusals() { grep -c 'level=warn .*msg="the configuration file has changed and cannot be used, the old settings stay in force"' "$daemon_log"; }
refused() { [ "$(refusals)" = "$1" ]; }
metric_is() { [ "$(in_ns node curl -s --max-time 5 http://127.0.0.1:10249/metrics | awk '$1 == "kube_nftproxy_config_refused" {print $2}')" = "$1" ]; }
status_says() { in_ns node "$DAEMON" status --control-socket "$work/control" | tr -s ' \n' ' ' | grep -q "$1"; }
stop_daemon
must_start --control-socket "$work/control"
check "X2 no problem: the metric is 0" metric_is 0
refute "X2 no problem: status says nothing" status_says "Settings"
replace "$same" "nftables: {syncPeriod: soon}"
check "X2 a broken file is named, with field and reason" wait_until 50 log_says \
	'cannot be used, the old settings stay in force" err=".*config.conf: nftables.syncPeriod: \\"soon\\" is not a duration'
touch "$config"
cp "$config" "$work/etc/new" && mv "$work/etc/new" "$config"
sleep 0.5
check "X2 only once" refused 1
check "X2 a metric says so" metric_is 1
check "X2 and so does status" status_says "Settings refused .* ago; those before the change are in force .*nftables.syncPeriod"
in_ns node "$DAEMON" status --output json --control-socket "$work/control" >"$work/status.json"
check "X2 JSON has the form of its schema" json_fits status "$work/status.json"
check "X2 as JSON" json_holds s "$work/status.json" '"nftables.syncPeriod" in s["configProblem"] and s["configProblemSecondsAgo"] >= 0'
check "X2 the old settings are in force" masquerade_all False
replace "$same" "kubeNftproxy: {manifests: $work/none, ownTables: false}"
check "X2 manifests that do not exist: named" wait_until 50 log_says 'config.conf: kubeNftproxy.manifests: .*/none: No such file'
replace "$same" "kubeNftproxy: {manifests: \"-\", ownTables: false}"
check "X2 manifests from standard input: named" wait_until 50 log_says 'config.conf: kubeNftproxy.manifests: standard input was read'
replace "$same" "kubeNftproxy: {ownTables: false}" "clientConnection: {kubeconfig: $work/none}"
check "X2 a kubeconfig that does not exist: named" wait_until 50 log_says 'config.conf: clientConnection.kubeconfig: .*/none: No such file'
n=$(refusals)
kill -HUP "$daemon_pid"
check "X2 SIGHUP has it named again" wait_until 50 refused $((n + 1))
rm "$config"
mkdir "$config"
check "X2 a file that cannot be read: named" wait_until 50 log_says 'config.conf: Is a directory'
rmdir "$config"
replace "$same"
check "X2 the old content again" wait_until 50 log_says 'the configuration file can be used again, with the settings in force'
check "X2 and the metric is 0" metric_is 0
rm "$config"
mkfifo "$config"
check "X2 a pipe: named" wait_until 50 log_says 'config.conf: is no regular file'
check "X2 and nothing waits for it" metric_is 1
rm "$config"
replace "$same"
check "X2 the old content once more" wait_until 50 metric_is 0
# A single manifest that is broken would end a start. It is read to its end in turns of the loop, which answers meanwhile.
{
	cat "$manifests/web.yaml"
	for n in {1..20000}; do
		printf -- '---\nkind: Service\napiVersion: v1\nmetadata: {name: s%d, namespace: many}\nspec: {clusterIP: None, ports: [{port: 80}]}\n' "$n"
	done
	echo "a: b: c"
} >"$work/one.yaml"
echo "$daemon_pid" >"$work/pid"
: >"$work/livez"
nsenter --net=/run/netns/node -- python3 "$netns_here/livez.py" "$work/pid" 0.002 >"$work/livez" &
livez=$!
wait_until 300 [ -s "$work/livez" ] || die "/livez is not asked"
replace "$same" "kubeNftproxy: {manifests: $work/one.yaml, ownTables: false}"
check "X2 a single manifest that cannot be read: named" wait_until 100 log_says 'config.conf: kubeNftproxy.manifests: .*/one.yaml: line'
kill $livez
wait $livez
read -r longest_ms _ <<<"$(tail -1 "$work/livez")"
check "X2 a single manifest that is large: the loop answers while it is read ($longest_ms ms)" test "$longest_ms" -lt $((200 * ${NETNS_SLOW:-1}))
replace "$same"
check "X2 and the old content" wait_until 50 metric_is 0
# It is checked once more when it is due: what it names may have gone meanwhile.
cp -r "$manifests" "$work/later"
replace "$same" "kubeNftproxy: {manifests: $work/later, ownTables: false}"
check "X2 a good file that is due later" wait_until 50 log_says 'starting anew with it" file=.*config.conf wait_ms=[1-9][0-9][0-9]'
rm -r "$work/later"
check "X2 what it names has gone when it is due: named" wait_until 80 log_says 'config.conf: kubeNftproxy.manifests: .*/later: No such file'
replace "$same"
check "X2 and the old content once more" wait_until 50 metric_is 0
check "X2 all that in one execution" anew 0

# Another good file: the process executes itself anew, in place. Connections and health checks go on meanwhile.
pid=$daemon_pid
inodes() { in_ns node ss -Htlne "sport = :$1" | grep -o 'ino:[0-9]*' | sort; }
before=$(inodes 10256) before_metrics=$(inodes 10249)
ask_health() { # ask_health URL FILE - the daemon's answers to a new connection each, until $work/health.end exists
	until [ -e "$work/health.end" ]; do
		in_ns node curl -s --max-time 5 -o /dev/null -w '%{http_code} %{time_total}\n' "$1" || echo "failed $?"
	done >"$2"
}
ask_health http://127.0.0.1:10256/livez "$work/health" &
health_pid=$!
ask_health "http://$(family=4 addr node):31000/" "$work/health-service" &
health_service_pid=$!
watch_rules() { # whether the tables were ever missing, until $work/health.end exists
	until [ -e "$work/health.end" ]; do
		in_ns node nft list chain ip kube-nftproxy translated >/dev/null 2>&1 || echo missing
		in_ns node nft list chain ip6 kube-nftproxy translated >/dev/null 2>&1 || echo missing
	done >"$work/missing"
}
watch_rules &
rules_pid=$!
rate_start tcp client 500 tcp "$(family=4 vip 1)" 80 tcp "$(family=6 vip 1)" 80 \
	tcp "$(family=4 addr node)" 30080 tcp "$(family=6 addr node)" 30080
replace "$same" "nftables: {masqueradeAll: true}"
check "X2 a good file: executed anew" wait_until 100 anew 1
check "X2 and it is in force" wait_until 50 masquerade_all True
check "X2 the same process" test "$(cat "/proc/$pid/comm") $(tr '\0' ' ' <"/proc/$pid/cmdline" | cut -d' ' -f1)" = "kube-nftproxy $DAEMON"
check "X2 the delay was said, and is at most five seconds" log_says 'has changed, starting anew with it" file=.*config.conf wait_ms=[0-4]?[0-9]?[0-9]?[0-9]$'
# Two changes within seconds, of which the second comes before the first is executed, and one that is taken back.
replace "$same" "nftables: {masqueradeAll: false}"
sleep 0.3
replace "$same" "nftables: {syncPeriod: 29s, masqueradeAll: true}"
check "X2 two changes in a row: executed anew" wait_until 100 anew 2
check "X2 with the last one" wait_until 50 configz 'c["nftables"]["syncPeriod"] == "29s" and c["nftables"]["masqueradeAll"]'
replace "$same"
check "X2 and once more" wait_until 100 anew 3
check "X2 with that" wait_until 50 configz 'c["nftables"]["syncPeriod"] == "30s" and not c["nftables"]["masqueradeAll"]'
log_forget
replace "$same" "nftables: {masqueradeAll: true}"
sleep 0.3
replace "$same" "nftables: {masqueradeAll: perhaps}"
check "X2 good, then broken before it is executed: named" wait_until 50 log_says 'nftables.masqueradeAll: .*cannot be used|nftables.masqueradeAll'
sleep 5.2
check "X2 and not executed" anew 3
replace "$same"
check "X2 the old content again" wait_until 50 log_says 'can be used again, with the settings in force'
# Between the reading of a good file and its execution, and in the moment of the execution, the file may be gone.
log_forget
replace "$same" "nftables: {syncPeriod: 28s}"
wait_until 50 log_says 'starting anew with it' || die "the file is not read"
rm "$config"

check "X2 good, then removed before it is executed: executed" wait_until 100 anew 4
check "X2 and in force" wait_until 50 configz 'c["nftables"]["syncPeriod"] == "28s"'
replace "$same"
check "X2 and the next content is found" wait_until 100 anew 5
check "X2 and in force, too" wait_until 50 configz 'c["nftables"]["syncPeriod"] == "30s"'

replace "$same" "nftables: {masqueradeAll: true}"
sleep 0.2
kill -HUP "$daemon_pid"
check "X2 SIGHUP executes it without delay" wait_until 15 anew 6
check "X2 and it is in force" wait_until 50 masquerade_all True
: >"$work/health.end"
wait $health_pid $health_service_pid $rules_pid
rate_end tcp "X2 connections while it is executed anew" pod1
check "X2 the tables were there all the time" test ! -s "$work/missing"
check "X2 no health check was refused" test -s "$work/health" -a -z "$(grep -v '^200 ' "$work/health")"
check "X2 nor one of a health check node port" test -s "$work/health-service" -a -z "$(grep -v '^200 ' "$work/health-service")"
echo "    # slowest health check: $(sort -k2 -n "$work/health" | tail -n 1) of $(wc -l <"$work/health")"
check "X2 the listening sockets are the same" test "$(inodes 10256) $(inodes 10249)" = "$before $before_metrics"
check "X2 and so is the process" test "$daemon_pid" = "$pid" -a -d "/proc/$pid"
check "X2 changes of manifests are followed" settle
# Another address on the same port: the socket in the way is closed.
replace "$same" 'metricsBindAddress: "0.0.0.0:10249"'
check "X8 X2 another address on the same port" wait_until 100 in_ns client curl -s --max-time 5 -o /dev/null http://172.18.0.10:10249/metrics
refute "X8 X2 at the first try" log_says "cannot listen"
descriptors() { find "/proc/$daemon_pid/fd" -type l | wc -l; }
settle
sleep 1 # what is opened after a start is open
n=$(descriptors)
replace "$same" 'metricsBindAddress: "0.0.0.0:10249"' "nftables: {syncPeriod: 31s}"
check "X2 once more" wait_until 100 configz 'c["nftables"]["syncPeriod"] == "31s"'
settle
no_more() { [ "$(descriptors)" -le "$n" ]; } # a connection of the test itself may not be closed yet
check "X2 no descriptor is left over" wait_until 50 no_more
refute "X2 a second daemon does not start" in_ns node timeout 10 "$DAEMON" --config "$config" --hostname-override other 2>"$work/err"
check "X2 because there is this one" grep -q "another kube-nftproxy is running" "$work/err"
check "X2 SIGTERM ends it well" stop_daemon

# As a ConfigMap is mounted: a link to a link, of which one is replaced.
config >"$work/etc/..one/config.conf"
config "nftables: {masqueradeAll: true}" >"$work/etc/..two/config.conf"
ln -s ..one "$work/etc/..data"
ln -sf ..data/config.conf "$config"
must_start
pid=$daemon_pid
ln -s ..two "$work/etc/..data_tmp"
mv -T "$work/etc/..data_tmp" "$work/etc/..data"
check "X2 a ConfigMap's link is replaced: executed anew" wait_until 100 masquerade_all True
config >"$work/etc/..one/config.conf"
ln -s ..one "$work/etc/..data_tmp"
mv -T "$work/etc/..data_tmp" "$work/etc/..data"
check "X2 and again" wait_until 100 masquerade_all False
config "nftables: {masqueradeAll: true}" >"$config"
check "X2 written in its place" wait_until 100 masquerade_all True
stop_daemon
rm "$config"

# D5, X7: the bind address replaces the Node's address of its family.
in_ns node ip address add 172.18.0.77/24 dev eth0
config "bindAddress: 172.18.0.77" >"$config"
must_start
settle
if [[ " ${NETNS_FAMILIES:-4 6} " = *" 4 "* ]]; then
	family=4
	expect_answer "D5 node ports are served on it" client tcp 172.18.0.77 30080 pod1
	expect_refused "D5 and not on the Node's own" client tcp "$(addr node)" 30080
fi
if [[ " ${NETNS_FAMILIES:-4 6} " = *" 6 "* ]]; then
	family=6
	expect_answer "D5 the other family is as it was" client tcp "$(addr node)" 30080 pod1
fi
stop_daemon
config 'bindAddress: "::"' >"$config"
must_start
check "X7 an IPv6 one makes the others' defaults that" test "$(in_ns node curl -g -s --max-time 5 "http://[::1]:10249/proxyMode")" = nftables
stop_daemon

# X8
config 'healthzBindAddress: "172.18.0.10"' 'metricsBindAddress: "[::1]:1234"' >"$config"
must_start
check "X8 an address without a port" test "$(in_ns node curl -s --max-time 5 -o /dev/null -w '%{http_code}' http://172.18.0.10:10256/livez)" = 200
check "X8 an address with one" test "$(in_ns node curl -g -s --max-time 5 "http://[::1]:1234/proxyMode")" = nftables
stop_daemon

# X6
config 'nodePortAddresses: ["172.18.0.77/32", "fd00:172:18::/64"]' >"$config"
must_start
settle
if [[ " ${NETNS_FAMILIES:-4 6} " = *" 4 "* ]]; then
	family=4
	expect_answer "X6 node ports on listed addresses" client tcp 172.18.0.77 30080 pod1
	expect_refused "X6 and on no others" client tcp "$(addr node)" 30080
fi
stop_daemon

# X17: the machine has no IPv6, and all prefixes are IPv6.
in_ns node sysctl -q -w net.ipv6.conf.all.disable_ipv6=1
config | sed 's/clusterCIDR: .*/clusterCIDR: fd00:10:244::\/48/' >"$config"
refute "X17 a clusterCIDR of the other family alone" timeout 10 nsenter --net=/run/netns/node -- "$DAEMON" --config "$config" \
	--hostname-override "$node_name" 2>"$work/err"
check "X17 it says so" grep -q "config.conf: clusterCIDR: no prefix of IPv4" "$work/err"
in_ns node sysctl -q -w net.ipv6.conf.all.disable_ipv6=0

# Y17
in_ns node sh -c 'echo 5 >/proc/sys/net/netfilter/nf_conntrack_udp_timeout'
config "conntrack: {udpTimeout: 12s}" >"$config"
refute "C15 a daemon that cannot start" in_ns node "$DAEMON" --kubeconfig "$work/etc/none" --conntrack-udp-timeout 12s
check "C15 has written nothing" sysctl_is nf_conntrack_udp_timeout 5
check "Y17 --init-only ends well" in_ns node "$DAEMON" --config "$config" --init-only
check "Y17 and has written the settings" sysctl_is nf_conntrack_udp_timeout 12
config "conntrack: {maxPerCore: 0}" >"$config"
check "Y17 --init-only where all can be written" in_ns node "$DAEMON" --config "$config" --init-only 2>"$work/err"
check "Y17 says that all is" grep -q "msg=\"kernel settings written\"" "$work/err"
config "conntrack: {maxPerCore: 1000, min: $((conntrack_max + 1))}" >"$config"
check "Y17 --init-only where one cannot be written" in_ns node "$DAEMON" --config "$config" --init-only 2>"$work/err"
check "Y17 says how many are not" grep -q "level=warn .*not all kernel settings could be written\" left=1" "$work/err"
finish
