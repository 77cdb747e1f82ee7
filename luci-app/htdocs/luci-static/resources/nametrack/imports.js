'use strict';
'require baseclass';
'require rpc';
'require uci';

/*
 * The policies of pbr and vpn-policy-routing. The command `nametrack import` reads them: it alone knows what of
 * them means the same here, and it needs no running agent.
 */

const SERVICES = [ 'pbr', 'vpn-policy-routing' ];
const FOLDER = '/etc/config', PROGRAM = '/usr/sbin/nametrack';
const UNPRINTABLE = /[^ -~]|['"\\]/g, LONGEST = 60;  /* as the command shows a title */

const list = rpc.declare({
	object: 'file', method: 'list', params: [ 'path' ], expect: { entries: [] }, nobatch: true, reject: true
});
const execute = rpc.declare({
	object: 'file', method: 'exec', params: [ 'command', 'params' ], nobatch: true, reject: true
});
const access = rpc.declare({
	object: 'session', method: 'access', params: [ 'scope', 'object', 'function' ], expect: { access: false }
});

/*
 * { "service": "pbr", "policies": [ { "title": "Plex", "name": "plex",
 *     "options": { "interface": [ "wg0" ], "host": [ "plex.tv" ], "enabled": "0" },
 *     "problems": [ { "code": "source_ports", "text": "" } ] } ] }, or null if it cannot be read.
 * `name` is null for a policy that selects nothing; one with problems means more than its options.
 */
function read(service) {
	return execute(PROGRAM, [ 'import', service, '--json' ])
		.then((done) => done.code ? null : JSON.parse(done.stdout)).catch(() => null);
}

/* Whether a policy is the one that the command read: what is staged may be another order. */
function isSame(section, policy) {
	return section && (!section.name ||
		String(section.name).replace(UNPRINTABLE, '_').substring(0, LONGEST) === policy.title);
}

return baseclass.extend({
	/* What the services that are installed here have; those without policies are left out. */
	find: function() {
		return list(FOLDER).then((entries) => {
			const present = SERVICES.filter((service) => entries.some((entry) => entry.name === service));

			return Promise.all(present.map(read));
		}).then((found) => found.filter((each) => each && each.policies.some((policy) => policy.name)), () => []);
	},

	/* The sections of a service that are its policies, in their order; null if this login may not change them. */
	sections: function(found) {
		const name = found.service;

		return access('uci', name, 'write').then((writable) => writable !== true ? null : uci.load(name).then(() => {
			const sections = uci.sections(name, 'policy');

			return found.policies.every((policy, i) => isSame(sections[i], policy)) ? sections : null;
		})).catch(() => null);
	},

	/* What disables policies where they were, as lines for a shell; `places`: of them in `found.policies`. */
	lines: (found, places) => places.map((i) =>
		"uci set %s.@policy[%d].enabled='0'".format(found.service, i)
	).concat([ 'uci commit %s; /etc/init.d/%s reload'.format(found.service, found.service) ])
});
