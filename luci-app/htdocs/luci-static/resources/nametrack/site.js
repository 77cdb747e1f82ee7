'use strict';
'require baseclass';
'require dom';
'require form';
'require ui';
'require nametrack.fields as fields';
'require nametrack.forwarding as forwarding';
'require nametrack.offer as offer';
'require nametrack.staging as staging';
'require nametrack.valid as valid';

/*
 * The dialogue that sends a site through a VPN: which sites, whose traffic, which way and what if it fails. It says
 * before what will happen and what is missing, and stages all of it for review, as every form of LuCI does.
 */

const ID = 'site';
const LAN = 'lan';         /* the interface that clients are behind, unless one is named */
const LONGEST = 40;        /* characters of a policy's name that are made of its first host */
const WILDCARD = /^\*\./, OTHERS = /[^a-z0-9]+/g, EDGES = /^_+|_+$/g;

/* A name for the policy that no section has. */
function nameFor(values) {
	const first = values.host[0] || values.client[0] || '';

	return staging.freeName('nametrack', first.toLowerCase().replace(WILDCARD, '').replace(OTHERS, '_')
		.substring(0, LONGEST).replace(EDGES, '') || 'site');
}

/* What is still to be said, or null. */
function question(values) {
	if (!values.host.length && !values.client.length)
		return _('Name a site, or a client all of whose traffic is meant.');

	return values.interface.length ? null : _('Choose a VPN.');
}

/* Whose packets to which hosts take the first way. */
function steered(values) {
	const hosts = values.host.join(', '), clients = values.client.join(', '), way = values.interface[0];

	if (!hosts)
		return _('All that %s sends to the internet leaves through %s.').format(clients, way);

	return clients ? _('Packets of %s to %s leave through %s.').format(clients, hosts, way)
		: _('Packets of every device in this network, and of the router itself, to %s leave through %s.').format(
			hosts, way);
}

/* The interfaces that the clients are behind. */
function sources(values) {
	const named = values.client.filter(valid.isInterface);

	return named.length ? named : [ LAN ];
}

/* What applying the policy changes, a sentence each. */
function consequences(values) {
	const ways = values.interface, found = [ steered(values) ];

	if (ways.length > 1)
		found.push(_('If %s does not work, they take the next that works: %s.').format(
			ways[0], ways.slice(1).join(', ')));
	found.push(values.fallback === 'block' ? _('If no VPN works, they are dropped.')
		: _('If no VPN works, they take the normal way.'));
	found.push(_('All other traffic stays as it is. The policy is called “%s”.').format(nameFor(values)));

	return found;
}

