#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The command line from end to end, as a user sees it, without privileges and network.
set -u
export LC_ALL=C
unset KUBECONFIG KUBERNETES_SERVICE_HOST KUBERNETES_SERVICE_PORT
top=${top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}
program=${top_builddir:-$top}/src/daemon/kube-nftproxy
[ -x "$program" ] || { echo "skipped: $program is not built"; exit 77; }
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 99
passed=0
failed=0

ok() { # ok DESCRIPTION COMMAND...: the command must succeed
	local what=$1
	shift
	if "$@"; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "FAILED: $what"
		sed 's/^/	out: /' out | head -n 5
		sed 's/^/	err: /' err | head -n 20
	fi
}

run() { # run ARGUMENT...: its output in out and err, its exit status in $status
	"$program" --hostname-override node-1 "$@" >out 2>err
	status=$?
}
dry() { run --dry-run --manifests "$@"; }
exits() { [ "$status" = "$1" ]; }
lines() { [ "$(wc -l <"$1")" = "$2" ]; }                # lines FILE NUMBER
says() { grep -Eq -- "$2" "$1"; }                       # says FILE PATTERN
says_once() { [ "$(grep -Ec -- "$2" "$1")" = 1 ]; }
lacks() { ! grep -Eq -- "$2" "$1"; }
same() { cmp -s "$1" "$2"; }
plain() { ! grep -q "level=\(warn\|error\)" err; }

# Objects, as JSON (which is YAML, too).
service() { # service NAME LAST-BYTE
	printf '{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "%s", "namespace": "shop"},
 "spec": {"clusterIP": "10.96.0.%s", "ports": [{"name": "http", "port": 80, "protocol": "TCP"}]}}\n' "$1" "$2"
}
slice() { # slice SERVICE ADDRESS
	printf '{"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
 "metadata": {"name": "%s-1", "namespace": "shop", "labels": {"kubernetes.io/service-name": "%s"}},
 "endpoints": [{"addresses": ["%s"], "conditions": {"ready": true}}],
 "ports": [{"name": "http", "port": 8080, "protocol": "TCP"}]}\n' "$1" "$1" "$2"
}
list() { # list KIND FILE...: one list of the objects in the files
	local kind=$1 separator=''
	shift
	printf '{"apiVersion": "v1", "kind": "%s", "items": [' "$kind"
	for file; do
		printf '%s' "$separator"
		cat "$file"
		separator=,
	done
	printf ']}\n'
}

# --- help and version
run --help
ok "--help exits 0" exits 0
ok "--help goes to standard output" says out '^Usage: kube-nftproxy '
ok "--help leaves standard error alone" lines err 0
for flag in kubeconfig context master manifests hostname-override dry-run cleanup cluster-cidr detect-local-mode \
	pod-bridge-interface pod-interface-name-prefix masquerade-all nodeport-addresses min-sync-period state-dir version; do
	ok "--help names --$flag" says out "--$flag"
done
run --version=true
ok "--version=true is --version" says_once out '^kube-nftproxy [0-9]'
run --version
ok "--version exits 0" exits 0
ok "--version is one line with name and version" says out '^kube-nftproxy [0-9]+\.[0-9]+\.[0-9]+'
ok "--version is one line" lines out 1

