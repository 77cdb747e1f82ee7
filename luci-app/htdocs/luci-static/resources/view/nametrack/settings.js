'use strict';
'require view';
'require form';
'require uci';
'require ui';
'require nametrack.fields as fields';
'require nametrack.imports as imports';
'require nametrack.offer as offer';
'require nametrack.policyform as policyform';
'require nametrack.site as site';
'require nametrack.takeover as takeover';
'require nametrack.trial as trial';
'require nametrack.valid as valid';

const FAMILIES = [ [ 'any', _('IPv6 and IPv4') ], [ 'ipv4', _('IPv4 only') ], [ 'ipv6', _('IPv6 only') ] ];
const MODAL = { modalonly: true };
const GENERAL = _('general setting');

function get(section_id, option) {
	return uci.get('nametrack', section_id, option);
}

/* The value of the one field for the two options that name a peer. */
function peerOf(section_id) {
	return offer.idOf(get(section_id, 'interface'), get(section_id, 'public_key'));
}

function peerLabel(id) {
	return offer.label.apply(offer, id.split(' '));
}

return view.extend({
	load: function() {
		return offer.load();
	},

	render: function() {
		const map = new form.Map('nametrack');

		this.addGeneral(map.section(form.NamedSection, 'global', 'nametrack', _('General')));
		this.addPeers(map.section(form.GridSection, 'peer', _('Peers'),
			_('nametrack follows every WireGuard peer whose endpoint is a host name, also if it is not listed ' +
			'here. List a peer to change how nametrack follows it, or to disable it. The peer’s “Allowed IPs” in ' +
			'the network settings decide which addresses go to it: nametrack never changes them, it only changes ' +
			'the endpoint.')));
		policyform.addTo(map.section(form.GridSection, 'policy', _('Policies'),
			_('Traffic to these hosts leaves through a VPN. nametrack keeps their addresses current.')), FAMILIES);

		return map.render().then((node) => E('div', { 'class': 'nametrack' }, [
			E('link', { 'rel': 'stylesheet', 'href': L.resource('nametrack/nametrack.css') }),
			E('h2', {}, [ _('Nametrack') ]),
			E('div', { 'class': 'cbi-map-descr' }, [
				_('Which names nametrack follows, and which way their traffic takes.')
			]),
			offer.problem ? E('div', { 'class': 'alert-message warning' }, [ E('p', {}, [
				_('nametrack does not answer, so that this page cannot offer peers and interfaces. You can change ' +
				'what is configured already.')
			]) ]) : '',
			map.readonly ? '' : this.renderDialogues(() => map.load().then(() => map.reset())),
			node
		]));
	},

	/* The buttons of the dialogues; those for what is imported come when it was read. `done`: they staged changes. */
	renderDialogues: function(done) {
		const button = (text, open) => E('button', {
			'class': 'btn cbi-button cbi-button-add', 'type': 'button', 'click': ui.createHandlerFn(this, open)
		}, [ text ]);
		const line = E('p', { 'class': 'nametrack-head' }, [
			button(_('Send a site through a VPN…'), () => site.open(done))
		]);

		imports.find().then((found) => found.forEach((each) => line.appendChild(
			button(_('Take over policies from %s…').format(each.service), () => takeover.open(each, done)))));

		return line;
	},

	addGeneral: function(s) {
		s.tab('general', _('What is followed'));
		s.tab('dns', _('DNS'));
		s.tab('tunnels', _('Tunnels'));
		s.tab('upgrade', _('Firmware upgrade'));

		fields.add(s, 'general', fields.flag('1'), 'enabled', _('Enabled'),
			_('When disabled, endpoints and sets stay as they are; nametrack’s own routes and blocks are removed.'));
		fields.add(s, 'general', fields.choice([
			[ 'all', _('all whose endpoint is a host name') ], [ 'listed', _('only those listed below') ]
		], _('all')), 'track_peers', _('Peers'), _('Which WireGuard peers are followed.'));
		fields.add(s, 'general', fields.choice(FAMILIES, FAMILIES[0][1]), 'family', _('Addresses'),
			_('Which of a name’s addresses nametrack uses, unless a peer or policy says otherwise.'));
		fields.add(s, 'general', fields.choice([
			[ 'error', _('errors') ], [ 'warning', _('warnings') ], [ 'info', _('changes') ],
			[ 'debug', _('everything') ]
		], _('changes')), 'log_level', _('Log'), _('How much goes to the system log.'));

		fields.add(s, 'dns', fields.list(valid.nameserver, '127.0.0.1'), 'nameserver', _('Name servers'),
			_('nametrack asks these first, in this order. The router’s own server also knows the names of this ' +
			'network.'));
		fields.add(s, 'dns', fields.list(valid.fallback, 'wan'), 'fallback_nameserver', _('Fallback'),
			_('nametrack asks these if the others fail or a tunnel does not reply: an address, or an interface. ' +
			'It asks an interface’s name servers through that interface only: a dead tunnel cannot swallow the ' +
			'question.'));
		fields.add(s, 'dns', fields.number(1, 86400, '10'), 'min_ttl', _('Shortest TTL'),
			_('Seconds. nametrack asks again when the answer’s TTL is over, but not before this time.'));
		fields.add(s, 'dns', fields.number(1, 604800, '3600'), 'max_ttl', _('Longest TTL'),
			_('Seconds. nametrack asks again after this time, also if the answer’s TTL is longer.'));
		fields.add(s, 'dns', fields.number(0, 31536000, '86400'), 'retain', _('Retain'),
			_('Seconds that an address stays in a set after DNS stopped naming it: servers with many addresses ' +
			'name a few at a time.'));

		fields.add(s, 'tunnels', fields.number(1, 3600, '5'), 'peer_interval', _('Look every'),
			_('Seconds between two readings of the tunnels’ counters.'));
		fields.add(s, 'tunnels', fields.number(1, 3600, '2'), 'suspect_time', _('Suspect after'),
			_('If the peer owes a reply for so many seconds, nametrack asks DNS past the caches. A new address is ' +
			'set at once.'));
		fields.add(s, 'tunnels', fields.number(5, 3600, '15'), 'stall_timeout', _('Stalled after'),
			_('If the peer owes a reply for so many seconds, nametrack asks DNS again and tries the name’s ' +
			'addresses in turn.'));
		fields.add(s, 'tunnels', fields.number(5, 600, '10'), 'handshake_timeout', _('Try each for'),
			_('Seconds that nametrack waits for a handshake before it tries the next address.'));
		fields.add(s, 'tunnels', fields.flag('1'), 'authoritative', _('Ask the source'),
			_('If a tunnel does not reply, nametrack also asks the servers of the name’s own zone: no cache can ' +
			'delay the recovery.'));
		fields.add(s, 'tunnels', fields.flag('1'), 'flush_conntrack', _('Move connections'),
			_('If an address enters a set, the connections that run to it move to the VPN at once.'));
		fields.add(s, 'dns', fields.list(valid.device, 'lan'), 'observe', _('Read answers on'),
			_('Interfaces whose clients’ DNS answers are read, if a policy has a wildcard as *.example.com.'));
		fields.add(s, 'dns', fields.choice([
			[ 'router', _('the router only') ], [ 'any', _('any DNS server') ]
		], _('the router only')), 'observe_from', _('Believe answers of'),
		_('Any: also answers that other DNS servers send through this router. Then each machine on the LAN can bring ' +
		'addresses into a policy by forged answers.'));
		fields.add(s, 'dns', fields.flag('1'), 'hold', _('Hold answers'),
			_('dnsmasq waits until new addresses are in the kernel before it answers: the first packet takes the ' +
			'right way.'));
		fields.add(s, 'dns', fields.number(60, 31536000, '604800'), 'observe_time', _('Follow observed names for'),
			_('Seconds after a client last asked for a name below a wildcard.'));
		fields.add(s, 'tunnels', fields.number(256, 1000, '900'), 'table', _('Routing tables from'),
			_('Target route: the numbers of nametrack’s own routing tables and nexthops begin here.'));
		fields.add(s, 'tunnels', fields.text(valid.markMask, '0x0f000000'), 'fwmark_mask', _('Packet mark'),
			_('Only for policies that take all that a client sends: the lowest bit of this mask marks connections ' +
			'that come in through the WAN, so that their replies leave by the WAN.'));
		fields.add(s, 'tunnels', fields.flag('0'), 'probe', _('Probe'),
			_('Send a packet through idle tunnels, so that a dead tunnel shows before you need it.'));
		fields.add(s, 'tunnels', fields.number(5, 3600, '25'), 'probe_interval', _('Probe after'),
			_('Seconds in which nothing was received.')).depends('probe', '1');

		fields.add(s, 'upgrade', fields.flag('0'), 'restore', _('Reinstall'),
			_('A firmware upgrade removes installed packages. Install nametrack and these pages again at the ' +
			'first boot after it.'));
		fields.add(s, 'upgrade', fields.text(valid.packageFile, _('from the feeds')), 'restore_package',
			_('From a file'), _('A package file that the upgrade keeps. If it is empty, the router downloads ' +
			'nametrack from its feeds.')).depends('restore', '1');
	},

	addPeers: function(s) {
		Object.assign(s, {
			anonymous: true, addremove: true, sortable: true, nodescriptions: true,
			modaltitle: _('Peer'), addbtntitle: _('Add a peer')
		});

		fields.add(s, null, fields.flag('1'), 'enabled', _('Enabled'), '', { editable: true });
		this.addPeer(s);
		fields.add(s, null, fields.text(valid.name, _('from the network')), 'endpoint_host', _('Name'),
			_('nametrack follows this name instead of the one in the network settings. If the network settings ' +
			'have none, only nametrack resolves the name: a name that does not resolve at boot cannot keep the ' +
			'interface down. A name that begins with _ is an SRV record.'),
			fields.shownAs((id) => get(id, 'endpoint_host') || _('from the network')));
		fields.add(s, null, trial.button('endpoint_host'), '_try', _('Try'), _('Shows what the name resolves to now.'));
		fields.add(s, null, fields.number(1, 65535, '51820'), 'endpoint_port', _('Port'),
			_('Only if the network settings have another port. An SRV record brings its own.'), MODAL);
		fields.add(s, null, fields.choice([
			[ 'auto', _('auto: go along if it has one address') ],
			[ 'dns', _('dns: always go along') ],
			[ 'traffic', _('traffic: stay while it works') ]
		], 'auto'), 'follow', _('Follow'),
		_('What nametrack does if DNS names another address and the tunnel still replies. A tunnel that does not ' +
		'reply always follows DNS.'), MODAL);
		fields.add(s, null, fields.choice(FAMILIES, GENERAL), 'family', _('Addresses'), '', MODAL);
		fields.add(s, null, fields.list(valid.nameserver), 'nameserver', _('Name servers'),
			_('Instead of the general ones, for this peer.'), MODAL);
		fields.add(s, null, fields.flag('0'), 'probe', _('Probe'),
			_('Send a packet through this tunnel when it is idle.'), MODAL);
		fields.add(s, null, fields.text(valid.address, _('from the allowed IPs')), 'probe_address', _('Probe address'),
			_('An address at the other end, inside the tunnel.'), MODAL).depends('probe', '1');
	},

	/* One choice for the two options that name a peer. */
	addPeer: function(s) {
		fields.add(s, null, [ form.ListValue, { choices: offer.peers(), rmempty: false } ], '_peer', _('Peer'),
			_('One of the WireGuard peers of the network settings.'), {
				load: function(section_id) {
					const id = peerOf(section_id);

					/* configured, and gone from the network or not offered: it stays chosen */
					if (id && L.toArray(this.keylist).indexOf(id) < 0)
						this.value(id, peerLabel(id));

					return id;
				},

				write: (section_id, value) => {
					uci.set('nametrack', section_id, 'interface', value.split(' ')[0]);
					uci.set('nametrack', section_id, 'public_key', value.split(' ')[1]);
				},

				validate: (section_id, value) => uci.sections('nametrack', 'peer').some((other) =>
					other['.name'] !== section_id && peerOf(other['.name']) === value
				) ? _('This peer is listed already.') : true,

				textvalue: (section_id) => E('span', {}, [ peerOf(section_id) ? peerLabel(peerOf(section_id)) : '–' ])
			});
	}
});
