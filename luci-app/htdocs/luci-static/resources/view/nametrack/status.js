'use strict';
'require view';
'require poll';
'require uci';
'require nametrack.feed as feed';
'require nametrack.findings as findings';
'require nametrack.inquiry as inquiry';
'require nametrack.patch as patch';
'require nametrack.pause as pause';
'require nametrack.peers as peers';
'require nametrack.policies as policies';
'require nametrack.refresh as refresh';
'require nametrack.summary as summary';
'require nametrack.timeline as timeline';
'require nametrack.words as words';

const SETTINGS = 'admin/services/nametrack/settings';
const INTERVAL = 3;    /* seconds between two polls */
const RELOADED = 300;  /* seconds until a page that reloaded itself may do so again */

function notice(kind, title, lines) {
	return E('div', { 'class': 'alert-message %s'.format(kind) }, [
		E('h4', {}, [ title ])
	].concat(lines.map((line) => E('p', {}, Array.isArray(line) ? line : [ line ]))));
}

function link(path, text) {
	return E('a', { 'href': L.url(path) }, [ text ]);
}

/* Why there is no status, and what to do. */
function explain(problem) {
	const settings = uci.get('nametrack', 'global');

	if (problem === 'denied')
		return notice('warning', _('This login has no right to see the state of nametrack'), [
			_('Its rights do not include “%s”. Ask the administrator of this router, then log in again: LuCI ' +
			'gives rights at login.').format('luci-app-nametrack')
		]);

	if (!settings)
		return notice('warning', _('nametrack is not installed, or not set up'), [
			_('There is no /etc/config/nametrack with a section “global” on this router.'),
			_('Install the package “nametrack”, or restore /etc/config/nametrack.')
		]);

	if (settings.enabled === '0')
		return notice('warning', _('nametrack is switched off'), [
			[ _('Switch it on in its settings:'), ' ', link(SETTINGS, _('Settings')) ]
		]);

	return notice('warning', _('nametrack is not running'), [
		_('The current endpoints and sets stay in place, and nametrack does not follow DNS. This page continues ' +
		'when nametrack runs again.'),
		[ _('Start it, and enable it for the next boot:'), ' ', link('admin/system/startup', _('Startup')) ],
		_('If nametrack stops again, see the system log.')
	]);
}