# --- wrong command lines: status 2, one line that names the flag and the value, nothing on standard output
refused() { # refused PATTERN ARGUMENT...
	local pattern=$1
	shift
	run "$@"
	ok "$*: exits 2" exits 2
	ok "$*: one line" lines err 1
	ok "$*: says what is wrong" says err "^kube-nftproxy: $pattern"
	ok "$*: nothing on standard output" lines out 0
}
refused '--nonsense: unknown flag' --nonsense
refused '-x: unknown flag' -x
refused '--dry-run: "yes" .*true or false' --dry-run=yes
refused '--clean: unknown flag' --clean
refused '--kubeconfig: needs a value' --kubeconfig
refused 'file\.yaml: unknown argument' --dry-run file.yaml
refused 'statsu: unknown argument; status, explain, list, diff, check or trace comes first' statsu
"$program" statsu >out 2>err
status=$?
ok "statsu as the first word: exits 2" exits 2
ok "statsu as the first word: says what was meant" says err '^kube-nftproxy: statsu: unknown command; did you mean status\?$'
refused 'explain: unknown argument; status, explain, list, diff, check or trace comes first' --manifests list.json explain web
refused '--from: only with explain, check or trace' --from 10.0.0.1
refused '--output: only with status, explain, list, diff, check or trace' --dry-run --output json
refused '--hostname-override: "a b" .*allowed: ' --hostname-override 'a b'
refused '--manifests: "" .*allowed: ' --manifests ''
refused '--cluster-cidr: "10\.0\.0\.0" .*allowed: ' --cluster-cidr 10.0.0.0
refused '--cluster-cidr: "10\.1\.0\.0/16" .*allowed: one prefix per family' --cluster-cidr 10.0.0.0/16,10.1.0.0/16
refused '--detect-local-mode: "Magic" .*ClusterCIDR.*InterfaceNamePrefix' --detect-local-mode Magic
refused '--detect-local-mode: "BridgeInterface" needs --pod-bridge-interface' --detect-local-mode BridgeInterface
refused '--nodeport-addresses: "eth0" .*allowed: primary, all, localhost' --nodeport-addresses eth0
refused '--nodeport-addresses: "eth0" .*allowed: primary' --nodeport-addresses primary --nodeport-addresses eth0
refused '--masquerade-all: "maybe" .*true or false' --masquerade-all=maybe
refused '--min-sync-period: "soon" .*500ms' --min-sync-period soon
refused '-v: "loud" .*0 to 99' -v loud
"$program" explain a/b/c >out 2>err
status=$?
ok "explain a/b/c: exits 2" exits 2
ok "explain a/b/c: says what is wrong" says_once err '^kube-nftproxy: explain: "a/b/c" .*allowed: '
refused '-v: "" .*0 to 99' -v=
refused '--min-sync-period: "31s" is longer than --sync-period, "30s"' --min-sync-period 31s
refused '--kubeconfig: not together with --manifests' --manifests a --kubeconfig b
refused '--cleanup: not together with --dry-run' --dry-run --cleanup
run --dry-run
ok "no source: exits 1" exits 1
ok "no source: says what to give" says err 'give --kubeconfig or --manifests'
source_missing() { # source_missing WHAT PATTERN VARIABLE=VALUE...: the environment names something that cannot be used, and the error says so
	local what=$1 pattern=$2
	shift 2
	env "$@" "$program" --hostname-override node-1 --dry-run >out 2>err
	status=$?
	ok "$what: exits 1" exits 1
	ok "$what: says what is missing" says err "$pattern"
	ok "$what: does not say that there is no source" lacks err 'no source'
}

cat >kubeconfig <<-YAML
	apiVersion: v1
	kind: Config
	current-context: a
	clusters: [{name: c, cluster: {server: "https://127.0.0.1:1"}}]
	users: [{name: u, user: {}}]
	contexts:
	- {name: a, context: {cluster: c, user: u}}
	- {name: b, context: {cluster: gone, user: u}}
YAML
run --dry-run --kubeconfig kubeconfig --context b
ok "--context is used: its mistakes are named" says err 'kubeconfig:8: context b: cluster gone: not in the kubeconfig'
run --dry-run --kubeconfig kubeconfig --context z
ok "--context that is not there is named" says err 'context z: not in the kubeconfig'

sed 's#127.0.0.1:1"#127.0.0.1:1", certificate-authority: nowhere.crt#' kubeconfig >no-ca
sed 's#user: {}#user: {tokenFile: nowhere.token}#' kubeconfig >no-token
source_missing "KUBECONFIG names no file" '/nonexistent: none of these files exists' KUBECONFIG=/nonexistent
source_missing "KUBECONFIG without its CA" 'nowhere\.crt' KUBECONFIG=no-ca
source_missing "KUBECONFIG without its token" 'nowhere\.token' KUBECONFIG=no-token
[ -e /var/run/secrets/kubernetes.io/serviceaccount/token ] ||
	source_missing "a Pod without a token" 'serviceaccount/token' KUBERNETES_SERVICE_HOST=192.0.2.1 KUBERNETES_SERVICE_PORT=443

