'use strict';
'require baseclass';
'require dom';
'require poll';
'require request';

/* Dialogues, indicators, tabs, and the staged changes: their count, applying with rollback, and reverting. */

const changes = {
	url: (action) => L.url('admin/uci/' + action),

	init() {
		return L.require('uci').then((uci) => uci.staged()).then((staged) => this.show(
			Object.values(staged).reduce((sum, list) => sum + list.length, 0)), () => {});
	},

	show(count) {
		if (count)
			L.ui.showIndicator('uci-changes', _('Unsaved Changes: %d').format(count), () => this.display());
		else
			L.ui.hideIndicator('uci-changes');
	},

	display() {
		return L.require('uci').then((uci) => uci.staged()).then((staged) => L.ui.showModal(_('Configuration / Changes'), [
			E('pre', {}, Object.keys(staged).map((config) => staged[config].map((change) => change.join(' ')).join('\n'))),
			E('div', { 'class': 'right' }, [
				E('button', { 'class': 'btn', 'click': L.ui.hideModal }, [ _('Close') ]), ' ',
				E('button', { 'class': 'cbi-button cbi-button-positive', 'click': () => this.apply(true) }, [ _('Save & Apply') ]), ' ',
				E('button', { 'class': 'cbi-button cbi-button-reset', 'click': () => this.revert() }, [ _('Revert') ])
			])
		]));
	},

	say(text) {
		L.ui.showModal(_('Configuration'), [ E('p', {}, [ text ]) ]);
	},

	reload() {
		window.setTimeout(() => {
			window.location = window.location.href.split('#')[0];
		}, L.env.apply_display * 1000);
	},

	apply(checked) {
		const polling = poll.stop();

		this.say(_('Starting configuration apply…'));

		return request.post(this.url(checked ? 'apply_rollback' : 'apply_unchecked')).then((reply) => {
			if (checked && reply.status === 204) {
				this.say(_('There are no changes to apply'));
				window.setTimeout(L.ui.hideModal, L.env.apply_display * 1000);
				if (polling)
					poll.start();
			}
			else if (reply.ok) {
				window.setTimeout(() => this.confirm(Date.now() + L.env.apply_rollback * 1000), L.env.apply_holdoff * 1000);
			}
			else {
				this.say(_('Apply request failed with status %d').format(reply.status));
			}
		});
	},

	confirm(deadline) {
		const again = () => window.setTimeout(() => this.confirm(deadline), 1000);

		if (Date.now() > deadline)
			return this.say(_('Configuration changes have been rolled back!'));

		return request.post(this.url('confirm')).then((reply) => {
			if (!reply.ok)
				return again();

			this.say(_('Configuration changes applied.'));
			this.reload();
		}, again);
	},

	revert() {
		return request.post(this.url('revert')).then(() => {
			this.say(_('Changes have been reverted.'));
			this.reload();
		});
	}
};

const tabs = {
	/* Panes, elements with `data-tab`, get a menu before the first of them. */
	initTabGroup(panes) {
		const menu = E('ul', { 'class': 'cbi-tabmenu' });
		const choose = (chosen) => panes.forEach((pane, i) => {
			pane.setAttribute('data-tab-active', pane === chosen);
			menu.children[i].setAttribute('class', pane === chosen ? 'cbi-tab' : 'cbi-tab-disabled');
		});

		panes.forEach((pane) => menu.appendChild(E('li', {}, [
			E('a', { 'href': '#', 'click': (ev) => {
				ev.preventDefault();
				choose(pane);
			} }, [ pane.getAttribute('data-tab-title') ])
		])));
		panes[0].parentNode.insertBefore(menu, panes[0]);
		choose(panes[0]);
	}
};

return baseclass.extend({
	changes: changes,
	tabs: tabs,

	init() {
		this.modal = document.body.appendChild(E('div', { 'id': 'modal_overlay' }, [
			E('div', { 'class': 'modal', 'role': 'dialog', 'aria-modal': 'true' })
		])).firstChild;
		document.addEventListener('uci-loaded', () => changes.init());
		document.addEventListener('poll-start', () => this.showIndicator('poll-status', _('Refreshing'), () => {
			if (poll.active())
				poll.stop();
			else
				poll.start();
		}));
		document.addEventListener('poll-stop', () => this.showIndicator('poll-status', _('Paused')));

		return changes.init();
	},

	showModal(title, children) {
		const modal = L.ui.modal;

		dom.content(modal, [ E('h4', {}, title) ]);
		dom.append(modal, children);
		document.body.classList.add('modal-overlay-active');

		return modal;
	},

	hideModal() {
		document.body.classList.remove('modal-overlay-active');
	},

	showIndicator(id, label, handler) {
		const bar = document.getElementById('indicators');
		let node = bar.querySelector('[data-indicator="%s"]'.format(id));

		if (!node)
			node = bar.appendChild(E('span', { 'data-indicator': id, 'click': handler }));
		dom.content(node, [ label ]);
	},

	hideIndicator(id) {
		const node = document.querySelector('#indicators [data-indicator="%s"]'.format(id));

		if (node)
			node.remove();
	},

	/* A listener that shows, by its button, how long its promise takes. */
	createHandlerFn(context, fn, ...values) {
		return (ev) => {
			const button = ev.currentTarget;

			button.classList.add('spinning');
			button.disabled = true;
			Promise.resolve(fn.apply(context, values.concat(ev))).finally(() => {
				button.classList.remove('spinning');
				button.disabled = false;
			});
		};
	},

	instantiateView(path) {
		return L.require('view.' + path.replace(/\//g, '.'));
	}
});
