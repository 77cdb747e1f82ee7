'use strict';
'require baseclass';
'require nametrack.plot as plot';
'require nametrack.reasons as reasons';
'require nametrack.table as table';
'require nametrack.words as words';

function nextQuery(peer) {
	/* null while DNS is being asked, and for a peer that is switched off */
	return peer.next_query === null ? [] : [ _('next query in %s').format(words.duration(peer.next_query)) ];
}

const SOURCES = {
	listed: _('nameservers'),
	zone: _('zone', 'the servers of the name’s own zone'),
	fallback: _('fallback', 'the nameservers that are asked beside the others')
};

/* What a source says of the name, when it said so, and whether the others say something else. */
function sourceNode(source, now, differ) {
	const nothing = source.answered === null ? _('no answer') : _('no address');
	const said = source.addresses.length ? words.address(source.addresses.join(', ')) : [ nothing ];
	const when = [];

	if (source.answered !== null)
		when.push(words.ago(now - source.answered));
	if (source.failures)
		when.push(_('failures: %d').format(source.failures));

	return E('div', { 'data-key': source.source }, [
		E('small', {}, [ SOURCES[source.source] || source.source, ': ' ].concat(
			said, table.more(source.more_addresses), when.length ? [ ' (%s)'.format(when.join(', ')) ] : [],
			differ ? [ ' ', words.label('note', _('differ')) ] : []))
	]);
}

/* One source alone says what is shown as the name's addresses already. */
function sourceNodes(peer, now) {
	const texts = peer.sources.map((source) => source.addresses.slice().sort().join());

	return peer.sources.length < 2 ? [] : peer.sources.map((source, i) =>
		sourceNode(source, now, source.addresses.length > 0 && texts[i] !== texts[0]));
}

function cells(peer, now) {
	const known = peer.addresses;

	return [
		[
			E('strong', [ peer.description || _('Untitled peer') ]), E('br'),
			E('span', { 'class': 'ifacebadge' }, [ peer.interface ]), ' ', words.key(peer.public_key)
		],
		[
			E('span', {}, words.name(peer.endpoint_host || '')), E('br'),
			E('small', {}, known.length ? words.address(known.join(', ')).concat(table.more(peer.more_addresses))
				: [ _('no address known') ]), E('br'),
			E('small', {}, nextQuery(peer))
		].concat(sourceNodes(peer, now)),
		peer.endpoint ? words.address(peer.endpoint) : [ E('em', [ _('none') ]) ],
		peer.last_handshake
			? [ words.ago(now - peer.last_handshake), E('br'), E('small', {}, [ words.moment(peer.last_handshake) ]) ]
			: [ E('em', [ _('never') ]) ],
		[
			'▼\xa0', words.bytes(peer.rx_bytes), E('br'),
			'▲\xa0', words.bytes(peer.tx_bytes)
		],
		[ words.state(peer.state), ' ' ].concat(reasons.peer(peer))
	];
}

return baseclass.extend({
	__init__: function() {
		this.series = {};
	},

	idOf: function(peer) {
		return peer.interface + ' ' + peer.public_key;
	},

	/* Keeps the handshake ages of one status for the plots. */
	remember: function(status) {
		const series = {};

		status.peers.forEach((peer) => {
			const id = this.idOf(peer);

			series[id] = this.series[id] || plot.create();
			plot.add(series[id], status.now, peer.last_handshake);
		});
		this.series = series;
	},

	/* `refresh(name)`: the button that asks for a name, or nothing. */
	render: function(status, refresh) {
		if (!status.peers.length)
			return [ E('p', {}, [ E('em', [
				_('No peer to follow: no WireGuard peer of this router has a host name as its endpoint.')
			]) ]) ];

		return [
			table.render([
				_('Peer'), _('Name'), _('Endpoint'), _('Last handshake'), _('Traffic'), _('State')
			], status.peers.map((peer) => ({
				key: this.idOf(peer),
				cells: cells(peer, status.now),
				actions: peer.endpoint_host && peer.state !== 'disabled' ? refresh(peer.endpoint_host) : null
			}))),
			E('div', {}, table.more(status.more_peers)),
			E('h4', [ _('Handshake age') ]),
			E('div', { 'class': 'nametrack-plots' },
				status.peers.filter((peer) => peer.state !== 'disabled').map((peer) => this.renderPlot(peer)))
		];
	},

	renderPlot: function(peer) {
		return E('figure', { 'data-key': this.idOf(peer) }, [
			E('figcaption', [ words.peer(peer), ' ', E('small', {}, [ peer.interface ]) ]),
			plot.render(this.series[this.idOf(peer)], words.peer(peer))
		]);
	}
});
