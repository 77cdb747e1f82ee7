'use strict';
'require baseclass';
'require dom';
'require form';
'require uci';
'require nametrack.fields as fields';
'require nametrack.offer as offer';
'require nametrack.trial as trial';
'require nametrack.valid as valid';

/* The fields of a policy. */

const MODAL = { modalonly: true };
const GENERAL = _('general setting');
const TARGETS = [
	[ 'auto', 'auto' ], [ 'route', _('routes of nametrack’s own') ], [ 'pbr', 'pbr' ],
	[ 'vpn-policy-routing', 'vpn-policy-routing' ],
	[ 'nftset', _('an nft set of my own') ], [ 'ipset', _('an ipset of my own') ]
];
const ROUTING = [ '', 'auto', 'route' ];  /* the targets that nametrack's own routes can come of; '' is the default */

function get(section_id, option) {
	return uci.get('nametrack', section_id, option);
}

function listed(values) {
	const all = L.toArray(values);

	return all.length > 3 ? _('%s and %d more').format(all.slice(0, 3).join(', '), all.length - 3) : all.join(', ');
}

function addWays(s) {
	fields.add(s, null, fields.list(valid.interface), 'interface', _('Interface'),
		_('The VPN that the traffic leaves through. With routes of nametrack’s own, several: traffic takes the ' +
		'first that works.'), Object.assign({
			choices: offer.choices.interfaces.map((entry) => [ entry.name ]),

			onchange: function(ev, section_id, value) {
				const auto = this.section.getOption('_auto');

				dom.content(auto.shown, [ offer.auto(L.toArray(value)[0]) ]);
			}
		}, fields.shownAs((id) => listed(get(id, 'interface')) || '–')));
}

function addTarget(s) {
	fields.add(s, null, fields.choice(TARGETS, 'auto'), 'target', _('Target'), _('What leads the traffic there.'),
		fields.shownAs((id) => get(id, 'target') || 'auto'));

	const auto = fields.add(s, null, [ form.DummyValue, MODAL ], '_auto', _('Chosen by auto'),
		_('What auto would take now: the set of pbr, else that of vpn-policy-routing, else routes of ' +
		'nametrack’s own.'), {
			renderWidget: function(section_id) {
				this.shown = E('div', { 'id': this.cbid(section_id) },
					[ offer.auto(L.toArray(get(section_id, 'interface'))[0]) ]);

				return this.shown;
			}
		});

	auto.depends('target', '');
	auto.depends('target', 'auto');

	[ [ 'set4', _('IPv4 set'), 'mine4' ], [ 'set6', _('IPv6 set'), 'mine6' ] ].forEach((names) => {
		const set = fields.add(s, null, fields.text(function(section_id, value) {
			return this.section.formvalue(section_id, 'target') === 'ipset'
				? valid.ipset(section_id, value) : valid.nftSet(section_id, value);
		}, 'inet fw4 ' + names[2]), names[0], names[1],
		_('A set that exists already. If it is empty, nametrack leaves this family out.'), MODAL);

		set.depends('target', 'nftset');
		set.depends('target', 'ipset');
	});
}

function addHosts(s) {
	fields.add(s, null, fields.list(valid.host, 'staging.example.com'), 'host', _('Hosts'),
		_('Host names, addresses and prefixes. Without any, a policy takes all that its clients, protocols and ' +
		'ports select.'), fields.shownAs((id) => listed(get(id, 'host')) || '–'));
	fields.add(s, null, trial.button('host'), '_try', _('Try'), _('Shows what the names resolve to now.'));
}

/* What only routes of nametrack's own can do: these fields go with the other targets. */
function addSteering(s) {
	const added = (...field) => {
		const option = fields.add(s, null, ...field, MODAL);

		ROUTING.forEach((target) => option.depends('target', target));
	};

	added(fields.choice([
		[ 'main', _('take the normal way') ], [ 'block', _('block') ]
	], _('take the normal way')), 'fallback', _('If no interface works'),
	_('Block: traffic to these hosts is dropped until an interface works again.'));
	added(fields.list(valid.client, '192.168.1.50'), 'client', _('Clients'),
		_('Only the traffic of these: an address, a prefix, a MAC address or an interface as lan. ' +
		'Without any, that of the whole network and of the router.'));
	added(fields.list(valid.proto, 'tcp'), 'proto', _('Protocols'), _('Only tcp, or only udp.'));
	added(fields.list(valid.ports, '443'), 'port', _('Ports'), _('Only to these ports, or ranges as 8000-8010.'));
	added(fields.text(valid.address, '1.1.1.1'), 'check_address', _('Check address'),
		_('An address that replies to ping through every interface. Without replies for 3 seconds, the next ' +
		'interface is used.'));
	added(fields.number(0, 86400, '60'), 'failback_delay', _('Return after'),
		_('Seconds that a preferred interface must have worked before it is used again.'));
	added(fields.flag('1'), 'keep_local', _('Keep local'),
		_('Networks that the router reaches without its default route stay as they are.'));
	added(fields.choice([
		[ 'route', _('through the interface') ], [ 'bypass', _('past the policies below') ]
	], _('through the interface')), 'action', _('Action'),
	_('Past the policies below: this policy is an exception from them, and needs no interface.'));
}

return baseclass.extend({
	/* Adds the fields to a GridSection; `families`: the choices for the option family. */
	addTo: function(s, families) {
		Object.assign(s, {
			addremove: true, sortable: true, nodescriptions: true,
			modaltitle: _('Policy'), addbtntitle: _('Add a policy')
		});

		fields.add(s, null, fields.flag('1'), 'enabled', _('Enabled'), '', { editable: true });
		addHosts(s);
		addWays(s);
		addTarget(s);
		addSteering(s);
		fields.add(s, null, fields.choice(families, GENERAL), 'family', _('Addresses'), '', MODAL);
		fields.add(s, null, fields.number(0, 31536000, GENERAL), 'retain', _('Retain'),
			_('Seconds that an address stays after DNS stopped naming it.'), MODAL);
	}
});
