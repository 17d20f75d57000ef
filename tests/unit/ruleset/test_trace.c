/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "ruleset/trace.h"

enum {
	SET_SERVICES,
	SET_ENDPOINTS,
	SET_PAIRS
};

static const struct set_decl sets[] = {
	[SET_SERVICES] = { "services",
			   SET_KIND_VERDICT_MAP,
			   { SET_FIELD_ADDR, SET_FIELD_PROTOCOL, SET_FIELD_PORT },
			   { 0 },
			   false },
	[SET_ENDPOINTS] = { "endpoints",
			    SET_KIND_MAP,
			    { SET_FIELD_ADDR, SET_FIELD_PROTOCOL, SET_FIELD_PORT, SET_FIELD_INDEX },
			    { SET_FIELD_ADDR, SET_FIELD_PORT },
			    false },
	[SET_PAIRS] = { "pairs", SET_KIND_SET, { SET_FIELD_ADDR, SET_FIELD_PORT }, { 0 }, false },
};

static const struct skeleton skeleton = {
	.table_name = "t",
	.family_enabled = { true, false },
	.n_sets = 3,
	.sets = sets,
};

/* Build rules, statement by statement. */

static struct rule rules[32];
static size_t n_rules;
static struct chain chains[16];
static size_t n_chains;
static struct changes changes;

static void chain(const char *name, enum rule_hook hook, int32_t priority)
{
	struct chain *c = &chains[n_chains++];

	*c = (struct chain){ .hook = hook, .priority = priority, .rules = &rules[n_rules] };
	(void)snprintf(c->name, sizeof(c->name), "%s", name);
}

static void rule(void)
{
	chains[n_chains - 1].n_rules++;
	rules[n_rules++] = (struct rule){ .n_statements = 0 };
}

static struct rule_statement *statement(enum rule_statement_kind kind)
{
	struct rule *r = &rules[n_rules - 1];
	struct rule_statement *s = &r->statements[r->n_statements++];

	*s = (struct rule_statement){ .kind = kind };
	return s;
}

static struct rule_statement *look_up(enum rule_statement_kind kind, uint8_t set, const char *selectors)
{
	struct rule_statement *s = statement(kind);

	s->set = set;
	s->modulus = 2;
	for (; *selectors; selectors++)
		s->selectors[s->n_selectors++] =
			(uint8_t)(*selectors == 's'   ? RULE_SELECTOR_SADDR
				  : *selectors == 'd' ? RULE_SELECTOR_DADDR
				  : *selectors == 'p' ? RULE_SELECTOR_L4PROTO
				  : *selectors == 't' ? RULE_SELECTOR_DPORT
				  : *selectors == 'n' ? RULE_SELECTOR_NUMGEN
				  : *selectors == 'D' ? RULE_SELECTOR_CT_ORIGINAL_DADDR
						      : RULE_SELECTOR_CT_ORIGINAL_DPORT);
	return s;
}

static void jump(const char *to)
{
	struct rule_statement *s = statement(RULE_STATEMENT_JUMP);

	(void)snprintf(s->chain, sizeof(s->chain), "%s", to);
}

static struct addr address(const char *text)
{
	struct addr addr;

	assert_true(addr_parse(text, &addr));
	return addr;
}

static void service(const char *daddr, uint8_t protocol, uint16_t port, enum set_verdict verdict,
		    const char *to)
{
	struct addr addr = address(daddr);
	struct element e;

	set_element_init(&e, FAMILY_IPV4, SET_SERVICES);
	set_key_addr(&e, &addr);
	set_key_protocol(&e, protocol);
	set_key_port(&e, port);
	set_data_verdict(&e, verdict, to);
	change_add_element(&changes, CHANGE_OP_ELEMENT_ADD, SERVICE_NAME_NONE, &e);
}

static void endpoint(const char *daddr, uint16_t port, uint32_t index, const char *to, uint16_t to_port)
{
	struct addr addr = address(daddr), target = address(to);
	struct element e;

	set_element_init(&e, FAMILY_IPV4, SET_ENDPOINTS);
	set_key_addr(&e, &addr);
	set_key_protocol(&e, PROTOCOL_TCP);
	set_key_port(&e, port);
	set_key_index(&e, index);
	set_data_addr(&e, &target);
	set_data_port(&e, to_port);
	change_add_element(&changes, CHANGE_OP_ELEMENT_ADD, SERVICE_NAME_NONE, &e);
}

