'use strict';
'require baseclass';
'require rpc';
'require uci';
'require nametrack.offer as offer';
'require nametrack.staging as staging';

/*
 * What /etc/config/firewall lacks for packets from one interface's network into another interface, and how to add it.
 * It is looked at with what is staged, which the agent does not know yet; once it is applied, the agent's findings
 * judge it by what the kernel and netifd say.
 *
 * A change: { section, type, name: of a new section, options }; `section` is null for a new one.
 */

const OTHERS = /[^a-z0-9_]/gi;
const FIRST_DIGIT = /^(?=[0-9])/;
const LONGEST = 10;  /* characters of a zone's name: fw4 takes 11, and one may be added */
const ENDINGS = ' xyzabcdefghijklmnopqrstuvw';

const access = rpc.declare({
	object: 'session', method: 'access', params: [ 'scope', 'object', 'function' ], expect: { access: false }
});

function sections(type) {
	return uci.sections('firewall', type).filter((section) => section.enabled !== '0');
}

/* Whether a name is that of an interface, and not of a device that no interface has: fw4 looks for these elsewhere. */
function isNetwork(name) {
	const known = offer.choices.networks;

	return !known || known.indexOf(name) >= 0;
}

function zoneOf(name) {
	return sections('zone').find((zone) => L.toArray(zone.device).concat(isNetwork(name) ? L.toArray(zone.network) : [])
		.indexOf(name) >= 0);
}

function isOpen() {
	return sections('defaults').some((section) => String(section.forward).toUpperCase() === 'ACCEPT');
}

/* Within a zone its own policy comes before the one for all else. */
function isOpenBetween(source, zone) {
	return source.name === zone.name && zone.forward ? zone.forward.toUpperCase() === 'ACCEPT' : isOpen();
}

function forwards(source, zone) {
	return isOpenBetween(source, zone) || sections('forwarding').some((forwarding) =>
		[ source.name, '*' ].indexOf(forwarding.src) >= 0 && [ zone.name, '*' ].indexOf(forwarding.dest) >= 0 &&
		forwarding.family !== 'ipv6');
}

function isNameTaken(name) {
	return uci.get('firewall', name) != null || sections('zone').some((zone) => zone.name === name);
}

function added(type, name, options) {
	return { section: null, type: type, name: name, options: options };
}

/* { way: a name for its zone } of those that are in none: fw4 loads nothing if two zones have one name. */
function zoneNames(ways) {
	return ways.filter((way) => !zoneOf(way)).reduce((names, way) => {
		const plain = way.replace(OTHERS, '_').replace(FIRST_DIGIT, '_').substring(0, LONGEST);

		return Object.assign(names, { [way]: ENDINGS.split('').map((end) => (plain + end).trim()).find((name) =>
			!isNameTaken(name) && Object.keys(names).every((other) => names[other] !== name)) });
	}, {});
}

function newZone(way, name) {
	return added('zone', name, {
		name: name, [isNetwork(way) ? 'network' : 'device']: [ way ], input: 'REJECT', output: 'ACCEPT',
		forward: 'REJECT', masq: '1', masq6: '1', mtu_fix: '1'
	});
}

function newForwarding(source, zone) {
	const name = staging.freeName('firewall', '%s_%s'.format(source, zone).replace(OTHERS, '_'));

	return added('forwarding', name, { src: source, dest: zone });
}

/* { needed: whether nothing gets through without it, text, changes } or null; `name`: for a zone that is added */
function lack(way, source, name) {
	const zone = zoneOf(way);

	if (!zone && isOpen())
		return null;

	if (!zone) {
		const fresh = newZone(way, name);

		return {
			needed: true, changes: [ fresh, newForwarding(source.name, fresh.name) ],
			text: _('%s is in no firewall zone. Add zone “%s” with masquerading, and forward from zone “%s” to it.')
				.format(way, fresh.name, source.name)
		};
	}

	if (!forwards(source, zone))
		return {
			needed: true, changes: [ newForwarding(source.name, zone.name) ],
			text: _('The firewall does not forward from zone “%s” to zone “%s”, where %s is. Add that.')
				.format(source.name, zone.name, way)
		};

	if (source.name !== zone.name && zone.masq !== '1')
		return {
			needed: false, changes: [ { section: zone['.name'], type: 'zone', name: null, options: { masq: '1' } } ],
			text: _('Zone “%s”, where %s is, does not masquerade. Add that, unless the other side has a route to ' +
				'this network.').format(zone.name, way)
		};

	return null;
}

return baseclass.extend({
	__init__: function() {
		this.writable = false;  /* whether this login may stage changes of the firewall */
		this.known = false;     /* whether the firewall's configuration could be read */
	},

	load: function() {
		return Promise.all([ access('uci', 'firewall', 'write'), uci.load('firewall').then(() => true, () => false) ])
			.then((answers) => {
				this.writable = answers[0] === true;
				this.known = answers[1];
			});
	},

	/* Whether the firewall names the interface, or device, in a zone: if not, netifd knows, and the agent asks it. */
	hasZone: function(name) {
		return zoneOf(name) != null;
	},

	/* What is missing for packets of clients behind the interface `from`, an entry for each of `ways` at most. */
	lacking: function(ways, from) {
		const source = this.known ? zoneOf(from) : null, names = zoneNames(ways);

		return source ? ways.map((way) => lack(way, source, names[way])).filter((found) => found) : [];
	},

	/* Carries out changes, for uci.save() to stage; gives the names of the sections that are new. */
	change: function(changes) {
		/* its name was free: then it was added a moment ago, for the clients of another zone */
		const isThere = (change) => change.type === 'zone' && !change.section && isNameTaken(change.name);

		return changes.filter((change) => !isThere(change)).map((change) => {
			const free = change.name && uci.get('firewall', change.name) == null ? change.name : null;
			const section = change.section || uci.add('firewall', change.type, free);

			Object.keys(change.options).forEach((option) =>
				uci.set('firewall', section, option, change.options[option]));

			return change.section ? null : section;
		}).filter((section) => section);
	},

	/* The same as lines for a shell. */
	lines: function(changes) {
		return [].concat(...changes.map((change) => {
			const place = 'firewall.%s'.format(change.section || change.name);
			const options = Object.keys(change.options).map((name) => Array.isArray(change.options[name])
				? "uci add_list %s.%s='%s'".format(place, name, change.options[name])
				: "uci set %s.%s='%s'".format(place, name, change.options[name]));

			return change.section ? options : [ 'uci set %s=%s'.format(place, change.type) ].concat(options);
		}), [ 'uci commit firewall; /etc/init.d/firewall reload; /etc/init.d/nametrack reload' ]);
	}
});
