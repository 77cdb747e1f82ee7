'use strict';
'require baseclass';
'require dom';
'require uci';
'require ui';
'require nametrack.imports as imports';
'require nametrack.staging as staging';

/*
 * The dialogue that takes over the policies of another service: it lists what would be created and what cannot
 * be, and stages what is ticked for review. The other's configuration changes only if that is ticked too.
 */

/* code of what nametrack has nothing like -> what it is */
const PROBLEMS = {
	destination: _('destination %s'),
	interface: _('interface %s'),
	source: _('source %s'),
	source_ports: _('source ports'),
	protocol: _('protocol %s'),
	port: _('port %s'),
	chain: _('chain %s')
};

function isEnabled(policy) {
	return policy.options.enabled !== '0';
}

/* What a policy does, in words: its destinations, its way, and for whose packets. */
function described(policy) {
	const options = policy.options, of = (name) => L.toArray(options[name]).join(', ');
	const way = options.action === 'bypass' ? _('past the policies below') : _('through %s').format(of('interface'));
	const told = [ way ];

	if (options.client)
		told.push(_('only packets of %s').format(of('client')));
	if (options.proto)
		told.push(_('only %s').format(of('proto')));
	if (options.port)
		told.push(_('only to port %s').format(of('port')));
	if (options.family)
		told.push(_('only %s').format(options.family === 'ipv4' ? 'IPv4' : 'IPv6'));
	if (options.fallback === 'block')
		told.push(_('dropped if the interface does not work'));

	return '%s: %s'.format(options.host ? of('host') : _('all destinations'), told.join('; '));
}

function problemsOf(policy) {
	return policy.problems.map((problem) =>
		PROBLEMS[problem.code] ? PROBLEMS[problem.code].format(problem.text) : problem.code).join(', ');
}

function box(isTicked, changed, nodes) {
	return E('label', {}, [ E('input', {
		'type': 'checkbox', 'checked': isTicked ? '' : null, 'change': (ev) => changed(ev.target.checked)
	}, []), ' ' ].concat(nodes));
}

return baseclass.extend({
	/* Opens the dialogue for what imports.find() found of a service; `done` is called when the changes are staged. */
	open: function(found, done) {
		return imports.sections(found).then((sections) => {
			this.found = found;
			this.done = done;
			this.sections = sections;
			this.disables = false;  /* whether the policies are disabled where they were */
			this.taken = found.policies.map((policy) =>
				this.isPossible(policy) && isEnabled(policy) && !uci.get('nametrack', policy.name));
			this.outcome = E('div', { 'class': 'nametrack-preview', 'role': 'status' }, []);
			this.button = E('button', {
				'class': 'btn cbi-button cbi-button-positive important', 'type': 'button',
				'click': ui.createHandlerFn(this, this.stage)
			}, [ _('Stage the changes') ]);

			ui.showModal(_('Take over policies from %s').format(found.service), [ E('div', { 'class': 'nametrack' }, [
				E('p', {}, [ _('Ticked policies become policies of nametrack, for you to review and apply.') ]),
				E('ul', { 'class': 'nametrack-boxes' }, found.policies.map((policy, i) =>
					this.isPossible(policy) ? this.renderPolicy(policy, i) : '')),
				this.renderRest(), this.outcome, E('div', { 'class': 'right' }, [
					E('button', { 'class': 'btn', 'type': 'button', 'click': ui.hideModal }, [ _('Dismiss') ]), ' ',
					this.button
				])
			]) ]);
			this.update();
		});
	},

	isPossible: (policy) => policy.name != null && !policy.problems.length,

	renderPolicy: function(policy, i) {
		const notes = [];

		if (!isEnabled(policy))
			notes.push(_('disabled there'));
		if (uci.get('nametrack', policy.name))
			notes.push(_('a policy “%s” exists already').format(policy.name));

		return E('li', { 'data-policy': policy.name }, [ box(this.taken[i], (ticked) => {
			this.taken[i] = ticked;
			this.update();
		}, [
			E('strong', {}, [ policy.title ]), notes.length ? ' (%s)'.format(notes.join('; ')) : '', E('br'),
			described(policy)
		]) ]);
	},

	/* What cannot be taken over, and why. */
	renderRest: function() {
		const unlike = this.found.policies.filter((policy) => policy.problems.length);
		const unnamed = this.found.policies.filter((policy) => policy.name == null);

		if (!unlike.length && !unnamed.length)
			return '';

		return E('div', { 'class': 'nametrack-rest' }, [
			E('h5', {}, [ _('What stays with %s').format(this.found.service) ]),
			E('ul', {}, unlike.map((policy) => E('li', {}, [
				E('strong', {}, [ policy.title ]), ': ',
				_('nametrack has nothing like this: %s').format(problemsOf(policy))
			])).concat(unnamed.map((policy) => E('li', {}, [
				E('strong', {}, [ policy.title ]), ': ', _('it selects no packets')
			]))))
		]);
	},

	/* The places of the policies that are ticked. */
	places: function() {
		return this.found.policies.map((policy, i) => i).filter((i) => this.taken[i]);
	},

	update: function() {
		const places = this.places(), service = this.found.service;
		/* those that are disabled already need no change */
		const active = places.filter((i) => isEnabled(this.found.policies[i]));

		this.button.disabled = !places.length;
		dom.content(this.outcome, !places.length ? [ E('p', {}, [ E('em', [ _('Tick a policy.') ]) ]) ]
			: !active.length ? [] : [
				E('h5', {}, [ _('What else happens') ]),
				E('p', {}, [
					_('As long as %s has the same policies enabled, both steer these hosts.').format(service)
				])
			].concat(this.sections ? [ box(this.disables, (ticked) => {
				this.disables = ticked;
			}, [ _('Disable them in %s as well').format(service) ]) ] : [
				E('p', {}, [ _('This page cannot change %s now. To disable them there, paste:').format(service) ]),
				E('pre', {}, [ imports.lines(this.found, active).join('\n') ])
			]));
	},

	stage: function() {
		const added = this.places().map((i) => {
			const policy = this.found.policies[i];

			if (this.disables && isEnabled(policy))
				uci.set(this.found.service, this.sections[i]['.name'], 'enabled', '0');

			return staging.add(policy.name, policy.options);
		});

		return staging.save({ nametrack: added }).then(() => this.done()).then(ui.hideModal, (error) => {
			dom.content(this.outcome, [ E('p', { 'class': 'alert-message error' }, [ String(error.message) ]) ]);
		});
	}
});