# --- the same objects in several forms give the same ruleset
service web 1 >web.json
slice web 10.244.0.1 >web-1.json
service api 2 >api.json
slice api 10.244.0.2 >api-1.json
objects=(web.json web-1.json api.json api-1.json)
{
	list List "${objects[@]}" >list.json
	cat "${objects[@]}" >stream.json
	for file in "${objects[@]}"; do
		echo ---
		cat "$file"
	done >documents.yaml
	list ServiceList web.json api.json >services.json
	list EndpointSliceList web-1.json api-1.json >slices.json
	mkdir one-each lists
	cp "${objects[@]}" one-each
	cp services.json slices.json lists
	list List api-1.json web-1.json api.json web.json >reversed.json
}
cat >block.yaml <<'END'
# As people write it.
apiVersion: v1
kind: Service
metadata:
  name: web
  namespace: shop
spec:
  clusterIP: 10.96.0.1
  ports:
  - name: http
    port: 80
    protocol: TCP
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSliceList
items:
- apiVersion: discovery.k8s.io/v1
  kind: EndpointSlice
  addressType: IPv4
  metadata: {name: web-1, namespace: shop, labels: {kubernetes.io/service-name: web}}
  endpoints:
  - addresses: ["10.244.0.1"]
    conditions: {ready: true}
  ports: [{name: http, port: 8080, protocol: TCP}]
- metadata: {name: api-1, namespace: shop, labels: {kubernetes.io/service-name: api}}
  addressType: IPv4
  endpoints:
  - addresses: ["10.244.0.2"]
  ports: [{name: http, port: 8080}]
---
apiVersion: v1
kind: Service
metadata: {name: api, namespace: shop}
spec: {clusterIP: 10.96.0.2, ports: [{name: http, port: 80}]}
END
dry list.json
ok "a List: exits 0" exits 0
ok "a List: no warning" plain
ok "a List: the Service" says out '10\.96\.0\.1 \. tcp \. 80'
ok "a List: its endpoint" says out '10\.244\.0\.2 \. 8080'
cp out expected
for input in reversed.json stream.json documents.yaml block.yaml one-each lists; do
	dry "$input"
	ok "$input: exits 0" exits 0
	ok "$input: no warning" plain
	ok "$input: the same bytes" same out expected
done
for input in list.json documents.yaml block.yaml; do
	dry - <"$input"
	ok "standard input, $input: exits 0" exits 0
	ok "standard input, $input: the same bytes" same out expected
done
dry - < <(cat services.json slices.json)
ok "two lists through standard input: the same bytes" same out expected

for input in '' ' ' $'\n\n' $'\xef\xbb\xbf\n'; do
	dry - < <(printf '%s' "$input")
	ok "standard input that is empty ($(printf %q "$input")): exits 1" exits 1
	ok "standard input that is empty: says so" says err 'level=error .*standard input: it is empty'
done
dry - < <(printf -- '---\n# nothing\n')
ok "standard input with a document: exits 0" exits 0
dry - < <(list List)
ok "standard input with an empty list: exits 0" exits 0

# --- kinds that are not used
{
	cat documents.yaml
	for name in a b c; do
		printf -- '---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s}\ndata: {kind: Service}\n' "$name"
	done
	printf -- '---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\n'
} >mixed.yaml
dry mixed.yaml
ok "other kinds: exits 0" exits 0
ok "other kinds: named once, with their number" says_once err 'skipped.*kind=ConfigMap objects=3'
ok "other kinds: each kind" says_once err 'skipped.*kind=Deployment objects=1'
ok "other kinds: the same bytes" same out expected

# --- bad objects: named, and the others are printed
{
	cat documents.yaml
	printf -- '---\n'
	service broken 3 | sed 's/10\.96\.0\.3/10.96.0.300/'
	printf -- '---\n'
	slice broken 10.244.0.3 | sed 's/"IPv4"/"IPv5"/'
} >bad.yaml
dry bad.yaml
ok "bad objects: exits 0" exits 0
ok "bad objects: the Service, the field, the value, the file" \
	says_once err 'object="Service shop/broken".*spec\.clusterIP.*10\.96\.0\.300.*bad\.yaml'
ok "bad objects: the slice" says_once err 'object="EndpointSlice shop/broken-1".*addressType.*IPv5'
ok "bad objects: the others are printed" same out expected

