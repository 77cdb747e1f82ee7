'use strict';
'require baseclass';

/*
 * Reasons, events and findings in the language of the page, by their code: what the agent writes is English. It stays
 * beside the translation, because it has the names and the numbers; a code without a translation is told by it alone.
 */

/* Whether there is a translation: without one a text comes back as it is. */
const IS_TRANSLATED = _('DNS names it') !== 'DNS names it';

/* code of a peer, a policy, a host -> why it is in its state */
const PEERS = {
	starting: _('not looked up yet'),
	missing: _('the kernel has no such interface or peer'),
	at_rest: _('the interface is down and is not started by itself'),
	no_address: _('the name has no address'),
	no_route: _('no route leads to any address of the name'),
	last_good: _('the last address that worked is used'),
	waiting: _('set; no traffic yet shows whether it replies'),
	not_heard: _('no traffic shows whether it replies'),
	named: _('DNS names it'),
	named_before: _('kept: DNS named it before, and it still replies'),
	kept: _('kept: DNS does not answer'),
	rotating: _('kept: the name changes often, and the old address still replies'),
	roamed: _('the peer connected from an address that DNS does not name'),
	suspect: _('no reply for a few seconds; DNS is asked'),
	no_handshake: _('no handshake with the new address'),
	no_reply: _('no reply; DNS is asked again'),
	no_session: _('no handshake although the keepalive is set'),
	disabled: _('disabled in the configuration')
};

const POLICIES = {
	held: _('the sets hold what DNS names'),
	route: _('the preferred interface is in use'),
	bypass: _('the policies below do not apply'),
	failed_over: _('the preferred interface does not work, another way is in use'),
	blocked: _('no interface works: packets are dropped'),
	paused: _('paused: packets take the normal way'),
	routes: _('the routes of the policy are not complete'),
	too_many_rules: _('the rules of the policy do not fit'),
	not_blocked: _('packets that are to be blocked are not'),
	client_unknown: _('no address of the client is known yet'),
	updating: _('the sets are brought up to date'),
	names: _('a name cannot be looked up'),
	no_target: _('the set of the policy does not exist'),
	unused_set: _('no rule uses the set: packets take the normal way'),
	set_flags: _('the set cannot hold what the policy needs'),
	set_full: _('the set is full'),
	set_refused: _('the kernel refused a change of the set'),
	recovering: _('the set was mended by another program and is compared again'),
	disabled: _('disabled in the configuration')
};

const HOSTS = {
	current: _('DNS answered'),
	stale: _('DNS does not answer; the earlier addresses stay in use'),
	failing: _('DNS does not answer'),
	unknown: _('not looked up yet'),
	nodata: _('the name has no address'),
	nxdomain: _('the name does not exist'),
	blocked: _('a resolver blocks the name'),
	rebind: _('a resolver withholds a private address'),
	literal: _('written in the configuration'),
	local: _('in a local network, which is reached as without the policy')
};

/* of an interface that a policy may use; %s: its device */
const WAYS = {
	unread: _('%s was not looked at yet'),
	no_device: _('%s does not exist'),
	down: _('%s is down'),
	no_next_hop: _('%s has no next hop'),
	no_address: _('%s has no address'),
	no_reply: _('no reply through %s'),
	no_echo: _('the check address does not reply through %s')
};