static void pair(const char *daddr, uint16_t port)
{
	struct addr addr = address(daddr);
	struct element e;

	set_element_init(&e, FAMILY_IPV4, SET_PAIRS);
	set_key_addr(&e, &addr);
	set_key_port(&e, port);
	change_add_element(&changes, CHANGE_OP_ELEMENT_ADD, SERVICE_NAME_NONE, &e);
}

static void begin(void)
{
	n_rules = 0;
	n_chains = 0;
	change_init(&changes, &skeleton);
	change_add_table(&changes, CHANGE_OP_TABLE_ADD, FAMILY_IPV4);
}

static struct image *finish(void)
{
	struct image *image = image_new();
	struct err err = { 0 };
	size_t i;

	for (i = 0; i < n_chains; i++)
		change_add_chain(&changes, CHANGE_OP_CHAIN_ADD, SERVICE_NAME_NONE, &chains[i]);
	change_finish(&changes);
	if (image_apply(image, &changes, &err))
		fail_msg("%s", err.text);
	change_done(&changes);
	return image;
}

static bool is_local(void *ctx, const struct addr *addr)
{
	struct addr node = address("192.0.2.1");

	(void)ctx;
	return addr_equal(addr, &node) || addr_is_loopback(addr);
}

static struct trace_packet packet(const char *from, const char *to, uint16_t dport)
{
	return (struct trace_packet){
		.saddr = address(from),
		.daddr = address(to),
		.protocol = PROTOCOL_TCP,
		.sport = 40000,
		.dport = dport,
		.iifname = "eth0",
		.is_local = is_local,
	};
}

static void expect(const struct image *image, const struct trace_packet *p, const char *expected)
{
	static const char *const verdicts[] = { "accept", "drop", "reject" };
	struct trace_result result;
	char addr[ADDR_TEXT_SIZE];
	struct buf text = BUF_INIT, steps = BUF_INIT;

	trace_walk(image, p, &result, &steps);
	buf_printf(&text, "%s%s%s %s:%u", verdicts[result.verdict], result.translated ? " dnat" : "",
		   result.masqueraded ? " masquerade" : "", addr_print(&result.daddr, addr), result.dport);
	if (strcmp(buf_text(&text), expected) != 0)
		print_message("%s", buf_text(&steps));
	assert_string_equal(buf_text(&text), expected);
	buf_done(&text);
	buf_done(&steps);
}

static void add_lb(const char *name)
{
	chain(name, RULE_HOOK_NONE, 0);
	rule();
	statement(RULE_STATEMENT_MATCH_PROTOCOL)->protocol = PROTOCOL_TCP;
	(void)look_up(RULE_STATEMENT_DNAT_MAP, SET_ENDPOINTS, "dptn");
}

static void add_base(enum rule_hook hook, int32_t priority, const char *name, const char *to)
{
	chain(name, hook, priority);
	rule();
	jump(to);
}

