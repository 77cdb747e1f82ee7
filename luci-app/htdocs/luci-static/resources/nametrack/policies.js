'use strict';
'require baseclass';
'require nametrack.reasons as reasons';
'require nametrack.table as table';
'require nametrack.words as words';

const HOSTS = 10, ADDRESSES = 4;  /* shown before a list folds */

/* The native bar; its tooltip, which the themes print into it, says it in words. */
function bar(installed, wanted) {
	const says = wanted ? _('%d of %d', 'installed, wanted').format(installed, wanted) : _('nothing wanted');

	return E('div', {
		'class': 'cbi-progressbar', 'title': says,
		'role': 'progressbar', 'aria-label': says,
		'aria-valuemin': 0, 'aria-valuemax': wanted, 'aria-valuenow': installed
	}, [
		E('div', { 'style': 'width:%d%%'.format(wanted ? 100 * installed / wanted : 0) }, [])
	]);
}

function addressNode(entry, now) {
	if (entry.named)
		return E('span', { 'class': 'nametrack-address' }, words.address(entry.address));

	return E('span', { 'class': 'nametrack-address nametrack-retained' }, words.address(entry.address).concat([
		' ', E('em', [ _('retained, %s left').format(words.duration(entry.expires - now)) ])
	]));
}

function asked(host, now) {
	const told = [];

	if (host.seen !== null)
		told.push(_('a client asked %s').format(words.ago(now - host.seen)));

	if (host.next_query !== null)
		told.push(_('next query in %s').format(words.duration(host.next_query)));
	if (host.ttl !== null)
		told.push(_('TTL %s', 'time to live of a DNS record').format(words.duration(host.ttl)));
	if (host.failures)
		told.push(_('failures: %d').format(host.failures));

	return told.join(', ');
}

/* The hosts of all policies in one table, so that their columns stand below each other. */
function hostRows(view, status, refresh, isOpen) {
	return status.policies.reduce((rows, policy) => {
		const key = 'policy ' + policy.name;
		const fold = table.fold(policy.hosts, HOSTS, key, isOpen(key));
		const last = fold.button.concat(table.more(policy.more_hosts));

		fold.shown.forEach((host) => rows.push({
			key: '%s %s'.format(host.host, policy.name),
			cells: [ [ policy.name ] ].concat(view.cells(policy, host, status.now, isOpen)),
			actions: host.state === 'literal' ? null : refresh(host.host)
		}));

		if (last.length)
			rows.push({ key: 'more ' + policy.name, cells: [ [ policy.name ], last, [], [] ], actions: null });

		return rows;
	}, []);
}

/* How much of what it wants of a family the kernel has, in a set or in a table of routes. */
function held(policy, family) {
	const wanted = policy['wanted' + family];

	if (policy['set' + family] || (policy.table && wanted))
		return bar(policy['installed' + family], wanted);
	return policy.table ? '–' : E('em', [ _('no set') ]);
}

/* An interface that a policy may use, and how it is. */
function wayNode(policy, way, now) {
	const badge = E('span', { 'class': 'ifacebadge' }, [ way.interface ]);

	if (!way.works)
		return E('div', {}, [
			badge, ' ', words.label('bad', _('does not work')), ' '
		].concat(reasons.way(way)));

	const label = way.interface === policy.way ? words.label('good', _('in use')) : words.label('off', _('ready'));

	return E('div', {}, [
		badge, ' ', label, ' ', E('small', {}, [ _('works for %s').format(words.duration(now - way.since)) ])
	]);
}

function waysOf(policy, now) {
	if (policy.ways.length)
		return policy.ways.map((way) => wayNode(policy, way, now));

	return [ policy.interface ? E('span', { 'class': 'ifacebadge' }, [ policy.interface ]) : '–' ];
}

/* What the files of hosts hold that policies name. */
function fileRows(status) {
	return status.policies.reduce((rows, policy) => rows.concat(policy.files.map((file) => ({
		key: 'file %s %s'.format(policy.name, file.path),
		cells: [ [ policy.name ], [ E('code', {}, words.name(file.path)) ], [ file.names === null
			? words.label('warn', _('not read'))
			: _('%d names, %d of them looked up; %d wildcards; %d addresses and prefixes')
				.format(file.names, file.asked, file.wildcards, file.elements) ] ]
	}))), []);
}

function policyRow(policy, now) {
	const sets = [ policy.set4, policy.set6 ].filter((set) => set);

	return {
		key: 'policy ' + policy.name,
		cells: [
			[ E('strong', {}, [ policy.name ]) ],
			waysOf(policy, now),
			[ policy.target ].concat(sets.map((set) => E('div', {}, [ E('code', {}, [ set ]) ]))),
			[ held(policy, 4) ],
			[ held(policy, 6) ],
			[ words.state(policy.state), ' ' ].concat(reasons.policy(policy))
		]
	};
}

return baseclass.extend({
	/* `refresh(name)`: the button that asks for a name; `isOpen(fold)`: whether that fold is open. */
	render: function(status, refresh, isOpen) {
		if (!status.policies.length)
			return [ E('p', {}, [ E('em', [ _('No policy: no traffic is sent through a VPN by host name.') ]) ]) ];

		const hosts = hostRows(this, status, refresh, isOpen), files = fileRows(status);

		return [
			table.render([
				_('Policy'), _('Interface'), _('Target'), _('IPv4 installed'), _('IPv6 installed'), _('State')
			], status.policies.map((policy) => policyRow(policy, status.now))),
			E('div', {}, table.more(status.more_policies)),
			files.length ? E('h4', {}, [ _('Files', 'lists of hosts') ]) : '',
			files.length ? table.render([
				_('Policy'), _('File', 'a list of hosts'), _('Holds', 'what a file of hosts has in it')
			], files) : '',
			hosts.length ? E('h4', {}, [ _('Hosts') ]) : '',
			hosts.length ? table.render([ _('Policy'), _('Host'), _('Addresses'), _('State') ], hosts) : ''
		];
	},

	cells: function(policy, host, now, isOpen) {
		const key = 'host %s %s'.format(policy.name, host.host);
		const fold = table.fold(host.addresses, ADDRESSES, key, isOpen(key));
		const addresses = fold.shown.map((entry) => addressNode(entry, now));

		return [
			words.name(host.host),
			(addresses.length ? addresses : [ E('em', [ _('none') ]) ])
				.concat(fold.button, table.more(host.more_addresses)),
			[ words.state(host.state), ' ' ].concat(reasons.host(host), E('br'), E('small', {}, [ asked(host, now) ]))
		];
	}
});
