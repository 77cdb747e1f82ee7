'use strict';
'require baseclass';
'require nametrack.agent as agent';

/*
 * What the settings offer to choose from. It comes from the agent and not from /etc/config/network, which would bring
 * the private keys of all tunnels into the browser.
 */

const NOTHING = { peers: [], interfaces: [] };

return baseclass.extend({
	__init__: function() {
		this.choices = NOTHING;
		this.problem = null;
	},

	/* Asks the agent; `problem` is agent.why() where it cannot say. */
	load: function() {
		return agent.choices().then((choices) => {
			this.choices = choices;
		}, (error) => {
			this.problem = agent.why(error);
		});
	},

	peers: function() {
		return this.choices.peers.map((peer) => [
			this.idOf(peer.interface, peer.public_key), this.label(peer.interface, peer.public_key, peer)
		]);
	},

	/* One value for the two options that name a peer. */
	idOf: function(name, key) {
		return name && key ? '%s %s'.format(name, key) : null;
	},

	label: function(name, key, peer) {
		const known = peer || this.choices.peers.find((p) => p.interface === name && p.public_key === key);
		const short = String(key).substring(0, 8) + '…';

		if (!known)
			return _('%s: %s, not known to nametrack').format(name, short);

		return [ name + ':', known.description || short, known.endpoint_host ? '(%s)'.format(known.endpoint_host) : '' ]
			.join(' ').trim();
	},

	/* What `auto` would choose for an interface, in words. */
	auto: function(name) {
		const found = this.choices.interfaces.find((i) => i.name === name);

		if (!name)
			return _('choose an interface first');
		if (!found || found.target === undefined)
			return _('not known for this interface');
		if (found.target === null)
			return _('nothing yet: pbr or vpn-policy-routing is enabled, and has no set for this interface');
		if (found.target === 'route')
			return _('routes of nametrack’s own');

		return '%s: %s'.format(found.target, [ found.set4, found.set6 ].filter((set) => set).join(', '));
	}
});
