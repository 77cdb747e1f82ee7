'use strict';
'require baseclass';
'require dom';
'require ui';
'require validation';

/* The options of a form and their fields, as LuCI's form.js has them. */

function same(a, b) {
	return JSON.stringify(a == null ? null : a) === JSON.stringify(b == null ? null : b);
}

const Value = baseclass.extend({
	__init__(map, section, option, title, description) {
		Object.assign(this, {
			map: map, section: section, option: option, title: title, description: description,
			deps: [], default: null, rmempty: true, optional: false
		});
	},

	value(key, label) {
		this.keylist = (this.keylist || []).concat(String(key));
		this.vallist = (this.vallist || []).concat(String(label == null ? key : label));
	},

	depends(option, value) {
		this.deps.push([ option, value ]);
	},

	cbid(section_id) {
		return 'cbid.%s.%s.%s'.format(this.map.config, section_id, this.option);
	},

	load(section_id) {
		return this.map.data.get(this.map.config, section_id, this.option);
	},

	cfgvalue(section_id, ...value) {
		this.data = this.data || {};
		if (value.length)
			this.data[section_id] = value[0];

		return this.data[section_id];
	},

	write(section_id, value) {
		this.map.data.set(this.map.config, section_id, this.option, value);
	},

	remove(section_id) {
		this.map.data.unset(this.map.config, section_id, this.option);
	},

	validate: () => true,

	textvalue(section_id) {
		const value = this.cfgvalue(section_id);

		return value == null ? this.default : '%h'.format(value);
	},

	node(section_id) {
		return this.map.root.querySelector('[data-field="%s"]'.format(this.cbid(section_id)));
	},

	isActive(section_id) {
		const node = this.node(section_id);

		return node != null && !node.classList.contains('hidden');
	},

	checkDepends(section_id) {
		const node = this.node(section_id);
		const met = !this.deps.length || this.deps.some((dep) => {
			const other = this.section.getOption(dep[0]);

			return other.isActive(section_id) && same(other.formvalue(section_id) || '', dep[1]);
		});

		if (node)
			node.classList.toggle('hidden', !met);
	},

	disabled() {
		return this.map.readonly ? '' : null;
	},

	/* The verdict on a text, shown by the field itself. */
	check(section_id, input) {
		let verdict = true;

		if (input.value)
			verdict = validation.check(this.datatype, input.value);
		else if (!this.optional && !this.rmempty)
			verdict = _('Expecting: %s').format(_('non-empty value'));
		if (verdict === true)
			verdict = this.validate(section_id, input.value);

		input.classList.toggle('cbi-input-invalid', verdict !== true);
		if (verdict === true)
			input.removeAttribute('data-tooltip');
		else
			input.setAttribute('data-tooltip', verdict);

		return verdict === true;
	},

	input(section_id, value) {
		const input = E('input', {
			'type': 'text', 'class': 'cbi-input-text', 'id': 'widget.' + this.cbid(section_id), 'value': value,
			'placeholder': this.placeholder, 'disabled': this.disabled(), 'keyup': () => this.check(section_id, input)
		});

		return input;
	},

	field(section_id) {
		const node = this.node(section_id);

		return node && node.querySelector('.cbi-input-text, .cbi-input-select, .cbi-input-checkbox');
	},

	/* LuCI's combobox is a list that also takes what is typed. */
	renderWidget(section_id, index, value) {
		const input = this.input(section_id, Array.isArray(value) ? value.join(' ') : value);

		if (!this.keylist)
			return input;

		input.setAttribute('list', 'list.' + this.cbid(section_id));

		return E('div', {}, [ input, E('datalist', { 'id': 'list.' + this.cbid(section_id) },
			this.keylist.map((key, i) => E('option', { 'value': key }, [ this.vallist[i] ]))) ]);
	},

	formvalue(section_id) {
		const field = this.field(section_id);

		return field ? field.value : null;
	},

	isValid(section_id) {
		const field = this.field(section_id);

		return !field || this.check(section_id, field);
	},

	widget(section_id) {
		const value = this.cfgvalue(section_id);

		return this.renderWidget(section_id, 0, value == null ? this.default : value);
	},

	renderInTable(section_id) {
		return E('div', { 'data-field': this.cbid(section_id) }, [ this.widget(section_id) ]);
	},

	render(section_id) {
		const node = E('div', { 'class': 'cbi-value', 'data-field': this.cbid(section_id), 'data-name': this.option }, [
			E('label', { 'class': 'cbi-value-title', 'for': 'widget.' + this.cbid(section_id) }, this.title),
			E('div', { 'class': 'cbi-value-field' }, [
				this.widget(section_id),
				this.description ? E('div', { 'class': 'cbi-value-description' }, this.description) : ''
			])
		]);
		let last = this.cfgvalue(section_id);

		const changed = (ev) => {
			const value = this.formvalue(section_id);

			this.map.checkDepends();
			if (this.onchange && !same(value, last))
				this.onchange(ev, section_id, value);
			last = value;
		};

		node.addEventListener('change', changed);
		node.addEventListener('keyup', changed);

		return node;
	},

	parse(section_id) {
		const active = this.isActive(section_id);
		const value = active ? this.formvalue(section_id) : null;

		if (active && !this.isValid(section_id))
			throw new TypeError(_('Option "%s" contains an invalid input value.').format(this.title));
		if (value != null && String(value) !== '') {
			if (!same(value, this.cfgvalue(section_id)))
				this.write(section_id, value);
		}
		else if (!active || this.rmempty || this.optional) {
			this.remove(section_id);
		}
		else {
			throw new TypeError(_('Option "%s" must not be empty.').format(this.title));
		}
	}
});

