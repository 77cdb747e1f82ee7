'use strict';
'require baseclass';
'require dom';
'require rpc';
'require uci';
'require ui';
'require form.fields as fields';

/* Forms over UCI: maps and sections. The options' fields are in form/fields.js. */

const access = rpc.declare({
	object: 'session', method: 'access', params: [ 'scope', 'object', 'function' ], expect: { access: false }
});

const Map = baseclass.extend({
	__init__(config, title, description) {
		Object.assign(this, { config: config, title: title, description: description, children: [], data: uci });
	},

	section(Kind, ...values) {
		const section = new Kind(this, ...values);

		this.children.push(section);

		return section;
	},

	load() {
		if (this.data !== uci)
			return Promise.all(this.children.map((section) => section.load()));

		return Promise.all([
			this.readonly == null ? access('uci', this.config, 'write') : !this.readonly, uci.load(this.config)
		]).then((answers) => {
			this.readonly = answers[0] === false;

			return Promise.all(this.children.map((section) => section.load()));
		});
	},

	render() {
		return this.load().then(() => this.renderContents());
	},

	renderContents() {
		this.root = this.root || E('div', { 'id': 'cbi-' + this.config, 'class': 'cbi-map' });
		this.root.map = this;
		dom.content(this.root, [
			this.title ? E('h2', {}, this.title) : '',
			this.description ? E('div', { 'class': 'cbi-map-descr' }, this.description) : ''
		].concat(this.children.map((section) => section.render())));
		this.root.querySelectorAll('.cbi-section-node-tabbed').forEach((node) => ui.tabs.initTabGroup(Array.from(node.children)));
		this.checkDepends();

		return this.root;
	},

	findElement(attribute, value) {
		return this.root.querySelector('[%s="%s"]'.format(attribute, value));
	},

	checkDepends() {
		this.children.forEach((section) => section.checkDepends());
	},

	parse() {
		return Promise.resolve().then(() => Promise.all(this.children.map((section) => section.parse())));
	},

	save(callback, silent) {
		return this.parse().then(() => uci.save()).then(() => this.load()).catch((error) => {
			if (!silent)
				ui.showModal(_('Save error'), [
					E('p', {}, [ error.message ]),
					E('button', { 'class': 'cbi-button', 'click': ui.hideModal }, [ _('Dismiss') ])
				]);

			throw error;
		}).then(() => this.renderContents());
	},

	reset() {
		return this.renderContents();
	}
});

/* The sections of an object, a named one for each of its keys. */
const JSONData = baseclass.extend({
	__init__(values) {
		this.values = JSON.parse(JSON.stringify(values));
	},

	get(config, section, option) {
		const found = this.values[section] || null;

		return found && option != null ? found[option] : found;
	},

	set(config, section, option, value) {
		this.values[section][option] = value;
	},

	unset(config, section, option) {
		delete this.values[section][option];
	}
});

/* A form over an object instead of a package; nothing of it is saved. */
const JSONMap = Map.extend({
	__init__(values, ...titles) {
		Map.prototype.__init__.call(this, 'json', ...titles);
		this.data = new JSONData(values);
	}
});

const AbstractSection = baseclass.extend({
	__init__(map, sectiontype, title, description) {
		Object.assign(this, {
			map: map, config: map.config, sectiontype: sectiontype, title: title, description: description, children: []
		});
	},

	tab(name, title) {
		this.tabs = (this.tabs || []).concat({ name: name, title: title });
	},

	option(Kind, name, title, description) {
		const option = new Kind(this.map, this, name, title, description);

		this.children.push(option);

		return option;
	},

	taboption(tab, ...values) {
		const option = this.option(...values);

		option.tab = tab;

		return option;
	},

	getOption(name) {
		return this.children.find((option) => option.option === name);
	},

	formvalue(section_id, name) {
		return this.getOption(name).formvalue(section_id);
	},

	each(visit) {
		return Promise.all([].concat(...this.cfgsections().map((id) => this.shown().map((option) => visit(option, id)))));
	},

	shown() {
		return this.children;
	},

	load() {
		return Promise.all([].concat(...this.cfgsections().map((id) => this.children.map((option) =>
			Promise.resolve(option.load(id)).then((value) => option.cfgvalue(id, value))))));
	},

	parse() {
		return this.each((option, id) => option.parse(id));
	},

	checkDepends() {
		this.each((option, id) => option.checkDepends(id));
	},

	frame(nodes) {
		return E('div', { 'class': 'cbi-section', 'id': 'cbi-%s-%s'.format(this.config, this.sectiontype) }, [
			this.title ? E('h3', {}, this.title) : '',
			this.description ? E('div', { 'class': 'cbi-section-descr' }, this.description) : ''
		].concat(nodes));
	},

	renderOptions(section_id) {
		const render = (options) => options.map((option) => option.render(section_id));

		if (!this.tabs)
			return E('div', { 'class': 'cbi-section-node' }, render(this.children));

		return E('div', { 'class': 'cbi-section-node cbi-section-node-tabbed' }, this.tabs.map((tab) => E('div', {
			'data-tab': tab.name, 'data-tab-title': tab.title
		}, render(this.children.filter((option) => option.tab === tab.name)))));
	}
});

