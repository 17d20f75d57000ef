/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rule_registers.h - the registers of nf_tables, of which only some bits are known, and the expressions that load and compare them
 *
 * Room:     diagnose. Pure.
 */
#ifndef DIAGNOSE_RULE_REGISTERS_H
#define DIAGNOSE_RULE_REGISTERS_H

#include "diagnose/packet_facts.h"

struct nftnl_expr;

#define RULE_REGISTERS_SIZE 64

/** struct rule_registers - @mask: which bits are known. Zeroed: none */
struct rule_registers {
	uint8_t bytes[RULE_REGISTERS_SIZE];
	uint8_t mask[RULE_REGISTERS_SIZE];
};

/**
 * rule_registers_run() - Do what @expr does with a packet
 *
 * Return: whether the rule goes on behind it: FACT_YES for a load. FACT_PERHAPS for an expression that is not known here: then no
 * bit is known any more.
 */
enum fact rule_registers_run(struct rule_registers *registers, const struct packet_facts *packet,
			     const struct nftnl_expr *expr);
/** rule_registers_offset() - Where register @number, as the kernel counts them, begins in @bytes; SIZE_MAX: there is none with @size bytes. */
size_t rule_registers_offset(uint32_t number, size_t size);

#endif
