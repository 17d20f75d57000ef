#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Another program deletes our tables in the very moment of a transaction that repairs them: before the daemon has read the kernel's
# answer. This deletion is repaired, too. And other programs commit so often that each generation is outdated when the kernel looks
# at it. Rows Y7, Y13.
. "$(dirname "$0")/lib.sh"
steady_wanted=""

meanwhile=$work/meanwhile
busy=$work/busy
daemon_preloads refuse.so "MEANWHILE_FILE=$meanwhile" "BUSY_FILE=$busy" || skip_all "nothing can be preloaded into this daemon"

{ service web 1 ":tcp:80" && slices web ":tcp:8080" pod1 pod2; } | write web.yaml
must_start --own-tables=false -v 4
settle
sleep 2 # the chains that are kept ready are made
before=$(ruleset)
as_before() { [ "$(ruleset)" = "$before" ]; }

# disturb TITLE NFT-COMMANDS WHAT - the commands change our tables; in the moment of the first transaction after it, WHAT is deleted
disturb() {
	title=$1
	log_forget
	echo "nft delete table $3 kube-nftproxy" >"$meanwhile.new" && mv "$meanwhile.new" "$meanwhile"
	in_ns node nft "$2" || die "the tables cannot be changed"
	wait_until 300 [ ! -e "$meanwhile" ] || die "no transaction was sent"
	check "Y13 $title: it is put right" wait_until 50 as_before
}
# It is not known what was changed: a survey repairs it.
disturb "during a survey" "rename chain ip kube-nftproxy lb-tcp-2 renamed" ip
check "Y13 during a survey: it was one" log_says 'msg=verified'
disturb "during a survey, the other table" "rename chain ip kube-nftproxy lb-tcp-2 renamed" ip6
# It is known: a sync repairs it.
disturb "during a repair" "flush chain ip kube-nftproxy lb-tcp-2" ip
disturb "during the repair of a deleted table" "delete table ip6 kube-nftproxy" ip
# A change of ours.
title="during a change"
echo "nft delete table ip kube-nftproxy" >"$meanwhile.new" && mv "$meanwhile.new" "$meanwhile"
{ service web 1 ":tcp:80" && slices web ":tcp:8080" pod1; } | write web.yaml
wait_until 300 [ ! -e "$meanwhile" ] || die "no transaction was sent"
one() { [ "$(who client tcp "$(family=4 vip 1)" 80)" = pod1 ] && [ "$(who client tcp "$(family=6 vip 1)" 80)" = pod1 ]; }
check "Y13 $title: it is put right" wait_until 50 one

# A change is in force after a few tries, however often others commit.
title="always another commit just before"
: >"$busy"
{ service web 1 ":tcp:80" && slices web ":tcp:8080" pod2; } | write web.yaml
two() { [ "$(who client tcp "$(family=4 vip 1)" 80)" = pod2 ] && [ "$(who client tcp "$(family=6 vip 1)" 80)" = pod2 ]; }
check "Y13 $title: a change is in force" wait_until 5 two
tries=$(wc -l <"$busy")
check "Y13 $title: after a few tries ($tries)" test "$tries" -ge 1 -a "$tries" -le 3
rm "$busy"
finish