return baseclass.extend({
	/* Opens the dialogue; `done` is called when the changes are staged. */
	open: function(done) {
		return forwarding.load().then(() => {
			const ways = offer.choices.interfaces.map((entry) => entry.name);

			this.done = done;
			this.left = {};  /* text of what is missing -> whether it is left out */
			this.map = new form.JSONMap({ site: { interface: ways.length === 1 ? ways : [] } });
			this.addQuestions(this.map.section(form.NamedSection, ID, ID), ways);

			return this.map.render();
		}).then((node) => {
			this.preview = E('div', { 'class': 'nametrack-preview', 'role': 'status' }, []);
			this.button = E('button', {
				'class': 'btn cbi-button cbi-button-positive important', 'type': 'button',
				'click': ui.createHandlerFn(this, this.stage)
			}, [ _('Stage the changes') ]);
			[ 'keyup', 'change' ].forEach((event) => node.addEventListener(event, () => this.update()));
			ui.showModal(_('Send a site through a VPN'), [ E('div', { 'class': 'nametrack' }, [
				node, this.preview, E('div', { 'class': 'right' }, [
					E('button', { 'class': 'btn', 'type': 'button', 'click': ui.hideModal }, [ _('Dismiss') ]), ' ',
					this.button
				])
			]) ]);
			this.update();
		});
	},

	addQuestions: function(s, ways) {
		const add = (...field) => {
			fields.add(s, null, ...field).onchange = () => this.update();
		};

		add(fields.list(valid.host, 'staging.example.com'), 'host', _('Which sites?'),
			_('Host names, also as *.example.com, addresses or prefixes.'));
		add(fields.list(valid.client, _('everyone')), 'client', _('Whose traffic?'),
			_('Only these clients: an address, a prefix, a MAC address or an interface as lan.'));
		add(fields.list(valid.interface), 'interface', _('Which way?'),
			_('The VPN; several in the order in which they are tried.'), { choices: ways.map((name) => [ name ]) });
		add(fields.choice([
			[ 'main', _('take the normal way') ], [ 'block', _('block') ]
		], _('take the normal way')), 'fallback', _('And if it fails?'), '');
	},

	values: function() {
		const section = this.map.children[0];
		const list = (name) => L.toArray(section.formvalue(ID, name));

		return {
			host: list('host'), client: list('client'), interface: list('interface'),
			fallback: section.formvalue(ID, 'fallback')
		};
	},

	lacking: function(values) {
		return [].concat(...sources(values).map((from) => forwarding.lacking(values.interface, from)));
	},

	update: function() {
		const values = this.values(), open = question(values);

		this.button.disabled = open != null;
		dom.content(this.preview, open ? [ E('p', {}, [ E('em', [ open ]) ]) ] : [
			E('h5', {}, [ _('What will happen') ]),
			E('ul', {}, consequences(values).map((text) => E('li', {}, [ text ])))
		].concat(this.renderLacking(this.lacking(values), sources(values))));
	},

	/* sources: the interfaces that the clients are behind, as far as that is known here */
	renderLacking: function(lacking, sources) {
		const homeless = sources.find((from) => !forwarding.hasZone(from));

		if (!forwarding.known)
			return [ E('p', {}, [
				_('This login may not see the firewall. Once the policy is applied, the status page says what the ' +
				'firewall lacks.')
			]) ];
		if (!lacking.length && homeless)
			return [ E('p', {}, [
				_('The firewall names no zone with %s. Once the policy is applied, the status page says what the ' +
				'firewall lacks.').format(homeless)
			]) ];
		if (!lacking.length)
			return [ E('p', {}, [
				_('The firewall lets clients behind %s through already.').format(sources.join(', '))
			]) ];
		if (!forwarding.writable)
			return [ E('h5', {}, [ _('What the firewall lacks') ]) ].concat(lacking.map((found) => E('div', {}, [
				E('p', {}, [ found.text ]), E('pre', {}, [ forwarding.lines(found.changes).join('\n') ])
			])));

		return [
			E('h5', {}, [ _('What the firewall lacks') ]),
			E('ul', { 'class': 'nametrack-boxes' }, lacking.map((found) => E('li', {}, [ E('label', {}, [
				E('input', {
					'type': 'checkbox', 'checked': this.isLeft(found) ? null : '', 'change': (ev) => {
						this.left[found.text] = !ev.target.checked;
					}
				}, []), ' ', found.text
			]) ])))
		];
	},

	isLeft: function(found) {
		return found.text in this.left ? this.left[found.text] : !found.needed;
	},

	/* Stages the policy, and what the firewall lacks as far as it is ticked and this login may. */
	stage: function() {
		return this.map.parse().then(() => {
			const values = this.values(), options = {};
			const lacking = forwarding.writable ? this.lacking(values).filter((found) => !this.isLeft(found)) : [];

			[ 'interface', 'host', 'client' ].filter((option) => values[option].length).forEach((option) => {
				options[option] = values[option];
			});
			if (values.fallback === 'block')
				options.fallback = 'block';
			return staging.save({
				nametrack: [ staging.add(nameFor(values), options) ],
				firewall: [].concat(...lacking.map((found) => forwarding.change(found.changes)))
			});
		}).then(() => this.done()).then(ui.hideModal, (error) => {
			dom.content(this.preview, [ E('p', { 'class': 'alert-message error' }, [ String(error.message) ]) ]);
		});
	}
});