return view.extend({
	handleSave: null,
	handleSaveApply: null,
	handleReset: null,

	load: function() {
		return Promise.all([ L.resolveDefault(uci.load('nametrack')), feed.poll() ]);
	},

	render: function() {
		this.open = {};
		this.take();
		this.root = this.renderPage();
		this.root.addEventListener('click', (ev) => this.handleClick(ev));
		this.root.addEventListener('submit', (ev) => ev.preventDefault());

		poll.add(() => this.poll(), INTERVAL);
		window.setInterval(() => this.tick(), 1000);

		/* Asleep, a page cannot say that it is out of date: it says so before, and asks as soon as it wakes. */
		document.addEventListener('freeze', () => this.sleep());
		document.addEventListener('resume', () => this.wake());
		document.addEventListener('visibilitychange', () => document.hidden ? this.sleep() : this.wake());

		return this.root;
	},

	poll: function() {
		return feed.poll().then(() => {
			this.take();
			this.update();
		});
	},

	take: function() {
		if (!feed.status || feed.status === this.taken)
			return;

		this.taken = feed.status;
		peers.remember(feed.status);
		refresh.follow();
	},

	sleep: function() {
		feed.sleep();
		this.update();
	},

	wake: function() {
		this.update();

		if (poll.active())
			return this.poll();
	},

	/* Between two polls only what tells its own age changes. */
	tick: function() {
		if (refresh.tidy() || feed.old() || this.past)
			this.update();

		if (feed.lost())
			this.reload();
		else if (refresh.waiting())
			this.poll();
	},

	/* The last resort, for instance after the router came back with another LuCI: not over and over again. */
	reload: function() {
		const last = +window.sessionStorage.getItem('nametrack.reloaded');

		if (Date.now() - last < RELOADED * 1000)
			return;

		window.sessionStorage.setItem('nametrack.reloaded', Date.now());
		window.location.reload();
	},

	update: function() {
		this.past = feed.old();
		patch.apply(this.root, this.renderPage());
	},

	/* The only listener: what is patched keeps none of its own. */
	handleClick: function(ev) {
		const button = ev.target.closest('[data-action]');

		if (!button || button.disabled)
			return;

		switch (button.getAttribute('data-action')) {
		case 'fold':
			this.open[button.getAttribute('data-fold')] = button.getAttribute('aria-expanded') !== 'true';
			break;

		case 'refresh':
			refresh.ask(button.getAttribute('data-name')).then(() => this.poll());
			break;

		case 'pause':
		case 'resume':
			pause.ask(button.getAttribute('data-action') === 'resume').then(() => this.poll());
			break;

		case 'site':
			this.openSite();
			break;

		case 'why':
			inquiry.ask(button.form).then(() => this.update());
			break;

		case 'poll':
			poll.start();
			this.poll();
			break;
		}

		this.update();
	},

	/* The button that asks DNS for a name, and what came of it; nothing for a login that may only look. */
	renderRefresh: function(name, text) {
		const busy = refresh.busy(name);
		const result = refresh.result(name);

		if (!L.hasViewPermission())
			return null;

		return [
			E('button', {
				'class': 'btn cbi-button cbi-button-action', 'type': 'button', 'disabled': busy ? '' : null,
				'data-action': 'refresh', 'data-name': name,
				'title': name === refresh.EVERYTHING
					? _('Ask DNS for every name now') : _('Ask DNS for %s now').format(name)
			}, [ busy ? _('Asking…') : text ]),
			E('span', { 'class': 'nametrack-result', 'role': 'status' },
				result ? [ words.label(result[0], result[1]) ] : [])
		];
	},

	renderPage: function() {
		return E('div', { 'class': 'cbi-map nametrack' }, [
			E('link', { 'rel': 'stylesheet', 'href': L.resource('nametrack/nametrack.css') }),
			E('h2', {}, [ _('Nametrack') ]),
			E('div', { 'class': 'cbi-map-descr' }, [
				_('WireGuard endpoints and policy routing that follow DNS.')
			]),
			E('div', { 'class': 'nametrack-news' }, [ this.renderOld() ]),
			feed.status ? this.renderState(feed.status) : E('div', {}, [ this.renderProblem() ])
		]);
	},

	/* What is said when the page has not heard from the router: nothing below it may pass for the present. */
	renderOld: function() {
		if (!feed.old() || !feed.status && !feed.problem)
			return '';

		const lines = [ _('What is shown here is %s old.').format(words.duration(feed.age())) ];
		let title = _('The router does not answer');

		if (!poll.active())
			title = _('Updating is paused');
		else if (feed.asleep())
			title = _('This page was asleep');
		else
			lines.push([
				_('This page asks again every %d seconds, and continues by itself.').format(INTERVAL), ' ',
				E('small', {}, [ feed.trouble || '' ])
			]);

		return notice('warning nametrack-old', title, lines.concat([
			[ E('button', { 'class': 'btn cbi-button', 'type': 'button', 'data-action': 'poll' }, [ _('Ask now') ]) ]
		]));
	},

	renderProblem: function() {
		if (feed.problem === 'denied' || feed.problem === 'absent')
			return explain(feed.problem);

		return notice('warning', _('No answer from the router yet'), [ feed.trouble || '' ]);
	},

	renderState: function(status) {
		const buttons = (name) => this.renderRefresh(name, _('Refresh'));
		const isOpen = (fold) => this.open[fold] === true;
		const all = this.renderRefresh(refresh.EVERYTHING, _('Refresh all'));
		const followed = status.peers.length || status.policies.length;
		const section = (title, nodes) => E('div', { 'class': 'cbi-section' },
			[ E('h3', {}, [ title ]) ].concat(nodes));

		return E('div', { 'class': feed.old() ? 'nametrack-past' : null }, [
			followed ? summary.render(status) : '',
			E('p', { 'class': 'nametrack-head' }, [
				E('span', {}, [
					E('span', { 'role': 'status' }, [
						words.label(feed.old() ? 'off' : 'good', feed.old() ? _('not live') : _('live'))
					]), ' ',
					_('%s, running for %s', 'program and version, how long').format(
						'nametrack ' + status.version, words.duration(status.now - status.started)), ' ',
					E('small', {}, [ status.interpreter ])
				])
			].concat(followed && all ? all : [])),
			status.findings.length ? section(_('Findings'), findings.render(status)) : '',
			followed ? '' : this.renderNothing(),
			section(_('Peers'), peers.render(status, buttons)),
			section(_('Policies'), policies.render(status, buttons, isOpen).concat(this.renderSteering(status))),
			L.hasViewPermission() ? section(_('Which way does a host take?'), inquiry.render()) : '',
			section(_('What changed'), timeline.render(feed.events, status.now, isOpen))
		]);
	},

	/* The dialogue and the forms that it takes are loaded when it is asked for. */
	openSite: function() {
		return Promise.all([ L.require('nametrack.offer'), L.require('nametrack.site') ]).then((loaded) =>
			/* on the settings page stands what is staged, and the button that applies it */
			loaded[0].load().then(() => loaded[1].open(() => {
				window.location = L.url(SETTINGS);
			})));
	},

	renderSteering: function(status) {
		return L.hasViewPermission() ? [ E('p', {}, [
			E('button', {
				'class': 'btn cbi-button cbi-button-add', 'type': 'button', 'data-action': 'site'
			}, [ _('Send a site through a VPN…') ]), ' '
		].concat(pause.render(status))) ] : [];
	},

	renderNothing: function() {
		return notice('info notice', _('Nothing to follow yet'), [
			[
				_('Give a WireGuard peer a host name as its endpoint:'), ' ',
				link('admin/network/network', _('Interfaces'))
			],
			[
				_('Or list the host names whose traffic should leave through a VPN:'), ' ',
				link(SETTINGS, _('Settings'))
			]
		]);
	}
});