const NamedSection = AbstractSection.extend({
	__init__(map, section_id, ...values) {
		AbstractSection.prototype.__init__.call(this, map, ...values);
		this.section = section_id;
	},

	cfgsections() {
		return this.map.data.get(this.config, this.section) ? [ this.section ] : [];
	},

	render() {
		return this.frame(this.cfgsections().map((id) => this.renderOptions(id)));
	}
});

/* A table of sections; a row is edited in a dialogue. */
const GridSection = AbstractSection.extend({
	cfgsections() {
		return uci.sections(this.config, this.sectiontype).map((section) => section['.name']);
	},

	/* Only what can be changed in the table itself is the table's to save. */
	shown() {
		return this.children.filter((option) => option.editable && !option.modalonly);
	},

	columns() {
		return this.children.filter((option) => !option.modalonly);
	},

	render() {
		return this.frame([
			E('table', { 'class': 'table cbi-section-table' }, [
				E('tr', { 'class': 'tr table-titles' }, (this.anonymous ? [] : [ E('th', { 'class': 'th' }, [ _('Name') ]) ])
					.concat(this.columns().map((option) => E('th', { 'class': 'th' }, option.title)), E('th', { 'class': 'th' })))
			].concat(this.cfgsections().map((id) => this.renderRow(id)))),
			this.addremove ? this.renderAdd() : ''
		]);
	},

	renderRow(id) {
		return E('tr', { 'class': 'tr cbi-section-table-row', 'data-sid': id }, [
			this.anonymous ? '' : E('td', { 'class': 'td', 'data-title': _('Name') }, [ E('strong', {}, [ id ]) ])
		].concat(this.columns().map((option) => {
			const value = option.editable ? option.renderInTable(id) : option.textvalue(id);

			/* as in LuCI, text is HTML here */
			return E('td', { 'class': 'td', 'data-name': option.option, 'data-title': option.title }, value == null ? '' : value);
		}), E('td', { 'class': 'td cbi-section-actions' }, [
			E('button', { 'class': 'cbi-button cbi-button-edit', 'click': () => this.edit(id) }, [ _('Edit') ]), ' ',
			E('button', {
				'class': 'cbi-button cbi-button-remove', 'disabled': this.map.readonly || null,
				'click': () => {
					uci.remove(this.config, id);

					return this.map.save(null, true);
				}
			}, [ _('Delete') ])
		])));
	},

	renderAdd() {
		const name = this.anonymous ? '' : E('input', { 'type': 'text', 'class': 'cbi-section-create-name' });

		return E('div', { 'class': 'cbi-section-create' }, [ name, ' ', E('button', {
			'class': 'cbi-button cbi-button-add', 'disabled': this.map.readonly || null,
			'click': () => {
				if (!name || /^\w+$/.test(name.value)) {
					this.added = uci.add(this.config, this.sectiontype, name ? name.value : null);
					this.edit(this.added);
				}
			}
		}, [ this.addbtntitle || _('Add') ]) ]);
	},

	edit(id) {
		const map = new Map(this.config);
		const section = map.section(NamedSection, id, this.sectiontype);

		map.readonly = this.map.readonly;
		this.children.forEach((option) => {
			const copy = section.option(option.constructor, option.option, option.title, option.description);

			Object.keys(option).filter((key) => ![ 'map', 'section' ].includes(key)).forEach((key) => {
				copy[key] = option[key];
			});
		});

		return map.render().then((node) => ui.showModal(this.modaltitle || '%s - %s'.format(this.map.title, id), [
			node,
			E('div', { 'class': 'right' }, [
				E('button', { 'class': 'cbi-button', 'click': () => this.dismiss() }, [ _('Dismiss') ]), ' ',
				E('button', {
					'class': 'cbi-button cbi-button-positive', 'disabled': this.map.readonly || null,
					'click': ui.createHandlerFn(this, () => map.save(null, true)
						.then(() => this.map.load()).then(() => this.map.reset()).then(() => this.close(), () => {}))
				}, [ _('Save') ])
			])
		]));
	},

	close() {
		this.added = null;
		ui.hideModal();
	},

	/* What was added and is not wanted leaves nothing behind. */
	dismiss() {
		if (this.added)
			uci.remove(this.config, this.added);
		this.close();
	}
});

return baseclass.extend(Object.assign({ Map: Map, JSONMap: JSONMap, NamedSection: NamedSection, GridSection: GridSection }, fields.kinds));