static void test_translation(void **state)
{
	struct image *image;
	struct trace_packet p;

	(void)state;
	begin();
	add_lb("lb");
	chain("refuse", RULE_HOOK_NONE, 0);
	rule();
	statement(RULE_STATEMENT_MATCH_PROTOCOL)->protocol = PROTOCOL_TCP;
	(void)statement(RULE_STATEMENT_REJECT_TCP_RESET);
	rule();
	(void)statement(RULE_STATEMENT_REJECT);
	chain("dispatch", RULE_HOOK_NONE, 0);
	rule();
	(void)look_up(RULE_STATEMENT_VMAP, SET_SERVICES, "dpt");
	add_base(RULE_HOOK_PREROUTING, -100, "prerouting", "dispatch");
	add_base(RULE_HOOK_OUTPUT, -100, "output", "dispatch");
	chain("postrouting", RULE_HOOK_POSTROUTING, 100);
	rule();
	(void)statement(RULE_STATEMENT_MATCH_CT_DNAT);
	(void)look_up(RULE_STATEMENT_MATCH_SET, SET_PAIRS, "DT");
	(void)statement(RULE_STATEMENT_MASQUERADE);
	service("10.96.0.1", PROTOCOL_TCP, 80, SET_VERDICT_GOTO, "lb");
	service("10.96.0.1", PROTOCOL_TCP, 81, SET_VERDICT_GOTO, "refuse");
	service("10.96.0.1", PROTOCOL_UDP, 81, SET_VERDICT_GOTO, "refuse");
	service("10.96.0.1", PROTOCOL_TCP, 82, SET_VERDICT_DROP, NULL);
	service("10.96.0.1", PROTOCOL_TCP, 83, SET_VERDICT_GOTO, "lb");
	endpoint("10.96.0.1", 80, 0, "10.0.0.1", 8080);
	endpoint("10.96.0.1", 80, 1, "192.0.2.1", 8081);
	endpoint("10.96.0.1", 83, 0, "10.0.0.3", 8083);
	pair("10.96.0.1", 80);
	pair("10.0.0.9", 9);
	image = finish();

	p = packet("198.51.100.7", "10.96.0.1", 80);
	p.random = 4;
	expect(image, &p, "accept dnat masquerade 10.0.0.1:8080");
	/* An endpoint on this node: a packet from outside passes no postrouting (M10), a packet of this node does. */
	p.random = 5;
	expect(image, &p, "accept dnat 192.0.2.1:8081");
	p.local_out = true;
	expect(image, &p, "accept dnat masquerade 192.0.2.1:8081");
	p = packet("198.51.100.7", "10.96.0.1", 81);
	expect(image, &p, "reject 10.96.0.1:81");
	p.protocol = PROTOCOL_UDP;
	expect(image, &p, "reject 10.96.0.1:81");
	p = packet("198.51.100.7", "10.96.0.1", 82);
	expect(image, &p, "drop 10.96.0.1:82");
	/* No element for the index: the walk goes on to the end. */
	p = packet("198.51.100.7", "10.96.0.1", 83);
	p.random = 1;
	expect(image, &p, "accept 10.96.0.1:83");
	/* Forwarded, not translated: `ct status dnat` does not match. */
	p = packet("198.51.100.7", "10.0.0.9", 9);
	expect(image, &p, "accept 10.0.0.9:9");
	p.saddr = address("fd00::1");
	p.daddr = address("fd00::2");
	expect(image, &p, "accept fd00::2:9");
	image_free(image);
}

/*
 * base1 jumps to `outer`, which jumps to `inner`, which goes to `lost`. At the end of `lost` the walk is back
 * behind the jump in `outer`. This chain goes to `end`, at whose end the walk is back in the base chain.
 */
static void test_goto_and_jump(void **state)
{
	struct image *image;
	struct trace_packet p = packet("198.51.100.7", "10.96.0.1", 80);

	(void)state;
	begin();
	add_lb("lb");
	chain("end", RULE_HOOK_NONE, 0);
	chain("lost", RULE_HOOK_NONE, 0);
	chain("inner", RULE_HOOK_NONE, 0);
	rule();
	(void)look_up(RULE_STATEMENT_VMAP, SET_SERVICES, "dpt");
	rule();
	(void)statement(RULE_STATEMENT_REJECT);
	chain("outer", RULE_HOOK_NONE, 0);
	rule();
	jump("inner");
	rule();
	statement(RULE_STATEMENT_MATCH_PROTOCOL)->protocol = PROTOCOL_TCP;
	(void)look_up(RULE_STATEMENT_DNAT_MAP, SET_ENDPOINTS, "dptn");
	add_base(RULE_HOOK_PREROUTING, -100, "prerouting", "outer");
	rule();
	(void)statement(RULE_STATEMENT_REJECT);
	service("10.96.0.1", PROTOCOL_TCP, 80, SET_VERDICT_GOTO, "lost");
	service("10.96.0.1", PROTOCOL_TCP, 81, SET_VERDICT_GOTO, "end");
	service("10.96.0.1", PROTOCOL_TCP, 82, SET_VERDICT_JUMP, "lost");
	service("10.96.0.1", PROTOCOL_TCP, 83, SET_VERDICT_ACCEPT, NULL);
	endpoint("10.96.0.1", 80, 0, "10.0.0.1", 8080);
	image = finish();
	expect(image, &p, "accept dnat 10.0.0.1:8080");
	/* Back in `outer`, whose map has no element; then the base chain's second rule. */
	p.dport = 81;
	expect(image, &p, "reject 10.96.0.1:81");
	/* The walk returns to the chain with the jump. */
	p.dport = 82;
	expect(image, &p, "reject 10.96.0.1:82");
	p.dport = 83;
	expect(image, &p, "accept 10.96.0.1:83");
	image_free(image);
}

