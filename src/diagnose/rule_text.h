/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rule_text.h - a rule of the kernel as text, nearly as nft prints it
 *
 * Room:     diagnose. Pure.
 * Limits:   for people, not for nft: of an expression that is not known here, the text has its name in brackets. Anonymous sets have
 *           the kernel's name, such as @__set0.
 */
#ifndef DIAGNOSE_RULE_TEXT_H
#define DIAGNOSE_RULE_TEXT_H

struct buf;
struct nftnl_rule;

/** rule_text_print() - Append one line, without a line feed */
void rule_text_print(const struct nftnl_rule *rule, struct buf *text);

#endif