/* code of an event -> what happened; %s: its parameters, in their order */
const EVENTS = {
	first: _('the endpoint was set to %s: the kernel had none'),
	last_good: _('the endpoint was set to %s, the last address that worked: DNS does not answer'),
	moved: _('the endpoint was set to %s: DNS names another address now'),
	next: _('the endpoint was set to %s: the one before does not reply'),
	again: _('the endpoint was set to %s once more: the peer does not reply'),
	roamed: _('the endpoint is %s: the peer connected from there'),
	foreign: _('the endpoint is %s: another program set it, or the peer connected from there'),
	elements: _('set %s: %s added, %s deleted', 'addresses of a set'),
	renewed: _('set %s: timeouts renewed'),
	routes: _('routes: %s added, %s deleted'),
	through: _('through %s, the preferred interface'),
	failed_over: _('through %s: the preferred interface does not work'),
	uplink: _('no interface works: packets take the normal way'),
	blocked: _('no interface works: packets are dropped'),
	paused: _('paused for %s: packets take the normal way'),
	resumed: _('no longer paused'),
	not_up: _('the interface is not up; its peers wait for it'),
	up: _('the interface is up'),
	no_address: PEERS.no_address,
	no_route: PEERS.no_route,
	not_heard: _('the handshakes of the peer arrive here, but it does not receive the replies'),
	no_handshake: PEERS.no_handshake,
	no_reply: PEERS.no_reply,
	no_session: PEERS.no_session,
	missing: PEERS.missing,
	unreadable: PEERS.missing,
	lookup_failed: HOSTS.failing,
	unusable: _('DNS names an address that cannot be used'),
	too_many: _('DNS names more addresses than can be used'),
	cut_short: _('the answer of DNS is cut short'),
	no_target: POLICIES.no_target,
	set_flags: POLICIES.set_flags,
	set_full: POLICIES.set_full,
	set_refused: POLICIES.set_refused,
	too_many_rules: POLICIES.too_many_rules,
	room: _('there is room for the rules of the policy again'),
	not_blocked: POLICIES.not_blocked,
	blocks: _('packets take an interface again, or are blocked'),
	replies: _('the peer replies again'),
	readable: _('the interface is there again'),
	answered: _('DNS answers again; lookups that failed before: %s'),
	set_found: _('there is a set for the policy again'),
	set_in_order: _('the set is in order again')
};

const FINDINGS = {
	allowed_ips_overlap: _('two peers of one interface claim the same addresses'),
	endpoint_in_allowed_ips: _('the endpoint lies in what is routed into the tunnel itself'),
	peer_missing: _('the kernel has no such interface or peer'),
	no_keepalive: _('without keepalive and without traffic, a dead tunnel goes unnoticed'),
	no_probe_address: _('there is no address to probe'),
	name_unresolved: _('DNS gives no address for the name'),
	nameserver_silent: _('the nameserver does not answer'),
	no_target: _('the set of the policy does not exist'),
	set_flags: _('the set cannot hold what the policy needs'),
	set_full: _('the set is full'),
	set_refused: _('the kernel refused a change of the set'),
	set_shared: _('another program shortens the timeouts in the set'),
	unused_set: _('no rule uses the set: packets take the normal way'),
	endpoint_in_policy: _('the endpoint of the tunnel is among the hosts of the policy'),
	ipv6_uncovered: _('IPv6 does not take the way of the policy'),
	not_forwarded: _('the firewall does not let clients through the interface'),
	table_conflict: _('a rule or a table of another program is in the way'),
	too_many_rules: POLICIES.too_many_rules,
	not_blocked: POLICIES.not_blocked,
	client_unknown: POLICIES.client_unknown,
	rp_filter: _('a strict reverse path filter drops packets'),
	wildcard_unobserved: _('no client asked for a name below the wildcard yet'),
	watchdog_also_active: _('a scheduled task does the same'),
	clock_unset: _('the clock is not set'),
	configuration: _('something in the configuration makes no sense and is left out'),
	not_loaded: _('the agent runs with an older configuration'),
	disabled: _('nametrack is disabled')
};

/* Sentences of the agent's that say no more than their translation. */
const SAME = [
	'answered', 'not answered yet', 'written in the configuration', 'disabled in the configuration',
	'the sets hold what DNS names'
];

/* [text or node] of a sentence of the agent's, with its translation before it; `about`: what its places stand for. */
function said(texts, code, english, about) {
	if (!IS_TRANSLATED || !texts[code])
		return [ english ];
	if (SAME.indexOf(english) >= 0)
		return [ texts[code] ];

	const text = about ? ''.format.apply(texts[code], about) : texts[code];

	return [ text, ' ', E('small', { 'lang': 'en' }, [ english ]) ];
}

return baseclass.extend({
	peer: (peer) => said(PEERS, peer.code, peer.reason),
	policy: (policy) => said(POLICIES, policy.code, policy.reason),
	host: (host) => said(HOSTS, host.code, host.reason),
	way: (way) => said(WAYS, way.code, way.reason, [ way.device ]),
	event: (event) => said(EVENTS, event.code, event.text, event.parameters),
	finding: (finding) => said(FINDINGS, finding.code, finding.text)
});
