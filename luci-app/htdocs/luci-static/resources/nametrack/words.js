'use strict';
'require baseclass';

/* Numbers, times and states as words and nodes. */

/* kind of a state -> the sign that says without colour what the colour of its label says */
const SIGNS = { good: '✓', note: '•', warn: '!', bad: '✕', off: '–' };

const STATES = {
	/* peers, policies, hosts */
	current: [ 'good', _('current') ],
	disabled: [ 'off', _('disabled') ],
	failing: [ 'bad', _('failing') ],
	/* peers */
	roamed: [ 'note', _('roamed', 'the peer moved and said so itself') ],
	suspect: [ 'note', _('suspect', 'the tunnel owes a reply for a few seconds') ],
	stalled: [ 'bad', _('stalled', 'the tunnel no longer answers') ],
	unresolved: [ 'warn', _('unresolved') ],
	missing: [ 'bad', _('missing') ],
	/* policies */
	partial: [ 'warn', _('partial') ],
	no_target: [ 'bad', _('no set') ],
	failed_over: [ 'warn', _('another way', 'the preferred interface does not work') ],
	blocked: [ 'bad', _('blocked', 'no interface works, and packets are dropped') ],
	/* hosts */
	stale: [ 'warn', _('stale', 'known from an earlier answer') ],
	negative: [ 'warn', _('no address') ],
	literal: [ 'note', _('fixed', 'an address, not a name') ]
};

const DOTS = /(?=\.)/, COLONS = /(?=:)/;

function breakable(parts) {
	return parts.reduce((nodes, part) => nodes.concat(nodes.length ? [ E('wbr'), part ] : part), []);
}

function label(kind, word) {
	return E('span', { 'class': 'label nametrack-state nametrack-%s'.format(kind) }, [
		E('span', { 'class': 'nametrack-sign', 'aria-hidden': 'true' }, [ SIGNS[kind] ]), ' ', word
	]);
}

return baseclass.extend({
	label: label,

	/* What a state means for the reader: good, note, warn, bad or off. */
	kind: (name) => STATES[name] ? STATES[name][0] : 'off',

	state: function(name) {
		return STATES[name] ? label(STATES[name][0], STATES[name][1]) : label('off', name);
	},

	/* Two units at most, as the agent writes them. */
	duration: function(seconds) {
		const s = Math.max(0, Math.floor(seconds));

		if (s < 60)
			return _('%ds', 'seconds').format(s);
		if (s < 3600)
			return s % 60 ? _('%dm %ds', 'minutes, seconds').format(s / 60, s % 60)
				: _('%dm', 'minutes').format(s / 60);
		if (s < 86400)
			return s % 3600 >= 60 ? _('%dh %dm', 'hours, minutes').format(s / 3600, s % 3600 / 60)
				: _('%dh', 'hours').format(s / 3600);

		return s % 86400 >= 3600 ? _('%dd %dh', 'days, hours').format(s / 86400, s % 86400 / 3600)
			: _('%dd', 'days').format(s / 86400);
	},

	ago: function(seconds) {
		return _('%s ago', 'how long since').format(this.duration(seconds));
	},

	/* A moment of the router's, by the browser's clock. */
	moment: function(unix) {
		const date = new Date(unix * 1000);
		const time = date.toLocaleTimeString();

		return date.toDateString() === new Date().toDateString() ? time
			: '%s %s'.format(date.toLocaleDateString(), time);
	},

	bytes: function(count) {
		return '%1024.1mB'.format(count).replace(' ', '\xa0');
	},

	/* The first of a key is enough to tell a few peers apart; the whole one is its tooltip. */
	key: function(text) {
		return E('code', { 'title': text, 'class': 'nametrack-key' }, [ text.substring(0, 8) + '…' ]);
	},

	/* Text that may be broken before each dot of a name, or before each colon of an address. */
	name: (text) => breakable(text.split(DOTS)),
	address: (text) => breakable(text.split(COLONS)),

	peer: function(peer) {
		return peer.description || peer.public_key.substring(0, 8) + '…';
	}
});