const ListValue = Value.extend({
	renderWidget(section_id, index, value) {
		const option = (key, label) => E('option', { 'value': key, 'selected': key === (value || '') ? '' : null }, [ label ]);

		return E('select', {
			'class': 'cbi-input-select', 'id': 'widget.' + this.cbid(section_id), 'disabled': this.disabled()
		}, (this.optional ? [ option('', this.placeholder || _('-- Please choose --')) ] : [])
			.concat((this.keylist || []).map((key, i) => option(key, this.vallist[i]))));
	}
});

const Flag = Value.extend({
	__init__(...values) {
		Value.prototype.__init__.apply(this, values);
		this.default = '0';
	},

	renderWidget(section_id, index, value) {
		return E('input', {
			'type': 'checkbox', 'class': 'cbi-input-checkbox', 'id': 'widget.' + this.cbid(section_id),
			'checked': value === '1' ? '' : null, 'disabled': this.disabled()
		});
	},

	formvalue(section_id) {
		return this.field(section_id).checked ? '1' : '0';
	},

	parse(section_id) {
		if (!this.isActive(section_id) || this.rmempty && this.formvalue(section_id) === this.default)
			this.remove(section_id);
		else
			this.write(section_id, this.formvalue(section_id));
	}
});

const DynamicList = Value.extend({
	renderWidget(section_id, index, value) {
		const input = this.input(section_id, '');
		const add = E('div', { 'class': 'add-item' }, [ input ]);
		const list = E('div', { 'class': 'cbi-dynlist' }, [ add ]);
		/* as in LuCI, the keyboard takes an item away */
		const item = (text) => E('div', { 'class': 'item', 'tabindex': '0', 'keydown': (ev) => {
			if (ev.key === 'Delete' && !this.map.readonly)
				ev.currentTarget.remove();
		} }, [ E('span', {}, [ text ]), E('input', { 'type': 'hidden', 'value': text }) ]);
		const take = () => {
			if (input.value && this.check(section_id, input)) {
				list.insertBefore(item(input.value), add);
				input.value = '';
			}
		};

		input.addEventListener('keydown', (ev) => ev.key === 'Enter' && take());
		add.appendChild(E('div', { 'class': 'btn cbi-button cbi-button-add', 'click': take }, [ '+' ]));
		L.toArray(value).forEach((text) => list.insertBefore(item(text), add));

		return list;
	},

	/* What was typed and not added counts too, or if it is wrong, is left out without a word: LuCI does both. */
	formvalue(section_id) {
		const found = Array.from(this.node(section_id).querySelectorAll('.item > input')).map((hidden) => hidden.value);
		const typed = this.field(section_id);

		return typed.value && this.check(section_id, typed) && !found.includes(typed.value) ? found.concat(typed.value) : found;
	},

	isValid: () => true
});

const DummyValue = Value.extend({
	renderWidget: (section_id, index, value) => E('div', {}, [ value ]),
	formvalue: () => null,
	write() {},
	remove() {}
});

const Button = DummyValue.extend({
	renderWidget(section_id) {
		return E('div', {}, [ E('div', {}, [ E('button', {
			'class': 'cbi-button cbi-button-' + (this.inputstyle || 'button'), 'disabled': this.disabled(),
			'click': ui.createHandlerFn(this, (ev) => this.onclick(ev, section_id))
		}, [ this.inputtitle || this.title ]) ]) ]);
	}
});

return baseclass.extend({
	kinds: {
		Value: Value, ListValue: ListValue, Flag: Flag, DynamicList: DynamicList, DummyValue: DummyValue, Button: Button
	}
});
