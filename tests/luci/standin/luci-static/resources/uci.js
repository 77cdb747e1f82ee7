'use strict';
'require baseclass';
'require rpc';

/* UCI packages as the pages edit them: what is loaded, with what was changed since; `save` stages it with rpcd. */

const call = {
	get: rpc.declare({ object: 'uci', method: 'get', params: [ 'config' ], expect: { values: {} }, reject: true }),
	add: rpc.declare({
		object: 'uci', method: 'add', params: [ 'config', 'type', 'name', 'values' ], expect: { section: '' }, reject: true
	}),
	set: rpc.declare({ object: 'uci', method: 'set', params: [ 'config', 'section', 'values' ], reject: true }),
	remove: rpc.declare({ object: 'uci', method: 'delete', params: [ 'config', 'section', 'options' ], reject: true })
};

return baseclass.extend({
	__init__() {
		this.values = {};   /* package -> section -> options, as they are now */
		this.loaded = {};   /* the same, as they came */
	},

	load(config) {
		if (this.values[config])
			return Promise.resolve();

		return call.get(config).then((values) => {
			this.loaded[config] = values;
			this.values[config] = JSON.parse(JSON.stringify(values));
			document.dispatchEvent(new CustomEvent('uci-loaded'));
		});
	},

	unload(config) {
		delete this.values[config];
	},

	sections(config, type) {
		return Object.values(this.values[config] || {}).filter((s) => !type || s['.type'] === type)
			.sort((a, b) => a['.index'] - b['.index']);
	},

	get(config, section, option) {
		const found = (this.values[config] || {})[section] || null;

		if (!found || option == null)
			return found;

		return option in found ? found[option] : null;
	},

	set(config, section, option, value) {
		const found = this.get(config, section);

		if (!found)
			return;
		if (value == null || value === '')
			delete found[option];
		else
			found[option] = value;
	},

	unset(config, section, option) {
		this.set(config, section, option, null);
	},

	add(config, type, name) {
		const made = name || 'new%d'.format(Math.random() * 1000000);

		this.values[config][made] = {
			'.type': type, '.name': made, '.anonymous': !name, '.index': 1000 + Object.keys(this.values[config]).length
		};

		return made;
	},

	remove(config, section) {
		delete this.values[config][section];
	},

	save() {
		return Object.keys(this.values).reduce((before, config) => before
			.then(() => Promise.all(this.changes(config)))
			.then((made) => {
				if (!made.length)
					return null;

				this.unload(config);

				return this.load(config);
			}), Promise.resolve());
	},

	/* The calls that stage what was changed in a package. */
	changes(config) {
		const now = this.values[config], before = this.loaded[config], calls = [];
		const options = (section) => Object.keys(section || {}).filter((name) => name.charAt(0) !== '.');
		const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

		Object.keys(before).filter((name) => !now[name]).forEach((name) => calls.push(call.remove(config, name)));

		Object.keys(now).forEach((name) => {
			const changed = {}, gone = options(before[name]).filter((option) => !(option in now[name]));

			options(now[name]).filter((option) => !before[name] || !same(now[name][option], before[name][option])).forEach((option) => {
				changed[option] = now[name][option];
			});

			if (!before[name])
				calls.push(call.add(config, now[name]['.type'], now[name]['.anonymous'] ? undefined : name, changed));
			else if (Object.keys(changed).length)
				calls.push(call.set(config, name, changed));
			if (gone.length)
				calls.push(call.remove(config, name, gone));
		});

		return calls;
	},

	staged: rpc.declare({ object: 'uci', method: 'changes', expect: { changes: {} } })
});
