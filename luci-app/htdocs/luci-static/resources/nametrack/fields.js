'use strict';
'require baseclass';
'require form';
'require uci';

/*
 * Kinds of fields: the form's class, and what is set on its options. A field shows its default without writing it:
 * a field that the user did not touch stays out of the file.
 */

const ON = [ '1', 'on', 'true', 'yes', 'enabled' ];

const SWITCH = {
	rmempty: false,

	/* UCI has more words for on than LuCI's checkbox knows. */
	load: function(section_id) {
		const value = uci.get('nametrack', section_id, this.option);

		return value ? ON.indexOf(value) < 0 ? '0' : '1' : null;
	},

	write: function(section_id, value) {
		if (value !== (this.cfgvalue(section_id) || this.default))
			uci.set('nametrack', section_id, this.option, value);
	}
};

return baseclass.extend({
	number: (least, most, otherwise) => [ form.Value, {
		datatype: 'range(%d,%d)'.format(least, most), placeholder: otherwise
	} ],

	text: (validate, placeholder) => [ form.Value, { validate: validate, placeholder: placeholder } ],

	/* A list of one value may stand in the file as an option: it is the same, and is not written again. */
	list: (validate, placeholder) => [ form.DynamicList, { validate: validate, placeholder: placeholder,
		load: function(section_id) {
			const values = L.toArray(this.map.data.get(this.map.config, section_id, this.option));

			return values.length ? values : null;
		},

		/* LuCI leaves out what was typed last and is wrong. Without that host or client, a policy is another one. */
		isValid: function(section_id) {
			const field = this.map.findElement('data-field', this.cbid(section_id));

			return !field || !field.querySelector('.add-item > .cbi-input-invalid');
		}
	} ],

	flag: (otherwise) => [ form.Flag, Object.assign({ default: otherwise }, SWITCH) ],

	/* `choices`: [ [ value, text ] ]; before them goes a line for the default, in words. */
	choice: (choices, otherwise) => [ form.ListValue, {
		choices: choices, optional: true, placeholder: _('default: %s').format(otherwise)
	} ],

	/* Adds a field of a kind to a section, on its tab if it has tabs; `more` is set on it too. */
	add: function(section, tab, kind, name, title, help, more) {
		const option = tab ? section.taboption(tab, kind[0], name, title, help)
			: section.option(kind[0], name, title, help);

		Object.assign(option, kind[1], more);
		(option.choices || []).forEach((choice) => option.value(choice[0], choice[1]));

		return option;
	},

	/* What a table shows for a field. LuCI takes a text there for HTML: names and descriptions go in as nodes. */
	shownAs: (words) => ({ textvalue: (section_id) => E('span', {}, [ words(section_id) ]) })
});