/* A goto in a base chain ends it: the policy (accept), then the next base chain of the hook. */
static void test_hooks(void **state)
{
	struct image *image;
	struct trace_packet p = packet("198.51.100.7", "10.96.0.1", 80);

	(void)state;
	begin();
	add_lb("lb");
	chain("end", RULE_HOOK_NONE, 0);
	chain("early", RULE_HOOK_PREROUTING, -100);
	rule();
	(void)look_up(RULE_STATEMENT_VMAP, SET_SERVICES, "dpt");
	rule();
	(void)statement(RULE_STATEMENT_REJECT);
	chain("late", RULE_HOOK_PREROUTING, -95);
	rule();
	statement(RULE_STATEMENT_MATCH_IIFNAME)->negated = true;
	(void)snprintf(rules[n_rules - 1].statements[0].ifname, 16, "cni0");
	(void)look_up(RULE_STATEMENT_MATCH_SET, SET_PAIRS, "dt");
	(void)statement(RULE_STATEMENT_REJECT);
	chain("input", RULE_HOOK_INPUT, 0);
	rule();
	(void)statement(RULE_STATEMENT_MATCH_CT_DNAT);
	(void)statement(RULE_STATEMENT_REJECT);
	service("10.96.0.1", PROTOCOL_TCP, 80, SET_VERDICT_GOTO, "end");
	service("10.96.0.1", PROTOCOL_TCP, 81, SET_VERDICT_GOTO, "lb");
	service("10.96.0.1", PROTOCOL_TCP, 82, SET_VERDICT_ACCEPT, NULL);
	service("192.0.2.1", PROTOCOL_TCP, 83, SET_VERDICT_ACCEPT, NULL);
	endpoint("10.96.0.1", 81, 0, "10.0.0.1", 8080);
	endpoint("10.96.0.1", 81, 1, "192.0.2.1", 8080);
	pair("10.96.0.1", 80);
	pair("10.0.0.1", 8080);
	image = finish();
	expect(image, &p, "reject 10.96.0.1:80");
	p.iifname = "cni0";
	expect(image, &p, "accept 10.96.0.1:80");
	/* Translated: the second chain is not called, although it would match the new destination. */
	p = packet("198.51.100.7", "10.96.0.1", 81);
	expect(image, &p, "accept dnat 10.0.0.1:8080");
	p.random = 1;
	expect(image, &p, "reject dnat 192.0.2.1:8080");
	p = packet("198.51.100.7", "10.96.0.1", 82);
	expect(image, &p, "accept 10.96.0.1:82");
	p = packet("198.51.100.7", "192.0.2.1", 83);
	expect(image, &p, "accept 192.0.2.1:83");
	p.dport = 84;
	expect(image, &p, "reject 192.0.2.1:84");
	image_free(image);
}