# --- values that cannot be used: named, and the rest of the object is printed
service web 1 | sed 's#"clusterIP"#"externalIPs": ["foo"], "loadBalancerSourceRanges": ["10.0.0.0/33"], &#' >partly.yaml
printf -- '---\n' >>partly.yaml
slice web 10.244.0.1 | sed 's/"name": "http", "port"/"port"/' >>partly.yaml
sed -i 's/"name": "http", //' partly.yaml
dry partly.yaml
ok "bad values: exits 0" exits 0
ok "bad values: the object, the field, the value, the reason" \
	says_once err 'level=warn .*object="Service shop/web" err="spec\.externalIPs\[0\]: .*foo.* is not an IP address'
ok "bad values: another one" says_once err 'spec\.loadBalancerSourceRanges\[0\]: .*10\.0\.0\.0/33.* is not a prefix'
ok "bad values: that nothing is filtered" says_once err 'spec\.loadBalancerSourceRanges: .*every source is let in'
ok "bad values: the Service, and a port without a name" says out '10\.96\.0\.1 \. tcp \. 80 : jump lb-tcp-1'

# --- files that cannot be read
dry nowhere.json
ok "no such file: exits 1" exits 1
ok "no such file: named" says err 'nowhere\.json.*No such file'
ok "no such file: nothing printed" lines out 0
mkdir unreadable
head -c 300 list.json >unreadable/cut.json
dry unreadable/cut.json
ok "a cut file: exits 1" exits 1
ok "a cut file: named" says err 'level=error.*cut\.json'
dry - <unreadable/cut.json
ok "a cut stream: exits 1" exits 1
cp "${objects[@]}" unreadable
dry unreadable
ok "a cut file among others: exits 1" exits 1
ok "a cut file among others: the others are printed" same out expected
ok "a cut file among others: says that it is not all" says err 'level=error.*not everything could be read'
dry /dev/full
ok "a device: ends" test "$status" -le 1
if [ -w /dev/full ]; then
	"$program" --hostname-override node-1 --dry-run --manifests list.json >/dev/full 2>err
	status=$?
	ok "nowhere to write: exits 1" exits 1
	ok "nowhere to write: says so" says err 'cannot write to standard output'
fi
mkdir nothing
dry nothing
ok "an empty directory: exits 0" exits 0
ok "an empty directory: the skeleton" says out 'table ip kube-nftproxy'
ok "an empty directory: no Service" lacks out 'kube-nftproxy services '

# --- a configuration file
cat >config.yaml <<'YAML'
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
clusterCIDR: 10.244.0.0/16
featureGates: {Some: true}
kubeNftproxy: {manifests: list.json}
YAML
run --config config.yaml --dry-run
cp out by-file
ok "a configuration file: exits 0" exits 0
ok "a configuration file: one warning for what has no effect" says_once err 'level=warn .*without effect.*names=featureGates\.Some'
dry list.json --cluster-cidr 10.244.0.0/16
ok "a configuration file: the same as by flags" same out by-file
run --config config.yaml --write-config-to written.yaml
ok "--write-config-to: exits 0" exits 0
run --config written.yaml --dry-run
ok "--write-config-to: means the same" same out by-file
ok "--write-config-to: without a warning" plain
run --master https://192.0.2.1 --write-config-to written.yaml
ok "--write-config-to with --master: exits 0" exits 0
ok "--write-config-to with --master: says that it is not in the file" says_once err 'level=warn .*flag=--master'
run --config config.yaml --write-config-to nowhere/written.yaml
ok "--write-config-to: where nothing can be written: exits 1" exits 1
ok "--write-config-to: says where" says err 'nowhere/written\.yaml: No such file'
sed -i 's/10.244.0.0/10.244.0.300/' config.yaml
run --config config.yaml --dry-run
ok "a bad configuration file: exits 2" exits 2
ok "a bad configuration file: file, field and value" says err 'config\.yaml: clusterCIDR: "10\.244\.0\.300/16" is not allowed'
run --dry-run --manifests list.json --log-format json -v4
ok "--log-format json: each line is an object" python3 -c '
import json
for line in open("err"):
    one = json.loads(line)
    assert list(one)[:4] == ["ts", "level", "mod", "msg"], one'

echo "cli: $passed passed, $failed failed"
[ "$failed" = 0 ]
