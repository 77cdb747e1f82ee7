'use strict';
'require baseclass';
'require rpc';

/*
 * The agent's ubus object. Every call goes out as one request of its own, and rejects with an Error whose text
 * `why` understands.
 */

const SILENT = /^XHR /;
const ABSENT = / error -32000\b| ubus code 4\b/;
const DENIED = / error -32002\b| ubus code 6\b/;
const INVALID = / ubus code 2\b/;
const UNKNOWN = / ubus code 3\b/;

function declare(method, params, expect) {
	return rpc.declare({
		object: 'nametrack',
		method: method,
		params: params,
		expect: expect,
		nobatch: true,
		reject: true
	});
}

return baseclass.extend({
	/*
	 * { "version": "0.1.0", "interpreter": "micropython 1.23.0", "started": 1795406705, "now": 1795406999,
	 *   "last_event": 7, "config_errors": [],
	 *   beside each list that may be cut to what fits into an answer, how many more there are: "more_peers": 0, …
	 *   "peers": [ { "interface": "wg0", "public_key": "…=", "description": "home",
	 *     "endpoint_host": "home.dyn.example.net", "endpoint_port": 51820, "endpoint": "198.51.100.10:51820",
	 *     "addresses": [ "198.51.100.10" ], "last_handshake": 1795406990, "rx_bytes": 1, "tx_bytes": 2,
	 *     "state": "current", "code": "named", "reason": "DNS names it", "next_query": 21, "changed": 1795406000 } ],
	 *   "policies": [ { "name": "work", "interface": "wg0", "target": "nftset",
	 *     "set4": "inet fw4 mine4", "set6": null, "wanted4": 1, "installed4": 1, "wanted6": 0, "installed6": 0,
	 *     "state": "current", "reason": "…", "changed": 1795406000,
	 *     "hosts": [ { "host": "staging.example.com", "state": "current", "reason": "answered", "ttl": 60,
	 *       "addresses": [ { "address": "192.0.2.7", "expires": 1795493399, "named": true } ],
	 *       "next_query": 12, "failures": 0 } ] } ],
	 *   "findings": [ { "code": "no_keepalive", "severity": "warning", "subject": "wg0", "text": "…",
	 *     "advice": "…" } ] }
	 */
	status: declare('status'),

	/* [ { "id": 7, "time": 1795406990, "kind": "endpoint", "subject": "wg0 peer home", "text": "…" } ] */
	events: declare('events', [ 'since' ], { events: [] }),

	/* How many names are asked: their answers show in the status. */
	refresh: declare('refresh', [ 'name' ], { asked: 0 }),

	/*
	 * The choices, from the network configuration and without its keys. `target` is what a policy's
	 * `auto` would choose now, null where it would find nothing; there is none where the agent cannot tell.
	 * { "peers": [ { "interface": "wg0", "public_key": "…=", "description": "home",
	 *     "endpoint_host": "home.dyn.example.net" } ],
	 *   "interfaces": [ { "name": "wg0", "target": "pbr", "set4": "inet fw4 pbr_wg0_4_dst_ip_user", "set6": null } ],
	 *   "networks": [ "lan", "wan", "wg0" ] }
	 */
	choices: declare('choices'),

	/* { "addresses": [ "192.0.2.7" ], "ttl": 60, "reason": "answered" }: what DNS says now. */
	resolve: declare('resolve', [ 'name' ]),

	/* Policies with routes of nametrack's own steer and block nothing for so long; `policies`: how many these are. */
	pause: declare('pause', [ 'minutes' ], { policies: 0 }),

	resume: declare('resume', [], { policies: 0 }),

	/*
	 * Which way packets to a host take, and why; without a client, packets of the router itself.
	 * { "host": "a.example.com", "client": "", "ingress": "", "sentence": "…", "advice": "", "as_configured": true,
	 *   "addresses": [ { "address": "192.0.2.7", "device": "wg0", "steps": [ "…" ], "sentence": "…",
	 *     "advice": "" } ] }
	 */
	explain: declare('why', [ 'host', 'client' ]),

	/*
	 * 'silent': no answer; 'absent': no such object; 'denied': no right; 'unknown': no such method; 'invalid': a wrong
	 * argument; else 'failed'
	 */
	why: function(error) {
		const text = String(error.message);

		if (SILENT.test(text))
			return 'silent';
		if (ABSENT.test(text))
			return 'absent';
		if (DENIED.test(text))
			return 'denied';
		if (INVALID.test(text))
			return 'invalid';

		return UNKNOWN.test(text) ? 'unknown' : 'failed';
	},

	/* The same in words. */
	excuse: function(error) {
		switch (this.why(error)) {
		case 'denied':
			return _('This login may only look.');
		case 'absent':
			return _('nametrack is not running.');
		case 'unknown':
			return _('This version of nametrack cannot tell.');
		}

		return _('No answer: %s').format(String(error.message).split('\n')[0]);
	}
});