static void test_matches(void **state)
{
	struct image *image;
	struct trace_packet p = packet("10.244.1.2", "192.0.2.1", 80);
	struct rule_statement *s;

	(void)state;
	begin();
	chain("prerouting", RULE_HOOK_PREROUTING, -100);
	rule();
	s = look_up(RULE_STATEMENT_MATCH_CIDR, 0, "s");
	s->negated = true;
	assert_true(cidr_parse("10.244.0.0/16", &s->cidr));
	s = look_up(RULE_STATEMENT_MATCH_FIB_LOCAL, 0, "d");
	(void)look_up(RULE_STATEMENT_VMAP, SET_SERVICES, "dpt");
	rule();
	s = statement(RULE_STATEMENT_MATCH_IIFNAME);
	s->ifname_is_prefix = true;
	(void)snprintf(s->ifname, sizeof(s->ifname), "veth");
	(void)statement(RULE_STATEMENT_REJECT);
	chain("output", RULE_HOOK_OUTPUT, -100);
	rule();
	statement(RULE_STATEMENT_MATCH_IIFNAME)->negated = true;
	(void)snprintf(rules[n_rules - 1].statements[0].ifname, 16, "veth0");
	look_up(RULE_STATEMENT_MATCH_FIB_LOCAL, 0, "s")->negated = true;
	(void)statement(RULE_STATEMENT_REJECT);
	service("192.0.2.1", PROTOCOL_TCP, 80, SET_VERDICT_DROP, NULL);
	image = finish();
	expect(image, &p, "accept 192.0.2.1:80");
	p.saddr = address("10.245.1.2");
	expect(image, &p, "drop 192.0.2.1:80");
	p.iifname = "veth7";
	expect(image, &p, "drop 192.0.2.1:80");
	p.dport = 81;
	expect(image, &p, "reject 192.0.2.1:81");
	/* Sent by the node: no input interface, whatever @iifname says, so `iifname !=` matches. */
	p.iifname = "veth0";
	p.local_out = true;
	expect(image, &p, "reject 192.0.2.1:81");
	p.saddr = address("192.0.2.1");
	expect(image, &p, "accept 192.0.2.1:81");
	image_free(image);
}

/* A return goes back behind the jump, also from the target of a goto; in a base chain it applies the policy. */
static void test_plain_verdicts(void **state)
{
	struct image *image;
	struct trace_packet p = packet("198.51.100.7", "10.96.0.1", 80);

	(void)state;
	begin();
	chain("back", RULE_HOOK_NONE, 0);
	rule();
	(void)statement(RULE_STATEMENT_RETURN);
	rule();
	(void)statement(RULE_STATEMENT_REJECT);
	chain("called", RULE_HOOK_NONE, 0);
	rule();
	(void)look_up(RULE_STATEMENT_VMAP, SET_SERVICES, "dpt");
	rule();
	statement(RULE_STATEMENT_MATCH_PROTOCOL)->protocol = PROTOCOL_UDP;
	(void)statement(RULE_STATEMENT_ACCEPT);
	rule();
	(void)statement(RULE_STATEMENT_RETURN);
	add_base(RULE_HOOK_PREROUTING, -100, "prerouting", "called");
	rule();
	(void)statement(RULE_STATEMENT_DROP);
	chain("output", RULE_HOOK_OUTPUT, -100);
	rule();
	(void)statement(RULE_STATEMENT_RETURN);
	rule();
	(void)statement(RULE_STATEMENT_DROP);
	service("10.96.0.1", PROTOCOL_TCP, 80, SET_VERDICT_GOTO, "back");
	image = finish();
	expect(image, &p, "drop 10.96.0.1:80");
	p.dport = 81;
	expect(image, &p, "drop 10.96.0.1:81");
	p.protocol = PROTOCOL_UDP;
	expect(image, &p, "accept 10.96.0.1:81");
	p.local_out = true;
	expect(image, &p, "accept 10.96.0.1:81");
	image_free(image);
}

static void test_steps(void **state)
{
	struct trace_packet p = packet("198.51.100.7", "10.96.0.1", 80);
	struct buf steps = BUF_INIT;
	struct trace_result result;
	struct image *image;

	(void)state;
	begin();
	add_lb("lb");
	chain("prerouting", RULE_HOOK_PREROUTING, -100);
	rule();
	(void)look_up(RULE_STATEMENT_VMAP, SET_SERVICES, "dpt");
	service("10.96.0.1", PROTOCOL_TCP, 80, SET_VERDICT_GOTO, "lb");
	endpoint("10.96.0.1", 80, 0, "10.0.0.1", 8080);
	image = finish();
	trace_walk(image, &p, &result, &steps);
	assert_string_equal(buf_text(&steps),
			    "ip prerouting: ip daddr . meta l4proto . th dport vmap @services -> lb\n"
			    "ip lb: meta l4proto tcp dnat ip to ip daddr . meta l4proto . th dport . "
			    "numgen random mod 2 map @endpoints\n");
	buf_done(&steps);
	image_free(image);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_translation), cmocka_unit_test(test_goto_and_jump),
		cmocka_unit_test(test_hooks),	    cmocka_unit_test(test_matches),
		cmocka_unit_test(test_steps),	    cmocka_unit_test(test_plain_verdicts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
