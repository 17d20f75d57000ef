# SPDX-License-Identifier: GPL-2.0-or-later
dist_man_MANS += man/kube-nftproxy.8 man/kube-nftproxy.config.5 man/kube-nftproxy-ruleset.7
